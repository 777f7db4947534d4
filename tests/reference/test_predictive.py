"""Predicted counts, acts and directions: closed forms one month ahead, from a fit made of prior draws."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm, poisson

from indicast import names
from indicast.forecast import predict
from indicast.forecast._predictive import _scenario_path
from indicast.generative.chain import forward_backward, transition_matrix
from indicast.generative.direction import flat_news
from indicast.infer import Sampler, flat_draws
from indicast.infer._fit import assemble

SIZES = {
    names.INITIAL: (names.SCENARIO,),
    names.STRENGTH_Z: (names.INDICATOR,),
    names.TILT_Z: (names.INDICATOR,),
    names.FLAT_NEWS_Z: (names.INDICATOR,),
    names.GLOBAL_INNOVATION: (names.TIME,),
    names.GROUP_INNOVATION: (names.TIME, names.GROUP),
}


def a_fit(world, seed, draws=1, copies=4000):
    """Return a fit whose posterior holds prior draws, each of them `copies` times; no sampler runs."""
    months = int(world.panel.attrs["months"])
    coords = {dim: list(labels) for dim, labels in world.hyperparameters.coords.items() if labels}
    drawn = world.draws(seed, draws)
    drawn.pop(names.STRENGTH)
    arrays = {}
    for name, values in drawn.items():
        dims = world.hyperparameters.priors[name].dims if name in world.hyperparameters.priors else SIZES[name]
        used = values[:, :months] if names.TIME in dims else values
        arrays[name] = ((names.CHAIN, names.DRAW, *dims), np.repeat(used, copies, axis=0)[None])
    time = world.panel[names.TIME].to_numpy()[:months]
    posterior = xr.Dataset(arrays, coords=coords | {names.TIME: time})
    sampler = Sampler(world.framework, world.hyperparameters)
    joined = sampler._with_chain(posterior, world.panel)
    return assemble(world.panel, joined, xr.Dataset(), xr.Dataset())


@pytest.fixture(scope="module")
def harbour_fit(harbour):
    return a_fit(harbour, 3)


def test_a_fit_of_prior_draws_holds_the_twins_chain(harbour):
    fit = a_fit(harbour, 3, draws=5, copies=1)["posterior"]
    transition = transition_matrix(fit[names.DWELL].to_numpy()[0], fit[names.EXIT].to_numpy()[0])
    np.testing.assert_allclose(fit[names.TRANSITION].to_numpy()[0], transition, rtol=1e-13)
    np.testing.assert_allclose(fit[names.FILTERED].isel({names.TIME: -1}), fit[names.SMOOTHED].isel({names.TIME: -1}))
    silent = forward_backward(np.zeros((5, 18, 4)), transition, fit[names.INITIAL].to_numpy()[0])
    assert np.abs(fit[names.FILTERED].to_numpy()[0] - silent.filtered).max() > 0.05


def reference_of_next_month(world):
    """Return the trailing rate after the last month, by a loop over the ledger's arrays."""
    hyperparameters, panel = world.hyperparameters, world.panel.isel({names.TIME: slice(world.panel.attrs["months"])})
    detected = hyperparameters.priors[names.DETECTION].mean()
    weight = hyperparameters.number("reference_weight_months")
    window = int(hyperparameters.number("reference_window_months"))
    found = []
    for place, label in enumerate(hyperparameters.coords[names.COUNTED]):
        events, exposure = weight * hyperparameters.mapping("reference_rate")[label], weight
        for t in range(panel.sizes[names.TIME] - window, panel.sizes[names.TIME]):
            coverage = int(panel["count_coverage"][t, place])
            if coverage >= 0:
                events += int(panel["count"][t, place])
                exposure += detected[coverage]
        found.append(events / exposure)
    return np.array(found), detected.argmax()


