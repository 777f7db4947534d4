"""Words become calls of the other rooms, and errors become one line.

Invariant: ``--help`` imports neither pandas nor PyMC, and no documented mistake shows a
traceback (``tests/contract/test_command_line.py``).
"""

from indicast.cli._app import app, main

__all__ = ["app", "main"]
