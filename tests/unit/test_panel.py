"""The panel: what is fed, what is not, and that padding says nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from indicast import names
from indicast.elicit import GRADES, load_hyperparameters
from indicast.errors import DataError
from indicast.ledger import load_ledger, with_records
from indicast.panel import NOT_LOOKED, Sizes, Vintage, build_panel, last_day, scheduled_peaks, vintage
from indicast.panel._reports import direction_reports
from indicast.workspace import load_framework, month_index

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = date(2025, 1, 1)
PLAIN = {
    "event_date": "2023-03-10", "end_date": "", "published_date": "", "indicator": "pilot_exchange", "kind": "event",
    "value": "", "unit": "", "direction": "joining", "summary": "x", "source_id": "tide_table", "reliability": "B",
    "credibility": "2", "known_date": "2023-03-11", "origin_id": "tide",
}  # fmt: skip


@pytest.fixture(scope="module")
def framework():
    return load_framework(HARBOUR, "harbour")


@pytest.fixture(scope="module")
def hyperparameters(framework):
    return load_hyperparameters(framework)


@pytest.fixture(scope="module")
def ledger(framework):
    return load_ledger(framework, TODAY)[0]


@pytest.fixture
def panel_of(framework, hyperparameters, ledger):
    """Return a function from a ledger (the fixture's by default) and a month to its panel."""

    def build(one=None, as_of="2024-06", known_at=None, **options):
        when = Vintage(as_of, known_at or last_day(month_index(as_of)))
        return build_panel(framework, hyperparameters, one or ledger, when, today=TODAY, **options)

    return build


@pytest.fixture
def with_rows(ledger):
    """Return a function that gives the ledger these observations only, and no corroboration unless asked."""

    def build(*entries, corroboration=()):
        frame = pd.DataFrame([PLAIN | entry for entry in entries], index=range(2, 2 + len(entries)))
        for column in ("event_date", "end_date", "known_date"):
            frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d", errors="coerce")
        own = pd.DataFrame(list(corroboration), columns=list(ledger.corroboration.columns))
        for column in ("event_date", "known_date"):
            own[column] = pd.to_datetime(own[column], format="%Y-%m-%d")
        return replace(ledger, observations=with_records(frame), corroboration=own)

    return build


@pytest.fixture
def reports_of(framework, hyperparameters):
    def build(ledger, months=18):
        return direction_reports(framework, hyperparameters, ledger, months)

    return build


# ---- reports


def test_rows_of_one_origin_in_a_cell_are_one_report(panel_of, framework):
    panel = panel_of()
    time, place = 7, framework.indicators.index("dredging_funds")
    cell = np.flatnonzero((panel["cell_time"] == time) & (panel["cell_indicator"] == place) & panel["cell_used"])
    assert cell.size == 1
    assert int(panel["report_used"][cell[0]].sum()) == 1
    # Of grades C, D and F with means .70, .45 and .55, C has the greatest weight.
    assert GRADES[int(panel["report_grade"][cell[0], 0])] == "C"


def test_different_origins_in_a_cell_are_different_reports(reports_of, with_rows):
    rows = [{"origin_id": f"own-{n}"} for n in range(3)]
    assert len(reports_of(with_rows(*rows))) == 3


def test_one_origin_in_two_months_or_on_two_indicators_is_a_report_of_each(reports_of, with_rows):
    rows = [{}, {"event_date": "2023-04-01"}, {"indicator": "council_tone"}]
    assert len(reports_of(with_rows(*rows))) == 3


def test_the_heaviest_row_of_an_origin_speaks_for_it(reports_of, with_rows):
    found = reports_of(with_rows({"direction": "parting"}, {"reliability": "A"}, {"reliability": "A", "kind": "claim"}))
    assert len(found) == 1
    report = found.iloc[0]
    assert (report["direction"], GRADES[report["grade"]], report["factor"]) == (1, "A", 1.0)


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        (["joining", "parting"], 0),
        (["joining", "joining", "parting"], 1),
        (["level", "parting"], -1),
        (["level", "level"], 0),
    ],
)
def test_rows_of_equal_weight_that_disagree_take_the_sign_of_their_sum(directions, expected, reports_of, with_rows):
    for order in (directions, directions[::-1]):
        found = reports_of(with_rows(*[{"direction": one} for one in order]))
        assert found["direction"].tolist() == [expected]


def test_directions_are_coded_by_the_declared_words(reports_of, with_rows):
    rows = [{"direction": word, "origin_id": word} for word in ("parting", "level", "joining")]
    found = reports_of(with_rows(*rows)).set_index("origin_id")["direction"]
    assert found.to_dict() == {"parting": -1, "level": 0, "joining": 1}


