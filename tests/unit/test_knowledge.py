"""What a run knew keeps its hash whatever is appended later, and a change of an old row is located."""

import shutil
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicast.errors import RunError
from indicast.infer import Settings, build_manifest, frames_recorded_by, knowledge, rebuilt
from indicast.infer._knowledge import SHORT
from indicast.ledger import load_ledger, read_ledger, typed_ledger
from indicast.panel import Vintage
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = date(2025, 1, 1)
AT = date(2024, 3, 31)
FIRST, LAST = date(2023, 1, 1), date(2024, 8, 31)
TABLES = ("observations", "sources", "corroboration", "coverage", "outcomes")


def recorded(frame, every):
    """Return a table of which one row in so many says when it was recorded: at noon of the day it became known."""
    known = frame["known_date"] if "known_date" in frame else pd.Series("2022-12-01", index=frame.index)
    noon = known + "T12:00:00Z"
    kept = pd.Series(range(len(frame)), index=frame.index) % every == 0
    return frame.assign(recorded_at=noon.where(kept & (known != ""), ""))


@cache
def frames():
    read = read_ledger(load_framework(HARBOUR, "harbour"), TODAY)[0]
    return {name: recorded(read[name], every) for name, every in zip(TABLES, (3, 2, 2, 4, 1), strict=True)}


def seen(tables, at=AT):
    return knowledge(typed_ledger(tables), at)


def appended(tables, name, rows):
    return tables | {name: pd.concat([tables[name], pd.DataFrame(rows)], ignore_index=True).fillna("")}


@st.composite
def additions(draw, earliest=FIRST, recorded_from=date(2023, 1, 1)):
    """Return a ledger with more rows of every table but outcomes."""
    tables, made = frames(), frames()
    for number in range(draw(st.integers(1, 5))):
        name = draw(st.sampled_from(["observations", "observations", "corroboration", "coverage", "sources"]))
        row = tables[name].iloc[draw(st.integers(0, len(tables[name]) - 1))].to_dict()
        day = str(draw(st.dates(earliest, LAST)))
        moment = f"{draw(st.dates(recorded_from, date(2026, 1, 1)))}T{draw(st.integers(13, 23))}:00:00Z"
        new = row | {"known_date": day, "recorded_at": moment}
        if name == "observations":
            what = draw(st.sampled_from(["", "correction", "retraction"]))
            new |= {"record_id": f"own-{number}", "reliability": draw(st.sampled_from("ABCDEF")), "change": what}
            new |= {"supersedes": row["record_id"], "reason": "a slip"} if what else {}
        if name == "coverage":
            new["coverage"] = draw(st.sampled_from(["full", "thin"]))
        if name == "corroboration":
            new["corroborating_source_id"] = draw(st.sampled_from(sorted(frames()["sources"]["source_id"])))
            new["withdrawn"] = draw(st.sampled_from(["", "yes"]))
        if name == "sources":
            new["country"] = draw(st.sampled_from(["QM", "QN", "QX"]))
        made = appended(made, name, [new])
    return made


@settings(max_examples=20)
@given(more=additions(earliest=date(2024, 4, 1)))
def test_rows_known_later_change_nothing_whenever_they_were_recorded(more):
    assert seen(more) == seen(frames())


@settings(max_examples=20)
@given(at=st.dates(FIRST, LAST), data=st.data())
def test_rows_recorded_later_change_nothing_whatever_day_they_speak_of(at, data):
    before = seen(frames(), at)
    after = date.fromisoformat(before.recorded_by[:10]) if before.recorded_by else FIRST
    more = data.draw(additions(recorded_from=after))
    assert seen(frames_recorded_by(more, before.recorded_by), at) == before


@settings(max_examples=15)
@given(first=additions(), second=additions())
def test_that_holds_of_a_ledger_with_corrections_and_retractions_too(first, second):
    before, later = seen(first), dict(first)
    for name in ("observations", "corroboration", "coverage", "sources"):
        rows = second[name].iloc[len(frames()[name]) :].assign(recorded_at="2027-01-01T00:00:00Z")
        later = appended(later, name, rows)
    assert seen(frames_recorded_by(later, before.recorded_by)) == before


@pytest.mark.parametrize("known", ["", "2023-05-01"])
def test_a_source_that_is_listed_and_never_named_does_not_move_the_moment(known):
    row = frames()["sources"].iloc[0].to_dict() | {"source_id": "unnamed", "recorded_at": "2025-06-01T00:00:00Z"}
    more = appended(frames(), "sources", [row | {"known_date": known}])
    assert seen(more) == seen(frames())


def test_a_retraction_that_was_recorded_last_stays_in_force():
    # Its row is not in the view, so the latest moment of the view's own rows would bring the old row back.
    row = frames()["observations"].iloc[4].to_dict()
    gone = row | {"record_id": "own", "change": "retraction", "supersedes": row["record_id"], "reason": "a slip"}
    gone |= {"known_date": "2024-03-30", "recorded_at": "2024-03-30T18:00:00Z"}
    tables = appended(frames(), "observations", [gone])
    before = seen(tables)
    assert before.recorded_by == "2024-03-30T18:00:00Z"
    assert seen(frames_recorded_by(tables, before.recorded_by)) == before
    of_the_view = max(typed_ledger(tables).known(AT).observations["recorded_at"])
    assert seen(frames_recorded_by(tables, of_the_view)).sha256 != before.sha256


