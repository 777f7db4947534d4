"""Where a true value stands among draws of its posterior.

If data come from the model, the rank of the true value among L independent draws is uniform on
0..L: the joint distribution of parameter and data is the same whether the parameter is drawn
first or last. Invariant: exact posteriors give uniform ranks, too narrow and shifted ones do
not (``tests/unit/test_ranks.py``). Not valid for draws that depend on each other, hence thinning;
how much dependence is left is reported. Source: Talts et al. 2018, arXiv:1804.06788.
"""

from __future__ import annotations

import numpy as np


def spread_places(total: int, kept: int) -> np.ndarray:
    """Return evenly spaced places among draws that are laid chain after chain.

    Parameters
    ----------
    total
        Number of draws.
    kept
        Number of places, at most ``total``.

    Examples
    --------
    >>> spread_places(1000, 4)
    array([125, 375, 625, 875])
    """
    return np.asarray(((np.arange(kept) + 0.5) * total / kept).astype(np.int64))


def rank(truth: float, draws: np.ndarray, rng: np.random.Generator) -> int:
    """Return how many draws lie below the truth, in 0..L; equals are counted at random.

    Parameters
    ----------
    truth
        The true value.
    draws
        Independent draws of its posterior; dims (draw).
    rng
        Breaks ties.
    """
    below, equal = int((draws < truth).sum()), int((draws == truth).sum())
    return below + int(rng.integers(0, equal + 1))


def uniform_fraction(ranks: np.ndarray, within: np.ndarray, kept: int) -> np.ndarray:
    """Return ranks as fractions that are uniform on (0, 1) where ranks are uniform.

    The place within each of the L+1 steps is drawn, not set to its middle: with several
    hundred simulations, tests of uniformity take a hundred steps for a finding by themselves.

    Parameters
    ----------
    ranks
        In 0..L; dims (...).
    within
        Uniform on [0, 1), drawn with the simulation; dims (...).
    kept
        L, the number of draws that were ranked.
    """
    return np.asarray((ranks + within) / (kept + 1.0))


def neighbour_correlation(draws: np.ndarray, chains: int) -> float:
    """Return the correlation of thinned draws with the next one of the same chain, averaged over chains.

    Parameters
    ----------
    draws
        Laid chain after chain; dims (draw).
    chains
        Number of chains.
    """
    found = []
    for chain in np.array_split(draws, chains):
        centred = chain - chain.mean()
        size = float((centred**2).sum())
        found.append(float((centred[1:] * centred[:-1]).sum()) / size if size > 0.0 else 0.0)
    return float(np.mean(found))
