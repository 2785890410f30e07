#!/bin/sh
${ENGINE:-docker} build --build-arg AT=$(git rev-parse HEAD) -t r.bakery.example/rye:1 .
