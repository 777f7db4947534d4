"""``indicast watch``: what is worth looking at next, and what it would take to deceive the model.

Invariant: a run that no longer fits the workspace is refused, and no line is wider than 80 columns
(``tests/contract/test_watch_command.py``).
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import typer

from indicast.cli import _deception
from indicast.cli._asking import nearest
from indicast.cli._jobs import Desk, open_desk
from indicast.errors import DataError, RunError, one_of

if TYPE_CHECKING:
    from indicast.cli._options import Shared
    from indicast.explain import Watched
    from indicast.infer import Run
    from indicast.workspace import Framework

WIDTH = 80
SHOWN = 10
"""Rows that are printed unless more are asked for."""
FINE = 0.02
"""Largest move below which probabilities are told with a decimal."""


class Asked(NamedTuple):
    """What is asked for besides the list.

    Attributes
    ----------
    deception
        Whether the cheapest deception is.
    refit
        Whether a fit of it is.
    grade
        Reliability letter of fakes.
    """

    deception: bool = False
    refit: bool = False
    grade: str | None = None


def watch(
    options: Shared,
    model: str,
    run_id: str | None,
    month: str | None,
    pair: str | None,
    top: int | None,
    asked: Asked,
) -> None:
    """Print the next observations, most informative first.

    Parameters
    ----------
    options, model, run_id
        As given; the run of the latest month by default.
    month
        YYYY-MM, or the month after the run's.
    pair
        Two scenarios by short name or id, with a comma between them; the two most probable ones by default.
    top
        How many rows; ten by default, and all of them for scripts.
    asked
        What else is.

    Raises
    ------
    DataError
        If a fit or a grade is asked for without a deception.
    """
    from indicast.explain import watch_list

    if (asked.refit or asked.grade) and not asked.deception:
        message = f"{'--refit' if asked.refit else '--grade'} is about a deception; add --deception"
        raise DataError(message)
    letter = _deception.named_grade(asked.grade)
    desk = open_desk(options, model)
    chosen = named_pair(desk.framework, pair)
    run = standing_run(desk, run_id)
    found = watch_list(desk.framework, desk.hyperparameters, run.tree, month=month, pair=chosen)
    told = None if options.as_json else lines(desk.framework, run.id, found, top or SHOWN)
    for line in told or ():
        typer.echo(line)
    deception = _deception.searched(desk, run, letter) if asked.deception else None
    fit = _deception.refitted(desk, run, deception) if deception and asked.refit else None
    if options.as_json:
        more = {"deception": _deception.content(deception, fit)} if deception else {}
        typer.echo(json.dumps(_content(run, found[:top]) | more, indent=1, ensure_ascii=False))
    elif deception:
        for line in _deception.lines(desk.framework, deception, fit):
            typer.echo(line)


def standing_run(desk: Desk, run_id: str | None) -> Run:
    """Return a saved run whose inputs still are those of the workspace.

    Raises
    ------
    RunError
        If they are not.
    """
    from indicast.infer import find_run, load_run
    from indicast.publish import changed_inputs

    run = load_run(find_run(desk.framework, run_id))
    changed = changed_inputs(desk.framework, desk.ledger, run)
    if changed:
        message = (
            f"{run.id} was made with another {one_of(changed)} than now lies in the workspace; "
            f"fit the month again: 'indicast fit {desk.framework.id} --as-of {run.manifest['as_of']}'"
        )
        raise RunError(message)
    return run


def named_pair(framework: Framework, text: str | None) -> tuple[str, str] | None:
    """Return the ids of two scenarios given by short name or id.

    Raises
    ------
    DataError
        If they are not two, or one is not declared.
    """
    if text is None:
        return None
    given = [word.strip() for word in text.split(",")]
    known = {word.casefold(): one.id for one in framework.declaration.scenarios for word in (one.id, one.short)}
    shorts = [one.short for one in framework.declaration.scenarios]
    for word in given:
        if word.casefold() not in known:
            allowed = [*shorts, *framework.scenarios]
            message = f"--pair: {word!r} is no scenario{nearest(word, allowed)} allowed are {', '.join(shorts)}"
            raise DataError(message)
    ids = list(dict.fromkeys(known[word.casefold()] for word in given))
    if len(ids) != 2:  # noqa: PLR2004  # a pair
        message = (
            f"--pair: {text!r} is not two scenarios; write two of {', '.join(shorts)}, such as {','.join(shorts[:2])}"
        )
        raise DataError(message)
    return ids[0], ids[1]


def lines(framework: Framework, run: str, found: Sequence[Watched], top: int) -> Iterator[str]:
    """Yield the list as text, at most 80 columns wide.

    Parameters
    ----------
    framework
        Gives the short names of the scenarios.
    run
        Id of the run.
    found
        Most informative first; not empty.
    top
        How many rows.

    Yields
    ------
    line
        Of at most 80 characters.
    """
    shorts, first = {one.id: one.short for one in framework.declaration.scenarios}, found[0]
    before = ", ".join(f"{short} {p:.0%}" for short, p in zip(shorts.values(), first.before, strict=True))
    yield from textwrap.wrap(f"{first.month}, from {run}: {before}", WIDTH, subsequent_indent="  ")
    pair = f"{shorts[first.pair[0]]}|{shorts[first.pair[1]]}"
    yield f"{'what to look at, by expected information':45}{'see':>7} {'milli-nats':>10} {pair:>13}"
    for rank, one in enumerate(found[:top], start=1):
        yield f"{rank:2} {_named(one)} {one.chance:6.0%} {1e3 * one.nats:10.3f} {1e3 * one.pair_nats:13.3f}"
        text = f"{_seen(one)}: {_what_it_would_do(one, list(shorts.values()))}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="   ", subsequent_indent="   ")
    yield from textwrap.wrap(_footnote(found, top), WIDTH)


def _named(one: Watched) -> str:
    return f"{textwrap.shorten(one.name, 41, placeholder=' ...'):41}"


def _seen(one: Watched) -> str:
    error = f"+-{1e3 * one.mcse:.2g} milli-nats, {one.bits:.2g} bits" if one.nats else _why_nothing(one)
    never = "" if one.seen or not one.last_seen else f", last in {one.last_seen}"
    cause = "; association, not cause" if one.driver else ""
    return f"{one.looked_for}{never} ({error}{cause})"


def _why_nothing(one: Watched) -> str:
    if one.chance:
        return "the same in all scenarios"
    return "the series has ended" if one.last_seen else "never clear so far"


def _what_it_would_do(one: Watched, shorts: list[str]) -> str:
    """Return how the scenario that moves most would stand after each outcome that is not too rare."""
    moves = [sum(o.probability * abs(o.scenario[k] - p) for o in one.outcomes) for k, p in enumerate(one.before)]
    place = moves.index(max(moves))
    likely = sorted(sorted(one.outcomes, key=lambda o: -o.probability)[:3], key=one.outcomes.index)
    largest = max(abs(o.scenario[place] - one.before[place]) for o in likely)
    digits = 1 if largest < FINE else 0
    told = [f"{100 * o.scenario[place]:.{digits}f} if {o.name} ({_chance(o.probability)})" for o in likely]
    return f"{shorts[place]} {100 * one.before[place]:.{digits}f} -> {', '.join(told)}"


def _chance(probability: float) -> str:
    return f"{probability:.0%}" if 0.005 <= probability <= 0.995 else f"{probability:.1%}"  # noqa: PLR2004  # 0 % and 100 % would be wrong


def _footnote(found: Sequence[Watched], top: int) -> str:
    more = f" {len(found) - top} more rows: --top {len(found)}." if len(found) > top else ""
    months = found[0].months
    return (
        f"Expected information about the scenario at the end of {found[0].month} times the chance to see it, by the "
        f"last {months} months. A silence is counted where somebody watches. In the last column: between the two "
        f"scenarios only. Each for itself: two of them are worth less than their sum.{more}"
    )


def _content(run: Run, found: Sequence[Watched]) -> dict[str, object]:
    rows = [asdict(one) | {"bits": one.bits, "outcomes": [o._asdict() for o in one.outcomes]} for one in found]
    return {"run": run.id, "watch": rows}
