FROM docker.io/library/alpine:3
COPY Dockerfile /
