"""The few distributions a prior may have: their arguments, means and draws.

Invariant: arguments that pass :func:`canonical_arguments` define a proper
distribution. Draws here come from NumPy and SciPy, so that they check the PyMC
model by a second road (``tests/reference/test_prior_draws.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from indicast.errors import WorkspaceError

Arguments = Mapping[str, np.ndarray]
Shape = tuple[int, ...]

SUPPORTS: dict[str, tuple[str, ...]] = {
    "real": ("Normal",),
    "positive": ("LogNormal", "HalfNormal", "Exponential", "Gamma", "TruncatedNormal"),
    "unit": ("Beta",),
    "simplex": ("Dirichlet",),
}
"""Which distributions fit a parameter that is real, positive, in (0, 1) or a simplex."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Canonical argument names, the mean and a sampler."""

    parameters: tuple[str, ...]
    mean: Callable[[Arguments], np.ndarray]
    sample: Callable[[Arguments, np.random.Generator, Shape], np.ndarray]


def _dirichlet(a: np.ndarray, rng: np.random.Generator, shape: Shape) -> np.ndarray:
    gammas = rng.gamma(a, size=shape)
    return np.asarray(gammas / gammas.sum(axis=-1, keepdims=True))


def _truncated_normal(arguments: Arguments, rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """Draw by inverting the upper tail, which keeps its digits far from the mean."""
    upper = ndtr(-(arguments["lower"] - arguments["mu"]) / arguments["sigma"])
    tail = rng.uniform(0.0, 1.0, shape) * upper
    return np.asarray(arguments["mu"] - arguments["sigma"] * ndtri(tail))


def _truncated_normal_mean(arguments: Arguments) -> np.ndarray:
    """Return ``mu + sigma phi(low) / Phi(-low)``, low being the standardised cut."""
    low = (arguments["lower"] - arguments["mu"]) / arguments["sigma"]
    hazard = np.exp(-0.5 * low**2 - log_ndtr(-low)) / np.sqrt(2.0 * np.pi)
    return np.asarray(arguments["mu"] + arguments["sigma"] * hazard)


DISTRIBUTIONS: dict[str, Distribution] = {
    "Normal": Distribution(
        ("mu", "sigma"), lambda a: a["mu"], lambda a, rng, shape: rng.normal(a["mu"], a["sigma"], shape)
    ),
    "HalfNormal": Distribution(
        ("sigma",),
        lambda a: a["sigma"] * np.sqrt(2 / np.pi),
        lambda a, rng, shape: np.abs(rng.normal(0.0, a["sigma"], shape)),
    ),
    "LogNormal": Distribution(
        ("mu", "sigma"),
        lambda a: np.exp(a["mu"] + a["sigma"] ** 2 / 2),
        lambda a, rng, shape: rng.lognormal(a["mu"], a["sigma"], shape),
    ),
    "Exponential": Distribution(
        ("lam",), lambda a: 1 / a["lam"], lambda a, rng, shape: rng.exponential(1 / a["lam"], shape)
    ),
    "Gamma": Distribution(
        ("alpha", "beta"),
        lambda a: a["alpha"] / a["beta"],
        lambda a, rng, shape: rng.gamma(a["alpha"], 1 / a["beta"], shape),
    ),
    "Beta": Distribution(
        ("alpha", "beta"),
        lambda a: a["alpha"] / (a["alpha"] + a["beta"]),
        lambda a, rng, shape: rng.beta(a["alpha"], a["beta"], shape),
    ),
    "Dirichlet": Distribution(
        ("a",),
        lambda a: a["a"] / a["a"].sum(axis=-1, keepdims=True),
        lambda a, rng, shape: _dirichlet(a["a"], rng, shape),
    ),
    "TruncatedNormal": Distribution(("mu", "sigma", "lower"), _truncated_normal_mean, _truncated_normal),
}


def _gamma_median(arguments: Arguments) -> np.ndarray:
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(arguments["alpha"], 0.5) / arguments["beta"])


def _half_normal_median(arguments: Arguments) -> np.ndarray:
    from scipy.special import ndtri

    return np.asarray(arguments["sigma"] * ndtri(0.75))


def _truncated_normal_median(arguments: Arguments) -> np.ndarray:
    from scipy.special import ndtr, ndtri

    cut = ndtr((arguments["lower"] - arguments["mu"]) / arguments["sigma"])
    return np.asarray(arguments["mu"] + arguments["sigma"] * ndtri(cut + 0.5 * (1.0 - cut)))


