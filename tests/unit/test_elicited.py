"""What people said comes back from the fitted priors; what cannot be used is told with its line.

The fits are PreliZ's; quantiles of the fitted distributions come from SciPy.
"""

import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from indicast import names
from indicast.cli._checks import checked
from indicast.elicit import coordinates, load_hyperparameters
from indicast.elicit._asked import Asked, asked_of
from indicast.elicit._elicited import _nested
from indicast.elicit._fitting import fit_one, fit_pool
from indicast.elicit._statements import Modes, Quantiles, Row, statement, vaguest_probability
from indicast.errors import DataError, WorkspaceError
from indicast.workspace import load_framework

pytestmark = [pytest.mark.unit, pytest.mark.xdist_group("preliz")]  # PreliZ is imported and compiled once

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
HEADER = "prior,label,rater,kind,value,probability,chips,source"
NAN = float("nan")

SCIPY = {
    "Normal": stats.norm,
    "LogNormal": lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
    "HalfNormal": lambda sigma: stats.halfnorm(scale=sigma),
    "Exponential": lambda lam: stats.expon(scale=1 / lam),
    "Gamma": lambda alpha, beta: stats.gamma(alpha, scale=1 / beta),
    "Beta": stats.beta,
    "TruncatedNormal": lambda mu, sigma, lower: stats.truncnorm((lower - mu) / sigma, np.inf, mu, sigma),
}
TRUTHS = [
    ("Normal", (-0.3, 0.5)),
    ("Normal", (400.0, 2.0)),
    ("LogNormal", (3.9, 0.5)),
    ("LogNormal", (-5.0, 1.5)),
    ("HalfNormal", (0.7,)),
    ("Exponential", (4.0,)),
    ("Gamma", (0.6, 0.01)),
    ("Gamma", (15.0, 700.0)),
    ("Beta", (16.0, 4.0)),
    ("Beta", (0.8, 40.0)),
    ("TruncatedNormal", (0.67, 0.15, 0.1)),
    ("TruncatedNormal", (-1.0, 1.0, 0.0)),
]
# Stated quantiles have four digits at most in a file; here they are exact, and the search ends at relative steps of
# 1e-12. PreliZ's own search would miss by up to .03 (Gamma), a wrong argument name by more.
EXACT = 1e-6


def asked(distribution, lower=None, bound=0.0, places=((),)):
    return Asked("x", distribution, places, 0.02, lower, bound)


def lower_of(distribution, arguments):
    return arguments[2] if distribution == "TruncatedNormal" else None


@pytest.mark.parametrize("probabilities", [(0.05, 0.5, 0.95), (0.25, 0.75), (0.3, 0.4), (0.1, 0.25, 0.5, 0.8)])
@pytest.mark.parametrize(("distribution", "arguments"), TRUTHS)
def test_fitted_quantiles_are_those_stated(distribution, arguments, probabilities):
    said = Quantiles(probabilities, tuple(SCIPY[distribution](*arguments).ppf(probabilities)))
    fit = fit_one(asked(distribution, lower_of(distribution, arguments)), said)
    fitted = SCIPY[distribution](*fit.arguments)
    np.testing.assert_allclose(fitted.ppf(probabilities), said.values, rtol=EXACT)
    np.testing.assert_allclose([point.fitted for point in fit.points], probabilities, atol=EXACT)


@pytest.mark.parametrize(("distribution", "arguments"), [("HalfNormal", (0.3,)), ("Exponential", (20.0,))])
def test_one_quantile_is_enough_for_one_argument(distribution, arguments):
    said = Quantiles((0.9,), tuple(SCIPY[distribution](*arguments).ppf([0.9])))
    np.testing.assert_allclose(fit_one(asked(distribution), said).arguments, arguments, rtol=EXACT)


def test_a_fit_that_misses_says_by_how_much():
    # 0.5 and 2 are quartiles of a LogNormal(0, 1.03), and 30 is far from its 95 % point.
    said = Quantiles((0.25, 0.75, 0.95), (0.5, 2.0, 30.0))
    fit = fit_one(asked("LogNormal"), said)
    fitted = SCIPY["LogNormal"](*fit.arguments).cdf(said.values)
    np.testing.assert_allclose([point.fitted for point in fit.points], fitted, atol=1e-9)
    assert max(abs(fitted - said.probabilities)) > 0.02
    # Least squares of probabilities: no neighbour of the fit is nearer.
    squares = sum((fitted - said.probabilities) ** 2)
    for step in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        moved = SCIPY["LogNormal"](*np.add(fit.arguments, step)).cdf(said.values)
        assert sum((moved - said.probabilities) ** 2) > squares


