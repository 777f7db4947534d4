"""Publications that were due: what the reading's embarrassment makes of silence, and of what came."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.evaluate import simulate_panel
from indicast.generative import direction
from indicast.generative._publication import NOT_DUE, cell_rows, table
from indicast.generative.families import CLIMATE, EMISSIONS

FAMILY, REPORTS = EMISSIONS["withheld"], EMISSIONS["direction"]
COPIES = 20_000
ERRORS = 5.0


def due(panel):
    """Return month, indicator and whether it came of each publication that was due."""
    used = panel["silence_used"].to_numpy()
    return tuple(panel[f"silence_{name}"].to_numpy()[used] for name in ("time", "indicator", "published"))


def changed(world, **variables):
    """Return the world's setting with other values in some variables of its panel."""
    panel = world.panel
    return replace(world.setting, panel=panel.assign({n: (panel[n].dims, v) for n, v in variables.items()}))


def all_of_them(world, *, published):
    """Return the world's setting with every publication come, or every one withheld."""
    return changed(world, silence_published=np.full(world.panel.sizes[names.SILENCE], published))


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


def odds_of(draws, s, shy):
    """Return P(published | reading) by the logistic function."""
    odds = draws[names.PUBLISH_BASE][s] + draws[names.PUBLISH_EMBARRASSED][s] * (np.arange(3) == shy)
    return 1.0 / (1.0 + np.exp(-odds))


@pytest.fixture(params=["orchard", "orchard_residual"])
def world(request):
    return request.getfixturevalue(request.param)


# ---- the publication by itself


def test_emission_of_the_family_equals_a_loop_over_readings(world):
    draws = world.felt(1, 2)
    expected, published = np.zeros((2, world.panel.sizes[names.TIME], 4)), due(world.panel)[2]
    assert published.any()
    assert not published.all()
    for (time, place, came), s, k in itertools.product(zip(*due(world.panel), strict=True), range(2), range(4)):
        chance, shy = readings(draws, world, s, k, time, place)
        shown = odds_of(draws, s, shy)
        expected[s, time, k] += np.log((chance * (shown if came else 1.0 - shown)).sum())
    np.testing.assert_allclose(FAMILY.log_emission(draws, world.setting), expected, atol=1e-12)


def test_published_and_withheld_add_up_to_one(world):
    draws = world.felt(2, 5)
    spoken, silent = (np.exp(FAMILY.places(draws, all_of_them(world, published=one)).terms) for one in (True, False))
    np.testing.assert_allclose(silent + spoken, 1.0, atol=1e-12)
    assert (np.ptp(spoken, axis=2) > 0.0).all()
    shown = table(draws)
    np.testing.assert_allclose(shown[:, 1:4] + shown[:, 4:], 1.0, atol=1e-15)
    assert (shown[:, NOT_DUE] == 1.0).all()


@pytest.mark.parametrize("published", [True, False])
def test_with_no_embarrassment_neither_silence_nor_publication_is_evidence(world, published):
    draws = world.felt(3, 5)
    draws[names.PUBLISH_EMBARRASSED][:] = 0.0
    setting = all_of_them(world, published=published)
    found = FAMILY.log_emission(draws, setting)
    assert (found != 0.0).any()
    np.testing.assert_allclose(found, np.broadcast_to(found[..., :1], found.shape), atol=1e-13)
    nothing_due = changed(world, silence_used=np.zeros(world.panel.sizes[names.SILENCE], dtype=bool))
    reports = [REPORTS.log_emission(draws, one) for one in (setting, nothing_due)]
    np.testing.assert_allclose(*reports, atol=1e-13)


def one(world, indicator, *, published=False):
    """Return the world's setting with one withheld month of one indicator, or the same as if it had come."""
    place = world.framework.indicators.index(indicator)
    panel = world.panel
    kept = panel["silence_used"].to_numpy() & (panel["silence_indicator"].to_numpy() == place)
    kept &= ~panel["silence_published"].to_numpy()
    kept &= kept.cumsum() == 1
    return changed(world, silence_used=kept, silence_published=kept & published)


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


