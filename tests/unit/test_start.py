"""The same knowledge enters once: marks, or labels, or the dated events of the time before."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from indicast.elicit import load_hyperparameters
from indicast.errors import WorkspaceError
from indicast.generative import labels, marks
from indicast.generative.emission import strength_weight
from indicast.ledger import load_ledger
from indicast.panel import Vintage, build_panel
from indicast.panel._streams import fed_rows
from indicast.workspace import load_framework
from indicast.workspace._families import STREAMS

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[1] / "fixtures"
TODAY = date(2025, 1, 1)
STARTS = [("marks", "A"), ("marks", "B"), ("history", "A")]


@pytest.fixture(scope="module")
def framework():
    return load_framework(FIXTURES / "orchard", "orchard")


@pytest.fixture(scope="module")
def ledger(framework):
    return load_ledger(framework, TODAY)[0]


def fed(framework, ledger):
    """Return the rows that any family is fed, 60 months from the start."""
    return {family: fed_rows(framework, ledger, family, 60) for family in STREAMS}


# ---- no start feeds two


@pytest.mark.parametrize("start", STARTS)
def test_a_start_feeds_marks_or_labels_or_the_events_before(start, framework, ledger):
    other = framework.starting(*start)
    before = [rows for rows in fed(other, ledger).values() if (rows["event_date"] < "2023-01-01").any()]
    enters = {"marks": marks.used(other), "labels": labels.used(other), "events before": bool(before)}
    assert sum(enters.values()) == 1
    assert enters[{"A": "marks", "B": "labels"}[start[1]] if start[0] == "marks" else "events before"]


@pytest.mark.parametrize("start", STARTS)
def test_the_carried_source_is_fed_in_history_alone(start, framework, ledger):
    other = framework.starting(*start)
    carried = {source for rows in fed(other, ledger).values() for source in rows["source_id"]} & {"almanac"}
    assert bool(carried) == (start[0] == "history")
    assert other.carried == (("almanac",) if start[0] == "marks" else ())


def test_history_feeds_every_family_its_rows_of_the_time_before(framework, ledger):
    history, start = framework.starting("history"), framework.start_index
    assert start - history.start_index == 6
    gained = {family: len(rows) for family, rows in fed(history, ledger).items()}
    gained = {family: number - len(fed(framework, ledger)[family]) for family, number in gained.items()}
    # October's and January's almanac are directions; August's graft, September's day and November's hands the others.
    assert gained == {"level": 1, "share": 0, "count": 1, "event": 1, "direction": 2}


def test_months_count_from_the_first_month_of_the_start(framework, ledger):
    history = framework.starting("history")
    rows = [fed_rows(one, ledger, "count", 60).set_index("line")["time"] for one in (framework, history)]
    assert (rows[1].loc[rows[0].index] - rows[0] == 6).all()


def test_in_history_milestones_are_open_from_the_judged_month_only(framework, ledger):
    history = framework.starting("history")
    when, hyperparameters = Vintage("2024-06", date(2024, 6, 30)), load_hyperparameters(framework)
    panels = [build_panel(one, hyperparameters, ledger, when, today=TODAY) for one in (framework, history)]
    for name in ("milestone_open", "milestone_done"):
        early, late = (panel[name].to_numpy() for panel in panels)
        assert (late[:6] == 0.0).all()
        np.testing.assert_array_equal(late[6:24], early[:18])


# ---- each double is refused


def model_with(tmp_path, *edits):
    root = Path(shutil.copytree(FIXTURES / "orchard", tmp_path / "orchard"))
    path = root / "models" / "orchard" / "model.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return root


ROUTE_B = ('mode = "marks"', 'mode = "marks"\nroute = "B"')
HISTORY = ('mode = "marks"', 'mode = "history"')
HISTORY_SECTION = """[start.history]
month = "2022-07"
reason = "Half a year of dated events before the table."
"""
LABEL_SECTION = """[start.labels]
shares = { graft = 0.45, resting = 0.30, felling = 0.15, wild = 0.10 }
weight = 4.0
horizon = 12
reason = "The growers' words, unequal on purpose."
"""
DOUBLES = {
    "marks and labels": ((('mode = "marks"', 'mode = "marks"\nroute = "AB"'),), r"start\.route: .*'A' or 'B'"),
    "marks and earlier events": ((('mode = "marks"', 'mode = "both"'),), r"start\.mode: .*'marks' or 'history'"),
    "history that begins with the marks": (
        (('month = "2022-07"', 'month = "2023-01"'),),
        r"start\.history\.month 2023-01 must lie before start\.month 2023-01",
    ),
    "history that begins after the marks": (
        (('month = "2022-07"', 'month = "2023-05"'),),
        r"start\.history\.month 2023-05 must lie before start\.month 2023-01",
    ),
    "history and labels": (
        (('mode = "marks"', 'mode = "history"\nroute = "B"'),),
        r"start\.route names how the table enters, and mode 'history' feeds no table; leave route out",
    ),
    "history without its section": (
        (HISTORY, (HISTORY_SECTION, "")),
        r"start\.mode is 'history' but \[start\.history\] is missing; give its month and reason",
    ),
    "labels without their section": (
        (ROUTE_B, (LABEL_SECTION, "")),
        r"start\.route is 'B' but \[start\.labels\] is missing; give shares, weight, horizon and reason",
    ),
    "labels that leave a scenario out": (
        (("felling = 0.15, wild = 0.10", "felling = 0.25"),),
        r"start\.labels\.shares must name felling, graft, resting, wild and sum to 1",
    ),
    "labels that do not sum to one": (
        (("felling = 0.15", "felling = 0.16"),),
        r"start\.labels\.shares must .*sum to 1",
    ),
    "labels of no weight": ((("weight = 4.0", "weight = 0.0"),), r"start\.labels\.weight: .*greater than 0"),
    "labels of the past": ((("horizon = 12\nreason", "horizon = -1\nreason"),), r"start\.labels\.horizon: .*got -1"),
}


@pytest.mark.parametrize("name", DOUBLES)
def test_a_declaration_that_feeds_twice_or_half_is_refused(name, tmp_path):
    edits, message = DOUBLES[name]
    with pytest.raises(WorkspaceError, match=message):
        load_framework(model_with(tmp_path, *edits), "orchard")


@pytest.mark.parametrize(("edit", "first"), [(ROUTE_B, "2023-01"), (HISTORY, "2022-07")])
def test_each_other_start_may_be_the_declared_one(edit, first, tmp_path):
    framework = load_framework(model_with(tmp_path, edit), "orchard")
    assert framework.declaration.start.first_month == first


# ---- another start of a framework


HARBOUR_LACKS = {
    (
        "history",
        None,
    ): r"model\.toml: start\.mode is 'history' but \[start\.history\] is missing; give its month and reason",
    (None, "B"): r"start\.route is 'B' but \[start\.labels\] is missing; give shares, weight, horizon and reason",
}


@pytest.mark.parametrize("start", HARBOUR_LACKS)
def test_a_start_that_is_not_declared_is_refused_in_words(start):
    framework = load_framework(FIXTURES / "harbour", "harbour")
    with pytest.raises(WorkspaceError, match=HARBOUR_LACKS[start]) as caught:
        framework.starting(*start)
    assert len(str(caught.value).splitlines()) == 1


def test_history_by_labels_is_refused_in_words(framework):
    with pytest.raises(WorkspaceError, match="mode 'history' feeds no table; leave route out"):
        framework.starting("history", "B")


def test_another_start_is_another_value_and_the_same_start_the_same(framework):
    assert framework.starting() == framework
    assert framework.starting("marks", "A").variant == framework.variant
    history = framework.starting("history")
    assert framework.declaration.start.mode == "marks"
    assert history.variant == "history"
    assert framework.starting(route="B").variant == "labels"
    assert (history.start_index, history.judged_index) == (2022 * 12 + 6, 2023 * 12)
    assert history.starting("marks").start_index == framework.start_index


@pytest.mark.parametrize(("mode", "route"), STARTS)
def test_marks_set_the_strength_of_rows_only_where_they_are_the_evidence(framework, mode, route):
    started = framework.starting(mode, route)
    weight = strength_weight(started, load_hyperparameters(started))
    differ = np.ptp(framework.table.diagnosticity)
    assert differ > 0.0
    assert (np.ptp(weight) > 0.0) == ((mode, route) == ("marks", "A"))
    assert weight.mean() == pytest.approx(strength_weight(framework, load_hyperparameters(framework)).mean(), rel=1e-12)