def rows_of_chips(distribution, arguments, edges, count):
    centres, shares = (edges[1:] + edges[:-1]) / 2, np.diff(SCIPY[distribution](*arguments).cdf(edges))
    chips = np.round(shares * count)
    pairs = zip(centres, chips, strict=True)
    return [Row(line, "x", "", "a", "chips", centre, NAN, chip) for line, (centre, chip) in enumerate(pairs, start=2)]


@pytest.mark.parametrize(
    ("distribution", "arguments", "edges"),
    [
        ("Normal", (50.0, 10.0), np.linspace(0, 100, 21)),
        ("LogNormal", (3.9, 0.5), np.linspace(0, 240, 25)),
        ("HalfNormal", (0.5,), np.linspace(0, 2, 11)),
        ("Exponential", (0.2,), np.linspace(0, 40, 21)),
        ("Gamma", (3.0, 0.1), np.linspace(0, 120, 13)),
        ("Beta", (16.0, 4.0), np.linspace(0, 1, 21)),
        ("TruncatedNormal", (0.67, 0.15, 0.1), np.linspace(0.1, 1.3, 13)),
    ],
)
def test_chips_recover_the_distribution_they_came_from(distribution, arguments, edges):
    count = 200
    one = asked(distribution, lower_of(distribution, arguments))
    said = statement(one, rows_of_chips(distribution, arguments, edges, count))
    fitted = SCIPY[distribution](*fit_one(one, said).arguments)
    # Rounding a bin moves its share by at most half a chip. The cumulative errors wander, by sqrt(bins/12) chips
    # or so; three times that is the band. Chips read as densities, in bins of width 5, would miss by .25.
    band = 3 * np.sqrt(len(edges) / 12) / count
    truth = SCIPY[distribution](*arguments)
    assert np.abs(fitted.cdf(edges) - truth.cdf(edges)).max() < band


def test_chips_are_cumulative_shares_at_the_borders_of_bins():
    rows = [Row(2 + i, "x", "", "a", "chips", 5.0 + 10 * i, NAN, c) for i, c in enumerate([0, 1, 0, 0, 2, 1, 0])]
    # Chips lie in 10-20, 40-50 and 50-60. Between 20 and 40 the share stays 1/4, so its middle stands for it.
    assert statement(asked("Gamma"), rows) == Quantiles((0.25, 0.75), (30.0, 50.0))
    assert statement(asked("Gamma"), rows[::-1]) == Quantiles((0.25, 0.75), (30.0, 50.0))


PEOPLE = [
    Quantiles((0.05, 0.5, 0.95), (12.0, 40.0, 120.0)),
    Quantiles((0.25, 0.75), (30.0, 90.0)),
    Quantiles((0.1, 0.9), (60.0, 200.0)),
]


@pytest.mark.parametrize("distribution", ["LogNormal", "Gamma"])
def test_the_order_of_raters_changes_nothing(distribution):
    fits = {fit_pool(asked(distribution), people) for people in permutations(PEOPLE)}
    assert len(fits) == 1


@pytest.mark.parametrize(("distribution", "arguments"), TRUTHS)
def test_raters_who_say_the_same_are_one(distribution, arguments):
    one = asked(distribution, lower_of(distribution, arguments))
    said = Quantiles((0.1, 0.5, 0.9), tuple(np.round(SCIPY[distribution](*arguments).ppf([0.1, 0.5, 0.9]), 4)))
    alone, together = fit_one(one, said), fit_pool(one, [said] * 3)
    points = SCIPY[distribution](*alone.arguments).ppf([0.01, 0.3, 0.5, 0.7, 0.99])
    # The pool's quantiles are found by bisection to 1e-12 of their own, PreliZ's bracket being 10 and more wide.
    np.testing.assert_allclose(
        SCIPY[distribution](*together.arguments).cdf(points), [0.01, 0.3, 0.5, 0.7, 0.99], atol=EXACT
    )


