FROM docker.io/library/alpine:3
RUN --mount=target=/src cp -r /src /api
RUN --mount=type=bind,from=lib,target=/lib true
