"""A supposed observation changes a panel as a row of the ledger does: two roads to the same arrays.

The first writes into the arrays of a run's panel. The second adds rows (and, where nobody looked, a word of coverage)
to the ledger and builds the panel from all of it.
"""

import shutil
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from indicast import names
from indicast.cli._supposing import supposed
from indicast.explain._changed_evidence import differing
from indicast.explain._instant import extended
from indicast.explain._supposed import milestones_judged, suppose, watched_as
from indicast.explain._supposed_ledger import Otherwise, ledger_otherwise, panel_otherwise, with_rows
from indicast.explain._taken_out import silenced, without_rater
from indicast.infer import plain_panel
from indicast.panel import Vintage, build_panel, last_day, used_months
from indicast.workspace import load_framework, month_index

LATER = 2
CASES = {
    "harbour": [
        "pilot_exchange=+1@2024-06:B",
        "pilot_exchange=-1@2024-08:A5:claim",
        "dredging_funds=0@2023-03:F",
        "council_tone=joining@2024-07:C2:denial",
        "convoys=4@2024-07",
        "convoys=9@2024-05",
        "disputes=2@2024-08",
    ],
    "orchard": [
        "grafts=event@2024-06",
        "grafts=-1@2024-04",
        "common_press=occurred@2024-07",
        "joint_barn=not_yet@2024-08",
        "common_scale=unclear@2024-07",
        "gates=+1@2024-08",
        "mood=+1@2024-03:D:claim",
        "cider_books=as_before@2024-04",
        "harvest_days=3@2024-07",
        "mood=61 per cent for the orchard (Pomar poll)@2024-06-11",
        "mood=20 per cent for the orchard (Quince poll)@2024-08",
        "hands=44 hands (Pomar)@2024-07-09",
        "hands=44 hands (Quince)@2023-09-09",
    ],
    "flagship": ["russian_forces=+1@2025-01:B", "exercises=3@2025-02", "legislation=event@2025-01"],
}
EVERY = [(name, text) for name, texts in CASES.items() for text in texts]


def month_name(index):
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def read_words(world, *texts):
    last = world.framework.start_index + int(world.panel.attrs["months"]) - 1 + LATER
    return supposed(world.framework, texts, last), month_name(last)


def by_arrays(world, texts):
    """Return the panel with what is supposed, written into arrays; readings come from the ledger."""
    found, as_of = read_words(world, *texts)
    panel = extended(plain_panel(used_months(world.panel)), world.framework, world.hyperparameters, LATER)
    readings = tuple(one for one in found if one.what in ("share", "level"))
    if readings:
        known = world.ledger.known(date.fromisoformat(world.panel.attrs["known_at"]))
        panel = panel_otherwise(world.framework, world.hyperparameters, known, as_of, Otherwise(rows=readings))
    return suppose(panel, world.framework, world.hyperparameters, found)


def by_ledger(world, texts):
    """Return the panel of a ledger with rows that say the same, built from all of it."""
    found, as_of = read_words(world, *texts)
    ledger = world.ledger.known(date.fromisoformat(world.panel.attrs["known_at"]))
    for one in found:
        if one.what == "outcome":
            ledger = with_outcome(ledger, one)
        elif one.what == "count":
            act = replace(one, what="act", value=1.0)
            ledger = without_acts(ledger, one)
            ledger = with_rows(ledger, world.framework, [act] * int(one.value)) if one.value else ledger
        else:
            ledger = with_rows(ledger, world.framework, [one])
        if one.what in ("count", "act"):
            ledger = looked_at(world, ledger, one)
    day = last_day(month_index(as_of))
    return plain_panel(
        used_months(build_panel(world.framework, world.hyperparameters, ledger, Vintage(as_of, day), today=day))
    )


def without_acts(ledger, one):
    rows, day = ledger.observations, pd.Timestamp(one.day)
    inside = (rows["event_date"].dt.year == day.year) & (rows["event_date"].dt.month == day.month)
    return replace(ledger, observations=rows[~(inside & (rows["indicator"] == one.label))])


def looked_at(world, ledger, one):
    month, known = one.day[:7], ledger.coverage
    if ((known["indicator"] == one.label) & (known["month"] == month)).any():
        return ledger
    row = known.iloc[-1].to_dict() | {"indicator": one.label, "month": month, "known_date": pd.Timestamp(one.day)}
    row["coverage"] = watched_as(world.framework, world.hyperparameters, one.label)
    return replace(ledger, coverage=pd.concat([known, pd.DataFrame([row], index=[known.index.max() + 1])]))


def with_outcome(ledger, one):
    rows, day = ledger.outcomes, pd.Timestamp(one.day)
    begun = day if one.outcome == "occurred" else pd.NaT
    told = {"milestone": one.label, "outcome": one.outcome, "date": begun, "as_of": day, "known_date": day}
    row = rows.iloc[[-1]].assign(**told).astype(rows.dtypes.to_dict())
    return replace(ledger, outcomes=pd.concat([rows[rows["milestone"] != one.label], row]))