def test_the_pool_is_the_mean_of_the_raters_distributions():
    fit = fit_pool(asked("LogNormal"), PEOPLE)
    alone = [SCIPY["LogNormal"](*fit_one(asked("LogNormal"), person).arguments) for person in PEOPLE]
    places = [float(point.text.removeprefix("P(below ").removesuffix(")")) for point in fit.points]
    # The places are shown with four digits, which moves a probability by less than 1e-3 of itself.
    np.testing.assert_allclose(
        [point.stated for point in fit.points], np.mean([one.cdf(places) for one in alone], axis=0), rtol=2e-3
    )


def test_the_fit_to_a_pool_agrees_with_preliz_fit_to_a_sample_of_it():
    import preliz

    fit = fit_pool(asked("Normal"), [Quantiles((0.25, 0.75), (-1.0, 1.0)), Quantiles((0.25, 0.75), (-0.5, 2.0))])
    persons = [preliz.Normal(0.0, 1.0 / stats.norm.ppf(0.75)), preliz.Normal(0.75, 1.25 / stats.norm.ppf(0.75))]
    (sampled,), _ = preliz.combine(persons, dist_names=["Normal"], sample_size=100_000, plot=0)
    # Two roads with two criteria, moments of a sample and probabilities at quartiles: the pool is nearly normal, so
    # they differ little. The sample's own error is 1.7/sqrt(1e5) = .005. Averaged quantiles would give sigma 1.67.
    np.testing.assert_allclose(fit.arguments, sampled.params, atol=0.03)


def test_a_pool_of_people_who_contradict_each_other_is_missed_by_its_fit():
    apart = [Quantiles((0.05, 0.95), (1.0, 2.0)), Quantiles((0.05, 0.95), (50.0, 60.0))]
    fit = fit_pool(asked("Normal"), apart)
    assert max(abs(point.stated - point.fitted) for point in fit.points) > 0.02


LABELS = ("calm", "storm", "fog")


@pytest.mark.parametrize("probability", [0.6, 0.8, 0.95])
@pytest.mark.parametrize("shares", [(0.6, 0.3, 0.1), (0.2, 0.5, 0.3)])
def test_a_dirichlet_has_the_stated_modes_and_probability(shares, probability):
    bound = 0.1
    fit = fit_one(asked("Dirichlet", bound=bound), Modes(LABELS, shares, probability))
    a = np.array(fit.arguments)
    np.testing.assert_allclose((a - 1) / (a.sum() - 3), shares, rtol=1e-9)
    # By PreliZ's account: the mean probability below the bound is half of what is outside, to 1e-4.
    marginal = stats.beta(a, a.sum() - a)
    np.testing.assert_allclose(marginal.cdf(np.array(shares) - bound).mean(), (1 - probability) / 2, atol=1.01e-4)
    inside = (marginal.cdf(np.array(shares) + bound) - marginal.cdf(np.array(shares) - bound)).mean()
    assert fit.points[0].fitted == pytest.approx(inside, abs=1e-12)


def test_pooled_shares_have_the_mean_and_the_variance_of_the_mixture():
    one = asked("Dirichlet", bound=0.1)
    people = [Modes(LABELS, (0.6, 0.3, 0.1), 0.8), Modes(LABELS, (0.2, 0.5, 0.3), 0.6)]
    alone = [np.array(fit_one(one, person).arguments) for person in people]
    a = np.array(fit_pool(one, people).arguments)
    rng, size = np.random.default_rng(5), 200_000
    drawn = np.concatenate([rng.dirichlet(person, size) for person in alone])
    # Monte Carlo error of a mean of 4e5 draws with sd below .3: 5e-4; four of them. Pooling the a's would miss by .03.
    np.testing.assert_allclose(a / a.sum(), drawn.mean(axis=0), atol=2e-3)
    assert (1 - ((a / a.sum()) ** 2).sum()) / (a.sum() + 1) == pytest.approx(drawn.var(axis=0).sum(), abs=2e-3)


def test_the_order_of_raters_and_repetition_change_no_shares():
    one = asked("Dirichlet", bound=0.1)
    people = [Modes(LABELS, (0.6, 0.3, 0.1), 0.8), Modes(LABELS, (0.2, 0.5, 0.3), 0.6)]
    assert fit_pool(one, people) == fit_pool(one, people[::-1])
    np.testing.assert_allclose(fit_pool(one, people[:1] * 3).arguments, fit_one(one, people[0]).arguments, rtol=1e-9)


