"""What another panel changes in the evidence: only what differs is computed.

A piece is what a family saw of an indicator in a month, or of a whole month where its indicators share one grid.

Invariant: months and pieces that are the same in both panels are left alone, whatever their padding, the order of their
cells or the lines of their rows; added to the evidence of one panel, the changes give that of the other
(``tests/unit/test_questions.py``, ``tests/reference/test_what_if.py``).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.generative import emission
from indicast.generative.families import CLIMATE, EMISSIONS, Setting
from indicast.generative.shocks import tilt

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.infer import PlainPanel
    from indicast.workspace import Framework

Piece = tuple[int, int]
"""Month, and indicator; -1 for all indicators."""
ALL = -1
REPORT = ("report_direction", "report_grade", "report_factor", "report_slant")
GRIDS: Mapping[str, tuple[str, ...]] = {
    "count": ("count", "count_coverage", "count_reference", "count_peak"),
    "event": ("event", "event_coverage"),
    "milestone": ("milestone_open", "milestone_done"),
}
SLOTS: Mapping[str, tuple[str, ...]] = {
    "share": ("share_place", "share_value"),
    "level": ("level_place", "level_change", "level_gap"),
    "withheld": ("silence_indicator", "silence_reading", "silence_published"),
}
LEADS = {"share": "share", "level": "level", "withheld": "silence", "direction": "cell"}
"""How the names of a family's variables begin."""
DIMS = {"share": names.SHARE_READING, "level": names.LEVEL_READING, "withheld": names.SILENCE, "direction": names.CELL}


class Change(NamedTuple):
    """What is added to the evidence from a month on.

    Attributes
    ----------
    first
        The first month that changes.
    nats
        Dims (draw, time from the first, scenario).
    """

    first: int
    nats: np.ndarray


def changed_evidence(
    draws: Mapping[str, np.ndarray],
    framework: Framework,
    hyperparameters: Hyperparameters,
    before: PlainPanel,
    after: PlainPanel,
) -> Change | None:
    """Return what the second panel changes, or nothing if it changes nothing.

    Parameters
    ----------
    draws
        Free parameters and strengths by name, with innovations of all months of the panels; leading axis draw.
    framework, hyperparameters
        As used for the fit.
    before, after
        Both of as many months.
    """
    pieces = {name: differing(name, before, after) for name in framework.families}
    months = sorted({time for found in pieces.values() for time, _ in found})
    if not months:
        return None
    first, last = months[0], before.sizes[names.TIME]
    total = np.zeros((len(draws[names.INITIAL]), last - first, len(framework.scenarios)))
    for name, found in pieces.items():
        if found:
            times = sorted({time for time, _ in found})
            felt = _felt(draws, framework, times) if EMISSIONS[name].cells else draws
            for sign, panel in ((-1.0, before), (1.0, after)):
                part = Setting(framework, hyperparameters, excerpt(panel, name, found, times).as_dataset())
                total[:, [time - first for time in times]] += sign * EMISSIONS[name].log_emission(felt, part)
    return Change(first, total) if total.any() else None


def differing(family: str, before: PlainPanel, after: PlainPanel) -> set[Piece]:
    """Return the pieces of a family that differ between two panels."""
    one, other = pieces_of(family, before), pieces_of(family, after)
    return {piece for piece in {*one, *other} if one.get(piece) != other.get(piece)}


def pieces_of(family: str, panel: PlainPanel) -> dict[Piece, Hashable]:
    """Return what a family saw, piece by piece."""
    if family in GRIDS:
        grids = [panel.values(name) for name in GRIDS[family]]
        return {(time, ALL): tuple(grid[time].tobytes() for grid in grids) for time in range(panel.sizes[names.TIME])}
    if family == "direction":
        return _cells(panel)
    found: dict[Piece, list[tuple[float, ...]]] = {}
    lead, columns = LEADS[family], [panel.values(name) for name in SLOTS[family]]
    for slot in np.flatnonzero(panel.values(f"{lead}_used")).tolist():
        piece = (int(panel.values(f"{lead}_time")[slot]), ALL)
        found.setdefault(piece, []).append(tuple(column[slot].item() for column in columns))
    return {piece: tuple(sorted(told)) for piece, told in found.items()}


def _cells(panel: PlainPanel) -> dict[Piece, Hashable]:
    """Return the reports of each cell, and what became of the publication that was due there."""
    time, indicator, reported = (panel.values(name) for name in ("cell_time", "cell_indicator", "report_used"))
    columns = [panel.values(name) for name in REPORT]
    places = zip(*(panel.values(f"silence_{name}").tolist() for name in ("time", "indicator", "used")), strict=True)
    due = {(month, owner): slot for slot, (month, owner, used) in enumerate(places) if used}
    came = [panel.values(f"silence_{name}") for name in ("reading", "published")]
    found: dict[Piece, Hashable] = {}
    for cell in np.flatnonzero(panel.values("cell_used")).tolist():
        piece = (int(time[cell]), int(indicator[cell]))
        kept = reported[cell]
        told = sorted(zip(*(column[cell][kept].tolist() for column in columns), strict=True))
        slot = due.get(piece)
        found[piece] = (tuple(told), None if slot is None else tuple(one[slot].item() for one in came))
    return found


def excerpt(panel: PlainPanel, family: str, pieces: set[Piece], times: list[int]) -> PlainPanel:
    """Return the months of a panel in which pieces of a family lie, and of its slots only theirs.

    Parameters
    ----------
    panel
        Without padded months.
    family
        Of the pieces.
    pieces
        Which of them are kept.
    times
        Their months, ascending; in the excerpt they are counted from 0.
    """
    place = np.full(panel.sizes[names.TIME], -1)
    place[times] = np.arange(len(times))
    found = panel.taken(names.TIME, np.array(times))
    for name, lead in LEADS.items():
        time, used = panel.values(f"{lead}_time"), panel.values(f"{lead}_used")
        kept = used & (place[time] >= 0)
        if name == family == "direction":
            owner = panel.values("cell_indicator").tolist()
            kept &= np.array([piece in pieces for piece in zip(time.tolist(), owner, strict=True)], dtype=bool)
        elif name not in (family, "withheld"):
            kept &= False
        found = found.taken(DIMS[name], np.flatnonzero(kept))
        found = found.assign({f"{lead}_time": place[found.values(f"{lead}_time")]})
    return found


def _felt(draws: Mapping[str, np.ndarray], framework: Framework, times: list[int]) -> dict[str, np.ndarray]:
    """Return parameters with the shocks and tilts of some months only; as ``shocks.climate`` has all of them."""
    common, grouped, phi = (
        draws[name] for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION, names.PERSISTENCE)
    )
    group, parts = emission.group_of(framework), []
    for time in times:
        weight = phi[:, None] ** np.arange(time, -1, -1)
        weight[:, 1:] *= np.sqrt(1.0 - phi**2)[:, None]
        shared = draws[names.GLOBAL_SCALE] * np.einsum("sb,sb->s", weight, common[:, : time + 1])
        own = draws[names.GROUP_SCALE] * np.einsum("sb,sbg->sg", weight, grouped[:, : time + 1])
        parts.append(shared[:, None] + own[:, group])
    return {**draws, CLIMATE: np.stack(parts, axis=1) + tilt(draws)[:, None, :]}