def test_claims_and_denials_weigh_less_and_doubt_lowers_the_letter(reports_of, with_rows):
    rows = [
        {"origin_id": "a", "kind": "event", "credibility": "3"},
        {"origin_id": "b", "kind": "claim", "credibility": "4"},
        {"origin_id": "c", "kind": "denial", "credibility": "5"},
        {"origin_id": "d", "reliability": "F", "credibility": "5"},
        {"origin_id": "e", "reliability": "D", "credibility": "5"},
    ]
    found = reports_of(with_rows(*rows)).set_index("origin_id")
    assert [GRADES[grade] for grade in found["grade"]] == ["B", "C", "D", "F", "E"]
    assert found["factor"].tolist() == [1.0, 0.6, 0.5, 1.0, 1.0]


def test_the_slant_is_that_of_the_first_rule_that_fits(reports_of, with_rows, framework):
    sources = ["tide_table", "orrin_gazette", "vael_post", "far_consul", "gull"]
    found = reports_of(with_rows(*[{"source_id": one, "origin_id": one} for one in sources])).set_index("origin_id")
    rules = [rule.id for rule in framework.declaration.slants]
    assert [rules[found.loc[one, "slant"]] for one in sources] == ["plain", "rosy", "rosy", "sour", "rosy"]


def test_a_kind_that_does_not_feed_is_left_out(reports_of, with_rows):
    assert reports_of(with_rows({"kind": "share"}, {"indicator": "convoys"})).empty


def test_rows_before_the_start_and_after_the_month_are_left_out(reports_of, with_rows):
    rows = [
        {"event_date": "2022-12-31"},
        {"event_date": "2023-01-01"},
        {"event_date": "2023-06-30"},
        {"event_date": "2023-07-01"},
    ]
    assert reports_of(with_rows(*rows), months=6)["time"].tolist() == [0, 5]


def test_rows_whose_source_the_marks_carry_are_left_out(reports_of, with_rows):
    assert reports_of(with_rows({"source_id": "pact_paper"})).empty


# ---- corroboration


def own_origin(**changes):
    given = {
        "event_date": "2023-03-10", "indicator": "pilot_exchange", "source_id": "tide_table",
        "corroborating_source_id": "saltmarsh", "origin_id": "saltmarsh-own", "reliability": "C", "credibility": "2",
        "known_date": "2023-03-12",
    }  # fmt: skip
    return given | changes


def test_a_corroboration_of_its_own_origin_is_a_report_by_its_own_source_and_grade(reports_of, with_rows):
    found = reports_of(with_rows({}, corroboration=[own_origin(corroborating_source_id="vael_post")]))
    found = found.set_index("origin_id")
    assert len(found) == 2
    assert GRADES[found.loc["saltmarsh-own", "grade"]] == "C"
    assert found.loc["saltmarsh-own", "slant"] != found.loc["tide", "slant"]
    assert found.loc["saltmarsh-own", "direction"] == found.loc["tide", "direction"]


def test_a_corroboration_without_grade_takes_the_rows(reports_of, with_rows):
    found = reports_of(with_rows({}, corroboration=[own_origin(reliability="", credibility="")]))
    assert [GRADES[grade] for grade in found["grade"]] == ["B", "B"]


@pytest.mark.parametrize("origin", ["", "tide"])
def test_a_corroboration_of_the_rows_origin_adds_nothing(origin, reports_of, with_rows):
    alone = reports_of(with_rows({}))
    assert reports_of(with_rows({}, corroboration=[own_origin(origin_id=origin)])).equals(alone)


def test_a_corroboration_by_a_source_that_the_marks_carry_is_left_out(reports_of, with_rows):
    found = reports_of(with_rows({}, corroboration=[own_origin(corroborating_source_id="pact_paper")]))
    assert found["origin_id"].tolist() == ["tide"]


def test_a_corroboration_known_later_waits(panel_of, with_rows):
    ledger = with_rows({}, corroboration=[own_origin(known_date="2023-05-02")])
    seen = [panel_of(ledger, month).attrs["reports"] for month in ("2023-04", "2023-05")]
    assert seen == [1, 2]


# ---- late rows and vintages


def test_a_late_row_appears_in_its_month_once_it_is_known(panel_of, framework):
    place = framework.indicators.index("pilot_exchange")
    month = month_index("2023-11") - framework.start_index

    def cells(panel):
        return int(((panel["cell_time"] == month) & (panel["cell_indicator"] == place) & panel["cell_used"]).sum())

    assert cells(panel_of(as_of="2024-04")) == 0
    assert cells(panel_of(as_of="2024-05")) == 1
    assert cells(panel_of(as_of="2024-05", known_at=date(2024, 5, 1))) == 0
    assert cells(panel_of(as_of="2024-04", known_at=date(2024, 6, 30))) == 1


