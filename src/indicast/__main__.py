"""``python -m indicast`` is ``indicast``, and takes no module from the current folder."""

import sys

# Python puts the current folder first on the path, so that a workspace could bring a `pandas.py` of its own.
if not sys.flags.safe_path:
    del sys.path[0]

from indicast.cli import main

main()
