"""How well each month's term is foretold by draws that have not learned from that term (PSIS-LOO).

The term of a month is ``log p(month | months before, draw)``, the path summed out; leaving it out keeps the month's
data in the filter of later months. What leaving a month's data out altogether does is in ``_left_out``; what the future
adds is in ``_future_left_out``.

Invariant: all numbers are those of ``arviz.loo`` itself (``tests/unit/test_leave_one_out.py``). Source: Vehtari, Gelman
and Gabry 2017, doi:10.1007/s11222-016-9696-4.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from indicast import names
from indicast.infer import group_of_fit

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr


class LeaveOneOut(NamedTuple):
    """PSIS-LOO over months.

    Attributes
    ----------
    months
        As YYYY-MM; dims (time).
    elpd, se, p
        Expected log predictive density, its standard error, and the effective number of parameters, nats.
    score
        Of each month, nats; dims (time).
    k_hat
        Of each month; dims (time).
    limit
        What k-hat must stay below.
    """

    months: tuple[str, ...]
    elpd: float
    se: float
    p: float
    score: np.ndarray
    k_hat: np.ndarray
    limit: float

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Months whose k-hat is not below the limit."""
        return tuple(month for month, k in zip(self.months, self.k_hat, strict=True) if not k < self.limit)


def leave_one_out(tree: xr.DataTree) -> LeaveOneOut:
    """Return PSIS-LOO over the months of a fit.

    Parameters
    ----------
    tree
        A fit.

    Raises
    ------
    RunError
        If the fit has no terms of single months.
    """
    terms = group_of_fit(tree, "log_likelihood")
    import arviz as az

    with warnings.catch_warnings():
        # Months with a large k-hat are named by the result.
        warnings.simplefilter("ignore")
        found = az.loo(tree, var_name=names.ONE_STEP, pointwise=True)
    months = terms[names.TIME].to_numpy().astype("datetime64[M]").astype(str).tolist()
    score, k_hat = found.elpd_i.to_numpy(), found.pareto_k.to_numpy()
    return LeaveOneOut(
        tuple(months), float(found.elpd), float(found.se), float(found.p), score, k_hat, float(found.good_k)
    )
