"""Options that stand before or after the command, and mean the same in both places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from indicast.errors import DataError


class Start(StrEnum):
    """How the experts' judgement enters the first month."""

    MARKS = "marks"
    LABELS = "labels"
    HISTORY = "history"


class Form(StrEnum):
    """How the findings of a check are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


WORKSPACE = Annotated[
    Path | None, typer.Option("--workspace", help="Folder with models/<model>/model.toml.", show_default=False)
]
QUIET = Annotated[bool, typer.Option("--quiet", help="Print results only, no progress.")]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
FORM = Annotated[
    Form | None,
    typer.Option(
        "--format", help="Lines of text, JSON, or commands that make GitHub show findings.", show_default="text"
    ),
]
SEED = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of everything random.", show_default=False)]
MODEL = Annotated[str, typer.Argument(help="Name of the model's folder under models/.", show_default=False)]
AS_OF = Annotated[
    str | None,
    typer.Option("--as-of", metavar="YYYY-MM", help="Month to describe.", show_default="month of the latest news"),
]
KNOWN_AT = Annotated[
    str | None,
    typer.Option("--known-at", metavar="YYYY-MM-DD", help="Last day of news to use.", show_default="end of the month"),
]
RUN = Annotated[
    str | None, typer.Option("--run", metavar="ID", help="Saved run to use.", show_default="the latest month fitted")
]
START = Annotated[
    Start | None,
    typer.Option(
        "--start",
        help="Sensitivity run: the experts' marks, their labels, or no table but the history before it.",
        show_default="as declared",
    ),
]
REPLACE = Annotated[
    str,
    typer.Option(
        "--replace",
        metavar="REASON",
        help="Publish other numbers of a published month, as its next edition.",
        show_default=False,
    ),
]
SCHEDULER = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler to use, such as tcp://10.0.0.1:8786."),
]
WORKERS = Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes on this machine.")]
DRAFT = Annotated[bool, typer.Option("--draft", help="Write a stamped draft even if a gate failed.")]


@dataclass(frozen=True, slots=True)
class Shared:
    """The shared options as given before the command."""

    workspace: Path | None = None
    quiet: bool = False
    as_json: bool = False
    seed: int | None = None

    def joined(self, workspace: Path | None, seed: int | None = None, *, quiet: bool, as_json: bool) -> Shared:
        """Return these options overridden by those given after the command."""
        return Shared(
            workspace or self.workspace,
            quiet or self.quiet,
            as_json or self.as_json,
            self.seed if seed is None else seed,
        )


def parse_day(text: str | None, option: str = "--known-at") -> date | None:
    """Return the day named on the command line by an option, or None.

    Raises
    ------
    DataError
        If it is no ISO date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{option}: {text!r} is no date; write YYYY-MM-DD, for example 2024-12-31"
        raise DataError(message) from None
