#!/bin/sh
# see http://docker:8080 when it runs
grep -r "image: docker:27" . || true
