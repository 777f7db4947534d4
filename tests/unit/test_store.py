"""A run's folder is written whole or not at all, and what can be found is complete."""

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from indicast.errors import IndicastError, MissingError, RunError
from indicast.infer import Gate, Run, find_run, load_run, save_run, whole_folder, write_json
from indicast.workspace import load_framework

pytestmark = pytest.mark.unit

HARBOUR = Path(__file__).parents[1] / "fixtures" / "harbour"


@pytest.fixture
def framework(tmp_path):
    return load_framework(Path(shutil.copytree(HARBOUR, tmp_path / "harbour")), "harbour")


def a_run(as_of="2024-06", digest="0123456789abcdef", value=1.0):
    data = xr.Dataset(
        {"x": (("chain", "draw"), np.array([[value, 0.1], [np.nan, 1e-300]])), "n": ("draw", np.array([1, 2]))},
        coords={"draw": [0, 1], "label": ("draw", ["ä", "b"])},
    )
    tree = xr.DataTree.from_dict({"/posterior": data, "/prior": data[["n"]]})
    tree.attrs = {"as_of": as_of, "months": 18}
    gates = (
        Gate("a", 1.0, 2.0, at_most=True, where="x", error=0.5),
        Gate("b", float("nan"), 2.0, at_most=True, where="y"),
    )
    return Run(tree, gates, {"as_of": as_of, "hash": digest, "model": "harbour"})


