FROM docker.io/library/node:22 AS build
COPY . .
RUN make site
FROM docker.io/library/nginx:1.27
COPY --from=build /site /usr/share/nginx/html
