"""Every test carries the mark of its folder, Hypothesis runs a named profile, and workspaces are opened once."""

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, settings

from indicast import names
from indicast.elicit import Hyperparameters, load_hyperparameters
from indicast.forecast import with_predictions
from indicast.generative import emission, ratings
from indicast.generative.families import Setting
from indicast.generative.model import model_coords
from indicast.infer import Run, Sampler, Settings, build_manifest, run_gates, save_run
from indicast.infer._fit import assemble
from indicast.ledger import Ledger, load_ledger
from indicast.panel import Vintage, build_panel, last_day
from indicast.publish.dossier import Case
from indicast.workspace import Framework, Mode, Route, Table, load_framework, month_index

TESTS = Path(__file__).parent
FOLDERS = {"unit", "contract", "reference", "recovery", "content", "planted", "browser"}

# fast: the same examples every time, so that a failure is the change's own; nightly: many new ones; planted: a
# failure is expected, so nobody waits for the smallest example of it.
settings.register_profile(
    "fast", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("planted", settings.get_profile("fast"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else "unit"
        if folder in FOLDERS:
            item.add_marker(folder)


@pytest.fixture(scope="session")
def keepers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace of the harbour with a table that its keepers rated one by one."""
    root = Path(shutil.copytree(TESTS / "fixtures" / "harbour", tmp_path_factory.mktemp("keepers") / "harbour"))
    overlay, priors = TESTS / "fixtures" / "keepers", root / "priors" / "harbour"
    for name in ("table.csv", "raters.csv"):
        shutil.copy(overlay / name, priors / name)
    with (priors / "hyperparameters.toml").open("a", encoding="utf-8") as declared:
        declared.write((overlay / "ratings.toml").read_text(encoding="utf-8"))
    return root


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

    def felt(self, seed: int, size: int) -> dict[str, np.ndarray]:
        """Return the same draws with the shocks and tilts that they imply."""
        return emission.with_climate(self.draws(seed, size), self.framework)

    def tree(self, draws: dict[str, np.ndarray], chains: int = 2) -> xr.DataTree:
        """Return draws as a fit of the panel would leave them, whatever they were drawn from."""
        months, arrays = int(self.panel.attrs["months"]), {}
        for name, values in draws.items():
            if name != names.STRENGTH:
                cut = values[:, :months] if name in {names.GLOBAL_INNOVATION, names.GROUP_INNOVATION} else values
                dims = (names.CHAIN, names.DRAW, *self._dims_of(name))
                arrays[name] = (dims, cut.reshape(chains, len(cut) // chains, *cut.shape[1:]))
        free = xr.Dataset(arrays)
        sampler = Sampler(self.framework, self.hyperparameters)
        prior = sampler.prior_draws(2, np.random.SeedSequence(1))
        return assemble(self.panel, sampler._with_chain(free, self.panel), xr.Dataset(), prior)

    def _dims_of(self, name: str) -> tuple[str, ...]:
        if name in self.hyperparameters.priors:
            return self.hyperparameters.priors[name].dims
        shared = {names.GLOBAL_INNOVATION: (names.TIME,), names.GROUP_INNOVATION: (names.TIME, names.GROUP)}
        return (shared | ratings.STANDARD_NORMAL).get(name, (names.INDICATOR,))

    @property
    def setting(self) -> Setting:
        """What stays the same while parameters vary."""
        return Setting(self.framework, self.hyperparameters, self.panel)

    def seen(self, ledger: Ledger, as_of: str) -> xr.Dataset:
        """Return the panel of another ledger, as known at the month's end."""
        when = Vintage(as_of, last_day(month_index(as_of)))
        return build_panel(self.framework, self.hyperparameters, ledger, when, today=date(2030, 1, 1))


def opened(root: Path, model: str, as_of: str, mode: Mode = "marks", route: Route = "A") -> World:
    framework = load_framework(root, model).starting(mode, route)
    hyperparameters = load_hyperparameters(framework)
    ledger, _ = load_ledger(framework, today=date(2030, 1, 1))
    when = Vintage(as_of, last_day(month_index(as_of)))
    panel = build_panel(framework, hyperparameters, ledger, when, today=date(2030, 1, 1))
    return World(framework, hyperparameters, ledger, panel)


@pytest.fixture(scope="session")
def harbour() -> World:
    return opened(TESTS / "fixtures" / "harbour", "harbour", "2024-06")


@pytest.fixture(scope="session")
def jetty() -> World:
    """Return the smallest workspace: one counted indicator and two scenarios."""
    return opened(TESTS / "fixtures" / "jetty", "jetty", "2024-06")


@pytest.fixture(scope="session")
def orchard() -> World:
    """Return the workspace that uses every family."""
    return opened(TESTS / "fixtures" / "orchard", "orchard", "2024-06")


@pytest.fixture(scope="session")
def mill() -> World:
    """Return the workspace that declares a residual scenario."""
    return opened(TESTS / "fixtures" / "mill", "mill", "2023-12")


@pytest.fixture(scope="session")
def orchard_residual(orchard: World) -> World:
    """Return the same workspace with its last scenario as what none of the others is."""
    declaration, table = orchard.framework.declaration, orchard.framework.table
    scenarios = (*declaration.scenarios[:-1], declaration.scenarios[-1].model_copy(update={"residual": True}))
    declaration = declaration.model_copy(update={"scenarios": scenarios})
    listed = Table(table.expected[:, :-1], table.marks[:, :-1], tuple(row[:-1] for row in table.descriptors))
    world = orchard._replace(framework=replace(orchard.framework, declaration=declaration, table=listed))
    return world._replace(panel=world.seen(world.ledger, "2024-06"))


@pytest.fixture(scope="session")
def orchard_labels() -> World:
    """Return the orchard started from the experts' labels."""
    return opened(TESTS / "fixtures" / "orchard", "orchard", "2024-06", route="B")


@pytest.fixture(scope="session")
def orchard_history() -> World:
    """Return the orchard started from the dated events before the table."""
    return opened(TESTS / "fixtures" / "orchard", "orchard", "2024-06", mode="history")


@pytest.fixture(scope="session")
def flagship() -> World:
    return opened(TESTS.parent, "belarus_russia", "2024-12")


@pytest.fixture(scope="session")
def rated(keepers: Path) -> World:
    return opened(keepers, "harbour", "2024-06")


SAMPLED = Settings(chains=2, tune=100, draws=500, target_accept=0.9, seed=7)
"""What the manifest of a made-up run says of its sampler."""


def made_up_case(root: Path) -> Case:
    """Return a saved run whose draws are independent draws of the priors, in a workspace of its own.

    Independent draws are what a perfect sampler would leave of a posterior without data, so every gate passes.
    """
    shutil.copytree(TESTS / "fixtures" / "harbour", root, dirs_exist_ok=True)
    world = opened(root, "harbour", "2024-06")
    size = (SAMPLED.chains, SAMPLED.draws)
    tree = world.tree(world.draws(5, SAMPLED.chains * SAMPLED.draws), SAMPLED.chains)
    rng, dims = np.random.default_rng(6), (names.CHAIN, names.DRAW)
    stats = {
        "energy": (dims, rng.normal(300.0, 8.0, size)),
        "diverging": (dims, np.zeros(size, dtype=bool)),
        "maxdepth_reached": (dims, np.zeros(size, dtype=bool)),
        "depth": (dims, rng.integers(2, 6, size)),
    }
    months = int(world.panel.attrs["months"])
    labels = model_coords(world.framework, world.hyperparameters, world.panel)
    groups = {f"/{name}": node.to_dataset() for name, node in tree.children.items()}
    for name in ("/posterior", "/log_likelihood"):
        named = {
            dim: list(labels[dim])[:months] if dim == names.TIME else labels[dim]
            for dim in groups[name].dims
            if dim in labels
        }
        groups[name] = groups[name].assign_coords(named)
    attrs, tree = tree.attrs, xr.DataTree.from_dict(groups | {"/sample_stats": xr.Dataset(stats)})
    tree.attrs = attrs
    tree = with_predictions(tree, world.framework, world.hyperparameters, SAMPLED.seed)
    gates = run_gates(tree, world.framework, world.hyperparameters)
    when = Vintage("2024-06", last_day(month_index("2024-06")))
    padded = {"months": int(world.panel.sizes[names.TIME])}
    run = Run(tree, gates, build_manifest(world.framework, world.ledger, when, SAMPLED, padded))
    save_run(world.framework, run)
    return Case(world.framework, world.hyperparameters, world.ledger, run, SAMPLED.seed)


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return a run under review; nothing may write into its workspace."""
    return made_up_case(tmp_path_factory.mktemp("made_up"))
