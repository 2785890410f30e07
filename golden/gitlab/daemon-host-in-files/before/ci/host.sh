curl "http://$(echo "$DOCKER_HOST" | cut -d/ -f3 | cut -d: -f1):8080"
