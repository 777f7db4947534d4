"""A panel as bare arrays: what the NumPy twin asks of a dataset, and nothing that is slow to import.

Invariant: the twin says of it what it says of the dataset that it was made from, and turning it back gives that
dataset again (``tests/unit/test_draws_file.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from indicast import names

if TYPE_CHECKING:
    import xarray as xr


class Plain(NamedTuple):
    """An array with the names of its dims."""

    dims: tuple[str, ...]
    values: np.ndarray

    def to_numpy(self) -> np.ndarray:
        """Return the array."""
        return self.values


@dataclass(frozen=True, slots=True, eq=False)
class PlainPanel:
    """Arrays of a panel without padded months.

    Attributes
    ----------
    data_vars, coords
        By name.
    attrs
        Month, day of knowledge and numbers of months and reports.
    """

    data_vars: Mapping[str, Plain]
    coords: Mapping[str, Plain]
    attrs: Mapping[str, object] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Plain:
        """Return a variable or coordinate."""
        return self.data_vars[name] if name in self.data_vars else self.coords[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a variable."""
        return name in self.data_vars

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths by dim."""
        every = (*self.coords.values(), *self.data_vars.values())
        return {dim: size for one in every for dim, size in zip(one.dims, one.values.shape, strict=True)}

    def values(self, name: str) -> np.ndarray:
        """Return the array of a variable or coordinate."""
        return self[name].values

    def assign(self, changed: Mapping[str, np.ndarray]) -> PlainPanel:
        """Return it with other values; each variable keeps the names of its dims."""
        held = {name: Plain(one.dims, changed.get(name, one.values)) for name, one in self.data_vars.items()}
        coords = {name: Plain(one.dims, changed.get(name, one.values)) for name, one in self.coords.items()}
        return replace(self, data_vars=held, coords=coords)

    def taken(self, dim: str, places: np.ndarray) -> PlainPanel:
        """Return the places of a dim, in their order; every variable that has the dim must have it first."""
        found = {
            name: one.values[places]
            for name, one in (*self.data_vars.items(), *self.coords.items())
            if one.dims and one.dims[0] == dim
        }
        return self.assign(found)

    def as_dataset(self) -> xr.Dataset:
        """Return it as the dataset whose place it takes; nothing is converted."""
        return cast("xr.Dataset", self)


def plain_panel(panel: xr.Dataset) -> PlainPanel:
    """Return the arrays of a panel.

    Parameters
    ----------
    panel
        Without padded months.
    """
    variables, coords = (
        {str(name): Plain(tuple(map(str, one.dims)), _as_text(one.to_numpy())) for name, one in part.items()}
        for part in (panel.data_vars, panel.coords)
    )
    return PlainPanel(variables, coords, dict(panel.attrs))


def _as_text(values: np.ndarray) -> np.ndarray:
    """Return labels as text of one width, which needs no pickle."""
    return values.astype(str) if values.dtype.kind == "O" else values


def padded_dataset(panel: PlainPanel, months: int) -> xr.Dataset:
    """Return a panel as a dataset for a fit, padded to a number of months.

    Parameters
    ----------
    panel
        Without padded months.
    months
        At least as many as it has.
    """
    import xarray as xr

    used, longer = panel.sizes[names.TIME], lengthened(panel, months)
    flags = np.arange(months) < used
    arrays = {name: (one.dims, one.values) for name, one in longer.data_vars.items()}
    arrays["month_used"] = ((names.TIME,), flags)
    coords = {name: (one.dims, one.values) for name, one in longer.coords.items()}
    return xr.Dataset(arrays, coords=coords, attrs={**panel.attrs, "months": used})


BLANK: Mapping[str, int] = {"count_coverage": -1, "event_coverage": -1, "month_used": 1}
"""What stands in months of which nothing is known, where it is not 0: nobody looked."""


def lengthened(panel: PlainPanel, months: int) -> PlainPanel:
    """Return a panel with further months of which nothing is known.

    Parameters
    ----------
    panel
        Without padded months.
    months
        How many it shall have, at least as many as it has.
    """
    more = months - panel.sizes[names.TIME]
    if not more:
        return panel
    found = {
        name: np.concatenate([one.values, _blank(name, one.values, more)])
        for name, one in (*panel.data_vars.items(), *panel.coords.items())
        if one.dims and one.dims[0] == names.TIME
    }
    longer = panel.assign(found)
    return replace(longer, attrs={**panel.attrs, "months": months})


def _blank(name: str, values: np.ndarray, more: int) -> np.ndarray:
    if name == names.TIME:
        month = values[-1].astype("datetime64[M]") + np.arange(1, more + 1).astype("timedelta64[M]")
        return np.asarray(month.astype(values.dtype))
    if name == "count_reference":
        return np.repeat(values[-1:], more, axis=0)
    return np.full((more, *values.shape[1:]), BLANK.get(name, 0), dtype=values.dtype)
