"""What was published stays: other numbers need a reason, the record only grows, and the old numbers are kept.

The fit is made up, as in the tests of the report.
"""

import csv
import hashlib
import importlib.util
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from indicast.cli import main
from indicast.errors import PublishedError, RunError
from indicast.infer import save_run
from indicast.publish import Issue, editions, stands
from indicast.publish._difference import difference
from indicast.publish._editions import COLUMNS, keep_record, with_edition

PLACE = Path(__file__).with_name("test_report.py")


@pytest.fixture(scope="session")
def reports():
    spec = importlib.util.spec_from_file_location("made_up_reports", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def published(reports, tmp_path_factory):
    """Return a workspace that published June 2023; tests work on copies of it."""
    case = reports.Case(tmp_path_factory.mktemp("editions"))
    case.publish(case.run())
    return case


@pytest.fixture
def case(reports, published, tmp_path):
    """Return a copy of the workspace as a case of its own, and its first run."""
    shutil.copytree(published.framework.root, tmp_path / "workspace")
    case = object.__new__(reports.Case)
    case.framework = reports.load_framework(tmp_path / "workspace", "visits")
    case.hyperparameters, case.ledger = published.hyperparameters, published.ledger
    case.folder = case.framework.reports_folder / "2023-06"
    return case


def rows(case):
    with (case.framework.reports_folder / "published.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_publication_is_recorded_with_the_hash_of_its_numbers(case):
    head, row = rows(case)
    assert tuple(head) == COLUMNS
    manifest = json.loads((case.folder / "manifest.json").read_text(encoding="utf-8"))
    assert row == ["2023-06", "1", "2023-06-30", manifest["hash"], sha256(case.folder / "forecast.csv"), ""]
    assert manifest["published"]["edition"] == 1


def test_the_same_numbers_are_published_again_in_silence(case):
    before = rows(case)
    (case.folder / "report.md").write_text("altered", encoding="utf-8")
    case.publish(case.run())
    assert rows(case) == before
    assert (case.folder / "report.md").read_text(encoding="utf-8") != "altered"


def test_other_numbers_are_refused_and_nothing_moves(case):
    before = {path: path.read_bytes() for path in case.framework.reports_folder.rglob("*") if path.is_file()}
    with pytest.raises(PublishedError) as refused:
        case.publish(case.run(seed=5))
    said = str(refused.value)
    assert "\n" not in said
    assert "is published with other numbers (" in said
    assert "most scenario" in said or "most direction" in said or "most milestone" in said or "most count" in said
    assert '--replace "reason" publishes edition 2' in said
    assert {path: path.read_bytes() for path in case.framework.reports_folder.rglob("*") if path.is_file()} == before


def test_later_news_is_another_edition_too(case):
    with pytest.raises(PublishedError, match="known at 2023-06-30 there, 2023-07-02 here"):
        case.publish(case.run(known_at=date(2023, 7, 2)))


def test_another_edition_keeps_its_reason_and_the_numbers_before(case):
    first = sha256(case.folder / "forecast.csv")
    case.publish(case.run(seed=5), issue=Issue("=two rows\nhad the wrong month"))
    case.publish(case.run(seed=6), issue=Issue("a third time"))
    head, *kept = rows(case)
    assert [row[1] for row in kept] == ["1", "2", "3"]
    assert [row[5] for row in kept] == ["", "'=two rows had the wrong month", "a third time"]
    files = ["forecast-1.csv", "forecast-2.csv", "forecast.csv"]
    assert [row[4] for row in kept] == [sha256(case.folder / name) for name in files]
    assert kept[0][4] == first
    manifest = json.loads((case.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["published"]["edition"], manifest["published"]["reason"]) == (3, "a third time")
    with pytest.raises(PublishedError, match="edition 4"):
        case.publish(case.run())
    case.publish(case.run(seed=6))
    assert rows(case) == [head, *kept]
    assert sha256(case.folder / "forecast-1.csv") == first


def test_a_stop_between_record_and_folder_is_mended_by_publishing_again(case, monkeypatch):
    first, run = sha256(case.folder / "forecast.csv"), case.run(seed=5)

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("indicast.infer._store._swap", stopped)
    with pytest.raises(KeyboardInterrupt):
        case.publish(run, issue=Issue("corrected"))
    monkeypatch.undo()
    assert sha256(case.folder / "forecast.csv") == first
    assert len(rows(case)) == 3
    case.publish(run)
    assert len(rows(case)) == 3
    assert sha256(case.folder / "forecast-1.csv") == first


def test_a_month_from_before_the_record_is_recorded_as_it_lies(case):
    before = rows(case)
    (case.framework.reports_folder / "published.csv").unlink()
    with pytest.raises(PublishedError, match="other numbers"):
        case.publish(case.run(seed=5))
    case.publish(case.run("2023-05"))
    assert rows(case) == [*before, rows(case)[-1]]
    assert rows(case)[-1][0] == "2023-05"


def test_without_its_folder_a_month_is_still_published(case):
    shutil.rmtree(case.folder)
    with pytest.raises(PublishedError, match="the published file is gone"):
        case.publish(case.run(seed=5))
    case.publish(case.run())
    assert rows(case)[1][4] == sha256(case.folder / "forecast.csv")


def test_a_draft_is_not_recorded(case):
    before = rows(case)
    case.publish(case.run("2023-05", passed=False), draft=True)
    assert rows(case) == before
    case.publish(case.run("2023-05", seed=9))
    assert [row[:2] for row in rows(case)[2:]] == [["2023-05", "1"]]


@pytest.mark.parametrize("text", ["", "month\n2023-06\n", ",".join(COLUMNS) + "\n2023-06,x\n"])
def test_a_broken_record_is_named(case, text):
    (case.framework.reports_folder / "published.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"published\.csv is no record of publications .*restore it"):
        case.publish(case.run())


def test_a_reason_is_one_line_of_letters(case):
    for reason in ("x" * 501, "a\x1bb"):
        with pytest.raises(RunError, match="--replace: a reason is one line of at most 500 letters"):
            case.publish(case.run(seed=5), issue=Issue(reason))


def test_a_month_without_a_page_lists_the_files_that_exist(case):
    case.publish(case.run(), issue=Issue(page=False))
    there = {path.name for path in case.folder.iterdir()}
    assert there == {"report.md", "forecast.csv", "manifest.json"}
    manifest = json.loads((case.folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["published"]["sha256"]) == there - {"manifest.json"}


def test_the_same_inputs_with_other_digits_leave_the_publication_as_it_is(case):
    assert stands(case.framework, case.run()) == ""
    assert "within Monte Carlo error" in stands(case.framework, case.run(seed=99))
    assert stands(case.framework, case.run(seed=99, top=0.6)) == ""
    other = case.run(seed=99)
    other.manifest["ledger_sha256"] = "0" * 64
    assert stands(case.framework, other) == ""
    (case.folder / "forecast.csv").write_text("altered", encoding="utf-8")
    assert stands(case.framework, case.run(seed=99)) == ""


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "\x00", "target,item\nx\n", "target,horizon,value,extra\nx,0,y,z,z\n"]
)
def test_whatever_lies_there_a_difference_is_told(tmp_path, text):
    (tmp_path / "forecast.csv").write_text(text, encoding="utf-8")
    table = "known_at,target,item,horizon,output_type,output_type_id,value\n2023-06-30,scenario,,0,pmf,more,0.5\n"
    assert difference(tmp_path / "forecast.csv", table)
    assert "written in another way" in difference(_written(tmp_path, table + "\n"), table)


def _written(folder, text):
    (folder / "other.csv").write_text(text, encoding="utf-8")
    return folder / "other.csv"


def test_the_record_of_a_month_is_read_back_as_it_was_written(case, tmp_path):
    record = editions(case.framework.reports_folder)
    manifest = {"as_of": "2023-07", "known_at": "2023-07-31", "hash": "f" * 64}
    longer = with_edition(record, manifest, "table", tmp_path, "")
    keep_record(case.framework.reports_folder, longer)
    assert longer[: len(record)] == record
    assert editions(case.framework.reports_folder) == longer


@pytest.fixture
def report(case, monkeypatch, capsys):
    """Return a function that saves a run and calls ``indicast report``."""

    def call(run, *words):
        save_run(case.framework, run)
        command = ["indicast", "report", "visits", "--workspace", str(case.framework.root), *words]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


def test_the_command_leaves_refuses_or_replaces_and_says_which(case, report):
    before = {path: path.read_bytes() for path in case.framework.reports_folder.rglob("*") if path.is_file()}
    code, out, _ = report(case.run(seed=99))
    assert code == 0
    assert out.startswith("published before from the same inputs, and it stands: ")
    code, out, _ = report(case.run(seed=99), "--json")
    assert "within Monte Carlo error" in json.loads(out)["stands"]
    code, _, err = report(case.run(seed=99, top=0.6), "--quiet")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert '--replace "reason" publishes edition 2' in err
    assert {path: path.read_bytes() for path in case.framework.reports_folder.rglob("*") if path.is_file()} == before
    code, out, _ = report(case.run(seed=99, top=0.6), "--replace", "a row was wrong")
    assert code == 0
    assert rows(case)[-1][1::4] == ["2", "a row was wrong"]
    page = (case.framework.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Edition 2: a row was wrong" in page
