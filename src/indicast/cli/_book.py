"""A model's ledger opened for writing: what its words are, which row is meant, and saving.

Invariant: text from files reaches a terminal without control characters (``tests/contract/test_observe.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from indicast.cli._asking import asks
from indicast.errors import DataError, IndicastError, MissingError
from indicast.workspace import Finding, Framework, find_root, load_framework, shown

if TYPE_CHECKING:
    import pandas as pd

    from indicast.cli._options import Shared

Cells = Mapping[str, str]
ADDRESS = "observations.csv:"
"""A record may be named by this and its line."""
LONGEST_SHOWN, LONGEST_SAID = 200, 400
"""Characters of a row that is shown, and of a line that is said."""


@dataclass(frozen=True, eq=False)
class Book:
    """A ledger as read now, as text, with its faults.

    Attributes
    ----------
    options
        Shared options of the command line.
    framework
        Declares what a row may say.
    frames
        The five tables; the label of a row is its line.
    findings
        Errors and warnings.
    now
        The moment of the command, in UTC.
    """

    options: Shared
    framework: Framework
    frames: dict[str, pd.DataFrame]
    findings: list[Finding]
    now: datetime

    @cached_property
    def standing(self) -> pd.DataFrame:
        """Rows that nothing supersedes, as known to this day."""
        from indicast.ledger import standing_records

        return standing_records(self.frames["observations"])

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Ids of the sources that are listed."""
        return tuple(dict.fromkeys(self.frames["sources"]["source_id"]))

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """What may stand in the columns that are coded."""
        from indicast.ledger import CREDIBILITIES, KINDS, RELIABILITIES

        declared = self.framework.declaration
        return {
            "indicator": self.framework.indicators,
            "kind": KINDS,
            "direction": declared.directions,
            "reliability": RELIABILITIES,
            "credibility": CREDIBILITIES,
        }

    def say(self, text: str) -> None:
        """Tell a person something; scripts hear nothing."""
        if not (self.options.quiet or self.options.as_json):
            typer.echo(plain(text, LONGEST_SAID))


def open_book(options: Shared, model: str) -> Book:
    """Read a model's ledger, faults and all."""
    from indicast.ledger import read_ledger

    framework = load_framework(find_root(options.workspace), model)
    now = datetime.now(tz=UTC)
    return Book(options, framework, *read_ledger(framework, now.date()), now)


def find_record(book: Book, name: str) -> dict[str, str]:
    """Return the cells of a record named by its id, the beginning of it, or ``observations.csv:LINE``.

    Raises
    ------
    MissingError
        If there is none.
    DataError
        If several begin so.
    """
    rows = book.frames["observations"]
    listed = f"'indicast observe list {book.framework.id} --all' lists them"
    if name.startswith(ADDRESS):
        found = rows[rows.index.astype(str) == name.removeprefix(ADDRESS)]
    else:
        exact = rows[rows["record_id"] == name]
        found = exact if len(exact) else rows[rows["record_id"].str.startswith(name or " ")]
    if found.empty:
        message = f"no record {shown(name)} in {book.framework.data_folder / 'observations.csv'}; {listed}"
        raise MissingError(message)
    if len(found) > 1:
        first = ", ".join(shown(one) for one in found["record_id"].head(5))
        message = f"{len(found)} records begin with {shown(name)}: {first}; give more of it, or observations.csv:LINE"
        raise DataError(message)
    return text_rows(found)[0]


def text_rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows of a table of text, each as cells by column."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, map(str, cells), strict=True)) for cells in frame.itertuples(index=False, name=None)]


def tried(book: Book, rows: Sequence[Cells], sources: Sequence[Cells], *, with_effect: bool) -> list[str]:
    """Check what would be saved, and return in lines what is odd about it and how far it would move the scenarios.

    Raises
    ------
    DataError
        If the ledger would have a further error.
    """
    from indicast.ledger import try_records

    after = try_records(book.framework, rows, book.now, sources)
    return [*_odd(book, after, len(rows)), *(_effect(book, after) if with_effect else [])]


def _odd(book: Book, after: dict[str, pd.DataFrame], added: int) -> list[str]:
    """Return what `check` would warn of in the rows that are added; nothing where it could not tell."""
    from indicast.ledger import lint_findings

    if any(finding.severity == "error" for finding in book.findings):
        return []
    new = {f"observations.csv:{line}" for line in after["observations"].index[-added:]}
    found = [finding for finding in lint_findings(book.framework, after) if finding.place in new]
    return [f"note {finding.code}: {finding.message}; {finding.remedy}" for finding in found]


def _effect(book: Book, after: dict[str, pd.DataFrame]) -> list[str]:
    if any(finding.severity == "error" for finding in book.findings):
        remedy = f"'indicast check {book.framework.id}' lists them"
        return [f"the ledger has errors, so nothing can tell what this moves; {remedy}"]
    if asks(book.options):
        book.say("weighing what this moves ...")
    from indicast.cli._jobs import Desk, settings_of
    from indicast.cli._moved import moved
    from indicast.elicit import load_hyperparameters
    from indicast.ledger import typed_ledger

    try:
        framework, before = book.framework, typed_ledger(book.frames)
        settings = settings_of(framework, book.options, None)
        desk = Desk(book.options, framework, load_hyperparameters(framework), before, settings)
        return moved(desk, before, typed_ledger(after))
    except IndicastError as error:
        return [f"what this moves cannot be told: {error}"]


def save(book: Book, rows: Sequence[Cells], sources: Sequence[Cells] = ()) -> tuple[dict[str, str], ...]:
    """Append rows, and sources that they name; return the rows with their ids."""
    from indicast.ledger import append_records

    return append_records(book.framework, rows, datetime.now(tz=UTC), sources)


def tell_saved(book: Book, record: Cells, effect: Sequence[str], **further: object) -> None:
    """Say what was saved and what to do next."""
    if book.options.as_json:
        told = {"saved": True, "record": dict(record), "effect": list(effect), **further}
        typer.echo(json.dumps(told, indent=1, ensure_ascii=True))
        return
    typer.echo(f"saved as {record['record_id']}")
    name = book.framework.id
    book.say(f"next: 'indicast fit {name}' takes it into account; 'indicast observe list {name}' shows what stands")


def plain(text: str, longest: int = LONGEST_SHOWN) -> str:
    r"""Return text for a terminal: no control characters, cut where it is long.

    Examples
    --------
    >>> plain("a\x1b[31mb\nc"), plain("abcdef", longest=5)
    ('a?[31mb?c', 'ab...')
    """
    safe = "".join(one if one.isprintable() or one == "\xa0" else "?" for one in text)
    return safe if len(safe) <= longest else f"{safe[: longest - 3]}..."


def described(row: Cells) -> str:
    """Return a row in one line."""
    number = f" {row.get('value', '')} {row.get('unit', '')}".rstrip()
    placed = f"origin {row['origin_id']}, known {row.get('known_date') or 'today'}"
    told = (
        f"{row['event_date']} {row['indicator']} {row['kind']}{number} {row['direction']}, "
        f"{row['reliability']}{row['credibility']} {row['source_id']} ({placed}): {row['summary']}"
    )
    return plain(told)
