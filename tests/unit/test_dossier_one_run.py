"""A manifest that is not that of the draws beside it is refused, with what differs."""

import copy
import dataclasses
import re
from pathlib import Path

import pytest

from indicast import names
from indicast.errors import RunError
from indicast.infer import manifest_hash
from indicast.publish.dossier import require_one_run


def with_manifest(run, **changes):
    """Return the run with a manifest that was changed and whose hash was made to fit."""
    manifest = copy.deepcopy(dict(run.manifest)) | changes
    return dataclasses.replace(run, manifest=manifest | {"hash": manifest_hash(manifest)})


def folder(run):
    return Path("runs") / run.id


def test_a_sound_run_passes(made_up):
    require_one_run(made_up.run, folder(made_up.run))


def test_a_changed_manifest_is_found_by_its_hash(made_up):
    run = dataclasses.replace(made_up.run, manifest=dict(made_up.run.manifest) | {"known_at": "2024-06-29"})
    with pytest.raises(RunError, match="is not what its own hash says"):
        require_one_run(run, folder(made_up.run))


def test_a_manifest_in_the_folder_of_another_run_is_refused(made_up):
    with pytest.raises(RunError, match=r"manifest\.json is of the run"):
        require_one_run(made_up.run, Path("runs") / "2024-06_0123456789ab")


def test_a_declaration_that_is_not_its_own_hash_is_named(made_up):
    run = with_manifest(made_up.run)
    run.manifest["declarations"]["table.csv"]["content"] += "\n"
    with pytest.raises(RunError, match=r"content of table\.csv"):
        require_one_run(run, folder(run))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"as_of": "2024-05"}, "posterior.nc is of as_of 2024-06, and manifest.json of 2024-05"),
        ({"known_at": "2024-06-29"}, "posterior.nc is of known_at 2024-06-30"),
    ],
)
def test_draws_of_another_month_are_refused(made_up, changes, told):
    run = with_manifest(made_up.run, **changes)
    with pytest.raises(RunError, match=re.escape(told)):
        require_one_run(run, folder(run))


def test_fewer_draws_than_the_manifest_says_are_refused(made_up):
    tree = made_up.run.tree.copy()
    tree["posterior"] = tree["posterior"].isel({names.DRAW: slice(100)})
    with pytest.raises(RunError, match=r"holds 100 draws, and manifest\.json says 500"):
        require_one_run(dataclasses.replace(made_up.run, tree=tree), folder(made_up.run))


@pytest.mark.parametrize("lacking", ["hash", "sampler", "declarations"])
def test_a_manifest_without_what_is_needed_is_refused(made_up, lacking):
    manifest = {name: value for name, value in made_up.run.manifest.items() if name != lacking}
    with pytest.raises(RunError, match=f"lacks a usable {lacking}"):
        require_one_run(dataclasses.replace(made_up.run, manifest=manifest), Path("runs") / "x")
