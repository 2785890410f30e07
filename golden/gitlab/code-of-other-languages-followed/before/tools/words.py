import sys

if sys.argv[1] == "docker":
    print("docker build comes next")
engines = ["docker", "podman"]
# docker build .
