"""``indicast index``: the page of everything that a workspace has published.

Invariant: it reads what is published and writes the one page (``tests/contract/test_site.py``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from indicast.workspace import find_root

if TYPE_CHECKING:
    from indicast.cli._options import Shared


def index(options: Shared) -> None:
    """Write ``reports/index.html`` again and say where it lies."""
    from indicast.publish import write_site

    page = write_site(find_root(options.workspace))
    typer.echo(json.dumps({"page": str(page)}) if options.as_json else f"page: {page}")
