"""Diagnostics as gates: each has a value, a limit and a verdict.

Invariant: nothing is published from a fit whose verdict is not ``passed``, and a value
that could not be computed counts as failed (``tests/unit/test_gates.py``).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

TIED = 1e-9
"""Relative difference of log densities below which two labellings are equally likely."""
DERIVED = (names.FILTERED, names.SMOOTHED, names.TRANSITION, names.STRENGTH)
"""Posterior variables that are functions of the free ones."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One limit on a diagnostic.

    Attributes
    ----------
    name
        What is measured.
    value
        What it came to; NaN if it could not be computed.
    limit
        The declared limit.
    at_most
        Whether the value must not exceed the limit (else: must not fall below).
    where
        The variable that sets the value.
    error
        Monte Carlo standard error of the value, for show; None where none is known.
    """

    name: str
    value: float
    limit: float
    at_most: bool
    where: str
    error: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the value keeps to the limit; False for NaN."""
        return bool(self.value <= self.limit if self.at_most else self.value >= self.limit)

    def as_dict(self) -> dict[str, Any]:
        """Return the gate with its verdict, for JSON; NaN becomes None."""
        shown = None if math.isnan(self.value) else self.value
        return asdict(self) | {"value": shown, "passed": self.passed}


def run_gates(tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters) -> tuple[Gate, ...]:
    """Return every gate of a fit with its verdict.

    Parameters
    ----------
    tree
        From :class:`indicast.infer.Sampler`.
    framework
        Declares the limits.
    hyperparameters
        Priors that hold the labels apart.
    """
    import arviz as az

    limits = framework.declaration.gates
    posterior, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    free = posterior.drop_vars([name for name in DERIVED if name in posterior and name != names.FILTERED])
    free[names.FILTERED] = free[names.FILTERED].isel({names.TIME: -1})
    worst = {name: _extreme(values, highest=name == "rhat") for name, values in _convergence(az, free).items()}
    identity = label_identity(posterior, framework, hyperparameters)
    energy = np.asarray(az.bfmi(tree)["energy"] if "energy" in az.bfmi(tree) else az.bfmi(tree))
    return (
        Gate("largest R-hat", worst["rhat"][0], limits.rhat_max, at_most=True, where=worst["rhat"][1]),
        Gate("smallest bulk ESS", worst["bulk"][0], limits.ess_bulk_min, at_most=False, where=worst["bulk"][1]),
        Gate("smallest tail ESS", worst["tail"][0], limits.ess_tail_min, at_most=False, where=worst["tail"][1]),
        Gate("divergences", float(stats["diverging"].sum()), limits.divergences_max, at_most=True, where="all chains"),
        Gate("smallest BFMI", float(energy.min()), limits.bfmi_min, at_most=False, where="all chains"),
        Gate("draws with labels in place", identity, limits.label_identity_min, at_most=False, where="scenario"),
    )


def _convergence(az: Any, free: xr.Dataset) -> dict[str, xr.Dataset]:  # noqa: ANN401  # a module
    return {"rhat": az.rhat(free), "bulk": az.ess(free, method="bulk"), "tail": az.ess(free, method="tail")}


def _extreme(values: xr.Dataset, *, highest: bool) -> tuple[float, str]:
    """Return the worst value and its variable; NaN wins, because it proves nothing."""
    worst = (-math.inf if highest else math.inf, "")
    for name in values.data_vars:
        array = values[name].to_numpy()
        if np.isnan(array).any():
            return math.nan, str(name)
        candidate = float(array.max() if highest else array.min())
        if (candidate > worst[0]) == highest and candidate != worst[0]:
            worst = (candidate, str(name))
    return worst


def label_identity(posterior: xr.Dataset, framework: Framework, hyperparameters: Hyperparameters) -> float:
    """Return the share of draws in which every relabelling of scenarios is less likely a priori.

    Relabelling scenarios leaves the likelihood as it is only together with the columns
    of expected states, which are declared. So only scenarios with equal columns could
    swap, and for those the priors of their own parameters decide. Priors that are the same for both decide
    nothing: such a draw is not in place, for its labels are the sampler's whim.

    Parameters
    ----------
    posterior
        Dims (chain, draw, ...).
    framework, hyperparameters
        Expected states and the priors of scenario parameters.

    Returns
    -------
    share
        In [0, 1]; 1 when every column of expected states is its own.
    """
    expected = np.vstack([framework.expected, framework.residual])
    size = expected.shape[1]
    rivals = [
        np.array(order) for order in itertools.permutations(range(size)) if (expected[:, list(order)] == expected).all()
    ]
    if len(rivals) == 1:
        return 1.0
    density = np.stack([_label_density(posterior, hyperparameters, order) for order in rivals])
    identity = next(place for place, order in enumerate(rivals) if (order == np.arange(size)).all())
    ahead = density[identity] - np.delete(density, identity, axis=0).max(axis=0)
    return float((ahead > TIED * (1.0 + np.abs(density[identity]))).mean())


def _label_density(posterior: xr.Dataset, hyperparameters: Hyperparameters, order: np.ndarray) -> np.ndarray:
    """Return the log prior density of relabelled scenario parameters, dims (sample); constants of shape left out."""
    density = np.zeros(1)
    for name, prior in hyperparameters.priors.items():
        if name in posterior and names.SCENARIO in prior.dims:
            values = posterior[name].to_numpy()
            values = values.reshape(-1, *values.shape[2:])
            if name == names.EXIT:
                moved = _exits(values, order)
            else:
                moved = np.take(values, order, axis=1 + prior.dims.index(names.SCENARIO))
            if prior.distribution == "Dirichlet":
                terms = (prior.arguments["a"] - 1.0) * np.log(moved)
            else:
                terms = _univariate(prior.distribution, prior.arguments, moved)
            density = density + terms.sum(axis=tuple(range(1, terms.ndim)))
    return np.asarray(density)


def _exits(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return where relabelled scenarios go, dims (sample, scenario, destination): both ends get new names."""
    size = order.size
    others = np.array([[other for other in range(size) if other != one] for one in range(size)])
    full = np.zeros((len(values), size, size))
    np.put_along_axis(full, np.broadcast_to(others, values.shape), values, axis=2)
    moved = full[:, order][:, :, order]
    return np.take_along_axis(moved, np.broadcast_to(others, values.shape), axis=2)


def _univariate(distribution: str, arguments: Any, values: np.ndarray) -> np.ndarray:  # noqa: ANN401  # arrays by name
    from scipy import stats

    frozen = {
        "Normal": lambda: stats.norm(arguments["mu"], arguments["sigma"]),
        "LogNormal": lambda: stats.lognorm(arguments["sigma"], scale=np.exp(arguments["mu"])),
        "Gamma": lambda: stats.gamma(arguments["alpha"], scale=1 / arguments["beta"]),
        "HalfNormal": lambda: stats.halfnorm(scale=arguments["sigma"]),
        "Exponential": lambda: stats.expon(scale=1 / arguments["lam"]),
        "TruncatedNormal": lambda: stats.truncnorm(
            (arguments["lower"] - arguments["mu"]) / arguments["sigma"], np.inf, arguments["mu"], arguments["sigma"]
        ),
    }[distribution]()
    return np.asarray(frozen.logpdf(values))
