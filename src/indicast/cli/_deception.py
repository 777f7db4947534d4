"""``indicast watch --deception``: what it would take to put another scenario on top.

Invariant: where weighed draws cannot tell, no line claims that they do; a fit has the last word
(``tests/contract/test_watch_command.py``).
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from indicast.cli._asking import nearest
from indicast.errors import DataError

if TYPE_CHECKING:
    from indicast.cli._jobs import Desk
    from indicast.explain import Deceived, Deception
    from indicast.infer import Run
    from indicast.panel import Vintage
    from indicast.workspace import Framework

WIDTH = 80
SHOWN = 3
"""Single tricks that are printed."""


def searched(desk: Desk, run: Run, grade: str | None) -> Deception:
    """Return the cheapest deception of a run, telling how far the search has come."""
    from indicast.explain import Search, cheapest_deception

    how = Search(grade, tell=desk.say)
    return cheapest_deception(desk.framework, desk.hyperparameters, run.tree, desk.ledger, _vintage(run), how)


def named_grade(text: str | None) -> str | None:
    """Return a reliability letter.

    Raises
    ------
    DataError
        If it is none.
    """
    from indicast.elicit import GRADES

    if text is not None and text.upper() not in GRADES:
        message = f"--grade: {text!r} is no reliability letter{nearest(text, GRADES)} allowed are {', '.join(GRADES)}"
        raise DataError(message)
    return text.upper() if text else None


def refitted(desk: Desk, run: Run, found: Deception) -> Deceived:
    """Return where the tricks lead by a fit of the ledger on which they were played; nothing is saved."""
    from indicast.explain import as_refitted, deceived_panel
    from indicast.infer import Sampler, Settings

    framework, hyperparameters = desk.framework, desk.hyperparameters
    desk.say("fitting the ledger on which they were played ...")
    panel = deceived_panel(framework, hyperparameters, desk.ledger, _vintage(run), found.found.tricks)
    bar = not (desk.options.quiet or desk.options.as_json) and sys.stderr.isatty()
    tree = Sampler(framework, hyperparameters).fit(panel, Settings(**run.manifest["sampler"]), progress=bar)
    return as_refitted(found.found, tree, framework.scenarios.index(found.top))


def _vintage(run: Run) -> Vintage:
    from indicast.panel import Vintage

    return Vintage(str(run.manifest["as_of"]), date.fromisoformat(run.manifest["known_at"]))


def lines(framework: Framework, found: Deception, fit: Deceived | None) -> Iterator[str]:
    """Yield the deception as text, at most 80 columns wide.

    Parameters
    ----------
    framework
        Gives the short names of the scenarios.
    found
        From :func:`searched`.
    fit
        From :func:`refitted`, if it was asked for.

    Yields
    ------
    line
        Of at most 80 characters.
    """
    shorts = {one.id: one.short for one in framework.declaration.scenarios}
    yield ""
    heading = f"the cheapest deception of {found.month}: {_shares(shorts, found.before)}"
    for text in (heading, *_verdict(shorts, found), *_fit_verdict(shorts, found, fit)):
        yield from textwrap.wrap(text, WIDTH, subsequent_indent="  ")
    if found.singles:
        yield "what single tricks would do, the most harmful first:"
    for one in found.singles[:SHOWN]:
        text = f"{one.tricks[0].words}: {_shares(shorts, one.after) if one.trusted else 'only a fit can tell'}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
    drivers = {one.id for one in framework.declaration.indicators if one.driver}
    if any(trick.label in drivers for one in (found.found, *found.singles[:SHOWN]) for trick in one.tricks):
        yield from textwrap.wrap("Drivers among them: what the model makes of them is association, not cause.", WIDTH)


def _shares(shorts: dict[str, str], after: tuple[float, ...]) -> str:
    return ", ".join(f"{short} {p:.1%}" for short, p in zip(shorts.values(), after, strict=True))


def _verdict(shorts: dict[str, str], found: Deception) -> Iterator[str]:
    best, number = found.found, len(found.found.tricks)
    if not number:
        yield "nothing that could be hidden or faked changes anything"
        return
    noun = "trick puts" if number == 1 else "tricks put"
    if best.flips and best.trusted:
        yield f"{number} {noun} another scenario on top of {shorts[found.top]}: {_shares(shorts, best.after)}"
    elif best.flips:
        yield f"{number} {noun} another scenario on top, if at all: only a fit can tell (--refit)"
    elif best.trusted:
        worst = "worst trick leaves" if number == 1 else f"{number} worst tricks leave"
        yield f"none was found that weighed draws can tell; the {worst} {_shares(shorts, best.after)}"
    else:
        yield "none was found; only a fit can tell what the worst do (--refit)"
    yield from (f"- {one.words}" for one in best.tricks)
    yield f"k-hat {best.k_hat:.2f}, limit {best.limit:.2f}. {_ruled_out(found)}"


def _ruled_out(found: Deception) -> str:
    """Return what was looked at, and what that rules out."""
    looked = f"{found.looked_at} of {found.pairs} pairs" if found.pairs else ""
    doubt = f", though of {found.doubtful} only a fit can tell" if found.doubtful else ""
    hides = f"Origins hidden or reports graded {found.grade} faked, each costs 1; no word on a milestone is among them."
    if found.ruled_out == 0:
        return f"{hides} Chosen among {found.candidates} single tricks{doubt}."
    single = f"No single one of {found.candidates} tricks does it{doubt}"
    if len(found.found.tricks) == 1:
        return f"{hides} {single}."
    if len(found.found.tricks) == 2 and found.found.flips:  # noqa: PLR2004  # a pair
        return f"{hides} {single}; the best of {looked} that were looked at."
    pairs = "no pair does it either" if found.ruled_out > 1 else "not all pairs were looked at"
    return f"{hides} {single}; {pairs} ({looked}). Larger sets were built one by one, so a smaller one may exist."


def _fit_verdict(shorts: dict[str, str], found: Deception, fit: Deceived | None) -> Iterator[str]:
    if fit is not None:
        word = "the fit agrees" if fit.flips else f"the fit leaves {shorts[found.top]} on top"
        errors = "/".join(f"{100 * error:.1f}" for error in fit.mcse)
        yield f"by a fit of that ledger: {_shares(shorts, fit.after)} (+-{errors} points); {word}"


def content(found: Deception, fit: Deceived | None) -> dict[str, object]:
    """Return the deception for scripts.

    Parameters
    ----------
    found
        From :func:`searched`.
    fit
        From :func:`refitted`, if it was asked for.
    """
    told = asdict(found) | {"smallest": found.smallest, "ruled_out": found.ruled_out}
    told |= {"found": _set(found.found), "singles": [_set(one) for one in found.singles]}
    return told | {"refit": _set(fit) if fit else None}


def _set(one: Deceived) -> dict[str, object]:
    tricks = [{"kind": trick.kind, "label": trick.label, "words": trick.words} for trick in one.tricks]
    k_hat = one.k_hat if abs(one.k_hat) != float("inf") else None
    return asdict(one) | {"tricks": tricks, "k_hat": k_hat, "trusted": one.trusted}
