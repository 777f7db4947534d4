"""A milestone's outcome is a history: on any day the latest known row stands, and later rows change no earlier day."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicast.elicit import load_hyperparameters
from indicast.ledger import load_ledger, standing_outcomes
from indicast.panel import Vintage, build_panel, last_day
from indicast.panel._outcomes import STATES, milestone_variables
from indicast.workspace import load_framework, month_index

ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"
TODAY = date(2025, 1, 1)
COLUMNS = ["milestone", "outcome", "date", "known_date", "as_of", "source_id", "note"]
FRAMEWORK = load_framework(ORCHARD, "orchard")
HYPERPARAMETERS = load_hyperparameters(FRAMEWORK)
LEDGER = load_ledger(FRAMEWORK, TODAY)[0]
MILESTONES = [one.id for one in FRAMEWORK.declaration.milestones]
MONTHS = 24
"""January 2023, the month judged, to December 2024."""


def with_outcomes(rows):
    """Return the orchard's ledger with these rows of outcomes.csv, labelled by their place."""
    frame = pd.DataFrame(rows, columns=COLUMNS, index=range(2, 2 + len(rows)), dtype=object)
    for name in ("date", "known_date", "as_of"):
        frame[name] = pd.to_datetime(frame[name])
    return replace(LEDGER, outcomes=frame)


@st.composite
def histories(draw):
    """Return rows of outcomes.csv in any order, no two of a milestone known on one day."""
    keys = st.tuples(st.sampled_from(MILESTONES), st.dates(date(2023, 1, 1), date(2024, 12, 31)))
    rows = []
    for milestone, known in draw(st.lists(keys, unique=True, min_size=4, max_size=16)):
        outcome = draw(st.sampled_from(sorted(STATES)))
        # The last day of a month and its neighbours decide whether the month counts, so they come often.
        near = last_day(draw(st.integers(month_index("2022-11"), month_index("2024-12"))))
        as_of = min(near + timedelta(days=draw(st.integers(-1, 2))), known)
        when = max(date(2023, 1, 1), as_of - timedelta(days=draw(st.integers(0, 200))))
        rows.append([milestone, outcome, when if outcome == "occurred" else None, known, as_of, "bell", ""])
    return rows


days = st.dates(date(2022, 12, 1), date(2024, 12, 31))


def found(ledger):
    """Return the milestone arrays of the months to December 2024."""
    return milestone_variables(FRAMEWORK, ledger, MONTHS, MONTHS)


def same(one, other):
    return all(
        np.array_equal(one[name][1], other[name][1], equal_nan=name == "milestone_day") for name in one.keys() | other
    )


def by_hand(rows, at):
    """Return open months, done months, state and day of each judged milestone, told from the rows one by one."""
    told = {}
    for milestone in dict.fromkeys(judgement.milestone for judgement in FRAMEWORK.judgements):
        known = [row for row in rows if row[0] == milestone and row[3] <= at]
        _, outcome, when, _, as_of, *_ = max(known, key=lambda row: row[3], default=[None] * 7)
        ends = [date(2023 + n // 12, n % 12 + 1, monthrange(2023 + n // 12, n % 12 + 1)[1]) for n in range(MONTHS)]
        opened = {"not_yet": as_of, "occurred": when and when.replace(day=1) - timedelta(days=1)}.get(outcome)
        done = [when.year * 12 + when.month - 1 - 2023 * 12] if outcome == "occurred" else []
        told[milestone] = (
            [n for n, end in enumerate(ends) if opened and end <= opened],
            done,
            {None: "not known", "not_yet": "open"}.get(outcome, outcome),
            when if outcome == "occurred" else as_of,
        )
    return told


def read_out(variables):
    """Return what the arrays say in the words of by_hand."""
    opened, done, states, moments = (variables[f"milestone_{one}"][1] for one in ("open", "done", "state", "day"))
    moments = moments.astype("datetime64[D]").tolist()
    labels = dict.fromkeys(judgement.milestone for judgement in FRAMEWORK.judgements)
    return {
        label: (np.flatnonzero(opened[:, n]).tolist(), np.flatnonzero(done[:, n]).tolist(), states[n], moments[n])
        for n, label in enumerate(labels)
    }


@given(rows=histories(), at=days)
def test_arrays_are_those_of_the_latest_known_row_told_by_hand(rows, at):
    assert read_out(found(with_outcomes(rows).known(at))) == by_hand(rows, at)


@given(rows=histories(), at=days)
def test_a_day_sees_what_a_ledger_without_later_rows_would_show(rows, at):
    never = with_outcomes([row for row in rows if row[3] <= at])
    assert same(found(with_outcomes(rows).known(at)), found(never))


@given(rows=histories(), more=histories(), at=days)
def test_rows_that_become_known_later_change_nothing_on_a_day(rows, more, at):
    later = [row for row in more if row[3] > at and row[:4:3] not in [one[:4:3] for one in rows]]
    assert same(found(with_outcomes(rows + later).known(at)), found(with_outcomes(rows).known(at)))


def shuffled_by(seed, rows):
    return [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))]


