"""Family ``milestone``: steps that happen once, by a date that experts gave.

In scenario k a step m is taken each month with chance ``1 - (1 - p_mk)^(1 / (12 h_m))``, p_mk being
the elicited chance that it is done within h_m years if the scenario holds throughout. Not every step
can be dated: some are taken in fact and never announced, or announced and never taken. A
share c_m of them, the milestone's clarity, comes in a form that a ledger can date, and a step
taken in another form does not keep the clear one from coming. So the clear form has hazard
``lambda_mk = 1 - (1 - p_mk)^(c_m / (12 h_m))``: while it is open it says ``log(1 - lambda)``, when done ``log
lambda``; what is unclear says exactly 0. Where one judgement was given for all scenarios they share
one hazard, up to a small log-deviation: a list that reads the same under every scenario is no evidence.

Invariant: equal hazards give a Bayes factor of exactly one; with clarity 1 the monthly hazards
multiply back to p over the horizon, with clarity 0 nothing is evidence (``tests/reference/test_milestone.py``,
``tests/contract/test_families.py``). Not valid when the chance bunches before the date:
the hazard is constant. Sources: discrete-time survival, Singer and Willett 1993,
doi:10.3102/10769986018002155; thinning of a point process, Lewis and Shedler 1979,
doi:10.1002/nav.3800260304.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indicast import names
from indicast.generative._family import Draws, Family, Labelled, Places, Setting, Variables, grid_places

if TYPE_CHECKING:
    import xarray as xr

    from indicast.workspace import Framework

MONTHS_PER_YEAR = 12.0


def monthly_rate(chance: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return ``-log(1 - lambda)``, the monthly rate that reaches a chance within a horizon.

    Parameters
    ----------
    chance
        In (0, 1); dims (...).
    years
        Horizon > 0; broadcast.

    Examples
    --------
    >>> float(-np.expm1(-monthly_rate(np.array(0.75), np.array(1.0))).round(3))
    0.109
    """
    return np.asarray(-np.log1p(-np.asarray(chance)) / (MONTHS_PER_YEAR * np.asarray(years)))


def milestone_rate(draws: Draws, framework: Framework) -> np.ndarray:
    """Return the monthly rate at which every milestone is clearly reached in every scenario.

    Returns
    -------
    rate
        ``-log(1 - lambda)``, per month; dims (draw, milestone, scenario).
    """
    years = np.array([judgement.horizon_years for judgement in framework.judgements])
    rate = monthly_rate(draws[names.MILESTONE_CHANCE], years)[:, owners(framework)]
    for place, milestone in enumerate(shared(framework)):
        rate[:, milestone] *= np.exp(draws[names.MILESTONE_SHIFT][:, place])
    return np.asarray(rate * draws[names.MILESTONE_CLARITY][:, :, None])


def owners(framework: Framework) -> np.ndarray:
    """Return which judgement each milestone and scenario rests on; dims (milestone, scenario)."""
    place = {(one.milestone, one.scenario): index for index, one in enumerate(framework.judgements)}
    milestones = dict.fromkeys(judgement.milestone for judgement in framework.judgements)
    return np.array(
        [
            [place.get((milestone, scenario), place.get((milestone, "all"))) for scenario in framework.scenarios]
            for milestone in milestones
        ],
        dtype=np.int64,
    )


def shared(framework: Framework) -> list[int]:
    """Return the places of milestones that were judged once for all scenarios."""
    milestones = list(dict.fromkeys(judgement.milestone for judgement in framework.judgements))
    return [milestones.index(judgement.milestone) for judgement in framework.judgements if judgement.shared]


def places(draws: Draws, setting: Setting) -> Places:
    """Return the evidence of each month and milestone that is known, in NumPy.

    Parameters
    ----------
    draws
        Parameters by name, leading axis draw.
    setting
        Its panel says what was open and what was done.
    """
    rate = milestone_rate(draws, setting.framework)[:, None]
    opened, done = (setting.panel[name].to_numpy() for name in ("milestone_open", "milestone_done"))
    terms = done[..., None] * np.log(-np.expm1(-rate)) - opened[..., None] * rate
    return grid_places(terms, (opened > 0) | (done > 0), np.full(opened.shape[1], -1))


def log_emission_graph(variables: Variables, data: Variables, setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the family's evidence as a PyTensor matrix, nats; dims (time, scenario)."""
    from indicast.generative._kernel_op import KernelOp
    from indicast.generative._milestone_kernel import MILESTONES, NOT_SHARED

    framework, owner = setting.framework, owners(setting.framework)
    horizon = MONTHS_PER_YEAR * np.array([judgement.horizon_years for judgement in framework.judgements])
    row = np.full(len(owner), NOT_SHARED, dtype=np.int64)
    row[shared(framework)] = np.arange(len(shared(framework)))
    shift = variables.get(names.MILESTONE_SHIFT, np.zeros((0, len(framework.scenarios))))
    seen = (data["milestone_open"], data["milestone_done"])
    return KernelOp(MILESTONES, (None, owner.shape[1]))(
        variables[names.MILESTONE_CHANCE], shift, variables[names.MILESTONE_CLARITY], horizon, owner, row, *seen
    )


def data(panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the arrays that the model reads."""
    dims = (names.TIME, names.MILESTONE)
    return {name: (dims, panel[name].to_numpy()) for name in ("milestone_open", "milestone_done")}


def simulate(truth: Draws, setting: Setting, path: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return milestones reached under a scenario path; what was never known stays unknown."""
    rate = milestone_rate(truth, setting.framework)[0]
    known = _known(setting.panel)
    reached = (rng.random(known.shape) < -np.expm1(-rate[:, path].T)) & known
    before = np.cumsum(reached, axis=0) - reached
    done = reached & (before == 0)
    return {"milestone_done": done.astype(float), "milestone_open": (known & ~done & (before == 0)).astype(float)}


def _known(panel: xr.Dataset) -> np.ndarray:
    """Return in which months a milestone's state would be known; dims (time, milestone).

    From the first month known to the last, or to the panel's last month where it was
    reached: had it not been, somebody would have gone on looking.
    """
    opened, done = panel["milestone_open"].to_numpy() > 0, panel["milestone_done"].to_numpy() > 0
    seen, months = opened | done, np.arange(opened.shape[0])[:, None]
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), opened.shape[0])
    last = opened.shape[0] - 1 - seen[::-1].argmax(axis=0)
    last = np.where(done.any(axis=0), int(panel.attrs["months"]) - 1, last)
    return np.asarray((months >= first) & (months <= last))


FAMILY = Family("milestone", data, places, log_emission_graph, simulate)
