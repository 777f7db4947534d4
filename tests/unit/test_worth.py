"""A coalition that no draw can stand for is never called sure, and a bar is redundant only where its points say so."""

from types import SimpleNamespace

import numpy as np
import pytest

from indicast.explain._bars import Bar
from indicast.explain._coalitions import View
from indicast.explain._worth import Anchor, Worths

SHAPE = (2, 200)


def view(spread, seed=0):
    rng = np.random.default_rng(seed)
    return View(spread * rng.normal(size=SHAPE[0] * SHAPE[1]), rng.dirichlet(np.ones(3), size=SHAPE[0] * SHAPE[1]))


def worths(anchors):
    return Worths([Anchor(SimpleNamespace(), SHAPE)] * anchors)


def test_ratios_so_far_apart_that_one_draw_is_all_have_no_tail_and_count_as_the_worst():
    """Beyond 745 nats all ratios but one are 0, to which no distribution fits."""
    found = worths(1)
    at, told = found.told([view(2000.0)])
    assert at == 0
    assert np.isnan(told.weights.k_hat), "another way to fail would be tested"
    assert found.effective == pytest.approx(1.0)
    assert found.k_hat == np.inf


def test_a_fit_that_can_tell_is_heard_before_one_without_a_tail():
    found = worths(2)
    assert found.told([view(2000.0), view(0.1)])[0] == 1
    assert found.k_hat < 0.7


def test_nothing_to_weigh_stays_better_than_any_tail():
    found = worths(2)
    assert found.told([view(0.0), view(0.1)])[0] == 0
    assert found.k_hat == -np.inf


def bar(value, alone):
    return Bar("row", "observation", "all", ("r",), np.array(value), np.full(3, 1e-4), np.array(alone))


def test_a_bar_is_redundant_for_a_scenario_only_if_its_own_points_are_mostly_there_without_it():
    """Measures are two probabilities and the decibans of the pair, by which a bar as a whole is judged."""
    same, turned = bar([0.03, -0.03, 2.0], [0.01, -0.01, 0.5]), bar([0.016, -0.04, 2.1], [-0.018, 0.002, 0.4])
    assert same.redundant
    assert same.redundant_of(0)
    assert turned.redundant
    assert not turned.redundant_of(0)
    assert turned.redundant_of(1)
    assert not bar([0.03, -0.03, 2.0], [0.01, -0.01, 1.9]).redundant_of(0)
