"""``indicast observe add``: one row, asked for or given, looked at and saved.

Invariant: no row is saved without a listed source, or without an origin where others are like it
(``tests/contract/test_observe.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from indicast.cli._asking import (
    REQUIRED,
    ask,
    ask_cell,
    asks,
    confirmed,
    fault,
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
SOURCE_ID = "source id, as in sources.csv, or a short word for a new one such as gazette"
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
    for line in [described(row), *_idle(book, row), *told_sources, *effect]:
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
    row["source_id"], sources = _asked_source(book, row.get("source_id"), told)
    if "published_date" not in row:
        row["published_date"] = _asked_day(book, "published_date", " (Enter if unknown)", "")
    if "known_date" not in row:
        row["known_date"] = _asked_known(book, row["published_date"])
    for name, grade in UNKNOWN_GRADE.items():
        row[name] = row.get(name) or ask_cell(book, name, _usual_grade(book, row["source_id"], name) or grade)
    return row, sources


def _not_blank(text: str) -> str | None:
    return None if text else "it may not be blank"


def _usual_kind(book: Book, indicator: str) -> str:
    """Return the first kind that feeds the indicator."""
    declared = next(one for one in book.framework.declaration.indicators if one.id == indicator)
    return declared.feeds[declared.family][0]


def _idle(book: Book, row: Mapping[str, str]) -> list[str]:
    """Return what to say of a row that the model takes no notice of, and which kinds it does."""
    declared = next(one for one in book.framework.declaration.indicators if one.id == row["indicator"])
    if declared.stream(row["kind"], row.get("unit", ""), row["direction"]) is not None:
        return []
    kinds = ", ".join(dict.fromkeys(kind for fed in declared.feeds.values() for kind in fed))
    acts = f" (event: {', '.join(declared.event_directions)})" if declared.event_directions else ""
    told = f"no {row['kind']} of {declared.id} that is {row['direction']} feeds the model"
    return [f"{told}: the row is kept and moves no probability; what feeds: {kinds}{acts}"]


def _usual_grade(book: Book, source: str, column: str) -> str | None:
    """Return the grade that the source got last."""
    rows = book.standing[book.standing["source_id"] == source]
    return None if rows.empty else str(rows[column].iloc[-1])


def _asked_known(book: Book, published: str) -> str:
    """Return the day from which the row may be used: that of publication, or today, unless a person knows better."""
    hint = ", the first day on which anyone could have used it"
    return _asked_day(book, "known_date", hint, published or book.now.date().isoformat(), earliest=published)


def _asked_day(book: Book, column: str, hint: str, default: str, earliest: str = "") -> str:
    """Return a day up to today, asked for; what the ledger would refuse at the end is said at once."""
    today = book.now.date().isoformat()

    def wrong(text: str) -> str | None:
        if fault(book, column, text) or not text:
            return fault(book, column, text)
        if text > today:
            return f"{flag(column)}: {text} is after today ({today}); give a day up to today"
        if text < earliest:
            return f"{flag(column)}: {text} is before it was published ({earliest}); give that day or a later one"
        return None

    return ask(f"{column.replace('_', ' ')}{hint}", wrong, default)


def _asked_source(book: Book, given: str | None, told: dict[str, str]) -> tuple[str, list[dict[str, str]]]:
    """Return the id of a source, asked for until it is listed or shall be, and the source if it is new."""
    name = given or ask(SOURCE_ID, _not_blank)
    while name not in book.sources:
        close = nearest(name, book.sources)
        if confirmed(f"{shown(name)} is not in sources.csv{close} List it as a new source?"):
            return name, [_described_source(book, name, told)]
        name = ask(SOURCE_ID, _not_blank)
    return name, []


def _described_source(book: Book, name: str, told: dict[str, str]) -> dict[str, str]:
    """Return a source to list, as a person describes it."""
    source = {"source_id": name, **told}
    kinds = ", ".join(map(shown, sorted(set(book.frames["sources"]["kind"]))[:10]))
    for part, hint in {"publisher": "", "title": "", "kind": f" (so far {kinds})"}.items():
        source[part] = source.get(part) or ask(f"{part} of the source{hint}", _not_blank)
    for part, hint in {"url": "Enter for none", "country": "two capital letters, Enter for none"}.items():
        if part not in source:
            source[part] = ask(f"{part} of the source ({hint})", _no_country if part == "country" else _anything, "")
    return source


def _anything(_: str) -> None:
    return None


def _no_country(text: str) -> str | None:
    return None if re.fullmatch("[A-Z]{2}|", text) else f"{shown(text)} is no country; write two capitals, such as LT"


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
