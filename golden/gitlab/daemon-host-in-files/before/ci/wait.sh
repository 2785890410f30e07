until nc -z engine 8080; do sleep 1; done
