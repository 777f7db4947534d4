"""``indicast diagnose``: exits, places, and an error with a name for each kind of bad run."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.cli import main
from indicast.infer import Gate, manifest_hash, save_run
from indicast.publish.dossier import PARTS

RUN = "2024-06_*"
SHORT = tuple(part for part in PARTS if part.id in {"gates", "calibration"})
WITH_SAMPLING = tuple(part for part in PARTS if part.id in {"gates", "sampling", "calibration"})


@pytest.fixture
def root(made_up, tmp_path):
    return shutil.copytree(made_up.framework.root, tmp_path / "workspace")


@pytest.fixture
def diagnose(root, monkeypatch, capsys):
    """Return a function that runs the command with the parts that this test looks at."""

    def call(*words, parts=SHORT):
        monkeypatch.setattr("indicast.publish.dossier.PARTS", parts)
        monkeypatch.setattr("sys.argv", ["indicast", "diagnose", "harbour", "--workspace", str(root), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return call


@pytest.fixture
def saved(made_up, root):
    """Return a function that saves the run with other draws, gates or manifest, in the place of the sound one."""

    def save(groups=None, gates=None, manifest=None):
        shutil.rmtree(root / "runs" / "harbour")
        run = made_up.run
        kept = {f"/{name}": node.to_dataset() for name, node in run.tree.children.items()} | (groups or {})
        tree = xr.DataTree.from_dict({name: group for name, group in kept.items() if group is not None})
        tree.attrs = dict(run.tree.attrs)
        changed = dict(run.manifest) | (manifest or {})
        changed["hash"] = manifest_hash(changed)
        framework = dataclasses.replace(made_up.framework, root=root)
        return save_run(framework, dataclasses.replace(run, tree=tree, gates=gates or run.gates, manifest=changed))

    return save


def run_folder(root):
    return next((root / "runs" / "harbour").glob(RUN))


def test_a_sound_run_is_written_into_its_folder_says_so_and_ends_with_zero(diagnose, root):
    code, out, _ = diagnose(parts=WITH_SAMPLING)
    assert code == 0
    assert (run_folder(root) / "dossier.html").is_file()
    assert "dossier.html (in the run's folder" in out
    assert "Sampling: pass." in out


def test_quiet_says_nothing_but_results(diagnose):
    code, out, err = diagnose("--quiet")
    assert (code, err) == (0, "")
    assert "dossier: " in out


def test_json_is_json_with_verdicts_and_seconds(diagnose):
    code, out, err = diagnose("--json")
    told = json.loads(out)
    assert (code, err, told["verdict"]) == (0, "", "pass")
    assert [part["id"] for part in told["parts"]] == [part.id for part in SHORT]
    assert all(part["seconds"] >= 0 for part in told["parts"])


def test_a_failed_gate_is_written_stamped_and_ends_with_one(diagnose, saved, root):
    saved(gates=(Gate("largest R-hat", 1.2, 1.01, at_most=True, where="dwell"),))
    code, out, _ = diagnose()
    assert code == 1
    assert "NOT FOR PUBLICATION" in out
    assert "largest R-hat 1.2 (at most 1.01, dwell)" in out
    assert "NOT FOR PUBLICATION" in (run_folder(root) / "dossier.html").read_text(encoding="utf-8")


def without_a_number(group):
    values = group[names.DWELL].to_numpy().copy()
    values[0, 0, 0] = np.nan
    return group.assign({names.DWELL: (group[names.DWELL].dims, values)})


def settings(made_up, **changes):
    return {"sampler": dict(made_up.run.manifest["sampler"]) | changes}


UNFIT = {
    "one chain": (lambda group: group.isel({names.CHAIN: [0]}), {"chains": 1}, "holds 1 chain where 2"),
    "zero draws": (lambda group: group.isel({names.DRAW: slice(0)}), {"draws": 0}, "holds no draws"),
    "NaN draws": (without_a_number, {}, "holds draws of dwell that are no numbers"),
    "no posterior": (lambda _: None, {}, "has no group posterior"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_draws_that_cannot_be_judged_are_incomplete_and_end_with_one(diagnose, saved, made_up, kind):
    change, sampler, told = UNFIT[kind]
    saved({"/posterior": change(made_up.group("posterior"))}, manifest=settings(made_up, **sampler))
    code, out, err = diagnose(parts=WITH_SAMPLING)
    assert code == 1
    assert "Sampling: not computed. This was not computed: group posterior of" in out or told in out
    assert told in out
    assert "incomplete" in out
    assert "Traceback" not in err


def test_missing_statistics_are_incomplete(diagnose, saved):
    saved({"/sample_stats": None})
    code, out, _ = diagnose(parts=WITH_SAMPLING)
    assert code == 1
    assert "has no group sample_stats" in out


def refused(diagnose, *words):
    """Return the one line that says why nothing was written."""
    code, out, err = diagnose(*words)
    assert code == 2
    assert out == ""
    [line] = [line for line in err.splitlines() if line.startswith("indicast: ")]
    assert "Traceback" not in err
    return line


def test_no_run_is_named(diagnose):
    assert "no run 2023-01_x" in refused(diagnose, "--run", "2023-01_x")


def test_a_truncated_file_is_named(diagnose, root):
    path = run_folder(root) / "posterior.nc"
    path.write_bytes(path.read_bytes()[:10_000])
    assert "is no complete run" in refused(diagnose)


def test_a_manifest_that_is_not_that_of_the_draws_is_named(diagnose, saved):
    saved(manifest={"known_at": "2024-06-29"})
    assert "posterior.nc is of known_at 2024-06-30, and manifest.json of 2024-06-29" in refused(diagnose)


def test_a_manifest_that_was_edited_is_named(diagnose, root):
    path = run_folder(root) / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"seed": 7', '"seed": 8'), encoding="utf-8")
    assert "is not what its own hash says" in refused(diagnose)


def edit(root, name, old, new):
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_run_of_another_model_version_is_refused_with_both_ways_on(diagnose, root):
    edit(root, "models/harbour/model.toml", 'title = "', 'title = "New ')
    line = refused(diagnose)
    assert "was made with another model.toml" in line
    assert "indicast fit harbour" in line
    assert "--draft" in line


def test_as_a_draft_it_is_written_stamped_with_the_reason_and_ends_with_one(diagnose, root):
    edit(root, "models/harbour/model.toml", 'title = "', 'title = "New ')
    code, out, _ = diagnose("--draft")
    assert code == 1
    page = (run_folder(root) / "dossier.html").read_text(encoding="utf-8")
    assert "NOT FOR PUBLICATION" in page
    assert "the run was made with another model.toml" in page
    assert "NOT FOR PUBLICATION" in out


def test_a_run_with_an_unknown_start_is_refused(diagnose, saved):
    folder = saved(manifest={"variant": "unheard_of"})
    assert "starts from 'unheard_of'" in refused(diagnose, "--run", folder.name)


def test_the_seed_is_the_runs_own_unless_another_is_given(diagnose, root):
    diagnose()
    assert json.loads((run_folder(root) / "dossier.json").read_text(encoding="utf-8"))["seed"] == 7
    diagnose("--seed", "11")
    assert json.loads((run_folder(root) / "dossier.json").read_text(encoding="utf-8"))["seed"] == 11
