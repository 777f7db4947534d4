"""What the draws of a run make of another panel, in a few milliseconds.

Filtered probabilities and predictions of a run hold its evidence: month by month, what was filtered divided by what
was predicted is the evidence up to a factor, and that factor cancels in a ratio. So the chain runs on from the
first month that changes, with the changes alone computed. Draws under which a scenario was all but impossible hold
no digits of its evidence; for these everything is computed.

Invariant: it is what the full twin says of the whole panel, draw by draw (``tests/unit/test_questions.py``); a panel
that is the same changes no draw at all. Source of the recursion: Rabiner 1989, doi:10.1109/5.18626.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.explain._changed_evidence import Change, changed_evidence
from indicast.generative import chain, emission
from indicast.generative.families import Setting
from indicast.infer import lengthened
from indicast.panel import scheduled_peaks, trailing_reference

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.infer import Drawn, PlainPanel
    from indicast.workspace import Framework

SMALLEST = 1e-280
"""Probabilities below have lost digits, or soon will."""


class Known(NamedTuple):
    """A run, ready to be asked.

    Attributes
    ----------
    framework, hyperparameters
        As used for it.
    drawn
        Its draws.
    draws
        Free parameters and strengths, with innovations of the later months that may be asked about.
    panel
        Of the run, with those months.
    """

    framework: Framework
    hyperparameters: Hyperparameters
    drawn: Drawn
    draws: dict[str, np.ndarray]
    panel: PlainPanel

    @property
    def setting(self) -> Setting:
        """Structure, priors and panel."""
        return Setting(self.framework, self.hyperparameters, self.panel.as_dataset())


class Read(NamedTuple):
    """What each draw makes of a panel.

    Attributes
    ----------
    log_ratio
        log p(panel | draw) - log p(panel of the run | draw), nats; dims (draw).
    last
        P(scenario at the last month | seen); dims (draw, scenario).
    """

    log_ratio: np.ndarray
    last: np.ndarray


def known(
    drawn: Drawn, framework: Framework, hyperparameters: Hyperparameters, later: int, rng: np.random.Generator
) -> Known:
    """Return a run that can be asked about its months and later ones.

    Parameters
    ----------
    drawn
        Its draws.
    framework, hyperparameters
        As used for it.
    later
        How many months after its last one will be asked about.
    rng
        Of the shocks of those months, of which no evidence has spoken yet.
    """
    draws = dict(drawn.free)
    draws[names.STRENGTH] = emission.strengths(draws, framework, hyperparameters)
    if names.EXIT not in draws:
        draws[names.EXIT] = np.ones((*draws[names.DWELL].shape, 1))
    for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION):
        size, _, *rest = draws[name].shape
        draws[name] = np.concatenate([draws[name], rng.standard_normal((size, later, *rest))], axis=1)
    return Known(framework, hyperparameters, drawn, draws, extended(drawn.panel, framework, hyperparameters, later))


def extended(panel: PlainPanel, framework: Framework, hyperparameters: Hyperparameters, later: int) -> PlainPanel:
    """Return a panel with further months, in which nobody looked but peaks and references are what they will be."""
    if not later:
        return panel
    fitted = panel.sizes[names.TIME]
    longer = lengthened(panel, fitted + later)
    expected = trailing_reference(hyperparameters, longer.values("count"), longer.values("count_coverage"))
    peaks = scheduled_peaks(framework, fitted + later)
    kept = {"count_reference": expected, "count_peak": peaks}
    return longer.assign({name: np.concatenate([panel.values(name), new[fitted:]]) for name, new in kept.items()})


def read(run: Known, panel: PlainPanel) -> Read:
    """Return what each draw makes of a panel.

    Parameters
    ----------
    run
        With as many months.
    panel
        Without padded months.
    """
    change = changed_evidence(run.draws, run.framework, run.hyperparameters, run.panel, panel)
    if change is None:
        return Read(np.zeros(len(run.drawn.filtered)), _running_on(run))
    lost = (run.drawn.filtered[:, change.first :] < SMALLEST).any(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = _changed(run, change)
    if lost.any():
        found.log_ratio[lost], found.last[lost] = _whole(run, panel, np.flatnonzero(lost))
    return found


def _running_on(run: Known) -> np.ndarray:
    """Return the last month's probabilities without news after the run."""
    state = run.drawn.filtered[:, -1]
    for _ in range(run.panel.sizes[names.TIME] - run.drawn.filtered.shape[1]):
        state = chain.step(state, run.drawn.transition)
    return state


def _changed(run: Known, change: Change) -> Read:
    """Return what each draw makes of changed evidence; not a number where none of the old is left."""
    fitted, months = run.drawn.filtered.shape[1], run.panel.sizes[names.TIME]
    first = min(change.first, fitted)
    state, ratio = predicted(run.drawn, run.draws, first), np.zeros(len(run.drawn.filtered))
    filtered = state
    for time in range(first, months):
        if time < fitted:
            state = state * (run.drawn.filtered[:, time] / predicted(run.drawn, run.draws, time))
        if time >= change.first:
            nats = change.nats[:, time - change.first]
            peak = nats.max(axis=-1, keepdims=True)
            state, ratio = state * np.exp(nats - peak), ratio + peak[:, 0]
        mass = state.sum(axis=-1)
        filtered, ratio = state / mass[:, None], ratio + np.log(mass)
        state = chain.step(filtered, run.drawn.transition)
    return Read(ratio, filtered)


def _whole(run: Known, panel: PlainPanel, lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what some draws make of a panel, all evidence computed: the ratio and the last probabilities."""
    draws = {name: values[lost] for name, values in run.draws.items()}
    found = [
        emission.run_chain(draws, emission.log_emission(draws, run.framework, run.hyperparameters, one.as_dataset()))
        for one in (run.panel, panel)
    ]
    return found[1].log_marginal - found[0].log_marginal, found[1].filtered[:, -1]


def predicted(drawn: Drawn, draws: dict[str, np.ndarray], time: int) -> np.ndarray:
    """Return P(scenario at t | seen before t) of a run; dims (draw, scenario)."""
    return chain.step(drawn.filtered[:, time - 1], drawn.transition) if time else draws[names.INITIAL]
