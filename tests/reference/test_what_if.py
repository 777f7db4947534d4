"""A saved posterior, weighed, says what brute force says: many draws of the prior, weighed by all evidence.

The first posterior is made without a sampler: draws of the prior are kept with a chance in proportion to the
likelihood of the rows before. The second road weighs other draws of the prior by the likelihood of all rows, the
full twin from the first month on. Tolerances are four standard errors of what is compared: one false alarm in
sixteen thousand for each number. A version that left out the weights, or only the new month's evidence, would miss by
more than that; ``test_the_check_can_fail`` does so.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicast import names
from indicast.explain import _what_if as room
from indicast.explain import what_if
from indicast.explain._reweighting import Weights, weights
from indicast.generative import emission
from indicast.ledger import Ledger
from indicast.panel import Vintage, last_day, used_months
from indicast.workspace import month_index

ENOUGH = 4.0
BATCH, BATCHES = 20_000, 12


def added(ledger, **cells):
    """Return a ledger with one more row: a copy of the last one with other cells."""
    row = pd.DataFrame([{**ledger.observations.iloc[-1].to_dict(), **cells, "record_id": "one more"}])
    row.index = [ledger.observations.index.max() + 1]
    for name in ("event_date", "known_date", "end_date"):
        row[name] = pd.to_datetime(row[name])
    return replace(ledger, observations=pd.concat([ledger.observations, row]))


LANDING = {"event_date": "2023-03-29", "known_date": "2023-03-29", "origin_id": "one more"}
COUNCIL = {
    "event_date": "2023-03-20",
    "known_date": "2023-03-20",
    "indicator": "pilot_exchange",
    "kind": "event",
    "direction": "parting",
    "unit": "",
    "value": "",
    "reliability": "A",
    "credibility": "1",
    "source_id": "tide_table",
    "origin_id": "one more",
}


class Case(NamedTuple):
    """A fit of some months, and brute force with one more row."""

    world: Any
    tree: xr.DataTree
    longer: Ledger
    when: Vintage
    mean: np.ndarray
    error: np.ndarray


def likelihood(world, panel, seed):
    """Return prior draws, their log marginal likelihoods and last filtered probabilities."""
    draws = world._replace(panel=panel).draws(seed, BATCH)
    found = emission.run_chain(draws, emission.log_emission(draws, world.framework, world.hyperparameters, panel))
    return draws, found.log_marginal, found.filtered[:, -1]


def kept(world, panel, seed):
    """Return draws of the posterior by rejection, with the likelihood's largest value among a batch as its bound."""
    batches = [likelihood(world, panel, seed + batch)[:2] for batch in range(BATCHES)]
    bound = max(log_marginal.max() for _, log_marginal in batches)
    rng = np.random.default_rng(seed)
    chosen = [np.log(rng.random(BATCH)) < log_marginal - bound for _, log_marginal in batches]
    return {
        name: np.concatenate([draws[name][good] for (draws, _), good in zip(batches, chosen, strict=True)])
        for name in batches[0][0]
    }


def by_force(world, panel, seed):
    """Return the mean of the last month's probabilities given a panel, and its standard error."""
    batches = [likelihood(world, panel, seed + batch)[1:] for batch in range(BATCHES)]
    log_marginal, last = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    weight = np.exp(log_marginal - log_marginal.max())
    weight /= weight.sum()
    mean = weight @ last
    return mean, np.sqrt((weight**2) @ (last - mean) ** 2)


def case(world, as_of, seen_until, row):
    """Return a case: fitted until one month, asked about another."""
    ledger = world.ledger.known(last_day(month_index(as_of)))
    longer, when = added(ledger, **row), Vintage(as_of, last_day(month_index(as_of)))
    first = world._replace(ledger=ledger, panel=used_months(world.seen(ledger, seen_until)))
    draws = kept(world, first.panel, 100)
    size = len(draws[names.DWELL]) // 2 * 2
    tree = first.tree({name: values[:size] for name, values in draws.items()})
    return Case(first, tree, longer, when, *by_force(world, used_months(world.seen(longer, as_of)), 900))


@pytest.fixture(
    scope="module",
    params=[
        ("jetty", "2023-04", "2023-04", LANDING),
        ("harbour", "2023-04", "2023-04", COUNCIL),
        ("harbour", "2023-04", "2023-03", COUNCIL),
    ],
    ids=["a count", "a report", "a report, and a month more"],
)
def posed(request):
    name, *rest = request.param
    return case(request.getfixturevalue(name), *rest)


def asked(posed):
    world = posed.world
    return what_if(world.framework, world.hyperparameters, posed.tree, world.ledger, posed.longer, posed.when, seed=1)


def test_weighed_draws_agree_with_brute_force(posed):
    found = asked(posed)
    assert found.trusted
    assert (np.abs(found.after - posed.mean) <= ENOUGH * np.hypot(found.after_mcse, posed.error)).all()


def misses(posed, found):
    """Whether any probability is beyond what the test above allows."""
    return bool((np.abs(found - posed.mean) > ENOUGH * np.hypot(asked(posed).after_mcse, posed.error)).any())


def test_the_check_can_fail(posed, monkeypatch):
    """Probabilities that stay as they were are found out; so are draws that all count alike, where much was learned."""
    assert misses(posed, asked(posed).before)
    monkeypatch.setattr(room, "weights", lambda ratio: Weights(np.full(ratio.shape, 1.0 / ratio.size), 0.0, ratio.size))
    assert misses(posed, asked(posed).after) or posed.world.framework.id == "jetty"


def the_long_way(world, draws, tree, panel):
    """Return probabilities with all months of both panels computed again."""
    framework, hyperparameters = world.framework, world.hyperparameters
    sides = [
        emission.run_chain(draws, emission.log_emission(draws, framework, hyperparameters, used_months(one)))
        for one in (world.panel, panel)
    ]
    ratio = sides[1].log_marginal - sides[0].log_marginal
    shape = tuple(tree["posterior"].sizes[dim] for dim in (names.CHAIN, names.DRAW))
    return weights(ratio.reshape(shape)).mean(sides[1].filtered[:, -1].reshape(*shape, -1))


@pytest.mark.parametrize("name", ["harbour", "orchard", "orchard_labels", "mill", "flagship"])
def test_months_left_out_are_months_that_are_the_same(request, name):
    """Take out one row in nine, of any family and month: the short way and the long way agree."""
    world = request.getfixturevalue(name)
    months = int(world.panel.attrs["months"])
    cut = {names.GLOBAL_INNOVATION, names.GROUP_INNOVATION}
    draws = {key: values[:, :months] if key in cut else values for key, values in world.draws(21, 200).items()}
    tree, as_of = world.tree(draws), str(world.panel.attrs["as_of"])
    when = Vintage(as_of, last_day(month_index(as_of)))
    for line in world.ledger.observations.index[:: max(1, len(world.ledger.observations) // 9)]:
        shorter = replace(world.ledger, observations=world.ledger.observations.drop(index=line))
        found = what_if(world.framework, world.hyperparameters, tree, world.ledger, shorter, when, seed=1)
        expected = the_long_way(world, draws, tree, world.seen(shorter, as_of))
        np.testing.assert_allclose(found.after, expected, atol=1e-9)
