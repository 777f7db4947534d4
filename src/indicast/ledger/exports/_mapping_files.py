"""Where mappings stand, and how one is read: a shipped layout under the workspace's own file.

Invariant: a mapping that was loaded fits its framework: every word that it gives as a constant is declared
there (``tests/unit/test_import_mapping.py``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from indicast.errors import MissingError, WorkspaceError, one_of
from indicast.ledger._schemas import CREDIBILITIES, KINDS, RELIABILITIES
from indicast.ledger.exports._mapping import LookedUp, Mapping, Said
from indicast.ledger.exports._template import parse_template
from indicast.workspace import read_toml, shown

if TYPE_CHECKING:
    from indicast.workspace import Framework

MERGED: Final = ("format", "dates", "derived", "lookups", "columns", "source", "select")
"""Tables in which the workspace's keys stand beside and above those of the layout."""


def layout_names() -> tuple[str, ...]:
    """Return the names of the shipped layouts, sorted."""
    folder = files("indicast.ledger.exports") / "layouts"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def load_mapping(framework: Framework, wanted: str) -> Mapping:
    """Return the mapping of a name or path, checked against a framework.

    Parameters
    ----------
    framework
        Declares the indicators and directions.
    wanted
        A word for ``models/<model>/imports/<word>.toml``, or the path of a file.

    Raises
    ------
    MissingError
        If there is no such file.
    WorkspaceError
        If it is no mapping, or gives a word that the framework does not declare.
    """
    path = _found(framework, wanted)
    own = read_toml(path)
    mapping = _parsed(_merged(path, own), path)
    for place, then in mapping.outcomes():
        for column, said in then.items():
            named = f"lookups.{said.lookup}" if isinstance(said, LookedUp) else f"{place}.{column}"
            _refuse_words(path, named, _constants(mapping, said), _allowed(framework).get(column))
    return mapping


def _found(framework: Framework, wanted: str) -> Path:
    folder = framework.model_file.parent / "imports"
    path = Path(wanted)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if path.is_file():
            return path
        message = f"no mapping at {path}; name a TOML file, or one of {one_of(_stems(folder))} in {folder}"
        raise MissingError(message)
    path = folder / f"{wanted}.toml"
    if path.is_file():
        return path
    if wanted in layout_names():
        remedy = f'write it with the line layout = "{wanted}", [[rules]] and grades, as docs/importing.md shows'
        message = f"{path} does not exist; the layout says what the columns are, not what they mean here: {remedy}"
        raise MissingError(message)
    message = f"no mapping {shown(wanted)} in {folder}; there are: {one_of(_stems(folder))}; layouts to start from: "
    raise MissingError(message + one_of(layout_names()))


def _stems(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.toml")]


def _merged(path: Path, own: dict[str, Any]) -> dict[str, Any]:
    name = own.get("layout")
    if name is None:
        return own
    if name not in layout_names():
        message = f"{path}: layout is {shown(name)}; allowed are {one_of(layout_names())}, or leave it out"
        raise WorkspaceError(message)
    text = (files("indicast.ledger.exports") / "layouts" / f"{name}.toml").read_text(encoding="utf-8")
    layout: dict[str, Any] = tomllib.loads(text)
    whole = layout | own
    for table in MERGED:
        if isinstance(layout.get(table), dict) and isinstance(own.get(table), dict):
            whole[table] = layout[table] | own[table]
    return whole


def _parsed(content: dict[str, Any], path: Path) -> Mapping:
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        raise WorkspaceError("\n".join(f"{path}: {_told(fault)}" for fault in error.errors())) from None


def _told(fault: Any) -> str:  # noqa: ANN401  # pydantic's dictionary of one fault
    place = ".".join(str(part) for part in fault["loc"]) or "the mapping"
    if fault["type"] == "extra_forbidden":
        return f"{place} is no known key; remove it or correct its spelling"
    if fault["type"] == "missing":
        return f"{place} is missing; add it (docs/importing.md)"
    value = fault.get("input")
    got = f", got {shown(value)}" if isinstance(value, str | int | float | bool) else ""
    return f"{place}: {str(fault['msg']).removeprefix('Value error, ')}{got}"


def _constants(mapping: Mapping, said: Said) -> list[str]:
    """Return the words that a column may be given without looking at a cell."""
    if isinstance(said, LookedUp):
        lookup = mapping.lookups[said.lookup]
        return [*lookup.words.values()] + ([lookup.default] if lookup.default is not None else [])
    constant = parse_template(said).constant
    return [] if constant is None else [constant]


def _allowed(framework: Framework) -> dict[str, tuple[str, ...]]:
    return {
        "indicator": tuple(framework.indicators),
        "kind": KINDS,
        "direction": tuple(framework.declaration.directions),
        "reliability": RELIABILITIES,
        "credibility": CREDIBILITIES,
    }


def _refuse_words(path: Path, place: str, words: Iterable[str], allowed: tuple[str, ...] | None) -> None:
    wrong = [word for word in words if allowed is not None and word not in allowed]
    if wrong and allowed is not None:
        message = f"{path}: {place} gives {shown(wrong[0])}; allowed are {one_of(allowed)}"
        raise WorkspaceError(message)
