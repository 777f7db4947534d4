"""What a model card says that the dossier found is what the published dossier says."""

import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
CARD = ROOT / "models" / "belarus_russia" / "README.md"
DOSSIER = ROOT / "reports" / "belarus_russia" / "2024-12" / "dossier.json"
UP, SAME, DOWN = "strengthening", "status_quo", "split"
COUNTED = ("none", "one", "two", "three", "four", "five", "six")
PAIRS = {
    "`integration_directions` with acts of `legislation`": ("integration_directions", "legislation (event)"),
    "`russian_forces` with acts of `military_bases`": ("russian_forces", "military_bases (event)"),
    "`exercises`": ("russian_forces", "exercises"),
    "`neighbour_pressure` with acts of `legislation`": ("neighbour_pressure", "legislation (event)"),
}


@pytest.fixture(scope="module")
def said():
    """Return the section of the card as one line."""
    section = CARD.read_text(encoding="utf-8").split("## What the dossier found\n")[1].split("\n## ")[0]
    return " ".join(section.split())


@pytest.fixture(scope="module")
def found():
    """Return the numbers behind each part."""
    return {part["id"]: part["data"] for part in json.loads(DOSSIER.read_text(encoding="utf-8"))["parts"]}


def signed(value, digits=1):
    return f"{100.0 * value:+.{digits}f}"


def short(value, sign=""):
    """Return a number below one as the card writes it: without its zero."""
    return f"{value:{sign}.3f}".replace("0.", ".", 1)


def hundredths(value, sign=""):
    return f"{value:{sign}.2f}".replace("0.", ".", 1)


def test_the_gates_are_told_as_they_are(said, found):
    assert ("passes every gate" in said) == all(gate["passed"] for gate in found["gates"]["gates"])


def test_whose_the_headline_is(said, found):
    data = found["speaking"]
    parts = {name: one["points"] for name, one in data["parts"].items()}
    ledger = set(parts) - {"chain", "marks", "strengths"}
    table = parts["marks"][SAME] + parts["strengths"][SAME]
    assert (
        f"status quo gets its {data['now'][SAME]:.0%} from an even start ({100 * data['even']:.0f}), the chain's prior "
        f"({signed(parts['chain'][SAME])} points), the experts' table ({signed(table)}) and the whole ledger "
        f"({signed(sum(parts[name][SAME] for name in ledger))})"
    ).replace("%", " %", 1) in said
    ups = {name: signed(parts[name][UP]) for name in ledger}
    assert (
        f"acts {ups['event']} and directions {ups['direction']} against milestones {ups['milestone']}, counts "
        f"{ups['count']} and levels {ups['level']}, in sum {signed(sum(parts[name][UP] for name in ledger))}"
    ) in said


def test_what_the_ledger_taught_about_the_next_report(said, found):
    steps = found["speaking"]["next_reports"].values()
    reporting = float(np.mean([abs(one["reporting"]) for one in steps]))
    scenario = float(np.mean([abs(one["marks"]) + abs(one["ledger"]) for one in steps]))
    assert f"moves the expected next report by {hundredths(reporting)}" in said
    assert f"what was learned about the scenario by {hundredths(scenario)}" in said


def test_what_other_declarations_say(said, found):
    answers = {name: one for name, one in found["alternatives"]["alternatives"].items() if one["now"]}
    spans = [
        [f"{100 * end(one['now'][scenario] for one in answers.values()):.0f}" for end in (min, max)]
        for scenario in (UP, SAME, DOWN)
    ]
    up, same, down = (f"{low} to {high} %" for low, high in spans)
    assert f"Over {len(answers)} other declarations" in said
    assert f"strengthening spans {up}, status quo {same} and a split {down}" in said
    lead = {name: one["now"][UP] - max(one["now"][SAME], one["now"][DOWN]) for name, one in answers.items()}
    error = {name: 2.0 * max(one["error"].values()) for name, one in answers.items()}
    clear = {name for name in answers if lead[name] > error[name]}
    close = {name for name in answers if 0.0 < lead[name] <= error[name]}
    assert clear == {"history", "tilt_narrow", "no_air_base"}
    now = {name: f"({100 * answers[name]['now'][UP]:.0f} %)" for name in clear}
    assert (
        f"leads clearly in {COUNTED[len(clear)]}: the start from dated rows of the year before {now['history']}" in said
    )
    assert f"the standing tilt half as wide {now['tilt_narrow']}, the air base left out {now['no_air_base']}" in said
    assert f"in {COUNTED[len(close)]} more by less than their Monte Carlo errors can tell" in said


def test_which_months_decide_who_leads(said, found):
    data = found["influence"]
    places = [data["scenarios"].index(name) for name in (UP, SAME)]
    months = {}
    for one in data["months"]:
        up, same = (100.0 * (data["probability"][place] - one["difference"][place]) for place in places)
        if up > same:
            months[one["name"]] = f"({up:.1f} to {same:.1f} %)"
    assert set(months) == {"2023-10", "2024-07"}
    assert f"without October 2023 {months['2023-10']} or without July 2024 {months['2024-07']}" in said


def test_which_kinds_of_evidence_surprise_together(said, found):
    checks = [one for one in found["fit"]["checks"] if one["p"] is not None]
    pull = next(one for one in checks if one["name"] == "pull" and not one["label"])
    reports = next(one for one in checks if one["name"] == "pull" and one["label"] == "between reports")
    expected = f"{short(pull['seen'])} where {short(pull['expected'])} is expected (p = {short(pull['p'])})"
    assert f"the mean product of two surprises is {expected}" in said
    assert f"between reports alone it is not raised ({short(reports['seen'])})" in said
    assert f"raised for {len(checks)} checks the p-value is {hundredths(pull['p_raised'])}" in said
    pairs = {(one["first"], one["second"]): one for one in found["fit"]["pairs"]}
    assert f"picked from {len(pairs)}" in said
    for words, pair in PAIRS.items():
        one = pairs[pair]
        correlation = hundredths(one["correlation"], "+")
        over = {f"{words} ({correlation}, {one['months']})", f"{words} ({correlation} over {one['months']} months)"}
        assert any(told in said for told in (*over, f"{words}, {correlation}, {one['months']})")), words


def test_which_evidence_is_unlike_what_its_priors_expected(said, found):
    series = found["speaking"]["expected_by_priors"]
    flagged = [one for one in series if one["flagged"]]
    assert f"{COUNTED[len(flagged)].capitalize()} of {len(series)} series of evidence are unlike" in said
    assert {(one["indicator"], one["family"]) for one in flagged} == {
        ("armament_modernisation", "direction"),
        ("integration_directions", "direction"),
        ("neighbour_pressure", "direction"),
        ("legislation", "event"),
    }
