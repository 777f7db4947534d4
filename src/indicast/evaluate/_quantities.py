"""What is ranked: every parameter, and test quantities that depend on the data as well.

Ranks of parameters alone cannot tell a posterior that ignores part of the data from the right one:
the prior passes. The likelihood itself and products of parameters and data can. Each is
a number for a draw, given the data; names are stable, because certificates are compared by them.

Invariant: the truth and the draws pass through the same function
(``tests/unit/test_quantities.py``). Source: Modrák et al. 2023, doi:10.1214/23-BA1404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.generative import chain, emission

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from indicast.generative.families import Setting

MONTHS_PER_YEAR = 12
LIKELIHOOD = "log likelihood"
"""log p(data | parameters), the scenario path summed out, nats."""
RECENT = "log score of the last year"
"""log p(last twelve months | months before, parameters), nats."""


class Asked(NamedTuple):
    """A set of draws and what the chain makes of them.

    Attributes
    ----------
    draws
        Parameters by name, leading axis draw.
    state
        Forward-backward over the used months.
    """

    draws: Mapping[str, np.ndarray]
    state: chain.ChainPosterior


def asked_of(draws: Mapping[str, np.ndarray], setting: Setting) -> Asked:
    """Return draws with what the data of the setting's panel say of their scenarios."""
    used = setting.panel.isel({names.TIME: slice(int(setting.panel.attrs["months"]))})
    evidence = emission.log_emission(draws, setting.framework, setting.hyperparameters, used)
    return Asked(draws, emission.run_chain(draws, evidence))


def quantities(asked: Asked, free: xr.Dataset, setting: Setting) -> dict[str, np.ndarray]:
    """Return every ranked quantity of some draws; dims (draw).

    Parameters
    ----------
    asked
        Draws of the posterior, or the truth as one draw.
    free
        A posterior of the free parameters: gives names, dims and labels only.
    setting
        Its panel holds the data.
    """
    found: dict[str, np.ndarray] = {}
    for name in sorted(str(name) for name in free.data_vars):
        elements = _innovations if name in INNOVATIONS else _elements
        found |= elements(name, asked.draws[name], free[name])
    found[LIKELIHOOD] = asked.state.log_marginal
    found[RECENT] = asked.state.one_step[:, -MONTHS_PER_YEAR:].sum(axis=1)
    return found | _strength_by_reports(asked.draws, setting)


INNOVATIONS = (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION)
"""Long vectors of which a few elements and the sum of squares are ranked."""


def _elements(name: str, values: np.ndarray, array: xr.DataArray) -> dict[str, np.ndarray]:
    labels = [array[dim].to_numpy() for dim in array.dims[2:]]
    return {
        _named(name, [axis[place] for axis, place in zip(labels, index, strict=True)]): values[:, *index]
        for index in np.ndindex(values.shape[1:])
    }


def _named(name: str, labels: list[object]) -> str:
    return f"{name}[{','.join(str(label) for label in labels)}]" if labels else name


def _innovations(name: str, values: np.ndarray, array: xr.DataArray) -> dict[str, np.ndarray]:
    """Return the first, middle and last month, of each path in turn, and the sum of squares."""
    used = values[:, : array.sizes[names.TIME]].reshape(len(values), array.sizes[names.TIME], -1)
    months = np.unique([0, (used.shape[1] - 1) // 2, used.shape[1] - 1])
    paths = array[names.GROUP].to_numpy() if names.GROUP in array.dims else [""]
    found = {}
    for turn, month in enumerate(months):
        path = turn % used.shape[2]
        label = [str(month), *([str(paths[path])] if paths[path] else [])]
        found[_named(name, list(label))] = used[:, month, path]
    return found | {f"{name} squared": (used**2).sum(axis=(1, 2))}


def _strength_by_reports(draws: Mapping[str, np.ndarray], setting: Setting) -> dict[str, np.ndarray]:
    """Return strength times the mean direction reported, of each indicator that was reported on."""
    panel = setting.panel
    used = panel["report_used"].to_numpy() & panel["cell_used"].to_numpy()[:, None]
    said, indicator = panel["report_direction"].to_numpy(), panel["cell_indicator"].to_numpy()
    found = {}
    for place, label in enumerate(setting.framework.indicators):
        mine = used & (indicator == place)[:, None]
        if mine.any():
            found[f"{names.STRENGTH} times mean report[{label}]"] = draws[names.STRENGTH][:, place] * said[mine].mean()
    return found
