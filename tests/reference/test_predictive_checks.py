"""Checks find what is planted and stay silent in worlds of the model itself.

Things seen are replaced by one of their own replicates: then every p-value is sound by construction. Faults are planted
by making what was seen differ from that.
"""

from dataclasses import replace

import numpy as np
import pytest

from indicast.evaluate import foreseen, holm, predictive_checks, residual_correlation
from indicast.evaluate._foreseen import CONTINUOUS
from indicast.evaluate._predictive_checks import LEAST, monotone, reliability, slope, uniformity

LEVEL = 0.01


@pytest.fixture(scope="module")
def things(flagship):
    """What the priors of the flagship foresee: wide, but with parameters for once known to be right."""
    tree = flagship.tree(flagship.draws(41, 800))
    return foreseen(tree, flagship.framework, flagship.hyperparameters, 6)


def seen_as(one, place):
    """Return a thing with another outcome seen."""
    edges = np.concatenate([[0.0], np.cumsum(one.chance)])
    below, up_to = edges[place], edges[place + 1]
    if one.family in CONTINUOUS:
        below = up_to = 0.5 * (below + up_to)
    return replace(one, found=float(one.value[place]), seen_score=float(one.score[place]), below=below, up_to=up_to)


def replicated(things, which):
    """Return what was seen in one replicate, checked against the others."""
    return [replace(seen_as(one, one.again[which]), again=np.delete(one.again, which)) for one in things]


def p_of(checks, family, name, label=None):
    return next(one.p for one in checks if (one.family, one.name) == (family, name) and label in (None, one.label))


def test_worlds_of_the_model_itself_are_seldom_doubted(things):
    """P-values of 60 replicates are ranks: at most 5 % plus four binomial errors are below .05."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for which in range(60):
        other = replicated(things, which)
        for one in (*predictive_checks(other).checks, *residual_correlation(other).checks):
            if one.decided:
                found.setdefault((one.family, one.label, one.name), []).append(one.p)
    assert len(found) > 15
    for key, values in found.items():
        assert np.mean(np.array(values) < 0.05) <= 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / 60), key


def test_a_wrong_rate_is_found_by_the_rootogram(things):
    world = replicated(things, 3)
    faulty = [
        seen_as(one, min(int(one.found) + 1 + one.time % 3, len(one.value) - 1)) if one.family == "count" else one
        for one in world
    ]
    before, after = (predictive_checks(one).checks for one in (world, faulty))
    assert p_of(after, "count", "frequencies") < LEVEL < p_of(before, "count", "frequencies")
    assert p_of(after, "count", "total") < LEVEL


def test_chances_turned_round_are_found_by_the_calibration(things):
    """Cells are seen where they were least expected."""
    faulty = [
        seen_as(one, int(one.chance.argmin())) if one.family == "direction" else one for one in replicated(things, 3)
    ]
    checks = predictive_checks(faulty).checks
    assert p_of(checks, "direction", "spread") < LEVEL
    assert min(one.p for one in checks if one.name == "calibration") < LEVEL


def test_readings_all_on_one_side_are_found_by_the_pit_and_few_readings_decide_nothing(things):
    reading = next(one for one in replicated(things, 3) if one.family in CONTINUOUS)
    place = int(np.searchsorted(np.cumsum(reading.chance), 0.8))
    rng = np.random.default_rng(1)
    many = [replace(seen_as(reading, place), again=rng.permutation(reading.again)) for _ in range(LEAST)]
    assert uniformity(many).p < LEVEL
    few = uniformity(many[:-1])
    assert not few.decided


def test_a_planted_common_disturbance_is_found(things):
    """In each month everything is seen high, or everything low: sums stay as they are, correlations do not."""
    rng = np.random.default_rng(2)
    high = rng.random(100) < 0.5
    faulty = []
    for one in replicated(things, 3):
        share = 0.5 + 0.5 * rng.random() if high[one.time] else 0.5 * rng.random()
        faulty.append(seen_as(one, int(np.searchsorted(np.cumsum(one.chance), share).clip(0, len(one.value) - 1))))
    found = residual_correlation(faulty)
    sound = residual_correlation(replicated(things, 3))
    assert p_of(found.checks, "shocks", "pull") < LEVEL < p_of(sound.checks, "shocks", "pull")
    # Correlations of few common months are wide among replicates as well.
    assert p_of(found.checks, "shocks", "size") < 5.0 * LEVEL
    assert p_of(found.checks, "shocks", "mode") < 5.0 * LEVEL
    assert found.pairs[0].correlation > found.pairs[0].expected


def test_few_things_decide_nothing_whatever_is_asked_of_them(things):
    """A sum of three outcomes, and products of three months, are as undecided as their scores."""
    few = [one for one in replicated(things, 3) if one.time < 3]
    checks = (*predictive_checks(few).checks, *residual_correlation(few).checks)
    assert {one.name for one in checks} >= {"total", "pull", "mode"}
    small = {(one.family, one.label, one.name) for one in checks if one.decided and one.number < LEAST}
    assert not small
    assert not any(one.decided for one in checks if one.family == "shocks")


def test_right_chances_have_slope_one_and_pooling_would_not_say_so(things):
    """Over 80 replicates the mean slope is 1 within four standard errors; that of the pooled curve is steeper."""
    plain, pooled = [], []
    for which in range(80):
        cells = [one for one in replicated(things, which) if one.family == "direction"]
        line, _ = reliability(cells, 1)
        plain.append(line.slope[0])
        pooled.append(float(slope(line.chance, line.share)))
        assert line.slope[1] < line.slope[2]
    error = np.std(plain) / np.sqrt(len(plain))
    assert abs(np.mean(plain) - 1.0) < 4.0 * error
    assert np.all(np.array(pooled) >= np.array(plain) - 1e-9)
    assert np.mean(pooled) > np.mean(plain) + 4.0 * error


def test_pooling_agrees_with_the_minimax_formula():
    """The monotone fit is the largest lower mean of the smallest upper one, over all blocks."""
    rng = np.random.default_rng(3)
    chance, outcome = np.sort(rng.random(15)), (rng.random(15) < 0.4).astype(float)
    direct = [
        max(min(outcome[low : high + 1].mean() for high in range(place, 15)) for low in range(place + 1))
        for place in range(15)
    ]
    np.testing.assert_allclose(monotone(chance, outcome), direct, atol=1e-12)


def test_raised_p_values_are_never_smaller_and_keep_their_order():
    p = np.array([0.04, 0.01, 0.03, 0.9])
    np.testing.assert_allclose(holm(p), [0.09, 0.04, 0.09, 0.9])
