"""A new workspace: a small invented example, copied from text that comes with the package.

Invariant: the folder appears complete or not at all, the same name gives the same bytes, and
what appears can be checked and run as it is (``tests/contract/test_init.py``).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from indicast.errors import WorkspaceError

EXAMPLE = "example"
"""Folder of the templates, beside this module; each ends in :data:`TEMPLATE`."""
TEMPLATE = ".in"
"""Ending of a template: text that is copied with the model's name put in, and never run."""
MODEL = "{{model}}"
"""What stands in a template for the model's name."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
SHOWN = 3
"""So many names of a folder that is not empty are told."""


def create_workspace(folder: Path, model: str) -> tuple[str, ...]:
    """Return the files of a new workspace, relative to its folder, after writing all of them.

    Parameters
    ----------
    folder
        Where: a folder that does not exist yet, with or without parents, or an empty one.
    model
        Name of its one model: an id, as those of scenarios are.

    Raises
    ------
    WorkspaceError
        If the name is no id, something stands there already or the place cannot be written.
    """
    if not NAME.fullmatch(model):
        message = (
            f"--name {model!r} is no id: small letters, digits and _, a letter first, at most 60; write river_compact"
        )
        raise WorkspaceError(message)
    texts = example(model)
    try:
        target = folder.resolve()
        _refuse_occupied(target, folder)
        _write(target, texts)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{folder} cannot be made: {reason}; name a folder where you may write"
        raise WorkspaceError(message) from None
    return tuple(texts)


def example(model: str) -> dict[str, str]:
    """Return the text of each file of the example, by its path in the workspace, sorted.

    Parameters
    ----------
    model
        Name that the example's model gets.

    Examples
    --------
    >>> "models/tide/model.toml" in example("tide")
    True
    """
    found = _templates(files("indicast.workspace") / EXAMPLE)
    return dict(sorted((_place(path, model), text.replace(MODEL, model)) for path, text in found))


def _templates(folder: Traversable, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path, in parts, and the text of each template."""
    for entry in folder.iterdir():
        path = (*above, entry.name)
        if entry.is_dir():
            yield from _templates(entry, path)
        elif entry.name.endswith(TEMPLATE):
            yield path, entry.read_text(encoding="utf-8")


def _place(path: tuple[str, ...], model: str) -> str:
    """Return where a template goes: what stands in ``models``, ``priors`` or ``data`` goes to the model's folder there.

    Examples
    --------
    >>> _place(("priors", "table.csv.in"), "tide"), _place(("README.md.in",), "tide")
    ('priors/tide/table.csv', 'README.md')
    """
    *above, name = path
    return "/".join([*above, *([model] if above else []), name.removesuffix(TEMPLATE)])


def _refuse_occupied(target: Path, given: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        message = f"{given} is a file; name a folder that does not exist yet, or an empty one"
        raise WorkspaceError(message)
    there = sorted(entry.name for entry in target.iterdir())
    if there:
        told = ", ".join(there[:SHOWN]) + (", ..." if len(there) > SHOWN else "")
        message = f"{given} is not empty: it holds {told}; nothing was written; name a new or an empty folder"
        raise WorkspaceError(message)


def _write(target: Path, texts: dict[str, str]) -> None:
    """Write beside the target, then rename; an empty folder may be somebody's current one, so write inside it."""
    stands = target.is_dir()
    made = [] if stands else _make_parents(target.parent)
    built = (target if stands else target.parent) / f".{target.name}.{os.getpid()}.new"
    try:
        built.mkdir()
        for name, text in texts.items():
            path = built / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        _settle(built, target, stands=stands)
    except BaseException:
        shutil.rmtree(built, ignore_errors=True)
        for parent in reversed(made):
            parent.rmdir()
        raise


def _make_parents(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that were not there, uppermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _settle(built: Path, target: Path, *, stands: bool) -> None:
    if not stands:
        built.rename(target)
        return
    names = sorted(entry.name for entry in built.iterdir())
    try:
        for name in names:
            (built / name).rename(target / name)
        built.rmdir()
    except BaseException:
        for name in names:
            if not (built / name).exists():
                (target / name).rename(built / name)
        raise
