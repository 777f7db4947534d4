"""The part on fit says what its checks say, draws the same twice, and passes nothing that it could not decide."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.evaluate import Check, holm
from indicast.infer import Run
from indicast.publish.dossier import _fit as room
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._sound import require_sound


def case_of(world, size=900):
    tree = world.tree(world.draws(71, size))
    return Case(
        world.framework, world.hyperparameters, world.ledger, Run(tree, (), {"as_of": "2024-06", "hash": "0" * 64}), 8
    )


@pytest.fixture(scope="module")
def section(orchard):
    return room.part(case_of(orchard))


def test_the_part_is_sound_and_its_pictures_can_be_read(section):
    require_sound(section)
    assert section.figures
    for figure in section.figures:
        ET.fromstring(figure.svg)  # noqa: S314  # drawn by the package itself
        assert figure.conclusion.endswith(".")
        assert figure.alt


def test_the_verdict_is_that_of_the_raised_p_values(section):
    raised = [one["p_raised"] for one in section.data["checks"] if one["p_raised"] is not None]
    sound = "note" if section.data["doubted_months"] else "pass"
    assert section.verdict == ("fail" if min(raised) < room.LEVEL else sound)
    assert room._finest(len(raised), 900) < room.LEVEL


def test_too_few_things_are_named_and_have_no_p_value(section):
    few = {one["family"] for one in section.data["checks"] if one["p"] is None}
    assert few
    assert all(family in section.conclusion for family in few)


def test_nothing_decided_is_no_pass():
    assert room._verdict({}, 0.0) == "note"
    assert "Nothing could be decided" in room._conclusion([], {}, 0.0, {})


def test_no_pass_where_no_misfit_could_have_shown():
    """Of 300 replicates the smallest two-sided p-value is 2 / 301; raised for 10 checks it is never below .05."""
    checks = [Check("count", f"c{place}", "total", 50, 9.0, 1.0, 0.0, 3.0, 2.0 / 301.0) for place in range(10)]
    raised = dict(zip(checks, holm(np.array([one.p for one in checks])).tolist(), strict=True))
    finest = room._finest(len(checks), 300)
    assert finest == pytest.approx(min(raised.values()))
    assert room._verdict(raised, finest) == "note"
    assert "no pass" in room._conclusion(checks, raised, finest, {})
    assert room._verdict(raised, room._finest(len(checks), 1000)) == "pass"


def test_a_month_that_cannot_be_left_out_is_named_and_keeps_the_part_from_a_pass(orchard, monkeypatch):
    things = room.foreseen(case_of(orchard).run.tree, orchard.framework, orchard.hyperparameters, 8)
    told = {}
    for shape in (0.2, 0.9):
        made = tuple(replace(one, k_hat=shape if one.time == 2 else -np.inf) for one in things)
        monkeypatch.setattr(room, "foreseen", lambda *_, made=made: made)
        told[shape] = room.part(case_of(orchard))
    assert (told[0.2].verdict, told[0.9].verdict) == ("pass", "note")
    (month,) = told[0.9].data["doubted_months"]
    assert f"cannot leave out 1 month, {month} (k-hat 0.90)" in told[0.9].conclusion
    assert f"With {things[0].again.size:,} draws k-hat must stay below 0." in told[0.9].conclusion
    assert "cannot leave out" not in told[0.2].conclusion


def test_a_p_value_that_would_speak_alone_is_named_and_keeps_the_part_from_a_pass(orchard, monkeypatch):
    things = room.foreseen(case_of(orchard).run.tree, orchard.framework, orchard.hyperparameters, 8)
    found = room.predictive_checks(things)
    first = next(one for one in found.checks if one.decided)
    changed = tuple(replace(one, p=0.04) if one is first else one for one in found.checks)
    monkeypatch.setattr(room, "predictive_checks", lambda _: found._replace(checks=changed))
    section = room.part(case_of(orchard))
    assert section.verdict == "note"
    assert "Below 0.05 before it was raised, where luck alone gives" in section.conclusion
    assert "p = 0.040" in section.conclusion


def test_the_same_case_draws_the_same_bytes(harbour):
    first, second = (room.part(case_of(harbour)) for _ in range(2))
    assert first == second


def test_draws_that_are_no_numbers_are_refused(harbour):
    case = case_of(harbour)
    broken = case.run.tree["posterior"].to_dataset().copy(deep=True)
    broken[names.THRESHOLD][0, 0] = np.nan
    groups = {name: node.to_dataset() for name, node in case.run.tree.children.items()} | {"posterior": broken}
    run = Run(xr.DataTree.from_dict(groups), (), case.run.manifest)
    with pytest.raises(RunError, match="threshold that are no numbers"):
        room.part(Case(case.framework, case.hyperparameters, case.ledger, run, 8))
