"""Cells from flags or from questions: each has its allowed words, and a slip is answered with the nearest.

Invariant: without a terminal nothing is asked; all that is missing or wrong is said at once
(``tests/contract/test_observe.py``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

import typer

from indicast.errors import DataError
from indicast.workspace import shown

if TYPE_CHECKING:
    from indicast.cli._book import Book
    from indicast.cli._options import Shared

CODED = ("indicator", "kind", "direction", "reliability", "credibility")
DAYS = ("event_date", "end_date", "published_date", "known_date")
REQUIRED = ("indicator", "event_date", "kind", "direction", "summary", "source_id", "reliability", "credibility")
BLANKABLE = ("end_date", "published_date", "value", "unit", "known_date")
NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")
FLAGS = {"source_id": "--source", "origin_id": "--origin"}
SCALES = {"reliability": "A is best, F cannot be judged", "credibility": "1 is best, 6 cannot be judged"}
"""What the letters and digits stand for, in a question."""
STOPPED_EXIT = 130
MANY = 12
"""More allowed words than this are not all told."""
CUTOFF = 0.5
"""How alike a suggestion is at least, by difflib's ratio."""


def flag(column: str) -> str:
    """Return the flag of a column.

    Examples
    --------
    >>> flag("event_date"), flag("source_id")
    ('--event-date', '--source')
    """
    return FLAGS.get(column, f"--{column.replace('_', '-')}")


def asks(options: Shared) -> bool:
    """Return whether a person is there to be asked."""
    return sys.stdin.isatty() and not options.as_json


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return the end of a clause, with a suggestion if there is one.

    Examples
    --------
    >>> nearest("quarels", ["quarrels", "visits"])
    "; did you mean 'quarrels'?"
    >>> nearest("zzz", ["quarrels", "visits"])
    ';'
    """
    by_fold = {one.casefold(): one for one in allowed}
    close = get_close_matches(word.casefold(), by_fold, n=3, cutoff=CUTOFF)
    return f"; did you mean {' or '.join(shown(by_fold[one]) for one in close)}?" if close else ";"


def fault(book: Book, column: str, text: str) -> str | None:
    """Return what is wrong with a cell, or None; whether a source is listed is asked elsewhere."""
    if not text:
        return None if column in BLANKABLE else f"{flag(column)} may not be blank"
    if column in book.words and text not in book.words[column]:
        allowed = ", ".join(book.words[column])
        return f"{flag(column)}: {shown(text)} is unknown{nearest(text, book.words[column])} allowed are {allowed}"
    if column in DAYS and not _is_day(text):
        return f"{flag(column)}: {shown(text)} is no date; write YYYY-MM-DD, for example {date.today():%Y-%m-%d}"  # noqa: DTZ011  # an example
    if column == "value" and not NUMBER.fullmatch(text):
        return f"--value: {shown(text)} is no plain number; write digits, with a point for decimals, or leave it out"
    return None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def refuse_faults(book: Book, given: Mapping[str, str], further: Sequence[str] = ()) -> None:
    """Refuse cells that cannot be used, all at once.

    Raises
    ------
    DataError
        One line for each.
    """
    found = [fault(book, column, text) for column, text in given.items()]
    lines = [one for one in found if one] + list(further)
    if lines:
        raise DataError("\n".join(lines))


def ask(question: str, check: Callable[[str], str | None], default: str | None = None) -> str:
    """Ask until the answer has no fault.

    Parameters
    ----------
    question
        What is wanted, with the allowed words.
    check
        Returns what is wrong with an answer, or None.
    default
        Taken for an empty answer; shown unless it is blank.
    """

    def checked(answer: str) -> str:
        wrong = check(answer.strip())
        if wrong:
            raise typer.BadParameter(wrong)
        return answer.strip()

    shows = bool(default)
    return unless_stopped(
        lambda: str(typer.prompt(question, default=default, show_default=shows, value_proc=checked, err=True))
    )


def confirmed(question: str) -> bool:
    """Ask a question whose answer is no unless it is yes."""
    return unless_stopped(lambda: typer.confirm(question, default=False, err=True))


def unless_stopped[T](asked: Callable[[], T]) -> T:
    """Return the answer; who stops by Ctrl-C or Ctrl-D instead is told that nothing was saved.

    Raises
    ------
    typer.Exit
        With the code of a command that was stopped.
    """
    try:
        return asked()
    except typer.Abort:
        typer.echo("\nindicast: stopped; nothing was saved", err=True)
        raise typer.Exit(STOPPED_EXIT) from None


def ask_cell(book: Book, column: str, default: str | None = None, hint: str = "") -> str:
    """Ask for one cell; columns that may stay blank take an empty answer."""
    allowed = book.words.get(column, ())
    listed = ", ".join(allowed) if len(allowed) <= MANY else f"one of {len(allowed)}; a slip is answered"
    told = f" ({'; '.join(filter(None, [listed, SCALES.get(column)]))})"
    blank = "" if column in BLANKABLE and default is None else default
    question = f"{column.replace('_', ' ')}{told if allowed else ''}{hint}"
    return ask(question, lambda text: fault(book, column, text), blank)


def wants_to_save(options: Shared, *, yes: bool) -> bool:
    """Return whether to save; a script has to say so beforehand.

    Raises
    ------
    DataError
        If nobody can be asked and ``--yes`` was not given.
    """
    if yes:
        return True
    if not asks(options):
        message = "nothing was saved: nobody is there to be asked; look at the row and give --yes to save it"
        raise DataError(message)
    return confirmed("Save?")


def refuse_missing(command: str, missing: Sequence[str]) -> None:
    """Refuse a call without a terminal that leaves out what is needed, naming all of it.

    Raises
    ------
    DataError
        If anything is missing.
    """
    if missing:
        flags = ", ".join(missing)
        message = f"{command}: missing {flags}; give them, or call it in a terminal to be asked"
        raise DataError(message)
