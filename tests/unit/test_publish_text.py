"""Text that strangers wrote stays text, and numbers are never worded into certainty."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicast.publish import _text, _wording

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "`rm -rf`",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "===",
    "[x](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "&lt;b&gt;",
    "$x$",
    "www.example.org and a@example.org",
    "line one\n\n# line two",
]


@pytest.mark.parametrize(
    "text",
    [
        "\u202eevil",
        "a\u200bb",
        "a\x00b",
        "a\x1b[31mb",
        "\u2066a\u2069",
        "a\u2028b",
        "\ufeffa",
        "a\u00adb",
        "\U000e0041",
    ],
)
def test_hidden_and_direction_changing_characters_are_dropped(text):
    assert _text.plain(text).isprintable()


@given(st.text(max_size=200))
def test_plain_text_is_one_printable_line(text):
    found = _text.plain(text)
    assert "\n" not in found
    assert all(one.isprintable() or ord(one) > 0x2FF for one in found)


@pytest.mark.parametrize("hidden", "\u034f\u115f\u1160\u17b4\u180b\u2065\u2800\u3164\ufe0f\uffa0\U000e0100")
def test_characters_that_show_nothing_are_dropped(hidden):
    assert _text.plain(f"a{hidden}b") == "ab"


@given(st.text(max_size=60))
def test_visible_text_has_nothing_left_to_drop(text):
    found = _text.visible_only(text)
    assert _text.visible_only(found) == found


def test_words_of_every_script_stay():
    for text in ("Лукашенка, Мінск", "Żółć – 5 €", "北京 会议", "é e\u0301", "a\nb\tc"):
        assert _text.visible_only(text) == text


def test_long_text_is_cut():
    assert len(_text.plain("x" * 5000)) == _text.LONGEST_TEXT


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "//example.org",
        "ftp://example.org",
        "paper.pdf",
        "https://",
        "https://example.org/\u202egnp",
        "https://example.org/a b",
        'https://example.org/"onclick="x',
        "https://exa<mple.org",
        "https://[broken",
        "https://known.example@other.example/",
        "https://known.example%40other.example/",
        "https://user:word@example.org",
        "https://example.org:99999/",
        "\x1fhttps://example.org",
        "https://example.org/\x85",
        "java\nscript:alert(1)",
        "vbscript:x",
        "https://example.org/" + "x" * 2000,
        "",
    ],
)
def test_only_plain_web_addresses_are_linked(address):
    assert _text.web_link(address) is None


def test_web_addresses_are_linked_as_they_are():
    assert _text.web_link(" https://example.org/a?b=c&d=e#f ") == "https://example.org/a?b=c&d=e#f"


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_marks_are_escaped(text):
    found = _text.markdown(text)
    assert "\n" not in found
    assert not re.search(r"(?<!\\)[|`<>\[\]#*_~$]", found)
    assert not re.match(r"([-+=:]+|\d+[.)])(\s|$)", found)


def test_numbers_are_not_taken_for_markdown_lists():
    assert _text.markdown("-0.7") == "-0.7"
    assert _text.markdown("+1.2") == "+1.2"


@pytest.mark.parametrize("text", ["a](javascript:x)", "a\nb"])
def test_a_link_keeps_its_title_and_address(text):
    found = _text.markdown_link(text, "https://example.org/(x)")
    assert re.fullmatch(
        r"\[(?:[^\[\]]|\\[\[\]])*\]\(https://example.org/%28x%29\)", found.replace("\\]", "").replace("\\[", "")
    )


@given(st.floats(1e-5, 1 - 1e-5))
def test_no_open_probability_is_printed_as_certain(probability):
    assert 0 < float(_wording.share(probability)) < 100
    assert 0 < float(_wording.tenths(probability).removesuffix(" %")) < 100


def test_certain_numbers_are_printed_as_such():
    assert (_wording.share(0.0), _wording.share(1.0)) == ("0", "100")
