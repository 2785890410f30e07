import nox


@nox.session
def images(session):
    session.run("docker", "run", "quill", external=True)
