"""The page of all reports: bound to the published files, closed to hostile text, and one file without a network.

The fits are made up, as in the tests of the report.
"""

import base64
import csv
import hashlib
import importlib.util
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from indicast.cli import main
from indicast.errors import DataError
from indicast.publish import Issue, write_site
from indicast.publish._estimates import horizons
from indicast.publish._shelf import shelves
from indicast.publish._site_charts import FRAME, _runs, drawn
from indicast.publish._wording import month_name, percent, span

PLACE = Path(__file__).with_name("test_report.py")
MONTHS = ("2023-03", "2023-05", "2023-06")
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"' \u202egnp"


@pytest.fixture(scope="session")
def reports():
    spec = importlib.util.spec_from_file_location("made_up_reports", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def case(reports, tmp_path_factory):
    """Return a workspace that published three months, the last one with a page only, and a draft."""
    case = reports.Case(tmp_path_factory.mktemp("site"), counts=False)
    case.last = case.run(MONTHS[-1], seed=3)
    for place, label in enumerate(MONTHS[:-1]):
        case.publish(case.run(label, seed=place, top=0.6), issue=Issue(page=False))
    case.publish(case.last)
    case.publish(case.run("2023-07", passed=False), draft=True)
    (case.framework.reports_folder / "2023-06" / "dossier.html").write_text("dossier", encoding="utf-8")
    case.page = write_site(case.framework.root)
    return case


@pytest.fixture
def root(case, tmp_path):
    """Return a copy of the reports, to be spoiled."""
    shutil.copytree(case.framework.root / "reports", tmp_path / "workspace" / "reports")
    return tmp_path / "workspace"


class Table(HTMLParser):
    """Rows with their attributes, values with their texts, spans, links and tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.values, self.links, self.tags, self.words = [], [], [], [], []
        self._row, self._value = {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag == "tr":
            self._row = {"attrs": attrs, "head": "", "values": [], "spans": []}
            self.rows.append(self._row)
        elif tag == "th" and "data-name" in attrs:
            self._row["head"] = attrs["data-name"]
        elif tag == "data":
            self._value = attrs["value"]
        elif tag == "span" and attrs.get("class") == "span":
            self._value = "span"
        elif tag == "a":
            self.links.append(attrs["href"])

    def handle_data(self, data):
        self.words.append(data)
        text = data.replace("\u00a0", " ")
        if self._value == "span":
            self._row["spans"].append(text)
        elif self._value is not None:
            self._row["values"].append((float(self._value), text))
            self.values.append(self._value)
        self._value = None

    def of(self, kind):
        return [row for row in self.rows if row["attrs"].get("data-kind") == kind]


@pytest.fixture(scope="module")
def page(case):
    return Table(case.page.read_text(encoding="utf-8"))


def forecast(root, label, target="scenario"):
    """Return values of a published month by horizon and label, or milestone."""
    with (root / "reports" / "visits" / label / "forecast.csv").open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["target"] == target]
    return {
        (int(row["horizon"]), row["output_type_id" if target == "scenario" else "item"]): row["value"] for row in rows
    }


def test_every_value_on_the_page_is_one_of_the_published_tables(case, page):
    root, scenarios = case.framework.root, list(case.framework.scenarios)
    wanted = []
    for row, label in zip(page.of("published"), reversed(MONTHS), strict=True):
        assert row["head"] == f"{month_name(label)}, as published"
        wanted += (expected := [forecast(root, label)[0, one] for one in scenarios])
        assert row["values"] == [(float(one), percent(float(one))) for one in expected]
    last = forecast(root, MONTHS[-1])
    for ahead, row in enumerate(page.of("ahead"), start=1):
        wanted += (expected := [last[ahead, one] for one in scenarios])
        assert row["values"] == [(float(one), percent(float(one))) for one in expected]
    assert len(page.of("ahead")) == case.framework.declaration.forecast.longest
    clocks = forecast(root, MONTHS[-1], "milestone")
    for name in dict.fromkeys(item for _, item in clocks):
        wanted += [clocks[ahead, name] for ahead in case.framework.declaration.forecast.horizons]
    assert page.values == wanted  # these, in this order, and no other value


def test_the_headline_is_that_of_the_report(case, page):
    text = " ".join("".join(page.words).split()).replace("\u00a0", " ")
    for one in horizons(case.last.tree, case.framework)[0].estimates:
        assert percent(one.probability) in text
        assert f"80 % interval: {span(one.low, one.high)}" in text


def test_intervals_are_those_of_the_draws_and_of_the_report(case, page):
    shelf = shelves(case.framework.root)[0]
    assert shelf.mass == 0.8
    draws = case.last.tree["predictions"].to_dataset()["scenario_probability"]
    for ahead, point in enumerate(shelf.latest.points):
        for scenario in case.framework.scenarios:
            values = draws.sel(scenario=scenario, horizon=ahead).to_numpy()
            ends = np.clip(np.quantile(values, [0.1, 0.9]), 0.002, 0.998)
            assert point.intervals[scenario] == pytest.approx(tuple(ends), abs=1e-6)
    for horizon in horizons(case.last.tree, case.framework):
        for one in horizon.estimates:
            assert shelf.latest.points[horizon.months].intervals[one.scenario] == pytest.approx(
                (one.low, one.high), abs=1e-6
            )
    told = [span(*shelf.latest.now.intervals[one]) for one in case.framework.scenarios]
    assert page.of("published")[0]["spans"] == told


def test_charts_stand_where_the_values_are(case, page):
    shelf = shelves(case.framework.root)[0]
    for place, scenario in enumerate(case.framework.scenarios):
        chart = drawn(shelf, scenario)
        values = [one.now.values[scenario] for one in shelf.months]
        assert [dot.y for dot in chart.dots] == [FRAME.up(value) for value in values]
        assert len(chart.lines) == 2  # April was not published, so March and May are not joined
        assert percent(values[-1]) in chart.told
        heights = [float(row["attrs"]["data-y"].split()[place]) for row in page.of("published")]
        assert heights == [FRAME.up(value) for value in reversed(values)]
        points = [
            float(one)
            for line in (*chart.lines, *chart.bands, chart.fan, chart.ahead)
            for one in re.split("[ ,]", line)
        ]
        assert all(0 <= one <= FRAME.width for one in points)
    assert list(_runs([5, 3, 4, 9])) == [[3, 4, 5], [9]]


def test_milestones_say_how_they_stood_when_published(case, page):
    text = " ".join("".join(page.words).split()).replace("\u00a0", " ")
    assert "occurred, 9 March 2023" in text
    assert text.count("closed") == len(case.framework.declaration.forecast.horizons)
    assert json.loads((case.framework.reports_folder / "2023-06" / "manifest.json").read_text(encoding="utf-8"))[
        "published"
    ]["milestones"]["bureau"] == {"state": "occurred", "day": "2023-03-09"}


def test_every_link_leads_to_a_published_file(case, page):
    links = [unquote(link) for link in page.links if not link.startswith("#")]
    assert links
    assert all(link.startswith("./visits/2023-0") for link in links)
    assert all((case.page.parent / link).is_file() for link in links)
    assert "./visits/2023-06/report.html" in links
    assert "./visits/2023-05/report.md" in links
    assert "./visits/2023-06/dossier.html" in links
    assert not any("2023-07" in link for link in links)  # a draft is no publication


def test_the_page_is_one_file_with_one_script_that_its_policy_names(case):
    text = case.page.read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    sealed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{sealed}'" in text
    assert not re.search(r"(src|srcset|action|data)=[\"']?\w|url\(|@import|https?://(?!www\.w3\.org)", text)


def test_the_same_files_make_the_same_page(case, root):
    assert write_site(root).read_bytes() == case.page.read_bytes()
    assert write_site(root).read_bytes() == case.page.read_bytes()


def rename(root, label, old, new):
    path = root / "reports" / "visits" / label / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entry = manifest["declarations"]["model.toml"]
    entry["content"] = entry["content"].replace(old, new)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_hostile_names_and_reasons_are_shown_as_text(root, page):
    quoted = json.dumps(HOSTILE)
    for old in ('"Visits of ministers"', '"Will they come more often?"', '"More visits"', '"Hotline installed"'):
        rename(root, MONTHS[-1], old, quoted)
    path = root / "reports" / "visits" / MONTHS[0] / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["published"] |= {"edition": 2, "reason": HOSTILE}
    manifest["known_at"] = HOSTILE
    path.write_text(json.dumps(manifest), encoding="utf-8")
    spoiled = Table(write_site(root).read_text(encoding="utf-8"))
    text = "".join(spoiled.words)
    assert text.count("<script>alert(1)</script>") >= 6
    assert "\u202e" not in text
    assert [tag for tag, _ in spoiled.tags if tag in {"script", "img"}] == ["script"]
    names = {name for _, attrs in spoiled.tags for name in attrs}
    assert not any(name.startswith("on") for name in names)
    assert spoiled.values == page.values


def test_folders_with_odd_names_are_linked_as_they_are(root):
    odd = root / "reports" / 'a "b" & <c> #1?'
    (root / "reports" / "visits").rename(odd)
    spoiled = Table(write_site(root).read_text(encoding="utf-8"))
    assert all((root / "reports" / unquote(link)).is_file() for link in spoiled.links if not link.startswith("#"))


def test_each_model_has_its_own_section_and_an_empty_workspace_says_so(case, root, tmp_path):
    shutil.copytree(root / "reports" / "visits", root / "reports" / "other")
    (root / "reports" / "nothing").mkdir()
    two = Table(write_site(root).read_text(encoding="utf-8"))
    assert [attrs["id"] for tag, attrs in two.tags if tag == "section" and "id" in attrs] == ["model-1", "model-2"]
    ids = [attrs["id"] for _, attrs in two.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert "Nothing is published yet." in write_site(tmp_path / "empty").read_text(encoding="utf-8")
    assert "Nothing is published yet." not in case.page.read_text(encoding="utf-8")


def test_a_scorecard_is_linked_once_there_is_one(case, root):
    assert "Not yet scored." in case.page.read_text(encoding="utf-8")
    (root / "reports" / "visits" / "scorecard.html").write_text("scores", encoding="utf-8")
    scored = write_site(root).read_text(encoding="utf-8")
    assert "./visits/scorecard.html" in scored
    assert "Not yet scored." not in scored


def test_months_from_before_intervals_were_published_have_none(root):
    for label in MONTHS:
        path = root / "reports" / "visits" / label / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        del manifest["published"]["intervals"], manifest["published"]["milestones"]
        path.write_text(json.dumps(manifest), encoding="utf-8")
    text = write_site(root).read_text(encoding="utf-8")
    assert "no interval was published with it" in text
    assert 'class="fan" points' not in text


@pytest.mark.parametrize("text", ["", "target,horizon\nscenario,x\n", "\x00\xff", "target\nscenario\n"])
def test_a_broken_table_is_named_in_one_line(root, text):
    path = root / "reports" / "visits" / MONTHS[0] / "forecast.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=r"2023-03/forecast\.csv cannot be shown .*restore the published file") as told:
        write_site(root)
    assert "\n" not in str(told.value)


ODD = (7, "x", [], ["x"], {"x": []}, {"x": "y"}, {"mass": "x", "scenario": 3}, {"scenario": {"more": [1]}}, None)


@pytest.mark.parametrize(
    "key", ["published", "declarations", "known_at", "intervals", "milestones", "edition", "reason"]
)
def test_no_value_of_a_manifest_ends_in_a_traceback(root, key):
    path = root / "reports" / "visits" / MONTHS[-1] / "manifest.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    for odd in ODD:
        inner = {"published": whole["published"] | {key: odd}} if key in whole["published"] else {key: odd}
        path.write_text(json.dumps(whole | inner), encoding="utf-8")
        try:
            assert write_site(root).is_file()
        except DataError as error:
            assert "2023-06/forecast.csv cannot be shown" in str(error)  # noqa: PT017  # either is fine


@pytest.mark.parametrize(
    "text", ["title = 3", "scenarios = 3", 'forecast = "x"', 'lexicons = [{ id = "halves" }]', "= ="]
)
def test_no_declaration_ends_in_a_traceback(root, text):
    path = root / "reports" / "visits" / MONTHS[-1] / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["declarations"]["model.toml"]["content"] = f'lexicon = "halves"\n{text}\n'
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert write_site(root).is_file()


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_command_writes_the_page_and_says_where(case, root, monkeypatch, capsys, words):
    shutil.copytree(case.framework.root / "models", root / "models")
    (root / "reports" / "index.html").unlink()
    monkeypatch.setattr("sys.argv", ["indicast", "index", "--workspace", str(root), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    page, out = root / "reports" / "index.html", capsys.readouterr().out
    assert ended.value.code == 0
    assert page.read_bytes() == case.page.read_bytes()
    assert (json.loads(out)["page"] if words else out) == (str(page) if words else f"page: {page}\n")
