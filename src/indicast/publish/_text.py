"""Text from the ledger becomes safe to print, in HTML and in Markdown.

Invariant: whatever stands in a cell or a declaration, a report holds it as text: no control,
direction-changing or invisible character, no live markup, and no link other than http or https
(``tests/unit/test_publish_text.py``, ``tests/contract/test_report.py``). HTML is escaped by the
template engine itself. Such characters are left out and not written as codes: words that hold one
read as if it had never been there.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST_TEXT = 600
MARKDOWN_MARKS = re.compile(r"([\\`*_\[\]<>|~#&$@]|:(?=//)|(?<=www)\.)")
LEADING_MARK = re.compile(r"^([-+=:]*|\d{1,9})([-+=:.)])(?=\s|$)")
WEB = ("http", "https")
LONGEST_LINK = 2000
HIDING = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that hide text, turn its direction or break its line."""
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""Other characters that show nothing: fillers, joiners and selectors (Unicode: Default_Ignorable_Code_Point)."""


def visible_only(text: str) -> str:
    r"""Return text without characters that hide, except line breaks and tabs.

    Examples
    --------
    >>> visible_only("a\u202eb\x1b\n")
    'ab\n'
    """
    if text.isascii() and text.isprintable():
        return text
    kept = (one for one in text if unicodedata.category(one) not in HIDING or one in "\n\t")
    return INVISIBLE.sub("", "".join(kept))


def plain(value: object, longest: int = LONGEST_TEXT) -> str:
    r"""Return a cell as one line of visible characters.

    Examples
    --------
    >>> plain("a\u202eb\n  c\x00")
    'ab c'
    """
    kept = " ".join(visible_only(" ".join(str(value).split())).split())
    return kept if len(kept) <= longest else kept[: longest - 3].rstrip() + "..."


def web_link(value: object) -> str | None:
    """Return an address that may be linked, or None.

    No user name may stand in it: ``https://known.example@other.example`` leads to the other one.

    Examples
    --------
    >>> web_link("https://example.org/a b") is None, web_link("javascript:alert(1)") is None
    (True, True)
    >>> web_link("https://example.org/a")
    'https://example.org/a'
    """
    text = str(value).strip(" ")
    if len(text) > LONGEST_LINK or plain(text, LONGEST_LINK) != text or re.search(r"[\s<>\"'`|\\]", text):
        return None
    try:
        parts, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        return None
    misleading = "@" in parts.netloc or "%" in parts.netloc or port == 0
    return text if parts.scheme.lower() in WEB and parts.hostname and not misleading else None


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
