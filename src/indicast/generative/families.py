"""The emission families by name: a module each, registered here and in ``workspace``.

Invariant: both registries hold the same names, and every family keeps the contract of
:class:`Family` (``tests/contract/test_families.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from indicast.generative import count, direction, event, level, milestone, share, withheld
from indicast.generative._family import (
    CLIMATE,
    Draws,
    Family,
    Labelled,
    Places,
    Setting,
    Variables,
    by_month,
    series_indicator,
)

__all__ = [
    "CLIMATE",
    "EMISSIONS",
    "Draws",
    "Family",
    "Labelled",
    "Places",
    "Setting",
    "Variables",
    "active",
    "by_month",
    "series_indicator",
]

EMISSIONS: Final[Mapping[str, Family]] = {
    module.FAMILY.name: module.FAMILY for module in (direction, count, event, share, level, milestone, withheld)
}
"""All families, in the order of ``indicast.workspace.FAMILIES``."""


def active(setting: Setting) -> tuple[Family, ...]:
    """Return the families that a framework uses."""
    return tuple(EMISSIONS[name] for name in setting.framework.families)