@pytest.mark.parametrize(("name", "text"), EVERY, ids=[text for _, text in EVERY])
def test_a_supposed_observation_changes_the_panel_as_a_row_of_the_ledger(name, text, request):
    world = request.getfixturevalue(name)
    one, other = by_arrays(world, [text]), by_ledger(world, [text])
    assert not [family for family in world.framework.families if differing(family, one, other)]
    before = extended(plain_panel(used_months(world.panel)), world.framework, world.hyperparameters, LATER)
    changed = {family: differing(family, before, one) for family in world.framework.families}
    assert any(changed.values()), "the comparison above would pass if nothing were written"


def test_many_observations_add_up_whatever_their_order(orchard):
    texts = [text for text in CASES["orchard"] if "poll" not in text and "hands" not in text]
    one, other = by_arrays(orchard, texts), by_arrays(orchard, texts[::-1])
    for family in orchard.framework.families:
        assert not differing(family, one, other)
        assert not differing(family, one, by_ledger(orchard, texts))


def test_a_crowded_cell_and_a_full_panel_get_room(harbour):
    texts = [f"pilot_exchange={value}@2024-06" for value in ("+1", "-1", "0", "+1", "-1")]
    texts += [f"{name}=+1@2023-{month:02d}" for month in range(1, 13) for name in ("pilot_exchange", "council_tone")]
    one, other = by_arrays(harbour, texts), by_ledger(harbour, texts)
    assert not differing("direction", one, other)


def test_a_month_that_was_watched_keeps_its_word(harbour):
    found, _ = read_words(harbour, "convoys=1@2024-01")
    panel = plain_panel(used_months(harbour.panel))
    place = found[0].time
    panel = panel.assign({"count_coverage": np.ones_like(panel.values("count_coverage"))})
    assert suppose(panel, harbour.framework, harbour.hyperparameters, found).values("count_coverage")[place, 0] == 1


def test_a_source_graded_otherwise_and_a_row_left_out_change_nothing_else(harbour):
    ledger = harbour.ledger
    line, source = int(ledger.observations.index[3]), "tide_table"
    changed = ledger_otherwise(ledger, harbour.framework, Otherwise((line,), {source: "E"}))
    rows, before = changed.observations, ledger.observations.drop(index=line)
    assert (rows.loc[rows["source_id"] == source, "reliability"] == "E").all()
    pd.testing.assert_frame_equal(rows.drop(columns="reliability"), before.drop(columns="reliability"))
    others = rows["source_id"] != source
    pd.testing.assert_series_equal(rows.loc[others, "reliability"], before.loc[others, "reliability"])
    said = changed.corroboration["corroborating_source_id"] == source
    assert said.any()
    assert (changed.corroboration.loc[said, "reliability"] == "E").all()


def test_an_indicator_left_out_leaves_nothing_of_itself_and_all_of_the_others(orchard):
    panel = plain_panel(used_months(orchard.panel))
    for place, name in enumerate(orchard.framework.indicators):
        left = silenced(panel, orchard.framework, [place])
        assert not (left.values("cell_used") & (left.values("cell_indicator") == place)).any()
        rows = orchard.ledger.observations
        gone = replace(orchard.ledger, observations=rows[rows["indicator"] != name])
        gone = replace(gone, coverage=gone.coverage[gone.coverage["indicator"] != name])
        other = plain_panel(used_months(orchard.seen(gone, "2024-06")))
        for family in ("direction", "share", "level", "withheld", "milestone"):
            assert not differing(family, left, other), (name, family)
        assert (left.values("event_coverage") == other.values("event_coverage")).all()
        assert (left.values("count_coverage") == other.values("count_coverage")).all()


def test_a_table_without_a_rater_is_the_table_that_the_others_filled_in(rated, keepers, tmp_path):
    gone = rated.framework.table.ratings.raters[0]
    root = shutil.copytree(keepers, tmp_path / "fewer")
    path = root / "priors" / "harbour" / "table.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table[table["rater"] != gone].to_csv(path, index=False)
    expected = load_framework(root, "harbour").table
    framework, panel = without_rater(rated.framework, plain_panel(used_months(rated.panel)), [gone])
    np.testing.assert_array_equal(framework.table.marks, expected.marks)
    np.testing.assert_array_equal(framework.table.ratings.mark, expected.ratings.mark)
    np.testing.assert_array_equal(panel.values("mark"), expected.marks)
    kept = [framework.table.ratings.raters[place] for place in framework.table.ratings.rater]
    assert kept == [expected.ratings.raters[place] for place in expected.ratings.rater]
    assert gone not in kept
    assert framework.table.rated.sum() == rated.framework.table.rated.sum()


def test_milestones_are_in_the_order_of_the_panel(orchard):
    assert milestones_judged(orchard.framework) == orchard.panel[names.MILESTONE].to_numpy().tolist()
