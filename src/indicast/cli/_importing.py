"""``indicast observe import``: the rows of an export, looked at, counted and saved.

Invariant: what cannot be used is in the quarantine before anything is in the ledger, so a row is never
lost between the two (``tests/contract/test_observe_import.py``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.cli._asking import wants_to_save
from indicast.cli._book import Book, described, open_book, plain, save, tried

if TYPE_CHECKING:
    from datetime import date

    from indicast.cli._options import Shared
    from indicast.ledger.exports import Imported, Quarantine

LISTED = 3
"""Rows that are shown of what would be saved."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes
    ----------
    export
        The file to import.
    mapping
        A word for ``models/<model>/imports/<word>.toml``, or the path of a file.
    known_date
        From when a row may be used whose export does not say it; today if None.
    quarantine
        Where rows go that cannot be used; under ``runs/`` if None.
    dry_run
        Write nothing.
    yes
        Save without asking.
    """

    export: Path
    mapping: str
    known_date: date | None = None
    quarantine: Path | None = None
    dry_run: bool = False
    yes: bool = False


def import_events(options: Shared, model: str, wanted: Wanted) -> None:
    """Add the rows of an export to the ledger, and set aside what cannot be used."""
    from indicast.ledger import locked
    from indicast.ledger.exports import Import, import_day, import_export, load_mapping, quarantining

    book = open_book(options, model)
    mapping = load_mapping(book.framework, wanted.mapping)
    today, day = import_day(book.now, wanted.known_date)
    one = Import(book.framework, mapping, book.frames, today, day)
    aside = wanted.quarantine or _usual_place(book, wanted.export)
    with quarantining(wanted.export) as quarantine:
        found = import_export(one, wanted.export, quarantine.add)
        for line in _lines(found, quarantine):
            book.say(line)
        saves = not wanted.dry_run and (not found.loaded or wants_to_save(options, yes=wanted.yes))
        if saves and found.quarantined:
            with locked(book.framework.data_folder):
                quarantine.keep(aside)
            book.say(f"quarantine: {aside}")
    if found.loaded and saves:
        save(book, found.records, found.sources)
    elif found.loaded and wanted.dry_run:
        tried(book, found.records, found.sources, with_effect=False)
    _tell(book, found, aside, saved=bool(found.loaded and saves), kept=saves)
    if wanted.dry_run and found.loaded:
        book.say("this was a dry run; without --dry-run it asks and saves")


def _usual_place(book: Book, export: Path) -> Path:
    return book.framework.root / "runs" / book.framework.id / "imports" / f"{export.name}.quarantine.csv"


def counted(found: Imported) -> str:
    """Return the sum that every import has to satisfy, in one line."""
    return (
        f"{found.read} read = {found.loaded} loaded + {found.there} already there + "
        f"{found.not_selected} not selected + {found.quarantined} quarantined"
    )


def _lines(found: Imported, quarantine: Quarantine) -> list[str]:
    lines = [described(record) for record in found.records[:LISTED]]
    if found.loaded > LISTED:
        lines.append(f"and {found.loaded - LISTED} more")
    if found.corrections:
        lines.append(f"{found.corrections} of them correct an older record")
    lines += [f"new source: {plain(source['source_id'])}" for source in found.sources[:LISTED]]
    if len(found.sources) > LISTED:
        lines.append(f"and {len(found.sources) - LISTED} more sources")
    lines += [f"line {one.line} cannot be used: {plain(one.reason)}" for one in quarantine.first]
    if found.quarantined > len(quarantine.first):
        lines.append(f"and {found.quarantined - len(quarantine.first)} more lines")
    return [*lines, counted(found)]


def _tell(book: Book, found: Imported, aside: Path, *, saved: bool, kept: bool) -> None:
    if book.options.as_json:
        told = {
            "saved": saved,
            "read": found.read,
            "loaded": found.loaded,
            "already_there": found.there,
            "not_selected": found.not_selected,
            "quarantined": found.quarantined,
            "corrections": found.corrections,
            "sources": [source["source_id"] for source in found.sources],
            "records": [record["record_id"] for record in found.records],
            "quarantine": str(aside) if kept and found.quarantined else None,
        }
        typer.echo(json.dumps(told, indent=1, ensure_ascii=True))
        return
    if book.options.quiet:
        typer.echo(counted(found))
    name = book.framework.id
    book.say(f"saved; next: 'indicast check {name}', then 'indicast fit {name}'" if saved else "nothing was saved")
