"""An answer of ``indicast whatif`` in lines of a terminal, or whole as JSON.

Invariant: lines fit 80 columns, and both forms say what the numbers rest on (``tests/contract/test_whatif.py``).
"""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from indicast.cli._jobs import month_named
from indicast.explain import watched_as

if TYPE_CHECKING:
    from indicast.cli._asked_run import Asked, Opened
    from indicast.cli._whatif import Told
    from indicast.explain import Question, Supposed

WIDTH = 79
NAME = 30
"""Columns for a scenario's name."""


def tell(told: Told) -> None:
    """Print an answer."""
    if told.opened.options.as_json:
        typer.echo(json.dumps(as_json(told), indent=1, ensure_ascii=True))
        return
    for line in lines(told):
        typer.echo(line)


def in_words(opened: Opened, question: Question, asked: Asked, left: Sequence[str]) -> tuple[str, ...]:
    """Return what is supposed, each part in words.

    Parameters
    ----------
    opened
        The run.
    question
        What is supposed.
    asked
        The same as it was written.
    left
        Ids of the rows that are left out.
    """
    framework = opened.framework
    return (
        *(_observed(opened, one) for one in question.observations),
        *(f"without row {row}" for row in left),
        *(f"source {source.strip()} graded {letter.strip()}" for source, _, letter in map(_parted, asked.grades)),
        *(f"without indicator {framework.indicators[place]}, its marks among it" for place in question.indicators),
        *(f"without expert {name}" for name in question.raters),
    )


def _parted(text: str) -> tuple[str, str, str]:
    return text.partition("=")


def _observed(opened: Opened, one: Supposed) -> str:
    framework = opened.framework
    when = f"in {month_named(framework.start_index + one.time)}"
    if one.what == "outcome":
        return f"{one.label} {one.outcome.replace('_', ' ')} {when}"
    if one.what in ("count", "act"):
        number = f"{one.value:.0f}" if one.what == "count" else "one more act"
        watched = watched_as(framework, opened.hyperparameters, one.label)
        return f"{one.label}: {number} {when}; a month that nobody watched counts as {watched}"
    if one.what in ("share", "level"):
        return f"{one.label}: {one.value:g} {one.unit} on {one.day} ({one.kind})"
    word = framework.declaration.directions[1 + int(one.value)]
    source = f"{one.kind}, source graded {one.reliability}{one.credibility}, slant {one.slant}"
    return f"{one.label} {word} {when}: {source}"


def lines(told: Told) -> list[str]:
    """Return an answer in lines."""
    opened, found = told.opened, told.found
    how = "by a refit" if told.refitted else "without a refit"
    head = f"what if, in {told.as_of}, from {opened.id} {how}; supposed:"
    supposed = [line for one in told.supposed for line in _wrapped(f"- {one}", "  ")]
    if not told.answered:
        said = (
            f"no answer: the draws of the run cannot tell (k-hat {found.k_hat:.2f}, limit {found.limit:.2f}; worth "
            f"{found.effective_draws:.0f} of {found.draws} draws)"
        )
        return [head, *supposed, *_wrapped(f"{said}. {_next(told)}")]
    return [head, *supposed, *_scenarios(told), *_basis(told), *_caveats(told)]


def _next(told: Told) -> str:
    if told.marks_left_out:
        return "No refit leaves out the marks of one indicator either: fit a copy of the workspace without its rows"
    return "Ask again with --refit"


def _scenarios(told: Told) -> list[str]:
    from indicast.forecast import floored

    declared, found = told.opened.framework.declaration, told.found
    before, after = (floored(side, declared.forecast.floor).tolist() for side in (found.before, found.after))
    rows = zip(declared.scenarios, before, after, found.decibans, found.beyond_noise, strict=True)
    shown = []
    for scenario, old, new, decibans, clear in rows:
        name = scenario.name if len(scenario.name) <= NAME else f"{scenario.name[: NAME - 3]}..."
        points, tenths = (round(one, 1) + 0.0 for one in (100.0 * (new - old), decibans))
        numbers = f"{old:4.0%} -> {new:4.0%}  {points:+5.1f} pt  {tenths:+5.1f} dB"
        shown.append(f"  {name:<{NAME}} {numbers}{'' if clear else '  noise'}")
    return shown


def _basis(told: Told) -> list[str]:
    found = told.found
    largest = 100.0 * float(found.difference_mcse.max())
    error = f"Monte Carlo error of a difference at most {largest:.2f} pt"
    noise = "" if found.beyond_noise.all() else "; 'noise' is less than twice its own"
    if told.refitted:
        said = f"fitted anew with seed {told.opened.seed}: {found.draws} draws, {told.divergences} divergences"
    elif math.isinf(found.k_hat):
        said = "this is no evidence of any month until then" if not found.difference.any() else "nothing was weighed"
    else:
        worth = f"worth {found.effective_draws:.0f} of {found.draws} draws"
        said = f"k-hat {found.k_hat:.2f}, limit {found.limit:.2f}: can be believed; {worth}"
    return _wrapped(f"{said}; {error}{noise}")


def _caveats(told: Told) -> list[str]:
    said = [f"{', '.join(told.drivers)}: association, not cause"] if told.drivers else []
    if not told.opened.manifest["passed"]:
        said.append("the run failed its gates")
    if told.refitted and told.divergences:
        said.append("the refit diverged: compare with a longer one before it is believed")
    return [line for one in said for line in _wrapped(one)]


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=True)


def as_json(told: Told) -> dict[str, object]:
    """Return an answer whole; numbers are left out where they cannot be trusted."""
    found, opened = told.found, told.opened
    columns = ("before", "after", "difference", "decibans", "before_mcse", "after_mcse", "difference_mcse")
    rows = [
        {"scenario": name, **{key: float(getattr(found, key)[place]) for key in columns}}
        | {"beyond_noise": bool(found.beyond_noise[place])}
        for place, name in enumerate(found.scenarios)
    ]
    return {
        "model": opened.framework.id,
        "run": opened.id,
        "run_passed": bool(opened.manifest["passed"]),
        "as_of": told.as_of,
        "supposed": list(told.supposed),
        "road": "refit" if told.refitted else "weights",
        "answered": told.answered,
        "scenarios": rows if told.answered else None,
        "k_hat": None if told.refitted or not math.isfinite(found.k_hat) else found.k_hat,
        "k_hat_limit": found.limit,
        "effective_draws": found.effective_draws,
        "draws": found.draws,
        "divergences": told.divergences if told.refitted else None,
        "seed": opened.seed,
        "association_not_cause": list(told.drivers),
        "next": None if told.answered else _next(told),
    }
