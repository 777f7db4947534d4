"""A ledger row feeds one stream or none, whatever an indicator declares; and the panel loses or doubles no row."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from indicast.elicit import load_hyperparameters
from indicast.ledger import load_ledger, with_records
from indicast.panel import Vintage, build_panel, streams
from indicast.panel._reports import direction_reports
from indicast.panel._streams import fed_rows, months_since_start
from indicast.workspace import Indicator, load_framework
from indicast.workspace._families import STREAMS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PLACES = {"belarus_russia": ROOT, "orchard": ROOT / "tests" / "fixtures" / "orchard"}
TODAY = date(2025, 1, 1)
KINDS = ("event", "count", "level", "share", "claim", "denial")
DIRECTIONS = ("down", "flat", "up")
UNITS = ("", "men", "per cent", "tonnes")


@cache
def opened(model):
    framework = load_framework(PLACES[model], model)
    return framework, load_hyperparameters(framework), load_ledger(framework, TODAY)[0]


# ---- any indicator


kinds = st.lists(st.sampled_from(KINDS), unique=True, max_size=4).map(tuple)
some_kinds = st.lists(st.sampled_from(KINDS), unique=True, min_size=1, max_size=4).map(tuple)
some_units = st.lists(st.sampled_from(UNITS[1:]), unique=True, min_size=1, max_size=2).map(tuple)
one_series = st.fixed_dictionaries(
    {"family": st.sampled_from(["share", "level"]), "kinds": some_kinds, "units": some_units, "reason": st.just("x")}
)


@st.composite
def indicators(draw):
    """Return an indicator that the declaration accepts, or None."""
    feeds = draw(st.dictionaries(st.sampled_from(["direction", "count", "event"]), some_kinds, min_size=1))
    tallied = draw(st.lists(st.sampled_from(DIRECTIONS), unique=True, min_size=1, max_size=3))
    series = [{"id": f"s{n}", **one} for n, one in enumerate(draw(st.lists(one_series, max_size=3)))]
    unfed = draw(kinds)
    given_ = {
        "id": "x", "name": "x", "group": "g", "family": draw(st.sampled_from(sorted(feeds))), "feeds": feeds,
        "event_directions": tallied if "event" in feeds else [], "series": series,
        "unfed": {"kinds": unfed, "reason": "x"} if unfed else None,
    }  # fmt: skip
    try:
        return Indicator.model_validate(given_)
    except ValidationError:
        return None


def takers(indicator, kind, unit, direction):
    """Return every family that has a claim on a row, by the declaration alone, strongest first."""
    found = [series.family for series in indicator.series if kind in series.kinds and unit in series.units]
    if kind in indicator.feeds.get("count", ()):
        found.append("count")
    if kind in indicator.feeds.get("event", ()) and direction in indicator.event_directions:
        found.append("event")
    if kind in indicator.feeds.get("direction", ()):
        found.append("direction")
    return found


@given(
    indicator=indicators().filter(lambda one: one is not None),
    kind=st.sampled_from(KINDS),
    unit=st.sampled_from(UNITS),
    direction=st.sampled_from(DIRECTIONS),
)
def test_a_row_feeds_the_strongest_claim_and_nothing_else(indicator, kind, unit, direction):
    fed, claims = indicator.stream(kind, unit, direction), takers(indicator, kind, unit, direction)
    assert (fed.family if fed else None) == (claims[0] if claims else None)
    if fed and fed.family in {"share", "level"}:
        assert fed.label in {series.id for series in indicator.series if series.family == fed.family}
    elif fed:
        assert fed.label == indicator.id


@given(indicator=indicators().filter(lambda one: one is not None))
def test_beside_series_only_acts_and_directions_share_a_kind_and_the_direction_tells_them_apart(indicator):
    for kind in KINDS:
        named = [stream for stream, given_ in indicator.feeds.items() if kind in given_]
        assert len(named) < 2 or sorted(named) == ["direction", "event"]
        if indicator.unfed and kind in indicator.unfed.kinds:
            assert named in ([], ["event"])


@given(indicator=indicators().filter(lambda one: one is not None))
def test_every_declared_stream_can_take_a_row(indicator):
    # Series may take every unit of a kind; a unit that none of them names is left to the streams.
    for stream, given_ in indicator.feeds.items():
        reached = {
            fed.family
            for kind in given_
            for direction in DIRECTIONS
            if (fed := indicator.stream(kind, "no unit of a series", direction))
        }
        everything = set(given_) <= set(indicator.feeds.get("event", ())) and len(indicator.event_directions) == 3
        assert stream in reached or (stream == "direction" and everything)


# ---- any ledger


@st.composite
def ledgers(draw):
    """Return rows of random indicators, kinds, units and directions for the orchard."""
    framework, _, ledger = opened("orchard")
    units = sorted({unit for one in framework.declaration.indicators for series in one.series for unit in series.units})
    row = st.fixed_dictionaries(
        {
            "event_date": st.dates(date(2022, 6, 1), date(2024, 9, 1)),
            "indicator": st.sampled_from(framework.indicators),
            "kind": st.sampled_from(KINDS),
            "unit": st.sampled_from(["", *units]),
            "direction": st.sampled_from(framework.declaration.directions),
            "value": st.sampled_from(["", "40", "55.5"]),
            "source_id": st.sampled_from(["almanac", "bell", "gate_book"]),
            "origin_id": st.sampled_from(["a", "b", "c"]),
        }
    )
    return of_rows(ledger, draw(st.lists(row, min_size=1, max_size=25)))


def of_rows(ledger, rows):
    """Return the ledger with other observations, each known on its day, and no corroboration."""
    frame = pd.DataFrame(rows, index=range(2, 2 + len(rows))).assign(
        end_date=pd.NaT, published_date="", summary="x", reliability="B", credibility="2"
    )
    frame["event_date"] = pd.to_datetime(frame["event_date"])
    return replace(
        ledger,
        observations=with_records(frame.assign(known_date=frame["event_date"])),
        corroboration=ledger.corroboration.iloc[:0],
    )


def lines_by_family(framework, ledger, months):
    return {family: set(fed_rows(framework, ledger, family, months)["line"]) for family in STREAMS}


def usable_lines(framework, ledger, months):
    """Return the lines that feed anything, inside the months and not of a source that the table carries."""
    rows = ledger.observations
    time = months_since_start(framework, rows["event_date"])
    inside = (time >= 0) & (time < months) & ~rows["source_id"].isin(framework.carried)
    fed = np.array([bool(family) for family, _ in streams(framework, rows)], dtype=bool)
    return set(rows.index[inside & fed])


@given(ledger=ledgers(), history=st.booleans())
def test_every_usable_row_of_any_ledger_has_exactly_one_place(ledger, history):
    framework = opened("orchard")[0].starting("history" if history else "marks")
    found = lines_by_family(framework, ledger, 18)
    assert sum(len(lines) for lines in found.values()) == len(set().union(*found.values()))
    assert set().union(*found.values()) == usable_lines(framework, ledger, 18)


@settings(max_examples=15)  # a panel takes a tenth of a second
@given(ledger=ledgers())
def test_a_panel_holds_no_line_of_another_family(ledger):
    framework, hyperparameters, _ = opened("orchard")
    panel = build_panel(framework, hyperparameters, ledger, Vintage("2024-06", date(2024, 6, 30)), today=TODAY)
    found = lines_by_family(framework, ledger.known(date(2024, 6, 30)), 18)
    assert lines_in(panel, "report") <= found["direction"]
    assert lines_in(panel, "share") <= found["share"]
    assert lines_in(panel, "level") <= found["level"]
    assert int(panel["count"].sum()) == len(found["count"])
    assert int(panel["event"].sum()) <= len(found["event"])  # rows of one origin in a month are one act


# ---- one statement, told once


# A way to be evidence of each family, and beside it a way to say a direction, by indicator: kind, unit, direction.
WAYS = {
    "mood": [("share", "per cent for the orchard (Pomar poll)", "apart"), ("claim", "", "apart")],
    "hands": [("count", "hands (Pomar)", "apart"), ("count", "hands (Quince)", "apart"), ("event", "", "apart")],
    "grafts": [("event", "", "together"), ("event", "", "apart")],
}


@st.composite
def crowded_ledgers(draw):
    """Return a ledger in which two origins speak often of three indicators in two months, and a coverage of acts."""
    ways = [(name, *way) for name, given_ in WAYS.items() for way in given_]
    row = st.tuples(
        st.dates(date(2023, 3, 26), date(2023, 4, 6)), st.sampled_from(ways), st.sampled_from(["", "40", "55.5"]),
        st.sampled_from(["almanac", "bell", "bell"]), st.sampled_from(["a", "b"]),
    )  # fmt: skip
    columns = ["event_date", "indicator", "kind", "unit", "direction", "value", "source_id", "origin_id"]
    rows = [
        dict(zip(columns, (day, *way, *cells), strict=True))
        for day, way, *cells in draw(st.lists(row, min_size=6, max_size=25))
    ]
    words = draw(st.lists(st.sampled_from(["walked", "closed", "hushed"]), min_size=2, max_size=2))
    coverage = pd.DataFrame({"indicator": "grafts", "month": ["2023-03", "2023-04"], "coverage": words})
    ledger = of_rows(opened("orchard")[2], rows)
    return replace(ledger, coverage=coverage.assign(known_date=pd.Timestamp("2023-05-01"), note=""))


def told_by_hand(framework, ledger):
    """Return month, indicator and origin of direction rows, and of those told by a number or an act, row by row."""
    declared = {one.id: one for one in framework.declaration.indicators}
    looked = {
        (name, month)
        for name, month, word in ledger.coverage[["indicator", "month", "coverage"]].itertuples(index=False)
        if framework.declaration.coverage[word] == "looked"
    }
    said, directions, days = set(), set(), {}
    for row in ledger.observations.to_dict("records"):
        fed = declared[row["indicator"]].stream(row["kind"], row["unit"], row["direction"])
        if fed is None or row["source_id"] in framework.carried:
            continue
        key = (row["event_date"].month, row["indicator"], row["origin_id"])
        if fed.family == "direction":
            directions.add(key)
        if fed.family == "event" and (row["indicator"], f"{row['event_date']:%Y-%m}") in looked:
            said.add(key)
        if fed.family == "share" and row["value"]:
            said.add(key)
        if fed.family == "level" and row["value"]:
            days.setdefault(fed.label, []).append((row["event_date"], key))
    for given_ in days.values():
        said |= {key for day, key in given_ if day > min(other for other, _ in given_)}
    return directions, said


@given(ledger=crowded_ledgers())
def test_an_origin_that_is_evidence_by_a_number_or_an_act_is_no_report_of_that_month(ledger):
    framework, hyperparameters, _ = opened("orchard")
    reports = direction_reports(framework, hyperparameters, ledger, 18)
    directions, said = told_by_hand(framework, ledger)
    found = {
        (time + 1, framework.indicators[place], origin)
        for time, place, origin in reports[["time", "indicator_index", "origin_id"]].itertuples(index=False)
    }
    assert found == directions - said


def hajun(ledger, *more):
    """Return the flagship's ledger with further readings of one observer's series."""
    rows = ledger.observations
    [line] = rows.index[(rows["origin_id"] == "hajun-2023-08-29") & (rows["kind"] == "count")]
    added = pd.DataFrame([rows.loc[line].to_dict() | one for one in more], index=range(9000, 9000 + len(more)))
    return replace(ledger, observations=pd.concat([rows, added]) if more else rows)


def test_the_flagships_only_origin_in_two_streams_of_a_month_is_heard_once():
    # Its number is the base of its series and says nothing of August 2023, so its direction does; were there a reading
    # before it, the change would be the evidence and the direction would not.
    framework, hyperparameters, ledger = opened("belarus_russia")

    def heard(given_):
        reports = direction_reports(framework, hyperparameters, given_, 60)
        return (reports["origin_id"] == "hajun-2023-08-29").sum()

    earlier = {"event_date": pd.Timestamp("2023-07-05"), "known_date": pd.Timestamp("2023-07-05"), "origin_id": "h"}
    assert heard(hajun(ledger)) == 1
    assert heard(hajun(ledger, earlier)) == 0
    assert heard(hajun(ledger, earlier | {"known_date": pd.Timestamp("2023-10-02")}).known(date(2023, 10, 1))) == 1
    assert heard(hajun(ledger, earlier | {"value": ""})) == 1
    families = pd.Series([family for family, _ in streams(framework, ledger.observations)], ledger.observations.index)
    fed = ledger.observations.assign(family=families)[families != ""]
    month = fed["event_date"].dt.to_period("M").rename("month")
    spread = fed.groupby(["origin_id", "indicator", month])["family"].nunique()
    assert [key[:2] for key in spread.index[spread > 1]] == [("hajun-2023-08-29", "russian_forces")]


def lines_in(panel, name):
    return set(panel[f"{name}_line"].to_numpy()[panel[f"{name}_used"].to_numpy()].tolist())


# ---- the ledgers there are


@pytest.mark.parametrize("model", PLACES)
@pytest.mark.parametrize("mode", ["marks", "history"])
def test_every_usable_row_of_a_ledger_has_exactly_one_place(model, mode):
    framework, _, ledger = opened(model)
    framework = framework.starting(mode)
    months = 60
    found = lines_by_family(framework, ledger, months)
    assert sum(len(lines) for lines in found.values()) == len(set().union(*found.values()))
    assert set().union(*found.values()) == usable_lines(framework, ledger, months)


def test_the_flagships_rows_feed_what_its_declaration_says():
    framework, _, ledger = opened("belarus_russia")
    families = pd.Series([family for family, _ in streams(framework, ledger.observations)]).value_counts()
    # 14 rows feed nothing, as declared: plans, totals and troop figures of exercises, and three events at bases that
    # integrate nothing (two incidents, a day's visit).
    assert families.to_dict() == {"direction": 166, "event": 27, "count": 20, "level": 13, "": 14}
    nothing = ledger.observations[[family == "" for family, _ in streams(framework, ledger.observations)]]
    assert nothing["indicator"].value_counts().to_dict() == {"exercises": 11, "military_bases": 3}


def test_the_flagships_panel_holds_all_that_is_fed():
    framework, hyperparameters, ledger = opened("belarus_russia")
    panel = build_panel(framework, hyperparameters, ledger, Vintage("2024-12", date(2024, 12, 31)), today=TODAY)
    found = lines_by_family(framework, ledger.known(date(2024, 12, 31)), panel.attrs["months"])
    assert int(panel["count"].sum()) == len(found["count"])
    assert int(panel["event"].sum()) == len(found["event"])
    assert not lines_in(panel, "report") - found["direction"]
    # The first reading of each of the three series is a base.
    assert len(found["level"] - lines_in(panel, "level")) == 3
    assert found["share"] == set()
