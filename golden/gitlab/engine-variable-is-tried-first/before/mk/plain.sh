#!/bin/sh
ENGINE=${ENGINE:-docker}
"$ENGINE" build -t r.bakery.example/rye:1 .
$ENGINE push r.bakery.example/rye:1
