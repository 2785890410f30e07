#!/bin/sh
echo "driver: ${DOCKER_DRIVER}"
