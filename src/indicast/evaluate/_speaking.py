"""Who is speaking: how much of the last month's probabilities each voice accounts for.

Parameters are held as the posterior has them, draw by draw, and the filter is run with some voices silent. The worth of
a set of voices is the mean over draws of P(scenario at the last month) when only they speak. With none speaking the
scenario follows the chain alone, so that the chain's part is its distance from one over the number of scenarios. The
part of every other voice is its Shapley value: its mean effect over all orders in which the voices may begin
to speak (Shapley 1953, doi:10.1515/9781400881970-018). Voices:

- ``marks``: the experts' marks of the first month;
- ``strengths``: that indicators show as strongly as the table's marks rank them; silent, all show alike, with the
  average strength. What scenarios expect of indicators is no voice: without it nothing can be read;
- one for each family of the ledger: reports, counts, acts, levels, shares, milestones, publications withheld.

Invariant: parts and one over the number of scenarios add up to the published probability, in points and in log-odds;
a voice without evidence has a part of exactly 0 (``tests/unit/test_speaking.py``). Not an answer to what a fit without
a voice would say: parameters have heard it too, and that is what alternatives are for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import logit

from indicast import names
from indicast.generative import emission, marks
from indicast.generative.families import CLIMATE, Draws, Setting, active

if TYPE_CHECKING:
    from indicast.workspace import Framework

CHAIN, MARKS, STRENGTHS = "chain", "marks", "strengths"
DECIBANS_PER_NAT: Final = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """One voice and its part.

    Attributes
    ----------
    name
        ``chain``, ``marks``, ``strengths`` or a family of the ledger.
    points
        Part of each probability, fractions of 1, summing to 0 over scenarios; dims (scenario).
    decibans
        Part of its log-odds against the rest, tenths of a power of ten; dims (scenario).
    """

    name: str
    points: np.ndarray
    decibans: np.ndarray

    @property
    def of_ledger(self) -> bool:
        """Whether it is a family of the ledger."""
        return self.name not in {CHAIN, MARKS, STRENGTHS}


@dataclass(frozen=True, slots=True, eq=False)
class Speaking:
    """The last month's probabilities and whose they are.

    Attributes
    ----------
    scenarios
        Their ids.
    now
        Mean over all draws; dims (scenario).
    voices
        The chain first.
    """

    scenarios: tuple[str, ...]
    now: np.ndarray
    voices: tuple[Voice, ...]

    @property
    def even(self) -> float:
        """One over the number of scenarios: where all parts start from."""
        return 1.0 / len(self.scenarios)

    def part(self, *, of_ledger: bool) -> np.ndarray:
        """Return the points of the whole ledger, or of all else; dims (scenario)."""
        return np.sum([one.points for one in self.voices if one.of_ledger is of_ledger], axis=0, initial=0.0)


class Evidence(NamedTuple):
    """What every voice says of each scenario, draw by draw; the draws come last, where the filter is fastest.

    Attributes
    ----------
    marks
        Of the first month, with the table's strengths and with equal ones; nats; dims (scenario, draw).
    families
        By family, likewise; nats; dims (time, scenario, draw).
    transition
        Dims (scenario, next_scenario, draw).
    initial
        Dims (scenario, draw).
    """

    marks: tuple[np.ndarray, np.ndarray] | None
    families: Mapping[str, tuple[np.ndarray, np.ndarray]]
    transition: np.ndarray
    initial: np.ndarray

    @property
    def players(self) -> tuple[str, ...]:
        """Names of the voices besides the chain."""
        return (*((MARKS, STRENGTHS) if self.marks else ()), *self.families)

    def state(self, speakers: Sequence[str]) -> np.ndarray:
        """Return P(scenario at the last month) of each draw if some voices speak; dims (draw, scenario)."""
        equal = int(self.marks is not None and STRENGTHS not in speakers)
        told = [both[equal] for name, both in self.families.items() if name in speakers]
        months = next(iter(self.families.values()))[0].shape[0]
        evidence = np.sum(told, axis=0) if told else np.zeros((months, *self.initial.shape))
        if self.marks and MARKS in speakers:
            evidence[0] += self.marks[equal]
        return last_state(evidence, self.transition, self.initial)


def spoken(found: Evidence, framework: Framework) -> Speaking:
    """Return whose the last month's probabilities are.

    Parameters
    ----------
    found
        What every voice says.
    framework
        Names the scenarios.
    """
    players = found.players
    worth = np.stack([_worth(found, players, chosen) for chosen in range(2 ** len(players))])
    even = np.full(worth.shape[1], 1.0 / worth.shape[1])
    parts, odds = (shapley(values, len(players)) for values in (worth, DECIBANS_PER_NAT * logit(worth)))
    chain = Voice(CHAIN, worth[0] - even, DECIBANS_PER_NAT * (logit(worth[0]) - logit(even)))
    voices = (Voice(*row) for row in zip(players, parts, odds, strict=True))
    return Speaking(framework.scenarios, worth[-1], (chain, *voices))


def evidence_of(draws: Draws, setting: Setting) -> Evidence:
    """Return what every voice says of each scenario.

    Parameters
    ----------
    draws
        Free parameters by name and strengths, leading axis draw.
    setting
        Its panel has no padded months.
    """
    framework = setting.framework
    felt = emission.with_climate(draws, framework)
    equal = {**felt, names.STRENGTH: equal_strengths(draws, setting)} if marks.used(framework) else felt
    families: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for family in active(setting):
        ranked = _draws_last(family.log_emission(felt, setting))
        touched = family.cells is not None and marks.used(framework)
        alike = _draws_last(family.log_emission(equal, setting)) if touched else ranked
        families[family.name] = (ranked, alike)
    transition, initial = _draws_last(draws[names.TRANSITION]), _draws_last(draws[names.INITIAL])
    if not marks.used(framework):
        return Evidence(None, families, transition, initial)
    seen = marks.as_seen(framework.table, setting.panel)
    told = (
        marks.log_emission(one, seen, setting.hyperparameters, one[CLIMATE][:, 0], framework.residual)
        for one in (felt, equal)
    )
    ranked, alike = (_draws_last(one) for one in told)
    return Evidence((ranked, alike), families, transition, initial)


def _draws_last(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(values, 0, -1))


def equal_strengths(draws: Draws, setting: Setting) -> np.ndarray:
    """Return the strengths if all indicators had the average weight, own deviations kept; dims (draw, indicator)."""
    weight = emission.strength_weight(setting.framework, setting.hyperparameters)
    spread = np.exp(setting.hyperparameters.number("strength_sd") * draws[names.STRENGTH_Z])
    return np.asarray(draws[names.STRENGTH_BASE][:, None] * weight.mean() * spread)


def last_state(evidence: np.ndarray, transition: np.ndarray, initial: np.ndarray) -> np.ndarray:
    """Return P(scenario at the last month | evidence) of each draw: the forward pass alone.

    Parameters
    ----------
    evidence
        Nats; dims (time, scenario, draw).
    transition
        Dims (scenario, next_scenario, draw).
    initial
        Dims (scenario, draw).

    Returns
    -------
    state
        Dims (draw, scenario).
    """
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    state = initial * likelihood[0]
    state /= state.sum(axis=0)
    for here in likelihood[1:]:
        state = np.einsum("jd,jkd->kd", state, transition) * here
        state /= state.sum(axis=0)
    return np.asarray(state.T)


def _worth(found: Evidence, players: Sequence[str], chosen: int) -> np.ndarray:
    """Return the mean probabilities if the players whose bit is set speak; dims (scenario)."""
    state = found.state([name for place, name in enumerate(players) if chosen >> place & 1])
    return np.asarray(state.mean(axis=0))


def shapley(worth: np.ndarray, players: int) -> np.ndarray:
    """Return the Shapley value of each player.

    Parameters
    ----------
    worth
        Of every set, its members being the bits of its place; dims (set, ...).
    players
        How many.

    Returns
    -------
    values
        They add up to the worth of all less that of none; dims (player, ...).

    Examples
    --------
    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0]), 2).tolist()
    [2.0, 3.0]
    """
    found = np.zeros((players, *worth.shape[1:]))
    for player in range(players):
        for chosen in (one for one in range(2**players) if not one >> player & 1):
            weight = 1.0 / (players * comb(players - 1, chosen.bit_count()))
            found[player] += weight * (worth[chosen | 1 << player] - worth[chosen])
    return found
