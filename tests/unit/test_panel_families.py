"""What the families of acts, readings, milestones and silences find in a panel: merged, joined, masked, known."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.ledger import load_ledger, with_records
from indicast.panel import NOT_LOOKED, Sizes, Vintage, build_panel, last_day
from indicast.workspace import load_framework, month_index

pytestmark = pytest.mark.unit

ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"
TODAY = date(2025, 1, 1)
PLAIN = {
    "event_date": "2023-03-10", "end_date": "", "published_date": "", "indicator": "grafts", "kind": "event",
    "value": "", "unit": "", "direction": "together", "summary": "x", "source_id": "bell", "reliability": "B",
    "credibility": "2", "known_date": "", "origin_id": "own",
}  # fmt: skip
POMAR, QUINCE = "per cent for the orchard (Pomar poll)", "per cent for the orchard (Quince poll)"
POLL = {"indicator": "mood", "kind": "share", "unit": POMAR, "value": "58"}
HANDS = {"indicator": "hands", "kind": "count", "unit": "hands (Pomar)", "value": "64"}
TABLES = ("observations", "corroboration", "coverage", "outcomes")

FRAMEWORK = load_framework(ORCHARD, "orchard")
COVERAGE = FRAMEWORK.declaration.coverage
HYPERPARAMETERS = load_hyperparameters(FRAMEWORK)
LEDGER = load_ledger(FRAMEWORK, TODAY)[0]


def panel_of(ledger=LEDGER, as_of="2024-06", known_at=None, framework=FRAMEWORK, **options):
    when = Vintage(as_of, known_at or last_day(month_index(as_of)))
    return build_panel(framework, HYPERPARAMETERS, ledger, when, today=TODAY, **options)


def rows(*entries):
    """Return the ledger with these observations only; a row is known on its day unless it says otherwise."""
    frame = pd.DataFrame([PLAIN | entry for entry in entries], index=range(2, 2 + len(entries)))
    frame["known_date"] = frame["known_date"].where(frame["known_date"] != "", frame["event_date"])
    for column in ("event_date", "end_date", "known_date"):
        frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d", errors="coerce")
    return replace(LEDGER, observations=with_records(frame), corroboration=LEDGER.corroboration.iloc[:0])


def table(name, *entries):
    """Return the ledger with other rows of one file; dates as text."""
    frame = pd.DataFrame(entries, columns=list(getattr(LEDGER, name).columns), dtype=object).fillna("")
    for column in {"known_date", "date", "as_of"} & set(frame.columns):
        frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d", errors="coerce")
    return replace(LEDGER, **{name: frame})


# ---- acts


def acts(panel, series):
    return panel["event"].to_numpy()[:, panel[names.EVENT_SERIES].to_numpy().tolist().index(series)].tolist()


def test_rows_of_one_origin_in_a_month_are_one_act_and_of_two_origins_two():
    assert acts(panel_of(rows({}, {"event_date": "2023-03-12"}, {"reliability": "D"})), "grafts")[2] == 1
    assert acts(panel_of(rows({}, {"origin_id": "another"})), "grafts")[2] == 2
    found = acts(panel_of(rows({}, {"event_date": "2023-04-02"})), "grafts")
    assert found[2:4] == [1, 1]  # one origin in two months


def test_one_origin_is_an_act_of_each_indicator_it_is_about():
    panel = panel_of(rows({}, {"indicator": "gates"}))
    assert (acts(panel, "grafts")[2], acts(panel, "gates")[2]) == (1, 1)


def test_acts_are_events_of_a_declared_direction_and_the_others_are_reports():
    panel = panel_of(
        rows(
            {"direction": "together", "origin_id": "a"},
            {"direction": "apart", "origin_id": "b"},
            {"direction": "as_before", "origin_id": "c"},
            {"kind": "claim", "origin_id": "d"},
        )
    )
    assert sum(acts(panel, "grafts")) == 1
    assert panel.attrs["reports"] == 3
    gates = [{"indicator": "gates", "direction": one, "origin_id": one} for one in ("together", "as_before", "apart")]
    panel = panel_of(rows(*gates))
    assert sum(acts(panel, "gates")) == 2
    assert panel.attrs["reports"] == 0


def test_acts_before_the_start_after_the_month_or_of_a_carried_source_are_left_out():
    outside = [{"event_date": "2022-12-31"}, {"event_date": "2023-06-01"}, {"source_id": "almanac"}]
    ledger = rows(*[one | {"origin_id": f"o{n}", "known_date": "2023-01-01"} for n, one in enumerate(outside)])
    assert sum(acts(panel_of(ledger, "2023-05"), "grafts")) == 0
    assert sum(acts(panel_of(ledger, "2023-06"), "grafts")) == 1


def test_a_corroboration_of_an_act_is_no_second_act():
    assert (LEDGER.corroboration["indicator"] == "gates").any()
    assert acts(panel_of(), "gates")[1] == 2  # February 2023: one opened, one bricked up


def test_coverage_of_acts_has_every_code_of_silence():
    words = list(HYPERPARAMETERS.coords[names.COVERAGE])
    assert words == ["walked", "glimpsed"]
    coverage = panel_of()["event_coverage"].to_numpy()
    assert coverage[:5, 0].tolist() == [0, 0, 1, 0, NOT_LOOKED]  # May 2023: withheld, so nobody could look
    assert coverage[7, 0] == NOT_LOOKED  # August 2023: closed
    assert coverage[9, 0] == NOT_LOOKED  # October 2023: no line
    assert (coverage[18:] == NOT_LOOKED).all()  # padding


# ---- shares and levels


def used(panel, prefix, *columns):
    kept = panel[f"{prefix}_used"].to_numpy()
    return [
        tuple(one)
        for one in zip(*(panel[f"{prefix}_{name}"].to_numpy()[kept].tolist() for name in columns), strict=True)
    ]


def test_a_share_reading_has_its_month_series_and_value_between_0_and_1():
    panel = panel_of(rows(POLL, POLL | {"unit": QUINCE, "value": "7.5", "event_date": "2023-05-02"}))
    assert used(panel, "share", "time", "place", "value", "line") == [(2, 0, 0.58, 2), (4, 1, 0.075, 3)]


def test_rows_of_one_origin_on_a_day_are_one_reading():
    again = [
        POLL,
        POLL | {"source_id": "pollster"},
        POLL | {"origin_id": "another"},
        POLL | {"event_date": "2023-03-11"},
    ]
    assert [line for _, line in used(panel_of(rows(*again)), "share", "time", "line")] == [4, 2, 5]


@pytest.mark.parametrize("value", ["", "0", "100", "-3", "140"])
def test_a_share_without_log_odds_is_no_reading(value):
    assert used(panel_of(rows(POLL | {"value": value}, POLL | {"origin_id": "b"})), "share", "line") == [(3,)]


def test_another_unit_or_kind_is_no_reading_of_the_series():
    panel = panel_of(rows(POLL | {"unit": "per cent"}, POLL | {"kind": "claim"}))
    assert used(panel, "share", "line") == []
    assert panel.attrs["reports"] == 1  # both rows feed the direction, and have one origin


def test_the_first_reading_of_a_level_is_a_base():
    assert used(panel_of(rows(HANDS)), "level", "line") == []
    panel = panel_of(rows(HANDS, HANDS | {"event_date": "2023-09-08", "value": "80", "origin_id": "b"}))
    [(time, place, change, gap, line)] = used(panel, "level", "time", "place", "change", "gap", "line")
    assert (time, place, line) == (8, 0, 3)
    assert change == pytest.approx(np.log(80 / 64), rel=1e-12)
    assert gap == pytest.approx(182 / 365.25 * 12, rel=1e-12)


def test_changes_join_readings_of_one_series_in_order_of_day():
    other = HANDS | {"unit": "hands (Quince)"}
    days = ("2023-02-01", "2023-08-01", "2024-02-01")
    ledger = rows(
        *[HANDS | {"event_date": day, "value": str(10 * n + 10), "origin_id": f"p{n}"} for n, day in enumerate(days)][
            ::-1
        ],
        *[other | {"event_date": day, "value": str(n + 3), "origin_id": f"q{n}"} for n, day in enumerate(days)],
    )
    found = used(panel_of(ledger), "level", "place", "time", "change")
    assert [one[:2] for one in found] == [(0, 7), (0, 13), (1, 7), (1, 13)]
    expected = np.log([20 / 10, 30 / 20, 4 / 3, 5 / 4])
    np.testing.assert_allclose([one[2] for one in found], expected, rtol=1e-12)


def test_the_first_reading_of_a_later_series_is_a_base_too():
    later = HANDS | {"unit": "hands (Quince)", "event_date": "2024-01-09", "origin_id": "q"}
    ledger = rows(HANDS, HANDS | {"event_date": "2023-09-08", "origin_id": "p"}, later)
    assert used(panel_of(ledger), "level", "place", "line") == [(0, 3)]


def test_a_reading_before_the_start_is_no_base():
    early = HANDS | {"event_date": "2022-11-02", "origin_id": "early"}
    assert used(panel_of(rows(early, HANDS)), "level", "line") == []
    history = FRAMEWORK.starting("history")
    assert used(panel_of(rows(early, HANDS), framework=history), "level", "line") == [(3,)]


def test_a_base_that_was_not_yet_known_is_no_base():
    late = HANDS | {"known_date": "2023-12-01", "origin_id": "late"}
    ledger = rows(late, HANDS | {"event_date": "2023-06-10", "value": "70", "origin_id": "b"})
    assert used(panel_of(ledger, "2023-11"), "level", "line") == []
    assert used(panel_of(ledger, "2023-12"), "level", "line") == [(3,)]


@pytest.mark.parametrize("value", ["0", "-5", ""])
def test_a_level_without_a_logarithm_is_skipped_and_its_neighbours_are_joined(value):
    ledger = rows(
        HANDS,
        HANDS | {"event_date": "2023-06-10", "value": value, "origin_id": "b"},
        HANDS | {"event_date": "2023-09-10", "value": "128", "origin_id": "c"},
    )
    [(change, gap)] = used(panel_of(ledger), "level", "change", "gap")
    assert change == pytest.approx(np.log(2.0), rel=1e-12)
    assert gap == pytest.approx(184 / 365.25 * 12, rel=1e-12)


def test_two_readings_of_one_day_are_no_change():
    assert used(panel_of(rows(HANDS, HANDS | {"value": "90", "origin_id": "b"})), "level", "line") == []


LATER = HANDS | {"event_date": "2023-09-08", "value": "80", "origin_id": "b"}


def test_levels_of_one_day_are_averaged_as_logarithms_whoever_gave_them():
    other = LATER | {"value": "125", "origin_id": "c"}
    [(time, change, gap, line)] = used(panel_of(rows(HANDS, LATER, other)), "level", "time", "change", "gap", "line")
    assert (time, line) == (8, 3)
    assert change == pytest.approx(np.log(100 / 64), rel=1e-12)  # 100 is the geometric mean of 80 and 125
    assert gap == pytest.approx(182 / 365.25 * 12, rel=1e-12)
    base = HANDS | {"value": "81", "origin_id": "d"}
    [(change, line)] = used(panel_of(rows(HANDS, base, LATER)), "level", "change", "line")
    assert (change, line) == (pytest.approx(np.log(80 / 72), rel=1e-12), 4)  # 72 is that of 64 and 81


def test_an_origin_counts_once_in_the_level_of_a_day_however_many_rows_it_has():
    repeated = [LATER, LATER | {"source_id": "overseer"}, LATER | {"value": "125", "origin_id": "c"}]
    [(change,)] = used(panel_of(rows(HANDS, *repeated)), "level", "change")
    assert change == pytest.approx(np.log(100 / 64), rel=1e-12)


@settings(max_examples=6)  # a panel takes a tenth of a second
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_of_one_day_does_not_change_a_level(seed):
    values = [64, 80, 125, 31, 77]
    ledger = rows(HANDS, *[LATER | {"value": str(n), "origin_id": f"o{n % 4}"} for n in values])
    shuffled = replace(ledger, observations=ledger.observations.sample(frac=1.0, random_state=seed))
    assert used(panel_of(shuffled), "level", "change", "line") == used(panel_of(ledger), "level", "change", "line")


def test_readings_are_padded_to_the_size_asked_for_and_masked():
    panel = panel_of(sizes=Sizes(0, 0, 0, readings=11, silences=30))
    assert (panel.sizes[names.SHARE_READING], panel.sizes[names.LEVEL_READING], panel.sizes[names.SILENCE]) == (
        11,
        11,
        30,
    )
    small = panel_of()
    for prefix in ("share", "level", "silence"):
        mask = panel[f"{prefix}_used"].to_numpy()
        assert mask.sum() == small[f"{prefix}_used"].to_numpy().sum()
        assert (np.diff(mask.astype(int)) <= 0).all()
    assert (panel["share_value"].to_numpy()[~panel["share_used"].to_numpy()] == 0.5).all()
    assert (panel["level_gap"].to_numpy() > 0.0).all()
    assert (panel["share_line"].to_numpy()[~panel["share_used"].to_numpy()] == -1).all()


def test_a_framework_without_readings_has_empty_masked_slots():
    harbour = load_framework(ORCHARD.parent / "harbour", "harbour")
    ledger = load_ledger(harbour, TODAY)[0]
    when = Vintage("2024-06", date(2024, 6, 30))
    panel = build_panel(harbour, load_hyperparameters(harbour), ledger, when, today=TODAY)
    for prefix in ("share", "level", "silence"):
        assert not panel[f"{prefix}_used"].to_numpy().any()
    assert panel.sizes[names.EVENT_SERIES] == 0
    assert panel.sizes[names.MILESTONE] == 0


# ---- milestones


def outcome(**cells):
    plain = {"milestone": "joint_barn", "outcome": "not_yet", "date": "", "known_date": "2024-03-06"}
    return plain | {"as_of": "2024-03-05", "source_id": "bell", "note": ""} | cells


def windows(panel, name="joint_barn"):
    """Return the months in which a milestone is open, and those in which it is done."""
    place = panel[names.MILESTONE].to_numpy().tolist().index(name)
    return [np.flatnonzero(panel[f"milestone_{one}"].to_numpy()[:, place]).tolist() for one in ("open", "done")]


def test_an_open_milestone_is_open_from_the_judged_month_to_the_last_that_the_evidence_covers():
    assert windows(panel_of(table("outcomes", outcome()))) == [list(range(14)), []]


def test_a_milestone_that_occurred_is_open_before_and_done_once():
    ledger = table("outcomes", outcome(outcome="occurred", date="2023-09-12", known_date="2023-09-20"))
    assert windows(panel_of(ledger)) == [list(range(8)), [8]]
    assert windows(panel_of(table("outcomes", outcome(outcome="occurred", date="2023-01-31")))) == [[], [0]]


def test_a_window_ends_with_the_panel():
    late = table("outcomes", outcome(as_of="2024-03-05", known_date="2024-03-06"))
    assert windows(panel_of(late, "2024-01", date(2024, 3, 6))) == [list(range(13)), []]
    done = table("outcomes", outcome(outcome="occurred", date="2024-02-10", known_date="2024-02-11"))
    assert windows(panel_of(done, "2024-01", date(2024, 3, 6))) == [list(range(13)), []]
    assert windows(panel_of(done, "2024-02", date(2024, 3, 6))) == [list(range(13)), [13]]


@pytest.mark.parametrize("as_of", ["2022-12-31", "2022-11-30", "2022-06-01", "2020-01-01"])
def test_evidence_from_before_the_start_opens_nothing(as_of):
    assert windows(panel_of(table("outcomes", outcome(as_of=as_of)))) == [[], []]
    history = FRAMEWORK.starting("history")
    assert windows(panel_of(table("outcomes", outcome(as_of=as_of)), framework=history)) == [[], []]


def test_what_is_unclear_is_in_neither_array():
    assert windows(panel_of(table("outcomes", outcome(outcome="unclear", date="2023-05-01")))) == [[], []]


def test_an_outcome_known_later_is_not_used():
    ledger = table("outcomes", outcome())
    assert windows(panel_of(ledger, "2024-06", date(2024, 3, 5))) == [[], []]
    assert windows(panel_of(ledger, "2024-06", date(2024, 3, 6))) == [list(range(14)), []]


def test_a_milestone_that_nobody_judged_is_in_no_array():
    panel = panel_of()
    assert "old_wall_down" in set(LEDGER.outcomes["milestone"])
    assert panel[names.MILESTONE].to_numpy().tolist() == list(HYPERPARAMETERS.coords[names.MILESTONE])
    assert panel.sizes[names.MILESTONE] == 4


def test_padded_months_are_neither_open_nor_done():
    panel = panel_of()
    padded = ~panel["month_used"].to_numpy()
    assert padded.sum() == 6
    assert not panel["milestone_open"].to_numpy()[padded].any()
    assert not panel["milestone_done"].to_numpy()[padded].any()


# ---- silences


def silence(indicator, month, word, known_date="2023-12-31"):
    return {"indicator": indicator, "month": month, "coverage": word, "known_date": known_date, "note": ""}


def test_only_due_months_of_embarrassed_indicators_are_silences():
    ledger = table(
        "coverage",
        silence("cider_books", "2023-05", "hushed"),
        silence("grafts", "2023-02", "hushed"),
        silence("grafts", "2023-03", "closed"),
        silence("grafts", "2023-04", "walked"),
        silence("gates", "2023-06", "hushed"),  # a finding, V006: nothing embarrasses the gates
    )
    panel = panel_of(ledger)
    found = used(panel, "silence", "time", "indicator", "reading", "published")
    assert found == [(1, 1, 0, False), (3, 1, 0, True), (4, 5, 1, False)]  # what was closed was not due
    assert panel["event_coverage"].to_numpy()[:7].tolist() == [[-1, -1]] * 3 + [[0, -1]] + [[-1, -1]] * 3


def test_where_no_word_means_withheld_no_publication_can_be_missed():
    coverage = {word: "not_looked" if word == "hushed" else meaning for word, meaning in COVERAGE.items()}
    framework = replace(FRAMEWORK, declaration=FRAMEWORK.declaration.model_copy(update={"coverage": coverage}))
    assert "withheld" not in framework.families
    assert used(panel_of(framework=framework), "silence", "time") == []


def test_silences_outside_the_months_or_judged_later_are_left_out():
    ledger = table(
        "coverage",
        silence("grafts", "2022-12", "hushed"),
        silence("grafts", "2023-03", "hushed", "2023-08-31"),
        silence("grafts", "2023-09", "hushed"),
    )
    assert used(panel_of(ledger, "2023-07"), "silence", "time") == []
    assert used(panel_of(ledger, "2023-08"), "silence", "time") == [(2,)]
    assert used(panel_of(ledger, "2024-01"), "silence", "time") == [(2,), (8,)]


# ---- nothing known later, by hypothesis

WORDS = tuple(FRAMEWORK.declaration.coverage)


@settings(max_examples=12)  # a panel takes a tenth of a second
@given(at=st.dates(date(2022, 12, 1), date(2024, 7, 1)), seed=st.integers(0, 10_000))
def test_no_family_sees_anything_known_later(at, seed):
    when = Vintage(max(at, date(2023, 1, 1)).strftime("%Y-%m"), at)
    rng = np.random.default_rng(seed)
    spoiled = {}
    for name in TABLES:
        frame = getattr(LEDGER, name)
        later = frame["known_date"] > pd.Timestamp(at)
        changed = frame[later].sample(frac=0.6, random_state=int(rng.integers(2**31)))
        if name == "observations":
            changed = changed.assign(direction="apart", value="99", kind="event")
        if name == "coverage":
            changed = changed.assign(coverage=rng.choice(WORDS, len(changed)))
        if name == "outcomes":
            changed = changed.assign(outcome="occurred", date=pd.Timestamp("2023-02-02"))
        spoiled[name] = pd.concat([frame[~later], changed])
    assert panel_of(replace(LEDGER, **spoiled), when.as_of, at).identical(panel_of(LEDGER, when.as_of, at))


@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter_to_any_family(seed):
    shuffled = {name: getattr(LEDGER, name).sample(frac=1.0, random_state=seed) for name in (*TABLES, "sources")}
    assert panel_of(replace(LEDGER, **shuffled)).identical(panel_of())
