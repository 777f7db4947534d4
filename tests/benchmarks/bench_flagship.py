"""What the main job costs on this machine; nothing here is asserted.

`make bench` runs it. Times are medians (commands: of three runs) and noisy on shared machines; quote ratios.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from indicast.cli._jobs import open_desk
from indicast.cli._options import Shared
from indicast.infer import Sampler
from indicast.panel import vintage

ROOT = Path(__file__).parents[2]
MODEL = "belarus_russia"


@pytest.fixture
def show(capsys):
    def line(what, value, aim=""):
        with capsys.disabled():
            print(f"\n{what:58s} {value:>12s}   {aim}", end="")

    return line


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("bench")
    for folder in ("models", "priors", "data"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


@pytest.fixture(scope="module")
def desk():
    return open_desk(Shared(workspace=ROOT, quiet=True), MODEL)


def seconds(*words, repeats=3, **environment):
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True, env=os.environ | environment)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def indicast(*words):
    return (sys.executable, "-m", "indicast", *words)


def test_start_up(show):
    show("import pandas", f"{seconds(sys.executable, '-c', 'import pandas'):.2f} s")
    show("import pymc", f"{seconds(sys.executable, '-c', 'import pymc'):.2f} s")
    show("indicast --help", f"{seconds(*indicast('--help')):.2f} s", "aim 0.6 s")
    show("indicast check", f"{seconds(*indicast('check', '--workspace', str(ROOT))):.2f} s", "aim 6 s")


@pytest.fixture(scope="module")
def sampler(desk):
    return Sampler(desk.framework, desk.hyperparameters)


def gradient_microseconds(compiled, blocks=30, calls=300):
    """Return what density and gradient cost, microseconds a call of processor time, block by block."""
    call, size = compiled.compiled_logp_func.ctypes, compiled.n_dim
    arrays = np.random.default_rng(1).normal(0.0, 0.3, size), np.zeros(size), np.zeros(1)
    pointers = [array.ctypes.data_as(call.argtypes[1 + place]) for place, array in enumerate(arrays)]
    taken = []
    for _ in range(blocks):
        began = time.process_time()
        for _ in range(calls):
            call(size, *pointers, compiled.user_data.ctypes.data)
        taken.append((time.process_time() - began) / calls * 1e6)
    return taken


def test_gradient(desk, sampler, show):
    compiled = sampler._for_shape(desk.panel(vintage(desk.ledger, "2024-12")))
    taken = gradient_microseconds(compiled)
    show(
        f"density and gradient, {compiled.n_dim} parameters, median", f"{statistics.median(taken):.0f} us", "aim 50 us"
    )
    show("the same, fastest of 30 blocks", f"{min(taken):.0f} us")


def test_sampling(desk, sampler, show):
    panel = desk.panel(vintage(desk.ledger, "2024-12"))
    sampler._for_shape(panel)  # compile
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        tree = sampler._sample(panel, desk.settings, progress=False)
        taken.append(time.perf_counter() - began)
    steps = float(tree["sample_stats"]["n_steps"].mean())
    settings = desk.settings
    what = f"sampling {settings.chains} x ({settings.tune}+{settings.draws}), {steps:.0f} gradients a draw"
    show(what, f"{statistics.median(taken):.1f} s", "aim 6 s")


def test_fit_from_process_start_to_files(workspace, tmp_path, show):
    command = indicast("fit", MODEL, "--as-of", "2024-12", "--quiet", "--workspace", str(workspace))
    cold = seconds(*command, repeats=1, PYTENSOR_FLAGS=f"base_compiledir={tmp_path / 'cold'}")
    show("fit, nothing compiled before", f"{cold:.0f} s", "aim 90 s")
    show("fit, compiled code on disk", f"{seconds(*command):.0f} s", "aim 40 s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    show("largest process so far", f"{peak:.2f} GB", "aim 2 GB\n")


def longer(panel, times):
    """Return the panel with its months and cells repeated."""
    import xarray as xr

    months = panel.sizes["time"]
    first = panel["time"].to_numpy()[0].astype("datetime64[M]")
    parts = [
        panel.assign(cell_time=panel["cell_time"] + months * k, level_time=panel["level_time"]) for k in range(times)
    ]
    by_dim = {}
    for dim in ("time", "cell"):
        names = [name for name in panel.data_vars if panel[name].dims and panel[name].dims[0] == dim]
        by_dim[dim] = xr.concat([part[names] for part in parts], dim)
    rest = panel.drop_vars([name for part in by_dim.values() for name in part.data_vars]).drop_dims(["time", "cell"])
    whole = xr.merge([rest, *by_dim.values()], join="override", compat="override")
    return whole.assign_coords(time=(first + np.arange(months * times)).astype("datetime64[ns]")).assign_attrs(
        panel.attrs
    )


def wider(framework, hyperparameters, panel, times):
    """Return the same with every direction indicator and its cells repeated."""
    from dataclasses import replace

    declared, table = framework.declaration, framework.table
    copied = [i for i, one in enumerate(declared.indicators) if "direction" in one.feeds]
    place = {i: p for p, i in enumerate(copied)}
    size = len(declared.indicators)
    order = [*range(size), *(i for _ in range(times - 1) for i in copied)]
    indicators = tuple(
        one
        if n < size
        else one.model_copy(
            update={"id": f"{one.id}_{n}", "series": (), "feeds": {"direction": one.feeds["direction"]}}
        )
        for n, one in enumerate(declared.indicators[i] for i in order)
    )
    repeated = replace(
        table,
        expected=table.expected[order],
        marks=table.marks[order],
        descriptors=tuple(table.descriptors[i] for i in order),
    )
    more = replace(framework, declaration=declared.model_copy(update={"indicators": indicators}), table=repeated)
    labels = {**hyperparameters.coords, "indicator": tuple(one.id for one in indicators)}
    return more, replace(hyperparameters, coords=labels), widened(panel, times, size, place, repeated.marks)


def widened(panel, times, size, place, marks):
    """Return the panel with its cells repeated for the copied indicators."""
    import xarray as xr

    names = [name for name in panel.data_vars if panel[name].dims and panel[name].dims[0] == "cell"]
    moved = np.vectorize(lambda i, k: size + (k - 1) * len(place) + place.get(i, 0) if k else i)
    parts = [
        panel[names].assign(cell_indicator=("cell", moved(panel["cell_indicator"].to_numpy(), k))) for k in range(times)
    ]
    rest = panel.drop_vars([*names, "mark"]).drop_dims(["cell", "indicator"], errors="ignore")
    whole = xr.merge([rest, xr.concat(parts, "cell")], join="override", compat="override").assign_attrs(panel.attrs)
    return whole.assign(mark=(panel["mark"].dims, marks))


def test_cost_grows_with_months_and_indicators(desk, show):
    panel, given = desk.panel(vintage(desk.ledger, "2024-12")), (desk.framework, desk.hyperparameters)
    for times in (1, 2, 4):
        for what, (framework, hyperparameters, larger) in {
            "months": (*given, longer(panel, times)),
            "direction indicators": wider(*given, panel, times),
        }.items():
            compiled = Sampler(framework, hyperparameters)._for_shape(larger)
            taken = statistics.median(gradient_microseconds(compiled))
            show(f"gradient, {times}x the {what}, {compiled.n_dim} parameters", f"{taken:.0f} us")
