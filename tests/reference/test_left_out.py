"""What is left out many at a time is what is left out alone; a planted row is found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicast.explain import influence, what_if
from indicast.explain._dropped import Fit, dropped
from indicast.explain._seen import as_fitted
from indicast.panel import Vintage, last_day
from indicast.workspace import month_index


def case(world, size=200, seed=51):
    months = int(world.panel.attrs["months"])
    cut = {"global_innovation", "group_innovation"}
    draws = {name: values[:, :months] if name in cut else values for name, values in world.draws(seed, size).items()}
    as_of = str(world.panel.attrs["as_of"])
    return world.tree(draws), Vintage(as_of, last_day(month_index(as_of)))


def without(ledger, lines):
    return replace(ledger, observations=ledger.observations.drop(index=list(lines)))


@pytest.mark.parametrize("name", ["harbour", "orchard", "mill", "flagship"])
def test_everything_left_out_is_what_a_what_if_says(request, name):
    """Two roads: many rows a panel and a forward pass, against one panel a ledger and the twin."""
    world = request.getfixturevalue(name)
    tree, when = case(world)
    found = influence(world.framework, world.hyperparameters, tree, world.ledger, when)
    assert found.rows
    some = [*found.rows[:: max(1, len(found.rows) // 5)], *found.sources[:3]]
    some += [one for one in found.publishers if len(one.rows) > 1][:4]
    for one in some:
        said = what_if(
            world.framework,
            world.hyperparameters,
            tree,
            without(world.ledger, one.rows),
            world.ledger,
            when,
            seed=1,
        )
        np.testing.assert_allclose(one.without, said.before, atol=1e-9)
        np.testing.assert_allclose(one.difference, said.difference, atol=1e-9)
        np.testing.assert_allclose(one.mcse, said.difference_mcse, atol=1e-9)
        np.testing.assert_allclose(one.decibans, said.decibans, atol=1e-6)
        assert one.k_hat == pytest.approx(said.k_hat, abs=1e-6)


@pytest.mark.parametrize("name", ["orchard", "flagship"])
def test_a_milestone_left_out_is_what_a_what_if_without_its_rows_says(request, name):
    world = request.getfixturevalue(name)
    tree, when = case(world)
    found = influence(world.framework, world.hyperparameters, tree, world.ledger, when)
    assert found.milestones
    assert [one.size for one in found.milestones] == sorted((one.size for one in found.milestones), reverse=True)
    for one in found.milestones:
        outcomes = world.ledger.outcomes
        unsaid = replace(world.ledger, outcomes=outcomes[outcomes["milestone"] != one.label])
        said = what_if(world.framework, world.hyperparameters, tree, unsaid, world.ledger, when, seed=1)
        np.testing.assert_allclose(one.without, said.before, atol=1e-9)
        np.testing.assert_allclose(one.difference, said.difference, atol=1e-9)
        np.testing.assert_allclose(one.mcse, said.difference_mcse, atol=1e-9)
        assert one.k_hat == pytest.approx(said.k_hat, abs=1e-6)


@pytest.mark.parametrize("name", ["harbour", "orchard", "mill"])
def test_rows_that_change_nothing_are_those_whose_what_if_is_exactly_nothing(request, name):
    world = request.getfixturevalue(name)
    tree, when = case(world)
    found = influence(world.framework, world.hyperparameters, tree, world.ledger, when)
    moving = {one.rows[0] for one in found.rows}
    silent = sorted(set(world.ledger.known(when.known_at).observations.index) - moving)
    for line in silent[:12]:
        before = without(world.ledger, [line])
        said = what_if(world.framework, world.hyperparameters, tree, before, world.ledger, when, seed=1)
        np.testing.assert_array_equal(said.difference, 0.0)


def test_rows_that_share_a_place_are_left_out_by_themselves_when_their_reach_is_wrong(harbour, monkeypatch):
    """If reach named too few places, changes elsewhere would show it, and the long way is taken."""
    from indicast.explain import _dropped as room

    tree, when = case(harbour)
    known = harbour.ledger.known(when.known_at)
    seen = as_fitted(tree, harbour.framework, harbour.hyperparameters, 0, np.random.default_rng(0))
    fit = Fit(harbour.framework, harbour.hyperparameters, known, when, seen, (2, 100))
    units = [(line,) for line in known.observations.index[:8].tolist()]
    right = dropped(fit, units)
    monkeypatch.setattr(room, "_reach", lambda _: {line: set() for line in known.observations.index})
    long = dropped(fit, units)
    assert right.keys() == long.keys()
    for unit in units:
        assert right[unit].keys() == long[unit].keys()
        for key, change in right[unit].items():
            np.testing.assert_allclose(change, long[unit][key], atol=1e-12)


def planted(ledger, origins):
    """Return the harbour's ledger with sure reports of the last month, one for each origin."""
    last = ledger.observations.iloc[-1].to_dict()
    rows = [
        {
            **last,
            "event_date": "2024-06-20",
            "known_date": "2024-06-20",
            "end_date": None,
            "published_date": "2024-06-20",
            "indicator": "dredging_funds",
            "kind": "event",
            "value": "",
            "unit": "",
            "direction": "joining",
            "reliability": "A",
            "credibility": "1",
            "source_id": "tide_table",
            "origin_id": origin,
            "record_id": f"planted {place}",
        }
        for place, origin in enumerate(origins)
    ]
    added = pd.DataFrame(rows, index=ledger.observations.index.max() + 1 + np.arange(len(rows)))
    for name in ("event_date", "known_date", "end_date"):
        added[name] = pd.to_datetime(added[name])
    return replace(ledger, observations=pd.concat([ledger.observations, added]))


def influence_of(world, ledger):
    planted_world = world._replace(ledger=ledger, panel=world.seen(ledger, "2024-06"))
    tree, when = case(planted_world, 600)
    return influence(world.framework, world.hyperparameters, tree, ledger, when)


def test_the_row_named_first_is_the_one_that_moves_most_of_all(harbour):
    """Brute force: a what-if for every row of a ledger with a planted one."""
    ledger = planted(harbour.ledger, ["said once"])
    world = harbour._replace(ledger=ledger, panel=harbour.seen(ledger, "2024-06"))
    tree, when = case(world, 600)
    found = influence(world.framework, world.hyperparameters, tree, ledger, when)
    moved = {}
    for line, label in ledger.known(when.known_at).observations["record_id"].items():
        before = without(ledger, [line])
        said = what_if(world.framework, world.hyperparameters, tree, before, ledger, when, seed=1)
        moved[label] = np.abs(said.difference).max()
    assert found.rows[0].label == max(moved, key=moved.get)
    assert "planted 0" in [one.label for one in found.rows[:5]]
    last = max(found.months, key=lambda one: one.label)
    assert last.label == "2024-06"
    assert last.size > 0.01


def test_a_row_told_twice_moves_nothing_alone_and_its_source_moves_most(harbour):
    """Copies of one origin are one report: without one of them the other stands; without both, the report is gone."""
    once = influence_of(harbour, planted(harbour.ledger, ["said"]))
    twice = influence_of(harbour, planted(harbour.ledger, ["said", "said"]))
    assert not {one.label for one in twice.rows} & {"planted 0", "planted 1"}
    names = [next(one for one in found.sources if one.label == "tide_table") for found in (once, twice)]
    np.testing.assert_allclose(names[0].difference, names[1].difference, atol=1e-9)
    assert twice.sources[0].label == "tide_table"
