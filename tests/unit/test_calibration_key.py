"""The key changes with whatever a certificate vouches for, and with nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import indicast
from indicast.elicit import load_hyperparameters
from indicast.evaluate._calibration_key import CODE, OTHER_CODE, bare_code, calibration_key, code_digest
from indicast.workspace import load_framework

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
MODEL, PRIORS = "models/harbour/model.toml", "priors/harbour/hyperparameters.toml"
TABLE = "priors/harbour/table.csv"


@pytest.fixture
def key_of(tmp_path):
    """Return a function from an edit of one file to the key of the edited workspace."""

    def call(file="", old="", new=""):
        root = tmp_path / "workspace"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(HARBOUR, root)
        if file:
            text = (root / file).read_text(encoding="utf-8")
            assert old in text
            (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        framework = load_framework(root, "harbour")
        return calibration_key(framework, load_hyperparameters(framework))

    return call


SAME = {
    "a reason": (PRIORS, 'reason = "Shocks fade within months."', 'reason = "They do."'),
    "a name": (MODEL, 'name = "Joint convoys"', 'name = "Convoys together"'),
    "a gate": (MODEL, "ess_bulk_min = 300", "ess_bulk_min = 301"),
    "settings of the sampler": (MODEL, "tune = 500", "tune = 600"),
    "a verbal band": (MODEL, 'word = "hardly"', 'word = "barely"'),
    "a descriptor": (TABLE, "convoys grow", "convoys multiply"),
    "padding": (MODEL, "cells = 8", "cells = 16"),
}
OTHER = {
    "a number of a prior": (PRIORS, "args.alpha = 12.0", "args.alpha = 12.5"),
    "a constant": (PRIORS, "value = 0.25", "value = 0.26"),
    "a mark": (TABLE, "one_harbour,convoys grow,+1,+", "one_harbour,convoys grow,+1,="),
    "an expected state": (TABLE, "one_harbour,convoys grow,+1", "one_harbour,convoys grow,0"),
    "what feeds an indicator": (
        MODEL,
        'feeds = { direction = ["event", "level", "claim"] }',
        'feeds = { direction = ["event"] }',
    ),
    "the first month": (MODEL, 'month = "2023-01"', 'month = "2023-02"'),
    "a peak": (MODEL, "every_years = 2", "every_years = 1"),
}


@pytest.mark.parametrize("edit", SAME)
def test_words_and_settings_leave_the_key_as_it_is(key_of, edit):
    assert key_of(*SAME[edit]) == key_of()


@pytest.mark.parametrize("edit", OTHER)
def test_structure_priors_and_table_change_the_key(key_of, edit):
    changed = OTHER[edit]
    if edit == "a mark":
        changed = (TABLE, *_flipped(HARBOUR / TABLE, 4, {"+": "=", "=": "-", "-": "+"}))
    if edit == "an expected state":
        changed = (TABLE, *_flipped(HARBOUR / TABLE, 3, {"+1": "0", "0": "-1", "-1": "+1", "1": "0"}))
    assert key_of(*changed) != key_of()


def _flipped(path, column, other):
    """Return the table's first row and the same with one cell changed."""
    row = path.read_text(encoding="utf-8").splitlines()[1]
    cells = row.split(",")
    cells[column] = other[cells[column]]
    return row, ",".join(cells)


def test_another_start_is_another_model(orchard, orchard_history, orchard_labels):
    keys = {
        calibration_key(world.framework, world.hyperparameters) for world in (orchard, orchard_history, orchard_labels)
    }
    assert len(keys) == 3


def test_every_prior_counts(harbour):
    before = calibration_key(harbour.framework, harbour.hyperparameters)
    for name, prior in harbour.hyperparameters.priors.items():
        arguments = {key: value * 1.001 + 1e-6 for key, value in prior.arguments.items()}
        priors = dict(harbour.hyperparameters.priors) | {name: replace(prior, arguments=arguments)}
        assert calibration_key(harbour.framework, replace(harbour.hyperparameters, priors=priors)) != before, name


@pytest.fixture
def package(tmp_path):
    root = tmp_path / "indicast"
    shutil.copytree(Path(indicast.__file__).parent, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def edited(package, file, old, new):
    path = package / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    code_digest.cache_clear()
    return code_digest(package)


def test_code_of_the_mathematics_counts_and_its_words_do_not(package):
    code_digest.cache_clear()
    before = code_digest(package)
    assert edited(package, "generative/chain.py", "The scenario chain summed out", "The chain, summed out") == before
    assert edited(package, "generative/count.py", "    spread, number", "    # a comment\n    spread, number") == before
    assert edited(package, "publish/_wording.py", "PERCENT", "PER_CENT") == before
    assert edited(package, "generative/card.py", "standard normal", "normal") == before
    after = edited(package, "generative/chain.py", "leave = 1.0 / (1.0 + dwell)", "leave = 1.0 / dwell")
    assert after != before
    assert edited(package, "panel/_counts.py", "weight * rate", "weight + rate") != after


def test_all_code_that_is_named_exists():
    package = Path(indicast.__file__).parent
    assert all((package / part).exists() for part in {*CODE, *OTHER_CODE})


def test_bare_code_keeps_what_runs():
    text = "NAME = 1\n'What.'\n\n\nclass A:\n    'Doc.'\n\n    def f(self):\n        'Doc.'\n        return 'kept'\n"
    assert bare_code(text) == "NAME = 1\n\nclass A:\n\n    def f(self):\n        return 'kept'"
    scope = {}
    exec(bare_code("def f():\n    'only a docstring'\n"), scope)  # noqa: S102  # our own text
    assert scope["f"]() is None


def test_arrays_are_hashed_by_value(harbour):
    table = replace(harbour.framework.table, marks=np.array(harbour.framework.table.marks))
    same = replace(harbour.framework, table=table)
    assert calibration_key(same, harbour.hyperparameters) == calibration_key(harbour.framework, harbour.hyperparameters)
