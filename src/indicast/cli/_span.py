"""``indicast run --from --to``: the reports of a span of months, each as it was known on its last day.

Invariant: a span that was stopped goes on where it was and ends with the same files
(``tests/contract/test_span.py``), and who fits a month changes no number of it
(``tests/recovery/test_back_catalogue.py``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import typer

from indicast.cli._jobs import Desk, open_desk, run_of
from indicast.cli._span_steps import Asked, Step, steps_of
from indicast.errors import GateError, PublishedError
from indicast.workspace import month_index

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.evaluate import Fitted
    from indicast.infer import Run

Result = Literal["published", "the same again", "left as it was", "stands", "refused", "gates failed"]
NEW: tuple[Result, ...] = ("published", "the same again")
BAD: tuple[Result, ...] = ("refused", "gates failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one month of the span."""

    month: str
    result: Result
    run: str
    report: str
    why: str
    seconds: float


def span(options: Shared, model: str, asked: Asked) -> bool:
    """Publish a span of months and return whether every one of them stands published."""
    from indicast.publish import write_site

    desk = open_desk(options, model)
    steps = steps_of(desk, asked)
    _tell_start(desk, steps, asked)
    outcomes: list[Outcome] = []
    try:
        for outcome in _outcomes(desk, steps, asked):
            outcomes.append(outcome)
            _tell_progress(desk, steps, outcomes)
    finally:
        if any(one.result in NEW for one in outcomes):
            write_site(desk.framework.root)
    _tell(desk, outcomes)
    return not any(one.result in BAD for one in outcomes)


def _outcomes(desk: Desk, steps: Sequence[Step], asked: Asked) -> Iterator[Outcome]:
    from indicast.evaluate import Wanted, fitted_months

    wanted = [Wanted(step.when, step.sizes) for step in steps if step.fits]
    fits = fitted_months(desk.study, wanted, workers=asked.how.workers, scheduler=asked.how.scheduler)
    previous: Run | None = None
    first = month_index(asked.first)
    for step in steps:
        began = time.perf_counter()
        run = _run(desk, step, fits)
        if month_index(step.when.as_of) >= first:
            outcome = _outcome(desk, step, run, previous, asked)
            yield replace(outcome, seconds=round(time.perf_counter() - began, 1))
        previous = run


def _run(desk: Desk, step: Step, fits: Iterator[Fitted]) -> Run | None:
    from indicast.infer import load_run

    if step.task == "leave":
        return None
    if step.saved is not None:
        return load_run(step.saved)
    return run_of(desk, step.when, next(fits))


def _outcome(desk: Desk, step: Step, run: Run | None, previous: Run | None, asked: Asked) -> Outcome:
    from indicast.infer import save_run

    folder = desk.framework.reports_folder / step.when.as_of
    if run is None or step.task != "publish":
        return Outcome(step.when.as_of, "left as it was", run.id if run else "", str(folder), "", 0.0)
    result, why = _published(desk, step, run, previous, asked)
    if step.saved is None and (step.keep or asked.how.keep_runs or result in BAD):
        save_run(desk.framework, run)
    return Outcome(step.when.as_of, result, run.id, "" if result in BAD else str(folder), why, 0.0)


def _published(desk: Desk, step: Step, run: Run, previous: Run | None, asked: Asked) -> tuple[Result, str]:
    from indicast.publish import Issue, publish_report, published_months, stands

    if not asked.how.reason and (kept := stands(desk.framework, run)):
        return "stands", kept
    again = step.when.as_of in published_months(desk.framework.reports_folder)
    inputs = (desk.framework, desk.hyperparameters, desk.ledger)
    try:
        publish_report(*inputs, run, previous, issue=Issue(asked.how.reason, page=step.page))
    except GateError as error:
        return "gates failed", str(error)
    except PublishedError as error:
        return "refused", str(error)
    return ("the same again" if again and not asked.how.reason else "published"), ""


def _tell_start(desk: Desk, steps: Sequence[Step], asked: Asked) -> None:
    tasks = [step.task for step in steps if step.when.as_of >= asked.first]
    due, fits = tasks.count("publish"), sum(step.fits for step in steps)
    desk.say(f"{due} months to publish, {len(tasks) - due} left as they are; {fits} fits")
    if fits:
        desk.say("compiling (minutes the first time), then months one after another; what is published survives a stop")


def _tell_progress(desk: Desk, steps: Sequence[Step], outcomes: Sequence[Outcome]) -> None:
    last, total = outcomes[-1], len([step for step in steps if step.when.as_of >= outcomes[0].month])
    ahead = [step for step in steps if step.when.as_of > last.month and step.task != "leave"]
    taken = sorted(one.seconds for one in outcomes if one.result != "left as it was")
    left = f", {_minutes(taken[len(taken) // 2] * len(ahead))} left" if taken and ahead else ""
    desk.say(f"{last.month} {last.result} ({len(outcomes)} of {total}, {last.seconds:.1f} s{left})")


def _minutes(seconds: float) -> str:
    """Return a time to wait, roughly.

    Examples
    --------
    >>> _minutes(200.0), _minutes(20.0)
    ('about 3 min', 'less than a minute')
    """
    return f"about {seconds / 60:.0f} min" if seconds > 50 else "less than a minute"  # noqa: PLR2004  # seconds


def _tell(desk: Desk, outcomes: Sequence[Outcome]) -> None:
    if desk.options.as_json:
        typer.echo(json.dumps([asdict(one) for one in outcomes], indent=1))
        return
    found = [one.result for one in outcomes]
    counts = ", ".join(f"{found.count(result)} {result}" for result in dict.fromkeys(found))
    typer.echo(f"{desk.framework.id} {outcomes[0].month} to {outcomes[-1].month}: {counts}")
    for one in outcomes:
        if one.why:
            typer.echo(f"  {one.month} {one.result}: {one.why}")
