"""Milestones: hazards that multiply back to the elicited chance, and lists that read alike and so say nothing."""

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import special

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.generative import chain, milestone
from indicast.generative.families import EMISSIONS
from indicast.panel import Vintage, build_panel

FAMILY = EMISSIONS["milestone"]
DECIBANS = 10.0 / np.log(10.0)
BASE = "russian_air_force_base_established"
ONE_YEAR = ("updated_union_state_military_doctrine_adopted", "common_logistics_base_established")

# methods.md 3.6: monthly hazards for p = .75, .875 and .95 within one, three and five years.
HAZARDS = {1: (0.109, 0.159, 0.221), 3: (0.038, 0.056, 0.080), 5: (0.023, 0.034, 0.049)}


@pytest.mark.parametrize("years", HAZARDS)
def test_monthly_hazards_are_those_of_the_design(years):
    found = -np.expm1(-milestone.monthly_rate(np.array([0.75, 0.875, 0.95]), np.array(years)))
    np.testing.assert_allclose(found, HAZARDS[years], atol=0.0005)  # half a unit of the printed digits


@pytest.mark.parametrize("years", [0.5, 1.0, 2.5, 5.0])
def test_monthly_hazards_multiply_back_to_the_chance_within_the_horizon(years):
    chance = np.array([1e-6, 0.03, 0.5, 0.86, 0.9999])
    hazard = -np.expm1(-milestone.monthly_rate(chance, np.array(years)))
    still_open = np.prod(np.repeat(1.0 - hazard[None], round(12 * years), axis=0), axis=0)
    np.testing.assert_allclose(1.0 - still_open, chance, atol=1e-12)


def hazard_by_hand(world, draws, s, place, k):
    """Return lambda of one draw, milestone and scenario, looked up by id."""
    framework = world.framework
    name = list(dict.fromkeys(one.milestone for one in framework.judgements))[place]
    [found] = [
        (index, one)
        for index, one in enumerate(framework.judgements)
        if one.milestone == name and one.scenario in {"all", framework.scenarios[k]}
    ]
    index, judged = found
    chance = draws[names.MILESTONE_CHANCE][s, index]
    rate = -np.log(1.0 - chance) / (12 * judged.horizon_years)
    if judged.scenario == "all":
        shared = [one.milestone for one in framework.judgements if one.scenario == "all"]
        rate *= np.exp(draws[names.MILESTONE_SHIFT][s, shared.index(name), k])
    return 1.0 - np.exp(-rate * draws[names.MILESTONE_CLARITY][s, place])


@pytest.mark.parametrize("name", ["orchard", "orchard_residual", "flagship"])
def test_emission_of_the_family_equals_a_loop_over_months_and_milestones(name, request):
    world = request.getfixturevalue(name)
    draws, panel, size = world.felt(1, 2), world.panel, len(world.framework.scenarios)
    opened, done = panel["milestone_open"].to_numpy(), panel["milestone_done"].to_numpy()
    assert opened.any()
    assert done.any()
    expected = np.zeros((2, panel.sizes[names.TIME], size))
    for s, m, k in itertools.product(range(2), range(opened.shape[1]), range(size)):
        hazard = hazard_by_hand(world, draws, s, m, k)
        expected[s, :, k] += opened[:, m] * np.log(1.0 - hazard) + done[:, m] * np.log(hazard)
    np.testing.assert_allclose(FAMILY.log_emission(draws, world.setting), expected, atol=1e-10)


def test_each_judgement_moves_its_own_milestone_and_scenario_only(orchard):
    draws, framework = orchard.felt(2, 2), orchard.framework
    before = milestone.milestone_rate(draws, framework)
    milestones = list(dict.fromkeys(one.milestone for one in framework.judgements))
    for index, judged in enumerate(framework.judgements):
        moved = draws | {names.MILESTONE_CHANCE: draws[names.MILESTONE_CHANCE].copy()}
        moved[names.MILESTONE_CHANCE][:, index] *= 0.5
        changed = (milestone.milestone_rate(moved, framework) != before).all(axis=0)
        expected = np.zeros_like(changed)
        columns = slice(None) if judged.shared else framework.scenarios.index(judged.scenario)
        expected[milestones.index(judged.milestone), columns] = True
        assert (changed == expected).all(), judged.label


