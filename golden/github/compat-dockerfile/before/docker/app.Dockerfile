FROM --platform=$BUILDPLATFORM golang:1.25 AS build
RUN --mount=type=cache,target=/root/.cache,sharing=private go build -o /app .

FROM alpine:3 AS app
COPY --link --from=build /app /app

FROM alpine:3 AS other
COPY --parents a /x/
