"""From which month on two panels differ.

Invariant: everything that the evidence of an earlier month depends on is the same in both, whatever their
padding, the order of their variables or the lines of their rows (``tests/unit/test_what_if.py``). It is compared
month by month, so a row added in one month leaves the months before it alone. What has no month
comes from the framework (marks) or is no evidence (how a milestone stands), and is not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from indicast import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

SLOTS: Final[Mapping[str, str]] = {
    names.CELL: "cell",
    names.SHARE_READING: "share",
    names.LEVEL_READING: "level",
    names.SILENCE: "silence",
}
"""Dims whose places have a month of their own, and how the names of their variables begin."""
Seen = dict[str, np.ndarray]


def departure(first: xr.Dataset, second: xr.Dataset) -> int:
    """Return the first month (index) in which two panels differ.

    If one runs longer and they agree before, it is the first month after the shorter one. If they are the same, it
    is the number of their months.

    Parameters
    ----------
    first, second
        Panels of the same framework, without padded months.
    """
    both = zip(_by_month(first), _by_month(second), strict=False)
    months = min(first.sizes[names.TIME], second.sizes[names.TIME])
    return next((month for month, (one, other) in enumerate(both) if not _same(one, other)), months)


def _same(one: Seen, other: Seen) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def _by_month(panel: xr.Dataset) -> list[Seen]:
    """Return what a panel holds of each month by variable, without padding."""
    months: list[Seen] = [{} for _ in range(panel.sizes[names.TIME])]
    for name, variable in panel.data_vars.items():
        lead = str(variable.dims[0])
        if lead == names.TIME:
            parts = list(variable.to_numpy())
        elif lead in SLOTS and not str(name).endswith("_line"):
            parts = _places(panel, str(name), len(months))
        else:
            continue
        for month, part in zip(months, parts, strict=True):
            month[str(name)] = part
    return months


def _places(panel: xr.Dataset, name: str, months: int) -> list[np.ndarray]:
    """Return the values of a variable in the used places of each month."""
    start, values = SLOTS[str(panel[name].dims[0])], panel[name].to_numpy()
    used, time = panel[f"{start}_used"].to_numpy(), panel[f"{start}_time"].to_numpy()
    here = [used & (time == month) for month in range(months)]
    if name == "report_used":
        return [values[places].sum(axis=-1) for places in here]
    if names.REPORT in panel[name].dims:
        reported = panel["report_used"].to_numpy()
        return [values[places][reported[places]] for places in here]
    return [values[places] for places in here]


def since(panel: xr.Dataset, month: int) -> xr.Dataset:
    """Return a panel whose evidence in places with a month of their own begins with one month.

    What stands in a grid of months is left as it is: the months before mean nothing in the result.
    """
    used = {f"{start}_used": panel[f"{start}_used"] & (panel[f"{start}_time"] >= month) for start in SLOTS.values()}
    return panel.assign(used)
