#!/bin/sh
set -e
psql -h docker -U quill -f seed.sql
