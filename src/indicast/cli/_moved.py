"""What a change of the ledger says of the scenarios, in lines to print after it.

Invariant: no line gives a number that rests on weights which cannot be trusted; where no saved run can
tell, a line says which command can (``tests/unit/test_moved.py``). Nothing heavy is imported before it is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from indicast.errors import MissingError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from indicast.cli._jobs import Desk
    from indicast.explain import WhatIf
    from indicast.infer import Drawn
    from indicast.ledger import Ledger
    from indicast.panel import Vintage


def moved(desk: Desk, before: Ledger, after: Ledger) -> list[str]:
    """Return how far rows move the scenario probabilities, as the newest run has it.

    The month is that of the run, or the latest one in which a row became known if that comes later. Corrections
    and retractions of what that run has seen are asked about for its own month, as it is known now: they bring no
    news of later months.

    Parameters
    ----------
    desk
        Declarations and priors; its own ledger moves nothing.
    before, after
        Whole ledgers without and with the rows.

    Returns
    -------
    lines
        A line each for the month, the scenarios, what the numbers rest on and drivers among the rows; or the one
        sentence that says which command can tell.
    """
    from indicast.infer import changed_declarations, find_run

    try:
        run = _saved(find_run(desk.framework))
        changed = changed_declarations(desk.framework, run.manifest)
        return _stale(desk, run, changed) if changed else _asked(desk, run, before, after)
    except MissingError:
        return [f"no run of {desk.framework.id} can tell yet what this moves; {_fit(desk)} makes one"]
    except RunError as error:
        return [str(error)]


class Saved(NamedTuple):
    """A saved run as it is asked: its draws and what it was made from."""

    id: str
    drawn: Drawn
    manifest: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return bool(self.manifest["passed"])


def _saved(folder: Path) -> Saved:
    from indicast.infer import load_drawn, load_manifest

    manifest = load_manifest(folder)
    return Saved(folder.name, load_drawn(folder, manifest), manifest)


def _fit(desk: Desk) -> str:
    return f"'indicast fit {desk.framework.id}'"


def _stale(desk: Desk, run: Saved, changed: list[str]) -> list[str]:
    listed = ", ".join(changed)
    return [f"{run.id} was made with another {listed}; only a refit can tell what this moves: {_fit(desk)}"]


def _asked(desk: Desk, run: Saved, before: Ledger, after: Ledger) -> list[str]:
    from indicast.explain import what_if

    mended = _mended(run, before, after)
    when, seed = mended or _month_of_news(run, after), desk.settings.seed
    found = what_if(desk.framework, desk.hyperparameters, run.drawn, before, after, when, seed=seed)
    if not found.trusted:
        shape = f"k-hat {found.k_hat:.2f}, limit {found.limit:.2f}"
        return [f"only a refit can tell what this moves ({shape}): {_fit(desk)}"]
    if not found.difference.any():
        return [f"this moves nothing in {found.as_of}: it is no evidence of any month until then"]
    again = f"'indicast fit {desk.framework.id} --as-of {when.as_of} --known-at {when.known_at}'"
    month = f"{found.as_of} as known now" if mended else found.as_of
    first, last = f"{month}, from {run.id} without a refit:", f"  {_basis(run, found)}; {again} fits anew"
    return [first, *_scenario_lines(desk, found), last, *_drivers(desk, before, after)]


def _vintage(run: Saved) -> Vintage:
    from indicast.panel import Vintage

    return Vintage(str(run.manifest["as_of"]), date.fromisoformat(run.manifest["known_at"]))


def _mended(run: Saved, before: Ledger, after: Ledger) -> Vintage | None:
    """Return the run's month with the knowledge of now if all new rows change what stood in it, else None."""
    import pandas as pd

    added = after.observations.drop(index=before.observations.index, errors="ignore")
    fitted = _vintage(run)
    ended = pd.Period(fitted.as_of).end_time
    if added.empty or (added["change"] == "").any() or (added["event_date"] > ended).any():
        return None
    return type(fitted)(fitted.as_of, max(fitted.known_at, added["known_date"].max().date()))


def _month_of_news(run: Saved, after: Ledger) -> Vintage:
    """Return the month of the run, or the month of the latest news if the run has not heard of them."""
    from indicast.panel import vintage

    fitted, latest = _vintage(run), vintage(after)
    if after.latest_known() <= fitted.known_at:
        return fitted
    return latest if latest.as_of >= fitted.as_of else type(fitted)(fitted.as_of, latest.known_at)


def _scenario_lines(desk: Desk, found: WhatIf) -> list[str]:
    from indicast.forecast import floored

    declared = desk.framework.declaration
    before, after = (floored(side, declared.forecast.floor).tolist() for side in (found.before, found.after))
    rows = zip(declared.scenarios, before, after, found.decibans, found.beyond_noise, strict=True)
    return [
        f"  {scenario.name}: {old:.0%} -> {new:.0%} ({100.0 * (new - old):+.1f} points, {decibans:+.1f} dB"
        f"{'' if clear else ', within sampling noise'})"
        for scenario, old, new, decibans, clear in rows
    ]


def _basis(run: Saved, found: WhatIf) -> str:
    """Return what the numbers rest on."""
    shape = "nothing had to be weighed" if math.isinf(found.k_hat) else f"k-hat {found.k_hat:.2f}, trusted"
    gates = "" if run.passed else ", but the run failed its gates"
    return f"{shape}; worth {found.effective_draws:.0f} of {found.draws} draws{gates}"


def _drivers(desk: Desk, before: Ledger, after: Ledger) -> list[str]:
    """Return a caveat where rows speak of what drives the scenarios rather than follows from them."""
    added = after.observations.drop(index=before.observations.index, errors="ignore")["indicator"]
    driving = [one.name for one in desk.framework.declaration.indicators if one.driver and (added == one.id).any()]
    return [f"  {', '.join(driving)}: association, not cause"] if driving else []
