"""``indicast replay``: a published month is made again from its manifest and compared, line by line.

Invariant: nothing in the workspace is written, and the same workspace gives the same answer twice, byte for
byte (``tests/recovery/test_replayed_month.py``).
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indicast.workspace import find_root

if TYPE_CHECKING:
    import xarray as xr

    from indicast.cli._options import Shared
    from indicast.infer import Rebuilt
    from indicast.ledger import Ledger
    from indicast.publish import Check, Numbers, Published


@dataclass(frozen=True, slots=True)
class Found:
    """What was compared, the numbers if the month was made again, and the rows that changed if git knows them."""

    checks: tuple[Check, ...]
    numbers: Numbers | None = None
    rows: tuple[str, ...] = ()


def replay(options: Shared, model: str, month: str, *, numbers_only: bool) -> bool:
    """Print what of a published month is the same and what is not; return whether all of it is."""
    from indicast.publish import failing, file_checks, open_published

    root = find_root(options.workspace)
    published = open_published(root, model, month)
    files = file_checks(published)
    found = Found(tuple(files))
    if published.sound:
        with tempfile.TemporaryDirectory(prefix="indicast-replay-") as folder:
            found = _made_again(options, root, published, Path(folder))
        found = replace(found, checks=(*files, *found.checks))
    failed = failing(list(found.checks), numbers_only=numbers_only)
    if options.as_json:
        typer.echo(json.dumps(_as_json(published, found, failed), indent=1))
    else:
        _print(published, found, failed)
    return not failed


def _made_again(options: Shared, root: Path, published: Published, folder: Path) -> Found:
    from indicast.infer import build_manifest, knowledge, rebuilt, recorded_by
    from indicast.publish import (
        changed_rows,
        compared_numbers,
        hash_check,
        ledger_check,
        moved_months,
        numbers_check,
        version_checks,
    )

    manifest = published.manifest
    made = rebuilt(manifest, root, folder)
    again = build_manifest(made.framework, made.ledger, made.when, made.settings, made.padded)
    known = knowledge(made.ledger, made.when.known_at)
    checks = version_checks(manifest, again)
    checks += [ledger_check(manifest, known, _recorded_at(made.ledger, recorded_by(manifest)))]
    checks += [hash_check(manifest, again)]
    numbers = compared_numbers(published.folder / "forecast.csv", refit(options, made), made.framework, folder)
    rows = changed_rows(root, manifest, moved_months(manifest, known))
    return Found((*checks, numbers_check(numbers)), numbers, tuple(rows))


def _recorded_at(ledger: Ledger, moment: str) -> dict[str, set[str]]:
    """Return, by table, the months of the rows that were recorded in one second."""
    if not moment:
        return {}
    tables = {name: getattr(ledger, name) for name in ("observations", "corroboration", "coverage", "outcomes")}
    return {
        name: set(frame.loc[frame["recorded_at"] == moment, "known_date"].dropna().dt.strftime("%Y-%m"))
        for name, frame in tables.items()
    }


def refit(options: Shared, made: Rebuilt) -> xr.DataTree:
    """Return the fit that a manifest describes, with its predictions; nothing is saved."""
    from indicast.forecast import with_predictions
    from indicast.infer import Sampler
    from indicast.panel import build_panel

    heard = not (options.quiet or options.as_json)
    if heard:
        typer.echo(f"{made.when.as_of}, known at {made.when.known_at}: compiling and sampling again ...", err=True)
    panel = build_panel(made.framework, made.hyperparameters, made.ledger, made.when, made.sizes)
    sampler = Sampler(made.framework, made.hyperparameters)
    tree = sampler.fit(panel, made.settings, progress=heard and sys.stderr.isatty())
    return with_predictions(tree, made.framework, made.hyperparameters, made.settings.seed)


def _as_json(published: Published, found: Found, failed: list[str]) -> dict[str, object]:
    manifest = published.manifest
    return {
        "model": manifest["model"],
        "month": manifest["as_of"],
        "hash": manifest["hash"],
        "same": not any(check.differs for check in found.checks),
        "failed": failed,
        "refitted": found.numbers is not None,
        "checks": [{"what": one.what, "verdict": one.verdict, "how": one.how} for one in found.checks],
        "numbers": None if found.numbers is None else _finite(found.numbers),
        "changed_rows": list(found.rows),
    }


def _finite(numbers: Numbers) -> dict[str, object]:
    """Return numbers for JSON, which has no infinity: a distance of null is beyond any number."""
    told = asdict(numbers) | {"within": numbers.within}
    return told | {"distance": numbers.distance if math.isfinite(numbers.distance) else None}


def _print(published: Published, found: Found, failed: list[str]) -> None:
    width = max(len(check.what) for check in found.checks)
    for check in found.checks:
        typer.echo(f"{check.what:<{width}}  {check.verdict:<12}  {check.how}".rstrip())
    for row in found.rows:
        typer.echo(f"  {row}")
    name = f"{published.manifest['model']} {published.manifest['as_of']}"
    typer.echo(_verdict(name, found, failed))


def _verdict(name: str, found: Found, failed: list[str]) -> str:
    if found.numbers is None:
        return f"{name}: not made again, because its manifest is not the one that was published; restore it first"
    if failed:
        return f"{name}: differs from what was published ({', '.join(failed)})"
    differing = [check.what for check in found.checks if check.differs]
    if differing:
        how = " within Monte Carlo error" if "numbers" in differing else ""
        return f"{name}: the published numbers stand{how}, although there differ: {', '.join(differing)}"
    return f"{name}: made again, and nothing that was compared differs"
