"""A picture becomes part of the page: named for those who do not see it, and apart from all others.

Invariant: no two pictures share an identifier or a style, and none loads anything
(``tests/unit/test_dossier_pictures.py``).
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from indicast.errors import RunError
from indicast.publish.dossier._section import Figure

SVG, LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
LEFT_OUT = {f"{{{SVG}}}metadata", f"{{{SVG}}}style", f"{{{SVG}}}title"}
ADDRESS = re.compile(r"url\(#([^)]+)\)")
BOX = 4
"""Numbers of a ``viewBox``."""
NARROW = 420.0
"""Pictures of at most this width, in their own units, are legible on a phone as they are."""


def embedded(figure: Figure, key: str) -> str:
    """Return a figure's picture as markup of the page.

    Parameters
    ----------
    figure
        With its picture as one SVG element.
    key
        Unique on the page; every identifier in the picture begins with it.

    Raises
    ------
    RunError
        If it is no SVG.
    """
    root = _read(figure)
    for parent in root.iter():
        for child in [one for one in parent if one.tag in LEFT_OUT]:
            parent.remove(child)
    for element in root.iter():
        _set_apart(element, key)
    width, height = size(figure)
    for name in ("width", "height", "aria-labelledby", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"viewBox": f"0 0 {width:g} {height:g}", "role": "img", "aria-label": figure.alt}
    root.attrib |= {"stroke-linejoin": "round", "id": key}
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode")


def _read(figure: Figure) -> ET.Element:
    try:
        root = ET.fromstring(figure.svg.strip())  # noqa: S314  # drawn by the package itself, not received
    except ET.ParseError as error:
        message = f"picture {figure.id} is no SVG ({error}); this is a fault of the package, please report it"
        raise RunError(message) from None
    if root.tag != f"{{{SVG}}}svg":
        message = f"picture {figure.id} is no SVG of the namespace {SVG}; this is a fault of the package"
        raise RunError(message)
    return root


def _set_apart(element: ET.Element, key: str) -> None:
    """Put the key before every identifier, and make links plain."""
    if linked := element.attrib.pop(f"{{{LINK}}}href", None):
        element.attrib["href"] = linked
    for name, value in element.attrib.items():
        if name == "id":
            element.attrib[name] = f"{key}-{value}"
        elif name == "href":
            element.attrib[name] = f"#{key}-{value.removeprefix('#')}"
        else:
            element.attrib[name] = ADDRESS.sub(rf"url(#{key}-\1)", value)


def size(figure: Figure) -> tuple[float, float]:
    """Return width and height of a picture in its own units; (1, 1) if it does not say."""
    box = _read(figure).attrib.get("viewBox", "").replace(",", " ").split()
    return (float(box[2]), float(box[3])) if len(box) == BOX else (1.0, 1.0)


def wide(figure: Figure) -> bool:
    """Whether a picture must be scrolled sideways on a phone to stay legible."""
    return size(figure)[0] > NARROW


def plated(figure: Figure) -> bool:
    """Whether a picture has inks of its own, so that it stands on white by night as well."""
    return 'id="figure_1"' in figure.svg and "currentColor" not in figure.svg
