import os
print(open(os.path.expanduser("~/.docker/config.json")).read())
