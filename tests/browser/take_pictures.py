"""Take the pictures of the README from the pages that are published: ``make pictures``."""

import io
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
REPORTS, PICTURES = ROOT / "reports", ROOT / "docs" / "pictures"
BINARIES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
COLOURS = 64
"""Of a picture: as many as keep text sharp and a file below 200 kB."""


class Picture(NamedTuple):
    """A part of a page: from the top of one element to the end of another."""

    name: str
    page: Path
    first: str
    last: str
    width: int = 1200


def latest(file: str) -> Path:
    """Return a file of the latest published month of the first model."""
    return max(REPORTS.glob(f"*/????-??/{file}"))


def wanted() -> tuple[Picture, ...]:
    """Return what the README shows."""
    return (
        Picture("report", latest("report.html"), "header", "#now"),
        Picture(
            "moved",
            latest("report.html"),
            "section[aria-labelledby=change-head]",
            "section[aria-labelledby=change-head]",
        ),
        Picture("months", REPORTS / "index.html", "header", "main section figure, main section .panels"),
        Picture("dossier", latest("dossier.html"), "header", "section[aria-labelledby=parts-head]"),
    )


def take(browser: Browser, one: Picture) -> None:
    """Write one picture."""
    page = browser.new_page(viewport={"width": one.width, "height": 900}, color_scheme="light")
    page.goto(one.page.as_uri(), wait_until="load")
    first, last = page.locator(one.first).first.bounding_box(), page.locator(one.last).last.bounding_box()
    if first is None or last is None:
        sys.exit(f"{one.page} has no {one.first} or no {one.last}")
    clip = {"x": 0, "y": first["y"], "width": one.width, "height": last["y"] + last["height"] - first["y"] + 12}
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
    shot.convert("RGB").quantize(COLOURS).save(PICTURES / f"{one.name}.png", optimize=True)
    page.close()


def main() -> None:
    """Take all pictures."""
    binary = next((found for name in BINARIES if (found := shutil.which(name))), None)
    if binary is None:
        sys.exit("no chromium: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary)
        for one in wanted():
            take(browser, one)
        browser.close()


if __name__ == "__main__":
    main()
