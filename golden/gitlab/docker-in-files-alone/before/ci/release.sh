#!/bin/sh
set -e
docker push registry.example.org/app:1