# ---- lists that read alike


def story(world, name, months, *, done):
    """Return the world's setting with one milestone open for some months, then done or not, and no other known."""
    panel = world.panel
    place = panel[names.MILESTONE].to_numpy().tolist().index(name)
    opened, reached = np.zeros_like(panel["milestone_open"]), np.zeros_like(panel["milestone_done"])
    opened[:months, place], reached[months, place] = 1.0, float(done)
    dims = panel["milestone_open"].dims
    return replace(world.setting, panel=panel.assign(milestone_open=(dims, opened), milestone_done=(dims, reached)))


STORIES = [(4, True), (0, True), (11, True), (12, False), (30, False)]


@pytest.mark.parametrize(("months", "done"), STORIES)
def test_equal_hazards_give_a_bayes_factor_of_exactly_one(months, done, flagship):
    draws = flagship.felt(3, 50)
    draws[names.MILESTONE_SHIFT][:] = draws[names.MILESTONE_SHIFT][..., :1]
    found = FAMILY.log_emission(draws, story(flagship, ONE_YEAR[0], months, done=done))
    assert (found == found[..., :1]).all()
    assert (found != 0.0).any()


def integrated(world, name, months, *, done):
    """Return log p(story | each scenario) with chance, shift and clarity integrated out by quadrature, nats.

    Gauss-Legendre in the quantiles of chance and clarity and Gauss-Hermite in the shift, with the
    declared priors of each: ``E_chance E_shift E_clarity [p(story | scenario, chance, shift, clarity)]``.
    """
    priors, framework = world.hyperparameters.priors, world.framework
    judged = [one.label for one in framework.judgements].index(f"{name}:all")
    shared = [one.milestone for one in framework.judgements if one.shared].index(name)
    level, weight = np.polynomial.legendre.leggauss(60)
    node, mass = np.polynomial.hermite_e.hermegauss(40)
    words = priors[names.MILESTONE_CHANCE].arguments
    chance = special.betaincinv(words["alpha"][judged], words["beta"][judged], 0.5 + level / 2)
    steps = list(dict.fromkeys(one.milestone for one in framework.judgements))
    clear = priors[names.MILESTONE_CLARITY].arguments
    coarse, of_coarse = np.polynomial.legendre.leggauss(20)
    place = steps.index(name)
    clarity = special.betaincinv(clear["alpha"][place], clear["beta"][place], 0.5 + coarse / 2)
    first, second, third = (grid.ravel() for grid in np.meshgrid(chance, node, clarity, indexing="ij"))
    shift = {key: value[shared] for key, value in priors[names.MILESTONE_SHIFT].arguments.items()}
    draws = world.felt(4, 1)
    given = {
        names.MILESTONE_CHANCE: np.repeat(draws[names.MILESTONE_CHANCE], first.size, axis=0),
        names.MILESTONE_SHIFT: np.repeat(draws[names.MILESTONE_SHIFT], first.size, axis=0),
        names.MILESTONE_CLARITY: np.repeat(third[:, None], len(steps), axis=1),
    }
    given[names.MILESTONE_CHANCE][:, judged] = first
    given[names.MILESTONE_SHIFT][:, shared] = shift["mu"] + shift["sigma"] * second[:, None]
    terms = FAMILY.log_emission(given, story(world, name, months, done=done)).sum(axis=1)
    masses = (weight / 2, mass / mass.sum(), of_coarse / 2)
    joint = np.einsum("i,j,k->ijk", *masses).ravel()
    return special.logsumexp(terms, axis=0, b=joint[:, None])