def test_a_withdrawal_that_was_recorded_last_stays_in_force():
    row = frames()["corroboration"].iloc[0].to_dict()
    tables = appended(frames(), "corroboration", [row | {"withdrawn": "yes", "recorded_at": "2024-05-01T00:00:00Z"}])
    before = seen(tables)
    assert before.rows["corroboration"] == seen(frames()).rows["corroboration"] - 1
    assert before.recorded_by == "2024-05-01T00:00:00Z"
    assert seen(frames_recorded_by(tables, before.recorded_by)) == before


def test_a_ledger_without_moments_hides_every_row_that_has_one():
    bare = {name: frame.assign(recorded_at="") for name, frame in frames().items()}
    before = seen(bare)
    assert before.recorded_by == ""
    row = bare["observations"].iloc[3].to_dict() | {"record_id": "own", "recorded_at": "2023-02-01T00:00:00Z"}
    assert seen(frames_recorded_by(appended(bare, "observations", [row]), "")) == before


def test_a_row_of_the_very_same_second_is_seen_and_located():
    # What the moment cannot tell apart is not passed over in silence.
    before = seen(frames())
    row = frames()["observations"].iloc[3].to_dict()
    row |= {"record_id": "own", "known_date": "2023-05-05", "recorded_at": before.recorded_by, "summary": "Another"}
    after = seen(frames_recorded_by(appended(frames(), "observations", [row]), before.recorded_by))
    assert moved(before, after) == [("observations", "2023-05")]


def moved(before, after):
    return [
        (name, month)
        for name in TABLES
        for month in sorted({*before.months[name], *after.months[name]})
        if before.months[name].get(month) != after.months[name].get(month)
    ]


@settings(max_examples=20)
@given(place=st.integers(0, 10_000), column=st.sampled_from(["summary", "reliability", "origin_id"]))
def test_a_change_of_one_old_row_is_located_in_its_month(place, column):
    rows = frames()["observations"].copy()
    known = rows.index[rows["known_date"] <= str(AT)]
    line = known[place % len(known)]
    rows.loc[line, column] = "E" if column == "reliability" else "altered"
    after = seen(frames() | {"observations": rows})
    assert moved(seen(frames()), after) == [("observations", rows.loc[line, "known_date"][:7])]


def test_columns_that_files_may_leave_out_count_only_where_they_say_something():
    plain = seen(frames())
    wider = {name: frame.assign(recorded_at=frame["recorded_at"]) for name, frame in frames().items()}
    wider["coverage"] = wider["coverage"].assign(remark="")
    assert seen(wider) == plain
    wider["coverage"] = wider["coverage"].assign(remark="foggy")
    assert seen(wider).sha256 != plain.sha256


def test_what_is_kept_is_short_and_counts_the_rows_of_the_view():
    known, view = seen(frames()), typed_ledger(frames()).known(AT)
    assert known.rows == {name: len(getattr(view, name)) for name in TABLES}
    assert {len(text) for months in known.months.values() for text in months.values()} == {SHORT}
    assert set(known.located()) == {"rows", "recorded_by", "months"}


@pytest.fixture
def root(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))


def manifest_of(root):
    framework = load_framework(root, "harbour")
    when, settings_ = Vintage("2024-03", AT), Settings(4, 500, 500, 0.95, 7)
    return build_manifest(framework, load_ledger(framework, TODAY)[0], when, settings_, {"months": 18})


def again(manifest, root, folder):
    folder.mkdir()
    made = rebuilt(manifest, root, folder)
    return build_manifest(made.framework, made.ledger, made.when, made.settings, made.padded)


def test_a_manifest_made_again_has_the_same_hash_without_the_declarations_of_the_workspace(root, tmp_path):
    manifest = manifest_of(root)
    with (root / "priors" / "harbour" / "hyperparameters.toml").open("a", encoding="utf-8") as priors:
        priors.write("# argued with since\n")
    assert again(manifest, root, tmp_path / "one")["hash"] == manifest["hash"] != manifest_of(root)["hash"]
    shutil.rmtree(root / "models")
    shutil.rmtree(root / "priors")
    assert again(manifest, root, tmp_path / "two")["hash"] == manifest["hash"]


@pytest.mark.parametrize(
    ("section", "entries", "told"),
    [
        ("sampler", {"chains": 4, "magic": 1}, "sampler has chains, magic, and this version knows chains, draws"),
        ("padded", {"cells": 2}, "padded has cells, and this version knows months"),
        (
            "declarations",
            {"../x.toml": {"content": "", "sha256": ""}},
            r"declares \.\./x\.toml, and this version reads",
        ),
        ("declarations", {"model.toml": {"content": "a = 1", "sha256": ""}}, "cannot read the declarations of 2024-03"),
    ],
)
def test_what_this_version_does_not_know_is_named_with_the_version_that_does(section, entries, told, root, tmp_path):
    manifest = manifest_of(root) | {section: entries, "git_commit": "0" * 40}
    with pytest.raises(RunError, match=told) as caught:
        rebuilt(manifest, root, tmp_path)
    assert f"replay it with the version that published it ({manifest['package_version']}, commit 000" in str(
        caught.value
    )
    assert str(tmp_path) not in str(caught.value)
