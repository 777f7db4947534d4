"""A change is called one only if the draws can tell, and news are what was not known before."""

import math
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.explain import Change, change, news
from indicast.ledger import Ledger, with_records


def tree_of(top, spread, *, seed=0, labels=("a", "b")):
    """Return a tree whose last month has a mean of `top` for the first scenario."""
    rng = np.random.default_rng(seed)
    first = top + spread * rng.standard_normal((4, 250))
    rest = (1 - first) / (len(labels) - 1)
    state = np.stack([first] + [rest] * (len(labels) - 1), axis=-1)[:, :, None]
    filtered = xr.DataArray(
        np.concatenate([np.full_like(state, 0.5), state], axis=2),
        dims=(names.CHAIN, names.DRAW, names.TIME, names.SCENARIO),
        coords={names.SCENARIO: list(labels)},
    )
    return xr.DataTree.from_dict({"/posterior": filtered.to_dataset(name=names.FILTERED)})


def test_a_change_is_the_difference_of_the_last_months():
    first, second = change(tree_of(0.4, 0.01), tree_of(0.5, 0.01, seed=1))
    assert (first.scenario, second.scenario) == ("a", "b")
    # standard errors are .01 / sqrt(1000), about .0003 each
    assert first.difference == pytest.approx(0.1, abs=0.002)
    assert second.difference == pytest.approx(-0.1, abs=0.002)
    assert first.beyond_noise


def test_the_error_of_a_difference_joins_both_errors():
    found = change(tree_of(0.4, 0.1), tree_of(0.4, 0.1, seed=1))[0]
    alone = 0.1 / math.sqrt(1000)
    assert found.mcse == pytest.approx(alone * math.sqrt(2), rel=0.15)


def test_two_runs_of_one_posterior_show_no_change():
    assert not change(tree_of(0.4, 0.1), tree_of(0.4, 0.1))[0].beyond_noise


@pytest.mark.parametrize(("difference", "beyond"), [(0.019, False), (0.021, True), (-0.021, True)])
def test_a_change_must_exceed_two_standard_errors(difference, beyond):
    assert Change("a", 0.5, 0.5 + difference, 0.01).beyond_noise is beyond


def test_published_probabilities_keep_the_floor():
    found = change(tree_of(1.0, 0.0), tree_of(1.0, 0.0), floor=0.01)
    assert [one.after for one in found] == pytest.approx([0.99, 0.01])


def test_scenarios_are_matched_by_name():
    before, after = tree_of(0.7, 0.01), tree_of(0.3, 0.01, seed=1, labels=("b", "a"))
    assert {one.scenario: one.before for one in change(before, after)}["a"] == pytest.approx(0.7, abs=0.002)


def test_runs_with_other_scenarios_are_refused():
    with pytest.raises(RunError, match=r"a, b against a, b, c"):
        change(tree_of(0.5, 0.01), tree_of(0.5, 0.01, labels=("a", "b", "c")))


@pytest.fixture
def ledger():
    days = pd.to_datetime(["2024-01-31", "2024-02-10", "2024-02-29", "2024-03-01"])
    rows = with_records(pd.DataFrame({"known_date": days, "summary": list("abcd")}, index=[2, 3, 4, 5]))
    rows = rows.assign(
        **dict.fromkeys(["event_date", "indicator", "source_id", "corroborating_source_id", "published_date"], "")
    )
    empty = rows.assign(withdrawn="", month="x").iloc[:0]
    listed = rows.iloc[:1].assign(known_date=pd.NaT)
    return Ledger(rows, listed, rows.iloc[1:2].assign(withdrawn=""), empty, empty)


def test_news_are_the_rows_between_two_days(ledger):
    found = news(ledger, date(2024, 1, 31), date(2024, 2, 29))
    assert found.observations["summary"].tolist() == ["b", "c"]
    assert found.observations.index.tolist() == [3, 4]
    assert len(found.corroboration) == 1
    assert found.coverage.empty


def test_news_of_following_days_add_up(ledger):
    days = [date(2024, 1, 1), date(2024, 2, 10), date(2024, 3, 31)]
    parts = [news(ledger, *pair).observations for pair in pairwise(days)]
    assert pd.concat(parts).equals(news(ledger, days[0], days[-1]).observations)
