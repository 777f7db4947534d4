"""The file of draws says what the posterior says, and a file of another run or an altered one is refused."""

import json
import shutil

import numpy as np
import pytest

from indicast import names
from indicast.errors import RunError
from indicast.generative import emission
from indicast.infer import drawn_of, flat_draws, lengthened, load_drawn, load_manifest, padded_dataset, plain_panel
from indicast.infer._draws_file import DRAWS, read_drawn, write_drawn
from indicast.panel import used_months

WORLDS = ["harbour", "orchard", "mill", "jetty", "rated", "orchard_history"]


@pytest.mark.parametrize("name", WORLDS)
def test_a_file_of_draws_is_read_back_bit_for_bit_and_is_what_the_posterior_holds(name, request, tmp_path):
    world = request.getfixturevalue(name)
    tree = world.tree(world.draws(3, 40))
    drawn, manifest = drawn_of(tree), {"hash": "ab"}
    write_drawn(tmp_path, drawn, manifest)
    back = read_drawn(tmp_path, manifest)
    expected = flat_draws(tree["posterior"].to_dataset(), world.framework, world.hyperparameters)
    for key, values in back.free.items():
        np.testing.assert_array_equal(values, expected[key])
    for key in ("transition", "filtered", "one_step"):
        np.testing.assert_array_equal(getattr(back, key), getattr(drawn, key))
    assert back.shape == (2, 20)
    assert set(back.priors) == set(tree["prior"].data_vars)
    assert set(back.panel.data_vars) == set(drawn.panel.data_vars)
    for key, one in drawn.panel.data_vars.items():
        assert back.panel[key].dims == one.dims
        np.testing.assert_array_equal(back.panel.values(key), one.values)


@pytest.mark.parametrize("name", WORLDS)
def test_the_twin_says_of_bare_arrays_what_it_says_of_the_dataset(name, request):
    world = request.getfixturevalue(name)
    panel, draws = used_months(world.panel), world.draws(4, 30)
    said = [
        emission.log_emission(draws, world.framework, world.hyperparameters, one)
        for one in (panel, plain_panel(panel).as_dataset())
    ]
    np.testing.assert_array_equal(*said)


@pytest.mark.parametrize("name", WORLDS)
def test_a_panel_is_padded_again_as_the_ledger_pads_it(name, request):
    world = request.getfixturevalue(name)
    months = world.panel.sizes[names.TIME]
    again = padded_dataset(plain_panel(used_months(world.panel)), months)
    for key, one in world.panel.data_vars.items():
        if key in ("count_peak", "count_reference"):  # of padded months these two say nothing
            used = slice(int(world.panel.attrs["months"]))
            np.testing.assert_array_equal(again[key][used], one[used])
        else:
            np.testing.assert_array_equal(again[key], one)
    assert dict(again.attrs) == dict(world.panel.attrs)
    np.testing.assert_array_equal(again[names.TIME], world.panel[names.TIME])


def test_further_months_are_those_that_follow_and_nobody_looked_there(orchard):
    panel = plain_panel(used_months(orchard.panel))
    longer = lengthened(panel, panel.sizes[names.TIME] + 7)
    step = np.diff(longer.values(names.TIME).astype("datetime64[M]").astype(int))
    assert (step == 1).all()
    assert (longer.values("count_coverage")[-7:] == -1).all()
    assert not longer.values("event")[-7:].any()
    assert longer.attrs["months"] == longer.sizes[names.TIME]


def test_a_saved_run_has_its_draws_beside_it(made_up):
    folder = made_up.framework.runs_folder / made_up.run.id
    assert (folder / DRAWS).is_file()
    drawn = load_drawn(folder, load_manifest(folder))
    expected = drawn_of(made_up.run.tree)
    np.testing.assert_array_equal(drawn.filtered, expected.filtered)


@pytest.fixture
def older(made_up, tmp_path):
    """A copy of a run from before such files were."""
    source = made_up.framework.runs_folder / made_up.run.id
    folder = tmp_path / source.name
    shutil.copytree(source, folder)
    (folder / DRAWS).unlink()
    return folder


def test_a_run_without_the_file_is_read_from_its_posterior_which_leaves_one(older, made_up):
    manifest = load_manifest(older)
    first = load_drawn(older, manifest)
    assert sorted(path.name for path in older.parent.iterdir()) == [older.name]
    (older / "posterior.nc").unlink()
    second = load_drawn(older, manifest)
    np.testing.assert_array_equal(first.one_step, second.one_step)
    np.testing.assert_array_equal(first.filtered, drawn_of(made_up.run.tree).filtered)


def test_a_file_of_another_run_is_refused(older, made_up):
    write_drawn(older, drawn_of(made_up.run.tree), {"hash": "of another"})
    with pytest.raises(RunError, match=r"draws\.npz: it belongs to run of another, not .*; delete it"):
        load_drawn(older, load_manifest(older))


def test_an_altered_a_cut_and_an_empty_file_are_refused(older, made_up):
    manifest = load_manifest(older)
    write_drawn(older, drawn_of(made_up.run.tree), manifest)
    path = older / DRAWS
    with np.load(path, allow_pickle=False) as opened:
        arrays = {name: opened[name] for name in opened.files}
    np.savez(path, **{**arrays, "filtered": arrays["filtered"] + 1e-9})
    with pytest.raises(RunError, match="its numbers are not those that were written"):
        load_drawn(older, manifest)
    header = json.loads(str(arrays["header"]))
    np.savez(path, **{**arrays, "header": np.array(json.dumps({**header, "version": 99}))})
    with pytest.raises(RunError, match="it is of version 99"):
        load_drawn(older, manifest)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"no archive"):
        path.write_bytes(content)
        with pytest.raises(RunError, match="it cannot be read"):
            load_drawn(older, manifest)


def test_a_file_that_holds_a_pickle_is_refused(older):
    np.savez(older / DRAWS, header=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RunError, match="it cannot be read"):
        load_drawn(older, load_manifest(older))
