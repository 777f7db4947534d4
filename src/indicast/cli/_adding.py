"""``indicast observe add``: one row, asked for or given, looked at and saved.

Invariant: no row is saved without a listed source, or without an origin where others are like it
(``tests/contract/test_observe.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from indicast.cli._asking import (
    REQUIRED,
    ask,
    ask_cell,
    asks,
    flag,
    nearest,
    refuse_faults,
    refuse_missing,
    wants_to_save,
)
from indicast.cli._book import Book, described, open_book, save, tell_saved, text_rows, tried
from indicast.errors import DataError
from indicast.workspace import shown

if TYPE_CHECKING:
    import pandas as pd

    from indicast.cli._options import Shared

Given = Mapping[str, str | None]
SOURCE_FILLED = ("publisher", "title", "kind")
UNKNOWN_GRADE = {"reliability": "F", "credibility": "6"}
"""Cannot be judged."""
NUMBERED = ("count", "share", "level")


def add(options: Shared, model: str, cells: Given, source: Given, *, yes: bool, no_effect: bool) -> None:
    """Add a row made of the cells that were given and of those that are asked for.

    Parameters
    ----------
    options
        Shared options.
    model
        Name of the model.
    cells
        By column of ``observations.csv``; None for what was not given.
    source
        By column of ``sources.csv``, for a source that is not listed yet.
    yes
        Save without asking.
    no_effect
        Leave out how far the row moves the scenarios.
    """
    book = open_book(options, model)
    given = {name: text.strip() for name, text in cells.items() if text is not None}
    told = {name: text.strip() for name, text in source.items() if text is not None}
    refuse_faults(book, given, _source_faults(book, given, told))
    row, sources = _asked(book, given, told) if asks(options) else _required(book, given, told)
    row, others = _with_origin(book, row, sources)
    effect = tried(book, [row], sources, with_effect=not no_effect)
    told_sources = [f"new source: {', '.join(filter(None, one.values()))}" for one in sources]
    for line in [described(row), *told_sources, *effect]:
        book.say(line)
    if not wants_to_save(options, yes=yes):
        book.say("nothing was saved")
        return
    (saved,) = save(book, [row], sources)
    tell_saved(book, saved, effect, alike=list(others["record_id"]), sources=list(map(dict, sources)))


def _source_faults(book: Book, given: Mapping[str, str], told: Mapping[str, str]) -> list[str]:
    """Return why the source cannot be used; one that is not listed may still be asked for."""
    name = given.get("source_id")
    if name in book.sources and told:
        return [f"--source: {shown(name)} is listed already; leave out --source-publisher and the like"]
    if not name or name in book.sources or asks(book.options):
        return []
    missing = [f"--source-{part}" for part in SOURCE_FILLED if not told.get(part)]
    remedy = f"to list it as new, give {', '.join(missing)} as well"
    return [f"--source: {shown(name)} is not in sources.csv{nearest(name, book.sources)} {remedy}"] if missing else []


def _required(book: Book, given: dict[str, str], told: dict[str, str]) -> tuple[dict[str, str], list[dict[str, str]]]:
    refuse_missing("observe add", [_missing(book, name) for name in REQUIRED if name not in given])
    return given, _new_source(book, given, told)


def _missing(book: Book, column: str) -> str:
    allowed = book.words.get(column, ())
    return f"{flag(column)} ({', '.join(allowed)})" if allowed else flag(column)


def _new_source(book: Book, row: Mapping[str, str], told: dict[str, str]) -> list[dict[str, str]]:
    return [] if row["source_id"] in book.sources else [{"source_id": row["source_id"], **told}]


def _asked(book: Book, given: dict[str, str], told: dict[str, str]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return a row with what a person answered where nothing was given."""
    row = dict(given)
    for name in ("indicator", "event_date"):
        row[name] = row.get(name) or ask_cell(book, name, book.now.date().isoformat() if "date" in name else None)
    row["kind"] = row.get("kind") or ask_cell(book, "kind", _usual_kind(book, row["indicator"]))
    for name in ("value", "unit"):
        if row["kind"] in NUMBERED and name not in row:
            row[name] = ask_cell(book, name, hint=" (Enter for none)")
    for name in ("direction", "summary"):
        row[name] = row.get(name) or ask_cell(book, name)
    row["source_id"] = row.get("source_id") or ask("source id", _not_blank)
    sources = _asked_source(book, row["source_id"], told)
    if "published_date" not in row:
        row["published_date"] = ask_cell(book, "published_date", hint=" (Enter if unknown)")
    for name, grade in UNKNOWN_GRADE.items():
        row[name] = row.get(name) or ask_cell(book, name, _usual_grade(book, row["source_id"], name) or grade)
    return row, sources


