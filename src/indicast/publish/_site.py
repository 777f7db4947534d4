"""All that a workspace has published becomes one page, ``reports/index.html``.

Invariant: the page asks nothing of the network, runs the one script whose hash its policy names, says all of it
without a script too, and is a function of the published files only (``tests/contract/test_site.py``,
``tests/browser/test_site_pages.py``).
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from indicast.elicit import word_with_band
from indicast.errors import RunError
from indicast.infer import replace_text
from indicast.publish import _site_charts, _wording
from indicast.publish._page import shown_in_html
from indicast.publish._shelf import REPORTS, Shelf, shelves
from indicast.workspace import month_index

INDEX: Final = "index.html"
SCRIPT: Final = "site.js"
STATES: Final = {
    "occurred": "occurred",
    "open": "not yet",
    "unclear": "unclear",
    "not known": "not known",
}
"""States of a milestone in words; another one stands as it is."""


def write_site(root: Path) -> Path:
    """Write the page of all that a workspace has published, and return its place.

    Raises
    ------
    DataError
        If a published file cannot be read.
    RunError
        If the disk refuses.
    """
    page = render_site(shelves(root))
    try:
        (root / REPORTS).mkdir(parents=True, exist_ok=True)
        replace_text(root / REPORTS / INDEX, page)
    except OSError as error:
        message = f"cannot write to {root / REPORTS}: {error.strerror}; free the disk or change its permissions"
        raise RunError(message) from None
    return root / REPORTS / INDEX


def render_site(found: tuple[Shelf, ...]) -> str:
    """Return the page of what was published."""
    environment = _environment()
    script = environment.get_template(SCRIPT).render().strip()
    sealed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("site.html").render(shelves=found, script=script, sealed=sealed)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("indicast.publish"),
        autoescape=True,
        finalize=shown_in_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = {name: value for name, value in vars(_wording).items() if callable(value) and not name.startswith("_")}
    environment.globals |= {"word": names, "chart": vars(_site_charts), "month_index": month_index}
    environment.globals |= {"worded": worded, "path": path, "state": state}
    return environment


def worded(shelf: Shelf, value: float) -> str:
    """Return a probability with its word, where the model was published with words."""
    return word_with_band(shelf.lexicon, value) if shelf.lexicon else _wording.percent(value)


def path(*parts: str) -> str:
    """Return the address of a file from the page, whatever its folders are called.

    Examples
    --------
    >>> path("my table", "2024-12", "report.html")
    './my%20table/2024-12/report.html'
    """
    return "./" + "/".join(quote(part, safe="") for part in parts)


def state(told: str, day: str) -> str:
    """Return how a milestone stands.

    Examples
    --------
    >>> state("occurred", "2021-11-04"), state("open", "")
    ('occurred, 4 November 2021', 'not yet')
    """
    named = STATES.get(told, told)
    return f"{named}, {_wording.day_name(day)}" if told == "occurred" and day else named
