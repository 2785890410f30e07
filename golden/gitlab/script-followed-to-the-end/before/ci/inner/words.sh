#!/bin/sh
OVEN=docker
cp $OVEN/oven.conf .
