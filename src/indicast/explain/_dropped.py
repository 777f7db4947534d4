"""What leaving rows out changes in the evidence, place by place, for many rows with few panels.

A place is an indicator in a month. Rows of different indicators, and reports and acts of different months, change
different places; so one panel lacks many of them at once, and what changed in a place belongs to the rows that may
change it. Whatever changes elsewhere shows that they may not be taken together: then each is left out by itself.

Invariant: the changes of rows left out together are those of rows left out alone
(``tests/reference/test_left_out.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.generative.families import Setting, active
from indicast.panel import build_panel, used_months
from indicast.workspace import month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.explain._seen import Seen
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Framework

Place = tuple[int, int]
"""Indices of an indicator and a month."""
Changes = dict[Place, np.ndarray]
"""What is added to the evidence of each place that changes, nats; dims (draw, scenario)."""
Lines = tuple[int, ...]
FEW = 8
"""Draws that show which places change; a change that all of them miss would have to be exactly 0 in each."""
OWN_MONTH = ("direction", "event")
"""Families of which a row changes its own month only."""


class Fit(NamedTuple):
    """A fit, and what it was made from.

    Attributes
    ----------
    framework, hyperparameters, ledger, when
        The ledger holds the rows that stood then.
    seen
        What all draws make of the panel.
    shape
        Chains and draws.
    """

    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    when: Vintage
    seen: Seen
    shape: tuple[int, ...]

    @property
    def setting(self) -> Setting:
        """The fit's own panel."""
        return Setting(self.framework, self.hyperparameters, self.seen.panel)

    def panel(self, lines: Sequence[int]) -> xr.Dataset:
        """Return the panel without some rows."""
        left = replace(self.ledger, observations=self.ledger.observations.drop(index=list(lines)))
        return used_months(build_panel(self.framework, self.hyperparameters, left, self.when))


def dropped(fit: Fit, units: Sequence[Lines]) -> dict[Lines, Changes]:
    """Return what leaving out each set of rows changes; nothing where it changes nothing.

    Parameters
    ----------
    fit
        As it is.
    units
        Sets of lines of rows.
    """
    known = terms_of(fit)
    found: dict[Lines, Changes] = {}
    for together in _batches(fit, units):
        changes = _changes(fit, known, [line for unit in together for line in unit])
        claimed = set().union(*together.values())
        if set(changes) <= claimed:
            found |= {unit: {key: changes[key] for key in changes if key in own} for unit, own in together.items()}
        else:
            found |= {unit: _changes(fit, known, unit) for unit in together}
    return found


def _batches(fit: Fit, units: Sequence[Lines]) -> Iterator[dict[Lines, set[Place]]]:
    """Yield sets of rows with the places that they may change, no two of a batch the same one."""
    reach = _reach(fit)
    batches: list[tuple[dict[Lines, set[Place]], set[Place]]] = []
    for unit in sorted(units, key=lambda lines: (-len(lines), lines)):
        own = set().union(*(reach[line] for line in unit))
        for batch, taken in batches:
            if not own & taken:
                batch[unit] = own
                taken.update(own)
                break
        else:
            batches.append(({unit: own}, set(own)))
    yield from (batch for batch, _ in batches)


def _reach(fit: Fit) -> dict[int, set[Place]]:
    """Return the places that each row may change."""
    rows, months = fit.ledger.observations, fit.seen.panel.sizes[names.TIME]
    indicators = {one.id: one for one in fit.framework.declaration.indicators}
    places = {}
    cells = rows[["indicator", "kind", "unit", "direction", "event_date"]]
    for line, name, kind, unit, direction, day in cells.itertuples(name=None):
        fed = indicators[name].stream(kind, unit, direction)
        place, month = fit.framework.indicators.index(name), month_index(f"{day:%Y-%m}") - fit.framework.start_index
        local = fed is not None and fed.family in OWN_MONTH
        times = [month] if local else range(months)
        places[line] = {(place, time) for time in times}
    return places


def terms_of(fit: Fit) -> dict[str, Changes]:
    """Return the evidence of each family and place of a fit, nats."""
    return _terms(fit.seen.draws, fit.setting)


def _changes(fit: Fit, known: dict[str, Changes], lines: Sequence[int]) -> Changes:
    return changes_in(fit, known, fit.panel(lines))


def changes_in(fit: Fit, known: dict[str, Changes], panel: xr.Dataset) -> Changes:
    """Return what another panel changes in the evidence.

    Parameters
    ----------
    fit
        As it is.
    known
        From :func:`terms_of`.
    panel
        Without padded months.
    """
    setting, total = replace(fit.setting, panel=panel), Changes()
    few = {name: values[:FEW] for name, values in fit.seen.draws.items()}
    for family, now in _terms(few, setting).items():
        changed = {key for key in {*now, *known[family]} if not _same(now.get(key), known[family].get(key))}
        if changed:
            then = _terms(fit.seen.draws, replace(setting, panel=_only(setting.panel, changed)), family)[family]
            for key in changed:
                total[key] = np.asarray(total.get(key, 0.0) + then.get(key, 0.0) - known[family].get(key, 0.0))
    return total


def _same(few: np.ndarray | None, known: np.ndarray | None) -> bool:
    if few is None or known is None:
        return few is known
    return bool(np.array_equal(few, known[:FEW]))


def _terms(draws: dict[str, np.ndarray], setting: Setting, only: str | None = None) -> dict[str, Changes]:
    """Return the evidence of each family and place, nats; of milestones none, for no row speaks of them."""
    found: dict[str, Changes] = {}
    for family in active(setting):
        if family.name != "milestone" and only in (None, family.name):
            places, own = family.places(draws, setting), found.setdefault(family.name, {})
            for slot, key in enumerate(zip(places.indicator.tolist(), places.time.tolist(), strict=True)):
                own[key] = np.asarray(own.get(key, 0.0) + places.terms[:, slot])
    return found


def _only(panel: xr.Dataset, places: set[Place]) -> xr.Dataset:
    """Return a panel with the cells of reports of some places only."""
    keys = zip(panel["cell_indicator"].to_numpy().tolist(), panel["cell_time"].to_numpy().tolist(), strict=True)
    kept = panel["cell_used"].to_numpy() & np.array([key in places for key in keys], dtype=bool)
    return panel.assign(cell_used=panel["cell_used"].copy(data=kept))
