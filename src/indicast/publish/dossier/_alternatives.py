"""Part: what the forecast would be under other declarations.

Invariant: every declared alternative has a row, computed or not (``tests/unit/test_dossier_speaking_parts.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from indicast import names
from indicast.explain import Answer, Bench, Declared, answer_key, answers, as_saved, from_saved
from indicast.infer import code_hash, replace_text
from indicast.publish._wording import PERCENT, percent, points
from indicast.publish.dossier._row_chart import QUIET, Axis, Dot, Row, row_chart
from indicast.publish.dossier._section import Figure, Json, Section, Table
from indicast.publish.dossier._short_fits import known, short
from indicast.workspace import Alternative, read_alternatives

if TYPE_CHECKING:
    from indicast.publish.dossier._case import Case

ID: Final = "alternatives"
TITLE: Final = "Other declarations"
QUESTION: Final = "What would the forecast be if another choice had been made where the choice was open?"
SECONDS: Final = 35.0
"""How long the part may take unless everything is asked for."""
SAVED: Final = "alternatives.json"


def part(case: Case, *, everything: bool = False) -> Section:
    """Return the probabilities now under every declared alternative.

    Parameters
    ----------
    case
        The run under review.
    everything
        Whether to take the time that all of them need.

    Raises
    ------
    RunError
        If there are no sound draws, or the run was made from other declarations.
    WorkspaceError
        If an alternative cannot be read.
    """
    case.draws()
    asked = read_alternatives(case.framework)
    posterior = case.run.tree["posterior"][names.FILTERED].isel({names.TIME: -1})
    now = posterior.mean((names.CHAIN, names.DRAW)).to_numpy()
    found = _answered(case, asked, np.inf if everything else SECONDS) if asked else ()
    shorts = tuple(one.short for one in case.framework.declaration.scenarios)
    computed = [one for one in found if one.now]
    leads = [one for one in computed if _leads_otherwise(one, now)]
    return Section(
        ID,
        TITLE,
        QUESTION,
        "note" if leads or len(computed) < len(asked) or not asked or _minded(computed) else "pass",
        _conclusion(case, found, now, shorts),
        (_figure(found, now, shorts),) if computed else (),
        (_table(found, asked, now, shorts),),
        _data(found, now, case.framework.scenarios),
    )


def _leads_otherwise(one: Answer, now: np.ndarray) -> bool:
    """Whether another scenario is likeliest under an alternative, beyond twice the Monte Carlo error."""
    likeliest = int(now.argmax())
    return max(one.now) - one.now[likeliest] > 2.0 * max(one.error)


def _minded(computed: Sequence[Answer]) -> list[str]:
    """Return the short fits with something to mind, and what."""
    return [f"{one.name} ({one.remark})" for one in computed if one.remark]


def _too_close(one: Answer, now: np.ndarray) -> bool:
    """Whether the scenario that is likeliest as declared leads, or trails, by no more than that error."""
    likeliest = int(now.argmax())
    others = max(value for place, value in enumerate(one.now) if place != likeliest)
    return abs(others - one.now[likeliest]) <= 2.0 * max(one.error)


def _answered(case: Case, asked: Sequence[Alternative], seconds: float) -> tuple[Answer, ...]:
    """Return saved answers and new ones, and save the new ones beside the run if it has a folder."""
    path = case.framework.runs_folder / case.run.id / SAVED
    saved, code = _saved(path), code_hash()
    key = {one.id: answer_key(one, str(case.run.manifest["hash"]), code) for one in asked}
    found = answers(_bench(case, seconds), asked, saved, key)
    if path.parent.is_dir():
        kept = {key[one.id]: as_saved(one) for one in found if one.now}
        with suppress(OSError):  # what cannot be saved is computed again next time
            replace_text(path, json.dumps(kept, indent=1, sort_keys=True, allow_nan=False) + "\n")
    return found


def _saved(path: Path) -> Mapping[str, Answer]:
    """Return the answers of an earlier dossier; none if the file cannot be read, which is no loss."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {key: from_saved(one) for key, one in content.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _bench(case: Case, seconds: float) -> Bench:
    ledger, when, panel = known(case)
    base = Declared(case.framework, case.hyperparameters, panel)
    return Bench(case.run.tree, base, ledger, when, short(case), seconds)


