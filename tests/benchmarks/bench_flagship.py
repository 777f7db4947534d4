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
from indicast.generative.model import build_model
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


def test_gradient(desk, show):
    import pytensor
    import pytensor.tensor as pt

    model = build_model(desk.framework, desk.hyperparameters, desk.panel(vintage(desk.ledger, "2024-12")))
    values = [model.rvs_to_values[variable] for variable in model.free_RVs]
    density = model.logp()
    compiled = pytensor.function(values, [density, *pt.grad(density, values)], mode="NUMBA")
    start = model.initial_point()
    arguments = [start[value.name] for value in values] + [shared.get_value() for shared in compiled.get_shared()]
    kernel = compiled.vm.jit_fn
    kernel(*arguments)
    taken = []
    for _ in range(30):
        began = time.perf_counter()
        for _ in range(300):
            kernel(*arguments)
        taken.append((time.perf_counter() - began) / 300 * 1e6)
    size = sum(int(np.prod(np.shape(start[value.name]))) for value in values)
    show(f"gradient, {size} parameters, median", f"{statistics.median(taken):.0f} us", "aim 120 us")
    show("gradient, fastest of 30 blocks", f"{min(taken):.0f} us")


def test_sampling(desk, show):
    panel = desk.panel(vintage(desk.ledger, "2024-12"))
    sampler = Sampler(desk.framework, desk.hyperparameters)
    sampler._for_shape(panel)  # compile
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        tree = sampler._sample(panel, desk.settings, progress=False)
        taken.append(time.perf_counter() - began)
    steps = float(tree["sample_stats"]["n_steps"].mean())
    settings = desk.settings
    what = f"sampling {settings.chains} x ({settings.tune}+{settings.draws}), {steps:.0f} gradients a draw"
    show(what, f"{statistics.median(taken):.1f} s", "aim 10 s")


def test_fit_from_process_start_to_files(workspace, tmp_path, show):
    command = indicast("fit", MODEL, "--as-of", "2024-12", "--quiet", "--workspace", str(workspace))
    cold = seconds(*command, repeats=1, PYTENSOR_FLAGS=f"base_compiledir={tmp_path / 'cold'}")
    show("fit, nothing compiled before", f"{cold:.0f} s", "aim 120 s")
    show("fit, compiled code on disk", f"{seconds(*command):.0f} s", "aim 60 s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    show("largest process so far", f"{peak:.2f} GB", "aim 2 GB\n")
