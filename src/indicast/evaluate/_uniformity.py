"""Whether ranks are uniform, asked of hundreds of quantities at once.

Each quantity is tested by the pointwise order-based test that ArviZ combines by Cauchy's rule;
Holm's procedure then bounds the chance that a sound model is refused by any of them, however
they depend on each other. Invariants: adjusted p-values equal statsmodels' definition by hand,
and uniform ranks are refused as seldom as declared (``tests/unit/test_uniformity.py``).
Sources: Tesso and Vehtari 2026, arXiv:2603.02928; Holm 1979, doi:10.2307/4615733.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

SMALL = 0.05
"""Share of p-values below this is reported beside what sound ranks would give."""
NULL_SETS = 2000


def uniformity(fractions: np.ndarray) -> np.ndarray:
    """Return the p-value of each quantity's ranks under uniformity.

    Parameters
    ----------
    fractions
        From ``uniform_fraction``; dims (quantity, simulation).
    """
    import arviz  # noqa: F401  # registers the accessor

    found = xr.Dataset({"fraction": (("quantity", "simulation"), fractions)})
    return np.asarray(found.azstats.uniformity_test(dim="simulation")[0]["fraction"].to_numpy())


def expected_small_share(simulations: int, rng: np.random.Generator) -> float:
    """Return the share of p-values below :data:`SMALL` that uniform ranks give.

    The test is not exact: with 300 simulations it is .065, not .05.
    """
    return float((uniformity(rng.random((NULL_SETS, simulations))) < SMALL).mean())


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for their number by Holm's procedure; dims as given.

    Rejecting what falls below a level refuses a sound model with at most that chance.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p_values)
    steps = p_values[order] * (p_values.size - np.arange(p_values.size))
    adjusted = np.empty(p_values.shape)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
