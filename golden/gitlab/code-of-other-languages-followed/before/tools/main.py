from tools import shapes
import bake

bake.run()
