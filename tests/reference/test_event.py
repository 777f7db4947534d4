"""Acts: scipy's Poisson, the nats of the design, and what silence under watch says."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.generative import event
from indicast.generative.families import EMISSIONS
from indicast.panel import NOT_LOOKED

FAMILY = EMISSIONS["event"]
NUMBERS = np.array([0, 1, 2, 5, 17])
PRIORS = (names.EVENT_RATE, names.EVENT_BACKGROUND, names.LEDGER_DENSITY, names.EVENT_DETECTION)
DECIBANS = 10.0 / np.log(10.0)


@pytest.mark.parametrize("mean", [1e-6, 0.05, 0.27, 3.0, 40.0])
def test_density_equals_that_of_scipy(mean):
    # Log-gammas up to 33 leave 1e-14. A mean for its logarithm would miss by whole nats.
    np.testing.assert_allclose(event.log_poisson(NUMBERS, mean), stats.poisson.logpmf(NUMBERS, mean), atol=1e-12)


def test_a_mean_of_zero_allows_nothing_but_zero():
    assert event.log_poisson(0, 0.0) == 0.0
    with np.errstate(divide="ignore"):
        assert event.log_poisson(1, 0.0) == -np.inf


@pytest.mark.parametrize("name", ["orchard", "flagship"])
def test_emission_of_the_family_equals_a_loop_over_months_and_series(name, request):
    world = request.getfixturevalue(name)
    draws, panel = world.felt(1, 2), world.panel
    expected = np.zeros((2, panel.sizes[names.TIME], len(world.framework.scenarios)))
    for s, t, i in itertools.product(range(2), range(panel.sizes[names.TIME]), range(panel.sizes[names.EVENT_SERIES])):
        word = int(panel["event_coverage"][t, i])
        if word == NOT_LOOKED:
            continue
        for k in range(expected.shape[2]):
            acts = draws[names.EVENT_RATE][s, i, k] + draws[names.EVENT_BACKGROUND][s, i]
            mean = acts * draws[names.LEDGER_DENSITY][s, i] * draws[names.EVENT_DETECTION][s, word]
            expected[s, t, k] += stats.poisson.logpmf(int(panel["event"][t, i]), mean)
    np.testing.assert_allclose(FAMILY.log_emission(draws, world.setting), expected, atol=1e-11)


# ---- the numbers of the design


def kl(mean, other):
    """Return how many nats a month tells, on average, one Poisson from another; summed term by term."""
    values = np.arange(200)
    p, q = (event.log_poisson(values, m) for m in (mean, other))
    return float((np.exp(p) * (p - q)).sum())


def test_a_month_of_acts_tells_as_many_nats_as_the_design_states(flagship):
    # methods.md 3.3: .24 nats a month (STR from SQ) at the means 3/11 and 3/60 of four indicators together, every act
    # found and none routine; a series gets a quarter of the acts, so a quarter of the nats.
    means = flagship.hyperparameters.priors[names.EVENT_RATE].mean()
    for series in range(2):
        np.testing.assert_allclose(4 * means[series], [3 / 11, 3 / 60, 1 / 60], rtol=1e-12)
        assert 4 * kl(*means[series, :2]) == pytest.approx(0.24, abs=0.005)
    closed = 3 / 11 * np.log((3 / 11) / (3 / 60)) - (3 / 11 - 3 / 60)
    assert 4 * kl(*means[0, :2]) == pytest.approx(closed, abs=1e-12)


def test_four_series_add_up_to_the_papers_six_acts(flagship):
    # Gamma laws of one rate add up by their shapes: the six acts are counted once, not once a series.
    prior = flagship.hyperparameters.priors[names.EVENT_RATE].arguments
    for series in range(2):
        np.testing.assert_allclose(4 * np.asarray(prior["alpha"])[series], [3.0, 3.0, 1.0], rtol=1e-12)
        np.testing.assert_allclose(np.asarray(prior["beta"])[series], [11.0, 60.0, 60.0], rtol=1e-12)


def weight_of_acts(world, number, *, routine, size=400_000):
    """Return decibans STR:SQ of a month with so many acts and partial coverage, and their Monte Carlo error.

    Averaged over the priors: ten times the log of ``E[p(n | STR)] / E[p(n | SQ)]``.
    """
    rng = np.random.default_rng(3)
    rate, background, density, detection = (world.hyperparameters.priors[name].sample(rng, size) for name in PRIORS)
    word = world.hyperparameters.coords[names.COVERAGE].index("partial")
    acts = rate[:, 0] + routine * background[:, 0][:, None]
    chance = np.exp(event.log_poisson(number, acts * (density[:, 0] * detection[:, word])[:, None]))
    mean = chance.mean(axis=0)
    ratio = chance[:, 0] / mean[0] - chance[:, 1] / mean[1]
    return DECIBANS * np.log(mean[0] / mean[1]), DECIBANS * ratio.std() / np.sqrt(size)


def test_one_act_weighs_what_the_priors_reasons_say(flagship):
    # hyperparameters.toml, event_background: 1.8 decibans with routine rows, 7.0 without.
    with_routine, error = weight_of_acts(flagship, 1, routine=True)
    assert with_routine == pytest.approx(1.8, abs=0.05 + 3 * error)
    without, error = weight_of_acts(flagship, 1, routine=False)
    assert without == pytest.approx(7.0, abs=0.05 + 3 * error)
    assert error < 0.05


def test_more_routine_makes_an_act_say_less(orchard):
    draws, panel = orchard.felt(2, 30), quiet(orchard.panel, number=1)
    gaps = []
    for routine in (0.0, 0.3, 3.0, 1e9):
        more = draws | {names.EVENT_BACKGROUND: np.full_like(draws[names.EVENT_BACKGROUND], routine)}
        places = FAMILY.places(more, replace(orchard.setting, panel=panel)).terms
        silence = FAMILY.places(more, replace(orchard.setting, panel=quiet(orchard.panel))).terms
        gaps.append(np.ptp(places - silence, axis=2))  # log of the ratio of rates: what the act itself adds
    assert all((later < earlier).all() for earlier, later in itertools.pairwise(gaps))
    assert gaps[-1].max() < 1e-8


def test_rows_that_come_under_any_scenario_are_no_evidence(orchard):
    draws = orchard.felt(3, 5)
    level = draws | {names.EVENT_RATE: np.full_like(draws[names.EVENT_RATE], 0.4)}
    found = FAMILY.log_emission(level, orchard.setting)
    assert (found == found[..., :1]).all()


# ---- silence


def quiet(panel, number=0, word=0):
    """Return a panel in whose first month both series were watched and so many acts found in each."""
    coverage, acts = np.full_like(panel["event_coverage"].to_numpy(), NOT_LOOKED), np.zeros_like(panel["event"])
    coverage[0], acts[0] = word, number
    dims = panel["event"].dims
    return panel.assign(event_coverage=(dims, coverage), event=(dims, acts))


def test_looked_and_none_found_lowers_each_scenario_by_the_rows_it_expected(orchard):
    draws = orchard.felt(4, 6)
    found = FAMILY.log_emission(draws, replace(orchard.setting, panel=quiet(orchard.panel)))[:, 0]
    rows = (draws[names.EVENT_RATE] + draws[names.EVENT_BACKGROUND][..., None]) * draws[names.LEDGER_DENSITY][..., None]
    np.testing.assert_allclose(
        found, -(rows * draws[names.EVENT_DETECTION][:, 0][:, None, None]).sum(axis=1), atol=1e-12
    )
    order = rows.sum(axis=1).argsort(axis=1)
    assert (np.diff(np.take_along_axis(found, order, axis=1), axis=1) < 0.0).all()


def test_detection_that_goes_to_zero_is_not_having_looked(orchard):
    draws, setting = orchard.felt(5, 6), replace(orchard.setting, panel=quiet(orchard.panel))
    size = []
    for detection in (1e-2, 1e-4, 1e-8, 0.0):
        dim = draws | {names.EVENT_DETECTION: np.full_like(draws[names.EVENT_DETECTION], detection)}
        size.append(np.abs(FAMILY.log_emission(dim, setting)).max())
    assert size[0] > size[1] > size[2] > 0.0
    assert size[-1] == 0.0
    assert size[2] < 1e-6  # rows a month stay below 30


def test_silence_under_a_better_watch_speaks_louder(orchard):
    draws = orchard.felt(6, 200)
    draws[names.EVENT_DETECTION][:] = [0.9, 0.45]
    gaps = [
        np.ptp(
            FAMILY.log_emission(draws, replace(orchard.setting, panel=quiet(orchard.panel, word=word)))[:, 0], axis=1
        )
        for word in (0, 1)
    ]
    np.testing.assert_allclose(gaps[0], 2.0 * gaps[1], rtol=1e-9)  # the log-likelihood is linear in detection


def test_acts_of_a_month_nobody_watched_say_nothing(orchard):
    panel = orchard.panel.copy(deep=True)
    panel["event"].to_numpy()[panel["event_coverage"].to_numpy() == NOT_LOOKED] = 4
    draws = orchard.felt(7, 3)
    before, after = (FAMILY.log_emission(draws, replace(orchard.setting, panel=one)) for one in (orchard.panel, panel))
    assert (before == after).all()
