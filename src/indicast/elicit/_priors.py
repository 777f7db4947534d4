"""``hyperparameters.toml`` as prior objects: arrays with dims, a source and a reason.

Invariant: every prior and constant that the model needs is declared once, has a
source and a reason, and its arguments are possible for its distribution and
support; nothing else may stand in the file (``tests/unit/test_priors.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indicast import names
from indicast.elicit._constants import Constant, as_array, as_mapping, as_number, check_constants
from indicast.elicit._distributions import DISTRIBUTIONS, SUPPORTS, canonical_arguments
from indicast.errors import WorkspaceError, one_of
from indicast.workspace import Framework, read_toml

GRADES = ("A", "B", "C", "D", "E", "F")
"""Reliability letters of the Admiralty scale; F means that it cannot be judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """One prior distribution over an array of parameters.

    Attributes
    ----------
    name, dims
        The variable and its dims, outermost first.
    distribution
        Name of the distribution, for instance ``Beta``.
    arguments
        Canonical arguments, each broadcast to the shape of the dims.
    source, reason
        Where the numbers come from and why they are defensible.
    """

    name: str
    dims: tuple[str, ...]
    distribution: str
    arguments: Mapping[str, np.ndarray]
    source: str
    reason: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the dims."""
        return next(iter(self.arguments.values())).shape

    def mean(self) -> np.ndarray:
        """Return the prior mean, dims as :attr:`dims`."""
        return DISTRIBUTIONS[self.distribution].mean(self.arguments)

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return independent draws, dims (draw, *dims)."""
        return DISTRIBUTIONS[self.distribution].sample(self.arguments, rng, (size, *self.shape))


@dataclass(frozen=True, slots=True, eq=False)
class Hyperparameters:
    """Everything that ``hyperparameters.toml`` declares."""

    priors: Mapping[str, Prior]
    constants: Mapping[str, Constant]
    coords: Mapping[str, tuple[str, ...]]

    def number(self, name: str) -> float:
        """Return a constant that is one number."""
        return as_number(self.constants[name])

    def array(self, name: str) -> np.ndarray:
        """Return a constant that is an array of numbers."""
        return as_array(self.constants[name])

    def mapping(self, name: str) -> dict[str, float]:
        """Return a constant that is a table of numbers."""
        return as_mapping(self.constants[name])


def coordinates(framework: Framework) -> dict[str, tuple[str, ...]]:
    """Return the labels of every dim that a prior may have."""
    declaration = framework.declaration
    looked = tuple(word for word, meaning in declaration.coverage.items() if meaning == "looked")
    return {
        names.SCENARIO: framework.scenarios,
        names.DESTINATION: tuple(str(rank) for rank in range(len(framework.scenarios) - 1)),
        names.INDICATOR: framework.indicators,
        names.GROUP: framework.groups,
        names.COUNTED: tuple(indicator.id for indicator in framework.counts),
        names.DIRECTION: declaration.directions,
        names.GRADE: GRADES,
        names.SLANT: tuple(rule.id for rule in declaration.slants),
        names.COVERAGE: looked,
        names.CALENDAR_MONTH: tuple(str(month) for month in range(1, 13)),
    }


ALWAYS: dict[str, tuple[tuple[str, ...], str]] = {
    names.INITIAL: ((names.SCENARIO,), "simplex"),
    names.DWELL: ((names.SCENARIO,), "positive"),
    names.EXIT: ((names.SCENARIO, names.DESTINATION), "simplex"),
    names.PERSISTENCE: ((), "unit"),
    names.GLOBAL_SCALE: ((), "positive"),
    names.GROUP_SCALE: ((names.GROUP,), "positive"),
    names.TILT_MEAN: ((), "real"),
    names.TILT_SCALE: ((), "positive"),
    names.STRENGTH_BASE: ((), "positive"),
    names.THRESHOLD: ((), "positive"),
    names.FLAT_NEWS_MEAN: ((), "real"),
    names.FLAT_NEWS_SCALE: ((), "positive"),
    names.RELIABILITY: ((names.GRADE,), "unit"),
    names.SLANT_SHARES: ((names.SLANT, names.DIRECTION), "simplex"),
    names.MARKS_OF_PRESENT: ((), "unit"),
}
WITH_COUNTS: dict[str, tuple[tuple[str, ...], str]] = {
    names.GROWTH: ((names.COUNTED, names.SCENARIO), "real"),
    names.OVERDISPERSION: ((names.COUNTED,), "positive"),
    names.DETECTION: ((names.COVERAGE,), "unit"),
    names.SEASON: ((names.COUNTED, names.CALENDAR_MONTH), "real"),
    names.PEAK: ((names.COUNTED,), "real"),
}
CONSTANTS_ALWAYS = (
    "strength_floor",
    "strength_sd",
    "claim_factor",
    "credibility_steps",
    "mark_if_present",
    "mark_if_support",
)
CONSTANTS_WITH_COUNTS = ("reference_rate", "reference_weight_months", "reference_window_months", "growth_years")


