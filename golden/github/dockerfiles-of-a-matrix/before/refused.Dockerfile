FROM docker.io/library/alpine:3
ADD --keep-git-dir=true https://git.example.com/a.git /a
