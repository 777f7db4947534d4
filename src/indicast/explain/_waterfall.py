"""What moved the scenario probabilities between two months, bar by bar.

Between what was published for the earlier month and for the later one lie, in this order:

- Monte Carlo error: the earlier month as the later fit's draws tell it, given what was known then, less as it was
  published. If table, priors, model or code differ between the fits, this bar holds their effect too and says so.
- Passing of time: the later month less the earlier one, both given what was known at the earlier one. The chain moves
  on; so does what is due only in later months.
- News: everything that became known in between, group by group. The share of a group is its Shapley value; that of a
  piece is its Owen value (``_shapley``).

What a set of news is worth is defined in ``_worth``, what a piece is in ``_pieces``. Beside each share stands what
leaving the bar out would change (leave-one-out): where that is small and the share is not, other news say the same.

Invariant: the bars add up to the change within 1e-8, in probabilities and in decibans; without shocks and dynamics,
with parameters known, they are the weights of evidence in closed form (``tests/reference/test_waterfall.py``). Not
valid where k-hat says so. A bar is what rows are evidence of, never what an act brought about. Sources: Good 1985, in
Bayesian Statistics 2, 249-270 (weight of evidence); Shapley and Owen as in ``_shapley``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from indicast import names
from indicast.errors import RunError, one_of
from indicast.explain._bars import GROUP, NOISE, OTHERWISE, TIME, Bar, Waterfall, bar_of
from indicast.explain._coalitions import Coalitions, blocks
from indicast.explain._cutting import told
from indicast.explain._pieces import CORRECTIONS, MILESTONES, Told
from indicast.explain._seen import SAMPLE, as_fitted
from indicast.explain._shapley import Coalition, Step, group_steps, piece_steps, share
from indicast.explain._worth import Anchor, Worths, averaged, scenario_pairs
from indicast.generative.families import Setting
from indicast.panel import Vintage, build_panel, used_months
from indicast.workspace import month_index

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework

READING, WEIGHING = "panels of the news read", "sets of news weighed"
"""Parts of the work."""


class Fitted(NamedTuple):
    """A fit, and the month and day of knowledge of which it speaks."""

    tree: xr.DataTree
    when: Vintage


class Read(NamedTuple):
    """What months are read by: framework, priors and the whole ledger."""

    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger


def waterfall(
    by: Read,
    before: Fitted,
    after: Fitted,
    *,
    seed: int,
    altered: Sequence[str] = (),
    refitted: xr.DataTree | None = None,
    tell: Callable[[str, float], None] = lambda _, __: None,
) -> Waterfall:
    """Return what moved the probabilities between two months.

    Parameters
    ----------
    by
        As used for the later fit.
    before, after
        Fits of the two months.
    seed
        Of the orders within large groups.
    altered
        What differs between the fits besides the news: files, or code.
    refitted
        A fit of the later month given what was known at the earlier one. Each coalition is then told by the draws of
        the fit whose weights have the lower k-hat.
    tell
        Hears which part of the work is done how far.

    Raises
    ------
    RunError
        If the months or scenarios do not fit together, or the later fit was made from something else.
    """
    _refuse_disorder(by.framework, before, after)
    news = told(by.framework, by.ledger, before.when.known_at, after.when.known_at)
    plan = _plan(by.framework, news, seed)
    worths = Worths(_anchors(by, before, after, news, refitted, plan, partial(tell, READING)))
    errors = worths.weigh(plan.steps, plan.left_out.values(), partial(tell, WEIGHING))
    bars = {key: _news_bar(news, plan, worths, key, errors[key]) for key in plan.steps}
    published, error = averaged(_now(before.tree))
    return Waterfall(
        model=by.framework.id,
        months=(before.when.as_of, after.when.as_of),
        scenarios=by.framework.scenarios,
        pairs=tuple(scenario_pairs(len(by.framework.scenarios))),
        before=published,
        after=worths.worth(plan.everything),
        bars=(*_start(by, before, worths, (published, error), altered), *(bars[key] for key in plan.pieces)),
        groups=tuple(bars[key] for key in plan.groups),
        k_hat=worths.k_hat,
        effective=worths.effective,
        draws=int(np.prod(worths.anchors[0].shape)),
        altered=tuple(altered),
        refitted=refitted is not None,
    )


def _refuse_disorder(framework: Framework, before: Fitted, after: Fitted) -> None:
    """Refuse months that do not follow each other, in time or in knowledge, and other scenarios."""
    first, second = before.when, after.when
    if month_index(first.as_of) >= month_index(second.as_of) or first.known_at > second.known_at:
        message = (
            f"{first.as_of} known at {first.known_at} does not come before {second.as_of} known at "
            f"{second.known_at}; ask from the earlier to the later month"
        )
        raise RunError(message)
    found = before.tree["posterior"].to_dataset().indexes.get(names.SCENARIO, framework.scenarios)
    if tuple(found) != framework.scenarios:
        message = (
            f"the runs differ in their scenarios ({one_of(found)} against {one_of(framework.scenarios)}); fit the "
            f"earlier month again: 'indicast fit {framework.id} --as-of {first.as_of}'"
        )
        raise RunError(message)


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Which coalitions are asked about, and for which bar.

    Attributes
    ----------
    groups, pieces
        Keys of bars: pieces of each group, and one piece.
    steps, left_out
        By key: the steps of the bar, and everything without it.
    everything
        All pieces.
    """

    groups: dict[str, Coalition]
    pieces: dict[str, Coalition]
    steps: dict[str, list[Step]]
    left_out: dict[str, Coalition]
    everything: Coalition