def test_mean_of_simulated_counts_one_month_ahead_is_the_mixtures(harbour):
    fit = a_fit(harbour, 3, copies=20_000)
    posterior = fit["posterior"].to_dataset()
    season = np.zeros((2, 12))
    season[:, 6] = [0.8, -0.6]  # the panel ends in June 2024, so July is next, and no fair is due
    fit["posterior"] = xr.DataTree(posterior.assign({names.SEASON: posterior[names.SEASON] * 0.0 + season}))
    found = predict(fit, harbour.framework, harbour.hyperparameters, 11)["count_ahead"]
    first = found.sel({names.AHEAD: 1}).to_numpy()[0]
    one = posterior.isel({names.CHAIN: 0, names.DRAW: 0})
    reference, best = reference_of_next_month(harbour)
    ahead = one[names.FILTERED].to_numpy()[-1] @ one[names.TRANSITION].to_numpy()
    level = reference * one[names.DETECTION].to_numpy()[best] * np.exp(season[:, 6])
    growth = np.exp(harbour.hyperparameters.number("growth_years") * one[names.GROWTH].to_numpy())
    expected = level * (growth @ ahead)
    error = first.std(axis=0) / np.sqrt(len(first))
    # Five Monte Carlo errors, below 6 %. The season of another month would miss by half and more.
    assert (np.abs(first.mean(axis=0) - expected) < 5 * error).all(), (first.mean(axis=0), expected, error)
    assert (5 * error < 0.06 * expected).all()


def test_a_scheduled_peak_raises_the_counts_of_its_month_only(harbour):
    panel_of_march = harbour.seen(harbour.ledger, "2024-02")
    fit = a_fit(harbour._replace(panel=panel_of_march), 4)
    posterior = fit["posterior"].to_dataset()
    lifted = posterior.assign({names.PEAK: posterior[names.PEAK] * 0.0 + 2.0})
    flat = posterior.assign({names.PEAK: posterior[names.PEAK] * 0.0})
    means = []
    for one in (lifted, flat):
        fit["posterior"] = xr.DataTree(one)
        found = predict(fit, harbour.framework, harbour.hyperparameters, 5)["count_ahead"]
        means.append(found.mean((names.CHAIN, names.DRAW)).to_numpy())
    ratio = means[0] / means[1]  # months ahead: March, April (the fair of 2024), May
    assert ratio[0] == pytest.approx(1.0, abs=1e-12)  # the same draws until the first peak
    assert ratio[1, 0] == pytest.approx(np.exp(2.0), rel=0.1)
    # Disputes have no scheduled peak. The streams of random numbers part in April: five errors of 4000 draws each.
    assert ratio[1, 1] == pytest.approx(1.0, abs=0.12)


def test_the_reference_rate_follows_the_simulated_counts(harbour, harbour_fit):
    found = predict(harbour_fit, harbour.framework, harbour.hyperparameters, 12)["count_ahead"].to_numpy()[0]
    high = found[:, 0, 0] >= np.quantile(found[:, 0, 0], 0.9)
    later = [found[side, 1:, 0].mean() for side in (high, ~high)]
    assert later[0] > later[1]


def test_direction_probabilities_sum_to_one_and_lie_inside(world):
    fit = a_fit(world, 5, draws=50, copies=1)
    found = predict(fit, world.framework, world.hyperparameters, 13)["direction_ahead"]
    assert found.sizes[names.AHEAD] == world.framework.declaration.forecast.predictive_months
    np.testing.assert_allclose(found.sum(names.DIRECTION), 1.0, atol=1e-12)
    assert float(found.min()) > 0.0
    assert list(found[names.DIRECTION].to_numpy()) == list(world.framework.declaration.directions)


