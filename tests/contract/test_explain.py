"""What moved between two months is told from saved runs, and what is missing is named with its command."""

import json
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from indicast import names
from indicast.cli import main
from indicast.cli._told import told
from indicast.explain import Fitted, Read, joined, waterfall
from indicast.infer import Gate, Run, Settings, build_manifest, find_run, save_run
from indicast.panel import Vintage, last_day
from indicast.publish import waterfall_svg
from indicast.publish._waterfall_picture import steps
from indicast.workspace import load_framework, month_index

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
MONTHS = ("2024-05", "2024-06")


@pytest.fixture(scope="module")
def root(harbour, tmp_path_factory):
    """Save draws of the prior as runs of two months; what they were drawn from does not matter to the words."""
    root = Path(shutil.copytree(HARBOUR, tmp_path_factory.mktemp("explain") / "harbour"))
    framework = load_framework(root, "harbour")
    for month in MONTHS:
        when = Vintage(month, last_day(month_index(month)))
        world = harbour._replace(framework=framework, panel=harbour.seen(harbour.ledger, month))
        gate = Gate("largest R-hat", 1.0, 1.02, at_most=True, where="x")
        manifest = build_manifest(framework, harbour.ledger, when, Settings(2, 100, 200, 0.9, 7))
        save_run(framework, Run(world.tree(likely(harbour)), (gate,), manifest))
    return root


def likely(world):
    """Return draws of the prior without lasting causes, among which no single one carries the weights."""
    gone = (names.TILT_MEAN, names.TILT_SCALE, names.GLOBAL_SCALE, names.GROUP_SCALE)
    draws = world.draws(11, 400)
    return {name: np.zeros_like(values) if name in gone else values for name, values in draws.items()}


@pytest.fixture
def indicast(monkeypatch, capsys, root):
    def call(*words, workspace=root):
        monkeypatch.setattr("sys.argv", ["indicast", "explain", "harbour", "--workspace", str(workspace), *words])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def between(first, last):
    return ("--from", first, "--to", last)


def test_the_bars_are_told_in_eighty_columns_with_what_they_rest_on_and_drawn(indicast, tmp_path):
    path = tmp_path / "moved.svg"
    code, out, err = indicast(*between(*MONTHS), "--svg", str(path))
    lines = out.splitlines()
    assert code == 0
    assert f"picture: {path}" in err
    assert lines[0] == "harbour: what moved between 2024-05 and 2024-06"
    assert max(map(len, lines)) <= 80
    for wanted in ("passing of time", "Monte Carlo error", "Milestones", "moved nothing", "k-hat at most"):
        assert wanted in " ".join(out.split())
    assert "(limit " in lines[-1]
    assert "prefers-color-scheme:dark" in path.read_text(encoding="utf-8")


def test_json_is_complete_and_adds_up(indicast):
    code, out, err = indicast(*between(*MONTHS), "--json")
    said = json.loads(out)
    assert (code, err) == (0, "")
    for scenario, value in said["change"]["probability"].items():
        assert sum(bar["probability"][scenario] for bar in said["bars"]) == pytest.approx(value, abs=1e-8)
    assert said["trusted"] is True
    assert {bar["kind"] for bar in said["bars"]} >= {"monte carlo", "time", "milestone", "tally", "silence"}


def test_the_picture_is_whole_and_says_in_words_what_it_shows(harbour, found):
    drawn = ET.fromstring(waterfall_svg(found, harbour.framework))  # noqa: S314  # our own text
    assert drawn.get("role") == "img"
    assert "from " in drawn.get("aria-label")
    width, height = (float(value) for value in drawn.get("viewBox").split()[2:])
    for one in drawn.iter("{http://www.w3.org/2000/svg}rect"):
        assert 0.0 <= float(one.get("x")) <= float(one.get("x")) + float(one.get("width")) <= width
        assert 0.0 <= float(one.get("y")) <= height


def test_a_picture_that_cannot_be_written_is_named_before_anything_is_computed(indicast, tmp_path):
    code, out, err = indicast(*between(*MONTHS), "--svg", str(tmp_path / "none" / "moved.svg"), "--quiet")
    assert (code, out) == (2, "")
    assert "name another file with --svg" in err


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2024-06", "2024-06", "are the same month"),
        ("2024-06", "2024-05", "stand the wrong way round"),
        ("2019-01", "2024-06", "--from 2019-01 is before the framework starts; ask for 2023-01 or later"),
        ("2024-5x", "2024-06", "--from: '2024-5x' is no month"),
        ("2024-04", "2024-06", "make one with 'indicast fit harbour --as-of 2024-04'"),
        ("2024-05", "2031-01", "make one with 'indicast fit harbour --as-of 2031-01'"),
    ],
)
def test_months_that_cannot_be_compared_are_one_line_that_says_what_to_do(indicast, first, last, said):
    code, out, err = indicast(*between(first, last), "--quiet")
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.fixture
def copied(root, tmp_path):
    return Path(shutil.copytree(root, tmp_path / "workspace"))


