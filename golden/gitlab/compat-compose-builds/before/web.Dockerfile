FROM docker.io/library/node:22
RUN --mount=type=cache,target=/root/.npm,sharing=private npm ci