def entries(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_saved_run_is_read_back_bit_for_bit(framework):
    run = a_run()
    folder = save_run(framework, run)
    assert folder == framework.runs_folder / "2024-06_0123456789ab"
    assert entries(framework.runs_folder) == [folder.name]
    back = load_run(folder)
    assert back.tree["posterior"].to_dataset().identical(run.tree["posterior"].to_dataset())
    assert back.tree.attrs == {"model": "harbour", **run.tree.attrs}
    assert back.manifest == run.manifest
    assert back.id == run.id
    assert [gate.name for gate in back.gates] == ["a", "b"]
    assert [gate.error for gate in back.gates] == [0.5, None]
    assert np.isnan(back.gates[1].value)
    assert not back.passed


def test_saving_again_replaces_the_run_and_leaves_nothing_beside_it(framework):
    save_run(framework, a_run())
    folder = save_run(framework, a_run(value=9.0))
    assert float(load_run(folder).tree["posterior"]["x"][0, 0]) == 9.0
    assert entries(framework.runs_folder) == [folder.name]


@pytest.mark.parametrize("exists", [False, True])
def test_a_block_that_raises_leaves_the_old_folder_or_none(exists, tmp_path):
    target = tmp_path / "runs" / "one"
    if exists:
        target.mkdir(parents=True)
        (target / "old").write_text("old", encoding="utf-8")

    class Killed(BaseException):
        pass

    def write_and_die():
        with whole_folder(target) as folder:
            (folder / "new").write_text("half", encoding="utf-8")
            raise Killed

    with pytest.raises(Killed):
        write_and_die()
    assert entries(target.parent) == (["one"] if exists else [])
    assert entries(target) == (["old"] if exists else [])


def test_a_full_disk_inside_the_block_is_one_sentence_and_the_old_run_stands(framework, monkeypatch):
    folder = save_run(framework, a_run())

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("indicast.infer._store.write_json", full)
    with pytest.raises(RunError, match=r"cannot write .*: No space left on device; nothing was changed"):
        save_run(framework, a_run(value=9.0))
    assert float(load_run(folder).tree["posterior"]["x"][0, 0]) == 1.0
    assert entries(framework.runs_folder) == [folder.name]


def failing_replace(monkeypatch, fails_at):
    """Let the n-th move of a folder fail, as a disk or another process might make it."""
    moves = []
    original = os.replace

    def replace(self, target):
        moves.append(self)
        if len(moves) == fails_at:
            raise OSError(5, "Input/output error")
        original(self, target)
        return Path(target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_move_that_fails_leaves_the_old_run_where_it_was(fails_at, framework, monkeypatch):
    folder = save_run(framework, a_run())
    failing_replace(monkeypatch, fails_at)
    with pytest.raises(RunError, match="nothing was changed"):
        save_run(framework, a_run(value=9.0))
    assert folder.is_dir()
    assert float(load_run(folder).tree["posterior"]["x"][0, 0]) == 1.0
    assert entries(framework.runs_folder) == [folder.name]


def test_a_first_move_that_fails_leaves_no_run(framework, monkeypatch):
    failing_replace(monkeypatch, 1)
    with pytest.raises(RunError, match="nothing was changed"):
        save_run(framework, a_run())
    assert entries(framework.runs_folder) == []
    with pytest.raises(MissingError, match="no run"):
        find_run(framework)


def test_a_folder_left_by_a_killed_process_is_not_found(framework):
    # What a process leaves that dies after the manifest and before the move; Path.glob("*") sees hidden folders too.
    made = framework.runs_folder / ".2024-06_0123456789ab.k2j3h4"
    made.mkdir(parents=True)
    write_json(made / "manifest.json", {"as_of": "2024-06", "hash": "0123456789abcdef"})
    with pytest.raises(MissingError, match="no run"):
        find_run(framework)


def test_a_folder_that_may_not_be_written_is_one_sentence(framework):
    framework.runs_folder.parent.mkdir(parents=True)
    framework.runs_folder.write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(RunError, match=r"cannot write to .*; free the disk or change its permissions"):
        save_run(framework, a_run())


def test_the_newest_run_of_a_month_and_the_newest_month_are_found(framework):
    older = save_run(framework, a_run("2024-05", "a" * 20))
    first = save_run(framework, a_run("2024-06", "b" * 20))
    second = save_run(framework, a_run("2024-06", "c" * 20))
    past = time.time_ns() - 10**12
    os.utime(first / "manifest.json", ns=(past, past))
    os.utime(older / "manifest.json", ns=(2 * 10**18, 2 * 10**18))  # rewritten last, yet of an older month
    assert find_run(framework) == second
    assert find_run(framework, as_of="2024-05") == older
    assert find_run(framework, first.name) == first


def test_a_run_with_another_start_is_found_by_its_name_only(framework):
    run = a_run()
    other = Run(run.tree, run.gates, {**run.manifest, "hash": "f" * 20, "variant": "history"})
    folder = save_run(framework, other)
    assert folder.name == "2024-06_history_ffffffffffff"
    with pytest.raises(MissingError, match="no run"):
        find_run(framework)
    declared = save_run(framework, run)
    assert find_run(framework) == declared
    assert find_run(framework, folder.name) == folder


def test_a_run_that_does_not_exist_is_named_with_the_command_that_makes_it(framework):
    with pytest.raises(MissingError, match=r"no run in .*; make one with 'indicast fit harbour'"):
        find_run(framework)
    with pytest.raises(MissingError, match=r"no run 2024-01 in .*'indicast fit harbour --as-of 2024-01'"):
        find_run(framework, as_of="2024-01")


@pytest.mark.parametrize("name", ["posterior.nc", "diagnostics.json", "manifest.json"])
def test_a_folder_that_lacks_a_file_is_no_complete_run(name, framework):
    folder = save_run(framework, a_run())
    (folder / name).unlink()
    with pytest.raises(RunError, match=rf"is no complete run \({name}: "):
        load_run(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posterior.nc", b"no netCDF"),
        ("posterior.nc", b""),
        ("diagnostics.json", b"{"),
        ("diagnostics.json", b"{}"),
        ("diagnostics.json", b'{"gates": [{}]}'),
        ("diagnostics.json", b'{"gates": 3}'),
        ("manifest.json", b"\xff"),
    ],
)
def test_a_damaged_file_is_no_complete_run(name, content, framework):
    folder = save_run(framework, a_run())
    (folder / name).write_bytes(content)
    with pytest.raises(
        RunError, match=rf"is no complete run \({name}: .*; make it again with 'indicast fit harbour --as-of 2024-06'"
    ):
        load_run(folder)


def test_a_posterior_that_was_edited_is_refused_and_the_error_names_it(framework):
    folder = save_run(framework, a_run())
    path = folder / "posterior.nc"
    tree = load_run(folder).tree
    held = tree["posterior"].to_dataset()
    other = xr.DataTree.from_dict({"/posterior": held + 1.0})
    other.attrs = tree.attrs
    path.unlink()
    other.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(RunError, match=r"posterior\.nc: altered since it was written, SHA-256 [0-9a-f]{16} and not"):
        load_run(folder)


def test_a_run_from_before_the_posterior_had_a_checksum_still_loads(framework):
    folder = save_run(framework, a_run())
    path = folder / "diagnostics.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept.pop("posterior_sha256") == hashlib.sha256((folder / "posterior.nc").read_bytes()).hexdigest()
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert load_run(folder).manifest == a_run().manifest


def test_every_error_of_the_store_is_one_of_ours():
    assert issubclass(RunError, IndicastError)
    assert issubclass(MissingError, IndicastError)


def test_json_is_sorted_and_ends_with_a_line_end(tmp_path):
    write_json(tmp_path / "x.json", {"b": 1, "a": "ä"})
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert list(json.loads(text)) == ["a", "b"]
    assert "ä" in text
