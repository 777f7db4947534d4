"""Content becomes the page and its plain-text twin.

Invariant: an undefined name in a template is an error, and every value is escaped
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from indicast.publish import (
    _charts,
    _clocks,
    _lite_words,
    _milestone_sentences,
    _moved,
    _sentences,
    _standing,
    _unexplained_words,
    _watch_words,
    _why_words,
    _wording,
)
from indicast.publish._text import markdown_link, markdown_output, visible_only
from indicast.publish._wording import month_at

if TYPE_CHECKING:
    from indicast.publish._content import Content

SPOKEN = (_sentences, _standing, _milestone_sentences, _lite_words, _unexplained_words, _watch_words, _why_words)
"""Modules whose functions templates call as ``say``."""
TABLE_STEP = 3
"""Months between two rows of the history table, counted back from the last."""
TABLE_ROWS = 20
RANGE = re.compile(r"(?<=\d)-(?=[\d.]+ %)")


def render_html(content: Content) -> str:
    """Return the report as one page without scripts, links to files or a network."""
    return _environment(html=True).get_template("report.html").render(c=content)


def render_markdown(content: Content) -> str:
    """Return the report as Markdown, with tables instead of charts."""
    return _environment(html=False).get_template("report.md").render(c=content)


@cache
def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("indicast.publish"),
        autoescape=html,  # noqa: S701  # Markdown is escaped by its own finalizer
        finalize=shown_in_html if html else markdown_output,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "say": {name: word for module in SPOKEN for name, word in _public(module).items()},
        "word": _public(_wording),
        "chart": _public(_charts) | _public(_clocks) | _public(_moved),
    }
    environment.globals |= {"history_rows": history_rows, "md_link": markdown_link}
    return environment


def shown_in_html(value: object) -> object:
    """Return text of visible characters in which no line ends inside a percentage or a range of them.

    It is not escaped here: what is markup already stays markup, and all else the engine escapes.
    """
    if not isinstance(value, str):
        return value
    text = RANGE.sub("\N{NON-BREAKING HYPHEN}", visible_only(value))
    return type(value)(text.replace(" %", "\N{NO-BREAK SPACE}%"))


def _public(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if callable(value) and not name.startswith("_")}


def history_rows(content: Content) -> list[tuple[str, list[tuple[float, float, float | None]]]]:
    """Return months with filtered, smoothed and published probability of each scenario, oldest first."""
    past = content.history
    months = range(past.last, past.first - 1, -TABLE_STEP)[:TABLE_ROWS]
    rows = []
    for month in reversed(months):
        place = month - past.first
        cells = [(one.filtered[place], one.smoothed[place], dict(one.published).get(month)) for one in past.traces]
        rows.append((month_at(month), cells))
    return rows
