"""Run folders: written whole or not at all, and found again.

Invariant: a folder that can be found is complete; a process killed while writing leaves
the old run or none, and a posterior that is not the one that was written is refused (``tests/unit/test_store.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicast.errors import MissingError, RunError
from indicast.infer._draws_file import Drawn, drawn_of, is_whole, keep_drawn, read_drawn, write_drawn
from indicast.infer._gates import Gate

if TYPE_CHECKING:
    import xarray as xr

    from indicast.workspace import Framework

SHOWN = 3
"""Runs that are named where another one was meant."""
POSTERIOR, DIAGNOSTICS, MANIFEST = "posterior.nc", "diagnostics.json", "manifest.json"
POSTERIOR_SHA256 = "posterior_sha256"
"""Key of diagnostics.json; the bytes differ between machines, so the manifest's hash leaves them out."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A fit that was saved, or is about to be.

    Attributes
    ----------
    tree
        All groups, dims and coords as in ``docs/posterior.md``.
    gates
        Verdicts.
    manifest
        What it was made from.
    """

    tree: xr.DataTree
    gates: tuple[Gate, ...]
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Month and first letters of the manifest's hash; also the folder's name."""
        return run_id(self.manifest)

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return all(gate.passed for gate in self.gates)


def run_id(manifest: Mapping[str, Any]) -> str:
    """Return the name of a run's folder; a run with another start says so.

    Examples
    --------
    >>> run_id({"as_of": "2024-12", "hash": "0123456789abcdef"})
    '2024-12_0123456789ab'
    >>> run_id({"as_of": "2024-12", "hash": "0123456789abcdef", "variant": "history"})
    '2024-12_history_0123456789ab'
    """
    variant = f"{manifest['variant']}_" if manifest.get("variant") else ""
    return f"{manifest['as_of']}_{variant}{manifest['hash'][:12]}"


