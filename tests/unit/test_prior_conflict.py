"""Evidence that the priors would call unlikely is flagged, and worlds of the priors are not."""

import numpy as np
import pytest

from indicast.evaluate import draw_path, draw_truth, expected_by_priors, simulate_panel
from indicast.panel import used_months


def asked(world, panel, worlds=200):
    return expected_by_priors(world.framework, world.hyperparameters, panel, 5, worlds)


@pytest.fixture(scope="module")
def panel(orchard):
    return used_months(orchard.panel)


def test_every_family_that_speaks_of_indicators_is_asked(orchard, panel):
    found = asked(orchard, panel)
    assert {one.family for one in found} == {"direction", "count", "event", "level", "share"}
    order = [orchard.framework.indicators.index(one.indicator) for one in found]
    assert order == sorted(order)


def test_a_planted_conflict_is_flagged(orchard, panel):
    many = panel.assign(count=panel["count"] + 40, event=panel["event"] + 40)
    shifted = many.assign(level_change=many["level_change"] + 50.0)
    before = {(one.indicator, one.family): one for one in asked(orchard, panel)}
    after = asked(orchard, shifted)
    for one in after:
        if one.family in {"count", "event", "level"}:
            assert one.flagged, one
            assert one.seen > one.high
        else:
            assert one == before[one.indicator, one.family]
    assert not all(one.flagged for one in before.values())


def test_worlds_of_the_priors_are_seldom_flagged(harbour):
    panel, rng = used_months(harbour.panel), np.random.default_rng(12)
    months, flags = panel.sizes["time"], []
    for _ in range(40):
        truth = draw_truth(harbour.framework, harbour.hyperparameters, months, rng)
        path = draw_path(truth, months, rng)
        world = simulate_panel(harbour.framework, harbour.hyperparameters, panel, truth, path, rng)
        flags += [one.flagged for one in asked(harbour, world, 100)]
    # At most one in twenty, and 40 worlds whose series hang together: a binomial error of 40 / 20 gives .05 + 3 * .034.
    assert np.mean(flags) < 0.16


def test_the_same_seed_gives_the_same_worlds(harbour):
    assert asked(harbour, harbour.panel, 50) == asked(harbour, harbour.panel, 50)
