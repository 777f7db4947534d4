"""One real fit of the flagship, and one compiled model for every other fit of its shape."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from indicast.cli._jobs import Desk, fit_month, open_desk
from indicast.cli._options import Shared
from indicast.infer import Run, Sampler
from indicast.panel import vintage

ROOT = Path(__file__).parents[2]
MODEL = "belarus_russia"
MONTH = "2024-12"


@dataclass(frozen=True)
class Flagship:
    """The flagship in a workspace of its own, fitted for one month."""

    desk: Desk
    sampler: Sampler
    run: Run


@pytest.fixture(scope="session")
def flagship(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flagship]:
    root = tmp_path_factory.mktemp("flagship")
    for folder in ("models", "priors", "data"):
        shutil.copytree(ROOT / folder / MODEL, root / folder / MODEL)
    desk = open_desk(Shared(workspace=root, quiet=True), MODEL)
    sampler = Sampler(desk.framework, desk.hyperparameters)
    yield Flagship(desk, sampler, fit_month(desk, sampler, vintage(desk.ledger, MONTH)))
    shutil.rmtree(root)
