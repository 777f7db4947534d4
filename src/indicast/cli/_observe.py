"""``indicast observe``: the words by which the ledger is written to; the work is done in the modules beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indicast.cli._options import JSON, MODEL, QUIET, SEED, WORKSPACE, parse_day

observe = typer.Typer(
    name="observe",
    help="Add, correct, take back and list evidence.",
    epilog="What is guaranteed, and what each cell means: docs/ledger.md and docs/data.md.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _cell(name: str, meaning: str, metavar: str = "TEXT") -> object:
    return typer.Option(name, help=meaning, metavar=metavar, show_default=False)


RECORD_NAME = Annotated[
    str, typer.Argument(help="Record id, its beginning, or observations.csv:LINE.", metavar="RECORD_ID")
]
INDICATOR = Annotated[str | None, _cell("--indicator", "What it is about.", "ID")]
EVENT_DATE = Annotated[str | None, _cell("--event-date", "The day the fact refers to.", "YYYY-MM-DD")]
END_DATE = Annotated[str | None, _cell("--end-date", "Its last day, if it lasted.", "YYYY-MM-DD")]
PUBLISHED_DATE = Annotated[str | None, _cell("--published-date", "The day the source published it.", "YYYY-MM-DD")]
KIND = Annotated[str | None, _cell("--kind", "event, count, level, share, claim or denial.", "WORD")]
VALUE = Annotated[str | None, _cell("--value", "Its number.", "NUMBER")]
UNIT = Annotated[str | None, _cell("--unit", "What the number counts.")]
DIRECTION = Annotated[str | None, _cell("--direction", "Which way it points: a word of the model.", "WORD")]
SUMMARY = Annotated[str | None, _cell("--summary", "The fact in your own words.")]
SOURCE = Annotated[str | None, _cell("--source", "Who says so: an id of sources.csv.", "ID")]
RELIABILITY = Annotated[str | None, _cell("--reliability", "How far the source is trusted, A to F.", "LETTER")]
CREDIBILITY = Annotated[str | None, _cell("--credibility", "How believable the fact is, 1 to 6.", "DIGIT")]
KNOWN_DATE = Annotated[str | None, _cell("--known-date", "First day on which it may be used; today.", "YYYY-MM-DD")]
ORIGIN = Annotated[str | None, _cell("--origin", "The report it rests on; one origin is heard once.", "ID")]
REASON = Annotated[str | None, _cell("--reason", "Why the row is changed.")]
YES = Annotated[bool, typer.Option("--yes", help="Save without asking.")]
NO_EFFECT = Annotated[bool, typer.Option("--no-effect", help="Do not say how far it moves the scenarios.")]


@observe.command(
    epilog="Example: indicast observe add my_table; indicast observe add my_table --indicator visits --event-date "
    "2024-03-02 --kind event --direction rising --summary 'The minister came again' --source gazette "
    "--reliability B --credibility 2 --yes"
)
def add(
    context: typer.Context,
    model: MODEL,
    indicator: INDICATOR = None,
    event_date: EVENT_DATE = None,
    end_date: END_DATE = None,
    published_date: PUBLISHED_DATE = None,
    kind: KIND = None,
    value: VALUE = None,
    unit: UNIT = None,
    direction: DIRECTION = None,
    summary: SUMMARY = None,
    source: SOURCE = None,
    reliability: RELIABILITY = None,
    credibility: CREDIBILITY = None,
    known_date: KNOWN_DATE = None,
    origin: ORIGIN = None,
    source_publisher: Annotated[str | None, _cell("--source-publisher", "New source: who published it.")] = None,
    source_title: Annotated[str | None, _cell("--source-title", "New source: its title.")] = None,
    source_url: Annotated[str | None, _cell("--source-url", "New source: where it can be read.")] = None,
    source_kind: Annotated[str | None, _cell("--source-kind", "New source: the sort of publisher.", "WORD")] = None,
    source_country: Annotated[str | None, _cell("--source-country", "New source: two capital letters.", "ISO")] = None,
    yes: YES = False,
    no_effect: NO_EFFECT = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Add one observation; what is not given is asked for in a terminal."""
    from indicast.cli import _adding

    cells = {
        "indicator": indicator,
        "event_date": event_date,
        "end_date": end_date,
        "published_date": published_date,
        "kind": kind,
        "value": value,
        "unit": unit,
        "direction": direction,
        "summary": summary,
        "source_id": source,
        "reliability": reliability,
        "credibility": credibility,
        "known_date": known_date,
        "origin_id": origin,
    }
    told = {
        "publisher": source_publisher,
        "title": source_title,
        "url": source_url,
        "kind": source_kind,
        "country": source_country,
    }
    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    _adding.add(options, model, cells, told, yes=yes, no_effect=no_effect)


