"""What a milestone alone would say: closed forms of Beta priors, and silence of equal hazards."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import betaln

from indicast import names
from indicast.evaluate import milestone_says

SIZE = 40_000


def judged(flagship, milestone):
    """Return horizon and Beta parameters of a milestone by scenario."""
    prior = flagship.hyperparameters.priors[names.MILESTONE_CHANCE].arguments
    return {
        one.scenario: (one.horizon_years, prior["alpha"][place], prior["beta"][place])
        for place, one in enumerate(flagship.framework.judgements)
        if one.milestone == milestone
    }


@pytest.fixture(scope="module")
def says(flagship):
    found = milestone_says(flagship.framework, flagship.hyperparameters, size=SIZE, seed=3)
    return {one.milestone: one for one in found}


def open_chance(alpha, beta, power):
    """Return E[(1 - p)^power] of a Beta variable; a power of one gives beta / (alpha + beta)."""
    return np.exp(betaln(alpha, beta + power) - betaln(alpha, beta))


def chances(flagship, milestone, share_of_horizon):
    """Return the chance of each scenario to stay open for a share of the horizon, by quadrature over clarity."""
    prior = flagship.hyperparameters.priors[names.MILESTONE_CLARITY]
    place = list(flagship.hyperparameters.coords[names.MILESTONE]).index(milestone)
    clarity = stats.beta(prior.arguments["alpha"][place], prior.arguments["beta"][place])
    return {
        scenario: integrate.quad(
            lambda c, given=given: open_chance(*given[1:], c * share_of_horizon(given[0])) * clarity.pdf(c), 0.0, 1.0
        )[0]
        for scenario, given in judged(flagship, milestone).items()
    }


APART = ("russian_air_force_base_established", "joint_command_structures_formed", "integration_projects_blocked")


@pytest.mark.parametrize("milestone", APART)
def test_an_open_horizon_has_the_ratio_of_beta_moments(flagship, says, milestone):
    chance = chances(flagship, milestone, lambda _: 1.0)
    it = says[milestone].stayed_open
    assert it.likeliest == max(chance, key=chance.get)
    assert it.least == min(chance, key=chance.get)
    # 40,000 draws of a Beta variable give its mean within 1 %, which is .04 dB; three such errors.
    assert it.decibans == pytest.approx(10.0 * np.log10(chance[it.likeliest] / chance[it.least]), abs=0.15)


@pytest.mark.parametrize("milestone", APART)
def test_a_milestone_reached_has_the_ratio_of_mean_hazards(flagship, says, milestone):
    chance = {name: 1.0 - one for name, one in chances(flagship, milestone, lambda years: 1 / (12 * years)).items()}
    it = says[milestone].occurred
    assert it.likeliest == max(chance, key=chance.get)
    assert it.decibans == pytest.approx(10.0 * np.log10(chance[it.likeliest] / chance[it.least]), abs=0.15)


@pytest.mark.parametrize("milestone", APART)
def test_where_every_step_can_be_dated_an_open_horizon_has_the_ratio_of_beta_means(flagship, milestone):
    priors = flagship.hyperparameters.priors
    clear = priors[names.MILESTONE_CLARITY]
    sure = {"alpha": np.full(clear.shape, 1e7), "beta": np.full(clear.shape, 1e-1)}
    certain = replace(
        flagship.hyperparameters, priors={**priors, names.MILESTONE_CLARITY: replace(clear, arguments=sure)}
    )
    found = {one.milestone: one for one in milestone_says(flagship.framework, certain, size=SIZE, seed=3)}
    chance = {name: beta / (alpha + beta) for name, (_, alpha, beta) in judged(flagship, milestone).items()}
    it = found[milestone].stayed_open
    assert it.decibans == pytest.approx(10.0 * np.log10(chance[it.likeliest] / chance[it.least]), abs=0.15)


def test_one_judgement_for_all_scenarios_says_next_to_nothing(says):
    listed = says["common_logistics_base_established"]
    assert listed.occurred.decibans < 0.1
    assert listed.stayed_open.decibans < 0.1


def test_equal_judgements_say_nothing(flagship):
    prior = flagship.hyperparameters.priors[names.MILESTONE_CHANCE]
    alike = replace(prior, arguments={name: np.full(prior.shape, 4.0) for name in ("alpha", "beta")})
    hyperparameters = replace(
        flagship.hyperparameters, priors={**flagship.hyperparameters.priors, names.MILESTONE_CHANCE: alike}
    )
    found = milestone_says(flagship.framework, hyperparameters, size=SIZE, seed=3)
    assert max(one.stayed_open.decibans for one in found) < 0.15


def test_nothing_judged_says_nothing(jetty):
    assert milestone_says(jetty.framework, jetty.hyperparameters, size=10, seed=1) == ()