def test_a_run_older_than_the_ledger_is_refused_with_the_command_that_renews_it(indicast, copied):
    path = copied / "data" / "harbour" / "observations.csv"
    with path.open("a", encoding="utf-8") as ledger:
        ledger.write("2024-05-03,,2024-05-04,council_tone,event,,,joining,Late,saltmarsh,B,2,2024-05-04,late\n")
    code, _, err = indicast(*between(*MONTHS), "--quiet", workspace=copied)
    assert code == 2
    assert "is older than the ledger" in err
    assert "'indicast fit harbour --as-of 2024-05 --known-at 2024-05-31'" in err


def test_a_run_of_other_declarations_is_refused_with_the_command_that_renews_it(indicast, copied):
    path = copied / "priors" / "harbour" / "hyperparameters.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# another remark\n", encoding="utf-8")
    code, _, err = indicast(*between(*MONTHS), "--quiet", workspace=copied)
    assert code == 2
    assert "was made with another hyperparameters.toml; make it again: 'indicast fit harbour --as-of 2024-06" in err


@pytest.fixture(scope="module")
def found(harbour):
    ends = []
    for month in MONTHS:
        world = harbour._replace(panel=harbour.seen(harbour.ledger, month))
        ends.append(_explain_fit(world.tree(likely(harbour)), month))
    return waterfall(Read(harbour.framework, harbour.hyperparameters, harbour.ledger), *ends, seed=1)


def _explain_fit(tree, month):
    return Fitted(tree, Vintage(month, last_day(month_index(month))))


@pytest.fixture
def answered(monkeypatch, found):
    """Answer with a waterfall that was computed once, as the options have it; keep the options."""
    asked = []

    def answer(*_, refitted=None, altered=(), k_hat=(0.3,), **__):
        asked.append(refitted)
        shape = k_hat[min(len(asked), len(k_hat)) - 1]
        return replace(found, altered=tuple(altered), refitted=refitted is not None, k_hat=shape)

    def with_shapes(*k_hat):
        monkeypatch.setattr("indicast.explain.waterfall", partial(answer, k_hat=k_hat))
        return asked

    return with_shapes


def test_what_the_runs_differ_in_is_named(indicast, copied, answered):
    folder = find_run(load_framework(copied, "harbour"), as_of="2024-05")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["code_sha256"] = "other"
    manifest["declarations"]["table.csv"]["sha256"] = "other"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    answered(0.3)
    code, out, _ = indicast(*between(*MONTHS), workspace=copied)
    assert code == 0
    assert "the runs differ in table.csv, code: no bar tells that from Monte Carlo error" in " ".join(out.split())


def test_where_weights_cannot_tell_there_are_no_bars_but_a_command(indicast, answered):
    answered(0.9)
    code, out, err = indicast(*between(*MONTHS), "--quiet")
    assert (code, out) == (2, "")
    assert "(k-hat 0.90, limit 0.62)" in err
    assert "'indicast explain harbour --from 2024-05 --to 2024-06 --refit' fits the other end too" in err
    assert len(err.splitlines()) == 1


def test_a_refit_is_made_of_the_later_month_with_the_earlier_knowledge_and_said_so(indicast, answered, monkeypatch):
    asked, fitted = answered(0.9, 0.4), []
    monkeypatch.setattr("indicast.infer.Sampler.fit", lambda _, panel, *__, **___: fitted.append(panel) or "second")
    code, out, err = indicast(*between(*MONTHS), "--refit")
    assert code == 0
    assert asked == [None, "second"]
    assert (fitted[0].attrs["as_of"], fitted[0].attrs["known_at"]) == ("2024-06", "2024-05-31")
    assert "fitting 2024-06 with what was known at 2024-05-31 ..." in err
    assert "coalitions near to no news are told by a fit without the news" in out


def test_where_even_a_refit_cannot_tell_that_is_said(indicast, answered, monkeypatch):
    answered(0.9, 0.8)
    monkeypatch.setattr("indicast.infer.Sampler.fit", lambda *_, **__: "second")
    code, out, err = indicast(*between(*MONTHS), "--refit", "--quiet")
    assert (code, out) == (2, "")
    assert "even with a fit at both ends; fit a month or a day of knowledge between them" in err


def test_each_step_of_the_picture_begins_where_the_one_before_ends(found):
    for place in range(len(found.scenarios)):
        rows = steps(found, place)
        at = rows[0].high
        for row in rows[1:-1]:
            assert at == pytest.approx(row.low, abs=1e-9) or at == pytest.approx(row.high, abs=1e-9)
            at = row.high if at == pytest.approx(row.low, abs=1e-12) else row.low
        assert at == pytest.approx(rows[-1].high, abs=1e-8)


def test_the_picture_can_be_of_any_scenario(harbour, found):
    drawn = waterfall_svg(found, harbour.framework, harbour.framework.scenarios[-1])
    assert harbour.framework.declaration.scenarios[-1].name in drawn


def test_months_on_the_way_and_months_without_a_run_are_named(harbour, found):
    later = replace(found, months=("2024-06", "2024-09"), before=found.after, after=found.after + found.difference)
    lines = told(joined((found, later), ("2024-07", "2024-08")), harbour.framework)
    text = " ".join(" ".join(lines).split())
    assert "by way of 2024-06" in text
    assert "no usable run of 2024-07, 2024-08: 'indicast fit harbour --as-of MONTH' makes one" in text
    assert max(map(len, lines)) <= 80
