"""``indicast observe list``: the rows that stand, or all of their history, for people, scripts and spreadsheets.

Invariant: a spreadsheet finds no formula in what it is given, and a terminal nothing to obey
(``tests/contract/test_observe.py``).
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from datetime import date
from typing import TYPE_CHECKING

import typer

from indicast.cli._asking import nearest
from indicast.cli._book import Book, open_book, plain, text_rows
from indicast.errors import DataError
from indicast.workspace import shown

if TYPE_CHECKING:
    import pandas as pd

    from indicast.cli._options import Shared

FULL_ID = 17
NARROWEST, PIPED = 80, 240
"""Characters of a line at least, and where there is no terminal."""


def show_list(
    options: Shared,
    model: str,
    indicator: str | None,
    since: date | None,
    known_at: date | None,
    *,
    history: bool,
    as_csv: bool,
) -> None:
    """Print rows of the ledger.

    Parameters
    ----------
    options
        Shared options.
    model
        Name of the model.
    indicator
        Only of this one.
    since
        Only of events from this day on.
    known_at
        As it stood on this day; today if None.
    history
        Also what was superseded, and the retractions.
    as_csv
        For a spreadsheet.

    Raises
    ------
    DataError
        If there is no such indicator, or two formats are asked for.
    """
    if as_csv and options.as_json:
        message = "--csv and --json: leave one of the two out"
        raise DataError(message)
    book = open_book(options, model)
    rows = _chosen(book, indicator, since, known_at, history=history)
    if options.as_json:
        told = [{"line": int(str(line)), **cells} for line, cells in zip(rows.index, text_rows(rows), strict=True)]
        typer.echo(json.dumps(told, indent=1))
    elif as_csv:
        typer.echo(_spreadsheet(rows), nl=False)
    else:
        _print(book, rows, history=history)


def _chosen(
    book: Book, indicator: str | None, since: date | None, known_at: date | None, *, history: bool
) -> pd.DataFrame:
    from indicast.ledger import standing_records

    if indicator is not None and indicator not in book.framework.indicators:
        allowed = ", ".join(book.framework.indicators)
        close = nearest(indicator, book.framework.indicators)
        message = f"--indicator: {shown(indicator)} is unknown{close} allowed are {allowed}"
        raise DataError(message)
    rows = book.frames["observations"]
    rows = rows[rows["known_date"] <= (known_at or book.now.date()).isoformat()]
    rows = rows if history else standing_records(rows)
    rows = rows[(rows["indicator"] == indicator) | (indicator is None)]
    return rows[rows["event_date"] >= (since.isoformat() if since else "")]


def _spreadsheet(rows: pd.DataFrame) -> str:
    from indicast.ledger import neutral_cell

    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows([neutral_cell(cell) for cell in row] for row in rows.itertuples(index=False, name=None))
    return written.getvalue()


def _print(book: Book, rows: pd.DataFrame, *, history: bool) -> None:
    width = max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else PIPED
    for row in text_rows(rows):
        typer.echo(plain(_line(row, history=history), width))
    counted = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    what = f"{counted} with all changes" if history else f"{counted} standing"
    book.say(f"{what}; an id or its beginning names a row for 'observe correct' and 'observe retract'")


def _line(row: dict[str, str], *, history: bool) -> str:
    number = f" {row['value']}" if row["value"] else ""
    change = f"{row['change']} of {row['supersedes']}: {row['reason']} | " if row["change"] else ""
    return (
        f"{row['record_id']:{FULL_ID}} {row['event_date']} {row['indicator']} {row['kind']}{number} {row['direction']} "
        f"{row['reliability']}{row['credibility']} {row['source_id']} | {change if history else ''}{row['summary']}"
    )
