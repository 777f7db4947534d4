"""What is said of labels is what the additive index says, and a sound table is left alone."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from indicast.elicit import label_findings
from indicast.errors import WorkspaceError
from indicast.workspace import load_framework

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
MARK = {"+": 1, "=": 0, "-": -1}


@pytest.fixture
def jetty():
    return load_framework(FIXTURES / "jetty", "jetty")


@pytest.fixture
def harbour():
    return load_framework(FIXTURES / "harbour", "harbour")


def with_lint(framework, **given):
    lint = type(framework.declaration.lint).model_validate(given | {"reason": "a test"})
    return replace(framework, declaration=framework.declaration.model_copy(update={"lint": lint}))


def with_marks(framework, *rows):
    marks = np.array([[MARK[mark] for mark in row] for row in rows])
    return replace(framework, table=replace(framework.table, marks=marks, expected=marks))


def codes(framework):
    return [finding.code for finding in label_findings(framework)]


def band(framework, share):
    lexicon = framework.declaration.lexicons[0]
    return sum(share >= one.low for one in lexicon.bands[1:])


def flips(framework):
    """Count by hand the changes of one mark that put a scenario's net share into another band."""
    marks = framework.table.marks
    count = [0] * marks.shape[1]
    for i, k, mark in product(range(len(marks)), range(marks.shape[1]), MARK.values()):
        column = marks[:, k].copy()
        before = band(framework, max(column.sum() / len(column), 0))
        column[i] = mark
        count[k] += band(framework, max(column.sum() / len(column), 0)) != before
    return count


def test_the_flagship_says_what_the_paper_leaves_out():
    found = label_findings(load_framework(ROOT, "belarus_russia"))
    assert [(f.code, f.place) for f in found] == [
        ("T108", "table.csv"),
        ("T110", "table.csv:2"),
        ("T110", "table.csv:3"),
        ("T111", "table.csv:2"),
    ]
    assert "the shares of + sum to 157.1 % and the net shares above 0 to 114.3 %" in found[0].message
    assert found[1].message.startswith("strengthening: 25 of 28 changes of one mark")
    assert found[2].message.startswith("status_quo: 11 of 28 changes of one mark")


@pytest.mark.parametrize("name", ["harbour", "orchard", "mill", "jetty"])
def test_fragile_labels_are_those_that_flip_when_counted_by_hand(name):
    framework = load_framework(FIXTURES / name, name)
    by_hand = [
        f"{who}: {count} of {2 * len(framework.table.marks)} changes of one mark give it another label"
        for who, count in zip(framework.judged, flips(framework), strict=True)
        if count
    ]
    assert [f.message for f in label_findings(framework) if f.code == "T110"] == by_hand


def test_twenty_rows_that_agree_have_no_finding(jetty):
    # 20 of 20 for one and none for the other: shares of 1 and 0, a mark or two from any other band.
    assert codes(with_marks(jetty, *["+-"] * 20)) == []


def test_shares_that_sum_to_more_than_one_are_found(jetty, harbour):
    # Two words for a half or more are those of a half and a half; four for .6 or more are nobody's.
    assert codes(with_marks(jetty, *["++"] * 20)) == ["T108"]
    assert codes(with_marks(harbour, *["++++"] * 20)) == ["T108", "T109"]


def test_shares_that_sum_to_less_than_one_are_found(jetty):
    assert codes(with_marks(jetty, *["--"] * 20)) == ["T108", "T109"]


def test_a_residual_scenario_may_have_what_the_others_leave(jetty):
    scenarios = (*jetty.declaration.scenarios, jetty.declaration.scenarios[0].model_copy(update={"residual": True}))
    framework = replace(jetty, declaration=jetty.declaration.model_copy(update={"scenarios": scenarios}))
    assert codes(with_marks(framework, *["--"] * 20)) == []
    assert codes(with_marks(framework, *["++"] * 20)) == ["T108"]


def test_an_error_that_reaches_another_word_is_found_only_if_it_is_declared():
    flagship = load_framework(ROOT, "belarus_russia")
    found = [f for f in label_findings(with_lint(flagship, label_error=0.05)) if f.code == "T111"]
    assert [(f.place, f.message) for f in found] == [
        ("table.csv:2", "strengthening: 78.6 ± 5 % has more than one label")
    ]
    assert not [f for f in label_findings(with_lint(flagship, label_error=0.03)) if f.code == "T111"]


PRINTED = {"strengthening": "highly likely", "status_quo": "not to be ruled out", "split": "unlikely"}


def test_printed_labels_that_the_net_share_gives_change_nothing():
    flagship = load_framework(ROOT, "belarus_russia")
    assert label_findings(with_lint(flagship, printed_labels=PRINTED)) == label_findings(with_lint(flagship))


def test_printed_labels_that_no_rule_gives_are_found():
    printed = PRINTED | {"split": "highly likely"}
    found = label_findings(with_lint(load_framework(ROOT, "belarus_russia"), printed_labels=printed))
    assert next((f.code, f.place) for f in found) == ("T112", "model.toml")
    # .75 + .25 + .75: these words belong to no distribution either.
    assert "sum to between 175 and 250 %" in next(f.message for f in found if f.code == "T109")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("used = 'surely'", "must name given_up, used, got used"),
        ("used = 'surely'\ngiven_up = 'never ever'", "'never ever' is not known; allowed are hardly"),
    ],
)
def test_printed_labels_are_words_of_the_lexicon_for_all_scenarios(printed, said, tmp_path):
    import shutil

    root = shutil.copytree(FIXTURES / "jetty", tmp_path / "jetty")
    path = root / "models" / "jetty" / "model.toml"
    path.write_text(path.read_text("utf-8") + f"\n[lint.printed_labels]\n{printed}\n", "utf-8")
    with pytest.raises(WorkspaceError, match=said):
        load_framework(root, "jetty")
