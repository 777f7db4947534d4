"""Distributions fitted to what people said, by PreliZ.

Invariant: quantiles come back from the fitted distribution where its family can hold them; the
names and the order of raters change nothing, nor does a second rater who says the same
(``tests/unit/test_elicited.py``). PreliZ takes seconds to import: at the first fit, not before.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from indicast.elicit._asked import Asked
from indicast.elicit._distributions import DISTRIBUTIONS, MUST_BE_POSITIVE
from indicast.elicit._statements import Modes, Quantiles

GRID = 10_001
"""Size of the sample that carries quantiles to PreliZ, as a start: exact for probabilities of up to four decimals."""
POOL_POINTS = 40
"""Number of quantiles of a pool to which its family is fitted: the points of a quadrature."""
XTOL = 1e-12
"""Relative step at which the search has ended: far below what anybody can state."""


class Point(NamedTuple):
    """A probability as stated and as fitted, and what it is the probability of."""

    text: str
    stated: float
    fitted: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted arguments in canonical order, none if nothing fits, and the probabilities they were fitted to.

    The arguments of a Dirichlet are those of ``a``, in the order of the labels.
    """

    arguments: tuple[float, ...]
    points: tuple[Point, ...]


NOTHING = Fit((), ())


def fit_one(asked: Asked, said: Quantiles | Modes) -> Fit:
    """Return the distribution of one person."""
    if isinstance(said, Modes):
        return _fit_modes(said, asked.bound)
    return _fit_quantiles(asked.distribution, asked.lower, said)


def fit_pool(asked: Asked, said: Sequence[Quantiles | Modes]) -> Fit:
    """Return one distribution for several people who count equally.

    With F_i fitted to the statements of person i of n, the pool is F(x) = (F_1(x) + ... + F_n(x)) / n: the linear
    opinion pool [1]_ with equal weights, not made more extreme. What is returned is *the member of the declared
    family nearest to the pool*, not the pool itself, which is a mixture and may have several humps. For numbers it
    has the least Cramer-von Mises distance, the integral of (G(x) - F(x))^2 dF(x) over the pool, by quadrature; for
    shares it has the pool's means and its total variance. Not valid as a summary of people who contradict each
    other: the fit then misses the pool, and its points say by how much.

    Parameters
    ----------
    asked
        The prior.
    said
        At least one statement, one for each person.

    Notes
    -----
    PreliZ's ``combine`` fits a random sample of the pool, so that the order of the raters matters, and its
    ``combine_roulette`` reads shares of chips as densities, which they are only in bins of width 1. Its ``Mixture``
    and ``match_quantiles`` have neither fault.

    References
    ----------
    .. [1] Stone (1961), Annals of Mathematical Statistics 32, doi:10.1214/aoms/1177704873.
    """
    if len(said) == 1:
        return fit_one(asked, said[0])
    modes = tuple(sorted(one for one in said if isinstance(one, Modes)))
    if modes:
        return _pool_modes(modes, asked.bound)
    quantiles = tuple(sorted(one for one in said if isinstance(one, Quantiles)))
    return _pool_quantiles(asked.distribution, asked.lower, quantiles)


@lru_cache(maxsize=1024)
def _fit_quantiles(distribution: str, lower: float | None, said: Quantiles) -> Fit:
    probabilities, values = np.array(said.probabilities), np.array(said.values)
    free = _family(distribution, lower)
    return _matched(distribution, lower, _sample(probabilities, values, free.support), probabilities, values)


@lru_cache(maxsize=1024)
def _pool_quantiles(distribution: str, lower: float | None, said: tuple[Quantiles, ...]) -> Fit:
    import preliz

    fits = [_fit_quantiles(distribution, lower, one) for one in said]
    if NOTHING in fits:
        return NOTHING
    pool = preliz.Mixture([_family(distribution, lower, *fit.arguments) for fit in fits], np.ones(len(fits)))
    probabilities = (np.arange(POOL_POINTS) + 0.5) / POOL_POINTS
    return _matched(distribution, lower, pool, probabilities, np.atleast_1d(pool.ppf(probabilities)))


def _family(distribution: str, lower: float | None, *arguments: float) -> Any:  # noqa: ANN401  # PreliZ has no types
    """Return PreliZ's distribution, with free arguments if none are given."""
    import preliz

    if distribution == "TruncatedNormal":
        mu, sigma = arguments[:2] or (None, None)
        return preliz.TruncatedNormal(mu, sigma, lower, np.inf)
    return getattr(preliz, distribution)(*arguments)


def _sample(probabilities: np.ndarray, values: np.ndarray, support: tuple[float, float]) -> np.ndarray:
    """Return a sample with these quantiles, from whose mean and spread PreliZ starts its search.

    Between the points and beyond them it runs straight in normal scores; from a single point, straight to 0.
    """
    from scipy.special import ndtri

    grid = np.linspace(0.0, 1.0, GRID)
    if len(values) == 1:
        return np.asarray(values[0] * grid / probabilities[0])
    scores, knots = ndtri(np.clip(grid, 0.5 / GRID, 1.0 - 0.5 / GRID)), ndtri(probabilities)
    slopes = np.diff(values) / np.diff(knots)
    below, above = np.minimum(scores - knots[0], 0.0), np.maximum(scores - knots[-1], 0.0)
    line = np.interp(scores, knots, values) + slopes[0] * below + slopes[-1] * above
    return np.asarray(np.clip(line, *support))


