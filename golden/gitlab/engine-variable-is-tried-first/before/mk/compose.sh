#!/bin/sh
${ENGINE:-docker} compose up -d
