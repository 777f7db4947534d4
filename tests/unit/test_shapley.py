"""Shares of pieces are averages over all orders that keep groups together, and add up whatever is drawn."""

from collections import Counter
from itertools import chain, permutations, product

import numpy as np
import pytest

from indicast.explain._shapley import EXACT, group_steps, piece_steps, share

GROUPS = [frozenset({0, 1}), frozenset({2}), frozenset({3, 4, 5})]


def game(seed):
    """Return a worth without structure: a random number for each coalition."""
    known = {}

    def worth(coalition):
        if coalition not in known:
            digest = np.random.default_rng([seed, *sorted(coalition)])
            known[coalition] = digest.standard_normal(2)
        return known[coalition]

    return worth


def orders(groups):
    """Return every order in which groups stay together."""
    for outer in permutations(groups):
        yield from (tuple(chain.from_iterable(inner)) for inner in product(*map(permutations, outer)))


def by_all_orders(groups, worth):
    found, number = Counter(), 0
    for order in orders(groups):
        number += 1
        for place, piece in enumerate(order):
            added = worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
            found[piece] = found[piece] + added
    return {piece: total / number for piece, total in found.items()}


def shares(groups, worth, seed=0):
    return {piece: share(steps, worth) for piece, steps in piece_steps(groups, np.random.default_rng(seed)).items()}


def test_shares_of_pieces_are_the_average_over_all_orders_that_keep_groups_together():
    worth = game(3)
    expected = by_all_orders(GROUPS, worth)
    found = shares(GROUPS, worth)
    assert found.keys() == expected.keys()
    for piece, value in found.items():
        np.testing.assert_allclose(value, expected[piece], atol=1e-12)


def test_the_share_of_a_group_is_the_sum_of_its_pieces_and_all_groups_make_the_whole():
    worth = game(4)
    found = shares(GROUPS, worth)
    totals = [share(steps, worth) for steps in group_steps(GROUPS)]
    for group, total in zip(GROUPS, totals, strict=True):
        np.testing.assert_allclose(sum(found[piece] for piece in group), total, atol=1e-12)
    np.testing.assert_allclose(sum(totals), worth(frozenset(range(6))) - worth(frozenset()), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_where_orders_are_drawn_the_pieces_still_add_up_to_the_exact_share_of_their_group(seed):
    large = [frozenset(range(EXACT + 3)), frozenset({20}), frozenset({21, 22})]
    worth = game(5)
    found = shares(large, worth, seed)
    for group, steps in zip(large, group_steps(large), strict=True):
        np.testing.assert_allclose(sum(found[piece] for piece in group), share(steps, worth), atol=1e-12)


def test_orders_that_are_drawn_come_near_the_average_over_all_orders():
    large = [frozenset(range(6)), *(frozenset({place}) for place in (10, 11, 12))]
    worth = game(6)
    expected = by_all_orders(large, worth)
    drawn = np.array([[shares(large, worth, seed)[piece] for piece in range(6)] for seed in range(20)])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    # four standard errors of the mean over seeds, for twelve numbers
    assert (np.abs(drawn.mean(axis=0) - [expected[piece] for piece in range(6)]) < 4.0 * error).all()


def test_a_piece_that_changes_nothing_has_exactly_zero_and_twins_have_the_same():
    def worth(coalition):
        real = coalition - {3}
        return np.array([np.sin(1.0 + len(real & {0, 1}) + 10.0 * (2 in real) + 3.0 * len(real & {4, 5}))])

    found = shares(GROUPS, worth)
    assert found[3] == 0.0
    np.testing.assert_allclose(found[0], found[1], atol=1e-15)
    np.testing.assert_allclose(found[4], found[5], atol=1e-15)


def test_the_weights_of_every_bar_sum_to_one():
    for steps in [*group_steps(GROUPS), *piece_steps(GROUPS, np.random.default_rng(1)).values()]:
        assert sum(step.weight for step in steps) == pytest.approx(1.0, abs=1e-12)


def test_without_news_there_are_no_shares():
    assert group_steps([]) == []
    assert piece_steps([], np.random.default_rng(1)) == {}
