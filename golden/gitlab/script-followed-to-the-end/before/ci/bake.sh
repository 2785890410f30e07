#!/bin/sh
set -e
sudo docker build -t r.bakery.example/bun:1 .
