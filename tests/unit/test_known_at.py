"""Nothing that became known later is visible, in any table; and the order of rows does not matter."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.elicit import load_hyperparameters
from indicast.ledger import load_ledger
from indicast.panel import Vintage, build_panel
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TABLES = ("observations", "corroboration", "coverage", "outcomes")
TODAY = date(2025, 1, 1)


@cache
def opened():
    framework = load_framework(HARBOUR, "harbour")
    return framework, load_hyperparameters(framework), load_ledger(framework, TODAY)[0]


def panel_of(ledger, when):
    framework, hyperparameters, _ = opened()
    return build_panel(framework, hyperparameters, ledger, when, today=TODAY)


days = st.dates(date(2022, 11, 1), date(2024, 9, 1))
month_ends = st.dates(date(2023, 1, 1), date(2024, 8, 31))


@given(at=days)
def test_no_row_known_later_is_visible_in_any_table(at):
    _, _, ledger = opened()
    known = ledger.known(at)
    for name in TABLES:
        frame = getattr(known, name)
        assert (frame["known_date"] <= pd.Timestamp(at)).all()
        kept = getattr(ledger.known(TODAY), name)
        assert len(frame) == (kept["known_date"] <= pd.Timestamp(at)).sum()


@given(at=days, seed=st.integers(0, 10_000))
def test_a_panel_does_not_change_with_anything_known_later(at, seed):
    _, _, ledger = opened()
    when = Vintage(max(at, date(2023, 1, 1)).strftime("%Y-%m"), at)
    rng = np.random.default_rng(seed)
    spoiled = {}
    for name in TABLES:
        frame = getattr(ledger, name).copy()
        later = frame["known_date"] > pd.Timestamp(at)
        shuffled = frame[later].sample(frac=0.5, random_state=int(rng.integers(2**31)))
        if name == "observations":
            shuffled = shuffled.assign(direction="parting", reliability="A", kind="event")
        if name == "coverage":
            shuffled = shuffled.assign(coverage="full")
        spoiled[name] = pd.concat([frame[~later], shuffled])
    assert panel_of(replace(ledger, **spoiled), when).identical(panel_of(ledger, when))


@given(at=month_ends, seed=st.integers(0, 10_000))
def test_the_order_of_rows_does_not_change_the_panel(at, seed):
    _, _, ledger = opened()
    when = Vintage(at.strftime("%Y-%m"), at)
    shuffled = {name: getattr(ledger, name).sample(frac=1.0, random_state=seed) for name in (*TABLES, "sources")}
    assert panel_of(replace(ledger, **shuffled), when).identical(panel_of(ledger, when))


@given(at=days, later=st.integers(0, 400))
def test_knowledge_only_grows(at, later):
    _, _, ledger = opened()
    before, after = ledger.known(at), ledger.known(at + timedelta(days=later))
    for name in TABLES:
        assert set(getattr(before, name).index) <= set(getattr(after, name).index)


def test_a_row_is_known_on_its_day_and_not_the_day_before():
    _, _, ledger = opened()
    line = ledger.observations.index[ledger.observations["origin_id"] == "memoir-2024"][0]
    assert line in ledger.known(date(2024, 5, 2)).observations.index
    assert line not in ledger.known(date(2024, 5, 1)).observations.index


def test_a_corroboration_is_known_only_with_its_row_and_its_source():
    _, _, ledger = opened()
    given_ = ledger.known(TODAY).corroboration
    known = dict(zip(given_["corroborating_source_id"], given_["known_date"], strict=True))
    assert known["chart_maker"] == pd.Timestamp("2023-06-30")  # published after the row was known (2023-06-20)
    assert known["tide_table"] == pd.Timestamp("2023-09-14")  # the source has no date: the row's


def test_a_source_dated_by_year_or_month_is_known_at_its_end(tmp_path):
    import shutil

    root = Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))
    path = root / "data" / "harbour" / "corroboration.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("chart_maker", "old_pilot").replace("tide_table", "gull"), encoding="utf-8")
    ledger, _ = load_ledger(load_framework(root, "harbour"), TODAY)
    given_ = ledger.known(TODAY).corroboration
    known = dict(zip(given_["corroborating_source_id"], given_["known_date"], strict=True))
    assert known["old_pilot"] == pd.Timestamp("2024-12-31")
    assert known["gull"] == pd.Timestamp("2023-09-14")


def test_two_rows_with_one_key_and_a_corroboration_give_the_same_panel_in_either_order():
    # The ledger's hash does not see the order of rows, so the panel must not either.
    _, _, ledger = opened()
    rows = ledger.observations
    row = rows[(rows["indicator"] == "dredging_funds") & (rows["event_date"] == pd.Timestamp("2023-06-19"))]
    twin = row.assign(direction="parting", kind="claim", origin_id="other", reliability="D")
    twin.index = [900]
    both = pd.concat([rows, twin])
    when = Vintage("2023-07", date(2023, 7, 31))
    orders = [both, both.iloc[::-1]]
    panels = [panel_of(replace(ledger, observations=order), when) for order in orders]
    assert panels[0].identical(panels[1])
