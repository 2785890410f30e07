#!/bin/sh
trivy image loaf:ci