@given(st.lists(st.floats(0.02, 1.0), min_size=2, max_size=5), st.floats(0.01, 0.4), st.floats(0.001, 0.999))
@example([1.0, 1.0], 0.1, 0.2001)
def test_every_accepted_mode_gives_a_dirichlet(weights, bound, probability):
    shares = tuple(np.array(weights) / sum(weights))
    if probability > vaguest_probability(shares, bound):
        fit = fit_one(asked("Dirichlet", bound=bound), Modes(tuple("abcde"[: len(shares)]), shares, probability))
        assert min(fit.arguments) > 1


@given(
    st.lists(
        st.tuples(st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.75, 0.9]), st.integers(1, 8).map(float)),
        min_size=2,
        max_size=5,
    )
)
def test_quantiles_are_accepted_exactly_if_they_rise(points):
    rows = [Row(line, "x", "", "a", "quantile", v, p, NAN) for line, (p, v) in enumerate(points, start=2)]
    said = statement(asked("Gamma"), rows)
    ordered = sorted(points)
    rising = all(p < q and v < w for (p, v), (q, w) in pairwise(ordered))
    assert isinstance(said, Quantiles) == rising
    if rising:
        assert said == Quantiles(tuple(p for p, _ in ordered), tuple(v for _, v in ordered))
    else:
        assert said.code == "E010"
        assert said.line in range(2, 2 + len(points))


DIMS = st.lists(st.sampled_from([names.SCENARIO, names.GROUP, names.GRADE, names.DIRECTION]), max_size=3, unique=True)


@given(DIMS, st.booleans())
def test_numbers_reach_the_place_that_their_label_names(dims, exits):
    coords = coordinates(load_framework(HARBOUR, "harbour"))
    dims = (names.SCENARIO, names.DESTINATION) if exits else tuple(dims)
    entry = {"distribution": "Normal", "elicited": True, "tolerance": 0.1, "source": "s", "reason": "r"}
    places = asked_of("here", "x", entry, (dims, "real"), coords).places
    assert len(set(places)) == len(places) == np.prod([len(coords[dim]) for dim in dims], dtype=int)
    table = _nested({place: float(number) for number, place in enumerate(places)})
    for number, place in enumerate(places):
        found = table
        for label in Row(2, "x", "/".join(place), "a", "quantile", 1.0, 0.5, NAN).path:
            found = found[label]
        assert found == number
    if exits:
        assert not any(origin == goal for origin, goal in places)


# ------------------------------------------------------------------ a workspace


@pytest.fixture
def root(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))


def elicit(root, name, text):
    """Replace a prior's entry by one that is elicited."""
    path = root / "priors" / "harbour" / "hyperparameters.toml"
    entry = f'[priors.{name}]\n{text}\nelicited = true\nsource = "workshop"\nreason = "They know."\n'
    old = path.read_text(encoding="utf-8")
    new, count = re.subn(rf"\[priors\.{name}\]\n(?:[^\[\n].*\n)*", lambda _: entry, old)
    assert count == 1
    path.write_text(new, encoding="utf-8")


def say(root, *rows):
    path = root / "priors" / "harbour" / "elicited.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def load(root):
    return load_hyperparameters(load_framework(root, "harbour"))


def found(root):
    return [finding for finding in checked(root, "harbour").findings if finding.code[0] in "EW"]


TILT = 'distribution = "Normal"\ntolerance = 0.02'
DWELL = 'distribution = "LogNormal"\ntolerance = 0.02'
THRESHOLD = 'distribution = "TruncatedNormal"\ntolerance = 0.02\nlower = 0.1'
INITIAL = 'distribution = "Dirichlet"\ntolerance = 0.1\nbound = 0.1'
SOUND = ["tilt_mean,,ann,quantile,-0.4,0.1,,interview", "tilt_mean,,ann,quantile,0.6,0.9,,interview"]


