"""How well each month was foretold by what came before it, without a fit for every month.

The posterior of all months is weighed backwards: with months t and later left out, draw s counts
``1 / prod_{u >= t} p(month u | months before, s)``, smoothed (PSIS); the month's score is the log of the weighed mean
of ``p(month t | months before, s)``. Shocks of months left out return to their prior under these weights, so a sum
over them is implied. With every month back more is left out and k-hat grows; where it exceeds its limit, only a fit to
the months before can tell, and that month is named instead of scored. :class:`Refits` makes those fits for
``arviz.lfo_cv``, which carries an early fit forwards instead.

``log p(month | months before, s)`` with draws s of the whole posterior (``docs/posterior.md``) is not this: those
draws know the month and what followed.

Invariant: scored months agree with exact fits within their errors (``tests/recovery/test_future_left_out.py``). Source:
Buerkner, Gabry and Vehtari 2020, Journal of Statistical Computation and Simulation 90, 2499-2523,
doi:10.1080/00949655.2020.1783262.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from indicast import names
from indicast.errors import RunError
from indicast.explain._departure import SLOTS
from indicast.explain._reweighting import largest_shape, weights
from indicast.explain._seen import SAMPLE, as_fitted, seeing
from indicast.generative.families import Setting
from indicast.infer import fit_again, group_of_fit
from indicast.panel import NOT_LOOKED, used_months

if TYPE_CHECKING:
    import xarray as xr

    from indicast.infer import Sampler, Settings


class Foretold(NamedTuple):
    """Scores of months by what came before them.

    Attributes
    ----------
    months
        As YYYY-MM; dims (time).
    score
        log p(month | months before), nats; dims (time).
    hindsight
        The same with draws that know all months; dims (time).
    k_hat
        Shape of the tail of the weights; dims (time).
    limit
        What it must stay below.
    """

    months: tuple[str, ...]
    score: np.ndarray
    hindsight: np.ndarray
    k_hat: np.ndarray
    limit: float

    @property
    def trusted(self) -> np.ndarray:
        """Whether k-hat of a month, and of every later one, is below its limit; dims (time)."""
        good = self.k_hat < self.limit
        return np.asarray(np.logical_and.accumulate(good[::-1])[::-1])


def foretold(tree: xr.DataTree) -> Foretold:
    """Return the scores of all months by what came before them.

    Parameters
    ----------
    tree
        A fit.

    Raises
    ------
    RunError
        If the fit has no scores of single months.
    """
    one_step = group_of_fit(tree, "log_likelihood")[names.ONE_STEP].transpose(*SAMPLE, names.TIME)
    values = one_step.to_numpy()
    if not np.isfinite(values).all():
        message = f"group log_likelihood of the fit holds values that are no numbers; {fit_again(tree)}"
        raise RunError(message)
    months = one_step[names.TIME].to_numpy().astype("datetime64[M]").astype(str).tolist()
    size = values.shape[0] * values.shape[1]
    future = -np.cumsum(values[..., ::-1], axis=-1)[..., ::-1]
    score, k_hat = np.empty(len(months)), np.empty(len(months))
    for time in range(len(months)):
        weighed = weights(future[..., time])
        with np.errstate(divide="ignore"):
            score[time] = logsumexp(np.log(weighed.values) + values[..., time])
        k_hat[time] = weighed.k_hat
    hindsight = logsumexp(values, axis=(0, 1)) - np.log(size)
    return Foretold(tuple(months), score, hindsight, k_hat, largest_shape(size))


@dataclass(slots=True)
class Refits:
    """Fits to the first months of a panel, for ``arviz.lfo_cv``.

    Attributes
    ----------
    sampler, panel, settings
        As for the fit of all months.
    most
        Fits that may be made.
    made
        Months of each fit made.
    """

    sampler: Sampler
    panel: xr.Dataset
    settings: Settings
    most: int
    made: list[int] = field(default_factory=list)

    def wrapper(self) -> Any:  # noqa: ANN401  # ArviZ's base class is untyped
        """Return what ``arviz.lfo_cv`` asks for fits."""
        from arviz_stats.loo import SamplingWrapper

        outer = self

        class Wrapper(SamplingWrapper):
            def sel_observations(self, idx: np.ndarray) -> tuple[int, np.ndarray]:
                return int(idx[0]), idx

            def sample(self, modified_observed_data: int) -> xr.DataTree:
                return outer.fit(modified_observed_data)

            def get_inference_data(self, fitted_model: xr.DataTree) -> xr.DataTree:
                return fitted_model

            def log_likelihood__i(self, excluded_obs: np.ndarray, idata__i: xr.DataTree) -> xr.DataArray:
                return outer.scores(idata__i, excluded_obs)

        return Wrapper(model=None)  # type: ignore[no-untyped-call]  # ArviZ is untyped

    def fit(self, months: int) -> xr.DataTree:
        """Return a fit to the first months.

        Raises
        ------
        RunError
            If as many fits were made as may be.
        """
        if len(self.made) >= self.most:
            message = (
                f"{self.most} fits were made and {months} months need another one; allow more, or score fewer months"
            )
            raise RunError(message)
        self.made.append(months)
        return self.sampler.fit(until(self.panel, months), self.settings, progress=False)

    def scores(self, tree: xr.DataTree, excluded: np.ndarray) -> xr.DataArray:
        """Return log p(month | months before) of the months left out, given the draws of a fit."""
        import xarray as xr

        framework, hyperparameters = self.sampler.framework, self.sampler.hyperparameters
        rng = np.random.default_rng([self.settings.seed, int(excluded[0])])
        fitted = as_fitted(tree, framework, hyperparameters, len(excluded), rng)
        found = seeing(fitted, Setting(framework, hyperparameters, used_months(self.panel)))
        shape = tuple(tree["posterior"].sizes[dim] for dim in SAMPLE)
        values = found.one_step[:, excluded].reshape(*shape, len(excluded))
        coords = {dim: tree["posterior"][dim] for dim in SAMPLE}
        return xr.DataArray(values, dims=(*SAMPLE, names.TIME), coords=coords)


def until(panel: xr.Dataset, months: int) -> xr.Dataset:
    """Return a panel of the same shape in which nothing is seen after the first months.

    Parameters
    ----------
    panel
        As built, with its padding.
    months
        How many are kept.
    """
    left = {f"{start}_used": panel[f"{start}_used"] & (panel[f"{start}_time"] < months) for start in SLOTS.values()}
    left["report_used"] = panel["report_used"] & left["cell_used"]
    kept = panel["month_used"] & (np.arange(panel.sizes[names.TIME]) < months)
    left["month_used"] = kept
    for name in ("count_coverage", "event_coverage"):
        left[name] = panel[name].where(kept, NOT_LOOKED).astype(panel[name].dtype)
    for name in ("milestone_open", "milestone_done"):
        left[name] = panel[name].where(kept, 0).astype(panel[name].dtype)
    label = str(panel[names.TIME].to_numpy()[months - 1].astype("datetime64[M]"))
    return panel.assign(left).assign_attrs(panel.attrs | {"months": months, "as_of": label})
