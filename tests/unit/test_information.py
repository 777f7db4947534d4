"""Expected information: never negative, what tables written out by hand say, and nothing where nothing is told."""

import math

import numpy as np
import pytest
from scipy.stats import entropy

from indicast.explain._information import expected_information, once_known

SHAPE = (4, 50)


def some(seed, scenarios, outcomes, draws=200):
    rng = np.random.default_rng(seed)
    state = rng.dirichlet(np.full(scenarios, 2.0), draws)
    return state, rng.dirichlet(np.ones(outcomes), (draws, scenarios))


def by_hand(state, channel, among):
    """Return the mutual information of the joint table, added up term by term."""
    table = [
        [sum(state[d][s] * channel[d][s][y] for d in range(len(state))) / len(state) for y in range(channel.shape[2])]
        for s in among
    ]
    whole = sum(map(sum, table))
    rows = [sum(row) / whole for row in table]
    columns = [sum(column) / whole for column in zip(*table, strict=True)]
    return sum(
        q / whole * math.log(q / whole / (rows[s] * columns[y]))
        for s, row in enumerate(table)
        for y, q in enumerate(row)
    )


@pytest.mark.parametrize(("scenarios", "outcomes"), [(2, 2), (2, 3), (3, 2), (3, 5)])
def test_it_is_what_a_table_written_out_by_hand_says(scenarios, outcomes):
    state, channel = some(scenarios * outcomes, scenarios, outcomes)
    everything = tuple(range(scenarios))
    found = expected_information(state, channel, SHAPE)
    assert found.nats == pytest.approx(by_hand(state, channel, everything), abs=1e-14)
    pair = expected_information(state, channel, SHAPE, (1, 0))
    assert pair.nats == pytest.approx(by_hand(state, channel, (1, 0)), abs=1e-14)
    assert found.nats > 0.0 < pair.nats


def test_a_toy_of_two_draws_by_hand():
    """Two draws, two scenarios: joint table (.45 .05 | .1 .4) after averaging."""
    state = np.array([[0.5, 0.5], [0.5, 0.5]])
    channel = np.array([[[1.0, 0.0], [0.2, 0.8]], [[0.8, 0.2], [0.2, 0.8]]])
    expected = 0.45 * math.log(0.45 / 0.275) + 0.05 * math.log(0.05 / 0.225)
    expected += 0.1 * math.log(0.1 / 0.275) + 0.4 * math.log(0.4 / 0.225)
    assert expected_information(state, channel, (2, 1)).nats == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_entropy_now_less_the_expected_entropy_once_it_is_known(seed):
    state, channel = some(seed, 3, 4)
    probability, scenario = once_known(state, channel)
    expected = entropy(state.mean(axis=0)) - sum(probability * entropy(scenario, axis=1))
    assert expected_information(state, channel, SHAPE).nats == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(probability @ scenario, state.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose([probability.sum(), *scenario.sum(axis=1)], 1.0, atol=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_it_is_never_negative(seed):
    state, channel = some(seed, 3, 3)
    nearly = channel[:, :1] + 1e-9 * np.arange(3)[:, None] * np.array([1.0, -1.0, 0.0])
    for one in (channel, nearly):
        assert expected_information(state, one, SHAPE).nats >= 0.0
        assert expected_information(state, one, SHAPE, (0, 2)).nats >= 0.0


def test_what_is_alike_in_two_scenarios_says_exactly_nothing_between_them():
    state, channel = some(3, 3, 4)
    channel[:, 1] = channel[:, 0]
    assert expected_information(state, channel, SHAPE, (0, 1)) == (0.0, 0.0)
    assert expected_information(state, channel, SHAPE, (0, 2)).nats > 0.0
    channel[:, 2] = channel[:, 0]
    assert expected_information(state, channel, SHAPE) == (0.0, 0.0)
    np.testing.assert_array_equal(once_known(state, channel)[1], np.tile(state.mean(axis=0), (4, 1)))


def test_the_order_of_draws_changes_nothing():
    state, channel = some(5, 3, 4)
    order = np.random.default_rng(6).permutation(len(state))
    one, other = (expected_information(*both, SHAPE) for both in ((state, channel), (state[order], channel[order])))
    assert other.nats == pytest.approx(one.nats, rel=1e-12)


def test_parameters_that_are_not_known_take_away_from_it():
    """Averaging the table over draws loses information, on average over draws: it is convex in the channel."""
    state, channel = some(7, 2, 3)
    state = np.broadcast_to(state.mean(axis=0), state.shape)
    each = [expected_information(state[d : d + 1], channel[d : d + 1], (1, 1)).nats for d in range(len(state))]
    assert expected_information(state, channel, SHAPE).nats < np.mean(each)


def test_the_error_said_is_the_error_made():
    """Over 300 repetitions of 200 independent draws; the standard deviation of 300 has a relative error of 4 %."""
    rng, found = np.random.default_rng(8), []
    for _ in range(300):
        state = rng.dirichlet([4.0, 6.0], 200)
        tilt = rng.normal(0.0, 0.5, 200)
        said = 1.0 / (1.0 + np.exp(-(tilt[:, None] + np.array([0.6, -0.6]))))
        found.append(expected_information(state, np.stack([said, 1.0 - said], axis=-1), SHAPE))
    nats, errors = np.array(found).T
    assert errors.mean() == pytest.approx(nats.std(), rel=0.15)
