"""A dossier becomes one page without scripts, links to files or a network.

Invariant: what was not computed is never shown as a pass, and without every gate passed each heading says
that nothing is for publication (``tests/contract/test_dossier.py``).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from indicast import __version__
from indicast.infer import code_hash
from indicast.publish import _wording
from indicast.publish._page import shown_in_html
from indicast.publish.dossier import _pictures
from indicast.publish.dossier._judged import Dossier

STAMP: Final = "NOT FOR PUBLICATION"
LONG: Final = 15
"""Rows of a table above which it is folded on a screen."""
NUMBER: Final = re.compile(r"[-+\N{MINUS SIGN}]?\d[\d.,]*(e[-+]\d+)?( ?%)?")
WORDS: Final = (
    ("Points", "percentage points of a scenario's probability."),
    ("Decibans", "ten times the decimal logarithm of odds: +3 doubles them, +10 makes them tenfold."),
    ("k-hat", "whether draws may be weighed anew: beyond its limit (0.7, less with few draws) only a fit can tell."),
    ("Emission", "what an indicator is expected to show under a scenario; the priors and rates that say so."),
    ("Chain", "how long scenarios last and which one follows."),
    ("R-hat, ESS", "whether chains agree (1 if they do), and how many independent draws theirs are worth."),
    ("p, raised", "how often the model itself would be as far off; raised for the number of checks made."),
)
"""What a reader may not know, in the order in which it is met."""
LEADS: Final = {"pass": "It stands", "fail": "It does not stand", "incomplete": "Not all of it was computed"}


def render_dossier(dossier: Dossier) -> str:
    """Return the page of a dossier."""
    return (
        _environment()
        .get_template("dossier.html")
        .render(
            d=dossier,
            case=dossier.case,
            manifest=dossier.case.run.manifest,
            declared=dossier.case.framework.declaration,
            version=__version__,
            code=code_hash(),
        )
    )


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
    environment.globals |= {
        "word": vars(_wording),
        "picture": vars(_pictures),
        "STAMP": STAMP,
        "LEADS": LEADS,
        "LONG": LONG,
        "WORDS": WORDS,
    }
    environment.globals["numeric"] = numeric

    return environment


def numeric(text: str) -> str:
    """Return the attribute of a cell that holds a number, or of the head of such a column."""
    return " class=n" if NUMBER.fullmatch(text) else ""
