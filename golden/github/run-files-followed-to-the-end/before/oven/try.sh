#!/usr/bin/env bash
cd "$(dirname "$0")/.."
scripts/taste.sh