def save_run(framework: Framework, run: Run) -> Path:
    """Write a run's folder and return it.

    Raises
    ------
    RunError
        If the disk refuses.
    """
    target = framework.runs_folder / run.id
    with whole_folder(target) as folder:
        run.tree.to_netcdf(folder / POSTERIOR, engine="h5netcdf", encoding=_encoding(run.tree))
        if is_whole(run.tree):
            write_drawn(folder, drawn_of(run.tree), run.manifest)
        diagnostics = {"passed": run.passed, "gates": [gate.as_dict() for gate in run.gates]}
        write_json(folder / DIAGNOSTICS, diagnostics | {POSTERIOR_SHA256: _sha256(folder / POSTERIOR)})
        write_json(folder / MANIFEST, run.manifest)
    return target


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder that replaces ``target`` when the block ends well.

    Raises
    ------
    RunError
        If the disk refuses; the old folder then stands as it was.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        message = f"cannot write to {target.parent}: {error.strerror}; free the disk or change its permissions"
        raise RunError(message) from None
    try:
        made.chmod(0o755)
        yield made
        _swap(made, target)
    except OSError as error:
        message = f"cannot write {target}: {error.strerror or error}; nothing was changed"
        raise RunError(message) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _swap(made: Path, target: Path) -> None:
    for path in made.iterdir():
        with path.open("rb") as written:
            os.fsync(written.fileno())
    if not target.exists():
        made.replace(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    try:
        target.replace(old / target.name)
        made.replace(target)
    except OSError:
        if not target.exists():
            (old / target.name).replace(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def write_json(path: Path, content: object) -> None:
    """Write an object as readable JSON with sorted keys."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that at any moment the old or the new one is there, whole, and nothing beside it."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", delete=False
    ) as made:
        there = Path(made.name)
        try:
            made.write(text)
            made.flush()
            os.fsync(made.fileno())
            there.chmod(0o644)
            there.replace(path)
        except OSError:
            there.unlink(missing_ok=True)
            raise


def _encoding(tree: xr.DataTree) -> dict[str, dict[str, dict[str, Any]]]:
    packed = {"zlib": True, "complevel": 1, "shuffle": True}
    return {
        node.path: {
            str(name): packed for name, array in node.data_vars.items() if array.dtype.kind in "fi" and array.ndim
        }
        for node in tree.subtree
        if node.data_vars
    }


def find_run(framework: Framework, wanted: str | None = None, as_of: str | None = None) -> Path:
    """Return the folder of a run: by id, or the newest of a month, or the newest.

    Runs with another start than the declared one are found by their id only.

    Raises
    ------
    MissingError
        If there is none.
    """
    folder = framework.runs_folder
    pattern = wanted or (f"{as_of}_*" if as_of else "*")
    found = [path.parent for path in folder.glob(f"[!.]*/{MANIFEST}") if path.parent.match(pattern)]
    found = [path for path in found if wanted or path.name.count("_") == 1]
    if not found:
        named = f" {wanted or as_of}" if wanted or as_of else ""
        month = f" --as-of {as_of}" if as_of else ""
        others = _latest_runs(folder) if wanted else ""
        message = f"no run{named} in {folder}{others}; make one with 'indicast fit {framework.id}{month}'"
        raise MissingError(message)
    return max(found, key=lambda path: (path.name[:7], (path / MANIFEST).stat().st_mtime_ns))


def _latest_runs(folder: Path) -> str:
    """Return the newest of the runs that there are, to choose from."""
    there = sorted(path.parent.name for path in folder.glob(f"[!.]*/{MANIFEST}"))
    return f" (the newest there are: {', '.join(there[-SHOWN:])})" if there else ""


def load_run(folder: Path) -> Run:
    """Return a saved run.

    Raises
    ------
    RunError
        If a file is missing or cannot be read, or the posterior is not the one that was written.
    """
    reading = DIAGNOSTICS
    try:
        diagnostics = json.loads((folder / DIAGNOSTICS).read_text(encoding="utf-8"))
        gates = tuple(_gate(entry) for entry in diagnostics["gates"])
        reading = MANIFEST
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        reading = POSTERIOR
        import xarray as xr

        _require_as_written(folder / POSTERIOR, diagnostics.get(POSTERIOR_SHA256))
        with xr.open_datatree(folder / POSTERIOR, engine="h5netcdf") as opened:
            tree = opened.load()
        if "model" in manifest:
            tree.attrs["model"] = manifest["model"]
        return Run(tree, gates, manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = f"{reading}: {' '.join(str(error).split())[:200]}"
        message = f"{folder} is no complete run ({fault}); make it again with '{refit_command(folder)}'"
        raise RunError(message) from None


def load_manifest(folder: Path) -> dict[str, Any]:
    """Return what a saved run was made from.

    Raises
    ------
    RunError
        If it cannot be read.
    """
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        passed = json.loads((folder / DIAGNOSTICS).read_text(encoding="utf-8"))["passed"]
        return {**found, "passed": bool(passed), "hash": str(found["hash"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = " ".join(str(error).split())[:200]
        message = f"{folder} is no complete run ({fault}); make it again with '{refit_command(folder)}'"
        raise RunError(message) from None


def load_drawn(folder: Path, manifest: Mapping[str, Any]) -> Drawn:
    """Return the draws of a saved run; where no file of them is beside its posterior, it is written.

    Raises
    ------
    RunError
        If a file cannot be read, or belongs to another run.
    """
    found = read_drawn(folder, manifest)
    if found is None:
        found = drawn_of(load_run(folder).tree)
        keep_drawn(folder, found, manifest)
    return found


def refit_command(folder: Path) -> str:
    """Return the command that makes a run again, by the place of its folder.

    Examples
    --------
    >>> refit_command(Path("runs/harbour/2024-06_0123456789ab"))
    'indicast fit harbour --as-of 2024-06'
    >>> refit_command(Path("runs/harbour/2024-06_history_0123456789ab"))
    'indicast fit harbour --as-of 2024-06 --start history'
    """
    named = re.fullmatch(r"(\d{4}-\d{2})_(?:([a-z]+)_)?[0-9a-f]+", folder.name)
    month, start = (named[1], named[2]) if named else ("", None)
    asked = (f" --as-of {month}" if month else "") + (f" --start {start}" if start else "")
    return f"indicast fit {folder.parent.name}{asked}"


def _require_as_written(path: Path, wanted: str | None) -> None:
    """Raise unless a file has the SHA-256 that was kept of it; runs of older versions kept none."""
    if wanted and (found := _sha256(path)) != wanted:
        message = f"altered since it was written, SHA-256 {found[:16]} and not {wanted[:16]}"
        raise ValueError(message)


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _gate(entry: dict[str, Any]) -> Gate:
    value = float("nan") if entry["value"] is None else float(entry["value"])
    limit, error = float(entry["limit"]), entry.get("error")
    return Gate(entry["name"], value, limit, bool(entry["at_most"]), entry["where"], error)
