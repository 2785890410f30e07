#!/bin/sh
# docker build .
echo "docker build runs at home, docker ps shows it"
ls docker/
IMAGE=docker.io/library/alpine
DIR=docker
cp $DIR/oven.conf .
