"""Who speaks: parts add up, silence has no part, and a loud row is heard."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicast import names
from indicast.evaluate import who_speaks
from indicast.evaluate._speaking import last_state, shapley
from indicast.generative import chain

MONTH = "2024-06"


def emptied(ledger):
    """Return a ledger without a row of any kind."""
    tables = ("observations", "coverage", "outcomes", "corroboration")
    return replace(ledger, **{name: getattr(ledger, name).iloc[:0] for name in tables})


def with_copies(ledger, number, **cells):
    """Return a ledger with changed copies of its last observation, each of an origin of its own."""
    last = ledger.observations.iloc[-1]
    added = pd.DataFrame(
        [{**last.to_dict(), **cells, "record_id": f"r{at}", "origin_id": f"o{at}"} for at in range(number)]
    )
    added.index = ledger.observations.index.max() + 1 + np.arange(number)
    for name in ("event_date", "known_date", "end_date"):
        added[name] = pd.to_datetime(added[name])
    return replace(ledger, observations=pd.concat([ledger.observations, added]))


def asked(world, ledger, seed=11, size=400):
    """Return who speaks of a ledger, draws being those of the priors."""
    seen = world._replace(panel=world.seen(ledger, MONTH))
    tree = seen.tree(seen.draws(seed, size))
    return who_speaks(tree, seen.framework, seen.hyperparameters, seen.panel, 3), tree


@pytest.fixture(scope="module", params=["harbour", "orchard"])
def found(request):
    world = request.getfixturevalue(request.param)
    return asked(world, world.ledger)


def test_parts_add_up_to_the_mean_over_draws(found):
    (speaking, _), tree = found
    published = tree["posterior"][names.FILTERED].isel(time=-1).mean(("chain", "draw")).to_numpy()
    total = speaking.even + np.sum([one.points for one in speaking.voices], axis=0)
    np.testing.assert_allclose(total, published, atol=1e-9)
    np.testing.assert_allclose(speaking.now, published, atol=1e-12)
    np.testing.assert_allclose([one.points.sum() for one in speaking.voices], 0.0, atol=1e-9)
    even, nats = np.log(speaking.even / (1 - speaking.even)), np.log(10.0) / 10.0
    odds = even + nats * np.sum([one.decibans for one in speaking.voices], axis=0)
    np.testing.assert_allclose(odds, np.log(published / (1.0 - published)), atol=1e-9)


def test_without_any_row_the_ledger_has_no_part_at_all(harbour):
    (speaking, coming), _ = asked(harbour, emptied(harbour.ledger))
    ledger = [one for one in speaking.voices if one.of_ledger]
    assert ledger
    np.testing.assert_array_equal([one.points for one in ledger], 0.0)
    np.testing.assert_array_equal([one.decibans for one in ledger], 0.0)
    np.testing.assert_array_equal(speaking.part(of_ledger=True), 0.0)
    assert [one.ledger for one in coming] == [0.0] * len(coming)
    (full, _), _ = asked(harbour, harbour.ledger)
    assert np.abs(full.part(of_ledger=True)).max() > 0.0


def test_a_dominating_row_dominates(harbour):
    said = {"indicator": "dredging_funds", "kind": "event", "direction": "parting", "reliability": "A"}
    day = {"event_date": "2024-06-20", "known_date": "2024-06-20", "value": "", "unit": "", "source_id": "tide_table"}
    ledger = replace(
        emptied(harbour.ledger), observations=with_copies(harbour.ledger, 1, **said, **day).observations.iloc[-1:]
    )
    seen = harbour._replace(panel=harbour.seen(ledger, MONTH))
    draws = seen.draws(11, 400)
    gone = (names.TILT_MEAN, names.TILT_SCALE, names.GLOBAL_SCALE, names.GROUP_SCALE)
    draws = {name: np.zeros_like(values) if name in gone else values for name, values in draws.items()}
    # An indicator that shows whatever the scenario is, and a source that is always right.
    draws[names.STRENGTH_BASE] = np.full_like(draws[names.STRENGTH_BASE], 4.0)
    draws[names.RELIABILITY] = np.full_like(draws[names.RELIABILITY], 0.999)
    # All marks say what would support a scenario, so that they are silent about the present one.
    draws[names.MARKS_OF_PRESENT] = np.zeros_like(draws[names.MARKS_OF_PRESENT])
    tree = seen.tree(draws)
    speaking, _ = who_speaks(tree, seen.framework, seen.hyperparameters, seen.panel, 3)
    reports = next(one for one in speaking.voices if one.name == "direction")
    others = [np.abs(one.decibans).max() for one in speaking.voices if one.name != "direction"]
    assert np.abs(reports.decibans).max() > 2.0 * max(others)
    assert int(reports.decibans.argmin()) == 0  # it takes from the scenario in which they join


def test_steps_of_the_next_report_add_up(found):
    (_, coming), _ = found
    for one in coming:
        assert one.prior + one.reporting + one.marks + one.ledger == pytest.approx(one.balance, abs=1e-12)
        assert -1.0 <= one.balance <= 1.0
        assert one.between >= 0.0


def test_the_forward_pass_is_that_of_the_full_recursion():
    rng = np.random.default_rng(2)
    evidence, initial = rng.normal(0.0, 3.0, (5, 9, 3)), rng.dirichlet(np.ones(3), 5)
    transition = rng.dirichlet(np.ones(3), (5, 3))
    ours = last_state(*(np.moveaxis(one, 0, -1) for one in (evidence, transition, initial)))
    np.testing.assert_allclose(ours, chain.forward_backward(evidence, transition, initial).filtered[:, -1], atol=1e-13)


def test_shapley_values_are_means_over_all_orders():
    from itertools import permutations

    worth = np.random.default_rng(8).normal(size=(8, 2))
    expected = np.zeros((3, 2))
    for order in permutations(range(3)):
        chosen = 0
        for player in order:
            expected[player] += (worth[chosen | 1 << player] - worth[chosen]) / 6.0
            chosen |= 1 << player
    np.testing.assert_allclose(shapley(worth, 3), expected, atol=1e-12)
