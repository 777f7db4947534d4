"""From a folder to a frozen :class:`Framework`.

Invariant: a framework that was loaded is complete: every reference in it holds.
Opening a workspace runs nothing; it only reads text
(``tests/unit/test_workspace.py``).
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from pydantic import ValidationError

from indicast.errors import MissingError, WorkspaceError, one_of
from indicast.workspace._declaration import Declaration
from indicast.workspace._framework import Framework
from indicast.workspace._milestones import read_judgements
from indicast.workspace._table import read_table

ENVIRONMENT_VARIABLE = "INDICAST_WORKSPACE"


def find_root(given: Path | None = None, start: Path | None = None) -> Path:
    """Return the workspace's folder: as given, by environment, or the nearest parent.

    Parameters
    ----------
    given
        Folder named by the user, or None.
    start
        Where to look upwards from; the current folder by default.

    Raises
    ------
    MissingError
        If there is no folder with ``models/<model>/model.toml``.
    """
    named = given or (Path(os.environ[ENVIRONMENT_VARIABLE]) if os.environ.get(ENVIRONMENT_VARIABLE) else None)
    if named is not None:
        if not model_names(named):
            message = (
                f"{named} is no workspace: it has no models/<model>/model.toml; name another folder with --workspace"
            )
            raise MissingError(message)
        return named.resolve()
    here = (start or Path.cwd()).resolve()
    for folder in [here, *here.parents]:
        if model_names(folder):
            return folder
    remedy = f"go to a folder with models/<model>/model.toml, or use --workspace PATH or {ENVIRONMENT_VARIABLE}"
    message = f"no workspace at {here} or above it; {remedy}"
    raise MissingError(message)


def model_names(root: Path) -> tuple[str, ...]:
    """Return the names of the models that a workspace declares, sorted."""
    return tuple(sorted(path.parent.name for path in root.glob("models/*/model.toml")))


def load_framework(root: Path, model: str) -> Framework:
    """Return the framework of one model, every cross-reference checked.

    Raises
    ------
    MissingError
        If the model or one of its files does not exist.
    WorkspaceError
        If ``model.toml`` or the table is inconsistent.
    DataError
        If a cell of the table is not allowed.
    """
    if model not in model_names(root):
        message = f"no model {model!r} in {root / 'models'}; there are: {one_of(model_names(root))}"
        raise MissingError(message)
    path = root / "models" / model / "model.toml"
    declaration = parse_declaration(read_toml(path), path)
    if declaration.model.id != model:
        message = f"{path}: model.id is {declaration.model.id!r} but the folder is {model!r}; make them equal"
        raise WorkspaceError(message)
    priors = root / "priors" / model
    table = read_table(priors / "table.csv", declaration)
    return Framework(root, declaration, table, read_judgements(priors / "milestones.csv", declaration))


def read_toml(path: Path) -> dict[str, object]:
    """Return a TOML file's content.

    Raises
    ------
    MissingError
        If it does not exist.
    WorkspaceError
        If it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path} does not exist; create it or name another workspace with --workspace"
        raise MissingError(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"{path} is no TOML: {error}; correct that place"
        raise WorkspaceError(message) from None


def parse_declaration(content: dict[str, object], path: Path) -> Declaration:
    """Return the declaration, or say which key is wrong, its value and what is allowed.

    Raises
    ------
    WorkspaceError
        One line for each fault.
    """
    try:
        return Declaration.model_validate(content)
    except ValidationError as error:
        lines = [f"{path}: {_key(fault['loc'])}: {_reason(fault)}" for fault in error.errors()]
        raise WorkspaceError("\n".join(lines)) from None


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "model.toml"


def _reason(fault: object) -> str:
    if not isinstance(fault, dict):
        return str(fault)
    if fault["type"] == "extra_forbidden":
        return "is no known key; remove it or correct its spelling"
    if fault["type"] == "missing":
        return "is missing; add it"
    message = str(fault["msg"]).removeprefix("Value error, ")
    value = fault.get("input")
    got = f", got {value!r}" if isinstance(value, str | int | float | bool) else ""
    return f"{message}{got}"