def test_every_kind_of_statement_becomes_a_prior(root):
    elicit(root, "tilt_mean", TILT)
    elicit(root, "dwell", DWELL)
    elicit(root, "threshold", THRESHOLD)
    elicit(root, "exit", INITIAL)
    scenarios = ("one_harbour", "drift", "rivalry", "closed_strait")
    rows = list(SOUND)
    for median, scenario in zip((30, 50, 20, 9), scenarios, strict=True):
        rows += [f"dwell,{scenario},ann,quantile,{median},0.5,,interview"]
        rows += [f"dwell,{scenario},ann,quantile,{3 * median},0.95,,interview"]
        others = [other for other in scenarios if other != scenario]
        shares = zip(others, ("0.2", "0.5", "0.3"), strict=True)
        rows += [f"exit,{scenario}/{other},bob,mode,{share},0.8,,letter" for other, share in shares]
    rows += [f"threshold,,cy,chips,{x},,{n},workshop" for x, n in (("0.2", 0), ("0.4", 2), ("0.6", 5), ("0.8", 3))]
    say(root, *rows)
    assert found(root) == []
    priors = load(root).priors
    tilt = stats.norm(priors[names.TILT_MEAN].arguments["mu"], priors[names.TILT_MEAN].arguments["sigma"])
    np.testing.assert_allclose(tilt.ppf([0.1, 0.9]), [-0.4, 0.6], rtol=EXACT)
    dwell = priors[names.DWELL].arguments
    np.testing.assert_allclose(np.exp(dwell["mu"]), [30, 50, 20, 9], rtol=EXACT)
    np.testing.assert_allclose(dwell["sigma"], [np.log(3) / stats.norm.ppf(0.95)] * 4, rtol=EXACT)
    exits = priors[names.EXIT].arguments["a"]
    np.testing.assert_allclose((exits - 1) / (exits - 1).sum(axis=1, keepdims=True), [[0.2, 0.5, 0.3]] * 4, rtol=EXACT)
    threshold = priors[names.THRESHOLD].arguments
    fitted = SCIPY["TruncatedNormal"](*(float(threshold[name]) for name in ("mu", "sigma", "lower")))
    np.testing.assert_allclose(fitted.cdf([0.5, 0.7]), [0.2, 0.7], atol=EXACT)
    assert priors[names.DWELL].source == "workshop"


def test_numbers_of_two_dims_stand_at_both_labels(root):
    elicit(root, "growth", TILT)
    middles = {"convoys": (0.3, 0.1, -0.2, -0.9), "disputes": (-0.25, 0.05, 0.4, -0.6)}
    scenarios = ("one_harbour", "drift", "rivalry", "closed_strait")
    places = [(f"{series}/{s}", m) for series, row in middles.items() for s, m in zip(scenarios, row, strict=True)]
    ends = [(label, f"{middle + side * 0.2:.2f}", 0.5 + side * 0.4) for label, middle in places for side in (-1, 1)]
    say(root, *(f"growth,{label},ann,quantile,{value},{p},,talk" for label, value, p in ends))
    growth = load(root).priors[names.GROWTH].arguments
    np.testing.assert_allclose(growth["mu"], list(middles.values()), atol=EXACT)
    np.testing.assert_allclose(growth["sigma"], np.full((2, 4), 0.2 / stats.norm.ppf(0.9)), rtol=EXACT)


def test_the_order_of_rows_and_the_names_of_raters_change_no_prior(root):
    elicit(root, "tilt_mean", TILT)
    rows = [*SOUND, *(row.replace("ann", "bob").replace("0.6", "0.8") for row in SOUND)]
    say(root, *rows)
    before = load(root).priors[names.TILT_MEAN].arguments
    say(root, *(row.replace("ann", "zoe") for row in reversed(rows)))
    after = load(root).priors[names.TILT_MEAN].arguments
    assert {name: float(value) for name, value in before.items()} == {name: float(v) for name, v in after.items()}


CALM = ["initial,one_harbour,ann,mode,0.4,0.8,,talk", "initial,drift,ann,mode,0.3,0.8,,talk"]
CALM += ["initial,rivalry,ann,mode,0.2,0.8,,talk", "initial,closed_strait,ann,mode,0.1,0.8,,talk"]
BINS = ["tilt_mean,,ann,chips,0,,2,talk", "tilt_mean,,ann,chips,1,,5,talk", "tilt_mean,,ann,chips,2,,3,talk"]


def changed(rows, line, old, new):
    """Return rows with one cell changed; the first row stands on line 2."""
    assert old in rows[line - 2]
    return [row.replace(old, new, 1) if number == line - 2 else row for number, row in enumerate(rows)]