def test_directions_follow_the_scenario_and_the_newsworthiness_of_a_flat_reading(harbour):
    fit = a_fit(harbour, 6, copies=200)
    posterior = fit["posterior"].to_dataset()
    quiet = {
        name: posterior[name] * 0.0 for name in (names.GLOBAL_SCALE, names.GROUP_SCALE, names.TILT_MEAN, names.TILT_Z)
    }
    certain = posterior[names.FILTERED] * 0.0
    certain[..., 2] = 1.0  # rivalry, and it stays
    stays = posterior[names.TRANSITION] * 0.0 + np.eye(4)
    fit["posterior"] = xr.DataTree(posterior.assign(quiet | {names.FILTERED: certain, names.TRANSITION: stays}))
    found = predict(fit, harbour.framework, harbour.hyperparameters, 14)["direction_ahead"].to_numpy()[0, 0]
    one = posterior.isel({names.CHAIN: 0, names.DRAW: 0})
    tau = float(one[names.THRESHOLD])
    draws = {
        name: one[name].to_numpy()[None] for name in (names.FLAT_NEWS_MEAN, names.FLAT_NEWS_SCALE, names.FLAT_NEWS_Z)
    }
    news = flat_news(draws)[0]
    for i in range(5):
        eta = float(one[names.STRENGTH][i]) * harbour.framework.table.expected[i, 2]
        weight = np.array(
            [norm.cdf(-tau - eta), news[i] * (norm.cdf(tau - eta) - norm.cdf(-tau - eta)), norm.sf(tau - eta)]
        )
        for h in range(3):
            np.testing.assert_allclose(found[h, i], weight / weight.sum(), rtol=1e-10)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(harbour, harbour_fit):
    first, again, other = (predict(harbour_fit, harbour.framework, harbour.hyperparameters, seed) for seed in (1, 1, 2))
    assert first.identical(again)
    assert not first["count_ahead"].equals(other["count_ahead"])
    assert not first["direction_ahead"].equals(other["direction_ahead"])


def test_the_scenario_of_the_next_month_is_drawn_from_filtered_times_transition(harbour, harbour_fit):
    draws = flat_draws(harbour_fit["posterior"].to_dataset(), harbour.framework, harbour.hyperparameters)
    path = _scenario_path(draws, 3, np.random.default_rng(15))
    state = draws[names.FILTERED][0, -1]
    for h in range(3):
        state = state @ draws[names.TRANSITION][0]
        share = np.bincount(path[:, h], minlength=4) / len(path)
        assert (np.abs(share - state) < 5 * np.sqrt(state * (1 - state) / len(path))).all()


# ---------------------------------------------------------------- acts


LARGEST = 12


def spread(values):
    """Return the share of draws with 0, 1, ... acts."""
    return np.bincount(values, minlength=LARGEST)[:LARGEST] / len(values)


def agree(share, expected, size):
    """Return whether shares fit probabilities: five standard errors of independent draws, and one draw of slack."""
    return bool((np.abs(share - expected) <= 5 * np.sqrt(expected * (1 - expected) / size) + 1 / size).all())


def found_rates(one):
    """Return rows found in a month watched as the ledger's last, ``partial``, from one draw; dims (scenario)."""
    rate = one[names.EVENT_RATE].to_numpy() + float(one[names.EVENT_BACKGROUND])
    return float(one[names.EVENT_DETECTION][1]) * float(one[names.LEDGER_DENSITY]) * rate


def lively(posterior):
    """Return a posterior with another rate for each series and scenario, and scenarios that change fast."""
    values = {
        names.EVENT_RATE: [[0.4, 1.0, 4.0], [3.0, 0.2, 0.8]],
        names.EVENT_BACKGROUND: [0.3, 0.5],
        names.LEDGER_DENSITY: [1.5, 2.0],
        names.EVENT_DETECTION: [0.7, 0.4],
        names.FILTERED: [0.2, 0.1, 0.7],
        names.TRANSITION: [[0.5, 0.2, 0.3], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2]],
    }
    return posterior.assign({name: posterior[name] * 0.0 + np.array(value) for name, value in values.items()})


@pytest.fixture(scope="module")
def acts(flagship):
    fit = a_fit(flagship, 8, copies=10_000)
    fit["posterior"] = xr.DataTree(lively(fit["posterior"].to_dataset()))
    return fit


def test_predicted_acts_are_found_under_the_watch_that_there_was(flagship, acts):
    # Every month of the ledger is `partial`; a forecast of what a good watch would find is one of something else.
    assert flagship.hyperparameters.coords[names.COVERAGE] == ("good", "partial")
    watched = acts["constant_data"]["event_coverage"]
    better = xr.DataTree.from_dict({name: acts[name].to_dataset() for name in ("posterior", "observed_data")})
    constant = acts["constant_data"].to_dataset().assign(event_coverage=watched * 0)
    better["constant_data"] = xr.DataTree(constant)
    means = [
        predict(one, flagship.framework, flagship.hyperparameters, 17)[names.EVENT_AHEAD].mean().item()
        for one in (acts, better)
    ]
    assert means[0] / means[1] == pytest.approx(0.4 / 0.7, rel=0.05)  # 60,000 counts: 1 % of error


