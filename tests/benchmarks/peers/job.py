"""What every peer is given, and what it hands back: one month of a model, draws and times."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from indicast import names
from indicast.cli._jobs import Desk, open_desk
from indicast.cli._options import Shared
from indicast.elicit import Hyperparameters
from indicast.generative import marks
from indicast.generative.model import model_data, used_priors
from indicast.infer import Settings
from indicast.panel import vintage
from indicast.workspace import Framework


@dataclass
class Job:
    """A month to fit: structure, priors, what was seen, how long to sample, and where the results go."""

    desk: Desk
    panel: xr.Dataset
    settings: Settings
    out: Path
    times: dict[str, float] = field(default_factory=dict)

    @property
    def framework(self) -> Framework:
        return self.desk.framework

    @property
    def hyperparameters(self) -> Hyperparameters:
        return self.desk.hyperparameters

    @property
    def data(self) -> dict[str, np.ndarray]:
        """The arrays of all families, without padding."""
        return {name: values for name, (_, values) in model_data(self.framework, self.panel).items()}

    @property
    def priors(self) -> Mapping[str, Any]:
        return used_priors(self.framework, self.hyperparameters)

    @property
    def standard_normal(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters that are standard normal."""
        months, indicators = self.panel.sizes[names.TIME], len(self.framework.indicators)
        shapes = dict.fromkeys((names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z), (indicators,))
        return shapes | {
            names.GLOBAL_INNOVATION: (months,),
            names.GROUP_INNOVATION: (months, len(self.framework.groups)),
        }

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the wall time of a block to what is reported."""
        began = time.perf_counter()
        yield
        self.times[what] = self.times.get(what, 0.0) + time.perf_counter() - began

    def save(self, draws: Mapping[str, np.ndarray]) -> None:
        """Write draws, leading axes chain and draw, and times."""
        kept = [*self.priors, *self.standard_normal]
        np.savez(self.out / "draws.npz", **{name: np.asarray(draws[name]) for name in kept})
        (self.out / "times.json").write_text(json.dumps(self.times))


def run(fit: Callable[[Job], Mapping[str, np.ndarray]], known: set[str]) -> None:
    """Do a job given on the command line, or say which family the peer lacks."""
    job = _job()
    lacking = set(job.framework.families) - known
    if lacking or len(job.framework.table.ratings) or not marks.used(job.framework):
        message = f"this peer has no {', '.join(sorted(lacking)) or 'other start than agreed marks'}; write it first"
        raise SystemExit(message)
    job.save(fit(job))


def _job() -> Job:
    parser = argparse.ArgumentParser()
    for word in ("workspace", "model", "month", "out"):
        parser.add_argument(f"--{word}", required=True)
    for word in ("chains", "tune", "draws", "seed"):
        parser.add_argument(f"--{word}", required=True, type=int)
    given = parser.parse_args()
    desk = open_desk(Shared(workspace=Path(given.workspace), quiet=True), given.model)
    panel = desk.panel(vintage(desk.ledger, given.month))
    panel = panel.isel({names.TIME: slice(int(panel.attrs["months"]))})  # peers need no padding
    settings = Settings(given.chains, given.tune, given.draws, desk.settings.target_accept, given.seed)
    return Job(desk, panel, settings, Path(given.out))