@pytest.mark.parametrize("name", ONE_YEAR)
@pytest.mark.parametrize(("months", "done"), STORIES)
def test_the_one_year_lists_say_less_than_a_tenth_of_a_deciban_on_average_over_the_priors(name, months, done, flagship):
    # The weight of evidence between two scenarios, 10 log10 of the ratio of p(story | scenario) with the chance and
    # both scenarios' shifts integrated out. The shifts have one prior, so it is zero; rounding leaves 1e-12.
    evidence = DECIBANS * integrated(flagship, name, months, done=done)
    assert np.ptp(evidence) < 0.1
    assert np.ptp(evidence) < 1e-9


def test_with_its_shifts_known_a_one_year_milestone_would_say_something(flagship):
    # What the test above is not about: for given shifts an occurrence weighs 10 log10 of the ratio of hazards. The
    # shifts' standard deviation of .3 in each of two scenarios allows .3 sqrt(2) nats, 1.8 decibans, at the most.
    draws = flagship.felt(5, 8_000)
    found = FAMILY.log_emission(draws, story(flagship, ONE_YEAR[0], 0, done=True)).sum(axis=1)
    weight = DECIBANS * (found[:, 0] - found[:, 1])
    error = 4.0 * weight.std() / np.sqrt(len(weight))
    assert abs(weight.mean()) < error < 0.1
    assert 1.0 < weight.std() < 1.85


def test_quadrature_is_the_average_over_prior_draws(flagship):
    draws = flagship.felt(6, 8_000)
    terms = np.exp(FAMILY.log_emission(draws, story(flagship, ONE_YEAR[1], 5, done=True)).sum(axis=1))
    error = 5.0 * terms.std(axis=0) / np.sqrt(len(terms))
    found = np.exp(integrated(flagship, ONE_YEAR[1], 5, done=True))
    assert (np.abs(terms.mean(axis=0) - found) < error).all()
    assert (error < 0.1 * found).all()


# ---- what completion and silence say


def filtered(setting, draws):
    """Return P(scenario | the milestone so far) of each draw; dims (draw, time, scenario)."""
    evidence = FAMILY.log_emission(draws, setting)
    transition = chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])
    return chain.forward_backward(evidence, transition, draws[names.INITIAL]).filtered


def test_completion_of_the_air_base_raises_strengthening(flagship):
    draws = flagship.felt(7, 400)
    never, reached = (filtered(story(flagship, BASE, 20, done=done), draws) for done in (False, True))
    strengthening = flagship.framework.scenarios.index("strengthening")
    gain = (reached - never)[:, 20, strengthening]
    assert gain.mean() > 0.2
    assert (gain > 0.0).mean() > 0.95  # the priors of p overlap, so not in every draw
    expected = flagship.hyperparameters.priors[names.MILESTONE_CHANCE].mean()
    at_means = {name: values[:1] for name, values in draws.items()} | {names.MILESTONE_CHANCE: expected[None]}
    both = [filtered(story(flagship, BASE, 20, done=done), at_means)[0, 20] for done in (False, True)]
    assert both[1][strengthening] > both[0][strengthening]
    assert both[1][2] < both[0][2]


def test_months_without_completion_speak_ever_more_against_strengthening(flagship):
    chance = flagship.hyperparameters.priors[names.MILESTONE_CHANCE].mean()[None]
    draws = {name: values[:1] for name, values in flagship.felt(8, 1).items()} | {names.MILESTONE_CHANCE: chance}
    draws[names.MILESTONE_CLARITY] = np.ones_like(draws[names.MILESTONE_CLARITY])
    terms = FAMILY.log_emission(draws, story(flagship, BASE, 36, done=False))[0, :36]
    gap = np.cumsum(terms[:, 0] - terms[:, 1])
    assert (np.diff(gap) < 0.0).all()
    assert DECIBANS * abs(gap[0]) < 0.3  # one month says little
    # Over the horizon it is the ratio of the chances that it would not be done: (1 - 6/7) / (1 - .15).
    assert gap[-1] == pytest.approx(np.log((1 - 9 / 10.5) / (1 - 0.15)), abs=1e-9)


