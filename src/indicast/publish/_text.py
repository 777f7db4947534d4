"""Text from the ledger becomes safe to print, in HTML and in Markdown.

Invariant: whatever stands in a cell, a report holds it as text: no control or
direction-changing character, no live markup, and no link other than http or https
(``tests/unit/test_publish_text.py``). HTML is escaped by the template engine itself.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST_TEXT = 600
MARKDOWN_MARKS = re.compile(r"([\\`*_\[\]<>|~#&$@]|:(?=//)|(?<=www)\.)")
LEADING_MARK = re.compile(r"^([-+=:]*|\d{1,9})([-+=:.)])(?=\s|$)")
WEB = ("http", "https")


def plain(value: object, longest: int = LONGEST_TEXT) -> str:
    r"""Return a cell as one line without control, format or private characters.

    Unicode categories Cc, Cf, Co, Cs, Zl and Zp go: they hide text, turn its direction or break its line.

    Examples
    --------
    >>> plain("a\u202eb\n  c\x00")
    'ab c'
    """
    spaced = " ".join(str(value).split())
    kept = "".join(one for one in spaced if unicodedata.category(one) not in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
    return kept if len(kept) <= longest else kept[: longest - 3].rstrip() + "..."


def web_link(value: object) -> str | None:
    """Return an address that may be linked, or None.

    Examples
    --------
    >>> web_link("https://example.org/a b") is None, web_link("javascript:alert(1)") is None
    (True, True)
    >>> web_link("https://example.org/a")
    'https://example.org/a'
    """
    text = str(value).strip()
    if plain(text, len(text) + 1) != text or re.search(r"[\s<>\"'`|\\]", text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme.lower() in WEB and parts.hostname else None


def markdown(value: object) -> str:
    r"""Return text that Markdown shows as it is, inside a paragraph, a list or a table.

    Addresses in running text do not become links either.

    Examples
    --------
    >>> print(markdown("a|b"), markdown("- no list"), markdown("-0.5"), markdown("http://x"))
    a\|b \- no list -0.5 http\://x
    """
    text = plain(value, len(str(value)) + 1)
    return LEADING_MARK.sub(r"\1\\\2", MARKDOWN_MARKS.sub(r"\\\1", text))


class Ready(str):
    """Markdown that is already as it should be."""

    __slots__ = ()


def markdown_link(title: str, address: str | None) -> Ready:
    r"""Return a title, linked if there is an address.

    Examples
    --------
    >>> print(markdown_link("[A]", "https://example.org/(a)"), markdown_link("[A]", None))
    [\[A\]](https://example.org/%28a%29) \[A\]
    """
    if address is None:
        return Ready(markdown(title))
    quoted = address.replace("(", "%28").replace(")", "%29").replace("*", "%2A").replace("[", "%5B").replace("]", "%5D")
    return Ready(f"[{markdown(title)}]({quoted})")


def markdown_output(value: object) -> str:
    """Return any value of a Markdown template escaped, unless it is :class:`Ready`."""
    return value if isinstance(value, Ready) else markdown(value)
