"""The calibration part says what the certificate says, and a certificate of another version is no pass."""

import dataclasses
import json
import shutil

import pytest

from indicast.errors import RunError
from indicast.evaluate import calibration_key, certificate_path
from indicast.publish.dossier import Case
from indicast.publish.dossier._calibration import part
from indicast.publish.dossier._sound import require_sound


def quantity(name, p, *, passed=True):
    return {"name": name, "p": p, "adjusted": min(1.0, 3 * p), "passed": passed}


def state(low, number, expected, observed, *, passed=True):
    band = [max(0.0, expected - 0.2), min(1.0, expected + 0.2)]
    given = {"when": "now", "scenario": "more", "low": low, "high": low + 0.2, "number": number}
    return given | {"expected": expected, "observed": observed, "band": band, "p": 0.5, "passed": passed}


CERTIFICATE = {
    "simulations": 200,
    "passed": True,
    "tests": 4,
    "quantities": [quantity("dwell[a]", 0.6), quantity("growth", 0.02)],
    "states": [state(0.0, 150, 0.1, 0.11), state(0.2, 50, 0.3, 0.6)],
    "brier": [],
    "fits": {"unsound": 0.015},
}
SVG = """<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 590">
<!-- a remark --><metadata>a date</metadata><g id="figure_1"><path d="M 1.234 -5.678"/></g></svg>"""


@pytest.fixture
def case(made_up, tmp_path) -> Case:
    shutil.copytree(made_up.framework.root, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs"))
    return dataclasses.replace(made_up, framework=dataclasses.replace(made_up.framework, root=tmp_path))


def certify(case, **changes):
    key = calibration_key(case.framework, case.hyperparameters)
    path = certificate_path(case.framework)
    told = {name: value for name, value in (CERTIFICATE | {"key": key} | changes).items() if value is not None}
    path.write_text(json.dumps(told), encoding="utf-8")
    path.with_suffix(".svg").write_text(SVG, encoding="utf-8")


def test_a_valid_certificate_that_passed_is_a_pass_with_its_numbers(case):
    certify(case)
    section = part(case)
    require_sound(section)
    assert section.verdict == "pass"
    assert "200 simulations" in section.conclusion
    assert "0 tests of 4 failed; 2 % of the fits were unsound." in section.conclusion
    assert "in 1 of 2 bins" in section.conclusion
    assert section.tables[0].rows[0] == ("growth", "0.02", "0.06", "pass")
    assert section.tables[1].rows[1] == ("more now, 20% to 40%", "50", "30 %", "60 %", "10 % to 50 %")


def test_its_picture_is_made_lighter_and_concludes_with_the_worst(case):
    certify(case)
    [figure] = part(case).figures
    assert figure.svg.count("a date") + figure.svg.count("a remark") == 0
    assert 'd="M 1.2 -5.6"' in figure.svg
    assert "growth lies furthest" in figure.conclusion


def test_a_valid_certificate_that_failed_is_a_fail_and_names_what_failed(case):
    certify(case, passed=False, quantities=[quantity("growth", 1e-6, passed=False)])
    section = part(case)
    assert section.verdict == "fail"
    assert "1 test of 4 failed: growth" in section.conclusion


def test_a_certificate_of_another_version_is_a_note_however_it_ended(case):
    certify(case, key="0" * 64)
    section = part(case)
    assert section.verdict == "note"
    assert "of another version" in section.conclusion


def test_without_a_certificate_it_is_a_note_with_what_to_do(case):
    section = part(case)
    assert section.verdict == "note"
    assert "indicast sbc harbour" in section.conclusion
    assert not section.figures


@pytest.mark.parametrize("picture", [None, SVG.replace("M 1.234", "M 1.234 " * 50_000)])
def test_without_its_picture_or_with_one_too_heavy_the_numbers_stand(case, picture):
    certify(case)
    path = certificate_path(case.framework).with_suffix(".svg")
    path.unlink() if picture is None else path.write_text(picture, encoding="utf-8")
    assert part(case).verdict == "pass"
    assert not part(case).figures


@pytest.mark.parametrize("lacking", ["states", "quantities", "fits", "tests"])
def test_a_certificate_that_lacks_something_is_an_error(case, lacking):
    certify(case, **{lacking: None})
    with pytest.raises(RunError, match="no whole calibration certificate"):
        part(case)
