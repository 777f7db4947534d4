"""Workspaces opened once, and parameters drawn from their priors without PyMC."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

from indicast import names
from indicast.elicit import Hyperparameters, load_hyperparameters
from indicast.generative import emission, ratings
from indicast.ledger import Ledger, load_ledger
from indicast.panel import Vintage, build_panel, last_day
from indicast.workspace import Framework, load_framework, month_index

ROOT = Path(__file__).parents[2]
HARBOUR = ROOT / "tests" / "fixtures" / "harbour"


class World(NamedTuple):
    """A workspace with one panel of it."""

    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    panel: xr.Dataset

    def draws(self, seed: int, size: int) -> dict[str, np.ndarray]:
        """Return the free parameters drawn from their priors; leading axis draw."""
        rng = np.random.default_rng(seed)
        drawn = {name: prior.sample(rng, size) for name, prior in self.hyperparameters.priors.items()}
        indicators, months = len(self.framework.indicators), self.panel.sizes[names.TIME]
        for name in (names.STRENGTH_Z, names.TILT_Z, names.FLAT_NEWS_Z):
            drawn[name] = rng.standard_normal((size, indicators))
        drawn[names.GLOBAL_INNOVATION] = rng.standard_normal((size, months))
        drawn[names.GROUP_INNOVATION] = rng.standard_normal((size, months, len(self.framework.groups)))
        if len(self.framework.table.ratings):
            for name, dims in ratings.STANDARD_NORMAL.items():
                sizes = [len(self.hyperparameters.coords[dim]) for dim in dims]
                drawn[name] = rng.standard_normal((size, *sizes))
        drawn[names.STRENGTH] = emission.strengths(drawn, self.framework, self.hyperparameters)
        return drawn

    def seen(self, ledger: Ledger, as_of: str) -> xr.Dataset:
        """Return the panel of another ledger, as known at the month's end."""
        when = Vintage(as_of, last_day(month_index(as_of)))
        return build_panel(self.framework, self.hyperparameters, ledger, when, today=date(2030, 1, 1))


def opened(root: Path, model: str, as_of: str) -> World:
    framework = load_framework(root, model)
    hyperparameters = load_hyperparameters(framework)
    ledger, _ = load_ledger(framework, today=date(2030, 1, 1))
    when = Vintage(as_of, last_day(month_index(as_of)))
    panel = build_panel(framework, hyperparameters, ledger, when, today=date(2030, 1, 1))
    return World(framework, hyperparameters, ledger, panel)


@pytest.fixture(scope="session")
def harbour() -> World:
    return opened(HARBOUR, "harbour", "2024-06")


@pytest.fixture(scope="session")
def flagship() -> World:
    return opened(ROOT, "belarus_russia", "2024-12")


@pytest.fixture(scope="session")
def rated(keepers: Path) -> World:
    return opened(keepers, "harbour", "2024-06")


@pytest.fixture(params=["harbour", "flagship"])
def world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)