def _conclusion(case: Case, found: Sequence[Answer], now: np.ndarray, shorts: Sequence[str]) -> str:
    computed = [one for one in found if one.now]
    missing = len(found) - len(computed)
    command = f"indicast diagnose {case.framework.id} --all"
    rest = f" {missing} of {len(found)} were not computed: '{command}' takes the time." if missing else ""
    if not computed:
        return f"No alternative was computed.{rest}" if found else "There is no alternative to this declaration."
    most = max(computed, key=lambda one: float(np.abs(np.array(one.now) - now).max()))
    apart = np.array(most.now) - now
    place = int(np.abs(apart).argmax())
    likeliest = int(now.argmax())
    led = [one.name for one in computed if _leads_otherwise(one, now)]
    spans = "; ".join(
        f"{short} {percent(min(values))} to {percent(max(values))}"
        for short, values in zip(shorts, zip(*(one.now for one in computed), strict=True), strict=True)
    )
    minded = _minded(computed)
    rest = f"{rest} Short fits to mind: {'; '.join(minded)}." if minded else rest
    close = sum(_too_close(one, now) for one in computed)
    order = f"another scenario leads in {len(led)}" if led else f"nothing but {shorts[likeliest]} leads in any"
    order += f", and which one does is closer than the error in {close}" if close else ""
    return (
        f"Over {len(computed)} alternatives the probabilities now span {spans}; {order}. The largest change is "
        f"{points(float(apart[place]))} points for {shorts[place]} ({most.name}).{rest}"
    )


def _figure(found: Sequence[Answer], now: np.ndarray, shorts: Sequence[str]) -> Figure:
    def row(label: str, values: Sequence[float], note: str) -> Row:
        return Row(label, (), tuple(Dot(PERCENT * value, place % QUIET) for place, value in enumerate(values)), note)

    rows = [row("as declared", now.tolist(), "")]
    rows += [row(one.name, one.now, "fit" if one.road == "refit" else "") for one in found if one.now]
    ticks = tuple((float(at), f"{at} %") for at in (0, 25, 50, 75, 100))
    axis = Axis(0.0, 100.0, ticks, "probability now", "road")
    apart = {one.name: float(np.abs(np.array(one.now) - now).max()) for one in found if one.now}
    most, least = (pick(apart, key=lambda name: apart[name]) for pick in (max, min))
    return Figure(
        "alternatives-now",
        row_chart("Probabilities now under alternatives", rows, axis, tuple(enumerate(shorts)), label_width=310.0),
        "One line an alternative, a dot for the probability of each scenario; first the forecast as declared.",
        f"It matters most: {most} ({PERCENT * apart[most]:.1f} points at most). It matters least: {least} "
        f"({PERCENT * apart[least]:.1f}).",
    )


def _table(found: Sequence[Answer], asked: Sequence[Alternative], now: np.ndarray, shorts: Sequence[str]) -> Table:
    rows = [("as declared", *(percent(float(one)) for one in now), *("" for _ in now), "", "")]
    for one, declared in zip(found, asked, strict=True):
        if one.now:
            apart = [points(value) for value in (np.array(one.now) - now).tolist()]
            shown = (*(percent(value) for value in one.now), *apart)
        else:
            shown = ("",) * (2 * len(shorts))
        rows.append((one.name, *shown, _road(one), declared.reason))
    caption = (
        "Probabilities now under other declarations, and differences in points from the one declared. Weights: draws "
        "of this run weighed anew, believed where k-hat is below its limit; refit: a short fit of its own."
    )
    return Table(caption, ("alternative", *shorts, *(f"{one}, points" for one in shorts), "road", "why"), tuple(rows))


def _road(one: Answer) -> str:
    if one.road == "not computed":
        return f"not computed ({one.remark}): indicast diagnose --all"
    shape = "" if one.k_hat is None or one.road == "refit" else f", k-hat {one.k_hat:.2f}"
    error = f", \u00b1 {PERCENT * max(one.error):.1f}"
    return f"{one.road}{shape}{error}{f', {one.remark}' if one.remark else ''}"


def _data(found: Sequence[Answer], now: np.ndarray, scenarios: Sequence[str]) -> dict[str, Json]:
    def shares(values: Sequence[float]) -> dict[str, Json]:
        return dict(zip(scenarios, values, strict=True)) if values else {}

    return {
        "declared": shares(now.tolist()),
        "alternatives": {
            one.id: {
                "name": one.name,
                "road": one.road,
                "now": shares(one.now),
                "error": shares(one.error),
                "k_hat": one.k_hat,
                "remark": one.remark,
            }
            for one in found
        },
    }
