#!/bin/bash
command=(docker build .)
"${command[@]}"