def test_a_clarity_thins_the_hazard_as_dropping_steps_at_random_does(flagship):
    # Steps come at a rate r a month, each in a form that can be dated with chance c: by simulated months of Poisson
    # arrivals, the share of months without a clear one is exp(-c r), which is (1 - lambda)^c.
    draws = flagship.felt(12, 1)
    clarity = draws[names.MILESTONE_CLARITY][0]
    clear = milestone.milestone_rate(draws, flagship.framework)[0]
    every = milestone.milestone_rate(draws | {names.MILESTONE_CLARITY: np.ones((1, clarity.size))}, flagship.framework)[
        0
    ]
    rng, size = np.random.default_rng(5), 200_000
    steps = rng.poisson(every[2], (size, every.shape[1]))
    none = (rng.binomial(steps, clarity[2]) == 0).mean(axis=0)
    expected = np.exp(-clear[2])
    assert (np.abs(none - expected) < 5 * np.sqrt(expected * (1 - expected) / size)).all()
    np.testing.assert_allclose(expected, np.exp(-every[2]) ** clarity[2], rtol=1e-13)


def test_where_nothing_is_ever_clear_nothing_is_evidence(flagship):
    draws = flagship.felt(13, 20)
    gaps = []
    for share in (1.0, 0.1, 1e-3, 1e-9):
        given = draws | {names.MILESTONE_CLARITY: np.full_like(draws[names.MILESTONE_CLARITY], share)}
        found = FAMILY.log_emission(given, story(flagship, BASE, 36, done=False)).sum(axis=1)
        gaps.append(np.abs(found).max(axis=1))
    assert all((later < earlier).all() for earlier, later in itertools.pairwise(gaps))
    assert gaps[-1].max() < 1e-6


def test_the_missing_air_base_weighs_what_the_priors_reason_says(flagship):
    # hyperparameters.toml, milestone_clarity: 42 months without an air base say 8.8 decibans for status quo against
    # strengthening if every step were clear. Averaged over the priors of chance and clarity, each by its own road:
    # E[(1 - p)^(42/36)] is a ratio of Beta functions; with clarity it is a sum over its quantiles.
    words = flagship.hyperparameters.constants["milestone_words"].value
    level, weight = np.polynomial.legendre.leggauss(400)

    def silence(word, clarity):
        a, b = words[word]
        return np.exp(special.betaln(a, b + clarity * 42 / 36) - special.betaln(a, b))

    clear = flagship.hyperparameters.priors[names.MILESTONE_CLARITY].arguments
    place = list(dict.fromkeys(one.milestone for one in flagship.framework.judgements)).index(BASE)
    shares = special.betaincinv(clear["alpha"][place], clear["beta"][place], 0.5 + level / 2)
    always = DECIBANS * np.log(silence("highly_likely", 1.0) / silence("negotiated", 1.0))
    averaged = DECIBANS * np.log(
        (weight / 2) @ silence("highly_likely", shares) / ((weight / 2) @ silence("negotiated", shares))
    )
    draws = flagship.felt(14, 40_000)
    terms = np.exp(FAMILY.log_emission(draws, story(flagship, BASE, 42, done=False)).sum(axis=1))
    found = terms[:, :2].mean(axis=0)
    error = DECIBANS * np.sqrt(((terms[:, :2].std(axis=0) / found) ** 2).sum() / len(terms))
    assert always == pytest.approx(-8.8, abs=0.05)
    assert DECIBANS * np.log(found[0] / found[1]) == pytest.approx(averaged, abs=4 * error)
    assert averaged == pytest.approx(-4.2, abs=0.05)
    assert error < 0.05


# ---- from the ledger


def with_outcome(world, **cells):
    """Return the world's ledger in which the outcome of the air base has other cells."""
    outcomes = world.ledger.outcomes.copy()
    row = outcomes.index[outcomes["milestone"] == BASE][0]
    for name, value in cells.items():
        outcomes.loc[row, name] = value
    return replace(world.ledger, outcomes=outcomes)