def _not_blank(text: str) -> str | None:
    return None if text else "it may not be blank"


def _usual_kind(book: Book, indicator: str) -> str:
    """Return the first kind that feeds the indicator."""
    declared = next(one for one in book.framework.declaration.indicators if one.id == indicator)
    return declared.feeds[declared.family][0]


def _usual_grade(book: Book, source: str, column: str) -> str | None:
    """Return the grade that the source got last."""
    rows = book.standing[book.standing["source_id"] == source]
    return None if rows.empty else str(rows[column].iloc[-1])


def _asked_source(book: Book, name: str, told: dict[str, str]) -> list[dict[str, str]]:
    """Return a source to list, as a person describes it, or nothing if it is listed.

    Raises
    ------
    DataError
        If it is not listed and shall not be.
    """
    if name in book.sources:
        return []
    close = nearest(name, book.sources)
    if not typer.confirm(f"{shown(name)} is not in sources.csv{close} List it as a new source?", err=True):
        message = f"nothing was saved: a row needs a source, and {shown(name)} is not in sources.csv{close}"
        raise DataError(message)
    source = {"source_id": name, **told}
    kinds = ", ".join(map(shown, sorted(set(book.frames["sources"]["kind"]))[:10]))
    for part, hint in {"publisher": "", "title": "", "kind": f" (so far {kinds})"}.items():
        source[part] = source.get(part) or ask(f"{part} of the source{hint}", _not_blank)
    for part, hint in {"url": "Enter for none", "country": "two capital letters, Enter for none"}.items():
        if part not in source:
            source[part] = ask(f"{part} of the source ({hint})", lambda _: None, "")
    return [source]


def _with_origin(book: Book, row: dict[str, str], sources: list[dict[str, str]]) -> tuple[dict[str, str], pd.DataFrame]:
    """Return the row with its origin, and the rows that are like it.

    Raises
    ------
    DataError
        If there are such rows, no origin was given and nobody can be asked.
    """
    import pandas as pd

    from indicast.ledger import alike

    given = "origin_id" in row
    full = {"origin_id": f"{row['source_id']}-{row['event_date']}", **row}
    listed = pd.concat([book.frames["sources"], pd.DataFrame(sources)]).fillna("")
    others = alike(book.standing, listed, full)
    if others.empty:
        return full, others
    if not (given or asks(book.options)):
        raise DataError(_ambiguous(others))
    book.say("rows that may be the same report:")
    for one in text_rows(others):
        book.say(f"  {one['record_id']}: {described(one)}")
    if not given:
        full["origin_id"] = ask("origin: that of such a row if it is one report, another name if not", _not_blank)
    return full, others


def _ambiguous(others: pd.DataFrame) -> str:
    names, origins = (", ".join(map(shown, dict.fromkeys(others[name]))) for name in ("record_id", "origin_id"))
    rows = "1 row" if len(others) == 1 else f"{len(others)} rows"
    remedy = f"that of such a row ({origins}) if it is one report, another name if somebody else saw for themselves"
    return f"{rows} may be the same report: {names}; give --origin: {remedy}"
