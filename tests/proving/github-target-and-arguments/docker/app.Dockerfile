FROM alpine:3 AS base
ARG VERSION
COPY file /file
RUN echo "version $VERSION" >/version

FROM base AS tested
ARG GREETING=nobody
ENV GREETING=$GREETING
CMD ["sh", "-c", "echo $GREETING; cat /file /version"]

FROM base
USER 1000:1000
WORKDIR /work
CMD ["cat", "/file"]
