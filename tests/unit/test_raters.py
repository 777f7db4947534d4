"""Tables that raters marked one by one: what is read, and one planted fault per rule."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.cli._checks import checked
from indicast.elicit import load_hyperparameters
from indicast.errors import DataError, WorkspaceError
from indicast.workspace import Rating, collect_ratings, load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture
def root(keepers, tmp_path):
    return Path(shutil.copytree(keepers, tmp_path / "harbour"))


def priors(root, name):
    return root / "priors" / "harbour" / name


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def table_of(root):
    return load_framework(root, "harbour").table


def test_each_rating_stands_at_its_rater_and_cell(keepers):
    given = table_of(keepers).ratings
    assert given.raters == ("ada", "bo", "cy", "dee", "flo")  # ewa rated nothing
    assert given.countries == ("QM", "QN", "QX")
    assert given.country_of.tolist() == [0, 1, 0, 2, 0]
    drift = (given.indicator == 0) & (given.scenario == 1)
    assert [given.raters[e] for e in given.rater[drift]] == ["ada", "bo", "cy", "dee", "flo"]
    assert given.mark[drift].tolist() == [0, -1, 0, 0, 1]
    assert len(given) == given.rater.size == 48


def test_marks_are_the_agreed_ones_or_medians_with_ties_towards_neutral(keepers):
    table = table_of(keepers)
    # convoys: + +; = - = = +; - + (a tie); - = = - =
    assert table.marks[0].tolist() == [1, 0, 0, 0]
    assert table.marks[4].tolist() == [1, 1, 1, 1]  # agreed
    assert table.rated[1].tolist() == [True, True, False, True]
    assert not table.rated[4].any()


@pytest.mark.parametrize(
    ("marks", "median"),
    [([1, 0], 0), ([-1, 0], 0), ([1, -1], 0), ([1, 1, 0, -1], 0), ([1, 1, 0], 1), ([-1, -1, 0, -1], -1), ([1], 1)],
)
def test_a_median_between_two_marks_goes_to_the_neutral_one(marks, median, root):
    lines = priors(root, "table.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("convoys,drift")]
    sign = {1: "+", 0: "=", -1: "-"}
    raters = ("ada", "bo", "cy", "dee")
    kept += [
        f"convoys,drift,convoys hold,0,{sign[mark]},{rater},here" for rater, mark in zip(raters, marks, strict=False)
    ]
    priors(root, "table.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert table_of(root).marks[0, 1] == median


def test_an_agreed_table_has_no_ratings_and_asks_for_no_numbers_about_raters():
    framework = load_framework(HARBOUR, "harbour")
    assert len(framework.table.ratings) == 0
    assert not framework.table.rated.any()
    loaded = load_hyperparameters(framework)
    assert names.SHARED_ERROR_SCALE not in loaded.priors
    assert loaded.coords[names.RATER] == loaded.coords[names.COUNTRY] == ()


def test_the_order_of_lines_changes_nothing(root):
    before = table_of(root).ratings
    first, *rest = priors(root, "table.csv").read_text(encoding="utf-8").splitlines()
    priors(root, "table.csv").write_text("\n".join([first, *reversed(rest)]) + "\n", encoding="utf-8")
    after = table_of(root).ratings
    for name in ("rater", "indicator", "scenario", "mark"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_the_arrays_cannot_be_written(keepers):
    given = table_of(keepers).ratings
    for name in ("rater", "indicator", "scenario", "mark", "country_of"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(given, name)[0] = 0


def test_raters_who_are_named_in_another_order_keep_their_ratings():
    given = [Rating("a", 0, 0, 1), Rating("b", 0, 0, -1), Rating("a", 1, 0, 0)]
    one, other = collect_ratings(given, {"a": "QM", "b": "QN"}), collect_ratings(given, {"b": "QN", "a": "QM"})
    for each in (one, other):
        said = {(each.raters[e], int(i)): int(g) for e, i, g in zip(each.rater, each.indicator, each.mark, strict=True)}
        assert said == {("a", 0): 1, ("b", 0): -1, ("a", 1): 0}
        assert {each.raters[e]: each.countries[c] for e, c in enumerate(each.country_of)} == {"a": "QM", "b": "QN"}


ROW = "convoys,one_harbour,convoys grow,+1,+,bo,keepers' meeting"
TABLE_FAULTS = {
    "an unknown rater": (
        ROW,
        ROW.replace("bo", "gus"),
        r"table\.csv:2: error T005: rater is 'gus'; allowed are ada, bo",
    ),
    "a blank rater": (ROW, ROW.replace(",bo", ","), r"table\.csv:2: error T005: rater is ''"),
    "a rater twice": (ROW, f"{ROW}\n{ROW}", r"table\.csv:2: error T007: convoys under one_harbour stands twice"),
    "an agreed mark beside ratings": (
        ROW,
        f"{ROW.replace(',bo', ',consensus')}\n{ROW}",
        r"table\.csv:3: error T008: convoys under one_harbour has a row of consensus as well; keep the agreed mark or",
    ),
    "another descriptor": (
        ROW,
        f"{ROW}\n{ROW.replace(',bo', ',cy').replace('convoys grow', 'more convoys')}",
        r"table\.csv:3: error T009: convoys under one_harbour has another descriptor above",
    ),
    "another expected state": (
        ROW,
        f"{ROW}\n{ROW.replace(',bo', ',cy').replace('+1', '0')}",
        r"table\.csv:3: error T009: convoys under one_harbour has another expected state above",
    ),
}
RATER_FAULTS = {
    "a rater without a name": ("bo,QN", " ,QN", r"raters\.csv:3: error T010: rater is ' '; write the rater's own id"),
    "a rater called consensus": ("ewa,QN", "consensus,QN", r"raters\.csv:6: error T010: rater is 'consensus'"),
    "no country": ("bo,QN", "bo,", r"raters\.csv:3: error T011: country is ''; write a country as two capital letters"),
    "a rater named twice": ("flo,QM", "bo,QM", r"raters\.csv:7: error T012: bo stands twice; keep one row per rater"),
    "no such column": ("rater,country,note", "rater,land,note", r"raters\.csv: the header lacks country"),
}


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_a_table_of_ratings_refuses(name, root):
    old, new, message = TABLE_FAULTS[name]
    edit(priors(root, "table.csv"), old, new)
    with pytest.raises(DataError, match=message):
        table_of(root)


@pytest.mark.parametrize("name", RATER_FAULTS)
def test_a_list_of_raters_refuses(name, root):
    old, new, message = RATER_FAULTS[name]
    edit(priors(root, "raters.csv"), old, new)
    with pytest.raises(DataError, match=message):
        table_of(root)


def test_the_same_state_in_two_spellings_is_the_same(root):
    edit(priors(root, "table.csv"), "convoys grow,+1,+,flo", "convoys grow,1,+,flo")
    assert table_of(root).expected[0, 0] == 1


def test_raters_without_a_list_of_raters_are_refused_with_the_file_to_write(root):
    priors(root, "raters.csv").unlink()
    with pytest.raises(
        DataError, match=r"table\.csv:12: error T005: rater is 'bo'; allowed are consensus; .*raters\.csv"
    ):
        table_of(root)


def test_a_cell_that_nobody_rated_is_named(root):
    edit(priors(root, "table.csv"), "dredging_funds,one_harbour,shared purse grows,+1,=,cy,keepers' meeting\n", "")
    with pytest.raises(WorkspaceError, match="no row for dredging_funds under one_harbour; every declared indicator"):
        table_of(root)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("priors.shared_error_scale", r"priors entry shared_error_scale is missing; the model needs it"),
        ("constants.rating_cut", r"constants entry rating_cut is missing"),
    ],
)
def test_ratings_need_the_numbers_about_raters(entry, message, root):
    path = priors(root, "hyperparameters.toml")
    edit(path, f"[{entry}]", f"[{entry}_not]")
    with pytest.raises(WorkspaceError, match=message):
        load_hyperparameters(load_framework(root, "harbour"))


@pytest.mark.parametrize(
    "name", ["rating_spacing", "rating_cut", "rater_scale_sd", "rater_lean_sd", "country_error_sd"]
)
def test_numbers_about_raters_are_above_zero(name, root):
    path = priors(root, "hyperparameters.toml")
    text = path.read_text(encoding="utf-8")
    place = text.index("value = ", text.index(f"[constants.{name}]"))
    end = text.index("\n", place)
    path.write_text(text[:place] + "value = 0.0" + text[end:], encoding="utf-8")
    with pytest.raises(WorkspaceError, match=rf"constants\.{name}\.value must be above 0, got 0\.0"):
        load_hyperparameters(load_framework(root, "harbour"))


def test_check_finds_nothing_wrong_with_a_rated_workspace(keepers):
    assert [found.as_dict() for found in checked(keepers, "harbour").findings if found.severity == "error"] == []


def test_raters_are_part_of_what_a_run_was_made_from(keepers, root):
    from datetime import date

    from indicast.infer._fit import Settings
    from indicast.infer._manifest import build_manifest
    from indicast.ledger import load_ledger
    from indicast.panel import vintage

    def manifest(workspace):
        framework = load_framework(workspace, "harbour")
        ledger, _ = load_ledger(framework, today=date(2030, 1, 1))
        return build_manifest(framework, ledger, vintage(ledger, "2024-06"), Settings(2, 1, 1, 0.9, 1))

    before = manifest(keepers)
    edit(priors(root, "raters.csv"), "dee,QX", "dee,QN")
    assert "raters.csv" in json.dumps(list(before["declarations"]))
    assert manifest(root)["hash"] != before["hash"]


def test_the_numbers_that_the_documents_suggest_can_be_used(root):
    document = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    suggested = re.search(r"```toml\n(.*?)```", document, re.DOTALL).group(1)
    path = priors(root, "hyperparameters.toml")
    declared = path.read_text(encoding="utf-8")
    path.write_text(declared[: declared.index("[priors.shared_error_scale]")] + suggested, encoding="utf-8")
    loaded = load_hyperparameters(load_framework(root, "harbour"))
    spacing, cut = loaded.number("rating_spacing"), loaded.number("rating_cut")
    # "repeats a + or - of the panel in 77 of 100 cases and reverses it in 1"
    assert stats.norm.sf(cut - spacing) == pytest.approx(0.77, abs=0.005)
    assert stats.norm.cdf(-cut - spacing) == pytest.approx(0.01, abs=0.005)
