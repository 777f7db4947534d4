"""A span of months: each as then known, compared with the one before, gone on with after a stop.

The fits are made up, as in the tests of the report; ``tests/recovery/test_back_catalogue.py`` samples.
"""

import importlib.util
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from indicast.cli import main
from indicast.evaluate import Fitted

PLACE = Path(__file__).with_name("test_report.py")
MONTHS = ("2023-04", "2023-05", "2023-06")


@pytest.fixture(scope="session")
def reports():
    spec = importlib.util.spec_from_file_location("made_up_reports", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made(reports, tmp_path_factory):
    return reports.Case(tmp_path_factory.mktemp("span"), counts=False, judged=False)


class Fits:
    """Stands in for the sampler: remembers what was asked for, and does as it is told."""

    def __init__(self, case):
        self.case, self.asked, self.failing, self.stop_before, self.seeds = case, [], set(), None, {}

    def __call__(self, study, wanted, *, workers, scheduler):
        del study, workers, scheduler
        for one in wanted:
            if one.when.as_of == self.stop_before:
                raise KeyboardInterrupt
            self.asked.append((one.when.as_of, one.when.known_at.isoformat(), one.sizes.months))
            passed, seed = one.when.as_of not in self.failing, self.seeds.get(one.when.as_of, 1)
            run = self.case.run(one.when.as_of, one.when.known_at, passed=passed, seed=seed)
            yield Fitted(run.tree, run.gates, one.sizes.months)


@pytest.fixture
def fits(made, monkeypatch):
    found = Fits(made)
    monkeypatch.setattr("indicast.evaluate.fitted_months", found)
    return found


@pytest.fixture(scope="module")
def whole(made, tmp_path_factory):
    """Return a workspace that published the span in one go, what was fitted for it, and what was said."""
    root = tmp_path_factory.mktemp("whole") / "workspace"
    shutil.copytree(made.framework.root, root)
    fits, said = Fits(made), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(said):
        patch.setattr("indicast.evaluate.fitted_months", fits)
        patch.setattr("sys.argv", ["indicast", *SPAN, "--workspace", str(root)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0, said.getvalue()
    return root, fits.asked, out.getvalue(), said.getvalue()


@pytest.fixture
def root(made, tmp_path):
    shutil.copytree(made.framework.root, tmp_path / "workspace")
    return tmp_path / "workspace"


@pytest.fixture
def published(whole, root):
    """Return the workspace with the span published."""
    shutil.rmtree(root)
    shutil.copytree(whole[0], root)
    return root


@pytest.fixture
def indicast(root, monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr("sys.argv", ["indicast", *words, "--workspace", str(root)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


SPAN = ("run", "visits", "--from", MONTHS[0], "--to", MONTHS[-1])


def month(root, label):
    return root / "reports" / "visits" / label


def manifest(root, label):
    return json.loads((month(root, label) / "manifest.json").read_text(encoding="utf-8"))


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in (root / "reports").rglob("*") if path.is_file()}


def test_each_month_is_fitted_as_it_was_known_and_compared_with_the_one_before(whole):
    root, asked, out, err = whole
    assert out == "visits 2023-04 to 2023-06: 3 published\n"
    days = ["2023-03-31", "2023-04-30", "2023-05-31", "2023-06-30"]
    assert asked == [(day[:7], day, 12) for day in days]
    for label, before in zip(MONTHS, ("March", "April", "May"), strict=True):
        assert manifest(root, label)["known_at"].startswith(label)
        assert f"Change since {before} 2023" in (month(root, label) / "report.md").read_text(encoding="utf-8")
    assert not month(root, "2023-03").exists()
    assert "2023-05 published (2 of 3, " in err
    assert "left)" in err
    assert (root / "reports" / "index.html").is_file()


def test_a_span_that_was_stopped_goes_on_where_it_was_and_ends_the_same(whole, root, indicast, fits):
    fits.stop_before = "2023-06"
    assert indicast(*SPAN, "--quiet")[0] == 130
    assert (root / "reports" / "index.html").is_file()
    fits.asked, fits.stop_before = [], None
    code, out, _ = indicast(*SPAN)
    assert code == 0
    assert [label for label, *_ in fits.asked] == ["2023-06"]  # the month before it had been kept
    assert out == "visits 2023-04 to 2023-06: 2 left as it was, 1 published\n"
    assert files(root) == files(whole[0])
    fits.asked = []
    assert indicast(*SPAN)[1] == "visits 2023-04 to 2023-06: 3 left as it was\n"
    assert fits.asked == []
    assert files(root) == files(whole[0])


def test_a_month_whose_gates_fail_is_left_out_and_told_and_the_span_goes_on(root, indicast, fits):
    fits.failing = {"2023-05"}
    code, out, _ = indicast(*SPAN)
    assert code == 1
    assert out.splitlines()[0] == "visits 2023-04 to 2023-06: 2 published, 1 gates failed"
    assert out.splitlines()[1].startswith("  2023-05 gates failed: run 2023-05_")
    assert not month(root, "2023-05").exists()
    assert month(root, "2023-06").is_dir()
    assert any((root / "runs" / "visits").glob("2023-05_*"))


@pytest.mark.usefixtures("fits")
def test_only_the_last_months_get_a_page_and_keep_their_posterior(root, indicast):
    assert indicast(*SPAN, "--pages", "1", "--quiet")[::2] == (0, "")
    pages = [(month(root, label) / "report.html").is_file() for label in MONTHS]
    assert pages == [False, False, True]
    for label in MONTHS:
        listed = set(manifest(root, label)["published"]["sha256"])
        assert listed == {path.name for path in month(root, label).iterdir()} - {"manifest.json"}
    assert sorted(path.name[:7] for path in (root / "runs" / "visits").iterdir()) == ["2023-05", "2023-06"]
    code, out, _ = indicast(*SPAN, "--pages", "2", "--keep-runs")
    assert (code, out) == (0, "visits 2023-04 to 2023-06: 2 left as it was, 1 the same again\n")
    assert (month(root, "2023-05") / "report.html").is_file()
    (root / "reports" / "visits" / "2023-04" / "manifest.json").unlink()
    assert indicast(*SPAN, "--keep-runs")[0] == 0
    assert sorted(path.name[:7] for path in (root / "runs" / "visits").iterdir()) == list(MONTHS)


def test_other_numbers_are_refused_month_by_month_and_replaced_for_a_reason(published, indicast, fits):
    root = published
    rows = (root / "reports" / "visits" / "published.csv").read_text(encoding="utf-8")
    for path in root.glob("priors/visits/table.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("warm", "warmer"), encoding="utf-8")
    shutil.rmtree(root / "runs")
    fits.seeds = {"2023-05": 7}
    code, out, _ = indicast(*SPAN)
    assert code == 1
    assert out.splitlines()[0] == "visits 2023-04 to 2023-06: 2 the same again, 1 refused"
    assert '--replace "reason" publishes edition 2' in out
    code, out, _ = indicast(*SPAN, "--replace", "the table was corrected")
    assert code == 0
    after = (root / "reports" / "visits" / "published.csv").read_text(encoding="utf-8")
    assert after.startswith(rows)
    assert [line[:9] for line in after[len(rows) :].splitlines()] == ["2023-05,2"]
    assert after.endswith(",the table was corrected\n")


@pytest.mark.usefixtures("fits")
def test_json_is_a_list_and_nothing_else_is_said(published, indicast):
    code, out, err = indicast(*SPAN, "--json")
    said = json.loads(out)
    assert (code, err) == (0, "")
    assert [(one["month"], one["result"]) for one in said] == [(label, "left as it was") for label in MONTHS]
    assert said[0]["report"] == str(month(published, MONTHS[0]))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "2023-13"), "--from: '2023-13' is no month"),
        (("--from", "2023-05", "--to", "2023-04"), "--from 2023-05 --to 2023-04: a span runs from an earlier month"),
        (("--from", "2022-05"), "within 2023-01 and 2023-07"),
        (("--from", "2023-05", "--to", "2031-01"), "within 2023-01 and 2023-07"),
        (("--from", "2023-05", "--as-of", "2023-06"), "leave --as-of out"),
        (("--from", "2023-05", "--draft"), "leave --draft out"),
        (("--to", "2023-05"), "--to: that belongs to a span of months"),
        (("--pages", "3"), "--pages: that belongs to a span of months"),
    ],
)
def test_a_span_that_cannot_be_is_one_line(indicast, words, told):
    code, _, err = indicast("run", "visits", *words, "--quiet")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert told in err


def test_a_scheduler_that_does_not_answer_is_one_line(indicast, monkeypatch):
    monkeypatch.setattr("indicast.evaluate._cluster.PATIENCE", "1s")
    code, _, err = indicast(*SPAN, "--scheduler", "tcp://127.0.0.1:1", "--quiet")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "--scheduler tcp://127.0.0.1:1: no scheduler answers there" in err


def test_a_month_made_again_is_padded_as_it_was_published(published, indicast, fits):
    root = published
    path = month(root, "2023-05") / "manifest.json"
    changed = manifest(root, "2023-05") | {"padded": {"months": 24}}
    path.write_text(json.dumps(changed), encoding="utf-8")
    indicast("run", "visits", "--from", "2023-05", "--to", "2023-05")
    assert ("2023-05", "2023-05-31", 24) in fits.asked
