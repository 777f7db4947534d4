"""Exact chances and their replicates tell the same story, and their scores are standard in the mean."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from indicast import names
from indicast.evaluate import foreseen
from indicast.evaluate._foreseen import mean_scores, without_month
from indicast.generative import chain, emission
from indicast.generative.families import Setting
from indicast.infer import flat_draws
from indicast.panel import used_months

SIZE = 1000


@pytest.fixture(params=["harbour", "mill", "orchard", "flagship"])
def things(request):
    world = request.getfixturevalue(request.param)
    return foreseen(world.tree(world.draws(31, SIZE)), world.framework, world.hyperparameters, 5)


def test_chances_sum_to_one_and_scores_have_mean_zero(things):
    assert things
    for one in things:
        assert one.chance.sum() == pytest.approx(1.0, abs=1e-9)
        assert one.chance @ one.score == pytest.approx(0.0, abs=1e-6)
        assert one.below <= one.up_to
        assert np.isfinite(one.seen_score)


def test_replicates_follow_the_exact_chances(things):
    """Of the likeliest outcome, pooled by family: a share has a standard error below .5 / sqrt(replicates).

    Replicates of one month share their draw, so months and not things are counted as independent; four errors.
    Of reports the exact chance conditions on being reported after the new shock is averaged out and the replicate
    before, which differ by less than .01.
    """
    for family in {one.family for one in things}:
        mine = [one for one in things if one.family == family]
        exact = np.mean([one.chance.max() for one in mine])
        again = np.mean([np.mean(one.again == one.chance.argmax()) for one in mine])
        months = len({one.time for one in mine})
        assert again == pytest.approx(exact, abs=4.0 * 0.5 / np.sqrt(SIZE * months / 4.0) + 0.01), family


def test_mean_scores_are_means_of_normal_quantiles():
    edges = np.array([0.0, 0.12, 0.7, 1.0])
    direct = [quad(stats.norm.ppf, *pair)[0] / (pair[1] - pair[0]) for pair in pairwise(edges)]
    np.testing.assert_allclose(mean_scores(edges), direct, atol=1e-6)


def test_a_month_is_left_out_by_the_likelihood_of_all_others(harbour):
    """Weights are smoothed, so the raw ratios of all but the largest tail stay: a rank correlation near one."""
    tree = harbour.tree(harbour.draws(32, 400))
    draws = flat_draws(tree["posterior"].to_dataset(), harbour.framework, harbour.hyperparameters)
    setting = Setting(harbour.framework, harbour.hyperparameters, used_months(harbour.panel))
    found, shape = without_month(draws, setting)
    np.testing.assert_allclose(found.sum(axis=0), 1.0)
    evidence = emission.log_emission(draws, harbour.framework, harbour.hyperparameters, setting.panel)
    time = int(np.ptp(evidence, axis=(0, 2))[1:].argmax()) + 1
    less = evidence.copy()
    less[:, time] = 0.0
    both = [
        chain.forward_backward(one, draws[names.TRANSITION], draws[names.INITIAL]).log_marginal
        for one in (less, evidence)
    ]
    assert stats.spearmanr(both[0] - both[1], found[:, time]).statistic > 0.999
    empty = np.flatnonzero((evidence == 0.0).all(axis=(0, 2)))
    np.testing.assert_allclose(found[:, empty], 1.0 / len(found))
    assert np.isneginf(shape[empty]).all()
    assert np.isfinite(shape[time])
