import docker

print(docker.from_env().images.list())
