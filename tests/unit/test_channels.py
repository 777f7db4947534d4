"""What may be seen: chances that sum to one, a worthless source that says nothing, silence that counts."""

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson
from scipy.stats import t as student

from indicast import names
from indicast.explain._channel import Ahead
from indicast.explain._channels import channels
from indicast.explain._information import expected_information, said_alike
from indicast.explain._seen import as_fitted
from indicast.explain._typical import typical_report
from indicast.generative import count, direction, level
from indicast.generative.families import CLIMATE, Setting
from indicast.panel import used_months

SHAPE = (2, 100)


def ahead_of(world, draws, months=1, window=12):
    tree = world.tree(draws)
    seen = as_fitted(tree, world.framework, world.hyperparameters, 0, np.random.default_rng(0))
    return Ahead(tree, Setting(world.framework, world.hyperparameters, seen.panel), seen, months, window)


@pytest.fixture(scope="module", params=["harbour", "orchard", "orchard_residual", "jetty", "mill"])
def world(request):
    return request.getfixturevalue(request.param)


def of(found, stream, label):
    return next(one for one in found if (one.stream, one.label) == (stream, label))


def test_chances_sum_to_one_and_every_family_has_its_channels(world):
    ahead = ahead_of(world, world.draws(3, 200))
    found = list(channels(ahead))
    for one in found:
        assert (one.chance >= 0.0).all(), one.label
        np.testing.assert_allclose(one.chance.sum(axis=-1), 1.0, atol=1e-12, err_msg=one.label)
        np.testing.assert_allclose(one.told.sum(axis=-1), 1.0, atol=1e-12, err_msg=one.label)
        assert one.told.shape[-1] == len(one.outcomes)
        assert one.seen.shape == (used_months(world.panel).sizes[names.TIME],)
    milestones = {"milestone"} if any(one.stream == "milestone" for one in found) else set()
    assert {one.stream for one in found} | {"milestone"} == set(world.framework.families) | milestones | {"milestone"}


def test_a_residual_scenario_reads_every_direction_alike(orchard_residual):
    ahead = ahead_of(orchard_residual, orchard_residual.draws(3, 50))
    draws, place = ahead.draws, orchard_residual.framework.indicators.index("mood")
    found = of(channels(ahead), "direction", "mood")
    news = direction.flat_news(draws)[:, place]
    weight = np.stack([np.ones_like(news), news, np.ones_like(news)], -1) / (2.0 + news)[:, None]
    source = typical_report(ahead.setting.panel, orchard_residual.hyperparameters, place, 12)
    rho = (draws[names.RELIABILITY][:, source.grade] * source.factor)[:, None]
    expected = rho * weight + (1.0 - rho) * draws[names.SLANT_SHARES][:, source.slant]
    np.testing.assert_allclose(found.chance[:, -1], expected, atol=1e-12)


@pytest.mark.parametrize("months", [1, 3])
def test_a_report_has_the_chances_that_its_family_gives_it_averaged_over_new_shocks(harbour, months):
    """Fourteen draws, 20 000 new shocks each: the error of a chance is below .004, and five of them are allowed."""
    ahead, rng = ahead_of(harbour, harbour.draws(4, 14), months), np.random.default_rng(9)
    draws, framework, place = ahead.draws, harbour.framework, harbour.framework.indicators.index("dredging_funds")
    group = framework.groups.index(framework.declaration.indicators[place].group)
    source = typical_report(ahead.setting.panel, harbour.hyperparameters, place, 12)
    found = of(channels(ahead), "direction", "dredging_funds").chance
    for d in range(14):
        tilt = draws[names.TILT_MEAN][d] + draws[names.TILT_SCALE][d] * draws[names.TILT_Z][d, place]
        phi, size = draws[names.PERSISTENCE][d], (draws[names.GLOBAL_SCALE][d], draws[names.GROUP_SCALE][d, group])
        shock = np.full(20_000, draws[CLIMATE][d, -1, place] - tilt)
        for _ in range(months):
            new = size[0] * rng.standard_normal(20_000) + size[1] * rng.standard_normal(20_000)
            shock = phi * shock + np.sqrt(1.0 - phi**2) * new
        eta = draws[names.STRENGTH][d, place] * framework.expected[place][:, None] + tilt + shock
        reading = direction.reading_probability(eta, draws[names.THRESHOLD][d]).mean(axis=1)
        reading[:, 1] *= direction.flat_news(draws)[d, place]
        reading /= reading.sum(axis=1, keepdims=True)
        rho = draws[names.RELIABILITY][d, source.grade] * source.factor
        expected = rho * reading + (1.0 - rho) * draws[names.SLANT_SHARES][d, source.slant]
        np.testing.assert_allclose(found[d], expected, atol=0.02)


