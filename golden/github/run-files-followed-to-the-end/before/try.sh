#!/bin/sh
echo tried
