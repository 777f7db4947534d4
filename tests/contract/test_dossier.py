"""The dossier: written whole, alike each time, beside its own report only, and honest about what is missing."""

import dataclasses
import errno
import hashlib
import json
import re
import shutil

import pytest

from indicast.errors import RunError
from indicast.infer import Gate
from indicast.publish import publish_report
from indicast.publish.dossier import PARTS, Case, Dossier, Figure, Part, Section, Table, render_dossier, write_dossier

FAST = tuple(part for part in PARTS if part.id in {"gates", "calibration"})
FAILED = (Gate("largest R-hat", 1.2, 1.01, at_most=True, where="dwell"),)
STAMP = "NOT FOR PUBLICATION"
HOSTILE = "<script>alert(1)</script> & \u202egnp.exe"


def moved(case: Case, root) -> Case:
    """Return the case in a workspace of its own."""
    shutil.copytree(case.framework.root, root, ignore=shutil.ignore_patterns("runs"))
    return dataclasses.replace(case, framework=dataclasses.replace(case.framework, root=root))


@pytest.fixture
def case(made_up, tmp_path):
    return moved(made_up, tmp_path / "workspace")


def with_gates(case, gates):
    return dataclasses.replace(case, run=dataclasses.replace(case.run, gates=gates))


def write(case, parts=FAST, **kwargs):
    return write_dossier(case, parts, lambda _: None, **kwargs)


def raising(error):
    def make(case):
        message = f"{case.framework.root}/runs/x has no group log_likelihood; fit again"
        raise error(message)

    return Part("influence", "Influence", "Which rows decide?", make)


def broken(case):
    del case
    return Section("broken", "Broken", "?", "pass", "Fine.", data={"x": float("nan")})


def test_it_lies_beside_the_report_of_this_very_run(case):
    report = publish_report(case.framework, case.hyperparameters, case.ledger, case.run, None)
    written = write(case)
    assert written.folder == report
    assert {path.name for path in report.iterdir()} == {
        "dossier.html",
        "dossier.json",
        "forecast.csv",
        "manifest.json",
        "report.html",
        "report.md",
    }


def test_publishing_the_same_run_again_keeps_it(case):
    publish_report(case.framework, case.hyperparameters, case.ledger, case.run, None)
    page = write(case).page.read_bytes()
    report = publish_report(case.framework, case.hyperparameters, case.ledger, case.run, None)
    assert (report / "dossier.html").read_bytes() == page


@pytest.mark.parametrize("published", [None, "another", "spoiled"])
def test_without_a_publication_of_this_run_it_lies_in_the_runs_folder(case, published):
    report = case.framework.reports_folder / "2024-06"
    if published:
        report.mkdir(parents=True)
        text = "{" if published == "spoiled" else json.dumps({"hash": "0" * 64, "published": {"draft": False}})
        (report / "manifest.json").write_text(text, encoding="utf-8")
    assert write(case).folder == case.framework.runs_folder / case.run.id
    assert not (report / "dossier.html").exists()


def test_a_draft_never_lies_beside_a_publication(case):
    publish_report(case.framework, case.hyperparameters, case.ledger, case.run, None)
    written = write(case, draft=("asked for",))
    assert written.folder == case.framework.runs_folder / case.run.id
    assert STAMP in written.page.read_text(encoding="utf-8")


def test_an_incomplete_dossier_never_replaces_a_whole_one_beside_a_report(case):
    report = publish_report(case.framework, case.hyperparameters, case.ledger, case.run, None)
    first = write(case, (*FAST, raising(RunError)))
    assert first.folder == report
    whole = write(case).page.read_bytes()
    again = write(case, (*FAST, raising(RunError)))
    assert again.folder == case.framework.runs_folder / case.run.id
    assert (report / "dossier.html").read_bytes() == whole
    assert write(case).folder == report


def test_the_verdict_names_the_parts_with_notes_and_the_page_its_short_names(case):
    written = write(case)
    noted = [one.title for one in written.dossier.sections if one.verdict == "note"]
    assert noted
    assert f"Read the notes in: {noted[0]}" in written.dossier.sentence
    page = written.page.read_text(encoding="utf-8")
    assert all(f"{one.short}: {one.name}" in page for one in case.framework.declaration.scenarios)


def test_the_same_run_gives_the_same_bytes_anywhere(made_up, tmp_path):
    here, there = (write(moved(made_up, tmp_path / name), PARTS) for name in ("here", "further away"))
    for name in ("dossier.html", "dossier.json"):
        assert (here.folder / name).read_bytes() == (there.folder / name).read_bytes()


