"""Every test carries the mark of its folder, and Hypothesis runs a named profile."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
FOLDERS = {"unit", "contract", "reference", "recovery", "content", "planted"}

# fast: the same examples every time, so that a failure is the change's own; nightly: many new ones.
settings.register_profile(
    "fast", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
