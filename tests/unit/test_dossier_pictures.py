"""Pictures on one page have names, and nothing in common."""

import re

import pytest

from indicast.errors import RunError
from indicast.publish.dossier import Figure
from indicast.publish.dossier._pictures import embedded, plated, wide

MATPLOTLIB = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg"
  width="720pt" height="300pt" viewBox="0 0 720 300">
<metadata>when</metadata><defs><style>*{stroke: red}</style><path id="m1" d="M 0 0"/><clipPath id="p2"/></defs>
<g id="figure_1"><use xlink:href="#m1" clip-path="url(#p2)" style="fill: url(#p2)"/><text>a &lt; b</text></g></svg>"""
FIGURE = Figure("one", MATPLOTLIB, 'A "line" & more.', "It is flat.")


def test_every_identifier_begins_with_the_key_and_every_link_follows():
    made = embedded(FIGURE, "part-one")
    assert set(re.findall(r' id="([^"]+)"', made)) == {"part-one", "part-one-m1", "part-one-p2", "part-one-figure_1"}
    assert 'href="#part-one-m1"' in made
    assert made.count("url(#part-one-p2)") == 2


def test_a_picture_is_named_and_takes_the_width_it_is_given():
    made = embedded(FIGURE, "k")
    assert 'role="img"' in made
    assert 'aria-label="A &quot;line&quot; &amp; more."' in made
    assert "720pt" not in made
    assert 'viewBox="0 0 720 300"' in made


def test_what_would_leak_into_the_page_is_left_out_and_texts_stay_text():
    made = embedded(FIGURE, "k")
    assert not re.search("<style|<metadata|DOCTYPE|xlink|<\\?xml", made)
    assert "a &lt; b" in made


def test_a_picture_with_inks_of_its_own_is_broad_and_stands_on_white():
    assert wide(FIGURE)
    assert plated(FIGURE)
    drawn = Figure("two", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 340 100"/>', "a", "b")
    assert not wide(drawn)
    assert not plated(drawn)


@pytest.mark.parametrize("svg", ["<svg", "<p/>"])
def test_what_is_no_picture_is_refused(svg):
    with pytest.raises(RunError, match="is no SVG"):
        embedded(Figure("one", svg, "a", "b"), "k")
