#!/bin/bash
source "${BASH_SOURCE%/*}/numbers.sh"
count
