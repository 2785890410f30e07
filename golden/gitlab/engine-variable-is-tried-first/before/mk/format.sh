#!/bin/sh
${ENGINE:-docker} build -t r.bakery.example/rye:1 health
