"""What moved between two months: saved runs are found, compared, and their waterfall is told.

Invariant: no bar is told that rests on weights which cannot be trusted, and every refusal says which command makes what
is missing (``tests/contract/test_explain.py``). Nothing heavy is imported before it is asked.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from indicast.cli._jobs import Desk, month_named, open_desk
from indicast.errors import DataError, MissingError, RunError
from indicast.workspace import month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.cli._options import Shared
    from indicast.explain import Fitted, Waterfall
    from indicast.infer import Run

PATIENCE = 5.0
"""Seconds after which a person is told how far the work has come."""


def explain(options: Shared, model: str, months: tuple[str, str], picture: Path | None, *, refit: bool) -> None:
    """Print what moved the probabilities between two months, and draw it if a file is named.

    Parameters
    ----------
    options
        Shared ones.
    model
        Its id.
    months
        The earlier and the later one, as YYYY-MM.
    picture
        SVG file to write.
    refit
        Whether to fit the later month without the news where weights cannot tell.

    Raises
    ------
    IndicastError
        If a month was never fitted, or a run is older than what it was made from.
    """
    desk = open_desk(options, model)
    _refuse_months(desk, months)
    _refuse_folder(picture)
    found, failed = _found(desk, months, refit=refit)
    if picture is not None:
        _write_picture(desk, found, picture)
    if options.as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1))
        return
    from indicast.cli._told import told

    for line in told(found, desk.framework):
        typer.echo(line)
    for run in failed:
        typer.echo(f"run {run} failed its gates: read these bars as a draft")
    if picture is not None:
        desk.say(f"picture: {picture}")


def _refuse_months(desk: Desk, months: tuple[str, str]) -> None:
    places = []
    for option, month in zip(("--from", "--to"), months, strict=True):
        try:
            places.append(month_index(month))
        except ValueError as error:
            message = f"{option}: {error}"
            raise DataError(message) from None
        if places[-1] < desk.framework.start_index:
            start = desk.framework.declaration.start.first_month
            message = f"{option} {month} is before the framework starts; ask for {start} or later"
            raise DataError(message)
    if places[0] >= places[1]:
        said = "are the same month" if places[0] == places[1] else "stand the wrong way round"
        message = f"--from {months[0]} and --to {months[1]} {said}; name an earlier and a later month"
        raise DataError(message)


def _refuse_folder(picture: Path | None) -> None:
    if picture is not None and not picture.parent.is_dir():
        message = f"cannot write {picture}: there is no folder {picture.parent}; name another file with --svg"
        raise MissingError(message)


def _found(desk: Desk, months: tuple[str, str], *, refit: bool) -> tuple[Waterfall, list[str]]:
    """Return the waterfall by way of all months between that can be used, and runs that failed their gates."""
    from indicast.explain import joined

    first, last = _run(desk, months[0], first=True), _run(desk, months[1])
    between = [_usable(desk, month) for month in _between(*months)]
    runs = [first, *(run for run in between if run is not None), last]
    runs = [*_in_order_of_knowledge(runs[:-1], last), last]
    parts = tuple(_part(desk, *pair, refit=refit) for pair in pairwise(runs))
    used = {str(run.manifest["as_of"]) for run in runs}
    skipped = tuple(month for month in _between(*months) if month not in used)
    failed = [run.id for run in runs if not run.passed]
    return (joined(parts, skipped) if len(parts) > 1 or skipped else parts[0]), failed


def _between(first: str, last: str) -> list[str]:
    places = range(month_index(first) + 1, month_index(last))
    return [month_named(place) for place in places]


def _in_order_of_knowledge(runs: list[Run], last: Run) -> list[Run]:
    """Return the first run and those after it that do not know more than a later one."""
    kept = runs[:1]
    for run in runs[1:]:
        if kept[-1].manifest["known_at"] <= run.manifest["known_at"] <= last.manifest["known_at"]:
            kept.append(run)
    return kept


def _run(desk: Desk, month: str, *, first: bool = False) -> Run:
    """Return the newest run of a month, if it was made from what stands now; the first may have other declarations."""
    from indicast.infer import find_run, load_run
    from indicast.publish import changed_inputs

    run = load_run(find_run(desk.framework, as_of=month))
    known_at, changed = run.manifest["known_at"], changed_inputs(desk.framework, desk.ledger, run)
    again = f"make it again: 'indicast fit {desk.framework.id} --as-of {month} --known-at {known_at}'"
    if "ledger" in changed:
        message = f"{run.id} is older than the ledger, in which what was known at {known_at} has changed; {again}"
        raise RunError(message)
    if changed and not first:
        message = f"{run.id} was made with another {', '.join(changed)}; {again}"
        raise RunError(message)
    return run


def _usable(desk: Desk, month: str) -> Run | None:
    """Return the run of a month on the way, if there is one that can be used."""
    try:
        return _run(desk, month)
    except (MissingError, RunError):
        return None


def _part(desk: Desk, before: Run, after: Run, *, refit: bool) -> Waterfall:
    """Return the waterfall of two runs, with a fit between them if weights cannot tell and it is wanted."""
    from indicast.explain import Read, waterfall

    read = Read(desk.framework, desk.hyperparameters, desk.ledger)
    ends = _fitted(before), _fitted(after)
    common: dict[str, Any] = {"seed": desk.settings.seed, "altered": _altered(before, after)}
    months = f"{before.manifest['as_of']} to {after.manifest['as_of']}"
    found = waterfall(read, *ends, **common, tell=_teller(desk, months))
    if not found.trusted and refit:
        between = _without_news(desk, ends[0], after)
        found = waterfall(read, *ends, **common, refitted=between, tell=_teller(desk, months))
    if not found.trusted:
        raise RunError(_withheld(desk, found, refit=refit))
    return found


def _withheld(desk: Desk, found: Waterfall, *, refit: bool) -> str:
    first, last = found.months
    shape = f"the news from {first} to {last} weigh too much to be told apart by weights"
    shape += f" (k-hat {found.k_hat:.2f}, limit {found.limit:.2f})"
    if refit:
        return f"{shape}, even with a fit at both ends; fit a month or a day of knowledge between them"
    return f"{shape}; 'indicast explain {desk.framework.id} --from {first} --to {last} --refit' fits the other end too"


def _altered(before: Run, after: Run) -> list[str]:
    """Return the files of declarations, and code, that differ between two runs."""
    then, now = before.manifest["declarations"], after.manifest["declarations"]
    files = [one for one in now | then if now.get(one, {}).get("sha256") != then.get(one, {}).get("sha256")]
    code = before.manifest["code_sha256"] != after.manifest["code_sha256"]
    return [*sorted(files), *(["code"] if code else [])]


def _fitted(run: Run) -> Fitted:
    from indicast.explain import Fitted
    from indicast.panel import Vintage

    return Fitted(run.tree, Vintage(str(run.manifest["as_of"]), date.fromisoformat(run.manifest["known_at"])))


def _without_news(desk: Desk, before: Fitted, after: Run) -> xr.DataTree:
    """Return a fit of the later month given what was known at the earlier one."""
    from dataclasses import replace

    from indicast.infer import Sampler, Settings

    when = replace(_fitted(after).when, known_at=before.when.known_at)
    desk.say(f"fitting {when.as_of} with what was known at {when.known_at} ...")
    bar = not (desk.options.quiet or desk.options.as_json) and sys.stderr.isatty()
    sampler = Sampler(desk.framework, desk.hyperparameters)
    return sampler.fit(desk.panel(when), Settings(**after.manifest["sampler"]), progress=bar)


def _teller(desk: Desk, months: str) -> Callable[[str, float], None]:
    """Return what tells a person how far the work has come, a line at most every few seconds."""
    told_at = [time.monotonic()]

    def tell(part: str, share: float) -> None:
        if time.monotonic() - told_at[0] > PATIENCE and share < 1.0:
            told_at[0] = time.monotonic()
            desk.say(f"{months}: {share:.0%} of the {part} ...")

    return tell


def _write_picture(desk: Desk, found: Waterfall, path: Path) -> None:
    from indicast.publish import waterfall_svg

    try:
        path.write_text(waterfall_svg(found, desk.framework), encoding="utf-8")
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}; name another file with --svg"
        raise RunError(message) from None