def test_acts_one_month_ahead_are_a_mixture_of_poissons(flagship, acts):
    found = predict(acts, flagship.framework, flagship.hyperparameters, 16)[names.EVENT_AHEAD]
    assert found.dims == (names.CHAIN, names.DRAW, names.AHEAD, names.EVENT_SERIES)
    one = acts["posterior"].to_dataset().isel({names.CHAIN: 0, names.DRAW: 0})
    now, transition = one[names.FILTERED].to_numpy()[-1], one[names.TRANSITION].to_numpy()
    numbers = np.arange(LARGEST)[:, None]
    for series in flagship.framework.events:
        at = {names.EVENT_SERIES: series.id}
        mean = found_rates(one.sel(at))
        first = found.sel({names.AHEAD: 1, **at}).to_numpy()[0].astype(np.int64)
        assert agree(spread(first), poisson.pmf(numbers, mean) @ (now @ transition), first.size)
        # Planted: one Poisson with the mixture's mean, today's scenarios, and every row found are told apart from it.
        assert not agree(spread(first), poisson.pmf(numbers[:, 0], mean @ (now @ transition)), first.size)
        assert not agree(spread(first), poisson.pmf(numbers, mean) @ now, first.size)
        assert not agree(spread(first), poisson.pmf(numbers, mean / 0.4) @ (now @ transition), first.size)
        last = found.sel({names.AHEAD: 3, **at}).to_numpy()[0].astype(np.int64)
        later = now @ np.linalg.matrix_power(transition, 3)
        assert agree(spread(last), poisson.pmf(numbers, mean) @ later, last.size)


def test_acts_of_all_series_and_months_follow_one_scenario_path(flagship, acts):
    # One scenario has acts, the others hardly any: an act says which path the draw is on, and paths persist.
    posterior = acts["posterior"].to_dataset()
    values = {
        names.EVENT_RATE: [[0.0, 0.0, 4.0], [0.0, 0.0, 4.0]],
        names.EVENT_BACKGROUND: [0.0, 0.0],
        names.TRANSITION: [[0.99, 0.01, 0.0], [0.0, 0.99, 0.01], [0.0, 0.01, 0.99]],
        names.FILTERED: [0.3, 0.3, 0.4],
    }
    fit = acts.copy()
    changed = {name: posterior[name] * 0.0 + np.array(value) for name, value in values.items()}
    fit["posterior"] = xr.DataTree(posterior.assign(changed))
    found = predict(fit, flagship.framework, flagship.hyperparameters, 17)[names.EVENT_AHEAD].to_numpy()[0]
    some = found[:, 0, 0] > 0
    assert 0.2 < some.mean() < 0.6
    # Independent series or months would show no difference; the paths make it nearly one.
    assert (found[some, 0, 1] > 0).mean() - (found[~some, 0, 1] > 0).mean() > 0.9
    assert (found[some, 2, 0] > 0).mean() - (found[~some, 2, 0] > 0).mean() > 0.8


def test_predicted_acts_leave_the_other_predictions_as_they_were(flagship, acts):
    # Acts are drawn last, so that a framework may gain them without moving a published count.
    both = predict(acts, flagship.framework, flagship.hyperparameters, 19)
    declared = flagship.framework.declaration
    indicators = tuple(
        one.model_copy(update={"feeds": {k: v for k, v in one.feeds.items() if k != "event"}})
        for one in declared.indicators
    )
    without = replace(flagship.framework, declaration=declared.model_copy(update={"indicators": indicators}))
    alone = predict(acts, without, flagship.hyperparameters, 19)
    assert names.EVENT_AHEAD not in alone
    np.testing.assert_array_equal(both["count_ahead"], alone["count_ahead"])
    np.testing.assert_array_equal(both["direction_ahead"], alone["direction_ahead"])


def test_a_framework_without_acts_predicts_none(harbour, harbour_fit):
    assert names.EVENT_AHEAD not in predict(harbour_fit, harbour.framework, harbour.hyperparameters, 1)
