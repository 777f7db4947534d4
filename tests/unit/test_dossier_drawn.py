"""Charts stay inside their picture, escape their texts, and are drawn alike each time."""

import re

import numpy as np

from indicast.publish.dossier._drawn import HEIGHT, WIDTH, Chart, Line, drawn

X = np.linspace(-2.0, 12.0, 50)
CHART = Chart(
    '<b> & "c"',
    (Line(X, 40.0 * np.sin(X), 5),),
    (0.0, 10.0),
    (-1.0, 1.0),
    (0.0, 10.0),
    (-1.0, 1.0),
    (X, X - 9, X),
    label="x",
)


def test_every_point_lies_inside_the_picture():
    svg = drawn([CHART, CHART])
    points = [
        tuple(map(float, pair.split(","))) for found in re.findall(r'points="([^"]+)"', svg) for pair in found.split()
    ]
    assert len(points) == 2 * 3 * X.size
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_texts_are_escaped():
    svg = drawn([CHART])
    assert "&lt;b&gt; &amp; &quot;c&quot;" in svg
    assert "<b>" not in svg


def test_the_same_numbers_draw_the_same_bytes():
    assert drawn([CHART]) == drawn([CHART])


def test_more_lines_than_inks_take_them_again():
    assert 'class="ink ink1"' in drawn([CHART])
