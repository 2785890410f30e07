import subprocess


def run():
    subprocess.run(["docker", "build", "."], check=True)
