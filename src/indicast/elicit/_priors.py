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
from indicast.elicit._distributions import SUPPORTS, canonical_arguments
from indicast.elicit._elicited import with_elicited
from indicast.elicit._milestones import milestone_prior
from indicast.elicit._prior import Prior
from indicast.elicit._requirements import coordinates, requirements
from indicast.errors import WorkspaceError, one_of
from indicast.workspace import Finding, Framework, read_toml, refuse_errors


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


def load_hyperparameters(framework: Framework) -> Hyperparameters:
    """Return the declared priors and constants of a framework.

    Raises
    ------
    MissingError
        If ``priors/<model>/hyperparameters.toml`` does not exist.
    WorkspaceError
        If an entry is missing, unknown or impossible.
    DataError
        If ``elicited.csv`` cannot be used.
    """
    path = framework.priors_folder / "hyperparameters.toml"
    content = read_toml(path)
    coords = coordinates(framework)
    wanted = requirements(framework)
    _require_entries(path, "section", content, ("priors", "constants"))
    declared, findings = _declared(path, content, framework)
    refuse_errors(findings)
    entries = _entries(path, content, "constants", wanted.constants)
    constants = {name: _constant(f"{path}: constants.{name}", name, entry) for name, entry in entries.items()}
    check_constants(path, framework, constants)
    priors = {
        name: _prior(f"{path}: priors.{name}", name, entry, wanted.priors[name], coords)
        for name, entry in declared.items()
    }
    if framework.judgements:
        priors[names.MILESTONE_CHANCE] = milestone_prior(path, framework, constants["milestone_words"])
    return Hyperparameters(priors, constants, coords)


def elicited_findings(framework: Framework) -> list[Finding]:
    """Return what is wrong in ``elicited.csv``, and where a fitted prior misses what people said.

    Raises
    ------
    IndicastError
        If ``hyperparameters.toml`` does not say what is elicited, or a file cannot be read.
    """
    path = framework.priors_folder / "hyperparameters.toml"
    content = read_toml(path)
    _require_entries(path, "section", content, ("priors", "constants"))
    return _declared(path, content, framework)[1]


def _declared(
    path: Path, content: Mapping[str, object], framework: Framework
) -> tuple[dict[str, Mapping[str, object]], list[Finding]]:
    wanted = requirements(framework).priors
    entries = _entries(path, content, "priors", tuple(wanted))
    return with_elicited(framework, entries, wanted, coordinates(framework))


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
