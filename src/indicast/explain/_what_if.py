"""How far other rows would move the scenario probabilities, at once and without a fit.

Each draw of a saved posterior is weighed by ``p(panel | draw) / p(panel of the fit | draw)``, the scenario path summed
out in both, and its filtered probabilities are computed again under the new panel. What does not depend on the
ledger (marks, labels, ratings, priors) is the same in both and cancels.

Invariant: an identical ledger moves nothing, exactly; weighed draws agree with draws of the posterior itself
within Monte Carlo error (``tests/unit/test_what_if.py``, ``tests/reference/test_what_if.py``,
``tests/recovery/test_what_if.py``). Not valid where k-hat says so, nor after a change of table,
priors or structure. It says what rows are evidence of, never what an act would bring about. Source: Pareto
smoothed importance sampling, Vehtari et al. 2024, Journal of Machine Learning Research 25(72).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import logit

from indicast.errors import RunError, one_of
from indicast.explain._change import CLEAR
from indicast.explain._instant import known, read
from indicast.explain._reweighting import Weights, error_of_mean, largest_shape, weights
from indicast.infer import Drawn, drawn_of, plain_panel
from indicast.panel import build_panel, used_months
from indicast.workspace import month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.explain._instant import Read
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Framework

DECIBANS_PER_NAT = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """Scenario probabilities of one month under two ledgers.

    Attributes
    ----------
    as_of
        The month, as YYYY-MM.
    scenarios
        Their ids.
    before, after
        Probabilities under each ledger; dims (scenario).
    before_mcse, after_mcse, difference_mcse
        Monte Carlo standard errors of both and of what lies between them, where the common draws help;
        dims (scenario).
    k_hat
        The larger one of both ledgers' weights; minus infinity where nothing had to be weighed.
    effective_draws
        The smaller one of both.
    draws
        How many there were.
    """

    as_of: str
    scenarios: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    before_mcse: np.ndarray
    after_mcse: np.ndarray
    difference_mcse: np.ndarray
    k_hat: float
    effective_draws: float
    draws: int

    @property
    def difference(self) -> np.ndarray:
        """After less before, fractions of 1; dims (scenario)."""
        return self.after - self.before

    @property
    def beyond_noise(self) -> np.ndarray:
        """Whether each difference exceeds twice its Monte Carlo standard error; dims (scenario)."""
        return np.asarray(np.abs(self.difference) > CLEAR * self.difference_mcse)

    @property
    def decibans(self) -> np.ndarray:
        """What the rows say for each scenario against the rest, tenths of a power of ten in odds; dims (scenario)."""
        moved = self.after != self.before
        between = np.subtract(logit(self.after), logit(self.before), out=np.zeros(moved.shape), where=moved)
        return np.asarray(DECIBANS_PER_NAT * between)

    @property
    def limit(self) -> float:
        """What k-hat must stay below."""
        return largest_shape(self.draws)

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its limit; if not, only a fit can tell."""
        return self.k_hat < self.limit


class Side(NamedTuple):
    """One ledger: what each draw counts, and P(scenario at the last month); dims (chain, draw, scenario)."""

    weights: Weights
    probability: np.ndarray


def what_if(
    framework: Framework,
    hyperparameters: Hyperparameters,
    fitted: xr.DataTree | Drawn,
    before: Ledger,
    after: Ledger,
    when: Vintage,
    *,
    seed: int,
) -> WhatIf:
    """Return how the last month's probabilities differ between two ledgers.

    Both ledgers may hold rows that the fit has not seen: both are weighed against what it has seen.

    Parameters
    ----------
    framework, hyperparameters
        As used for the fit.
    fitted
        A fit, with its panel, as :class:`indicast.infer.Sampler` returns and a run folder keeps it; or its draws.
    before, after
        Whole ledgers; they are restricted to what was known.
    when
        Month and day of knowledge; the month may lie after the fit's last one.
    seed
        Of the shocks of months after the fit's last one.

    Raises
    ------
    RunError
        If the month lies before the last one of the fit, which knows more than it may, or the fit lacks a
        parameter.
    """
    drawn = fitted if isinstance(fitted, Drawn) else drawn_of(fitted)
    refuse_another_model(drawn, framework, hyperparameters)
    panels = [used_months(build_panel(framework, hyperparameters, ledger, when)) for ledger in (before, after)]
    later = months_after(framework, drawn.filtered.shape[1], when.as_of)
    run = known(drawn, framework, hyperparameters, later, np.random.default_rng(seed))
    first, second = (side_of(drawn, read(run, plain_panel(panel))) for panel in panels)
    return compared(framework.scenarios, when.as_of, first, second)


def refuse_another_model(drawn: Drawn, framework: Framework, hyperparameters: Hyperparameters) -> None:
    """Refuse draws of a model that has other parameters.

    Raises
    ------
    RunError
        If a parameter is missing.
    """
    missing = set(hyperparameters.priors) - set(drawn.priors)
    if missing:
        message = (
            f"the run has no draws of {one_of(missing)}, so it was made with another model; "
            f"make one with this model: 'indicast fit {framework.id}'"
        )
        raise RunError(message)


def months_after(framework: Framework, fitted: int, as_of: str) -> int:
    """Return how many months were asked for after the fit's last one.

    Parameters
    ----------
    framework
        Gives the first month.
    fitted
        How many months the fit has.
    as_of
        The month asked about, as YYYY-MM.

    Raises
    ------
    RunError
        If it lies before the fit's last one.
    """
    months = month_index(as_of) - framework.start_index + 1 - fitted
    if months < 0:
        message = (
            f"{as_of} lies {-months} months before the last one of the run, which knows what came later; "
            f"use a run of that month ('indicast fit {framework.id} --as-of {as_of}')"
        )
        raise RunError(message)
    return months


def side_of(drawn: Drawn, found: Read) -> Side:
    """Return what draws count under a panel, and their last probabilities."""
    return Side(weights(found.log_ratio.reshape(drawn.shape)), found.last.reshape(*drawn.shape, -1))


def compared(scenarios: tuple[str, ...], as_of: str, before: Side, after: Side) -> WhatIf:
    """Return how two ledgers differ.

    Parameters
    ----------
    scenarios
        Their ids.
    as_of
        The month, as YYYY-MM.
    before, after
        Of the same draws.
    """
    first, second = (side.weights.pull(side.probability) for side in (before, after))
    return WhatIf(
        as_of=as_of,
        scenarios=scenarios,
        before=before.weights.mean(before.probability),
        after=after.weights.mean(after.probability),
        before_mcse=error_of_mean(first),
        after_mcse=error_of_mean(second),
        difference_mcse=error_of_mean(second - first),
        k_hat=float(np.maximum(before.weights.k_hat, after.weights.k_hat)),
        effective_draws=min(before.weights.effective, after.weights.effective),
        draws=before.weights.values.size,
    )
