"""Where a panel holds an observation, family by family, with labels and without padding.

Invariant: the places of a variable are those of its replicated twin, in the same order
(``tests/contract/test_posterior_groups.py``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.forecast._replicated import by_cell, by_month, watched
from indicast.panel import NOT_LOOKED

if TYPE_CHECKING:
    import xarray as xr

    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Observations of one kind.

    Attributes
    ----------
    dim
        Their dim.
    kept
        Which entries of the variable's own array (a month's series, say) are observations; None where all are.
    time
        Index of the month; dims (place).
    owner
        Id of the indicator, series or milestone; dims (place).
    observed
        What was seen; dims (place).
    """

    dim: str
    kept: np.ndarray | None
    time: np.ndarray
    owner: np.ndarray
    observed: np.ndarray

    def taken(self, values: np.ndarray) -> np.ndarray:
        """Return the entries that are observations; dims (draw, place)."""
        return values if self.kept is None else values[:, self.kept]

    def coords(self, months: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
        """Return a label of each place, its month and its owner; ``months`` are datetimes, dims (time)."""
        count: Counter[str] = Counter()
        labels = []
        for month, owner in zip(months[self.time], self.owner, strict=True):
            stem = f"{str(month)[:7]} {owner}"
            count[stem] += 1
            labels.append(f"{stem} {count[stem]}")
        return {
            self.dim: (self.dim, np.array(labels)),
            f"{self.dim}_time": (self.dim, months[self.time]),
            f"{self.dim}_of": (self.dim, np.array(self.owner, dtype=str)),
        }


def places(panel: xr.Dataset, framework: Framework) -> dict[str, Places]:
    """Return the places of every variable of which something was seen, by name of the variable.

    Parameters
    ----------
    panel
        Without padded months.
    framework
        Gives the labels.
    """
    grids = {
        "count": (names.SEEN_COUNT, names.COUNTED, panel["count_coverage"].to_numpy() != NOT_LOOKED),
        "event": (names.SEEN_EVENT, names.EVENT_SERIES, panel["event_coverage"].to_numpy() != NOT_LOOKED),
        "milestone_done": (names.SEEN_MILESTONE, names.MILESTONE, watched(panel)),
    }
    found = _reports(panel, framework)
    found |= {name: _grid(panel, name, *one) for name, one in grids.items()}
    found |= {
        "share_value": _readings(panel, framework, "share", "value", names.SEEN_SHARE),
        "level_change": _readings(panel, framework, "level", "change", names.SEEN_LEVEL),
        "silence_published": _publications(panel, framework),
    }
    return {name: one for name, one in found.items() if one.time.size}


def _reports(panel: xr.Dataset, framework: Framework) -> dict[str, Places]:
    cell, slot = np.nonzero(panel["report_used"].to_numpy())
    used = panel["cell_used"].to_numpy()
    time, indicator = (panel[f"cell_{name}"].to_numpy() for name in ("time", "indicator"))
    labels, said = np.array(framework.indicators), panel["report_direction"].to_numpy()[cell, slot]
    if not said.size:
        return {}
    whole = np.sign(by_cell(panel, said[None]))[0]
    return {
        "report_direction": Places(names.SEEN_REPORT, None, time[cell], labels[indicator[cell]], said),
        "cell_direction": Places(names.SEEN_CELL, None, time[used], labels[indicator[used]], whole),
    }


def _grid(panel: xr.Dataset, name: str, dim: str, series: str, kept: np.ndarray) -> Places:
    time, place = np.nonzero(kept)
    return Places(dim, kept, time, panel[series].to_numpy()[place], panel[name].to_numpy()[kept])


def _readings(panel: xr.Dataset, framework: Framework, family: str, value: str, dim: str) -> Places:
    used = panel[f"{family}_used"].to_numpy()
    time, place, seen = (panel[f"{family}_{name}"].to_numpy()[used] for name in ("time", "place", value))
    owner = np.array(framework.series(family), dtype=str)[place] if used.any() else np.zeros(0, dtype=str)
    return Places(dim, None, time, owner, seen)


def _publications(panel: xr.Dataset, framework: Framework) -> Places:
    used = panel["silence_used"].to_numpy()
    time, place, seen = (panel[f"silence_{name}"].to_numpy()[used] for name in ("time", "indicator", "published"))
    return Places(names.SEEN_PUBLICATION, None, time, np.array(framework.indicators)[place], seen)


def net_of_months(panel: xr.Dataset) -> np.ndarray:
    """Return the sum of the directions reported in each month; dims (time)."""
    said = panel["report_direction"].to_numpy()[panel["report_used"].to_numpy()]
    return by_month(panel, said[None])[0]
