"""The part on influence names what moves most first, and everything that only a fit could tell."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr

from indicast.explain import Foretold, Influence, LeftOut
from indicast.infer import Run
from indicast.publish.dossier._case import Case
from indicast.publish.dossier._influence import _conclusion, _flips, _foretold, part
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
        one for kind in ("months", "rows", "sources", "publishers") for one in section.data[kind] if not one["trusted"]
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


def test_scores_better_than_with_hindsight_are_told_as_more():
    months = ("2024-01", "2024-02")
    good, bad = np.array([-1.0, -2.0]), np.array([-2.0, -2.5])
    k_hat = np.array([0.9, 0.1])
    assert "0.5 more than with hindsight; 1 month up to 2024-01" in _foretold(Foretold(months, good, bad, k_hat, 0.7))
    assert "last 1 month come to -2.5 in sum, 0.5 less" in _foretold(Foretold(months, bad, good, k_hat, 0.7))
