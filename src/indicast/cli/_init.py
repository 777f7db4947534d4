"""``indicast init``: a new workspace with a small example, and what to type next."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.workspace import ENVIRONMENT_VARIABLE, create_workspace

if TYPE_CHECKING:
    from indicast.cli._options import Shared


def init(options: Shared, folder: Path, model: str) -> None:
    """Make the workspace and say what to type next."""
    names = create_workspace(folder, model)
    if options.as_json:
        typer.echo(json.dumps({"workspace": str(folder.resolve()), "model": model, "files": names}, indent=1))
        return
    typer.echo(f"made {folder}: {len(names)} files, model {model}, an invented example to run and then replace")
    if not options.quiet:
        for line in _next(folder, model):
            typer.echo(line)


def _next(folder: Path, model: str) -> list[str]:
    """Return what to type next, and where to read on."""
    here = folder.resolve() == Path.cwd()
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    there = f" --workspace {shlex.quote(str(folder.resolve()))}" if named else ""
    enter = [] if here or named else [f"  cd {shlex.quote(str(folder))}"]
    note = [f"({ENVIRONMENT_VARIABLE} names {named}, hence --workspace)"] if named else []
    return [
        "next:",
        *enter,
        f"  indicast check{there}",
        f"  indicast run {model}{there}",
        *note,
        f"{folder / 'README.md'} says what each file is and how to make it yours",
    ]
