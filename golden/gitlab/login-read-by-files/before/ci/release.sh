#!/bin/bash
set -e
"$(dirname "$0")"/tell.sh
./ci/sign.sh "$1"
