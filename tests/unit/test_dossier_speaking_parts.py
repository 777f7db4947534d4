"""Priors, alternatives and voices as parts of the dossier: sound, nothing left out, no verdict without draws."""

import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from indicast.errors import RunError
from indicast.evaluate import Expected, Scaled
from indicast.explain import Answer
from indicast.forecast import with_predictions
from indicast.infer import Run
from indicast.publish.dossier import PARTS, Table, _alternatives, _priors, _speaking, unhurried
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._row_chart import WIDTH, Axis, Bar, Dot, Row, row_chart
from indicast.publish.dossier._sound import require_sound
from indicast.workspace import read_alternatives

MANIFEST = {
    "as_of": "2024-06",
    "known_at": "2024-06-30",
    "hash": "0123456789abcdef",
    "sampler": {"chains": 2, "tune": 50, "draws": 50, "target_accept": 0.8, "seed": 1},
}


DECLARED = """
[[alternatives]]
id = "near"
name = "tilt a little narrower"
reason = "Weights can tell."
priors.tilt_mean.sigma = 0.45

[[alternatives]]
id = "far"
name = "everything leans"
reason = "Weights cannot tell."
priors.tilt_mean.mu = 9.0
"""


def declare(framework):
    """Write alternatives into a workspace that has nothing else."""
    path = framework.model_file.with_name("alternatives.toml")
    path.parent.mkdir(parents=True)
    path.write_text(DECLARED, encoding="utf-8")


@pytest.fixture(scope="module")
def case(harbour, tmp_path_factory):
    tree = harbour.tree(harbour.draws(5, 1000))
    tree = with_predictions(tree, harbour.framework, harbour.hyperparameters, 1)
    framework = replace(harbour.framework, root=tmp_path_factory.mktemp("elsewhere"))
    declare(framework)
    return Case(framework, harbour.hyperparameters, harbour.ledger, Run(tree, (), MANIFEST), 1)


@pytest.fixture(scope="module")
def sections(case):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_alternatives, "SECONDS", 0.0)
        return {module: module.part(case) for module in (_priors, _speaking, _alternatives)}


def test_every_part_keeps_the_contract_of_sections(sections):
    for module, section in sections.items():
        require_sound(section)
        assert section.id == module.ID
        assert section.conclusion.endswith(".")
        assert section.figures


def test_every_declared_prior_is_in_the_table(case, sections):
    named = {row[0].split("[")[0] for row in sections[_priors].tables[0].rows}
    free = {one.name for one in case.hyperparameters.priors.values() if one.name in case.run.tree["posterior"]}
    assert named == free


def test_draws_of_the_priors_are_told_to_be_prior_only(sections):
    numbers = sections[_priors].data["numbers"]
    said = re.search(r"Of (\d+) numbers with a prior the data left (\d+) where", sections[_priors].conclusion)
    assert int(said[1]) == len(numbers)
    assert int(said[2]) == sum(one["reading"] == "prior-only" for one in numbers.values()) > 0.9 * len(numbers)


def test_printed_parts_add_up(sections):
    data = sections[_speaking].data
    for scenario, now in data["now"].items():
        total = data["even"] + sum(one["points"][scenario] for one in data["parts"].values())
        assert total == pytest.approx(now, abs=1e-9)


def test_every_alternative_has_a_row_and_what_was_not_computed_says_how(case, sections):
    asked = read_alternatives(case.framework)
    rows = {row[0]: row for row in sections[_alternatives].tables[0].rows}
    assert set(rows) == {"as declared", *(one.name for one in asked)}
    not_computed = [row for row in rows.values() if row[-2].startswith("not computed")]
    assert all("indicast diagnose --all" in row[-2] for row in not_computed)
    assert len(not_computed) == 1
    assert sections[_alternatives].verdict == "note"
    assert "1 of 2 were not computed" in sections[_alternatives].conclusion


def test_a_second_dossier_reads_what_the_first_one_saved(case, harbour, tmp_path, monkeypatch):
    framework = replace(harbour.framework, root=tmp_path)
    declare(framework)
    here = replace(case, framework=framework)
    (framework.runs_folder / here.run.id).mkdir(parents=True)
    monkeypatch.setattr(_alternatives, "SECONDS", 0.0)
    first = _alternatives.part(here)
    path = framework.runs_folder / here.run.id / _alternatives.SAVED
    assert path.is_file()
    asked = tuple(one for one in read_alternatives(framework) if first.data["alternatives"][one.id]["now"])
    assert asked
    monkeypatch.setattr(_alternatives, "read_alternatives", lambda _: asked)
    monkeypatch.setattr("indicast.explain._alternative_answers.told", None)
    again = _alternatives.part(here)
    for one in asked:
        assert again.data["alternatives"][one.id] == first.data["alternatives"][one.id]
    path.write_text("{ not json")
    monkeypatch.undo()
    monkeypatch.setattr(_alternatives, "SECONDS", 0.0)
    assert _alternatives.part(here).data == first.data


