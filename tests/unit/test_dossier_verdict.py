"""Gates decide: the verdict is pass only if there are gates and each of them passed."""

import dataclasses

import pytest

from indicast.infer import Gate
from indicast.publish.dossier import Dossier, Section
from indicast.publish.dossier._verdict import verdict

GOOD = Gate("largest R-hat", 1.004, 1.01, at_most=True, where="dwell")
BAD = Gate("smallest bulk ESS", 300.0, 400.0, at_most=False, where="growth")
UNKNOWN = Gate("smallest tail ESS", float("nan"), 400.0, at_most=False, where="growth")


def with_gates(case, *gates):
    return dataclasses.replace(case, run=dataclasses.replace(case.run, gates=gates))


@pytest.mark.parametrize("gates", [(BAD,), (GOOD, BAD), (UNKNOWN,), (GOOD, UNKNOWN), ()])
def test_a_failed_an_unknown_and_no_gate_fail(made_up, gates):
    case = with_gates(made_up, *gates)
    assert verdict(case).verdict == "fail"
    assert Dossier(case, (verdict(case),)).verdict == "fail"
    assert Dossier(case, (verdict(case),)).stamp


def test_a_failed_gate_is_told_with_value_limit_and_place(made_up):
    section = verdict(with_gates(made_up, GOOD, BAD))
    assert "smallest bulk ESS 300 (at least 400, growth)" in section.conclusion
    assert section.tables[0].rows[1] == ("smallest bulk ESS", "FAIL", "300", "at least 400", "growth")
    assert section.data["gates"][1]["passed"] is False


def test_an_unknown_value_is_told_as_such_and_stays_finite_in_json(made_up):
    section = verdict(with_gates(made_up, UNKNOWN))
    assert "could not be computed" in section.conclusion
    assert section.data["gates"][0]["value"] is None


def test_every_gate_of_the_run_stands_in_the_table(made_up):
    beside = ["calibration certificate", "published files as published"]
    assert [row[0] for row in verdict(made_up).tables[0].rows] == [gate.name for gate in made_up.run.gates] + beside
    assert verdict(made_up).verdict == "pass"


def test_where_no_certificate_is_required_none_is_told_and_fails_no_gate(made_up):
    row = next(row for row in verdict(made_up).tables[0].rows if row[0] == "calibration certificate")
    assert row[1:3] == ("told", "none")


def section(word):
    return Section("a", "Part A", "?", word, "So.")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("pass", "pass"), "pass"),
        (("pass", "note"), "pass"),
        (("pass", "not computed"), "incomplete"),
        (("pass", "fail"), "fail"),
        (("fail", "not computed"), "fail"),
        ((), "incomplete"),
    ],
)
def test_what_was_not_computed_is_never_a_pass(made_up, words, expected):
    dossier = Dossier(with_gates(made_up, GOOD), tuple(section(word) for word in words))
    assert dossier.verdict == expected
    assert ("not computed: Part A" in dossier.sentence) == ("not computed" in words)
    assert ("Read the notes in: Part A." in dossier.sentence) == ("note" in words)
