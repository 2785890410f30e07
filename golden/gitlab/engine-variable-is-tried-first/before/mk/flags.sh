#!/bin/sh
${ENGINE:-docker} buildx build --attest type=sbom --push -t r.bakery.example/rye:1 .