def _matched(
    distribution: str,
    lower: float | None,
    source: Any,  # noqa: ANN401  # PreliZ has no types
    probabilities: np.ndarray,
    values: np.ndarray,
) -> Fit:
    """Return the member of the family whose probabilities below the values are nearest to those stated.

    PreliZ's search minimises squared differences of values and stops short where two arguments pull against each
    other (a Gamma with the right quantiles may be .03 off). So it gives the start, and least squares of the
    probabilities, the criterion of PreliZ's ``quartile``, ends the search.
    """
    import preliz

    with warnings.catch_warnings():
        # Of a mismatch, and of wild steps of the search: the points of the fit tell it in our own terms.
        warnings.simplefilter("ignore")
        try:
            start = preliz.match_quantiles(source, _family(distribution, lower), quantiles=probabilities, plot=False)
            fitted = _nearest(distribution, lower, start, probabilities, values)
            reached = np.atleast_1d(fitted.cdf(values))
        except (ArithmeticError, RuntimeError, ValueError):
            return NOTHING
    arguments = {name: float(getattr(fitted, name)) for name in DISTRIBUTIONS[distribution].parameters}
    if not (_possible(arguments) and np.isfinite(reached).all()):
        return NOTHING
    triples = zip(values, probabilities, reached, strict=True)
    points = [Point(f"P(below {value:.4g})", float(stated), float(got)) for value, stated, got in triples]
    return Fit(tuple(arguments.values()), tuple(points))


def _nearest(
    distribution: str,
    lower: float | None,
    start: Any,  # noqa: ANN401  # PreliZ has no types
    probabilities: np.ndarray,
    values: np.ndarray,
) -> Any:  # noqa: ANN401  # the same
    from scipy.optimize import least_squares

    free = [name for name in DISTRIBUTIONS[distribution].parameters if name != "lower"]
    positive = np.array([name in MUST_BE_POSITIVE for name in free])

    def member(x: np.ndarray) -> Any:  # noqa: ANN401  # the same
        return _family(distribution, lower, *np.where(positive, np.exp(np.where(positive, x, 0.0)), x))

    at = np.array([float(getattr(start, name)) for name in free])
    x = np.where(positive, np.log(np.where(positive, at, 1.0)), at)
    return member(least_squares(lambda x: member(x).cdf(values) - probabilities, x, x_scale="jac", xtol=XTOL).x)


def _possible(arguments: dict[str, float]) -> bool:
    """Return whether arguments can be computed with; a normal cut beyond its 16th digit is none any more."""
    from scipy.special import ndtr

    if not all(
        math.isfinite(number) and (number > 0 or name not in MUST_BE_POSITIVE) for name, number in arguments.items()
    ):
        return False
    return "lower" not in arguments or bool(
        ndtr((arguments["mu"] - arguments["lower"]) / arguments["sigma"]) > np.finfo(float).eps
    )


@lru_cache(maxsize=1024)
def _fit_modes(said: Modes, bound: float) -> Fit:
    """Return PreliZ's Dirichlet ``a = 1 + tau * mode`` with this probability within the bound of the modes.

    PreliZ counts twice the mean probability below ``mode - bound`` as that outside; the point tells the mean
    probability that is really inside. Every ``a`` is above 1, so no share is thought likeliest to be 0.

    References
    ----------
    .. [1] Evans, Guttman & Li (2017), Entropy 19, doi:10.3390/e19100564.
    """
    import preliz
    from scipy import stats

    _, fitted = preliz.dirichlet_mode(list(said.shares), said.probability, bound, plot=False)
    a, modes = np.asarray(fitted.alpha), np.array(said.shares)
    marginal = stats.beta(a, a.sum() - a)
    inside = float(np.mean(marginal.cdf(modes + bound) - marginal.cdf(modes - bound)))
    return Fit(tuple(a.tolist()), (Point(f"P(within {bound:g} of the modes)", said.probability, inside),))


@lru_cache(maxsize=1024)
def _pool_modes(said: tuple[Modes, ...], bound: float) -> Fit:
    """Return the Dirichlet with the mean and the total variance of the equal mixture of the persons' Dirichlets.

    A Dirichlet with mean m and sum s has total variance (1 - sum(m^2)) / (s + 1). PreliZ cannot fit one to others.
    """
    from scipy import stats

    persons = np.array([_fit_modes(one, bound).arguments for one in said])
    sums = persons.sum(axis=1, keepdims=True)
    means = persons / sums
    mean = means.mean(axis=0)
    variance = (means * (1 - means) / (sums + 1) + means**2).mean(axis=0) - mean**2
    a = mean * ((1 - (mean**2).sum()) / variance.sum() - 1)
    points = []
    for index, label in enumerate(said[0].labels):
        for edge in sorted({one.shares[index] + side for one in said for side in (-bound, bound)}):
            if 0.0 < edge < 1.0:
                stated = stats.beta.cdf(edge, persons[:, index], sums[:, 0] - persons[:, index]).mean()
                fitted = stats.beta.cdf(edge, a[index], a.sum() - a[index])
                points.append(Point(f"P({label} below {edge:.3g})", float(stated), float(fitted)))
    return Fit(tuple(a.tolist()), tuple(points))