@observe.command(
    epilog="Example: indicast observe correct my_table r3dbf --value 5 --reason 'The gazette printed a correction'; "
    "--end-date '' makes a cell blank"
)
def correct(
    context: typer.Context,
    model: MODEL,
    record: RECORD_NAME,
    indicator: INDICATOR = None,
    event_date: EVENT_DATE = None,
    end_date: END_DATE = None,
    published_date: PUBLISHED_DATE = None,
    kind: KIND = None,
    value: VALUE = None,
    unit: UNIT = None,
    direction: DIRECTION = None,
    summary: SUMMARY = None,
    source: SOURCE = None,
    reliability: RELIABILITY = None,
    credibility: CREDIBILITY = None,
    known_date: KNOWN_DATE = None,
    origin: ORIGIN = None,
    reason: REASON = None,
    yes: YES = False,
    no_effect: NO_EFFECT = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Correct cells of a row by a further row; the old one stays as what was known before."""
    from indicast.cli import _changing

    cells = {
        "indicator": indicator,
        "event_date": event_date,
        "end_date": end_date,
        "published_date": published_date,
        "kind": kind,
        "value": value,
        "unit": unit,
        "direction": direction,
        "summary": summary,
        "source_id": source,
        "reliability": reliability,
        "credibility": credibility,
        "known_date": known_date,
        "origin_id": origin,
    }
    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    _changing.correct(options, model, record, cells, reason, yes=yes, no_effect=no_effect)


@observe.command(epilog="Example: indicast observe retract my_table r3dbf --reason 'The gazette withdrew the report'")
def retract(
    context: typer.Context,
    model: MODEL,
    record: RECORD_NAME,
    reason: REASON = None,
    known_date: KNOWN_DATE = None,
    yes: YES = False,
    no_effect: NO_EFFECT = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
    seed: SEED = None,
) -> None:
    """Take a row back by a further row; older months keep what was known then."""
    from indicast.cli import _changing

    options = context.obj.joined(workspace, seed, quiet=quiet, as_json=as_json)
    _changing.retract(options, model, record, reason, known_date, yes=yes, no_effect=no_effect)


@observe.command(
    "list", epilog="Example: indicast observe list my_table --indicator visits --since 2024-01-01; ... --all --csv"
)
def list_rows(
    context: typer.Context,
    model: MODEL,
    indicator: INDICATOR = None,
    since: Annotated[str | None, _cell("--since", "Events from this day on.", "YYYY-MM-DD")] = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="YYYY-MM-DD", help="As it stood on this day.", show_default="today"),
    ] = None,
    history: Annotated[bool, typer.Option("--all", help="Also what was superseded or taken back.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV for a spreadsheet; formulas are made text.")] = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """List the rows that stand."""
    from indicast.cli import _listing

    options = context.obj.joined(workspace, quiet=quiet, as_json=as_json)
    days = parse_day(since, "--since"), parse_day(known_at)
    _listing.show_list(options, model, indicator, *days, history=history, as_csv=as_csv)


@observe.command(
    "import",
    epilog="Example: indicast observe import my_table events.csv --mapping acled --dry-run; how a mapping is written: "
    "docs/importing.md",
)
def import_rows(
    context: typer.Context,
    model: MODEL,
    export: Annotated[Path, typer.Argument(help="The export: a CSV or tab-separated file.", show_default=False)],
    mapping: Annotated[
        str,
        typer.Option("--mapping", help="Word for models/MODEL/imports/WORD.toml, or a file.", metavar="WORD|FILE"),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be saved, and write nothing.")] = False,
    known_date: Annotated[
        str | None, _cell("--known-date", "For rows whose export gives no day of publication; today.", "YYYY-MM-DD")
    ] = None,
    quarantine: Annotated[
        Path | None,
        typer.Option("--quarantine", help="File for rows that cannot be used.", show_default="under runs/MODEL"),
    ] = None,
    yes: YES = False,
    workspace: WORKSPACE = None,
    quiet: QUIET = False,
    as_json: JSON = False,
) -> None:
    """Turn the rows of an export into evidence by a declared mapping; what cannot be used is set aside."""
    from indicast.cli._importing import Wanted, import_events

    options = context.obj.joined(workspace, quiet=quiet, as_json=as_json)
    day = parse_day(known_date, "--known-date")
    import_events(options, model, Wanted(export, mapping, day, quarantine, dry_run, yes))
