"""A table that raters marked one by one is sampled like any other."""

from datetime import date

import numpy as np
import pytest

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.generative import ratings
from indicast.infer import Sampler, Settings
from indicast.ledger import load_ledger
from indicast.panel import build_panel, vintage
from indicast.workspace import load_framework

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("keepers")]  # slow: one compilation of its own


@pytest.fixture(scope="module")
def fitted(keepers):
    framework = load_framework(keepers, "harbour")
    hyperparameters = load_hyperparameters(framework)
    ledger, _ = load_ledger(framework, today=date(2030, 1, 1))
    panel = build_panel(framework, hyperparameters, ledger, vintage(ledger, "2023-06"), today=date(2030, 1, 1))
    settings = Settings(chains=2, tune=200, draws=200, target_accept=0.9, seed=5)
    return framework, Sampler(framework, hyperparameters).fit(panel, settings, progress=False)


def test_a_short_fit_mixes_and_labels_the_raters(fitted):
    framework, tree = fitted
    posterior = tree["posterior"].to_dataset()
    for name, dims in ratings.STANDARD_NORMAL.items():
        assert posterior[name].dims == (names.CHAIN, names.DRAW, *dims)
        assert bool(np.isfinite(posterior[name]).all())
    assert tuple(posterior[names.RATER].values) == framework.table.ratings.raters
    assert tuple(posterior[names.COUNTRY].values) == framework.table.ratings.countries
    assert int(tree["sample_stats"]["diverging"].sum()) <= 2  # of 400; the sampler did not lose its way
    np.testing.assert_allclose(posterior[names.FILTERED].sum(names.SCENARIO), 1.0, atol=1e-9)
