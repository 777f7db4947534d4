"""Verbal bands of probabilities, declared by a framework or shipped.

Invariant: bands rise without overlap; between two of them there may be a gap, as in the yardstick of PHIA, and a
probability there takes the word of the nearer one (``tests/unit/test_lexicon.py``).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import Field, model_validator

from indicast.workspace._indicator import Frozen, Identifier, Text
from indicast.workspace._start import Probability

DIGITS = 12
"""Decimals of the middle of a gap, so that .05 and .1 meet at .075."""


class Band(Frozen):
    """One verbal band: probabilities in ``[low, high)``, the last one closed."""

    word: Text
    low: Probability
    high: Probability


class Lexicon(Frozen):
    """Verbal bands that tile [0, 1], or with ``gaps`` leave out what its authors left out; they never overlap."""

    id: Identifier
    name: Text
    source: Text
    gaps: bool = False
    bands: tuple[Band, ...] = Field(min_length=2)

    @property
    def boundaries(self) -> tuple[float, ...]:
        """Where one word gives way to the next: the shared edge, or the middle of a gap."""
        lows, highs = [band.low for band in self.bands[1:]], [band.high for band in self.bands[:-1]]
        middles = zip(lows, highs, strict=True)
        return tuple(low if low == high else round((low + high) / 2.0, DIGITS) for low, high in middles)

    @property
    def edges(self) -> tuple[float, ...]:
        """Ends of all bands, each once, in rising order."""
        return tuple(sorted({edge for band in self.bands for edge in (band.low, band.high)}))

    @property
    def whole(self) -> bool:
        """Whether every probability lies in a band."""
        edges = self.edges
        return len(edges) == len(self.bands) + 1 and (edges[0], edges[-1]) == (0.0, 1.0)

    @model_validator(mode="after")
    def _rises_without_overlap(self) -> Self:
        edges = [edge for band in self.bands for edge in (band.low, band.high)]
        if edges != sorted(edges) or any(band.low >= band.high for band in self.bands):
            message = f"bands of lexicon {self.id} must rise without overlap, got edges {edges}"
            raise ValueError(message)
        if not (self.gaps or self.whole):
            message = (
                f"bands of lexicon {self.id} must tile 0 to 1 in rising order (or say gaps = true), got edges {edges}"
            )
            raise ValueError(message)
        return self


@cache
def shipped_lexicons() -> tuple[Lexicon, ...]:
    """Return the lexicons that every framework may name without declaring them."""
    text = (files("indicast.workspace") / "lexicons.toml").read_text(encoding="utf-8")
    return tuple(Lexicon.model_validate(one) for one in tomllib.loads(text)["lexicons"])
