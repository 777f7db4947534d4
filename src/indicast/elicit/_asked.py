"""Which priors are to be fitted to what people said, and how they were asked.

Invariant: an :class:`Asked` names a distribution that its prior may have, every place that needs a
number, and how far the fit may miss (``tests/unit/test_elicited.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from indicast import names
from indicast.elicit._distributions import DISTRIBUTIONS, SUPPORTS
from indicast.errors import WorkspaceError, one_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A prior whose arguments are to be fitted to what people said.

    Attributes
    ----------
    name, distribution
        The entry and the one family that is fitted.
    places
        The path of labels of every number, outermost dim first; one empty path for a scalar.
    tolerance
        How far a fit may miss, as a difference of probabilities in (0, 1).
    lower
        Where a truncated normal is cut; None for the others.
    bound
        Half-width of the interval about a modal share, in (0, 1); 0 for the others.
    """

    name: str
    distribution: str
    places: tuple[tuple[str, ...], ...]
    tolerance: float
    lower: float | None = None
    bound: float = 0.0

    @property
    def shares(self) -> bool:
        """Whether the last dim holds shares that sum to 1, so that one asks for modes."""
        return self.distribution == "Dirichlet"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of rows that can be fitted."""
        return ("mode",) if self.shares else ("quantile", "chips")

    @property
    def support(self) -> tuple[float, float]:
        """Open interval in which a value must lie."""
        if self.distribution in SUPPORTS["real"]:
            return -math.inf, math.inf
        if self.distribution in SUPPORTS["positive"]:
            return self.lower or 0.0, math.inf
        return 0.0, 1.0

    @property
    def free(self) -> int:
        """Number of arguments that are fitted."""
        return len(DISTRIBUTIONS[self.distribution].parameters) - (self.lower is not None)

    @property
    def spots(self) -> tuple[tuple[str, ...], ...]:
        """Paths at which one person makes one statement: without the last label where that one is a share."""
        return tuple(dict.fromkeys(self.spot(place) for place in self.places))

    def spot(self, place: tuple[str, ...]) -> tuple[str, ...]:
        """Return the spot to which a place belongs."""
        return place[:-1] if self.shares else place


EXTRA = {"TruncatedNormal": "lower", "Dirichlet": "bound"}
"""What some distributions need beside the tolerance."""
TEXTS = ("distribution", "source", "reason")


def asked_of(
    place: str,
    name: str,
    entry: Mapping[str, object],
    spec: tuple[tuple[str, ...], str],
    coords: Mapping[str, tuple[str, ...]],
) -> Asked:
    """Return what is asked about a prior whose entry says ``elicited``.

    Parameters
    ----------
    place
        Where the entry stands, for messages.
    name, entry
        The entry: ``distribution``, ``elicited = true``, ``tolerance``, source, reason; ``lower`` for a
        truncated normal; ``bound`` for a Dirichlet.
    spec
        Dims and support of the prior.
    coords
        Labels of every dim.

    Raises
    ------
    WorkspaceError
        If a key or a value does not fit.
    """
    dims, support = spec
    distribution = str(entry.get("distribution"))
    if distribution not in SUPPORTS[support]:
        allowed = one_of(SUPPORTS[support])
        message = f"{place}.distribution is {distribution!r}; {name} must be {support}, so allowed are {allowed}"
        raise WorkspaceError(message)
    _require_keys(place, distribution, entry)
    numbers = {key: _number(place, key, entry[key]) for key in ("tolerance", "lower", "bound") if key in entry}
    return Asked(name, distribution, tuple(_places(dims, coords)), **numbers)


def _require_keys(place: str, distribution: str, entry: Mapping[str, object]) -> None:
    extra = [EXTRA[distribution]] if distribution in EXTRA else []
    wanted = {*TEXTS, "elicited", "tolerance", *extra}
    if set(entry) != wanted:
        odd = one_of(set(entry) ^ wanted)
        message = f"{place}: {odd} is missing or does not belong; an elicited {distribution} has {one_of(wanted)}"
        raise WorkspaceError(message)
    if entry["elicited"] is not True:
        message = f"{place}.elicited is {entry['elicited']!r}; write true, or leave it out and give args"
        raise WorkspaceError(message)


def _number(place: str, key: str, value: object) -> float:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if key == "lower" and 0.0 <= number < math.inf:
        return number
    if key != "lower" and 0.0 < number < 1.0:
        return number
    allowed = "0 or more" if key == "lower" else "above 0 and below 1"
    message = f"{place}.{key} is {value!r}; write a number, {allowed}"
    raise WorkspaceError(message)


def _places(
    dims: tuple[str, ...], coords: Mapping[str, tuple[str, ...]], outer: tuple[str, ...] = ()
) -> list[tuple[str, ...]]:
    """Return the path of labels of every number of a prior, outermost dim first."""
    if not dims:
        return [outer]
    labels = coords[dims[0]]
    if dims[0] == names.DESTINATION:
        labels = tuple(label for label in coords[names.SCENARIO] if label != outer[-1])
    return [place for label in labels for place in _places(dims[1:], coords, (*outer, label))]
