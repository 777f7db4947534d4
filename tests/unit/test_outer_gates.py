"""A required certificate and altered files are gates: without them nothing passes, is published or shows green."""

import dataclasses
import json
import shutil

import pytest

from indicast.errors import GateError
from indicast.evaluate import calibration_key, certificate_path, certificate_status
from indicast.publish import certificate_gate, files_gate, publish_report, require_certificate
from indicast.publish.dossier import PARTS, Case, Dossier, render_dossier, write_dossier

FAST = tuple(part for part in PARTS if part.id in {"gates", "calibration"})


@pytest.fixture
def case(made_up, tmp_path) -> Case:
    """Return the case in a workspace of its own."""
    shutil.copytree(made_up.framework.root, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs"))
    return dataclasses.replace(made_up, framework=dataclasses.replace(made_up.framework, root=tmp_path))


def asking(case: Case, certificate: str) -> Case:
    """Return the case with another policy; its text, and so the manifest, stays."""
    declared = case.framework.declaration
    gates = declared.gates.model_copy(update={"certificate": certificate})
    framework = dataclasses.replace(case.framework, declaration=declared.model_copy(update={"gates": gates}))
    return dataclasses.replace(case, framework=framework)


def certify(case: Case, state: str) -> None:
    """Leave a certificate that has one of the states."""
    path = certificate_path(case.framework)
    path.unlink(missing_ok=True)
    if state == "unreadable":
        path.write_text("{", encoding="utf-8")
    elif state != "none":
        key = "0" * 64 if state == "stale" else calibration_key(case.framework, case.hyperparameters)
        told = {"simulations": 200, "tests": 0, "quantities": [], "states": [], "brier": [], "fits": {"unsound": 0.0}}
        told |= {"key": key, "passed": state != "failed"}
        path.write_text(json.dumps(told), encoding="utf-8")


def publish(case: Case, **kwargs):
    return publish_report(case.framework, case.hyperparameters, case.ledger, case.run, None, **kwargs)


def written(case: Case, draft=()) -> Dossier:
    return write_dossier(case, FAST, lambda _: None, draft).dossier


BAD = ("none", "stale", "failed", "unreadable")


@pytest.mark.parametrize("state", BAD)
def test_where_it_is_required_only_a_valid_certificate_passes_and_nothing_else_is_published(case, state):
    case = asking(case, "required")
    certify(case, state)
    gate = certificate_gate(case.framework, case.hyperparameters)
    assert (gate.name, gate.value, gate.limit, gate.state) == ("calibration certificate", state, "valid", "FAIL")
    dossier = written(case)
    assert dossier.verdict == "fail"
    assert any("indicast sbc harbour" in reason for reason in dossier.stamp)
    section, calibration = dossier.sections
    assert section.verdict == "fail"
    assert section.tables[0].rows[-2][:4] == ("calibration certificate", "FAIL", state, "valid")
    assert "'indicast sbc harbour'" in section.conclusion
    assert calibration.verdict == ("not computed" if state == "unreadable" else "fail")
    with pytest.raises(GateError, match=f"calibration certificate {state} .*indicast sbc harbour"):
        publish(case)
    with pytest.raises(GateError, match="is not published: calibration certificate"):
        require_certificate(case.framework, case.hyperparameters)
    assert not case.framework.reports_folder.exists()


def test_with_a_valid_certificate_the_same_is_published_and_passes(case):
    case = asking(case, "required")
    certify(case, "valid")
    require_certificate(case.framework, case.hyperparameters)
    publish(case)
    dossier = written(case)
    assert (dossier.verdict, dossier.stamp) == ("pass", ())
    assert [section.verdict for section in dossier.sections] == ["pass", "pass"]


@pytest.mark.parametrize("state", BAD[:2])
def test_where_it_is_told_it_is_published_and_the_dossier_says_so_and_is_not_green_there(case, state):
    certify(case, state)
    assert case.framework.declaration.gates.certificate == "told"
    publish(case)
    section, calibration = written(case).sections
    assert section.tables[0].rows[-2][:4] == ("calibration certificate", "told", state, "valid")
    assert calibration.verdict == "note"
    assert "'indicast sbc harbour' makes one" in calibration.conclusion
    assert "'indicast sbc harbour' makes one" in section.conclusion


def test_a_certificate_that_failed_fails_the_dossier_even_where_it_is_only_told(case):
    certify(case, "failed")
    assert written(case).verdict == "fail"


def test_a_draft_without_a_required_certificate_is_stamped_on_every_heading(case):
    case = asking(case, "required")
    folder = publish(case, draft=True)
    assert "calibration certificate none" in (folder / "report.html").read_text(encoding="utf-8")
    page = render_dossier(written(case, ("asked for",)))
    assert page.count("NOT FOR PUBLICATION</span>") == page.count("<h2")


@pytest.mark.parametrize("name", ["report.html", "report.md", "forecast.csv", "manifest.json"])
def test_a_published_file_that_was_altered_fails_a_gate(case, name):
    path = publish(case) / name
    assert files_gate(case.framework, case.run.manifest).state == "pass"
    assert written(case).verdict == "pass"
    text = path.read_text(encoding="utf-8")
    changed = text.replace('"package_version"', '"Package_version"') if name == "manifest.json" else f"{text} "
    path.write_text(changed, encoding="utf-8")
    dossier = written(case)
    assert dossier.verdict == "fail"
    row = dossier.sections[0].tables[0].rows[-1]
    assert row[:4] == ("published files as published", "FAIL", "altered", "as published")
    assert name in dossier.stamp[0]


def test_a_file_that_is_gone_fails_and_publishing_anew_mends_it(case):
    folder = publish(case)
    (folder / "forecast.csv").unlink()
    assert "forecast.csv: the file is gone" in files_gate(case.framework, case.run.manifest).sentence
    publish(case)
    assert files_gate(case.framework, case.run.manifest).state == "pass"


def test_another_policy_changes_no_certificate_key(case):
    certify(case, "valid")
    other = asking(case, "required")
    assert certificate_status(other.framework, other.hyperparameters).state == "valid"
