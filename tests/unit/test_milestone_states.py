"""How each judged milestone stands, as the ledger has it on a day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from indicast import names
from indicast.ledger import load_ledger
from indicast.panel._outcomes import milestone_variables
from indicast.workspace import Judgement, load_framework

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
MILESTONES = ("joint_pilot_school", "second_quay")


@pytest.fixture(scope="module")
def framework():
    judged = tuple(Judgement(milestone, "all", 2.0, "listed") for milestone in MILESTONES)
    return replace(load_framework(HARBOUR, "harbour"), judgements=judged)


@pytest.fixture(scope="module")
def stated(framework):
    """Return a function from rows of outcomes.csv and a day to state and day of each milestone."""
    ledger, _ = load_ledger(framework, date(2025, 1, 1))

    def read(*rows, at=date(2024, 6, 30)):
        columns = ["milestone", "outcome", "date", "known_date", "as_of"]
        outcomes = pd.DataFrame(rows, columns=columns, dtype=object).assign(source_id="")
        for name in columns[2:]:
            outcomes[name] = pd.to_datetime(outcomes[name])
        found = milestone_variables(framework, replace(ledger, outcomes=outcomes).known(at), 18, 24)
        return xr.Dataset(found, coords={names.MILESTONE: list(MILESTONES)})

    return read


SCHOOL = ("joint_pilot_school", "not_yet", None, "2024-02-03", "2024-02-01")
QUAY = ("second_quay", "occurred", "2024-01-08", "2024-01-12", "2024-01-20")
UNCLEAR = ("second_quay", "unclear", "2023-11-01", "2024-01-12", "2024-01-10")


def read_out(panel):
    days = panel["milestone_day"].to_numpy().astype("datetime64[D]").tolist()
    return list(zip(panel["milestone_state"].to_numpy().tolist(), days, strict=True))


def test_a_milestone_that_occurred_has_its_day_and_an_open_one_that_of_the_evidence(stated):
    assert read_out(stated(SCHOOL, QUAY)) == [("open", date(2024, 2, 1)), ("occurred", date(2024, 1, 8))]


def test_a_partial_step_is_unclear_and_has_the_day_of_the_evidence(stated):
    assert read_out(stated(UNCLEAR)) == [("not known", None), ("unclear", date(2024, 1, 10))]


def test_what_was_not_known_on_the_day_has_no_state(stated):
    assert read_out(stated(SCHOOL, QUAY, at=date(2024, 2, 2))) == [
        ("not known", None),
        ("occurred", date(2024, 1, 8)),
    ]
    assert read_out(stated(SCHOOL, QUAY, at=date(2024, 1, 11))) == [("not known", None)] * 2


def test_only_open_and_occurred_milestones_are_evidence(stated):
    panel = stated(SCHOOL, UNCLEAR)
    assert panel["milestone_open"].sum(names.TIME).to_numpy().tolist() == [13.0, 0.0]  # January 2023 to January 2024
    assert float(panel["milestone_done"].sum()) == 0.0


def test_states_survive_saving_also_where_nothing_is_known(stated, tmp_path):
    for place, panel in enumerate((stated(SCHOOL), stated(), stated().isel({names.MILESTONE: slice(0)}))):
        panel.to_netcdf(tmp_path / f"{place}.nc", engine="h5netcdf")
        with xr.open_dataset(tmp_path / f"{place}.nc", engine="h5netcdf") as opened:
            assert read_out(opened.load()) == read_out(panel)


def test_every_word_of_the_ledger_has_a_state(stated):
    words = ("occurred", "not_yet", "unclear")
    states = [read_out(stated(("second_quay", word, "2024-01-08", "2024-01-12", "2024-01-20")))[1][0] for word in words]
    assert states == ["occurred", "open", "unclear"]
    assert np.unique(states).size == 3
