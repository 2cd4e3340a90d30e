"""Prints the environment that the other programs run in."""

import json
import os
import sys

sys.stdout.write(json.dumps(dict(os.environ)))