seeds = st.integers(0, 10_000)


@given(rows=histories(), at=days, seed=seeds)
def test_the_order_of_rows_in_the_file_changes_nothing(rows, at, seed):
    shuffled = shuffled_by(seed, rows)
    assert same(found(with_outcomes(shuffled).known(at)), found(with_outcomes(rows).known(at)))


@settings(max_examples=15)  # a panel takes a tenth of a second
@given(rows=histories(), at=st.dates(date(2023, 1, 1), date(2024, 12, 31)), seed=seeds)
def test_the_whole_panel_of_a_day_is_blind_to_later_rows_and_to_their_order(rows, at, seed):
    def panel(shown):
        when = Vintage(at.strftime("%Y-%m"), at)
        return build_panel(FRAMEWORK, HYPERPARAMETERS, with_outcomes(shown), when, today=TODAY)

    whole = panel(shuffled_by(seed, rows))
    assert whole.identical(panel([row for row in rows if row[3] <= at]))


# ---- the case for which the file is a history


OPEN = ["joint_barn", "not_yet", None, date(2023, 3, 6), date(2023, 2, 28), "bell", ""]
REACHED = ["joint_barn", "occurred", date(2023, 9, 12), date(2023, 9, 20), date(2023, 9, 20), "bell", ""]


def barn(rows, at):
    return read_out(found(with_outcomes(rows).known(at)))["joint_barn"]


def test_a_milestone_that_was_open_and_then_reached_is_seen_as_each_day_saw_it():
    rows = [OPEN, REACHED]
    assert barn(rows, date(2023, 3, 5)) == ([], [], "not known", None)
    assert barn(rows, date(2023, 3, 6)) == ([0, 1], [], "open", date(2023, 2, 28))
    assert barn(rows, date(2023, 9, 19)) == ([0, 1], [], "open", date(2023, 2, 28))
    assert barn(rows, date(2023, 9, 20)) == (list(range(8)), [8], "occurred", date(2023, 9, 12))
    # With one row a milestone, an early day sees the milestones that stayed open, and none of those reached since.
    assert barn([REACHED], date(2023, 9, 19)) == ([], [], "not known", None)


def test_a_later_unclear_row_takes_the_open_months_back():
    doubt = ["joint_barn", "unclear", None, date(2023, 6, 1), date(2023, 5, 20), "bell", ""]
    assert barn([OPEN, doubt], date(2023, 7, 1)) == ([], [], "unclear", date(2023, 5, 20))


@pytest.mark.parametrize(
    ("as_of", "months"),
    [
        (date(2024, 2, 28), 13),  # 2024 is a leap year
        (date(2024, 2, 29), 14),
        (date(2024, 3, 1), 14),
        (date(2023, 1, 30), 0),
        (date(2023, 1, 31), 1),
    ],
)
def test_not_yet_counts_only_the_months_that_had_ended(as_of, months):
    row = ["joint_barn", "not_yet", None, date(2024, 3, 6), as_of, "bell", ""]
    assert barn([row], date(2024, 3, 6))[0] == list(range(months))


@given(rows=histories())
def test_one_row_of_each_milestone_stands(rows):
    standing = standing_outcomes(with_outcomes(rows))
    assert standing["milestone"].tolist() == sorted({row[0] for row in rows})
    assert list(zip(standing["milestone"], standing["known_date"].dt.date, strict=True)) == sorted(
        {row[0]: row[3] for row in sorted(rows, key=lambda row: row[3])}.items()
    )
