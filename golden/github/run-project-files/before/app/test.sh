#!/bin/sh
docker ps
