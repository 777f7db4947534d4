"""Months that weights cannot foretell, scored by fits to the months before them.

A fit to the months before t scores t; weighed forwards by what it said of t and later months (PSIS), it scores those
too, until k-hat exceeds its limit and the next fit begins. That is the ``approx`` of ``arviz.lfo_cv``, with two
differences: months that weights of the whole posterior can score are left to them, and where no more fits may be made
the months so far stand instead of an error.

Invariant: with enough fits it gives the numbers of ``arviz.lfo_cv``; a month without a score is named
(``tests/recovery/test_future_left_out.py``). Source as of ``_future_left_out``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import logsumexp

from indicast import names
from indicast.explain._reweighting import weights
from indicast.explain._seen import SAMPLE

if TYPE_CHECKING:
    from indicast.explain._future_left_out import Foretold, Refits


FEWEST = 2
"""Months that a fit of its own needs before the one that it scores: one says hardly more than the priors."""


class Scored(NamedTuple):
    """Scores of months by what came before them, and what no score was found for.

    Attributes
    ----------
    months
        As YYYY-MM; dims (time).
    score
        log p(month | months before), nats, NaN where there is none; dims (time).
    fits
        Months before which a fit was made.
    """

    months: tuple[str, ...]
    score: np.ndarray
    fits: tuple[str, ...]

    @property
    def known(self) -> np.ndarray:
        """Whether a month has a score; dims (time)."""
        return np.isfinite(self.score)

    @property
    def wanting(self) -> tuple[str, ...]:
        """Months without a score that a fit to the months before could give."""
        found = zip(self.months[FEWEST:], self.known[FEWEST:].tolist(), strict=True)
        return tuple(month for month, known in found if not known)

    @property
    def early(self) -> tuple[str, ...]:
        """Months without a score that have fewer than :data:`FEWEST` months before them."""
        found = zip(self.months[:FEWEST], self.known[:FEWEST].tolist(), strict=True)
        return tuple(month for month, known in found if not known)


def scored(ahead: Foretold, refits: Refits | None = None) -> Scored:
    """Return the scores of all months that can be had.

    Parameters
    ----------
    ahead
        What weights of the whole posterior say.
    refits
        Makes fits, earliest month first, as many as it may; None for none.
    """
    score = np.where(ahead.trusted, ahead.score, np.nan)
    needing = [time for time in range(FEWEST, score.size) if not ahead.trusted[time]]
    while refits and needing and len(refits.made) < refits.most:
        found = _carried(refits, needing[0], len(needing), score.size)
        score[needing[: len(found)]] = found
        needing = needing[len(found) :]
    fits = tuple(ahead.months[time] for time in refits.made) if refits else ()
    return Scored(ahead.months, score, fits)


def _carried(refits: Refits, first: int, most: int, months: int) -> list[float]:
    """Return the scores of a month and those after it, from one fit, as far as its weights can be trusted."""
    tree = refits.fit(first)
    one_step = refits.scores(tree, np.arange(first, months)).transpose(*SAMPLE, names.TIME).to_numpy()
    found = list[float]()
    for place in range(most):
        weighed = weights(one_step[..., :place].sum(axis=-1))
        if place and not weighed.trusted:
            break
        with np.errstate(divide="ignore"):
            found.append(float(logsumexp(np.log(weighed.values) + one_step[..., place])))
    return found
