"""Prior against posterior: what did not move is called so, and what left its prior is flagged."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.evaluate import lessons
from indicast.evaluate._prior_posterior import overlap


@pytest.fixture(scope="module")
def tree(harbour):
    return harbour.tree(harbour.draws(7, 4000))


def by_place(found):
    return {one.place: one for one in found}


def test_draws_of_the_priors_are_prior_only(harbour, tree):
    found = lessons(tree, harbour.hyperparameters, 0.89)
    # Of 4000 independent draws the contraction has an error of a few hundredths; heavy tails have more.
    assert np.mean([one.verdict == "prior-only" for one in found]) > 0.95
    assert not [one.place for one in found if one.verdict == "conflict"]
    assert min(one.overlap for one in found) > 0.95


def test_every_declared_number_is_there_once(harbour, tree):
    found = lessons(tree, harbour.hyperparameters, 0.89)
    priors = harbour.hyperparameters.priors.values()
    free = [one for one in priors if not (one.distribution == "Dirichlet" and one.shape[-1] == 1)]
    assert len(found) == len(by_place(found)) == sum(int(np.prod(one.shape)) for one in free)


def test_a_deliberately_tight_wrong_prior_is_flagged(harbour, tree):
    prior = harbour.hyperparameters.priors[names.TILT_MEAN]
    tight = {"mu": np.asarray(3.0), "sigma": np.asarray(0.1)}
    wrong = replace(
        harbour.hyperparameters,
        priors={**harbour.hyperparameters.priors, names.TILT_MEAN: replace(prior, arguments=tight)},
    )
    posterior = tree["posterior"].to_dataset()
    # What data of the same weight as the prior leave: the mean half way between the prior's and their own, 0.
    moved = posterior[names.TILT_MEAN] * 0.07 / 0.5 + 1.5
    changed = xr.DataTree.from_dict({"/posterior": posterior.assign({names.TILT_MEAN: moved})})
    assert by_place(lessons(changed, wrong, 0.89))[names.TILT_MEAN].verdict == "conflict"
    assert by_place(lessons(changed, harbour.hyperparameters, 0.89))[names.TILT_MEAN].verdict == "conflict"
    assert by_place(lessons(tree, harbour.hyperparameters, 0.89))[names.TILT_MEAN].verdict == "prior-only"


def test_contraction_and_moments_are_those_of_the_draws(harbour, tree):
    posterior = tree["posterior"].to_dataset()
    half = posterior.assign({names.TILT_MEAN: posterior[names.TILT_MEAN] / 2.0})
    one = by_place(lessons(xr.DataTree.from_dict({"/posterior": half}), harbour.hyperparameters, 0.89))[names.TILT_MEAN]
    sigma = float(harbour.hyperparameters.priors[names.TILT_MEAN].arguments["sigma"])
    assert one.prior_sd == pytest.approx(sigma)
    # A quarter of the variance; the error of a variance of 4000 draws is 2 %.
    assert one.contraction == pytest.approx(0.75, abs=0.03)
    assert one.verdict == "moved"


def test_the_common_area_of_two_normals_is_the_closed_form():
    from scipy.stats import norm

    place = norm.cdf(norm.ppf((np.arange(200_000) + 0.5) / 200_000) + 1.0)
    # Two normals one standard deviation apart share 2 Phi(-1/2); twenty bins overstate it by less than a hundredth.
    assert overlap(place) == pytest.approx(2 * norm.cdf(-0.5), abs=0.01)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: xr.DataTree.from_dict({"/prior": p}), "no group 'posterior'"),
        (lambda p: xr.DataTree.from_dict({"/posterior": p.isel(draw=slice(0))}), "no draws"),
        (lambda p: xr.DataTree.from_dict({"/posterior": p.assign(tilt_mean=p["tilt_mean"] * np.nan)}), "not finite"),
    ],
)
def test_draws_that_cannot_be_judged_are_refused(harbour, tree, spoil, said):
    with pytest.raises(RunError, match=said):
        lessons(spoil(tree["posterior"].to_dataset()), harbour.hyperparameters, 0.89)
