"""The flagship fitted by other software: first do the posteriors agree, then who is faster.

Each fit is a process of its own and reads the panel and the priors of this repository. Needs the dependency group
`bench` (`uv pip install --group bench`) and takes tens of minutes, most of it the peers' compilation; shorter with
`BENCH_DRAWS=200`. Times depend on the machine and on what else it does: only ratios of one run mean something.

Sampling is the wall time of tuning and drawing, without compilation; to files is from the start of the process until
the draws are on disk, everything compiled before taken away (our second line: machine code kept).
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import arviz as az
import numpy as np
import pytest
import xarray as xr

from indicast.cli._jobs import open_desk
from indicast.cli._options import Shared

pytest.importorskip("numpyro", reason="peers are installed by: uv pip install --group bench")

ROOT = Path(__file__).parents[2]
MODEL, MONTH = "belarus_russia", "2024-12"
OURS, PEERS = "indicast", ("numpyro", "marginalize")
AGREE = 5.0
"""Largest distance of two means in standard errors: of 500 independent ones, chance exceeds it once in 3000 runs."""


@dataclass(frozen=True)
class Fit:
    """Draws of one peer and what they cost, seconds."""

    name: str
    draws: xr.Dataset
    sampling: float
    to_files: float
    divergences: int

    @property
    def slowest(self) -> float:
        """Smallest bulk ESS of any quantity, per second of sampling."""
        found = az.ess(self.draws)
        return min(float(found[name].min()) for name in found.data_vars) / self.sampling


def fit(name, folder, code):
    """Return a peer's fit in a process of its own, with machine code kept in `code`."""
    out = folder / f"{name}-{time.monotonic_ns()}"
    out.mkdir()
    desk = open_desk(Shared(workspace=ROOT, quiet=True), MODEL)
    draws = int(os.environ.get("BENCH_DRAWS", desk.settings.draws))
    settings = {"chains": desk.settings.chains, "tune": min(draws, desk.settings.tune), "draws": draws}
    given = {"workspace": workspace(folder), "model": MODEL, "month": MONTH, "out": out, "seed": desk.settings.seed}
    words = [word for key, value in (given | settings).items() for word in (f"--{key}", str(value))]
    script = Path(__file__).parent / "peers" / f"with_{name}.py"
    began = time.perf_counter()
    environment = os.environ | {"PYTENSOR_FLAGS": f"base_compiledir={code}"}
    subprocess.run([sys.executable, str(script), *words], check=True, env=environment)
    taken = time.perf_counter() - began
    times = json.loads((out / "times.json").read_text())
    with np.load(out / "draws.npz") as arrays:
        posterior = az.from_dict({"posterior": dict(arrays)})["posterior"].to_dataset()
    return Fit(name, posterior, times["sampling"], taken, int(times.get("divergences", 0)))


def workspace(folder):
    """Return a workspace for runs that nobody will publish: a copy of this one."""
    root = folder / "workspace"
    if not root.exists():
        root.mkdir()
        for name in ("models", "priors", "data"):
            shutil.copytree(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    found = [fit(OURS, folder, folder / "code"), fit(OURS, folder, folder / "code")]
    return found + [fit(name, folder, folder / f"code-{name}") for name in PEERS]


def distance(one, other):
    """Return the largest difference of two posteriors' means in standard errors, and where it is."""
    errors = [az.mcse(fit.draws) for fit in (one, other)]
    found = {}
    for name in one.draws.data_vars:
        gap = one.draws[name].mean(("chain", "draw")) - other.draws[name].mean(("chain", "draw"))
        error = np.sqrt(errors[0][name] ** 2 + errors[1][name] ** 2)
        found[str(name)] = float(np.abs(gap / error).max())
    return max((value, name) for name, value in found.items())


def test_the_same_posterior_and_then_the_times(fits, capsys):
    ours, warm, *peers = fits
    far = {peer.name: distance(ours, peer) for peer in peers}
    with capsys.disabled():
        print(f"\n{'':24s}{'ESS/s':>8s}{'ours':>8s}{'sampling':>10s}{'to files':>10s}{'ours':>8s}   agreement")
        for fitted in fits:
            per_second, apart = fitted.slowest, far.get(fitted.name, (0.0, ""))
            print(
                f"{fitted.name + (' (kept code)' if fitted is warm else ''):24s}{per_second:8.1f}"
                f"{warm.slowest / per_second:7.1f}x{fitted.sampling:9.1f}s{fitted.to_files:9.1f}s"
                f"{fitted.to_files / ours.to_files:7.1f}x   {apart[0]:.1f} standard errors {apart[1]}"
                f"{f', {fitted.divergences} divergences' if fitted.divergences else ''}"
            )
    # Were the peers' model another one, means would part by tens of standard errors.
    assert {name: apart for name, apart in far.items() if apart[0] > AGREE} == {}
