"""Same inputs, same hash; anything that could change a published number changes it."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from indicast.infer import Settings, build_manifest, knowledge, run_id
from indicast.infer._manifest import code_hash, manifest_hash
from indicast.ledger import load_ledger
from indicast.panel import Vintage
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"
TODAY = date(2025, 1, 1)
WHEN = Vintage("2024-03", date(2024, 3, 31))
SETTINGS = Settings(4, 500, 500, 0.95, 7)


@pytest.fixture
def root(tmp_path):
    return Path(shutil.copytree(HARBOUR, tmp_path / "harbour"))


def manifest(root, when=WHEN, settings=SETTINGS, **tables):
    framework = load_framework(root, "harbour")
    ledger, _ = load_ledger(framework, TODAY)
    return build_manifest(framework, replace(ledger, **tables), when, settings)


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_same_inputs_give_the_same_hash_in_another_folder(root):
    first, again, elsewhere = manifest(root), manifest(root), manifest(HARBOUR)
    assert first["hash"] == again["hash"] == elsewhere["hash"]
    assert len(first["hash"]) == 64


def test_the_hash_can_be_checked_from_the_manifest_alone(root):
    made = manifest(root)
    assert manifest_hash(json.loads(json.dumps(made))) == made["hash"]
    assert run_id(made) == f"2024-03_{made['hash'][:12]}"


CHANGES = {
    "a prior": ("priors/harbour/hyperparameters.toml", "drift = 3.5", "drift = 3.6"),
    "a reason": ("priors/harbour/hyperparameters.toml", "Good news sells.", "Bad news sells."),
    "a mark": ("priors/harbour/table.csv", "convoys grow,+1,+", "convoys grow,+1,="),
    "the floor": ("models/harbour/model.toml", "floor = 0.001", "floor = 0.002"),
    "a gate": ("models/harbour/model.toml", "rhat_max = 1.02", "rhat_max = 1.03"),
    "padding": ("models/harbour/model.toml", "months = 6", "months = 12"),
    "a direction": ("data/harbour/observations.csv", "900,crowns,level", "900,crowns,joining"),
    "a summary": ("data/harbour/observations.csv", "Winter convoy", "Winter convoys"),
    "a known date": ("data/harbour/observations.csv", "2023-10-04,log-2023-10-04", "2023-10-05,log-2023-10-04"),
    "a source's country": ("data/harbour/sources.csv", ",QX,official", ",QM,official"),
    "a coverage word": ("data/harbour/coverage.csv", "convoys,2023-02,full", "convoys,2023-02,thin"),
    "a corroboration's grade": ("data/harbour/corroboration.csv", "charts-2023-06,B", "charts-2023-06,C"),
    "an outcome": ("data/harbour/outcomes.csv", "second_quay,occurred,2024-01-08", "second_quay,occurred,2024-01-07"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_an_input_changes_the_hash(name, root):
    before = manifest(root)["hash"]
    file, old, new = CHANGES[name]
    edit(root / file, old, new)
    assert manifest(root)["hash"] != before


@pytest.mark.parametrize(
    "settings",
    [
        replace(SETTINGS, seed=8),
        replace(SETTINGS, chains=3),
        replace(SETTINGS, tune=501),
        replace(SETTINGS, draws=501),
        replace(SETTINGS, target_accept=0.951),
    ],
    ids=["seed", "chains", "tune", "draws", "target_accept"],
)
def test_a_change_of_the_sampler_changes_the_hash(settings, root):
    assert manifest(root, settings=settings)["hash"] != manifest(root)["hash"]


def test_another_month_or_day_of_knowledge_changes_the_hash(root):
    hashes = {
        manifest(root, when)["hash"]
        for when in (WHEN, Vintage("2024-02", date(2024, 3, 31)), Vintage("2024-03", date(2024, 4, 1)))
    }
    assert len(hashes) == 3


def test_a_library_or_the_code_changes_the_hash(root, monkeypatch):
    before = manifest(root)["hash"]
    monkeypatch.setattr("indicast.infer._manifest.metadata.version", lambda name: "0.0" if name == "numpy" else "1.0")
    other = manifest(root)["hash"]
    monkeypatch.setattr("indicast.infer._manifest.code_hash", lambda: "x")
    assert len({before, other, manifest(root)["hash"]}) == 3


@pytest.mark.parametrize(
    "file", ["observations.csv", "sources.csv", "corroboration.csv", "coverage.csv", "outcomes.csv"]
)
def test_the_order_of_rows_does_not_change_the_hash(file, root):
    before = manifest(root)["hash"]
    path = root / "data" / "harbour" / file
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([first, *reversed(rest)]) + "\n", encoding="utf-8")
    assert manifest(root)["hash"] == before


@pytest.mark.parametrize("file", ["observations.csv", "sources.csv", "coverage.csv"])
def test_the_order_of_columns_does_not_change_the_hash(file, root):
    # Columns may come in any order (docs/data.md), and their order changes no number.
    before = manifest(root)["hash"]
    path = root / "data" / "harbour" / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame[frame.columns[::-1]].to_csv(path, index=False)
    assert manifest(root)["hash"] == before


def test_line_ends_do_not_change_the_hash(root):
    before = manifest(root)["hash"]
    for path in [*root.rglob("*.csv"), *root.rglob("*.toml")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert manifest(root)["hash"] == before


def test_a_row_known_later_does_not_change_the_hash(root):
    before = manifest(root)["hash"]
    edit(root / "data" / "harbour" / "observations.csv", "A small convoy to the fair", "A large convoy to the fair")
    assert manifest(root)["hash"] == before


def test_the_same_cells_in_another_table_or_column_give_another_hash(root):
    ledger, _ = load_ledger(load_framework(root, "harbour"), TODAY)
    rows = ledger.observations.copy()
    swapped = rows.assign(value=rows["unit"], unit=rows["value"])
    assert knowledge(replace(ledger, observations=swapped), TODAY).sha256 != knowledge(ledger, TODAY).sha256
    empty = ledger.coverage.iloc[:0]
    assert knowledge(replace(ledger, coverage=empty), TODAY).sha256 != knowledge(ledger, TODAY).sha256


def test_a_row_that_is_lost_changes_the_hash(root):
    ledger, _ = load_ledger(load_framework(root, "harbour"), TODAY)
    assert (
        knowledge(replace(ledger, observations=ledger.observations.iloc[1:]), TODAY).sha256
        != knowledge(ledger, TODAY).sha256
    )


def test_the_declarations_are_copied_whole(root):
    made = manifest(root)["declarations"]
    assert set(made) == {
        "model.toml",
        "hyperparameters.toml",
        "table.csv",
    }  # the other files of a workspace are copied where it has them
    for name, folder in (("model.toml", "models"), ("hyperparameters.toml", "priors"), ("table.csv", "priors")):
        assert made[name]["content"] == (root / folder / "harbour" / name).read_text(encoding="utf-8")


def test_what_people_said_is_copied_where_anybody_was_asked(root):
    before, path = manifest(root), root / "priors" / "harbour" / "elicited.csv"
    path.write_text("prior,label,rater,kind,value,probability,chips,source\n", encoding="utf-8")
    after = manifest(root)
    assert after["declarations"]["elicited.csv"]["content"] == path.read_text(encoding="utf-8")
    assert after["hash"] != before["hash"]


def test_a_commit_is_recorded_but_not_hashed(root, monkeypatch):
    before = manifest(root)
    monkeypatch.setattr("indicast.infer._manifest._git_commit", lambda _: "0" * 40)
    after = manifest(root)
    assert after["git_commit"] == "0" * 40
    assert after["hash"] == before["hash"]


def test_outside_a_repository_there_is_no_commit(root):
    assert manifest(root)["git_commit"] is None


def test_code_hash_is_stable():
    assert code_hash() == code_hash()
    assert len(code_hash()) == 64
