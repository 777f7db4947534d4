"""What a deceiver could do to the ledger: hide what one origin said, or fake one report or act in the last month.

Each costs 1. A hidden origin takes all its rows with it, and whatever corroborates them. A fake is one row of an origin
of its own, from a source without a slant, in the last month; it may be a direction, an event that is counted or an act.
Milestones and numbers of series are neither faked nor hidden.

Invariant: evidence changes only where rows are hidden or added, and changes of tricks in different places add up
(``tests/unit/test_deception.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast.explain._dropped import Changes, Fit, changes_in, dropped
from indicast.panel import build_panel, last_day, used_months
from indicast.workspace import month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Framework, Indicator

FAKED = "faked"
"""Id of the made-up source, and start of the made-up origins."""


class Trick(NamedTuple):
    """One thing that a deceiver could do.

    Attributes
    ----------
    kind
        ``hide`` or ``fake``.
    label
        The origin that is hidden, or the indicator that is faked.
    words
        In words.
    lines
        Lines of the rows that are hidden.
    cells
        Cells of the row that is faked, by column; none if something is hidden.
    """

    kind: str
    label: str
    words: str
    lines: tuple[int, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()


def hidden(fit: Fit) -> Iterator[Trick]:
    """Yield the origins of which a row feeds the model.

    Parameters
    ----------
    fit
        Its ledger holds the rows that stood.
    """
    rows, framework = fit.ledger.observations, fit.framework
    indicators = {one.id: one for one in framework.declaration.indicators}
    columns = zip(rows["indicator"], rows["kind"], rows["unit"], rows["direction"], strict=True)
    feeds = np.array([indicators[name].stream(*cells) is not None for name, *cells in columns], dtype=bool)
    feeding = set(rows.loc[feeds & ~rows["source_id"].isin(framework.carried), "origin_id"])
    for origin, group in rows.groupby("origin_id", sort=True):
        if origin in feeding:
            said = ", ".join(sorted(set(group["indicator"])))
            first, number = group["event_date"].min(), len(group)
            words = f"hide {origin} ({number} row{'s' * (number > 1)} from {first:%Y-%m} of {said})"
            yield Trick("hide", str(origin), words, tuple(group.index.tolist()))


def faked(fit: Fit, grade: str) -> Iterator[Trick]:
    """Yield the rows that could be faked.

    Parameters
    ----------
    fit
        Gives the words for directions, and how much a kind of row leaves of a source's reliability.
    grade
        Reliability letter of the fakes.
    """
    declared = fit.framework.declaration
    for one in declared.indicators:
        for word in declared.directions:
            if kind := _kind(fit, one, "direction", word):
                yield _fake(one, kind, word, grade, f"fake a report graded {grade} that {one.name}: {word}")
        for family, told in (("count", "one more event"), ("event", "an act")):
            found = ((word, _kind(fit, one, family, word)) for word in declared.directions)
            for word, kind in [pair for pair in found if pair[1]][:1]:
                yield _fake(one, kind, word, grade, f"fake {told} of {one.name}")


def _kind(fit: Fit, one: Indicator, family: str, word: str) -> str:
    """Return the kind of row that feeds a family and is believed most; blank if none feeds it."""
    factors = fit.hyperparameters.mapping("claim_factor")
    kinds = [kind for kind in dict(one.feeds).get(family, ()) if _feeds(one, kind, word, family)]  # type: ignore[call-overload]  # a stream by its name
    return max(kinds, key=lambda kind: factors.get(kind, 1.0), default="")


def _feeds(one: Indicator, kind: str, word: str, family: str) -> bool:
    fed = one.stream(kind, "", word)
    return fed is not None and fed.family == family


def _fake(one: Indicator, kind: str, word: str, grade: str, words: str) -> Trick:
    cells = {"indicator": one.id, "kind": kind, "direction": word, "reliability": grade, "credibility": "1"}
    return Trick("fake", one.id, words, cells=tuple(cells.items()))


def deceived(ledger: Ledger, tricks: Sequence[Trick], month: str) -> Ledger:
    """Return a ledger after some tricks.

    Parameters
    ----------
    ledger
        Restricted to what was known.
    tricks
        The same fake may come more than once.
    month
        YYYY-MM of the fakes.
    """
    import pandas as pd

    lines = [line for one in tricks for line in one.lines]
    rows = ledger.observations.drop(index=lines)
    fakes = [dict(one.cells) for one in tricks if one.cells]
    if not fakes:
        return replace(ledger, observations=rows)
    day, named = pd.Timestamp(last_day(month_index(month))), {"value": "", "unit": "", "change": "", "supersedes": ""}
    base = ledger.observations.iloc[-1].to_dict() | named | {"event_date": day, "known_date": day, "end_date": pd.NaT}
    told = [base | one | {"source_id": FAKED} for one in fakes]
    for place, one in enumerate(told):
        one |= {"record_id": f"{FAKED} {place}", "origin_id": f"{FAKED} {place}"}
    added = pd.DataFrame(told, columns=rows.columns, index=ledger.observations.index.max() + 1 + np.arange(len(told)))
    source = dict.fromkeys(ledger.sources.columns, "") | {"source_id": FAKED, "known_date": pd.NaT}
    sources = pd.concat([ledger.sources, pd.DataFrame([source], index=[ledger.sources.index.max() + 1])])
    return replace(ledger, observations=pd.concat([rows, added.astype(rows.dtypes)]), sources=sources)


def deceived_panel(
    framework: Framework, hyperparameters: Hyperparameters, ledger: Ledger, when: Vintage, tricks: Sequence[Trick]
) -> xr.Dataset:
    """Return the panel after some tricks, padded as a fit wants it.

    Parameters
    ----------
    framework, hyperparameters, ledger, when
        As used for the fit.
    tricks
        The same fake may come more than once.
    """
    return build_panel(framework, hyperparameters, deceived(ledger.known(when.known_at), tricks, when.as_of), when)


def _panel(fit: Fit, tricks: Sequence[Trick]) -> xr.Dataset:
    return used_months(deceived_panel(fit.framework, fit.hyperparameters, fit.ledger, fit.when, tricks))


def effects(fit: Fit, known: dict[str, Changes], tricks: Sequence[Trick]) -> dict[Trick, Changes]:
    """Return what each trick changes in the evidence, each by itself; without those that change nothing.

    Parameters
    ----------
    fit
        As it is.
    known
        Its evidence, from :func:`indicast.explain._dropped.terms_of`.
    tricks
        All different.
    """
    hides = {one.lines: one for one in tricks if one.lines}
    found = {hides[lines]: changes for lines, changes in dropped(fit, list(hides)).items()}
    for together in _rounds(fit.framework, [one for one in tricks if one.cells]):
        changes = changes_in(fit, known, _panel(fit, together))
        for one in together:
            place = fit.framework.indicators.index(one.label)
            found[one] = {key: value for key, value in changes.items() if key[0] == place}
    return {one: found[one] for one in tricks if found.get(one)}


def _rounds(framework: Framework, fakes: Sequence[Trick]) -> Iterator[list[Trick]]:
    """Yield fakes of different indicators, which change different places."""
    waiting = {name: [one for one in fakes if one.label == name] for name in framework.indicators}
    while together := [queue.pop(0) for queue in waiting.values() if queue]:
        yield together


def together(fit: Fit, known: dict[str, Changes], tricks: Sequence[Trick]) -> Changes:
    """Return what some tricks change in the evidence when all are played, exactly.

    Parameters
    ----------
    fit, known
        As in :func:`effects`.
    tricks
        The same fake may come more than once.
    """
    return changes_in(fit, known, _panel(fit, tricks))