FAULTS = [
    # code, line, entry, distribution and so on, rows, what the message holds
    ("E001", 3, "tilt_mean", TILT, changed(SOUND, 3, "tilt_mean", "tilt_mead"), "prior is 'tilt_mead'"),
    ("E002", 2, "tilt_mean", TILT, changed(SOUND, 2, ",,", ",sea,"), "tilt_mean has no label 'sea'; .*blank"),
    ("E002", 3, "initial", INITIAL, changed(CALM, 3, "drift", "adrift"), "no label 'adrift'; allowed are closed_str"),
    ("E003", 2, "dwell", DWELL, SOUND[:1], "prior is 'tilt_mean'; .*would be ignored"),
    ("E004", 2, "tilt_mean", TILT, changed(SOUND, 2, "quantile", "quantiles"), "kind is 'quantiles'"),
    ("E004", 3, "tilt_mean", TILT, changed(SOUND, 3, "quantile", "mode"), "not fitted to rows of kind mode"),
    ("E004", 2, "initial", INITIAL, changed(CALM, 2, "mode", "quantile"), "allowed are mode"),
    ("E005", 2, "tilt_mean", TILT, changed(SOUND, 2, "-0.4", "about 1"), "value is 'about 1'"),
    ("E005", 2, "tilt_mean", TILT, changed(SOUND, 2, "-0.4", "nan"), "value is 'nan'"),
    ("E006", 2, "tilt_mean", TILT, changed(SOUND, 2, "0.1", "0"), "probability is '0'"),
    ("E006", 3, "tilt_mean", TILT, changed(SOUND, 3, "0.9", "1"), "probability is '1'"),
    ("E006", 3, "tilt_mean", TILT, changed(SOUND, 3, "0.9", "-0.9"), "probability is '-0.9'"),
    ("E006", 3, "tilt_mean", TILT, changed(SOUND, 3, "0.9", ""), "a quantile with a blank probability"),
    ("E006", 2, "tilt_mean", TILT, changed(BINS, 2, ",,2", ",0.5,2"), "a chips with a filled probability"),
    ("E007", 2, "tilt_mean", TILT, changed(BINS, 2, ",2,", ",-2,"), "chips is '-2'"),
    ("E007", 2, "tilt_mean", TILT, changed(BINS, 2, ",2,", ",2.5,"), "chips is '2.5'"),
    ("E007", 4, "tilt_mean", TILT, changed(BINS, 4, ",3,", ",,"), "a chips with a blank chips"),
    ("E007", 2, "tilt_mean", TILT, changed(SOUND, 2, "0.1,,", "0.1,3,"), "a quantile with a filled chips"),
    ("E008", 2, "tilt_mean", TILT, changed(SOUND, 2, "interview", " "), "source is ' '"),
    ("E008", 3, "tilt_mean", TILT, changed(SOUND, 3, "ann", ""), "rater is ''"),
    ("E009", None, "tilt_mean", TILT, [], "tilt_mean is elicited, but no row says anything;"),
    ("E009", None, "dwell", DWELL, ["dwell,drift,a,quantile,9,.5,,t".replace(".5", "0.5")] * 0, "closed_strait, drift"),
    ("E010", 3, "tilt_mean", TILT, changed(SOUND, 3, "0.6", "-0.6"), "-0.6 at probability 0.9 follows -0.4 at 0.1"),
    ("E010", 3, "tilt_mean", TILT, changed(SOUND, 3, "0.9", "0.1"), "0.6 at probability 0.1 follows -0.4 at 0.1"),
    ("E011", 2, "threshold", THRESHOLD, ["threshold,,ann,quantile,0.1,0.1,,talk"], "cannot be 0.1; .*above 0.1"),
    ("E011", 2, "persistence", 'distribution = "Beta"\ntolerance = 0.1', ["persistence,,a,quantile,1,0.5,,t"], "be 1;"),
    ("E011", 2, "initial", INITIAL, changed(CALM, 2, "0.4", "0"), "initial is a Dirichlet and cannot be 0"),
    (
        "E011",
        2,
        "global_scale",
        'distribution = "HalfNormal"\ntolerance = 0.1',
        [row.replace("tilt_mean", "global_scale") for row in BINS],
        "reach from -0.5 to 2.5; HalfNormal lies between 0 and inf",
    ),
    ("E012", 2, "tilt_mean", TILT, SOUND[:1], "gives 1 usable points; Normal has 2 to find"),
    ("E012", 2, "tilt_mean", TILT, BINS[:2], "gives 1 usable points"),
    ("E013", 2, "tilt_mean", TILT, [re.sub(r",\d,talk", ",0,talk", row) for row in BINS], "no bin holds a chip"),
    ("E014", 2, "tilt_mean", TILT, changed(BINS, 4, "chips,2", "chips,3"), "centres are 0, 1, 3"),
    ("E014", 2, "tilt_mean", TILT, changed(BINS, 4, "chips,2", "chips,1"), "centres are 0, 1, 1"),
    ("E014", 2, "tilt_mean", TILT, BINS[:1], "centres are 0;"),
    ("E015", 4, "tilt_mean", TILT, [*SOUND, BINS[0]], "rows of kind chips and quantile"),
    ("E016", 2, "initial", INITIAL, CALM[:3], "3 rows; write one row for each of one_harbour, drift"),
    ("E016", 2, "initial", INITIAL, [*CALM, CALM[0]], "5 rows"),
    ("E016", 2, "initial", INITIAL, changed(CALM, 2, "0.4", "0.5"), "modal shares sum to 1.1"),
    ("E016", 2, "initial", INITIAL, changed(CALM, 3, "0.8", "0.7"), "several probabilities"),
    ("E017", 2, "initial", INITIAL, [row.replace("0.8", "0.2") for row in CALM], "state more than"),
    (
        "E018",
        2,
        "threshold",
        THRESHOLD,
        [f"threshold,,ann,quantile,{v},{p},,talk" for v, p in ((0.101, 0.1), (0.102, 0.5), (9, 0.6))],
        "no TruncatedNormal could be fitted",
    ),
]


