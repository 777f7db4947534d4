"""How many independent draws the draws of some chains are worth for a mean, and the error that this leaves.

Invariant: both are what ArviZ says of the same chains (``tests/unit/test_pareto.py``); it is written here because
importing that costs more than the answer. Not valid for fewer than four draws a chain: then it is not a number.
Source: split chains and Geyer's initial monotone sequence, Vehtari, Gelman, Simpson, Carpenter and Buerkner 2021,
doi:10.1214/20-BA1221, section 3.2.
"""

from __future__ import annotations

import math

import numpy as np

FEWEST_DRAWS = 4
NOTHING = np.finfo(float).resolution
"""What varies by less does not vary."""


def effective_draws(values: np.ndarray) -> float:
    """Return how many independent draws have the same error of the mean.

    Parameters
    ----------
    values
        Dims (chain, draw).
    """
    if values.shape[1] < FEWEST_DRAWS or not np.isfinite(values).all():
        return math.nan
    half = values.shape[1] // 2
    chains = np.concatenate([values[:, :half], values[:, -half:]])
    if np.ptp(chains) < NOTHING:
        return float(chains.size)
    time = _integrated_time(_autocorrelation(chains).tolist())
    return chains.size / max(time, 1.0 / math.log10(chains.size))


def error_of(values: np.ndarray) -> float:
    """Return the Monte Carlo standard error of the mean; dims of values (chain, draw)."""
    return float(values.std(ddof=1) / math.sqrt(effective_draws(values)))


def _autocorrelation(chains: np.ndarray) -> np.ndarray:
    """Return the autocorrelation of all chains together, lag by lag; between chains counts as never forgotten."""
    number, draws = chains.shape
    centred = chains - chains.mean(axis=1, keepdims=True)
    long = 2 ** math.ceil(math.log2(2 * draws))
    power = np.abs(np.fft.rfft(centred, n=long, axis=1)) ** 2
    covariance = np.fft.irfft(power.mean(axis=0), n=long)[:draws] / draws
    within = covariance[0] * draws / (draws - 1.0)
    between = chains.mean(axis=1).var(ddof=1) if number > 1 else 0.0
    found = 1.0 - (within - covariance) / (covariance[0] + between)
    found[0] = 1.0
    return np.asarray(found)


def _integrated_time(correlation: list[float]) -> float:
    """Return draws per independent draw: pairs of lags as long as their sum is positive, made to fall."""
    pairs, place = [correlation[0] + correlation[1]], 1
    last = correlation[0]
    while place < len(correlation) - 3 and pairs[-1] > 0.0:
        last = correlation[place + 1]
        pairs.append(last + correlation[place + 2])
        place += 2
    # The last pair ended the sequence: of it the first lag counts, unless both are as good as nothing.
    kept = pairs[:-1]
    for at in range(1, len(kept)):
        kept[at] = min(kept[at], kept[at - 1])
    return 2.0 * sum(kept) - 1.0 + (last if pairs[-1] >= 0.0 else max(last, 0.0))
