"""The groups of a fit that let ArviZ's checks work by stock calls.

``posterior_predictive`` holds the whole panel drawn again: paths given all data, shocks as they were learned, a
count's reference made of drawn counts. ``one_step_predictive`` holds each month as it looked from the month before:
scenario from the filtered state one month on, that month's own shocks drawn anew, everything else as seen. Both use
parameters (and past shocks) learned from all months of the run, so neither is a forecast made at the time; only a fit
per month is. ``prior_predictive`` is the first of the two under prior draws.

The variable ``observed`` is a month's net direction, and in ``posterior_predictive`` it is drawn from what
``log_likelihood`` is the density of, p(month t | months before, parameters): that is what LOO-PIT weighs.

Invariant: the same seed gives the same groups; names, dims and labels of all predictive groups are those of
``observed_data`` (``tests/contract/test_posterior_groups.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from indicast import names
from indicast.forecast._log_prior import log_prior
from indicast.forecast._paths import prior_path, smoothed_path, with_fresh_shocks
from indicast.forecast._places import Places, net_of_months, places
from indicast.forecast._replicated import by_month, replicate, replicate_reports
from indicast.forecast._surprise import predicted
from indicast.generative import chain
from indicast.generative.emission import strengths, with_climate
from indicast.generative.families import Setting
from indicast.generative.ratings import chosen
from indicast.infer import flat_draws, panel_of

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

Draws = Mapping[str, np.ndarray]
Shown = dict[str, np.ndarray]
STORED: Final[Mapping[str, type]] = {
    "report_direction": np.int8,
    "cell_direction": np.int8,
    "count": np.int32,
    "event": np.int32,
    "share_value": np.float32,
    "level_change": np.float32,
    "milestone_done": np.int8,
    "silence_published": np.int8,
    names.ONE_STEP: np.int16,
}
"""Smallest safe type of each replicated variable; integers, because ArviZ tells what is discrete by the type."""


def with_groups(tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, seed: int) -> xr.DataTree:
    """Return a fit with its replicated data, its log-prior, and what was observed in the same shape.

    Parameters
    ----------
    tree
        A fit.
    framework, hyperparameters
        As used for the fit.
    seed
        Of the replicated data.

    Returns
    -------
    extended
        Groups ``posterior_predictive``, ``one_step_predictive``, ``prior_predictive`` and ``log_prior`` added;
        ``observed_data`` without padding; ``constant_data`` with the whole panel.
    """
    setting = Setting(framework, hyperparameters, panel_of(tree))
    posterior = tree["posterior"].to_dataset()
    streams = np.random.SeedSequence(seed).spawn(3)[2].spawn(3)
    again, ahead, before = (np.random.default_rng(one) for one in streams)
    felt = with_climate(flat_draws(posterior, framework, hyperparameters), framework)
    found = places(setting.panel, framework)
    groups = {str(name): node.to_dataset() for name, node in tree.children.items()} | {
        "posterior_predictive": _labelled(_replicated(felt, setting, again), found, posterior, setting.panel),
        names.ONE_STEP_PREDICTIVE: _labelled(_one_step(felt, setting, ahead), found, posterior, setting.panel),
        "log_prior": log_prior(posterior, hyperparameters),
        "observed_data": _observed(found, setting.panel),
        "constant_data": setting.panel,
    }
    if "prior" in tree.children and tree["prior"].to_dataset().data_vars:
        prior = tree["prior"].to_dataset()
        groups["prior"] = prior.assign_coords({dim: prior[dim].to_numpy() for dim in (names.CHAIN, names.DRAW)})
        groups["prior_predictive"] = _labelled(_prior(prior, setting, before), found, prior, setting.panel)
    extended = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    extended.attrs = dict(tree.attrs)
    return extended


def _replicated(felt: Draws, setting: Setting, rng: np.random.Generator) -> Shown:
    path = smoothed_path(felt[names.FILTERED], felt[names.TRANSITION], rng)
    shown = replicate(felt, setting, path, rng, one_step=False)
    alone = replicate_reports(felt, setting, chosen(_ahead(felt), rng), rng)
    return shown | {names.ONE_STEP: _net(alone, setting, len(path))}


def _one_step(felt: Draws, setting: Setting, rng: np.random.Generator) -> Shown:
    path = chosen(_ahead(felt), rng)
    shown = replicate(with_fresh_shocks(felt, setting.framework, rng), setting, path, rng, one_step=True)
    return shown | {names.ONE_STEP: _net(shown, setting, len(path))}


def _prior(prior: xr.Dataset, setting: Setting, rng: np.random.Generator) -> Shown:
    felt = with_climate(_prior_draws(prior, setting, rng), setting.framework)
    transition = chain.transition_matrix(felt[names.DWELL], felt[names.EXIT])
    path = prior_path(felt[names.INITIAL], transition, setting.panel.sizes[names.TIME], rng)
    shown = replicate(felt, setting, path, rng, one_step=False)
    return shown | {names.ONE_STEP: _net(shown, setting, len(path))}


def _prior_draws(prior: xr.Dataset, setting: Setting, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the draws of the group ``prior``, completed by standard normals of what it does not hold."""
    stacked = prior.stack(sample=(names.CHAIN, names.DRAW)).transpose("sample", ...)
    drawn = {str(name): stacked[name].to_numpy() for name in stacked.data_vars}
    framework, months, size = setting.framework, setting.panel.sizes[names.TIME], stacked.sizes["sample"]
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(
        (names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z), (len(framework.indicators),)
    )
    shapes |= {names.GLOBAL_INNOVATION: (months,), names.GROUP_INNOVATION: (months, len(framework.groups))}
    drawn |= {name: rng.standard_normal((size, *shape)) for name, shape in shapes.items()}
    drawn[names.STRENGTH] = strengths(drawn, framework, setting.hyperparameters)
    return drawn