@pytest.mark.parametrize(
    ("code", "line", "entry", "text", "rows", "message"), FAULTS, ids=[f"{f[0]} {f[5]}" for f in FAULTS]
)
def test_a_planted_fault_is_found_with_its_line_and_code(code, line, entry, text, rows, message, root):
    elicit(root, entry, text)
    say(root, *rows)
    findings = found(root)
    assert [finding.code for finding in findings] == [code]
    assert findings[0].severity == "error"
    assert findings[0].place == ("elicited.csv" if line is None else f"elicited.csv:{line}")
    assert re.search(message, findings[0].line())
    with pytest.raises(DataError, match=rf"elicited\.csv.* error {code}: "):
        load(root)


def test_every_code_of_an_error_is_planted():
    source = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "src").rglob("*.py"))
    assert {fault[0] for fault in FAULTS} | {"E101"} == set(re.findall(r'"(E\d{3})"', source))


def test_a_file_that_nobody_wrote_is_missed_only_if_an_entry_needs_it(root):
    assert found(root) == []
    elicit(root, "tilt_mean", TILT)
    assert [(finding.code, finding.place) for finding in found(root)] == [("E009", "elicited.csv")]
    with pytest.raises(DataError, match="the file does not exist"):
        load(root)


def test_a_fit_that_misses_is_a_warning_with_stated_and_fitted(root):
    elicit(root, "tilt_mean", TILT)
    rows = [("-0.4", "0.05"), ("0", "0.5"), ("2", "0.95")]
    say(root, *(f"tilt_mean,,ann,quantile,{value},{p},,talk" for value, p in rows))
    (finding,) = found(root)
    assert (finding.code, finding.severity, finding.place) == ("E101", "warning", "elicited.csv:2")
    arguments = load(root).priors[names.TILT_MEAN].arguments
    fitted = float(stats.norm.cdf(2, arguments["mu"], arguments["sigma"]))
    assert fitted > 0.95 + 0.02
    assert f"P(below 2) stated 0.950, fitted {fitted:.3f}" in finding.message
    path = root / "priors" / "harbour" / "hyperparameters.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("tolerance = 0.02", "tolerance = 0.5"), encoding="utf-8")
    assert found(root) == []