def test_a_worthless_source_says_exactly_nothing(harbour):
    draws = harbour.draws(5, 200)
    worthless = {**draws, names.RELIABILITY: np.zeros_like(draws[names.RELIABILITY])}
    for one in channels(ahead_of(harbour, worthless)):
        if one.stream == "direction":
            state = np.random.default_rng(1).dirichlet(np.ones(4), 200)
            assert said_alike(one.chance)
            assert expected_information(state, one.chance, SHAPE) == (0.0, 0.0)
    assert not said_alike(of(channels(ahead_of(harbour, draws)), "direction", "dredging_funds").chance)


def test_numbers_have_the_chances_of_scipy_and_those_beyond_the_last_are_rare(orchard):
    ahead = ahead_of(orchard, orchard.draws(6, 200))
    acts = of(channels(ahead), "event", "gates")
    place = [one.id for one in orchard.framework.events].index("gates")
    draws, size = ahead.draws, len(acts.outcomes) - 1
    watch = orchard.hyperparameters.coords[names.COVERAGE].index(acts.looked_for.rsplit(" ", 1)[1])
    rate = (draws[names.EVENT_RATE][:, place] + draws[names.EVENT_BACKGROUND][:, place, None]) * draws[
        names.LEDGER_DENSITY
    ][:, place, None]
    mean = (rate * draws[names.EVENT_DETECTION][:, watch, None])[..., None]
    np.testing.assert_allclose(acts.chance[..., :size], poisson.pmf(np.arange(size), mean), atol=1e-12)
    assert acts.chance.mean(axis=0)[:, -1].max() <= 1e-3
    assert acts.outcomes[-1] == f"{size} or more"


def test_a_count_goes_on_as_a_month_that_is_added_to_the_panel_would(harbour):
    """The month after May, against June's panel, which holds June's reference and season."""
    may = harbour._replace(panel=harbour.seen(harbour.ledger, "2024-05"))
    draws = may.draws(7, 100)
    ahead = ahead_of(may, draws)
    june = used_months(harbour.seen(harbour.ledger.known(np.datetime64("2024-05-31").item()), "2024-06"))
    log_mean = count.log_mean(draws, june, harbour.hyperparameters.number("growth_years"))[:, -1]
    for place, one in enumerate(harbour.framework.counts):
        found = of(channels(ahead), "count", one.id)
        watch = harbour.hyperparameters.coords[names.COVERAGE].index(found.looked_for.rsplit(" ", 1)[1])
        mean = np.exp(log_mean[:, place]) * draws[names.DETECTION][:, watch, None]
        alpha = draws[names.OVERDISPERSION][:, place, None, None] ** -2.0
        number, size = mean[..., None], len(found.outcomes) - 1
        np.testing.assert_allclose(
            found.chance[..., :size], nbinom.pmf(np.arange(size), alpha, alpha / (alpha + number)), atol=1e-9
        )


def test_leaving_out_that_nothing_was_found_changes_what_a_count_is_worth(harbour):
    """Given that something is found, less is left to learn: silence is evidence where somebody watches."""
    ahead = ahead_of(harbour, harbour.draws(8, 200))
    state = ahead.seen.filtered[:, -1]
    found = of(channels(ahead), "count", "convoys").chance
    loud = found[..., 1:] / found[..., 1:].sum(axis=-1, keepdims=True)
    whole, partly = (expected_information(state, one, SHAPE).nats for one in (found, loud))
    assert whole > 0.0
    assert abs(whole - partly * (state[..., None] * found)[..., 1:].sum(axis=(1, 2)).mean()) > 0.05 * whole


