"""What reaches a dossier is finite, even and self-contained; what breaks that is named."""

import dataclasses

import pytest

from indicast.errors import RunError
from indicast.publish.dossier import Figure, Section, Table
from indicast.publish.dossier._sound import HEAVIEST, require_sound

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{}</svg>'
FIGURE = Figure("one", SVG.format('<path clip-path="url(#a)" d="M 0 0"/>'), "A line.", "It is flat.")
SOUND = Section(
    "part",
    "Part",
    "Is it so?",
    "pass",
    "It is.",
    (FIGURE,),
    (Table("Rows", ("a", "b"), (("1", "2"),)),),
    {"x": [1.0, None]},
)


def test_a_sound_section_passes():
    require_sound(SOUND)


BROKEN = {
    "data.x[1].y is no finite number": {"data": {"x": [1.0, {"y": float("nan")}]}},
    "data.x is no finite number": {"data": {"x": float("inf")}},
    "is ragged": {"tables": (Table("Rows", ("a", "b"), (("1",),)),)},
    "is no anchor": {"id": "Part one"},
    "stands twice": {"figures": (FIGURE, FIGURE)},
    "bytes, at most": {"figures": (dataclasses.replace(FIGURE, svg=SVG.format(" " * HEAVIEST)),)},
    "no alternative text": {"figures": (dataclasses.replace(FIGURE, alt=" "),)},
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_section_is_refused(fault):
    with pytest.raises(RunError, match=r"part \S+") as told:
        require_sound(dataclasses.replace(SOUND, **BROKEN[fault]))
    assert fault in str(told.value)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        '<image href="https://example.org/a.png"/>',
        '<g onclick="1"/>',
        '<use href="other.svg#a"/>',
        '<rect style="fill:url(https://example.org/a)"/>',
    ],
)
def test_a_picture_that_runs_or_loads_something_is_refused(inside):
    with pytest.raises(RunError, match="runs or loads something"):
        require_sound(dataclasses.replace(SOUND, figures=(dataclasses.replace(FIGURE, svg=SVG.format(inside)),)))