def load_hyperparameters(framework: Framework) -> Hyperparameters:
    """Return the declared priors and constants of a framework.

    Raises
    ------
    MissingError
        If ``priors/<model>/hyperparameters.toml`` does not exist.
    WorkspaceError
        If an entry is missing, unknown or impossible.
    """
    path = framework.priors_folder / "hyperparameters.toml"
    content = read_toml(path)
    coords = coordinates(framework)
    wanted = ALWAYS | (WITH_COUNTS if framework.counts else {})
    constants_wanted = CONSTANTS_ALWAYS + (CONSTANTS_WITH_COUNTS if framework.counts else ())
    _require_entries(path, "section", content, ("priors", "constants"))
    priors = _entries(path, content, "priors", tuple(wanted))
    constants = _entries(path, content, "constants", constants_wanted)
    loaded = Hyperparameters(
        {name: _prior(f"{path}: priors.{name}", name, entry, wanted[name], coords) for name, entry in priors.items()},
        {name: _constant(f"{path}: constants.{name}", name, entry) for name, entry in constants.items()},
        coords,
    )
    check_constants(path, framework, loaded.constants)
    return loaded


def _entries(
    path: Path, content: Mapping[str, object], section: str, wanted: tuple[str, ...]
) -> dict[str, Mapping[str, object]]:
    entries = content[section]
    if not isinstance(entries, Mapping):
        message = f"{path}: {section} must be a table of entries"
        raise WorkspaceError(message)
    _require_entries(path, f"{section} entry", entries, wanted)
    for name, entry in entries.items():
        if not isinstance(entry, Mapping):
            message = f"{path}: {section}.{name} must be a table with source and reason, got {entry!r}"
            raise WorkspaceError(message)
    return {name: entries[name] for name in wanted}


def _require_entries(path: Path, what: str, found: Mapping[str, object], wanted: tuple[str, ...]) -> None:
    missing, unknown = set(wanted) - set(found), set(found) - set(wanted)
    if missing:
        message = f"{path}: {what} {one_of(missing)} is missing; the model needs it"
        raise WorkspaceError(message)
    if unknown:
        message = f"{path}: {what} {one_of(unknown)} is not known; allowed are {one_of(wanted)}"
        raise WorkspaceError(message)


def _texts(place: str, entry: Mapping[str, object], fields: tuple[str, ...]) -> tuple[str, str]:
    _require_entries(Path(place), "key", entry, (*fields, "source", "reason"))
    for key in ("source", "reason"):
        if not isinstance(entry[key], str) or not str(entry[key]).strip():
            message = f"{place}.{key} must be a sentence; say where the number comes from and why"
            raise WorkspaceError(message)
    return str(entry["source"]), str(entry["reason"])


def _constant(place: str, name: str, entry: Mapping[str, object]) -> Constant:
    source, reason = _texts(place, entry, ("value",))
    return Constant(name, entry["value"], source, reason)


def _prior(
    place: str,
    name: str,
    entry: Mapping[str, object],
    spec: tuple[tuple[str, ...], str],
    coords: Mapping[str, tuple[str, ...]],
) -> Prior:
    source, reason = _texts(place, entry, ("distribution", "args"))
    dims, support = spec
    distribution, raw = entry["distribution"], entry["args"]
    if distribution not in SUPPORTS[support]:
        allowed = one_of(SUPPORTS[support])
        message = f"{place}.distribution is {distribution!r}; {name} must be {support}, so allowed are {allowed}"
        raise WorkspaceError(message)
    if not isinstance(raw, Mapping):
        message = f"{place}.args must be a table of numbers, got {raw!r}"
        raise WorkspaceError(message)
    arrays = {key: _expand(f"{place}.args.{key}", value, dims, coords) for key, value in raw.items()}
    return Prior(name, dims, str(distribution), canonical_arguments(place, str(distribution), arrays), source, reason)


def _expand(
    place: str, value: object, dims: tuple[str, ...], coords: Mapping[str, tuple[str, ...]], outer: str = ""
) -> np.ndarray:
    shape = tuple(len(coords[dim]) for dim in dims)
    if isinstance(value, bool) or not isinstance(value, int | float | Mapping):
        message = f"{place} must be a number or a table of numbers, got {value!r}"
        raise WorkspaceError(message)
    if not isinstance(value, Mapping):
        return np.full(shape, float(value))
    if not dims:
        message = f"{place} must be one number, got a table with {one_of(value)}"
        raise WorkspaceError(message)
    labels = coords[dims[0]]
    if dims[0] == names.DESTINATION:
        labels = tuple(label for label in coords[names.SCENARIO] if label != outer)
    _require_entries(Path(place), f"{dims[0]} label", value, labels)
    return np.stack([_expand(f"{place}.{label}", value[label], dims[1:], coords, label) for label in labels])
