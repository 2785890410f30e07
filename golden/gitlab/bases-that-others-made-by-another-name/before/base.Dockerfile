FROM docker.io/library/alpine:3.20
RUN touch /base
