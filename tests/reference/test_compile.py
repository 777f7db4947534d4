"""What the sampler calls through C is PyTensor's own density and gradient, bit for bit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.generative.model import build_model, model_data
from indicast.infer._compile import compile_for_sampling

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("harbour")]  # machine code of the whole model: a minute or two


@pytest.fixture(scope="module")
def compiled(harbour):
    return compile_for_sampling(build_model(harbour.framework, harbour.hyperparameters, harbour.panel))


def through_c(compiled, point):
    """Return status, density and gradient as the sampler's callback gives them."""
    gradient, density = np.full(compiled.n_dim, np.nan), np.full((), np.nan)
    call = compiled.compiled_logp_func.ctypes
    pointers = [call.argtypes[1 + n] for n in range(3)]
    arrays = [array.ctypes.data_as(kind) for array, kind in zip((point, gradient, density), pointers, strict=True)]
    status = call(compiled.n_dim, *arrays, compiled.user_data.ctypes.data)
    return status, float(density), gradient


def by_pytensor(compiled, point):
    """Return density and gradient of PyTensor's function, with the same shared data."""
    for variable in compiled.logp_func.get_shared():
        variable.set_value(compiled.shared_data[compiled.shared_var_keys[variable]].copy())
    density, gradient = compiled.logp_func(point)
    return float(density), np.asarray(gradient)


def points(compiled, count):
    rng = np.random.default_rng(5)
    return [rng.normal(0.0, scale, compiled.n_dim) for scale in np.linspace(0.0, 1.5, count)]


def test_density_and_gradient_are_pytensors_bit_for_bit(compiled):
    found = []
    for point in points(compiled, 6):
        status, density, gradient = through_c(compiled, point)
        expected_density, expected_gradient = by_pytensor(compiled, point)
        assert status == 0
        assert density == expected_density
        assert (gradient == expected_gradient).all()
        found.append(density)
    assert len(set(found)) == len(found)
    assert np.isfinite(found).all()


def test_new_data_of_the_same_shape_are_seen_and_the_old_model_keeps_its_own(compiled, harbour):
    earlier = harbour.panel.copy(deep=True)
    earlier["count"].to_numpy()[6:] = 0
    earlier["count_coverage"].to_numpy()[9:] = -1
    earlier["cell_used"].to_numpy()[5:] = False
    earlier["report_used"].to_numpy()[5:] = False
    earlier["report_direction"].to_numpy()[:] *= -1
    data = {name: values for name, (_, values) in model_data(harbour.framework, earlier).items()}
    changed = compiled.with_data(**data)
    for point in points(compiled, 4):
        before, (status, density, gradient) = through_c(compiled, point), through_c(changed, point)
        expected_density, expected_gradient = by_pytensor(changed, point)
        assert status == 0
        assert density == expected_density
        assert (gradient == expected_gradient).all()
        assert density != before[1]
        assert through_c(compiled, point)[1] == before[1]


def test_a_padded_cell_may_hold_anything(compiled, harbour):
    panel = harbour.panel.copy(deep=True)
    panel["cell_used"].to_numpy()[-1] = False
    panel["report_used"].to_numpy()[-1] = False
    blank = {name: values.copy() for name, (_, values) in model_data(harbour.framework, panel).items()}
    panel["report_direction"].to_numpy()[-1] = -1
    panel["report_grade"].to_numpy()[-1] = 5
    panel["cell_time"].to_numpy()[-1] = 0
    filled = {name: values.copy() for name, (_, values) in model_data(harbour.framework, panel).items()}
    point = points(compiled, 4)[-1]
    one, other = (through_c(compiled.with_data(**data), point) for data in (blank, filled))
    assert one[1] == pytest.approx(other[1], abs=1e-9)
    np.testing.assert_allclose(one[2], other[2], atol=1e-9)


def test_gradient_points_uphill(compiled):
    # Central differences along the gradient; h^2 f''' is about 1e-6 of the slope. That of other data misses by far.
    for point in points(compiled, 4)[1:]:
        _, _, gradient = through_c(compiled, point)
        direction = gradient / np.linalg.norm(gradient)
        ends = [through_c(compiled, point + sign * 1e-5 * direction)[1] for sign in (1.0, -1.0)]
        assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(np.linalg.norm(gradient), rel=1e-5)


def test_only_free_parameters_are_stored(compiled):
    stored = set(compiled.shape_info[0])
    assert names.TRANSITION not in stored
    assert names.DWELL in stored


def fitted(folder, code, hash_seed):
    """Fit in a new process with machine code kept in `code`; return the posterior and the names of the files there."""
    workspace = Path(__file__).parents[1] / "fixtures" / "harbour"
    shutil.copytree(workspace, folder)
    command = [
        sys.executable,
        "-m",
        "indicast",
        "fit",
        "harbour",
        "--workspace",
        str(folder),
        "--draws",
        "50",
        "--quiet",
    ]
    flags = {"PYTENSOR_FLAGS": f"base_compiledir={code}", "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, check=True, capture_output=True, env=os.environ | flags)
    (file,) = folder.glob("runs/**/posterior.nc")
    return xr.load_dataset(file, group="posterior"), {path.name for path in (code / "numba").iterdir()}


def test_code_just_compiled_and_code_from_disk_give_the_same_draws(tmp_path):
    # One rounding in the last digit would part the draws within some dozen steps. The hash seed orders Python's sets.
    code = tmp_path / "code"
    compiled, kept = fitted(tmp_path / "first", code, "1")
    loaded, kept_then = fitted(tmp_path / "second", code, "2")
    assert kept
    assert kept == kept_then, "the second process compiled something again"
    for name in compiled.data_vars:
        np.testing.assert_array_equal(compiled[name], loaded[name], err_msg=str(name))