def test_numbers_of_a_series_have_the_chances_of_their_family(orchard):
    ahead = ahead_of(orchard, orchard.draws(9, 60))
    draws, tail = ahead.draws, orchard.hyperparameters.number("level_tail")
    place = orchard.framework.series("level").index("hands_by_pomar")
    found = of(channels(ahead), "level", "hands_by_pomar")
    gap = ahead.place - int(np.flatnonzero(found.seen)[-1])
    centre = draws[names.DRIFT][:, place] * gap / level.MONTHS_PER_YEAR
    scale = draws[names.LEVEL_SCALE][:, place, None]
    # Classes are unions of neighbouring bins, so that their ends are quantiles of Student's t.
    low = found.chance[..., found.shown == 0].sum(axis=-1)
    end = student.ppf(low, tail, centre, scale)
    np.testing.assert_allclose(end, np.broadcast_to(end.mean(), end.shape), atol=1e-6)
    assert np.abs(found.told.mean(axis=(0, 1)) - 1.0 / 3.0).max() < 0.1
    share = of(channels(ahead), "share", "mood_in_pomar")
    low = share.chance[..., share.shown == 0].sum(axis=-1)
    where = orchard.framework.series("share").index("mood_in_pomar")
    value = draws[names.SHARE_CENTRE][:, where]
    middle = np.log(value / (1.0 - value)) + draws[names.HOUSE_EFFECT][:, where, None]
    end = norm.ppf(low, middle, draws[names.SHARE_SCALE][:, where, None])[(low > 1e-6) & (low < 1.0 - 1e-6)]
    np.testing.assert_allclose(end, end.mean(), atol=1e-6)


def test_a_step_is_taken_with_its_monthly_hazard(harbour):
    ahead = ahead_of(harbour, harbour.draws(10, 50))
    for one in channels(ahead):
        if one.stream == "milestone":
            assert one.outcomes == ("not taken", "taken")
            assert (one.chance[..., 1] > 0.0).all()
            assert (one.chance[..., 1] < 0.7).all()


def test_the_typical_report_is_the_most_common_of_the_last_months_and_the_weaker_of_two(harbour):
    panel, priors = used_months(harbour.panel), harbour.hyperparameters
    letters = list(priors.coords[names.GRADE])
    place, months = harbour.framework.indicators.index("dredging_funds"), panel.sizes[names.TIME]
    cells = np.flatnonzero(panel["cell_used"].to_numpy() & (panel["cell_indicator"].to_numpy() == place))
    grade = panel["report_grade"].to_numpy().copy()
    used = panel["report_used"].to_numpy()
    grade[cells] = letters.index("C")
    last = cells[panel["cell_time"].to_numpy()[cells].argmax()]
    assert used[last].sum() >= 1
    grade[last] = letters.index("A")
    changed = panel.assign(report_grade=panel["report_grade"].copy(data=grade))
    since = months - int(panel["cell_time"][last])
    assert typical_report(changed, priors, place, since).letter == "A"
    assert typical_report(changed, priors, place, months).letter == "C"
    silent = panel.assign(cell_used=panel["cell_used"] & (panel["cell_indicator"] != place))
    nothing = typical_report(silent, priors, place, months)
    assert (nothing.letter, nothing.words) == ("", "a report, none so far")


def test_between_two_letters_that_are_as_common_the_weaker_one_is_assumed(harbour):
    panel, priors = used_months(harbour.panel), harbour.hyperparameters
    letters = list(priors.coords[names.GRADE])
    place = harbour.framework.indicators.index("dredging_funds")
    rows = np.argwhere(panel["report_used"].to_numpy() & (panel["cell_indicator"].to_numpy() == place)[:, None])
    keep = np.zeros(panel["report_used"].shape, dtype=bool)
    grade = panel["report_grade"].to_numpy().copy()
    for row, letter in zip(rows[:2].tolist(), ("A", "D"), strict=True):
        keep[tuple(row)], grade[tuple(row)] = True, letters.index(letter)
    changed = panel.assign(
        report_used=panel["report_used"].copy(data=keep), report_grade=panel["report_grade"].copy(data=grade)
    )
    assert typical_report(changed, priors, place, 600).letter == "D"


def test_months_in_between_are_months_that_nobody_watched(harbour):
    ahead = ahead_of(harbour, harbour.draws(11, 40), months=30)
    draws, rate = ahead.draws, harbour.hyperparameters.mapping("reference_rate")
    found = of(channels(ahead), "count", "convoys")
    watch = harbour.hyperparameters.coords[names.COVERAGE].index(found.looked_for.rsplit(" ", 1)[1])
    place = [one.id for one in harbour.framework.counts].index("convoys")
    month = (harbour.framework.start_index + ahead.place) % 12
    level_ = np.log(rate["convoys"]) + draws[names.SEASON][:, place, month]
    mean = np.exp(level_[:, None] + harbour.hyperparameters.number("growth_years") * draws[names.GROWTH][:, place])
    mean = mean * draws[names.DETECTION][:, watch, None]
    alpha = draws[names.OVERDISPERSION][:, place, None] ** -2.0
    np.testing.assert_allclose(found.chance[..., 0], (alpha / (alpha + mean)) ** alpha, atol=1e-9)
