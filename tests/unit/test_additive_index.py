"""The additive index: a published table is recomputed, and every rule agrees with exact fractions."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.elicit import (
    ADDITIVE_RULES,
    additive_rules,
    counts,
    flat_rows,
    label_flips,
    label_matches,
    label_survival,
    labels,
    straddles,
)
from indicast.errors import DataError, WorkspaceError
from indicast.workspace import Lexicon

pytestmark = pytest.mark.unit

MARK = {"+": 1, "=": 0, "-": -1}
# Table No 3 of a policy paper of 2021: strengthening, status quo, split
PAPER = "+=- +-- +-- +++ +-- ++- ++- =+- ++= =+= ++- === +=+ +++"
# the words of the same paper, in its text on each scenario
PAPER_LABELS = ("highly likely", "not to be ruled out", "unlikely")
WORDS = {"U": "unlikely", "N": "not to be ruled out", "L": "likely", "H": "highly likely"}


def array_of(rows):
    """Return marks with dims (indicator, scenario) from text such as ``+= --``."""
    return np.array([[MARK[mark] for mark in row] for row in rows.split()])


@pytest.fixture
def paper():
    return array_of(PAPER)


@pytest.fixture(scope="module")
def quarters():
    edges = [0.0, 0.25, 0.5, 0.75, 1.0]
    bands = [{"word": w, "low": a, "high": b} for w, a, b in zip(WORDS.values(), edges, edges[1:], strict=False)]
    return Lexicon(id="quarters", name="Quarters", source="a test", bands=bands)


tables = st.tuples(st.integers(1, 7), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.sampled_from([-1, 0, 1]), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


def exact_rules(table):
    """Return every rule as exact fractions, None where it is 0/0: the formulas in another form."""
    size = len(table)
    columns = list(zip(*table, strict=True))
    plus = [column.count(1) for column in columns]
    minus = [column.count(-1) for column in columns]
    floor = [max(p - m, 0) for p, m in zip(plus, minus, strict=True)]
    net = [Fraction(sum(column), size) for column in columns]

    def over(parts, wholes):
        return [Fraction(part, whole) if whole else None for part, whole in zip(parts, wholes, strict=True)]

    return {
        "net_share": net,
        "net_share_floored": [max(value, Fraction(0)) for value in net],
        "plus_share": [Fraction(p, size) for p in plus],
        "half_neutral_share": [(1 + value) / 2 for value in net],
        "plus_of_decided": over(plus, [p + m for p, m in zip(plus, minus, strict=True)]),
        "not_minus_share": [1 - Fraction(m, size) for m in minus],
        "plus_over_scenarios": over(plus, [sum(plus)] * len(plus)),
        "net_over_scenarios": over(floor, [sum(floor)] * len(floor)),
    }


def test_the_papers_marks_are_counted_as_its_text_says(paper):
    found = counts(paper)
    assert found.plus.tolist() == [11, 8, 3]
    assert found.neutral.tolist() == [3, 3, 3]
    assert found.minus.tolist() == [0, 3, 8]
    assert found.net.tolist() == [11, 5, -5]
    assert found.total.tolist() == [14, 14, 14]


@pytest.mark.parametrize(
    ("rule", "percent", "words"),
    [
        ("net_share", [78.57, 35.71, -35.71], "HNU"),
        ("net_share_floored", [78.57, 35.71, 0.0], "HNU"),
        ("plus_share", [78.57, 57.14, 21.43], "HLU"),
        ("half_neutral_share", [89.29, 67.86, 32.14], "HLN"),
        ("plus_of_decided", [100.0, 72.73, 27.27], "HLN"),
        ("not_minus_share", [100.0, 78.57, 42.86], "HHN"),
        ("plus_over_scenarios", [50.0, 36.36, 13.64], "LNU"),
        ("net_over_scenarios", [68.75, 31.25, 0.0], "LNU"),
    ],
)
def test_each_rule_gives_the_papers_table_its_own_figures_and_words(paper, quarters, rule, percent, words):
    index = additive_rules(paper)[rule]
    assert (100 * index).round(2).tolist() == percent
    assert labels(index, quarters) == tuple(WORDS[word] for word in words)


def test_only_the_net_share_with_or_without_a_floor_gives_the_papers_words(paper, quarters):
    assert label_matches(paper, PAPER_LABELS, quarters) == ("net_share", "net_share_floored")


@given(table=tables)
def test_a_floor_at_zero_never_changes_a_word(quarters, table):
    index = additive_rules(np.array(table))
    assert labels(index["net_share"], quarters) == labels(index["net_share_floored"], quarters)


def test_one_changed_mark_flips_the_papers_words_in_25_and_11_and_no_cases_of_28(paper, quarters):
    assert 2 * len(paper) == 28
    assert label_flips(paper, "net_share", quarters).tolist() == [25, 11, 0]


def test_five_points_either_way_straddle_a_boundary_for_the_first_scenario_only(paper, quarters):
    index = additive_rules(paper)["net_share"]
    assert (100 * (index - 0.05)).round(1).tolist() == [73.6, 30.7, -40.7]
    assert (100 * (index + 0.05)).round(1).tolist() == [83.6, 40.7, -30.7]
    assert straddles(index, 0.05, quarters).tolist() == [True, False, False]


@pytest.mark.parametrize(("mistake", "percent"), [(0.05, 41.854), (0.10, 18.577), (0.20, 4.231)])
def test_the_papers_words_outlive_random_mistakes_as_seldom_as_stated(paper, quarters, mistake, percent):
    assert round(100 * label_survival(paper, mistake, quarters).jointly, 3) == percent


def test_three_rows_of_the_paper_tell_nothing_apart(paper):
    assert np.flatnonzero(flat_rows(paper)).tolist() == [3, 11, 13]


@given(table=tables)
def test_every_rule_is_the_exact_fraction_rounded_once(table):
    index = additive_rules(np.array(table))
    exact = exact_rules(table)
    assert tuple(index) == tuple(exact) == ADDITIVE_RULES
    for rule, values in exact.items():
        expected = [float("nan") if value is None else float(value) for value in values]
        np.testing.assert_array_equal(index[rule], expected, err_msg=rule)


@pytest.mark.parametrize(("edge", "rows"), [(0.55, 20), (0.2, 5), (0.45, 20), (0.05, 20), (0.8, 10), (0.95, 20)])
def test_a_share_on_a_boundary_has_the_word_above_it(edge, rows):
    bands = [{"word": "below", "low": 0.0, "high": edge}, {"word": "above", "low": edge, "high": 1.0}]
    lexicon = Lexicon(id="two", name="Two", source="a test", bands=bands)
    marks = np.zeros((rows, 1), dtype=int)
    marks[: round(edge * rows)] = 1
    assert labels(additive_rules(marks)["plus_share"], lexicon) == ("above",)


def test_a_negative_net_share_has_the_lowest_word(quarters):
    assert labels(np.array([-1.0, -0.01, 0.0]), quarters) == ("unlikely",) * 3


def test_a_rule_that_divides_nothing_by_nothing_has_no_word(quarters):
    index = additive_rules(array_of("=+ =+"))
    assert labels(index["plus_of_decided"], quarters) == (None, "highly likely")
    assert np.isnan(additive_rules(array_of("== =="))["plus_over_scenarios"]).all()


def test_a_label_that_no_rule_gives_matches_nothing(paper, quarters):
    assert label_matches(paper, ("unlikely", "unlikely", "highly likely"), quarters) == ()


@given(table=tables, data=st.data())
def test_scenarios_are_counted_apart_from_each_other_in_any_order(table, data):
    order = data.draw(st.permutations(range(len(table[0]))))
    marks = np.array(table)
    for rule in ADDITIVE_RULES:
        np.testing.assert_array_equal(additive_rules(marks[:, order])[rule], additive_rules(marks)[rule][order])


@pytest.mark.parametrize("rule", ADDITIVE_RULES)
def test_flips_agree_with_relabelling_every_changed_table(quarters, rule):
    marks = array_of("+-= ++- =+- +=-")
    before = labels(additive_rules(marks)[rule], quarters)
    flips = [0, 0, 0]
    for row, scenario, mark in itertools.product(range(4), range(3), (-1, 0, 1)):
        changed = marks.copy()
        changed[row, scenario] = mark
        flips[scenario] += labels(additive_rules(changed)[rule], quarters)[scenario] != before[scenario]
    assert label_flips(marks, rule, quarters).tolist() == flips


def test_survival_agrees_with_the_sum_over_every_possible_misreading(quarters):
    marks, mistake = array_of("+- ++ =- +="), 0.17
    by_scenario = []
    for column in marks.T:
        kept = 0.0
        now = labels(np.array([column.mean()]), quarters)
        for reading in itertools.product((-1, 0, 1), repeat=len(column)):
            wrong = int((np.array(reading) != column).sum())
            same = labels(np.array([np.mean(reading)]), quarters) == now
            kept += same * (mistake / 2) ** wrong * (1 - mistake) ** (len(column) - wrong)
        by_scenario.append(kept)
    survival = label_survival(marks, mistake, quarters)
    # 81 terms of size below 1: rounding stays under 1e-14; a redraw among all three marks would miss by .05
    assert survival.by_scenario.tolist() == pytest.approx(by_scenario, abs=1e-13)
    assert survival.jointly == pytest.approx(by_scenario[0] * by_scenario[1], abs=1e-13)


def test_without_mistakes_every_label_survives(paper, quarters):
    assert label_survival(paper, 0.0, quarters).jointly == 1.0


@given(table=tables, mistake=st.floats(0.0, 1.0))
def test_survival_is_a_probability_that_no_scenario_exceeds(quarters, table, mistake):
    survival = label_survival(np.array(table), mistake, quarters)
    assert ((survival.by_scenario >= 0.0) & (survival.by_scenario <= 1.0)).all()
    assert 0.0 <= survival.jointly <= survival.by_scenario.min()


def test_an_error_that_ends_on_a_boundary_reaches_the_band_above_but_not_the_one_below(quarters):
    assert straddles(np.array([0.625, 0.875]), 0.125, quarters).tolist() == [True, False]


def test_an_error_beyond_zero_or_one_stays_in_the_outer_bands(quarters):
    assert straddles(np.array([0.05, 0.98]), 0.1, quarters).tolist() == [False, False]


def test_results_do_not_change_the_marks_that_were_given(paper, quarters):
    before = paper.copy()
    paper.setflags(write=False)
    label_flips(paper, "net_share", quarters)
    label_survival(paper, 0.1, quarters)
    np.testing.assert_array_equal(paper, before)


@pytest.mark.parametrize("marks", [np.array([1, 0]), np.zeros((0, 3)), np.zeros((2, 2, 2))])
def test_marks_of_another_shape_are_refused(marks):
    with pytest.raises(WorkspaceError, match=r"marks have shape .* dims \(indicator, scenario\)"):
        counts(marks)


@pytest.mark.parametrize("value", [2.0, 0.5, float("nan")])
def test_a_mark_of_another_value_is_refused(value):
    with pytest.raises(WorkspaceError, match="allowed are -1, 0 and 1"):
        counts(np.array([[1.0, value]]))


def test_an_unknown_rule_is_refused_with_the_known_ones(paper, quarters):
    with pytest.raises(WorkspaceError, match=r"'median' is no additive rule; there are: .*net_share"):
        label_flips(paper, "median", quarters)


def test_labels_that_do_not_fit_the_scenarios_are_refused(paper, quarters):
    with pytest.raises(WorkspaceError, match="2 labels for 3 scenarios"):
        label_matches(paper, PAPER_LABELS[:2], quarters)


def test_a_label_outside_the_lexicon_is_refused_with_its_words(paper, quarters):
    with pytest.raises(WorkspaceError, match="'maybe' is no word of lexicon quarters; there are: highly likely"):
        label_matches(paper, ("maybe", "likely", "likely"), quarters)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_an_error_or_mistake_outside_zero_to_one_is_refused(paper, quarters, share):
    with pytest.raises(DataError, match=r"error is .* fractions from 0 to 1"):
        straddles(np.array([0.5]), share, quarters)
    with pytest.raises(DataError, match=r"mistake is .* fractions from 0 to 1"):
        label_survival(paper, share, quarters)


def test_an_index_above_one_is_refused(quarters):
    with pytest.raises(DataError, match="is no probability"):
        labels(np.array([1.2]), quarters)
