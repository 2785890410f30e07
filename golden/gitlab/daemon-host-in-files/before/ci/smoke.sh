#!/bin/sh
for i in 1 2 3; do curl -f http://docker:8080/ && exit; done
