"""``python -m indicast`` is ``indicast``."""

from indicast.cli import main

main()
