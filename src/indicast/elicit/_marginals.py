"""The distribution of each number of a declared prior alone.

Invariant: it has the moments and quantiles of independent draws, and those of one number add up to its
log-density (``tests/reference/test_prior_marginals.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indicast.elicit._prior import Prior

FROZEN: Mapping[str, Callable[[Any, Mapping[str, np.ndarray]], Any]] = {
    "Normal": lambda stats, a: stats.norm(a["mu"], a["sigma"]),
    "HalfNormal": lambda stats, a: stats.halfnorm(scale=a["sigma"]),
    "LogNormal": lambda stats, a: stats.lognorm(a["sigma"], scale=np.exp(a["mu"])),
    "Exponential": lambda stats, a: stats.expon(scale=1.0 / a["lam"]),
    "Gamma": lambda stats, a: stats.gamma(a["alpha"], scale=1.0 / a["beta"]),
    "Beta": lambda stats, a: stats.beta(a["alpha"], a["beta"]),
    "Dirichlet": lambda stats, a: stats.beta(a["a"], a["a"].sum(axis=-1, keepdims=True) - a["a"]),
    "TruncatedNormal": lambda stats, a: stats.truncnorm(
        (a["lower"] - a["mu"]) / a["sigma"], np.inf, a["mu"], a["sigma"]
    ),
}
"""The distribution of each number of an array, whatever the others are: SciPy's, by the name of the prior's."""


def marginal(prior: Prior) -> Any:  # noqa: ANN401  # SciPy does not type its frozen distributions
    """Return a frozen SciPy distribution of each number of a prior, dims as the prior's.

    Parameters
    ----------
    prior
        Of any declared distribution; of a Dirichlet each share alone, which is a Beta.
    """
    from scipy import stats

    return FROZEN[prior.distribution](stats, prior.arguments)
