"""Milestones that say the same under every scenario are found at their line."""

import shutil
from pathlib import Path

import pytest

from indicast.elicit import milestone_findings
from indicast.workspace import load_framework

ROOT = Path(__file__).parents[2]
ORCHARD = ROOT / "tests" / "fixtures" / "orchard"
HEADER = "milestone,scenario,horizon_years,word,source,reason"


@pytest.fixture
def found(tmp_path):
    root = shutil.copytree(ORCHARD, tmp_path / "orchard")

    def of(*rows):
        lines = [f"{row},almanac,a test" for row in rows]
        (root / "priors" / "orchard" / "milestones.csv").write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
        return [(f.code, f.place) for f in milestone_findings(load_framework(root, "orchard"))]

    return of


def each(milestone, *said):
    return [f"{milestone},{s},{w}" for s, w in zip(("graft", "resting", "felling", "wild"), said, strict=True)]


def test_a_milestone_that_differs_has_no_finding(found):
    assert found(*each("joint_barn", "2,surely", "2,maybe", "2,maybe", "2,maybe")) == []


def test_a_shared_milestone_beside_one_that_differs_has_no_finding(found):
    assert found("common_press,all,2,maybe", *each("joint_barn", "2,surely", "4,maybe", "4,maybe", "4,maybe")) == []


def test_a_horizon_of_shared_milestones_alone_is_found_at_the_first_of_them(found):
    # Milestones stand in declared order, whatever the order of the file: border_felled, common_press, joint_barn.
    rows = each("joint_barn", "2,surely", "4,maybe", "4,maybe", "4,maybe")
    assert found(*rows, "common_press,all,1,maybe", "common_scale,all,1,surely") == [("M102", "milestones.csv:6")]


def test_the_same_judgement_written_for_each_scenario_is_found(found):
    differing = each("joint_barn", "2,surely", "2,maybe", "2,maybe", "2,maybe")
    repeated = each("border_felled", *["2,maybe"] * 4)
    assert found(*differing, *repeated) == [("M101", "milestones.csv:6")]
    assert found(*repeated) == [("M101", "milestones.csv:2"), ("M102", "milestones.csv:2")]


def test_the_same_word_by_another_year_is_another_judgement(found):
    assert found(*each("joint_barn", "2,maybe", "3,maybe", "3,maybe", "3,maybe")) == []


def test_a_residual_scenario_does_not_make_a_repeated_judgement_differ():
    mill = load_framework(ROOT / "tests" / "fixtures" / "mill", "mill")
    from dataclasses import replace

    judged = [one for one in mill.judgements if one.milestone == "common_purse"]
    same = tuple(one if one.scenario == "other" else replace(one, word="unlikely") for one in judged)
    codes = [f.code for f in milestone_findings(replace(mill, judgements=same))]
    assert codes == ["M101", "M102"]
    assert [f.code for f in milestone_findings(replace(mill, judgements=tuple(judged)))] == []


def test_the_one_year_lists_of_the_flagship_are_found():
    found = milestone_findings(load_framework(ROOT, "belarus_russia"))
    assert [(f.code, f.place) for f in found] == [("M102", "milestones.csv:2")]
    assert "horizon_years 1: every milestone (2) is judged the same under every scenario" in found[0].message