def _plan(framework: Framework, news: Told, seed: int) -> _Plan:
    order = [*framework.groups, MILESTONES, CORRECTIONS]
    places = enumerate(news.pieces)
    members: dict[str, set[int]] = {name: set() for name in order}
    for place, piece in places:
        members[piece.group].add(place)
    groups = {name: frozenset(found) for name, found in members.items() if found}
    alone = {f"piece {place}": frozenset({place}) for group in groups.values() for place in sorted(group)}
    inner = piece_steps(list(groups.values()), np.random.default_rng(seed))
    steps = dict(zip(groups, group_steps(list(groups.values())), strict=True))
    steps |= {key: inner[place] for key, (place,) in alone.items()}
    everything = frozenset(range(len(news.pieces)))
    left_out = {"": everything, " ": frozenset()} | {key: everything - one for key, one in (groups | alone).items()}
    return _Plan(groups, alone, steps, left_out, everything)


def _anchors(
    by: Read,
    before: Fitted,
    after: Fitted,
    news: Told,
    refitted: xr.DataTree | None,
    plan: _Plan,
    tell: Callable[[float], None],
) -> list[Anchor]:
    base = build_panel(by.framework, by.hyperparameters, by.ledger, replace(after.when, known_at=before.when.known_at))
    setting = Setting(by.framework, by.hyperparameters, used_months(base))

    def panel_of(chosen: Coalition) -> xr.Dataset:
        return used_months(build_panel(by.framework, by.hyperparameters, news.ledger(chosen), after.when))

    asked = {side for steps in plan.steps.values() for step in steps for side in (step.before, step.after)}
    asked |= set(plan.left_out.values())
    anchors = []
    for tree, seen in ((after.tree, plan.everything), (refitted, frozenset())):
        if tree is not None:
            fitted = as_fitted(tree, by.framework, by.hyperparameters, 0, np.random.default_rng(0))
            found = Coalitions(fitted, seen, setting, panel_of, blocks(piece.about for piece in news.pieces))
            found.prepare(asked, tell)
            shape = (tree["posterior"].sizes[SAMPLE[0]], tree["posterior"].sizes[SAMPLE[1]])
            anchors.append(Anchor(found, shape))
    return anchors


def _news_bar(news: Told, plan: _Plan, worths: Worths, key: str, error: np.ndarray) -> Bar:
    value = share(plan.steps[key], worths.worth)
    alone = worths.worth(plan.everything) - worths.worth(plan.left_out[key])
    if key in plan.pieces:
        (place,) = plan.pieces[key]
        return bar_of(news.pieces[place], value, error, alone)
    rows = tuple(row for place in sorted(plan.groups[key]) for row in news.pieces[place].rows)
    return Bar(key, GROUP, key, rows, value, error, alone)


def _start(
    by: Read, before: Fitted, worths: Worths, published: tuple[np.ndarray, np.ndarray], altered: Sequence[str]
) -> tuple[Bar, Bar]:
    """Return the bars of Monte Carlo error and of time."""
    month = month_index(before.when.as_of) - by.framework.start_index
    at, earlier = worths.told([anchor.coalitions.without_news(month) for anchor in worths.anchors])
    later, nothing = worths.told([anchor.coalitions.view(frozenset()) for anchor in worths.anchors])
    pulled = [nothing.pull - earlier.pull] if at == later else [nothing.pull, earlier.pull]
    moved = np.sqrt(sum(np.square(worths.error(one)) for one in pulled))
    noise = np.hypot(published[1], worths.error(earlier.pull))
    label = "Monte Carlo error"
    if altered:
        label = f"table, priors, model or code ({', '.join(altered)}), with Monte Carlo error"
    kind = OTHERWISE if altered else NOISE
    return (
        Bar(label, kind, "", (), earlier.worth - published[0], noise),
        Bar("passing of time", TIME, "", (), nothing.worth - earlier.worth, moved),
    )


def _now(tree: xr.DataTree) -> np.ndarray:
    last = tree["posterior"].to_dataset()[names.FILTERED].isel({names.TIME: -1})
    return last.transpose(names.CHAIN, names.DRAW, names.SCENARIO).to_numpy()
