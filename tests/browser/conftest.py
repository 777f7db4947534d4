"""A real browser for the pages that are published.

Without a Chromium the tests are skipped and say how to get one; ``INDICAST_BROWSER=required`` makes that a failure.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no chromium: apt-get install chromium (or put one of these on the path: " + ", ".join(NAMES) + ")"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    binary = next((found for name in NAMES if (found := shutil.which(name))), None)
    if binary is None and os.environ.get("INDICAST_BROWSER") == "required":
        pytest.fail(f"INDICAST_BROWSER=required, but {MISSING}", pytrace=False)
    if binary is None:
        pytest.skip(MISSING)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=binary)
        yield opened
        opened.close()


@dataclass
class Shown:
    """A page in the browser, with what it complained of and what it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def show(browser: Browser):
    """Return a function that opens a file at a width, by day or by night."""
    contexts = []

    def opened(path: Path, width: int = 1200, scheme: str = "light") -> Shown:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        shown = Shown(context.new_page())
        shown.page.on("console", lambda said: shown.complaints.append(said.text) if said.type == "error" else None)
        shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.page.on("request", lambda request: shown.asked.append(request.url))
        shown.page.goto(path.as_uri(), wait_until="load")
        return shown

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the pages' pictures: ``INDICAST_PICTURES`` if set, so that a person can look at them."""
    if named := os.environ.get("INDICAST_PICTURES"):
        Path(named).mkdir(parents=True, exist_ok=True)
        return Path(named)
    return tmp_path_factory.mktemp("pictures")
