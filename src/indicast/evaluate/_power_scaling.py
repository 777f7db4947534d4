"""How much the forecast hangs on each block of priors: priors raised to a power.

The declared priors of one block (a part of ``indicast.forecast.PRIOR_PARTS``), raised together to a power near 1,
weigh the draws; how far the distribution of a quantity then moves is ArviZ's sensitivity (cumulative Jensen-Shannon
distance per doubling of the power). The same to first order for the published number, a mean over draws:
``d mean(x) / d log2 power = log 2 cov(x, log prior)``.

Invariant: the sensitivities are those that ArviZ computes when called directly
(``tests/unit/test_power_scaling.py``).
The standard normal coordinates (shocks, deviations of indicators) are the model's structure and are never scaled.
Not valid for large changes: for those there are alternatives. Source: Kallioinen, Paananen, Buerkner and Vehtari
2024, doi:10.1007/s11222-023-10366-5.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from indicast import names
from indicast.elicit import log_density
from indicast.errors import RunError
from indicast.evaluate._prior_posterior import drawn
from indicast.forecast import part_of

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

INFORMATIVE: Final = 0.05
"""Sensitivity from which a prior, or the data, is called informative: the rule of Kallioinen et al."""
ALPHAS: Final = (0.99, 1.01)
AHEAD: Final = 12
"""Months ahead of the second set of scenario probabilities."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """What one block of priors, or the data, does to one quantity.

    Attributes
    ----------
    component
        A block, ``all priors`` or ``data``.
    quantity
        Its label.
    sensitivity
        ArviZ's, >= 0.
    per_doubling
        First-order change of the mean if the block counted twice; fractions of 1.
    error
        Monte Carlo standard error of that.
    """

    component: str
    quantity: str
    sensitivity: float
    per_doubling: float
    error: float


DATA: Final = "data"
ALL_PRIORS: Final = "all priors"


def log_priors(tree: xr.DataTree, hyperparameters: Hyperparameters) -> dict[str, xr.DataArray]:
    """Return the log-density of every declared prior at each draw, nats; dims (chain, draw).

    Raises
    ------
    RunError
        If there are no draws, or a density is not finite.
    """
    import xarray as xr

    posterior, found = drawn(tree), dict[str, xr.DataArray]()
    for prior in hyperparameters.priors.values():
        if prior.name in posterior and not (prior.name == names.EXIT and prior.shape[-1] == 1):
            values = posterior[prior.name].transpose(names.CHAIN, names.DRAW, *prior.dims).to_numpy()
            density = log_density(prior, values.reshape(-1, *prior.shape)).reshape(values.shape[:2])
            if not np.isfinite(density).all():
                message = f"the prior of {prior.name} has no finite density at some draws; fit the month again"
                raise RunError(message)
            found[prior.name] = xr.DataArray(density, dims=(names.CHAIN, names.DRAW))
    return found


def quantities(tree: xr.DataTree, framework: Framework) -> xr.Dataset:
    """Return the forecast draw by draw: scenarios now and later, and each open milestone by its own horizon.

    Raises
    ------
    RunError
        If the run has no predictions.
    """
    import xarray as xr

    if "predictions" not in tree.children:
        message = "the run has no group 'predictions'; fit the month again"
        raise RunError(message)
    predictions = tree["predictions"].to_dataset()
    ahead, found = predictions["scenario_probability"], dict[str, xr.DataArray]()
    for horizon in (0, min(AHEAD, int(ahead[names.HORIZON].max()))):
        for place, scenario in enumerate(framework.declaration.scenarios):
            when = "now" if horizon == 0 else f"in {horizon} months"
            found[f"{scenario.short} {when}"] = ahead.sel(horizon=horizon, drop=True).isel(scenario=place, drop=True)
    if names.MILESTONE_BY in predictions:
        clocks = predictions[names.MILESTONE_BY]
        for milestone, months in _horizons(framework, int(clocks[names.HORIZON].max())).items():
            if milestone in clocks[names.MILESTONE].to_numpy():
                found[f"{milestone} by {months} months"] = clocks.sel(milestone=milestone, horizon=months, drop=True)
    return xr.Dataset(found)


def _horizons(framework: Framework, longest: int) -> dict[str, int]:
    """Return the experts' own horizon of each milestone, months, as far as there is a forecast."""
    return {one.milestone: min(one.horizon_months, longest) for one in framework.judgements}


def scaled(tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters) -> tuple[Scaled, ...]:
    """Return the sensitivity of every quantity to every block of priors, to all of them, and to the data.

    Parameters
    ----------
    tree
        A fit with predictions.
    framework, hyperparameters
        As used for it.

    Raises
    ------
    RunError
        If draws, predictions or the pointwise log-likelihood are missing or not finite.
    """
    asked, blocks = quantities(tree, framework), components(tree, hyperparameters)
    return tuple(one for name, block in blocks.items() for one in _scaled(name, block, asked))


def components(tree: xr.DataTree, hyperparameters: Hyperparameters) -> dict[str, xr.DataArray]:
    """Return what is scaled, by name: log-densities of blocks, of all priors and of the data; dims (chain, draw)."""
    if "log_likelihood" not in tree.children:
        message = "the run has no group 'log_likelihood'; fit the month again"
        raise RunError(message)
    found: dict[str, xr.DataArray] = {}
    for name, density in log_priors(tree, hyperparameters).items():
        block = part_of(name)
        found[block] = found[block] + density if block in found else density
    total = reduce(operator.add, found.values())
    data = (
        tree["log_likelihood"]
        .to_dataset()[names.ONE_STEP]
        .sum(names.TIME)
        .drop_vars([names.CHAIN, names.DRAW], errors="ignore")
    )
    return dict(sorted(found.items())) | {ALL_PRIORS: total, DATA: data}


def sensitivity(block: xr.DataArray, asked: xr.Dataset) -> dict[str, float]:
    """Return ArviZ's sensitivity of quantities to a power of one density.

    Parameters
    ----------
    block
        Log-density, nats; dims (chain, draw).
    asked
        Dims (chain, draw) each.
    """
    import arviz_stats
    import xarray as xr

    power_scaling: Any = arviz_stats.psense  # type: ignore[attr-defined]  # ArviZ has no types
    plain = asked.drop_vars([names.CHAIN, names.DRAW], errors="ignore")
    if float(np.ptp(block.to_numpy())) == 0.0:
        return {str(name): 0.0 for name in asked}
    tree = xr.DataTree.from_dict({"/posterior": plain, "/log_prior": xr.Dataset({"block": block})})
    found = power_scaling(tree, group="prior", alphas=ALPHAS)
    return {str(name): float(found[name]) for name in asked}


def _scaled(component: str, block: xr.DataArray, asked: xr.Dataset) -> list[Scaled]:
    from arviz_stats.base import array

    statistics: Any = array.array_stats
    found, density, rows = sensitivity(block, asked), block.to_numpy(), []
    for name, values in asked.data_vars.items():
        draws = values.transpose(names.CHAIN, names.DRAW).to_numpy()
        pull = np.log(2.0) * (draws - draws.mean()) * (density - density.mean())
        error = float(statistics.mcse(pull, chain_axis=0, draw_axis=1, method="mean")) if np.ptp(pull) > 0 else 0.0
        rows.append(Scaled(component, str(name), found[str(name)], float(pull.mean()), error))
    return rows
