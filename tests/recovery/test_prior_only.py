"""With nothing seen, the sampler returns the priors: a lost Jacobian or a lost prior term would show here.

Means and standard deviations are compared with the priors' own (by a large NumPy sample, the second road). Some two
hundred numbers are compared, so each may miss by 4.5 standard errors: a sound sampler then fails once in a thousand.
"""

from dataclasses import replace

import numpy as np
import pytest

from indicast import names
from indicast.infer import Sampler
from indicast.panel import NOT_LOOKED, build_panel, vintage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("starts")]
ERRORS = 4.5
PRIOR_DRAWS = 400_000


@pytest.fixture(scope="module")
def posterior(flagship):
    """The history start, its first month, every observation masked."""
    desk = flagship.desk
    framework = desk.framework.starting("history")
    panel = build_panel(framework, desk.hyperparameters, desk.ledger, vintage(desk.ledger, "2021-07")).copy(deep=True)
    for name in ("cell_used", "report_used", "share_used", "level_used"):
        panel[name].to_numpy()[:] = False
    for name in ("count_coverage", "event_coverage"):
        panel[name].to_numpy()[:] = NOT_LOOKED
    for name in ("milestone_open", "milestone_done"):
        panel[name].to_numpy()[:] = 0.0
    settings = replace(desk.settings, draws=700, tune=600)
    return Sampler(framework, desk.hyperparameters).fit(panel, settings, progress=False)["posterior"].to_dataset()


def off(found, error, expected):
    """Return how many standard errors each number is off."""
    return np.atleast_1d(np.abs(found.to_numpy() - expected) / error).ravel()


def both(prior, posterior, rng):
    """Return a parameter's draws before and after, on the scale on which its prior is nearly normal."""
    drawn = prior.sample(rng, PRIOR_DRAWS // max(1, int(np.prod(prior.shape))))
    found = posterior[[prior.name]]
    return (np.log(drawn), np.log(found)) if prior.distribution == "LogNormal" else (drawn, found)


def test_nothing_seen_returns_the_priors(flagship, posterior):
    import arviz as az

    rng, missed = np.random.default_rng(17), []
    for name, prior in flagship.desk.hyperparameters.priors.items():
        if name not in posterior:
            continue
        drawn, found = both(prior, posterior, rng)
        error = np.hypot(az.mcse(found)[name].to_numpy(), drawn.std(axis=0) / np.sqrt(len(drawn)))
        gaps = {
            "mean": off(found[name].mean(("chain", "draw")), error, drawn.mean(axis=0)),
            "spread": off(
                found[name].std(("chain", "draw")), az.mcse(found, method="sd")[name].to_numpy(), drawn.std(axis=0)
            ),
        }
        missed += [f"{name}: {what} off by {gap.max():.1f} errors" for what, gap in gaps.items() if gap.max() > ERRORS]
    assert missed == []


def test_nothing_seen_leaves_the_prior_chain(flagship, posterior):
    mean = posterior[names.FILTERED].isel({names.TIME: 0}).mean(("chain", "draw")).to_numpy()
    np.testing.assert_allclose(mean, flagship.desk.hyperparameters.priors[names.INITIAL].mean(), atol=0.02)