POINTS: dict[str, Callable[[Arguments], np.ndarray]] = {
    "Normal": lambda a: a["mu"],
    "HalfNormal": _half_normal_median,
    "LogNormal": lambda a: np.exp(a["mu"]),
    "Exponential": lambda a: np.log(2.0) / a["lam"],
    "Gamma": _gamma_median,
    "TruncatedNormal": _truncated_normal_median,
    "Beta": DISTRIBUTIONS["Beta"].mean,
    "Dirichlet": DISTRIBUTIONS["Dirichlet"].mean,
}
"""The one value that stands for a prior: the mean of a probability, the median of everything else.

A probability that is not known enters a single event by its mean, exactly, and means of shares
add up to one. Times, scales and rates are skewed, and the median alone means the same whether one
thinks of a duration or of the chance of leaving; it is also what the experts were asked for.
"""

FORMS: dict[tuple[str, frozenset[str]], Callable[[Arguments], dict[str, np.ndarray]]] = {
    ("LogNormal", frozenset({"median", "sigma"})): lambda a: {"mu": np.log(a["median"]), "sigma": a["sigma"]},
    ("Exponential", frozenset({"rate"})): lambda a: {"lam": a["rate"]},
    ("Beta", frozenset({"mean", "concentration"})): lambda a: {
        "alpha": a["mean"] * a["concentration"],
        "beta": (1 - a["mean"]) * a["concentration"],
    },
    ("Dirichlet", frozenset({"mean", "concentration"})): lambda a: {"a": a["mean"] * a["concentration"]},
}
"""Ways of writing arguments that people find easier, and their canonical form."""

MUST_BE_POSITIVE = {"sigma", "lam", "alpha", "beta", "a", "median", "rate", "concentration"}
MAY_BE_ZERO = {"lower"}
"""Arguments that must not be negative: here a truncated normal is a positive quantity."""


def canonical_arguments(place: str, distribution: str, arguments: Arguments) -> dict[str, np.ndarray]:
    """Return checked arguments under the distribution's canonical names.

    Parameters
    ----------
    place
        Where the arguments stand, for the message.
    distribution
        A key of :data:`DISTRIBUTIONS`.
    arguments
        Arrays by argument name, in canonical or in an easier form.

    Raises
    ------
    WorkspaceError
        If names or values are impossible.

    Examples
    --------
    >>> canonical_arguments("here", "Beta", {"mean": np.array(0.7), "concentration": np.array(10.0)})["alpha"]
    np.float64(7.0)
    """
    _require_possible(place, distribution, arguments)
    form = FORMS.get((distribution, frozenset(arguments)))
    canonical = form(arguments) if form else dict(arguments)
    wanted = DISTRIBUTIONS[distribution].parameters
    if set(canonical) != set(wanted):
        forms = [", ".join(wanted)] + [", ".join(sorted(keys)) for name, keys in FORMS if name == distribution]
        message = f"{place}.args are {', '.join(arguments) or '(none)'}; {distribution} takes {' or '.join(forms)}"
        raise WorkspaceError(message)
    return {name: canonical[name] for name in wanted}


def _require_possible(place: str, distribution: str, arguments: Arguments) -> None:
    for name, values in arguments.items():
        worst = values.ravel()[np.argmin(np.where(np.isfinite(values), values, -np.inf))]
        if not np.isfinite(values).all() or (name in MUST_BE_POSITIVE and worst <= 0):
            wanted = "a finite number above 0" if name in MUST_BE_POSITIVE else "a finite number"
            message = f"{place}.args.{name} is {worst}; {distribution} needs {wanted}"
            raise WorkspaceError(message)
        if name in MAY_BE_ZERO and worst < 0:
            message = f"{place}.args.{name} is {worst}; a positive quantity cannot be cut below 0"
            raise WorkspaceError(message)
    if "mean" in arguments:
        _require_mean(place, distribution, arguments["mean"])


def _require_mean(place: str, distribution: str, mean: np.ndarray) -> None:
    if (mean <= 0).any() or (mean >= 1).any():
        message = f"{place}.args.mean holds {mean.min()} to {mean.max()}; a mean must lie between 0 and 1"
        raise WorkspaceError(message)
    if distribution == "Dirichlet" and not np.allclose(mean.sum(axis=-1), 1.0, atol=1e-6, rtol=0.0):
        message = (
            f"{place}.args.mean sums to {mean.sum(axis=-1).round(6).tolist()}; the probabilities of a row must sum to 1"
        )
        raise WorkspaceError(message)