def test_an_unfed_ledger_gives_a_panel_without_reports(panel_of, with_rows):
    panel = panel_of(with_rows({"event_date": "2022-11-01", "known_date": "2022-11-02"}), "2023-02")
    assert panel.attrs["reports"] == 0
    assert not panel["cell_used"].any()
    assert not panel["report_used"].any()


def test_a_month_before_the_start_or_in_the_future_is_refused(panel_of):
    with pytest.raises(DataError, match="2022-12 is before the framework starts; ask for 2023-01 or later"):
        panel_of(as_of="2022-12")
    with pytest.raises(DataError, match="2025-02 is in the future; ask for 2025-01 or earlier"):
        panel_of(as_of="2025-02")


def test_the_default_vintage_is_the_last_month_in_which_anything_became_known(ledger):
    assert vintage(ledger) == Vintage("2024-06", date(2024, 6, 30))
    assert vintage(ledger, "2024-02") == Vintage("2024-02", date(2024, 2, 29))
    assert vintage(ledger, "2024-02", date(2024, 6, 1)).known_at == date(2024, 6, 1)
    with pytest.raises(DataError, match="--as-of: 'June' is no month"):
        vintage(ledger, "June")


# ---- padding


def test_sizes_are_rounded_up_and_padding_is_masked(panel_of, framework):
    panel = panel_of(as_of="2023-07")
    step = framework.declaration.padding
    assert panel.sizes[names.TIME] == 12
    assert panel.attrs["months"] == 7
    assert panel.sizes[names.CELL] % step.cells == 0
    assert panel["month_used"].to_numpy().tolist() == [True] * 7 + [False] * 5
    padded = ~panel["month_used"].to_numpy()
    assert (panel["count_coverage"].to_numpy()[padded] == NOT_LOOKED).all()
    assert (panel["count"].to_numpy()[padded] == 0).all()
    assert (panel["count_reference"].to_numpy() > 0).all()
    used = panel["cell_used"].to_numpy()
    assert not panel["report_used"].to_numpy()[~used].any()
    assert panel["report_used"].to_numpy()[used].any(axis=1).all()
    assert (np.diff(used.astype(int)) <= 0).all()  # used cells come first: the model relies on it


def test_larger_sizes_pad_more_and_change_nothing_else(panel_of):
    small, large = panel_of(), panel_of(sizes=Sizes(36, 40, 5))
    assert (large.sizes[names.TIME], large.sizes[names.CELL], large.sizes[names.REPORT]) == (36, 40, 6)
    for name in small.data_vars:
        corner = large[name].isel({dim: slice(small.sizes[dim]) for dim in small[name].dims})
        np.testing.assert_array_equal(corner.to_numpy()[: small[name].shape[0]], small[name].to_numpy())


def test_cells_are_in_order_of_time_and_indicator_and_hold_each_pair_once(panel_of):
    panel = panel_of()
    used = panel["cell_used"].to_numpy()
    pairs = list(zip(panel["cell_time"].to_numpy()[used], panel["cell_indicator"].to_numpy()[used], strict=True))
    assert pairs == sorted(set(pairs))


# ---- counts


def test_counts_are_events_of_the_month_of_the_declared_kind(panel_of, ledger):
    panel = panel_of()
    rows = ledger.observations
    for place, name in enumerate(panel[names.COUNTED].to_numpy()):
        events = rows[(rows["indicator"] == name) & (rows["kind"] == "event")]
        for t in range(18):
            month = pd.Period("2023-01", freq="M") + t
            expected = (events["event_date"].dt.to_period("M") == month).sum()
            assert int(panel["count"][t, place]) == expected


def test_counts_take_neither_rows_before_the_start_nor_those_the_marks_carry(panel_of, with_rows):
    convoy = {"indicator": "convoys", "kind": "event"}
    rows = [
        convoy,
        convoy | {"event_date": "2022-12-30"},
        convoy | {"source_id": "pact_paper"},
        convoy | {"kind": "claim"},
    ]
    assert panel_of(with_rows(*rows), "2023-03")["count"].to_numpy()[:, 0].tolist() == [0, 0, 1, 0, 0, 0]


def test_a_month_nobody_looked_at_is_marked_and_so_is_one_without_a_line(panel_of):
    coverage = panel_of()["count_coverage"].to_numpy()
    assert coverage[6].tolist() == [NOT_LOOKED, 0]  # July 2023: fog over convoys
    assert coverage[3].tolist() == [0, NOT_LOOKED]  # April 2023: no line for disputes
    assert coverage[8].tolist() == [1, 0]  # September 2023: thin


