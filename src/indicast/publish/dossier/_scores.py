"""How well months were foretold: the picture, the sentence and the numbers.

Invariant: no sum of scores stands without the number of months that would need a refit and were not refit
(``tests/unit/test_dossier_influence.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast.explain import FEWEST
from indicast.publish._wording import counted, listed
from indicast.publish.dossier._plotted import FORESEEN, SEEN, plot
from indicast.publish.dossier._section import Figure, Json

if TYPE_CHECKING:
    from indicast.explain import Foretold, LeaveOneOut, Scored


def scores_figure(one_out: LeaveOneOut, ahead: Foretold, scores: Scored) -> Figure:
    """Draw k-hat and score of each month."""
    places, good = np.arange(len(ahead.months)), ahead.trusted
    fitted = scores.known & ~good
    with plot(2, 9.0, 2.9) as drawn:
        first, second = drawn.axes
        first.plot(places, one_out.k_hat, "o", color=FORESEEN, markersize=4, label="month's term left out")
        first.plot(places, ahead.k_hat, "x", color=SEEN, markersize=5, label="month and all later left out")
        first.axhline(ahead.limit, color="0.4", linewidth=0.9, linestyle="--")
        first.set_ylabel("k-hat (line: limit)")
        first.legend(fontsize=7.5, frameon=False)
        second.plot(places, ahead.hindsight, "-", color="0.55", linewidth=1.0, label="with hindsight")
        second.plot(places, one_out.score, "o", color=FORESEEN, markersize=4, label="month's term left out")
        second.plot(places[good], ahead.score[good], "x", color=SEEN, markersize=6, label="from the months before")
        if fitted.any():
            second.plot(places[fitted], scores.score[fitted], "+", color=SEEN, markersize=7, label="the same, by a fit")
        second.set_ylabel("log p(month), nats")
        second.legend(fontsize=7.5, frameon=False)
        for axes in drawn.axes:
            ticks = places[:: max(1, len(places) // 5)]
            axes.set_xticks(ticks, [ahead.months[tick] for tick in ticks], fontsize=8)
    doubtful = f"; of {counted(len(one_out.months), 'month')} {len(one_out.doubtful)} would need a refit and "
    doubtful += "were not refit" if len(one_out.doubtful) != 1 else "was not refit"
    doubtful += f" ({', '.join(one_out.doubtful)}: k-hat beyond {one_out.limit:.2f})" if one_out.doubtful else ""
    hardest = 1 + int(one_out.score[1:].argmin()) if len(one_out.score) > 1 else 0
    text = (
        f"Leaving out one term at a time: elpd {one_out.elpd:.1f} (SE {one_out.se:.1f}), p {one_out.p:.1f}{doubtful}; "
        f"hardest to foretell after the first month was {one_out.months[hardest]} ({one_out.score[hardest]:.1f} nats)."
    )
    alt = "k-hat and log score of each month: with its term left out, and with all later months left out."
    return Figure("influence-months", drawn.svg, alt, text)


def foretold_sentence(ahead: Foretold, scores: Scored, model: str) -> str:
    """Say what the scores from the months before come to, and of how many months there is none."""
    fits, wanting = len(scores.fits), scores.wanting
    made = f"With {counted(fits, 'fit')} to the first months, " if fits else ""
    rest = ""
    if wanting:
        rest = (
            f" {counted(len(wanting), 'month')} ({wanting[0]} to {wanting[-1]}) would need a refit and "
            f"{'was' if len(wanting) == 1 else 'were'} not refit, so there is no total over all months; "
            f"'indicast diagnose {model} --refits {fits + len(wanting)}' is enough for them."
        )
    have = scores.known
    if not have.any():
        return f"No month can be scored from the months before it without another fit.{rest}"
    total, hindsight = float(scores.score[have].sum()), float(ahead.hindsight[have].sum())
    told = (
        f"{made}{'f' if made else 'F'}oretold from the months before, {int(have.sum())} of "
        f"{counted(len(have), 'month')} ({_spans(scores)}) have log scores that come to {total:.1f} in sum, "
        f"{abs(hindsight - total):.1f} {'less' if total <= hindsight else 'more'} than with hindsight."
    )
    first = (
        f" {listed(scores.early)} come too early for any score: {FEWEST} months must come before."
        if scores.early
        else ""
    )
    return f"{told}{rest}{first}"


def _spans(scores: Scored) -> str:
    """Return the months with a score as spans."""
    found, have = list[str](), scores.known
    for place, month in enumerate(scores.months):
        if have[place] and not (place and have[place - 1]):
            found.append(month)
        if have[place] and (place + 1 == len(have) or not have[place + 1]) and found[-1] != month:
            found[-1] += f" to {month}"
    return ", ".join(found)


def scored_data(ahead: Foretold, scores: Scored) -> dict[str, Json]:
    """Return the scores from the months before for ``dossier.json``."""
    needing = [month for month, sure in zip(ahead.months, ahead.trusted.tolist(), strict=True) if not sure]
    return {
        "foretold": {
            "limit": ahead.limit,
            "k_hat": dict(zip(ahead.months, _finite(ahead.k_hat), strict=True)),
            "score": dict(zip(scores.months, _finite(scores.score), strict=True)),
            "needs_refit": list[Json](needing),
            "fits": list[Json](scores.fits),
            "not_refit": list[Json](scores.wanting),
        }
    }


def _finite(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
