"""From a folder to a frozen :class:`Framework`.

Invariant: a framework that was loaded is complete: every reference in it holds
(``tests/unit/test_workspace.py``). Opening a workspace runs nothing; it only reads text, and
only inside its own folder (``tests/contract/test_hostile_workspace.py``).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import ValidationError

from indicast.errors import MissingError, WorkspaceError, one_of
from indicast.workspace._declaration import Declaration
from indicast.workspace._framework import Framework
from indicast.workspace._milestones import read_judgements
from indicast.workspace._rows import shown
from indicast.workspace._table import read_table
from indicast.workspace._toml import read_toml

ENVIRONMENT_VARIABLE = "INDICAST_WORKSPACE"
FOLDERS = ("models", "priors", "data", "runs", "reports")
MODEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
LONGEST_PART = 80
SIMPLE = str | int | float | bool
MOST_FAULTS = 20
"""Faults of one ``model.toml`` that are listed; the rest are counted."""


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
    remedy = (
        f"go to a folder with models/<model>/model.toml, use --workspace PATH or {ENVIRONMENT_VARIABLE}, "
        "or make one with 'indicast init DIR'"
    )
    message = f"no workspace at {here} or above it; {remedy}"
    raise MissingError(message)


def model_names(root: Path) -> tuple[str, ...]:
    """Return the names of the models that a workspace declares, sorted; a folder of another kind of name is none."""
    try:
        found = [path.parent.name for path in root.glob("models/*/model.toml")]
    except (OSError, ValueError):
        return ()
    return tuple(sorted(name for name in found if MODEL_NAME.fullmatch(name)))


def load_framework(root: Path, model: str) -> Framework:
    """Return the framework of one model, every cross-reference checked.

    Raises
    ------
    MissingError
        If the model or one of its files does not exist.
    WorkspaceError
        If ``model.toml`` or the table is inconsistent, or a link leads out of the workspace.
    DataError
        If a cell of the table is not allowed.
    """
    if model not in model_names(root):
        remedy = "a model's name has small letters, digits and _"
        message = f"no model {shown(model)} in {root / 'models'}; there are: {one_of(model_names(root))}; {remedy}"
        raise MissingError(message)
    _refuse_ways_out(root, model)
    path = root / "models" / model / "model.toml"
    declaration = parse_declaration(read_toml(path), path)
    if declaration.model.id != model:
        message = f"{path}: model.id is {declaration.model.id!r} but the folder is {model!r}; make them equal"
        raise WorkspaceError(message)
    priors = root / "priors" / model
    table = read_table(priors / "table.csv", declaration)
    return Framework(root, declaration, table, read_judgements(priors / "milestones.csv", declaration))


def _refuse_ways_out(root: Path, model: str) -> None:
    """Refuse links of a model's folders and files that lead out of the workspace, for reading or for writing."""
    inside = os.path.realpath(root)
    for folder in FOLDERS:
        own = root / folder / model
        for path in (root / folder, own, *(sorted(own.iterdir()) if own.is_dir() else ())):
            target = os.path.realpath(path) if path.is_symlink() else inside
            if os.path.commonpath([inside, target]) != inside:
                message = f"{path} is a link to {target}, outside the workspace; copy what it names into the workspace"
                raise WorkspaceError(message)


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
        faults = error.errors(include_url=False, include_context=False)
        lines = [f"{path}: {_key(fault['loc'])}: {_reason(fault)}" for fault in faults[:MOST_FAULTS]]
        if len(faults) > MOST_FAULTS:
            lines.append(f"{path}: and {len(faults) - MOST_FAULTS:,} more; correct these first")
        raise WorkspaceError("\n".join(lines)) from None


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part)[:LONGEST_PART] for part in location) or "model.toml"


def _reason(fault: object) -> str:
    if not isinstance(fault, dict):
        return str(fault)
    if fault["type"] == "extra_forbidden":
        return "is no known key; remove it or correct its spelling"
    if fault["type"] == "missing":
        return "is missing; add it"
    message = str(fault["msg"]).removeprefix("Value error, ")
    value = fault.get("input")
    got = f", got {shown(value) if isinstance(value, str) else value}" if isinstance(value, SIMPLE) else ""
    return f"{message}{got}"