def test_a_publication_that_came_speaks_for_the_others_and_says_less_where_most_come(orchard):
    draws = orchard.felt(4, 300)
    draws[names.PUBLISH_EMBARRASSED] = -np.abs(draws[names.PUBLISH_EMBARRASSED])
    draws[names.PUBLISH_BASE] = np.abs(draws[names.PUBLISH_BASE]) + 3.0
    draws[names.PUBLISH_EMBARRASSED] = np.maximum(draws[names.PUBLISH_EMBARRASSED], -2.0)
    silent, came = (
        FAMILY.log_emission(draws, one(orchard, "grafts", published=word)).sum(axis=1) for word in (False, True)
    )
    order = [orchard.framework.scenarios.index(name) for name in ("graft", "resting", "felling")]
    assert (np.diff(came[:, order], axis=1) < 0.0).all()
    # At least 1/(1 + e^-1) = .73 of what is due comes, so that silence, the rarer of both, says more.
    assert (np.ptp(came[:, order], axis=1) < np.ptp(silent[:, order], axis=1)).all()


def test_a_shameless_office_that_hides_good_news_turns_the_evidence_round(orchard):
    draws = orchard.felt(5, 100)
    draws[names.PUBLISH_EMBARRASSED] = np.abs(draws[names.PUBLISH_EMBARRASSED])
    grafts = FAMILY.log_emission(draws, one(orchard, "grafts")).sum(axis=1)
    assert (grafts[:, 0] > grafts[:, 2]).all()


def test_withholding_never_says_more_than_the_embarrassing_reading_itself(world):
    draws, setting = world.felt(6, 200), all_of_them(world, published=False)
    draws[names.PUBLISH_EMBARRASSED][:], draws[names.PUBLISH_BASE][:] = -30.0, 12.0
    time, indicator, _ = due(setting.panel)
    found = np.exp(FAMILY.places(draws, setting).terms)
    for s, r, k in itertools.product(range(20), range(len(time)), range(4)):
        chance, shy = readings(draws, world, s, k, time[r], indicator[r])
        # Other readings are withheld 6 times in a million.
        assert found[s, r, k] == pytest.approx(chance[shy], abs=1e-4)
    draws[names.PUBLISH_EMBARRASSED][:] = -2.0
    milder = FAMILY.places(draws, setting).terms
    assert (np.ptp(milder, axis=2) <= np.ptp(np.log(found), axis=2) + 1e-9).all()


def test_an_indicator_that_nothing_embarrasses_has_no_publication_that_was_due(orchard):
    shy = [name for name in orchard.framework.declaration.indicators if name.embarrassing]
    assert {one.id for one in shy} == {orchard.framework.indicators[place] for place in due(orchard.panel)[1]}
    used, indicator = (orchard.panel[f"silence_{name}"].to_numpy() for name in ("used", "indicator"))
    reading = orchard.panel["silence_reading"].to_numpy()[used]
    assert set(zip(indicator[used].tolist(), reading.tolist(), strict=True)) == {(1, 0), (5, 1)}


# ---- the mean of the likelihood ratio


def ratios(world, felt, true, other, seed, *, two_sided):
    """Return L(other) / L(true) of the world's publications, drawn anew under one scenario that holds throughout."""
    used = np.flatnonzero(world.panel["silence_used"].to_numpy())
    panel = world.panel.isel({names.SILENCE: np.tile(used, COPIES)})
    setting, path = replace(world.setting, panel=panel), np.full(panel.sizes[names.TIME], true)
    drawn = FAMILY.simulate(felt, setting, path, np.random.default_rng(seed))["silence_published"]
    many = replace(setting, panel=panel.assign(silence_published=((names.SILENCE,), drawn)))
    terms = FAMILY.places(felt, many).terms[0]
    counted = np.ones_like(drawn) if two_sided else ~drawn
    return np.exp(((terms[:, other] - terms[:, true]) * counted).reshape(COPIES, used.size).sum(axis=1))


def misses(ratio):
    """Return by how many standard errors a mean differs from one."""
    return abs(ratio.mean() - 1.0) / (ratio.std() / np.sqrt(ratio.size))


def office(world):
    """Return one draw with an office that publishes most of what does not embarrass it and half of what does."""
    felt = {name: values[:1] for name, values in world.felt(7, 1).items()}
    return felt | {names.PUBLISH_BASE: np.array([2.0]), names.PUBLISH_EMBARRASSED: np.array([-2.0])}


@pytest.mark.parametrize("two_sided", [True, False])
def test_over_worlds_the_likelihood_ratio_has_mean_one_and_has_not_if_what_came_says_nothing(world, two_sided):
    felt = office(world)
    pairs = itertools.permutations(range(len(world.framework.scenarios)), 2)
    found = [misses(ratios(world, felt, k, j, 10 * k + j, two_sided=two_sided)) for k, j in pairs]
    assert (max(found) < ERRORS) == two_sided
    if not two_sided:
        assert np.median(found) > ERRORS