def test_an_error_stands_in_place_of_a_part_and_the_others_stand(case):
    written = write(case, (*FAST, raising(RunError)))
    assert [section.verdict for section in written.dossier.sections] == ["pass", "note", "not computed"]
    assert written.dossier.verdict == "incomplete"
    told = json.loads((written.folder / "dossier.json").read_text(encoding="utf-8"))["parts"][-1]["conclusion"]
    assert told == "This was not computed: runs/x has no group log_likelihood; fit again"
    page = written.page.read_text(encoding="utf-8")
    assert "Not all of it was computed" in page
    assert 'class="verdict incomplete"' in page


def test_a_fault_of_the_package_is_not_hidden(case):
    with pytest.raises(ZeroDivisionError):
        write(case, (Part("a", "A", "?", lambda _: 1 // 0),))


def test_a_number_that_is_none_is_not_published_as_computed(case):
    written = write(case, (Part("broken", "Broken", "?", broken),))
    assert written.dossier.sections[0].verdict == "not computed"
    assert "data.x is no finite number" in written.dossier.sections[0].conclusion


@pytest.mark.parametrize("gates", [FAILED, ()])
def test_a_failed_run_is_stamped_at_the_top_and_at_every_heading(case, gates):
    written = write(with_gates(case, gates))
    page = written.page.read_text(encoding="utf-8")
    headings = re.findall(r"<h2.*?</h2>", page, re.DOTALL)
    assert len(headings) == 4 + len(FAST)
    assert all(STAMP in heading for heading in headings)
    assert f"<strong>{STAMP}.</strong>" in page
    assert f"<title>{STAMP}" in page
    numbers = json.loads((written.folder / "dossier.json").read_text(encoding="utf-8"))
    assert numbers["stamp"] == STAMP
    assert numbers["verdict"] == "fail"


def test_a_sound_run_bears_no_stamp(case):
    assert STAMP not in write(case).page.read_text(encoding="utf-8")


def test_the_json_is_sorted_finite_and_names_page_manifest_and_versions(case):
    written = write(case)
    text = (written.folder / "dossier.json").read_text(encoding="utf-8")
    numbers = json.loads(text, parse_constant=pytest.fail)
    assert text == json.dumps(numbers, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert numbers["manifest_sha256"] == case.run.manifest["hash"]
    assert numbers["page_sha256"] == hashlib.sha256(written.page.read_bytes()).hexdigest()
    assert set(numbers["versions"]) == {"indicast", "code_sha256", "libraries"}
    assert [part["id"] for part in numbers["parts"]] == [part.id for part in FAST]


def test_every_part_has_its_place_in_the_contents_and_hostile_text_stays_text(case):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M 0 0"/></svg>'
    table = Table(HOSTILE, (HOSTILE, HOSTILE), ((HOSTILE, HOSTILE),))
    figure = Figure("one", svg, HOSTILE, HOSTILE)
    section = Section("a", HOSTILE, HOSTILE, "note", HOSTILE, (figure,), (table,))
    page = render_dossier(Dossier(case, (section,)))
    assert '<a href="#a">' in page
    assert '<section id="a"' in page
    assert "<script" not in page
    assert "\u202e" not in page


def test_long_tables_are_folded(case):
    table = Table("Rows", ("a", "b"), tuple((f"{row}", "1.5") for row in range(16)))
    page = render_dossier(Dossier(case, (Section("a", "A", "?", "note", "So.", (), (table,)),)))
    assert "<summary>Rows: 16 rows</summary>" in page
    assert page.count("<td class=n>1.5</td>") == 16


def test_a_disk_that_refuses_is_told_and_nothing_is_half_written(case):
    folder = case.framework.runs_folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(RunError, match="cannot write to"):
        write(case)


def test_a_disk_that_fills_up_leaves_the_old_dossier_and_nothing_beside_it(case, monkeypatch):
    written = write(case)
    before = {path.name: path.read_bytes() for path in written.folder.iterdir()}

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("indicast.infer._store.os.fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        write(with_gates(case, FAILED))
    assert {path.name: path.read_bytes() for path in written.folder.iterdir()} == before


def test_progress_hears_of_each_part_with_its_time(case):
    heard = []
    write_dossier(case, FAST, heard.append)
    assert [one.section.id for one in heard] == [part.id for part in FAST]
    assert all(one.seconds >= 0 for one in heard)


def test_parts_have_anchors_of_their_own():
    ids = [part.id for part in PARTS]
    assert len(ids) == len(set(ids))