def _ahead(felt: Draws) -> np.ndarray:
    return predicted(felt[names.FILTERED], felt[names.TRANSITION], felt[names.INITIAL])


def _net(shown: Shown, setting: Setting, size: int) -> np.ndarray:
    if "report_direction" not in shown:
        return np.zeros((size, setting.panel.sizes[names.TIME]), dtype=np.int64)
    return by_month(setting.panel, shown["report_direction"])


def _labelled(shown: Shown, found: Mapping[str, Places], draws: xr.Dataset, panel: xr.Dataset) -> xr.Dataset:
    """Return replicated data with dims (chain, draw, place) and labels."""
    leading = (names.CHAIN, names.DRAW)
    shape = tuple(draws.sizes[dim] for dim in leading)
    flat = {name: (one.dim, one.taken(shown[name])) for name, one in found.items()}
    flat[names.ONE_STEP] = (names.TIME, shown[names.ONE_STEP])
    arrays: dict[str, Any] = {
        name: ((*leading, dim), values.reshape(*shape, values.shape[-1]).astype(STORED[name]))
        for name, (dim, values) in flat.items()
    }
    return xr.Dataset(arrays, coords={dim: draws[dim].to_numpy() for dim in leading} | _coords(found, panel))


def _observed(found: Mapping[str, Places], panel: xr.Dataset) -> xr.Dataset:
    arrays: dict[str, Any] = {}
    for name, one in found.items():
        whole = np.issubdtype(STORED[name], np.integer)
        arrays[name] = (one.dim, one.observed.astype(np.int64) if whole else one.observed)
    arrays[names.ONE_STEP] = (names.TIME, net_of_months(panel))
    return xr.Dataset(arrays, coords=_coords(found, panel))


def _coords(found: Mapping[str, Places], panel: xr.Dataset) -> dict[str, Any]:
    months = panel[names.TIME].to_numpy()
    coords: dict[str, Any] = {names.TIME: months}
    for one in found.values():
        coords |= one.coords(months)
    return coords
