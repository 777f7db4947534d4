"""What a report of an indicator usually looks like: grade, kind and slant of its source.

Invariant: it is one that the ledger holds, of the last months if there is any, and the weaker one of two that are as
common (``tests/unit/test_channels.py``).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from indicast import names

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters


class Source(NamedTuple):
    """A source as the panel reads it.

    Attributes
    ----------
    grade
        Index of its letter, credibility counted in.
    factor
        What the kind of row leaves of its reliability, in (0, 1].
    slant
        Index of its class of sources.
    letter
        Its letter; blank if the indicator has never been reported on.
    """

    grade: int
    factor: float
    slant: int
    letter: str

    @property
    def words(self) -> str:
        """What kind of report is assumed."""
        if not self.letter:
            return "a report, none so far"
        return f"a report graded {self.letter}" if self.factor == 1.0 else f"a claim graded {self.letter}"


def typical_report(panel: xr.Dataset, hyperparameters: Hyperparameters, indicator: int | None, window: int) -> Source:
    """Return the most common kind of report.

    Parameters
    ----------
    panel
        What was seen, without padded months.
    hyperparameters
        Name the letters and say how reliable each is.
    indicator
        Index; of all indicators together if None.
    window
        Last months that are looked at; all of them where these hold no report.

    Returns
    -------
    Source
        Of the most common letter the most common factor, and of these the most common slant. Where nothing was ever
        reported it is the weakest source, without a letter.
    """
    letters = hyperparameters.coords[names.GRADE]
    reliable = hyperparameters.priors[names.RELIABILITY].mean()
    found = _found(panel, indicator)
    recent = [one[1:] for one in found if one[0] >= panel.sizes[names.TIME] - window] or [one[1:] for one in found]
    if not recent:
        return Source(int(reliable.argmin()), 1.0, len(hyperparameters.coords[names.SLANT]) - 1, "")
    grade = _most([one[0] for one in recent], {place: float(value) for place, value in enumerate(reliable)})
    factors = [one[1] for one in recent if one[0] == grade]
    factor = _most(factors, {value: value for value in factors})
    slants = [one[2] for one in recent if one[:2] == (grade, factor)]
    slant = _most(slants, {value: float(value) for value in slants})
    return Source(grade, factor, slant, str(letters[grade]))


def _found(panel: xr.Dataset, indicator: int | None) -> list[tuple[int, int, float, int]]:
    """Return month, grade, factor and slant of every report."""
    used, cell = panel["report_used"].to_numpy().copy(), panel["cell_indicator"].to_numpy()
    used &= panel["cell_used"].to_numpy()[:, None]
    if indicator is not None:
        used &= (cell == indicator)[:, None]
    month = panel["cell_time"].to_numpy()[used.nonzero()[0]].tolist()
    columns = [panel[f"report_{name}"].to_numpy()[used].tolist() for name in ("grade", "factor", "slant")]
    return list(zip(month, *columns, strict=True))


def _most[T: (int, float)](values: list[T], strength: dict[T, float]) -> T:
    """Return the most common value, of those that are as common the one of the least strength."""
    times = Counter(values)
    return min(times, key=lambda value: (-times[value], strength[value]))
