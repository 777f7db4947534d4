"""The part on influence names what moves most first, and everything that only a fit could tell."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr

from indicast.explain import Foretold, Influence, LeftOut, Refits, scored
from indicast.infer import Run
from indicast.publish.dossier import PARTS, unhurried, with_refits
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._influence import _conclusion, _flips, part
from indicast.publish.dossier._scores import foretold_sentence
from indicast.publish.dossier._sound import require_sound


@pytest.fixture(scope="module")
def section(harbour):
    manifest = {"as_of": "2024-06", "known_at": "2024-06-30", "hash": "0" * 64}
    tree = harbour.tree(harbour.draws(72, 300))
    groups = {name: node.to_dataset() for name, node in tree.children.items()}
    groups["log_likelihood"] = groups["log_likelihood"].assign_coords(time=groups["constant_data"]["time"])
    whole = xr.DataTree.from_dict(groups)
    whole.attrs = tree.attrs
    run = Run(whole, (), manifest)
    return part(Case(harbour.framework, harbour.hyperparameters, harbour.ledger, run, 8))


def test_the_part_is_sound_and_its_pictures_can_be_read(section):
    require_sound(section)
    for figure in section.figures:
        ET.fromstring(figure.svg)  # noqa: S314  # drawn by the package itself
        assert figure.conclusion.endswith(".")


def test_the_first_row_named_is_the_one_that_moves_most(section):
    rows = section.data["rows"]
    sizes = [max(map(abs, row["difference"])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert rows[0]["name"] in section.conclusion
    place = max(range(len(rows[0]["difference"])), key=lambda one: abs(rows[0]["difference"][one]))
    assert f"{100.0 * rows[0]['difference'][place]:+.1f} points" in section.conclusion


def test_whatever_only_a_fit_can_tell_is_named_and_keeps_the_part_from_a_pass(section):
    """Draws of the prior have learned nothing, so some months weigh them beyond what they bear."""
    doubted = [
        one
        for kind in ("months", "rows", "sources", "publishers", "milestones")
        for one in section.data[kind]
        if not one["trusted"]
    ]
    assert doubted
    assert section.verdict == "note"
    assert all(one["name"] in section.conclusion for one in doubted)


def without(label, probability, mcse):
    now = np.array([0.38, 0.52, 0.10])
    left = np.array(probability)
    return LeftOut("month", label, (), left, now - left, np.zeros(3), np.full(3, mcse), 0.2, 0.7)


def test_a_lead_within_the_error_is_not_told_as_a_change_of_lead():
    """Half a point between two scenarios, each with an error of half a point, is no lead."""
    clear, close = without("2024-01", [0.55, 0.35, 0.10], 0.005), without("2024-02", [0.465, 0.460, 0.075], 0.005)
    usual = without("2024-03", [0.36, 0.54, 0.10], 0.005)
    found = Influence(("up", "flat", "down"), np.array([0.38, 0.52, 0.10]), (clear, close, usual), (), (), (), 3)
    assert _flips(found) == ([clear], [close])
    said = _conclusion(found, {}, [])
    assert "Another scenario would lead without month 2024-01" in said
    assert "closer than the Monte Carlo error can tell without month 2024-02" in said
    assert "2024-03" not in said


def test_a_milestone_without_whose_word_another_scenario_would_lead_is_named():
    bridge = replace(without("bridge_built", (0.55, 0.36, 0.09), 0.004), kind="milestone")
    found = Influence(("up", "flat", "down"), np.array([0.38, 0.52, 0.10]), (), (), (), (), 3, (bridge,))
    told = _conclusion(found, {}, ())
    assert "The milestone whose word moves most is bridge_built: up -17.0 points" in told
    assert "Another scenario would lead without milestone bridge_built (up 55.0, flat 36.0 %)." in told


def test_scores_better_than_with_hindsight_are_told_as_more():
    months = ("2024-01", "2024-02")
    good, bad = np.array([-1.0, -2.0]), np.array([-2.0, -2.5])
    k_hat = np.array([0.9, 0.1])
    better, worse = (Foretold(months, *both, k_hat, 0.7) for both in ((good, bad), (bad, good)))
    assert "come to -2.0 in sum, 0.5 more than with hindsight" in foretold_sentence(better, scored(better), "x")
    assert "come to -2.5 in sum, 0.5 less than with hindsight" in foretold_sentence(worse, scored(worse), "x")


def test_no_sum_of_scores_stands_without_the_months_that_were_not_refit():
    months = tuple(f"2024-{month:02d}" for month in range(1, 7))
    k_hat = np.array([1.2, 0.9, 0.2, 0.8, 0.1, -np.inf])
    ahead = Foretold(months, np.full(6, -2.0), np.full(6, -1.5), k_hat, 0.7)
    said = foretold_sentence(ahead, scored(ahead), "harbour")
    assert "2 of 6 months (2024-05 to 2024-06) have log scores that come to -4.0 in sum" in said
    assert "2 months (2024-03 to 2024-04) would need a refit and were not refit, so there is no total" in said
    assert "'indicast diagnose harbour --refits 2'" in said
    assert "2024-01 and 2024-02 come too early for any score" in said


def test_the_elpd_of_single_terms_says_how_many_would_need_a_refit(section):
    text = section.figures[1].conclusion
    loo = section.data["loo"]
    doubtful = [month for month, shape in loo["k_hat"].items() if not shape < loo["limit"]]
    assert f"elpd {loo['elpd']:.1f}" in text
    assert f"of {len(loo['k_hat'])} months {len(doubtful)} would need a refit and" in text


def test_as_many_fits_are_made_as_were_asked_for(monkeypatch):
    """Each fit scores one month here, as its weights are said to bear no more."""
    monkeypatch.setattr(
        "indicast.explain._refitted._carried", lambda refits, first, *_: refits.made.append(first) or [-3.0]
    )
    months = tuple(f"2024-{month:02d}" for month in range(1, 7))
    ahead = Foretold(months, np.full(6, -2.0), np.full(6, -1.5), np.array([1.2, 0.9, 0.8, 0.8, 0.1, 0.0]), 0.7)
    some = scored(ahead, Refits(None, None, None, 1))
    assert some.fits == ("2024-03",)
    assert some.wanting == ("2024-04",)
    whole = scored(ahead, Refits(None, None, None, 9))
    assert whole.fits == ("2024-03", "2024-04")
    assert whole.wanting == ()
    said = foretold_sentence(ahead, whole, "harbour")
    assert "With 2 fits to the first months, foretold from the months before, 4 of 6 months" in said
    assert "refit" not in said


def test_fits_are_made_by_the_part_on_influence_only():
    asked = with_refits(unhurried(PARTS), 3)
    assert [one.id for one in asked] == [one.id for one in PARTS]
    changed = {one.id: one.make.keywords for one, before in zip(asked, PARTS, strict=True) if one != before}
    assert changed == {"influence": {"refits": 3}, "alternatives": {"everything": True}}
