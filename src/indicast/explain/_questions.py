"""What the probabilities would be had something else been observed, and how far a saved run can tell.

Where observations alone differ, only what they change is computed; where a mark is left out, everything is.

Invariant: a question that supposes nothing moves nothing, exactly; a supposed observation moves what a row of the
ledger with the same words moves (``tests/unit/test_questions.py``). An answer says what observations are evidence of,
never what an act would bring about. Source: Vehtari, Simpson, Gelman, Yao and Gabry 2024, Journal of Machine
Learning Research 25(72).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from indicast import names
from indicast.errors import RunError
from indicast.explain._alternatives import marks_of
from indicast.explain._instant import Known, Read, read
from indicast.explain._reweighting import error_of_mean, weights
from indicast.explain._supposed import Supposed, suppose
from indicast.explain._taken_out import silenced, without_rater
from indicast.explain._what_if import Side, WhatIf, compared, side_of
from indicast.generative import emission, marks

if TYPE_CHECKING:
    from indicast.infer import PlainPanel, Settings
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is supposed.

    Attributes
    ----------
    panel
        What the ledger says, itself supposed to differ or not; with all months that are asked about.
    observations
        Put into it.
    indicators
        Indices of those that are left out, reports and marks.
    raters
        Experts that are left out.
    """

    panel: PlainPanel
    observations: tuple[Supposed, ...] = ()
    indicators: tuple[int, ...] = ()
    raters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A question as framework and panel.

    Attributes
    ----------
    framework
        Without the raters that are left out.
    panel
        With all that is supposed.
    marks_left_out
        Indices of indicators whose marks are left out; the panel has them still.
    """

    framework: Framework
    panel: PlainPanel
    marks_left_out: tuple[int, ...]


def pose(run: Known, question: Question) -> Posed:
    """Return a question as framework and panel."""
    panel = suppose(question.panel, run.framework, run.hyperparameters, question.observations)
    framework = run.framework
    if question.indicators:
        panel = silenced(panel, framework, question.indicators)
    if question.raters:
        framework, panel = without_rater(framework, panel, question.raters)
    return Posed(framework, panel, question.indicators if marks.used(framework) else ())


def ask(run: Known, question: Question, as_of: str) -> WhatIf:
    """Return how the last month's probabilities differ, by weighed draws.

    Parameters
    ----------
    run
        With as many months as the question.
    question
        What is supposed.
    as_of
        The last month, as YYYY-MM.

    Raises
    ------
    RunError
        If no weights can tell, for raters share what is left out.
    """
    posed = pose(run, question)
    same = posed.framework is run.framework and not posed.marks_left_out
    found = read(run, posed.panel) if same else _read_whole(run, posed)
    before, after = (side_of(run.drawn, one) for one in (read(run, run.panel), found))
    return compared(run.framework.scenarios, as_of, before, after)


def _read_whole(run: Known, posed: Posed) -> Read:
    """Return what each draw makes of a question, with all evidence computed."""
    framework, hyperparameters, panel = posed.framework, run.hyperparameters, posed.panel.as_dataset()
    draws = {**run.draws, names.STRENGTH: emission.strengths(run.draws, framework, hyperparameters)}
    evidence = emission.log_emission(draws, framework, hyperparameters, panel)
    if posed.marks_left_out:
        evidence[:, 0] -= marks_of(draws, framework, hyperparameters, panel, posed.marks_left_out)
    found = emission.run_chain(draws, evidence)
    return Read(found.log_marginal - run.drawn.one_step.sum(axis=-1), found.filtered[:, -1])


def refit(run: Known, question: Question, as_of: str, settings: Settings, padded: int) -> tuple[WhatIf, int]:
    """Return how the last month's probabilities differ, by a fit of what is supposed, and its divergences.

    Parameters
    ----------
    run
        With as many months as the question.
    question
        What is supposed.
    as_of
        The last month, as YYYY-MM.
    settings
        Of the sampler, with its seed.
    padded
        Months that the panel is padded to, at least as many as it has.

    Raises
    ------
    RunError
        If marks of an indicator are left out: the model hears all of them or none.
    """
    from indicast.infer import Sampler, drawn_of, padded_dataset

    posed = pose(run, question)
    if posed.marks_left_out:
        left = ", ".join(run.framework.indicators[place] for place in posed.marks_left_out)
        message = (
            f"no fit leaves out the marks of one indicator ({left}); take its rows out of table.csv and model.toml "
            f"in a copy of the workspace, and fit that"
        )
        raise RunError(message)
    sampler = Sampler(posed.framework, run.hyperparameters)
    tree = sampler.fit(padded_dataset(posed.panel, padded), settings, progress=False)
    drawn = drawn_of(tree)
    even = weights(np.zeros(drawn.shape))
    after = Side(even, drawn.filtered[:, -1].reshape(*drawn.shape, -1))
    divergences = int(tree["sample_stats"]["diverging"].sum())
    return _fitted_apart(run, side_of(run.drawn, read(run, run.panel)), after, as_of), divergences


def _fitted_apart(run: Known, before: Side, after: Side, as_of: str) -> WhatIf:
    """Return how two fits differ, whose draws have nothing in common."""
    mean = [side.weights.mean(side.probability) for side in (before, after)]
    error = [error_of_mean(side.weights.pull(side.probability)) for side in (before, after)]
    one = compared(run.framework.scenarios, as_of, before, before)
    return replace(
        one,
        before=mean[0],
        after=mean[1],
        before_mcse=error[0],
        after_mcse=error[1],
        difference_mcse=np.hypot(*error),
        effective_draws=after.weights.effective,
        draws=after.weights.values.size,
    )
