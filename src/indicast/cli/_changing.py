"""``indicast observe correct`` and ``retract``: a further row that supersedes one, with a reason.

Invariant: the row that is changed stays as it was (``tests/contract/test_observe.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from indicast.cli._asking import ask, asks, flag, nearest, refuse_faults, refuse_missing, wants_to_save
from indicast.cli._book import Book, described, find_record, open_book, save, tell_saved, tried
from indicast.errors import DataError
from indicast.workspace import shown

if TYPE_CHECKING:
    from indicast.cli._options import Shared


def correct(
    options: Shared,
    model: str,
    name: str,
    cells: Mapping[str, str | None],
    reason: str | None,
    *,
    yes: bool,
    no_effect: bool,
) -> None:
    """Correct some cells of a row by a further row.

    Parameters
    ----------
    options
        Shared options.
    model
        Name of the model.
    name
        A record id, the beginning of one, or ``observations.csv:LINE``.
    cells
        What is different, by column; None for what stays.
    reason
        Why, or None to be asked.
    yes
        Save without asking.
    no_effect
        Leave out how far it moves the scenarios.

    Raises
    ------
    DataError
        If nothing would be different, or a cell cannot be used.
    """
    from indicast.ledger import RETRACTION, correction_of

    book = open_book(options, model)
    old = find_record(book, name)
    given = {column: text.strip() for column, text in cells.items() if text is not None}
    refuse_faults(book, given, _unlisted(book, given))
    known = given.pop("known_date", "")
    different = {column: text for column, text in given.items() if text != old[column]}
    if not different and old["change"] != RETRACTION:
        message = f"nothing would be different from {shown(old['record_id'])}; give the cells to correct, e.g. --value"
        raise DataError(message)
    row = correction_of(old, different, _reason(options, "correct", reason), known)
    changes = [f"  {flag(column)}: {shown(old[column])} -> {shown(text)}" for column, text in different.items()]
    _save_change(book, row, [f"corrects {old['record_id']}: {described(old)}", *changes], yes=yes, no_effect=no_effect)


def retract(
    options: Shared, model: str, name: str, reason: str | None, known_date: str | None, *, yes: bool, no_effect: bool
) -> None:
    """Take a row back by a further row.

    Parameters
    ----------
    options, model, name, reason
        As in :func:`correct`.
    known_date
        From when it is known to be wrong; the day of writing if None.
    yes, no_effect
        As in :func:`correct`.
    """
    from indicast.ledger import retraction_of

    book = open_book(options, model)
    old = find_record(book, name)
    refuse_faults(book, {"known_date": known_date or ""})
    row = retraction_of(old, _reason(options, "retract", reason), known_date or "")
    _save_change(book, row, [f"takes back {old['record_id']}: {described(old)}"], yes=yes, no_effect=no_effect)


def _unlisted(book: Book, given: Mapping[str, str]) -> list[str]:
    name = given.get("source_id")
    if not name or name in book.sources:
        return []
    return [f"--source: {shown(name)} is not in sources.csv{nearest(name, book.sources)} add it there first"]


def _reason(options: Shared, command: str, given: str | None) -> str:
    if not (given or "").strip() and asks(options):
        return ask("reason", lambda text: None if text else "a change needs a reason")
    refuse_missing(f"observe {command}", [] if (given or "").strip() else ["--reason"])
    return (given or "").strip()


def _save_change(book: Book, row: dict[str, str], lines: list[str], *, yes: bool, no_effect: bool) -> None:
    effect = tried(book, [row], [], with_effect=not no_effect)
    for line in [*lines, f"  reason: {row['reason']}", *effect]:
        book.say(line)
    if not wants_to_save(book.options, yes=yes):
        book.say("nothing was saved")
        return
    (saved,) = save(book, [row])
    tell_saved(book, saved, effect)
