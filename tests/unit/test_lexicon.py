"""Every probability has exactly one band, and its word never contradicts its number."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.elicit._lexicon import band_for, band_positions, band_probabilities, word_for, word_with_band
from indicast.errors import DataError, IndicastError
from indicast.workspace import Lexicon, shipped_lexicons

pytestmark = pytest.mark.unit

FOUR = (("unlikely", 0.0, 0.25), ("possible", 0.25, 0.5), ("likely", 0.5, 0.75), ("highly likely", 0.75, 1.0))
SEVEN = (
    ("remote", 0.0, 0.05),
    ("very unlikely", 0.05, 0.2),
    ("unlikely", 0.2, 0.45),
    ("roughly even", 0.45, 0.55),
    ("likely", 0.55, 0.8),
    ("very likely", 0.8, 0.95),
    ("almost certain", 0.95, 1.0),
)


def lexicon_of(bands):
    """Return a lexicon from (word, low, high)."""
    rows = [{"word": word, "low": low, "high": high} for word, low, high in bands]
    return Lexicon(id="words", name="Words", source="a test", bands=rows)


@pytest.fixture
def four():
    return lexicon_of(FOUR)


@st.composite
def lexicons(draw):
    inner = draw(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=8, unique=True))
    edges = [0.0, *sorted(inner), 1.0]
    return lexicon_of([(f"word {i}", low, high) for i, (low, high) in enumerate(pairwise(edges))])


@given(lexicon=lexicons(), probability=st.floats(0.0, 1.0))
def test_every_probability_has_exactly_one_band(lexicon, probability):
    last = lexicon.bands[-1]
    holding = [b for b in lexicon.bands if b.low <= probability < b.high or (b is last and probability == 1.0)]
    assert holding == [band_for(lexicon, probability)]


@given(lexicon=lexicons(), data=st.data())
def test_a_boundary_belongs_to_the_band_above_it(lexicon, data):
    lower = data.draw(st.integers(0, len(lexicon.bands) - 2))
    edge = lexicon.bands[lower].high
    assert band_for(lexicon, edge) == lexicon.bands[lower + 1]
    assert band_for(lexicon, math.nextafter(edge, 0.0)) == lexicon.bands[lower]


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "unlikely"),
        (math.nextafter(0.25, 0), "unlikely"),
        (0.25, "possible"),
        (math.nextafter(0.5, 0), "possible"),
        (0.5, "likely"),
        (math.nextafter(0.75, 0), "likely"),
        (0.75, "highly likely"),
        (1.0, "highly likely"),
    ],
)
def test_exact_boundaries_have_the_declared_word(four, probability, word):
    assert word_for(four, probability) == word


@pytest.mark.parametrize(("probability", "word"), [(0.05, "very unlikely"), (0.45, "roughly even"), (0.55, "likely")])
def test_boundaries_that_are_no_binary_fraction_are_exact_too(probability, word):
    assert word_for(lexicon_of(SEVEN), probability) == word


@pytest.mark.parametrize("probability", [-1e-12, 1.0 + 1e-12, 62.0, -math.inf, math.inf, math.nan])
def test_what_is_no_probability_is_refused_with_the_allowed_range(four, probability):
    with pytest.raises(
        DataError, match=r"lexicon words: .* is no probability; allowed are numbers from 0 to 1"
    ) as caught:
        word_for(four, probability)
    assert isinstance(caught.value, IndicastError)
    assert isinstance(caught.value, ValueError)


def test_a_percentage_is_refused_with_the_remedy(four):
    with pytest.raises(DataError, match=r"62\.0 is no probability; .*divide a percentage by 100"):
        word_with_band(four, 62.0)


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.62, "62 % (likely, 50-75 %)"),
        (0.0, "0 % (unlikely, 0-25 %)"),
        (1.0, "100 % (highly likely, 75-100 %)"),
        (0.75, "75 % (highly likely, 75-100 %)"),
        (0.749, "74.9 % (likely, 50-75 %)"),
        (math.nextafter(0.75, 0), "74.999 % (likely, 50-75 %)"),
        (0.001, "0.1 % (unlikely, 0-25 %)"),
        (0.999, "99.9 % (highly likely, 75-100 %)"),
        (0.9999999, "99.999 % (highly likely, 75-100 %)"),
    ],
)
def test_number_word_and_band_stand_in_one_text(four, probability, text):
    assert word_with_band(four, probability) == text


def test_edges_are_printed_without_binary_noise():
    assert word_with_band(lexicon_of(SEVEN), 0.5) == "50 % (roughly even, 45-55 %)"


@given(lexicon=lexicons(), probability=st.floats(0.0, 1.0))
def test_the_printed_number_is_near_and_certain_only_when_the_probability_is(lexicon, probability):
    printed = float(word_with_band(lexicon, probability).split(" %")[0]) / 100
    assert abs(printed - probability) <= 0.005 + 1e-12
    assert printed < 1.0 or probability == 1.0


def test_shares_of_draws_count_each_draw_once(four):
    draws = np.array([[0.1, 0.25, 0.3], [0.5, 0.76, 1.0]])
    assert band_probabilities(four, draws).tolist() == pytest.approx([1 / 6, 2 / 6, 1 / 6, 2 / 6])


def test_a_band_without_draws_has_share_zero(four):
    assert band_probabilities(four, np.array([0.9])).tolist() == [0.0, 0.0, 0.0, 1.0]


@given(lexicon=lexicons(), draws=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_shares_of_draws_agree_with_the_word_of_each_draw(lexicon, draws):
    words = [word_for(lexicon, draw) for draw in draws]
    expected = [words.count(band.word) / len(draws) for band in lexicon.bands]
    assert band_probabilities(lexicon, np.array(draws)).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("draws", [[0.2, math.nan], [0.2, 1.5]])
def test_one_bad_draw_refuses_the_whole_set(four, draws):
    with pytest.raises(DataError, match="is no probability"):
        band_probabilities(four, np.array(draws))


def test_no_draws_are_refused(four):
    with pytest.raises(DataError, match="lexicon words: no draws were given"):
        band_probabilities(four, np.array([]))


def test_positions_keep_the_shape_of_the_probabilities(four):
    assert band_positions(four, np.array([[0.1, 0.6], [0.3, 0.9]])).tolist() == [[0, 2], [1, 3]]


SHIPPED = {one.id: one for one in shipped_lexicons()}
BOUNDARIES = {
    "ssd": [(0.25, "unlikely", "possible"), (0.5, "possible", "likely"), (0.75, "likely", "highly likely")],
    "icd203": [
        (0.05, "almost no chance", "very unlikely"),
        (0.2, "very unlikely", "unlikely"),
        (0.45, "unlikely", "roughly even chance"),
        (0.55, "roughly even chance", "likely"),
        (0.8, "likely", "very likely"),
        (0.95, "very likely", "almost certain"),
    ],
    # The middles of the gaps that the yardstick leaves on purpose.
    "phia": [
        (0.075, "remote chance", "highly unlikely"),
        (0.225, "highly unlikely", "unlikely"),
        (0.375, "unlikely", "realistic possibility"),
        (0.525, "realistic possibility", "likely"),
        (0.775, "likely", "highly likely"),
        (0.925, "highly likely", "almost certain"),
    ],
}


@pytest.mark.parametrize(
    ("name", "edge", "below", "above"), [(n, *row) for n, rows in BOUNDARIES.items() for row in rows]
)
def test_each_boundary_of_a_shipped_lexicon_has_the_upper_word_and_what_lies_below_it_the_lower(
    name, edge, below, above
):
    assert word_for(SHIPPED[name], edge) == above
    assert word_for(SHIPPED[name], edge - 1e-9) == below


def test_every_boundary_of_the_shipped_lexicons_is_tried():
    tried = {name: tuple(edge for edge, _, _ in rows) for name, rows in BOUNDARIES.items()}
    assert tried == {name: pytest.approx(one.boundaries) for name, one in SHIPPED.items()}


@pytest.mark.parametrize(
    ("name", "probability", "text"),
    [
        ("phia", 0.05, "5 % (nearest to remote chance, 0-5 %)"),
        ("phia", 0.0749, "7 % (nearest to remote chance, 0-5 %)"),
        ("phia", 0.1, "10 % (highly unlikely, 10-20 %)"),
        ("phia", 0.37, "37 % (nearest to unlikely, 25-35 %)"),
        ("phia", 0.38, "38 % (nearest to realistic possibility, 40-50 %)"),
        ("phia", 0.398, "39.8 % (nearest to realistic possibility, 40-50 %)"),
        ("phia", 0.4, "40 % (realistic possibility, 40-50 %)"),
        ("phia", 0.5, "50 % (nearest to realistic possibility, 40-50 %)"),
        ("phia", 0.53, "53 % (nearest to likely, 55-75 %)"),
        ("phia", 0.78, "78 % (nearest to highly likely, 80-90 %)"),
        ("phia", 1.0, "100 % (almost certain, 95-100 %)"),
        ("icd203", 0.001, "0.1 % (nearest to almost no chance, 1-5 %)"),
        ("icd203", 0.01, "1 % (almost no chance, 1-5 %)"),
        ("icd203", 0.99, "99 % (almost certain, 95-99 %)"),
        ("icd203", 0.995, "99.5 % (nearest to almost certain, 95-99 %)"),
        ("ssd", 0.78, "78 % (highly likely, 75-100 %)"),
        ("icd203", 0.78, "78 % (likely, 55-80 %)"),
    ],
)
def test_a_number_in_a_gap_stands_with_the_nearest_word_and_says_so(name, probability, text):
    assert word_with_band(SHIPPED[name], probability) == text


@given(name=st.sampled_from(sorted(SHIPPED)), probability=st.floats(0.0, 1.0))
def test_no_other_band_of_a_shipped_lexicon_is_nearer(name, probability):
    def away(band):
        return max(band.low - probability, probability - band.high, 0.0)

    lexicon = SHIPPED[name]
    assert away(band_for(lexicon, probability)) <= min(map(away, lexicon.bands)) + 1e-12
    assert 0.0 <= float(word_with_band(lexicon, probability).split(" %")[0]) <= 100.0
