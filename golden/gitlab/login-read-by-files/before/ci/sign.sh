#!/bin/sh
set -e
cosign sign --yes "$1"
