"""Publications that were withheld: what the reading's embarrassment makes of silence."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.generative import withheld
from indicast.generative.families import CLIMATE, EMISSIONS

FAMILY = EMISSIONS["withheld"]


def places(world):
    """Return months and indicators (indices) of the withheld publications."""
    used = world.panel["silence_used"].to_numpy()
    return world.panel["silence_time"].to_numpy()[used], world.panel["silence_indicator"].to_numpy()[used]


def readings(draws, world, s, k, time, place):
    """Return P(reading) by scipy, and which reading embarrasses."""
    framework = world.framework
    if framework.residual[k]:
        chance = np.full(3, 1 / 3)
    else:
        eta = draws[names.STRENGTH][s, place] * framework.expected[place, k] + draws[CLIMATE][s, time, place]
        tau = draws[names.THRESHOLD][s]
        chance = np.diff(stats.norm.cdf([-np.inf, -tau, tau, np.inf], loc=eta))
    return chance, framework.declaration.directions.index(framework.declaration.indicators[place].embarrassing)


@pytest.fixture(params=["orchard", "orchard_residual"])
def world(request):
    return request.getfixturevalue(request.param)


def test_emission_of_the_family_equals_a_loop_over_readings(world):
    draws = world.felt(1, 2)
    expected = np.zeros((2, world.panel.sizes[names.TIME], 4))
    for (time, place), s, k in itertools.product(zip(*places(world), strict=True), range(2), range(4)):
        chance, shy = readings(draws, world, s, k, time, place)
        odds = draws[names.PUBLISH_BASE][s] + draws[names.PUBLISH_EMBARRASSED][s] * (np.arange(3) == shy)
        expected[s, time, k] += np.log((chance * (1.0 - 1.0 / (1.0 + np.exp(-odds)))).sum())
    np.testing.assert_allclose(FAMILY.log_emission(draws, world.setting), expected, atol=1e-12)


def test_published_and_withheld_add_up_to_one(world):
    draws = world.felt(2, 5)
    time, indicator = places(world)
    silent = withheld.withheld_probability(draws, world.setting, time, indicator)
    spoken = np.zeros_like(silent)
    for s, r, k in np.ndindex(silent.shape):
        chance, shy = readings(draws, world, s, k, time[r], indicator[r])
        said = withheld.publication({name: values[[s]] for name, values in draws.items()}, np.arange(3) == shy)[0]
        spoken[s, r, k] = (chance * said).sum()
    np.testing.assert_allclose(silent + spoken, 1.0, atol=1e-12)


def test_with_no_embarrassment_silence_is_no_evidence(world):
    draws = world.felt(3, 5)
    draws[names.PUBLISH_EMBARRASSED][:] = 0.0
    found = FAMILY.log_emission(draws, world.setting)
    assert (found != 0.0).any()
    np.testing.assert_allclose(found, np.broadcast_to(found[..., :1], found.shape), atol=1e-13)


def one(world, indicator):
    """Return the world's setting with one withheld month of one indicator."""
    place = world.framework.indicators.index(indicator)
    dims = world.panel["silence_used"].dims
    kept = world.panel["silence_used"].to_numpy() & (world.panel["silence_indicator"].to_numpy() == place)
    kept &= kept.cumsum() == 1
    return replace(world.setting, panel=world.panel.assign(silence_used=(dims, kept)))


def test_withholding_favours_the_scenario_that_expects_what_embarrasses(orchard):
    # 'apart' embarrasses the grafts, and felling expects it; 'as_before' embarrasses the books, and resting expects it.
    draws = orchard.felt(4, 300)
    draws[names.PUBLISH_EMBARRASSED] = -np.abs(draws[names.PUBLISH_EMBARRASSED])
    grafts = FAMILY.log_emission(draws, one(orchard, "grafts")).sum(axis=1)
    order = [orchard.framework.scenarios.index(name) for name in ("graft", "resting", "felling")]
    assert (np.diff(grafts[:, order], axis=1) > 0.0).all()
    books = FAMILY.log_emission(draws, one(orchard, "cider_books")).sum(axis=1)
    # A shock of more than half the strength would bring 'as before' nearer to where a change is expected.
    gain = books[:, 1] - np.maximum(books[:, 0], books[:, 2])
    calm = np.abs(draws[CLIMATE][:, 2, 5]) < 0.5 * draws[names.STRENGTH][:, 5]
    assert calm.sum() > 30
    assert (gain[calm] > 0.0).all()


def test_a_shameless_office_that_hides_good_news_turns_the_evidence_round(orchard):
    draws = orchard.felt(5, 100)
    draws[names.PUBLISH_EMBARRASSED] = np.abs(draws[names.PUBLISH_EMBARRASSED])
    grafts = FAMILY.log_emission(draws, one(orchard, "grafts")).sum(axis=1)
    assert (grafts[:, 0] > grafts[:, 2]).all()


def test_withholding_never_says_more_than_the_embarrassing_reading_itself(world):
    draws = world.felt(6, 200)
    draws[names.PUBLISH_EMBARRASSED][:], draws[names.PUBLISH_BASE][:] = -30.0, 12.0
    time, indicator = places(world)
    found = withheld.withheld_probability(draws, world.setting, time, indicator)
    for s, r, k in itertools.product(range(20), range(len(time)), range(4)):
        chance, shy = readings(draws, world, s, k, time[r], indicator[r])
        assert found[s, r, k] == pytest.approx(
            chance[shy], abs=1e-4
        )  # other readings are withheld 6 times in a million
    draws[names.PUBLISH_EMBARRASSED][:] = -2.0
    milder = withheld.withheld_probability(draws, world.setting, time, indicator)
    assert (np.ptp(np.log(milder), axis=2) <= np.ptp(np.log(found), axis=2) + 1e-9).all()


def test_an_indicator_that_nothing_embarrasses_has_no_withheld_month(orchard):
    shy = [name for name in orchard.framework.declaration.indicators if name.embarrassing]
    assert {one.id for one in shy} == {orchard.framework.indicators[place] for place in places(orchard)[1]}
    flags = withheld.embarrasses(orchard.setting)
    assert flags.sum(axis=1).tolist() == [0, 1, 0, 0, 0, 1]
    assert flags[1].tolist() == [True, False, False]
    assert flags[5].tolist() == [False, True, False]