# ---- the publication and the reports of one reading


def coupled(panel):
    """Return month, indicator, cell and slot of each cell of reports of which a publication was due."""
    time, indicator, _ = due(panel)
    slots = {pair: slot for slot, pair in enumerate(zip(time.tolist(), indicator.tolist(), strict=True))}
    cells = zip(panel["cell_time"].to_numpy().tolist(), panel["cell_indicator"].to_numpy().tolist(), strict=True)
    used = panel["cell_used"].to_numpy()
    return [(*pair, cell, slots[pair]) for cell, pair in enumerate(cells) if used[cell] and pair in slots]


def joint(draws, world, panel, s, k, cell, came):
    """Return p(what became of the publication | k) p(its reports | that, k) by loops, from the latent reading."""
    time, place = int(panel["cell_time"][cell]), int(panel["cell_indicator"][cell])
    chance, shy = readings(draws, world, s, k, time, place)
    shown = odds_of(draws, s, shy)
    prior = chance * (shown if came else 1.0 - shown)
    log_odds = draws[names.FLAT_NEWS_MEAN][s] + draws[names.FLAT_NEWS_SCALE][s] * draws[names.FLAT_NEWS_Z][s, place]
    reported = prior / prior.sum() * np.array([1.0, 1.0 / (1.0 + np.exp(-log_odds)), 1.0])
    said = reported / reported.sum()
    for r in np.flatnonzero(panel["report_used"].to_numpy()[cell]):
        grade, slant, factor, word = (panel[f"report_{n}"].to_numpy()[cell, r] for n in WORDS)
        rho = draws[names.RELIABILITY][s, grade] * factor
        said = said * (rho * (np.arange(-1, 2) == word) + (1 - rho) * draws[names.SLANT_SHARES][s, slant, word + 1])
    return prior.sum() * said.sum()


WORDS = ("grade", "slant", "factor", "direction")


@pytest.mark.parametrize("turned", [False, True])
def test_both_families_together_are_the_exact_joint_of_publication_and_reports(world, turned):
    # Turned round, months with reports were withheld: a leak, or another source that saw for itself.
    draws = world.felt(8, 2)
    setting = changed(world, silence_published=world.panel["silence_published"].to_numpy() != turned)
    cells, came = coupled(setting.panel), due(setting.panel)[2]
    assert {came[slot] for *_, slot in cells} == {not turned}
    assert {place for _, place, _, _ in cells} == {1, 5}
    reports, silences = (family.places(draws, setting).terms for family in (REPORTS, FAMILY))
    for (_, _, cell, slot), s, k in itertools.product(cells, range(2), range(4)):
        found = reports[s, cell, k] + silences[s, slot, k]
        expected = np.log(joint(draws, world, setting.panel, s, k, cell, came[slot]))
        assert found == pytest.approx(expected, abs=1e-12)


def test_reports_of_other_months_are_read_as_if_nothing_were_due(world):
    draws, panel = world.felt(9, 3), world.panel
    nothing_due = changed(world, silence_used=np.zeros(panel.sizes[names.SILENCE], dtype=bool))
    plain, read = (REPORTS.places(draws, one).terms for one in (nothing_due, world.setting))
    hit = [cell for _, _, cell, _ in coupled(panel)]
    assert np.flatnonzero(cell_rows(panel) != NOT_DUE).tolist() == hit
    others = np.setdiff1d(np.arange(plain.shape[1]), hit)
    assert (plain[:, others] == read[:, others]).all()
    assert (plain[:, hit] != read[:, hit]).any(axis=(0, 2)).all()


def test_all_that_a_publication_and_its_reports_might_have_been_has_probability_one(world):
    draws, (_, _, cell, slot) = world.felt(10, 2), coupled(world.panel)[0]
    total = np.zeros((2, 4))
    used = np.flatnonzero(world.panel["report_used"].to_numpy()[cell])
    for came, words in itertools.product((False, True), itertools.product((-1, 0, 1), repeat=used.size)):
        said, published = (
            world.panel["report_direction"].to_numpy().copy(),
            world.panel["silence_published"].to_numpy().copy(),
        )
        said[cell, used], published[slot] = words, came
        setting = changed(world, report_direction=said, silence_published=published)
        terms = REPORTS.places(draws, setting).terms[:, cell] + FAMILY.places(draws, setting).terms[:, slot]
        total += np.exp(terms)
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