def test_a_pool_that_one_distribution_cannot_hold_is_a_warning(root):
    elicit(root, "tilt_mean", TILT)
    far = ["tilt_mean,,bob,quantile,50,0.1,,letter", "tilt_mean,,bob,quantile,51,0.9,,letter"]
    say(root, *SOUND, *far)
    (finding,) = found(root)
    assert (finding.code, finding.place) == ("E101", "elicited.csv")
    assert "tilt_mean, pool of 2 raters" in finding.message


ENTRIES = [
    ("tilt_mean", 'distribution = "Beta"\ntolerance = 0.1', "distribution is 'Beta'; tilt_mean must be real"),
    ("tilt_mean", 'distribution = "Normal"', "tolerance is missing or does not belong"),
    ("tilt_mean", TILT + "\nargs.mu = 1.0", "args is missing or does not belong"),
    ("tilt_mean", TILT + "\nlower = 0.0", "lower is missing or does not belong"),
    ("tilt_mean", 'distribution = "Normal"\ntolerance = 0', r"tolerance is 0; write a number, above 0 and below 1"),
    ("tilt_mean", 'distribution = "Normal"\ntolerance = true', r"tolerance is True"),
    ("threshold", THRESHOLD.replace("0.1", "-0.1"), r"lower is -0\.1; write a number, 0 or more"),
    ("threshold", THRESHOLD.replace("0.1", "nan"), r"lower is nan"),
    ("initial", INITIAL.replace("bound = 0.1", "bound = 1.0"), r"bound is 1\.0"),
    ("initial", INITIAL.replace("bound = 0.1", ""), r"bound is missing"),
]


@pytest.mark.parametrize(("entry", "text", "message"), ENTRIES, ids=[entry[2] for entry in ENTRIES])
def test_an_entry_that_asks_for_the_impossible_is_refused_with_its_key(entry, text, message, root):
    elicit(root, entry, text)
    say(root)
    with pytest.raises(WorkspaceError, match=rf"hyperparameters\.toml: priors\.{entry}.*{message}"):
        load(root)
    assert [finding.code for finding in found(root)] == ["W001"]


def test_elicited_is_true_or_absent(root):
    elicit(root, "tilt_mean", TILT)
    path = root / "priors" / "harbour" / "hyperparameters.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("elicited = true", "elicited = false"), encoding="utf-8")
    with pytest.raises(WorkspaceError, match="elicited is False; write true, or leave it out"):
        load(root)


def test_a_column_too_many_is_refused(root):
    (root / "priors" / "harbour" / "elicited.csv").write_text(f"{HEADER},mood\n", encoding="utf-8")
    assert "has unknown mood" in found(root)[0].line()


def test_the_example_in_the_documents_can_be_fitted(root):
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    (entry,) = re.findall(r"```toml\n\[priors\.persistence\]\n(.*?)```", text, re.DOTALL)
    (rows,) = re.findall(rf"```\n{HEADER}\n(.*?)```", text, re.DOTALL)
    elicit(root, "persistence", re.sub(r"(elicited|source|reason) = .*\n", "", entry).strip())
    elicit(root, "initial", INITIAL)
    shares = [row for row in rows.splitlines() if row.startswith("initial")]
    assert len(shares) == 2  # the example has two scenarios and the fixture four
    say(root, *(row for row in rows.splitlines() if row not in shares), *CALM)
    assert found(root) == []
    persistence = load(root).priors[names.PERSISTENCE]
    assert 0.7 < persistence.mean() < 0.8
    two = asked("Dirichlet", bound=0.1, places=(("more",), ("less",)))
    cells = [row.split(",") for row in shares]
    said = statement(two, [Row(2, "x", c[1], c[2], c[3], float(c[4]), float(c[5]), NAN) for c in cells])
    assert fit_one(two, said).arguments[0] > fit_one(two, said).arguments[1]


def modules_after_check(root):
    code = (
        "import json, sys; from pathlib import Path; from indicast.cli._checks import checked;"
        "findings = checked(Path(sys.argv[1]), 'harbour').findings;"
        "print(json.dumps([[f.code for f in findings if f.code[0] in 'EW'], 'preliz' in sys.modules]))"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def test_preliz_is_imported_only_where_people_were_asked(root):
    assert modules_after_check(root) == [[], False]
    elicit(root, "tilt_mean", TILT)
    say(root, SOUND[0])
    assert modules_after_check(root) == [["E012"], False]
    say(root, *SOUND)
    assert modules_after_check(root) == [[], True]
