"""The test of uniformity is Cauchy's combination of pointwise tests, and the family rule is Holm's."""

import numpy as np
import pytest
from scipy import special, stats

from indicast.evaluate._uniformity import SMALL, expected_small_share, holm, uniformity


def pointwise_by_hand(fractions):
    """Return the p-value from order statistics: u_(i) ~ Beta(i, n + 1 - i), combined by Cauchy's rule."""
    n = fractions.size
    place = np.arange(1, n + 1)
    below = special.betainc(place, n + 1 - place, np.sort(fractions))
    two_sided = 2.0 * np.minimum(below, 1.0 - below)
    kept = np.where(two_sided < 0.5, np.tan((0.5 - two_sided) * np.pi), 0.0)
    return stats.cauchy.sf(kept.mean())


def test_p_values_equal_the_formula():
    fractions = np.random.default_rng(1).beta(1.3, 1.0, (6, 80))
    np.testing.assert_allclose(uniformity(fractions), [pointwise_by_hand(one) for one in fractions], rtol=1e-9)


def test_sound_ranks_are_refused_about_as_seldom_as_a_family_level_says():
    p_values = uniformity(np.random.default_rng(2).random((20_000, 300)))
    # Of 20000 about 200 below .01; the test gives a factor of 1.2 more, and sampling noise 7 %.
    assert 0.8 < (p_values < 0.01).mean() / 0.01 < 1.5
    assert (p_values < 0.01 / 200).sum() <= 6  # one expected; a factor of six would show


def test_the_expected_share_of_small_p_values_is_that_of_the_test_not_of_theory():
    found = expected_small_share(300, np.random.default_rng(3))
    assert SMALL < found < 0.09


def test_adjusted_p_values_are_holms_step_by_step():
    p_values = np.array([0.04, 0.001, 0.5, 0.012])
    assert holm(p_values).tolist() == pytest.approx([0.08, 0.004, 0.5, 0.036])
    assert (holm(np.full(10, 0.9)) == 1.0).all()


def test_the_family_level_holds_however_tests_depend_on_each_other():
    rng = np.random.default_rng(4)
    common = rng.normal(size=(4000, 1))
    for dependence in (0.0, 0.7, 1.0):
        z = np.sqrt(dependence) * common + np.sqrt(1.0 - dependence) * rng.normal(size=(4000, 30))
        refused = np.mean([(holm(one) < 0.05).any() for one in 2.0 * stats.norm.sf(np.abs(z))])
        assert refused < 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / 4000)