@pytest.mark.parametrize("published", [True, False])
def test_simulated_reports_follow_the_likelihood_given_what_became_of_the_publication(world, published):
    felt, setting = office(world), all_of_them(world, published=published)
    _, _, cell, _ = next(
        one for one in coupled(world.panel) if world.panel["report_used"].to_numpy()[one[2]].sum() == 1
    )
    panel = setting.panel.isel({names.CELL: np.full(COPIES, cell)})
    many = replace(setting, panel=panel)
    for k in range(4):
        path = np.full(panel.sizes[names.TIME], k)
        said = REPORTS.simulate(felt, many, path, np.random.default_rng(20 + k))["report_direction"]
        word = said[:, np.flatnonzero(panel["report_used"].to_numpy()[0])[0]]
        terms = REPORTS.places(
            felt, replace(many, panel=panel.assign(report_direction=(panel["report_direction"].dims, said)))
        )
        chance = np.exp(terms.terms[0][:, k])
        share = np.array([[(word == one).mean(), chance[word == one][0]] for one in (-1, 0, 1)])
        assert (np.abs(share[:, 0] - share[:, 1]) < ERRORS * np.sqrt(share[:, 1] / COPIES)).all()
        assert share[:, 1].sum() == pytest.approx(1.0, abs=1e-12)


def test_a_simulated_world_draws_reports_after_publications(orchard):
    # An office that hides what embarrasses it and nothing else, and sources that are always right: a report says
    # what embarrasses exactly where the publication was withheld.
    truth = {name: values[:1] for name, values in orchard.draws(11, 1).items()}
    truth |= {names.PUBLISH_BASE: np.array([60.0]), names.PUBLISH_EMBARRASSED: np.array([-120.0])}
    truth[names.RELIABILITY] = np.ones_like(truth[names.RELIABILITY])
    panel = orchard.panel.assign(
        report_factor=(orchard.panel["report_factor"].dims, np.ones(orchard.panel["report_factor"].shape))
    )
    rng, hidden, reading = np.random.default_rng(12), [], orchard.panel["silence_reading"].to_numpy()
    for _ in range(40):
        path = rng.integers(0, 4, panel.sizes[names.TIME])
        drawn = simulate_panel(orchard.framework, orchard.hyperparameters, panel, truth, path, rng)
        for _, _, cell, slot in coupled(panel):
            said = drawn["report_direction"].to_numpy()[cell, 0] + 1
            hidden.append(not drawn["silence_published"].to_numpy()[slot])
            assert (said == reading[slot]) == hidden[-1]
    assert 0.1 < np.mean(hidden) < 0.9


def test_the_slope_of_embarrassment_is_felt_through_the_reports(orchard):
    # The graph's own derivative beside that of the twin, by finite differences.
    import pytensor
    import pytensor.tensor as pt

    felt, setting = office(orchard), orchard.setting
    given = {**felt, "flat_news": direction.flat_news(felt)}
    inputs = {name: pt.as_tensor(np.asarray(values[0], dtype=float)) for name, values in given.items()}
    moved = [pt.dscalar(), pt.dscalar()]
    inputs |= dict(zip((names.PUBLISH_BASE, names.PUBLISH_EMBARRASSED), moved, strict=True))
    data = {
        name: pt.as_tensor(values) for one in (REPORTS, FAMILY) for name, (_, values) in one.data(setting.panel).items()
    }
    total = sum(one.log_emission_graph(inputs, data, setting) for one in (REPORTS, FAMILY))
    weight = np.random.default_rng(13).standard_normal((setting.panel.sizes[names.TIME], 4))
    slopes = pytensor.function(moved, pt.grad((total * weight).sum(), moved), mode="FAST_COMPILE")(2.0, -2.0)

    def value(base, embarrassed):
        here = felt | {names.PUBLISH_BASE: np.array([base]), names.PUBLISH_EMBARRASSED: np.array([embarrassed])}
        return sum((one.log_emission(here, setting)[0] * weight).sum() for one in (REPORTS, FAMILY))

    step = 1e-5
    expected = [value(2.0 + step, -2.0) - value(2.0 - step, -2.0), value(2.0, -2.0 + step) - value(2.0, -2.0 - step)]
    # Rounding of sums of some tens leaves 1e-14 / 1e-5; the reports' part is above .01.
    np.testing.assert_allclose(slopes, np.array(expected) / (2 * step), atol=1e-7)
