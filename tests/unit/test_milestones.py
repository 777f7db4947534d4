"""Judgements about milestones: one planted fault per rule, and the Beta that each word becomes."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.errors import DataError, WorkspaceError
from indicast.generative import milestone
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"


@pytest.fixture
def root(tmp_path):
    return Path(shutil.copytree(ORCHARD, tmp_path / "orchard"))


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def judgements_file(root):
    return root / "priors" / "orchard" / "milestones.csv"


def priors_file(root):
    return root / "priors" / "orchard" / "hyperparameters.toml"


CELLS = {
    "M001": ("common_press,all,1", "common_mill,all,1", 6, "milestone is 'common_mill'; allowed are border_felled"),
    "M002": ("joint_barn,graft", "joint_barn,peace", 7, "scenario is 'peace'; allowed are all, felling"),
    "M003": ("common_press,all,1,", "common_press,all,0,", 6, "horizon_years is '0'; write a number of years above 0"),
    "M003 zero with digits": ("common_press,all,1,", "common_press,all,0.00,", 6, "horizon_years is '0.00'"),
    "M003 negative": ("common_press,all,1,", "common_press,all,-1,", 6, "horizon_years is '-1'"),
    "M003 words": ("common_press,all,1,", "common_press,all,one,", 6, "horizon_years is 'one'"),
    "M003 blank": ("common_press,all,1,", "common_press,all,,", 6, "horizon_years is ''"),
    "M004": ("1,surely,almanac p. 6,The same", "1,Surely!,almanac p. 6,The same", 6, "word is 'Surely!'; write an id"),
    "M005 source": ("almanac p. 6,Who knows", " ,Who knows", 5, "source is ' '; it may not be blank"),
    "M005 reason": ("almanac p. 6,Who knows", "almanac p. 6,", 5, "reason is ''; it may not be blank"),
}


@pytest.mark.parametrize("name", CELLS)
def test_one_fault_gives_its_code_at_its_line(name, root):
    old, new, line, message = CELLS[name]
    edit(judgements_file(root), old, new)
    with pytest.raises(DataError) as caught:
        load_framework(root, "orchard")
    assert str(caught.value).splitlines()[-1].startswith(f"milestones.csv:{line}: error {name.split()[0]}: {message}")


def test_every_code_of_the_rules_is_planted_here():
    import re

    source = (Path(__file__).parents[2] / "src" / "indicast" / "workspace" / "_milestones.py").read_text()
    assert set(re.findall(r'"(M\d{3})"', source)) == {name.split()[0] for name in CELLS}


INCOMPLETE = {
    "a scenario left out": ("joint_barn,wild,4,hardly,almanac p. 6,No need of it\n", "", "graft, resting, felling"),
    "a scenario twice": ("joint_barn,wild", "joint_barn,felling", "graft, resting, felling, felling"),
    "for all and for one": ("joint_barn,wild", "joint_barn,all", "graft, resting, felling, all"),
    "for all twice": ("common_scale,all", "common_press,all", "all, all"),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_a_milestone_is_judged_once_for_all_or_once_for_each(name, root):
    old, new, judged = INCOMPLETE[name]
    edit(judgements_file(root), old, new)
    with pytest.raises(WorkspaceError, match=rf"milestone \w+ is judged for {judged}; give one row for 'all', or one"):
        load_framework(root, "orchard")


def test_a_column_too_many_or_too_few_is_named(root):
    edit(judgements_file(root), "horizon_years", "horizon_months")
    with pytest.raises(DataError, match=r"lacks horizon_years and has unknown horizon_months; allowed columns are"):
        load_framework(root, "orchard")


# ---- words


def test_a_word_without_numbers_is_named_beside_those_that_have_some(root):
    edit(judgements_file(root), "2,maybe", "2,perhaps")
    with pytest.raises(
        WorkspaceError, match=r"milestones\.csv: word perhaps is not known; .*has hardly, maybe, surely"
    ):
        load_hyperparameters(load_framework(root, "orchard"))


IMPOSSIBLE = ["[3.0, 0.0]", "[-3.0, 5.0]", "[3.0]", "[3.0, 5.0, 1.0]", "3.0", '["3", "5"]', "[true, 5.0]", "[inf, 5.0]"]
IMPOSSIBLE += ["[nan, 5.0]", "{ alpha = 3.0, beta = 5.0 }"]


@pytest.mark.parametrize("value", IMPOSSIBLE)
def test_numbers_that_are_no_beta_distribution_are_refused(value, root):
    edit(priors_file(root), "maybe = [3.0, 5.0]", f"maybe = {value}")
    with pytest.raises(
        WorkspaceError, match=r"constants\.milestone_words\.maybe must be \[alpha, beta\], both above 0"
    ):
        load_hyperparameters(load_framework(root, "orchard"))


def test_words_that_are_no_table_are_refused(root):
    edit(priors_file(root), "value = { surely = [8.0, 2.0], maybe = [3.0, 5.0], hardly = [1.2, 14.0] }", "value = 0.7")
    with pytest.raises(WorkspaceError, match=r"constants\.milestone_words\.value must be a table of words, got 0\.7"):
        load_hyperparameters(load_framework(root, "orchard"))


def test_whole_numbers_are_numbers(root):
    edit(priors_file(root), "maybe = [3.0, 5.0]", "maybe = [3, 5]")
    prior = load_hyperparameters(load_framework(root, "orchard")).priors[names.MILESTONE_CHANCE]
    assert prior.arguments["alpha"].tolist() == [8.0, 8.0, 3.0, 1.2, 1.2, 3.0, 1.2, 3.0, 8.0, 3.0]


def test_the_prior_of_every_judgement_is_the_beta_of_its_word():
    framework = load_framework(ORCHARD, "orchard")
    hyperparameters = load_hyperparameters(framework)
    prior, words = hyperparameters.priors[names.MILESTONE_CHANCE], {"surely": (8, 2), "maybe": (3, 5)}
    words["hardly"] = (1.2, 14)
    assert (prior.distribution, prior.dims) == ("Beta", (names.JUDGEMENT,))
    found = zip(prior.arguments["alpha"], prior.arguments["beta"], strict=True)
    assert list(found) == [words[one.word] for one in framework.judgements]
    constant = hyperparameters.constants["milestone_words"]
    assert (prior.source, prior.reason) == (constant.source, constant.reason)


# ---- order and labels


LABELS = (
    "common_press:all",
    *("joint_barn:graft", "joint_barn:resting", "joint_barn:felling", "joint_barn:wild"),
    "common_scale:all",
    *("border_felled:graft", "border_felled:resting", "border_felled:felling", "border_felled:wild"),
)


def test_judgements_stand_in_the_declared_order_of_milestones_and_scenarios():
    framework = load_framework(ORCHARD, "orchard")
    coords = load_hyperparameters(framework).coords
    assert coords[names.JUDGEMENT] == LABELS
    assert coords[names.MILESTONE] == ("common_press", "joint_barn", "common_scale", "border_felled")
    assert coords[names.SHARED_MILESTONE] == ("common_press", "common_scale")
    assert [one.horizon_years for one in framework.judgements] == [1, 2, 4, 4, 4, 2, 3, 3, 2.5, 3]
    assert milestone.shared(framework) == [0, 2]
    assert milestone.owners(framework).tolist() == [[0] * 4, [1, 2, 3, 4], [5] * 4, [6, 7, 8, 9]]


def test_the_order_of_lines_does_not_matter(root):
    before = load_framework(root, "orchard").judgements
    first, *rest = judgements_file(root).read_text(encoding="utf-8").splitlines()
    judgements_file(root).write_text("\n".join([first, *reversed(rest)]) + "\n", encoding="utf-8")
    assert load_framework(root, "orchard").judgements == before


def test_a_milestone_that_nobody_judged_is_no_evidence():
    framework = load_framework(ORCHARD, "orchard")
    assert [one.id for one in framework.declaration.milestones][-1] == "old_wall_down"
    assert "old_wall_down" not in {one.milestone for one in framework.judgements}


def test_without_judgements_there_is_no_family_and_its_numbers_are_refused(root):
    judgements_file(root).unlink()
    framework = load_framework(root, "orchard")
    assert framework.judgements == ()
    assert "milestone" not in framework.families
    with pytest.raises(WorkspaceError, match=r"priors entry milestone_clarity, milestone_shift is not known"):
        load_hyperparameters(framework)


def test_without_a_judgement_for_all_a_shift_is_a_dead_number(root):
    path = judgements_file(root)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if ",all," not in line) + "\n", encoding="utf-8")
    framework = load_framework(root, "orchard")
    with pytest.raises(WorkspaceError, match=r"priors entry milestone_shift is not known"):
        load_hyperparameters(framework)
    text = priors_file(root).read_text(encoding="utf-8")
    start = text.index("[priors.milestone_shift]")
    priors_file(root).write_text(text[:start] + text[text.index("[", start + 1) :], encoding="utf-8")
    hyperparameters = load_hyperparameters(framework)
    draws = {
        name: prior.sample(np.random.default_rng(1), 3)
        for name, prior in hyperparameters.priors.items()
        if name in {names.MILESTONE_CHANCE, names.MILESTONE_CLARITY}
    }
    assert milestone.milestone_rate(draws, framework).shape == (3, 2, 4)
