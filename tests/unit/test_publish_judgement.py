"""What data left untouched is called prior-only, and the long run is where the chain tends."""

import numpy as np
import pytest

from indicast.publish._judgement import Parameter, memory, stationary


def chains(size, scenarios, seed=0):
    weights = np.random.default_rng(seed).gamma(1.0, size=(size, scenarios, scenarios)) + 0.05
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("scenarios", [2, 3, 5])
def test_stationary_shares_are_kept_by_the_chain(scenarios):
    transition = chains(20, scenarios)
    shares = stationary(transition)
    assert np.einsum("nj,njk->nk", shares, transition) == pytest.approx(shares, abs=1e-12)
    assert shares.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("scenarios", [2, 4])
def test_stationary_shares_are_the_limit_of_many_months(scenarios):
    transition = chains(5, scenarios, seed=1)
    far = np.linalg.matrix_power(transition, 500)[:, 0]
    assert stationary(transition) == pytest.approx(far, abs=1e-9)


def test_memory_is_all_at_first_and_fades():
    transition = chains(10, 3, seed=2)
    found = [memory(transition, months) for months in (0, 1, 5, 200)]
    assert found[0] == 1.0
    assert found == sorted(found, reverse=True)
    assert found[-1] < 1e-6


def test_memory_of_a_symmetric_pair_is_known_in_closed_form():
    stay = 0.95
    transition = np.array([[[stay, 1 - stay], [1 - stay, stay]]])
    assert memory(transition, 12) == pytest.approx((2 * stay - 1) ** 12)


@pytest.mark.parametrize(("ratio", "held"), [(1.0, True), (1.06, True), (0.91, True), (0.9, False), (0.3, False)])
def test_a_parameter_is_prior_only_if_nine_tenths_of_its_spread_are_left(ratio, held):
    assert Parameter("x", of_chain=True, ratio=ratio).prior_only is held
