#!/bin/sh
docker run --rm loaf:ci taste