def test_what_is_unclear_says_exactly_nothing(flagship):
    draws = flagship.felt(9, 2)
    unclear = flagship.seen(with_outcome(flagship, outcome="unclear"), "2024-12")
    gone = with_outcome(flagship)
    gone = replace(gone, outcomes=gone.outcomes[gone.outcomes["milestone"] != BASE])
    absent = flagship.seen(gone, "2024-12")
    place = unclear[names.MILESTONE].to_numpy().tolist().index(BASE)
    assert (unclear["milestone_open"].to_numpy()[:, place] == 0.0).all()
    assert (unclear["milestone_done"].to_numpy()[:, place] == 0.0).all()
    found = [FAMILY.log_emission(draws, replace(flagship.setting, panel=one)) for one in (unclear, absent)]
    assert (found[0] == found[1]).all()
    assert (found[0] != FAMILY.log_emission(draws, flagship.setting)).any()


def test_an_outcome_known_later_is_not_used(flagship):
    draws = flagship.felt(10, 2)
    day = "2022-05-10"
    ledger = with_outcome(flagship, outcome="occurred", date=np.datetime64(day), known_date=np.datetime64("2022-08-02"))

    def seen(known_at):
        when = Vintage("2022-06", known_at)
        return build_panel(flagship.framework, flagship.hyperparameters, ledger, when, today=date(2030, 1, 1))

    before, after = (seen(date(2022, 8, day)) for day in (1, 2))
    place = before[names.MILESTONE].to_numpy().tolist().index(BASE)
    assert (before["milestone_open"].to_numpy()[:, place] == 0.0).all()
    assert (before["milestone_done"].to_numpy()[:, place] == 0.0).all()
    assert np.flatnonzero(after["milestone_done"].to_numpy()[:, place]).tolist() == [10]  # May 2022
    assert np.flatnonzero(after["milestone_open"].to_numpy()[:, place]).tolist() == list(range(10))
    months = before.sizes[names.TIME]
    short = {key: values[:, :months] if values.shape[1:2] == (48,) else values for key, values in draws.items()}
    assert (
        FAMILY.log_emission(short, replace(flagship.setting, panel=before))
        != FAMILY.log_emission(short, replace(flagship.setting, panel=after))
    ).any()


def test_words_of_the_flagship_have_the_means_of_the_design(flagship):
    # methods.md 3.6: highly likely .86, listed .70, negotiated .15, blocked .05, not mentioned .10 and .03.
    means = dict(
        zip(
            (one.word for one in flagship.framework.judgements),
            load_hyperparameters(flagship.framework).priors[names.MILESTONE_CHANCE].mean(),
            strict=True,
        )
    )
    expected = {"highly_likely": 0.857, "listed": 0.70, "negotiated": 0.15, "blocked": 0.05}
    expected |= {"not_mentioned": 0.10, "against_the_scenario": 0.0303}
    assert means == {word: pytest.approx(mean, abs=5e-4) for word, mean in expected.items()}


def test_simulated_milestones_under_a_changing_path_have_likelihood_ratio_one(orchard):
    # E[p(world | path j) / p(world | path k)] = 1 over whole panels, where months hang together: done is done once.
    draws, months = orchard.felt(11, 1), orchard.panel.sizes[names.TIME]
    opened = np.zeros_like(orchard.panel["milestone_open"])
    opened[:9] = 1.0
    dims = orchard.panel["milestone_open"].dims
    panel = orchard.panel.assign(milestone_open=(dims, opened), milestone_done=(dims, np.zeros_like(opened)))
    setting, rng = replace(orchard.setting, panel=panel), np.random.default_rng(12)
    path, other = np.where(np.arange(months) < 4, 1, 2), np.where(np.arange(months) < 6, 0, 3)
    ratio = []
    for _ in range(2500):
        found = FAMILY.simulate(draws, setting, path, rng)
        world = panel.assign({name: (dims, values) for name, values in found.items()})
        terms = FAMILY.log_emission(draws, replace(setting, panel=world))[0]
        ratio.append(np.exp(terms[np.arange(months), other].sum() - terms[np.arange(months), path].sum()))
    error = 5.0 * np.std(ratio) / np.sqrt(len(ratio))
    assert abs(np.mean(ratio) - 1.0) < error
    assert error < 0.4