def test_one_watch_for_all_months_spares_those_nobody_judged(framework, hyperparameters, ledger, panel_of):
    # Words that were given knowing the counts: every month that has a line gets the declared one, also a `poor` one.
    words = hyperparameters.coords[names.COVERAGE]
    before = panel_of()["count_coverage"].to_numpy()
    first = framework.counts[0]
    declared = framework.declaration
    changed = tuple(
        one.model_copy(update={"watched_as": words[1]}) if one is first else one for one in declared.indicators
    )
    other = replace(framework, declaration=declared.model_copy(update={"indicators": changed}))
    when = Vintage("2024-06", date(2024, 6, 30))
    after = build_panel(other, hyperparameters, ledger, when, today=TODAY)["count_coverage"].to_numpy()
    assert set(before[:, 0].tolist()) == {NOT_LOOKED, 0, 1}
    judged = ledger.coverage.loc[ledger.coverage["indicator"] == first.id, "month"]
    rows = [month_index(month) - framework.start_index for month in judged]
    expected = np.full(len(after), NOT_LOOKED)
    expected[[row for row in rows if row < 18]] = 1
    assert (before[:, 0] == NOT_LOOKED).sum() > (expected == NOT_LOOKED).sum() > 0
    np.testing.assert_array_equal(after[:, 0], expected)
    np.testing.assert_array_equal(after[:, 1], before[:, 1])


def test_coverage_not_yet_known_is_not_looked(panel_of):
    early = panel_of(as_of="2023-03", known_at=date(2023, 3, 30))
    assert early["count_coverage"].to_numpy()[2].tolist() == [NOT_LOOKED, NOT_LOOKED]


def references(panel, hyperparameters):
    """Return the reference rates by a loop over months before each month."""
    detected = hyperparameters.priors[names.DETECTION].mean()
    weight = hyperparameters.number("reference_weight_months")
    window = int(hyperparameters.number("reference_window_months"))
    rates = hyperparameters.mapping("reference_rate")
    found = np.empty((panel.attrs["months"], panel.sizes[names.COUNTED]))
    for t, place in np.ndindex(found.shape):
        events, exposure = weight * rates[str(panel[names.COUNTED].to_numpy()[place])], weight
        for s in range(max(0, t - window), t):
            looked = int(panel["count_coverage"][s, place])
            if looked != NOT_LOOKED:
                events += int(panel["count"][s, place])
                exposure += detected[looked]
        found[t, place] = events / exposure
    return found


def test_reference_is_the_trailing_rate_by_a_loop(panel_of, hyperparameters):
    panel = panel_of()
    found = panel["count_reference"].to_numpy()[:18]
    np.testing.assert_allclose(found, references(panel, hyperparameters), rtol=1e-12)
    np.testing.assert_allclose(found[0], [1.5, 0.7])


def test_reference_of_a_month_uses_months_before_it_only(panel_of, ledger):
    plain = panel_of()["count_reference"].to_numpy()
    burst = pd.concat([ledger.observations.iloc[[3]]] * 5)  # a convoy of January 2023
    burst.index = range(700, 705)
    burst["event_date"] = pd.Timestamp("2023-10-05")
    more = replace(ledger, observations=pd.concat([ledger.observations, burst]))
    changed = panel_of(more)["count_reference"].to_numpy()
    assert (changed[:10] == plain[:10]).all()
    assert (changed[10:18, 0] > plain[10:18, 0]).all()
    assert (changed[:, 1] == plain[:, 1]).all()


def test_events_of_a_month_nobody_looked_at_do_not_raise_the_reference(panel_of, ledger):
    row = ledger.observations.iloc[[3]].copy()
    row.index = [700]
    row["event_date"] = pd.Timestamp("2023-07-05")  # fog
    more = replace(ledger, observations=pd.concat([ledger.observations, row]))
    np.testing.assert_array_equal(panel_of(more)["count_reference"], panel_of()["count_reference"])


def test_scheduled_peaks_fall_in_the_declared_month_of_every_second_year(framework):
    peaks = scheduled_peaks(framework, 48)
    assert np.flatnonzero(peaks[:, 0]).tolist() == [15, 39]  # April 2024 and 2026; the series began in 2022
    assert (peaks[:, 1] == 0).all()
    assert set(np.unique(peaks)) == {0.0, 1.0}


def test_months_are_labelled_from_the_start(panel_of):
    time = panel_of()[names.TIME].to_numpy().astype("datetime64[M]").astype(str)
    assert (time[0], time[17]) == ("2023-01", "2024-06")