@pytest.mark.parametrize("module", [_priors, _speaking, _alternatives])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p.isel(chain=[0]), "1 chain"),
        (lambda p: p.isel(draw=slice(0)), "no draws"),
        (lambda p: p.assign(tilt_mean=p["tilt_mean"] * np.nan), "no numbers"),
    ],
)
def test_draws_that_cannot_be_judged_make_no_verdict(case, module, spoil, said):
    groups = {f"/{name}": node.to_dataset() for name, node in case.run.tree.children.items()}
    groups["/posterior"] = spoil(groups["/posterior"])
    broken = replace(case, run=replace(case.run, tree=xr.DataTree.from_dict(groups)))
    with pytest.raises(RunError, match=said):
        module.part(broken)


def test_a_row_chart_escapes_texts_and_stays_within_its_picture():
    axis = Axis(-1.0, 1.0, ((-1.0, "<a>"), (1.0, "b")), "x & y", "n")
    rows = [Row("<script>" * 20, (Bar(-9.0, 9.0),), (Dot(5.0), Dot(-5.0)), "</text>")]
    svg = row_chart("t<", rows, axis, ((0, "<i>"),))
    assert svg == row_chart("t<", rows, axis, ((0, "<i>"),))
    assert "<script" not in svg
    assert "<i>" not in svg
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1])
    for name, limit in (("x", WIDTH), ("cx", WIDTH), ("x1", WIDTH), ("y", height), ("cy", height)):
        places = [float(one) for one in re.findall(rf' {name}="([-\d.]+)"', svg)]
        assert places
        assert min(places) >= 0.0
        assert max(places) <= limit


def test_all_alternatives_are_computed_where_all_are_asked_for(case, monkeypatch):
    given = {}
    monkeypatch.setattr(_alternatives, "_answered", lambda *given_to: given.update(seconds=given_to[2]) or ())
    part = next(one for one in unhurried(PARTS) if one.id == _alternatives.ID)
    assert [one.id for one in unhurried(PARTS)] == [one.id for one in PARTS]
    monkeypatch.setattr(_alternatives, "read_alternatives", lambda _: (None,))
    monkeypatch.setattr(_alternatives, "_table", lambda *_: Table("", (), ()))
    part.make(case)
    assert given == {"seconds": np.inf}


def scaled_as(priors, data):
    return [
        Scaled(name, "up now", value, 0.01, 0.001)
        for name, value in (("chain", priors), ("all priors", priors), ("data", data))
    ]


def test_a_forecast_that_priors_alone_decide_is_named_and_no_pass(case, monkeypatch):
    """A strong prior with silent data is what a sceptic asks for first."""
    assert _priors._alone(scaled_as(0.4, 0.01)) == ["up now"]
    assert _priors._alone(scaled_as(0.4, 0.2)) == _priors._alone(scaled_as(0.01, 0.01)) == []
    assert "the priors alone, with data that hardly count, on 1: up now." in _priors._hangs(
        scaled_as(0.4, 0.01), ("up now",)
    )
    names = _priors.scaled(case.run.tree, case.framework, case.hyperparameters)
    quiet = [replace(one, sensitivity=0.0 if one.component == "data" else 0.4) for one in names]
    monkeypatch.setattr(_priors, "scaled", lambda *_: tuple(quiet))
    assert _priors.part(case).verdict == "note"


def test_flags_are_told_beside_what_luck_would_flag():
    some = [
        Expected(f"i{place}", "count", 9, 5.0, 0.0, 1.0, 4.0, 0.04 if place < 2 else 0.5, 0.05) for place in range(20)
    ]
    assert sum(one.flagged for one in some) == 2
    assert "2 of 20 series of evidence, where luck alone would flag up to 1.0 (p below 0.05" in _speaking._conflicts(
        some
    )


def test_a_lead_within_the_error_is_told_as_too_close(case):
    now = np.array([0.38, 0.52, 0.10])
    found = [
        Answer("a", "a", "weights", (0.46, 0.45, 0.09), (0.01,) * 3),
        Answer("b", "b", "weights", (0.36, 0.54, 0.1), (0.01,) * 3),
    ]
    said = _alternatives._conclusion(case, found, now, ("UP", "FLAT", "DOWN"))
    assert "nothing but FLAT leads in any, and which one does is closer than the error in 1" in said
    assert "closer" not in _alternatives._conclusion(case, found[1:], now, ("UP", "FLAT", "DOWN"))
