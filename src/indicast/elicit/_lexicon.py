"""A probability becomes a word with its number and band beside it.

Invariant: every probability in [0, 1] has exactly one word, because bands do not overlap and each is
half-open except the last, which is closed; in a gap that the authors left, the nearer band lends its word and
the text says that it is the nearest. ``tests/unit/test_lexicon.py`` proves it for random lexicons and at every
boundary of the shipped ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from indicast.errors import DataError

if TYPE_CHECKING:
    from indicast.workspace import Band, Lexicon

PERCENT = 100
FINEST_DECIMALS = 3
"""Decimals of a percentage beyond which a number is cut off, not rounded."""


def band_for(lexicon: Lexicon, probability: float) -> Band:
    """Return the one band that holds a probability, or is nearest to it.

    Parameters
    ----------
    lexicon
        A boundary belongs to the band above it, 1 to the last, and the middle of a gap to the band above.
    probability
        In [0, 1], not a percentage.

    Raises
    ------
    DataError
        If the probability lies outside [0, 1] or is not a number.

    Examples
    --------
    >>> from indicast.workspace import Lexicon
    >>> halves = [{"word": "rather not", "low": 0, "high": 0.5}, {"word": "rather so", "low": 0.5, "high": 1}]
    >>> coin = Lexicon(id="coin", name="Coin", source="example", bands=halves)
    >>> band_for(coin, 0.5).word
    'rather so'
    """
    return lexicon.bands[int(band_positions(lexicon, np.array([probability]))[0])]


def word_for(lexicon: Lexicon, probability: float) -> str:
    """Return the word for a probability; publish it only with its number.

    Parameters
    ----------
    lexicon
        Its bands.
    probability
        In [0, 1].

    Raises
    ------
    DataError
        If the probability lies outside [0, 1] or is not a number.
    """
    return band_for(lexicon, probability).word


def word_with_band(lexicon: Lexicon, probability: float) -> str:
    """Return number, word and band as one text, which never contradict each other.

    The percentage has as few decimals as keep it inside its band and away from
    0 and 100 unless it is exactly that; beyond three decimals it is cut off.

    Parameters
    ----------
    lexicon
        Its bands.
    probability
        In [0, 1].

    Raises
    ------
    DataError
        If the probability lies outside [0, 1] or is not a number.

    Examples
    --------
    >>> from indicast.workspace import Lexicon
    >>> halves = [{"word": "rather not", "low": 0, "high": 0.5}, {"word": "rather so", "low": 0.5, "high": 1}]
    >>> coin = Lexicon(id="coin", name="Coin", source="example", bands=halves)
    >>> word_with_band(coin, 0.62)
    '62 % (rather so, 50-100 %)'
    >>> word_with_band(coin, 0.4996)
    '49.96 % (rather not, 0-50 %)'
    """
    band, nearest = band_for(lexicon, probability), "" if holds(lexicon, probability) else "nearest to "
    number = _percentage(lexicon, probability)
    return f"{number} % ({nearest}{band.word}, {PERCENT * band.low:g}-{PERCENT * band.high:g} %)"


def holds(lexicon: Lexicon, probability: float) -> bool:
    """Return whether a probability lies in a band, not in a gap between two or beyond the last.

    Parameters
    ----------
    lexicon
        Its bands.
    probability
        In [0, 1].

    Raises
    ------
    DataError
        If the probability lies outside [0, 1] or is not a number.

    Examples
    --------
    >>> from indicast.workspace import shipped_lexicons
    >>> phia = next(one for one in shipped_lexicons() if one.id == "phia")
    >>> holds(phia, 0.4), holds(phia, 0.5), word_with_band(phia, 0.5)
    (True, False, '50 % (nearest to realistic possibility, 40-50 %)')
    """
    band = band_for(lexicon, probability)
    return band.low <= probability < band.high or (band is lexicon.bands[-1] and probability == band.high)


def band_probabilities(lexicon: Lexicon, draws: np.ndarray) -> np.ndarray:
    """Return the share of draws in each band.

    Parameters
    ----------
    lexicon
        Its bands.
    draws
        Probabilities in [0, 1] of any shape; all its axes are pooled.

    Returns
    -------
    shares
        Dims (band), in the lexicon's order; they sum to 1.

    Raises
    ------
    DataError
        If there is no draw, or one lies outside [0, 1] or is not a number.

    Examples
    --------
    >>> from indicast.workspace import Lexicon
    >>> halves = [{"word": "rather not", "low": 0, "high": 0.5}, {"word": "rather so", "low": 0.5, "high": 1}]
    >>> coin = Lexicon(id="coin", name="Coin", source="example", bands=halves)
    >>> band_probabilities(coin, np.array([0.1, 0.5, 0.9, 1.0])).tolist()
    [0.25, 0.75]
    """
    if np.size(draws) == 0:
        message = f"lexicon {lexicon.id}: no draws were given; at least one probability is needed"
        raise DataError(message)
    positions = band_positions(lexicon, np.ravel(draws))
    return np.bincount(positions, minlength=len(lexicon.bands)) / positions.size


def band_positions(lexicon: Lexicon, probabilities: np.ndarray) -> np.ndarray:
    """Return, for each probability, the position of its band in the lexicon.

    Parameters
    ----------
    lexicon
        Its bands.
    probabilities
        In [0, 1], any shape.

    Returns
    -------
    positions
        Integers from 0 to the number of bands less one, of the same shape.

    Raises
    ------
    DataError
        If one lies outside [0, 1] or is not a number.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    _require_probabilities(lexicon, values)
    return np.searchsorted(lexicon.boundaries, values, side="right")


def _require_probabilities(lexicon: Lexicon, values: np.ndarray) -> None:
    bad = values[~((values >= 0.0) & (values <= 1.0))]
    if bad.size:
        hint = "; divide a percentage by 100" if 1.0 < bad[0] <= PERCENT else ""
        message = f"lexicon {lexicon.id}: {bad[0]} is no probability; allowed are numbers from 0 to 1{hint}"
        raise DataError(message)


def _percentage(lexicon: Lexicon, probability: float) -> str:
    for decimals in range(FINEST_DECIMALS + 1):
        text = f"{PERCENT * probability:.{decimals}f}"
        if _stands_for(lexicon, float(text) / PERCENT, probability):
            return text
    unit = 10**FINEST_DECIMALS
    return f"{math.floor(PERCENT * probability * unit) / unit:.{FINEST_DECIMALS}f}"


def _stands_for(lexicon: Lexicon, rounded: float, probability: float) -> bool:
    same_band = band_for(lexicon, rounded) is band_for(lexicon, probability)
    same_side = holds(lexicon, rounded) == holds(lexicon, probability)
    return same_band and same_side and (rounded == probability or 0.0 < rounded < 1.0)
