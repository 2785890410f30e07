#!/bin/bash
alias d=docker
d ps
