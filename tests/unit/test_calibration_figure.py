"""The certificate's picture is small, the same every time, and shows the worst."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from indicast.evaluate import calibration_figure
from indicast.evaluate._calibration_figure import SHOWN, shown_quantities
from indicast.evaluate._state_calibration import state_bins
from indicast.evaluate._trial import WHENS

SIMULATIONS = 300
NAMES = ["log likelihood", "persistence", "a_name_of_a_quantity_that_is_much_too_long[for_a_title]"]
NAMES += [f"quantity {n}" for n in range(20)]


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(1)
    fractions = {name: rng.random(SIMULATIONS) for name in NAMES}
    quantities = [{"name": name, "p": 1.0 / (2 + place)} for place, name in enumerate(NAMES)]
    chance = rng.dirichlet([1.0, 1.0, 1.0], SIMULATIONS)
    true = (rng.random((SIMULATIONS, 1)) > chance.cumsum(axis=1)).sum(axis=1)
    bins = [
        state_bins(when, name, chance[:, place], true == place)
        for when in WHENS
        for place, name in enumerate(("a", "b", "c"))
    ]
    states = [{name: getattr(one, name) for name in one.__slots__} for found in bins for one in found]
    content = {"quantities": quantities, "states": states}
    return content, fractions, calibration_figure(content, fractions)


def test_it_is_one_small_well_formed_file(drawn):
    text = drawn[2]
    assert len(text.encode()) < 300_000
    assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314  # our own text
    assert not re.search(r"<image|<script|xlink:href=.http", text)


def test_the_same_simulations_draw_the_same_file(drawn):
    content, fractions, text = drawn
    assert calibration_figure(content, fractions) == text


def test_it_shows_representative_quantities_and_the_worst_of_the_others(drawn):
    content, fractions, text = drawn
    shown = shown_quantities(content, tuple(fractions))
    assert shown[:2] == ["log likelihood", "persistence"]
    assert shown[2:] == [f"quantity {n}" for n in range(19, 19 - SHOWN + 2, -1)]
    for title in shown:
        assert title in text
    for when in WHENS:
        assert f"scenarios {when}" in text


def test_a_model_without_the_representative_ones_is_drawn_too():
    content = {"quantities": [{"name": "only", "p": 0.5}], "states": []}
    assert "only" in calibration_figure(content, {"only": np.random.default_rng(2).random(20)})
