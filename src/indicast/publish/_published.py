"""A published month as it lies in its folder, and whether it is still what was published.

Invariant: a file that was altered after publication is named, and a draft is never taken for a
publication (``tests/contract/test_replay.py``). Whoever rewrites a file together with its hash in
``manifest.json`` is found out by the numbers only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from indicast.errors import DataError, MissingError, RunError, one_of
from indicast.infer import altered_declarations, manifest_hash
from indicast.workspace import month_index

MANIFEST, TABLE = "manifest.json", "forecast.csv"
MOST_BYTES: Final = 100_000_000
"""A larger manifest is not read."""
MOST_MONTHS: Final = 12_000
"""No chain runs for a thousand years; an array of that length still fits into memory."""
NEEDED: Final[Mapping[str, type]] = {
    "model": str,
    "as_of": str,
    "known_at": str,
    "hash": str,
    "code_sha256": str,
    "ledger_sha256": str,
    "declarations": dict,
    "sampler": dict,
    "padded": dict,
    "libraries": dict,
    "published": dict,
}
"""Keys of a manifest without which nothing can be replayed."""


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """A month's report folder.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        As it lies there.
    altered
        What is no longer as published: by file, how.
    """

    folder: Path
    manifest: Mapping[str, Any]
    altered: Mapping[str, str]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of what was published, the manifest first."""
        return (MANIFEST, *sorted(self.manifest["published"]["sha256"]))

    @property
    def sound(self) -> bool:
        """Whether the manifest is the one that was published, so that a month can be made again from it."""
        return MANIFEST not in self.altered


def published_months(folder: Path) -> tuple[str, ...]:
    """Return the months that ``reports/<model>`` holds, drafts left out, oldest first."""
    return tuple(
        path.parent.name for path in sorted(folder.glob(f"[0-9]*-[0-9]*/{MANIFEST}")) if not _is_draft(_read(path))
    )


def published_padding(folder: Path) -> int | None:
    """Return the number of months to which the arrays of a published month were padded, or None.

    Draws depend on it, so whoever makes the month again has to pad it alike.
    """
    manifest = _read(folder / MANIFEST)
    padded = manifest.get("padded")
    if _is_draft(manifest) or not isinstance(padded, dict) or not _has_sizes(manifest):
        return None
    return padded.get("months")


def open_published(root: Path, model: str, month: str) -> Published:
    """Return a published month of a workspace.

    Parameters
    ----------
    root
        The workspace; the model need not be declared there any more.
    model, month
        Names of the folders below ``reports``.

    Raises
    ------
    DataError
        If the month is none.
    MissingError
        If it was never published.
    RunError
        If it is a draft, or its manifest cannot be used.
    """
    models = sorted(path.name for path in (root / "reports").glob("*") if path.is_dir())
    if model not in models:
        message = f"nothing of {model!r} is published in {root / 'reports'}; there are: {one_of(models)}"
        raise MissingError(message)
    _require_month(month)
    folder = root / "reports" / model / month
    path, there = folder / MANIFEST, one_of(published_months(folder.parent))
    if not path.is_file():
        message = f"no {MANIFEST} of {month} in {folder.parent}, so there is nothing to replay; there are: {there}"
        raise MissingError(message)
    manifest = _read(path)
    if _is_draft(manifest):
        message = (
            f"{folder} is a draft, which is no publication and may be replaced at any time; published are: {there}"
        )
        raise RunError(message)
    _require_usable(path, manifest, model, month)
    return Published(folder, manifest, _altered(folder, manifest))


def _require_month(month: str) -> None:
    try:
        month_index(month)
    except ValueError as error:
        message = f"MONTH: {error}"
        raise DataError(message) from None


def _read(path: Path) -> dict[str, Any]:
    """Return a manifest, or what is left of it: an empty one where the file is none."""
    try:
        read = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _is_draft(manifest: Mapping[str, Any]) -> bool:
    published = manifest.get("published")
    return isinstance(published, dict) and bool(published.get("draft"))


def _require_usable(path: Path, manifest: Mapping[str, Any], model: str, month: str) -> None:
    amiss = [key for key, kind in NEEDED.items() if not isinstance(manifest.get(key), kind)]
    amiss = amiss or [key for key, holds in WELL_FORMED.items() if not holds(manifest)]
    if amiss:
        message = f"{path} is no manifest of a publication: it lacks a usable {one_of(amiss)}; restore the file"
        raise RunError(message)
    if (manifest["model"], manifest["as_of"]) != (model, month):
        message = f"{path} is the manifest of {manifest['model']} {manifest['as_of']}; restore the file of that folder"
        raise RunError(message)


def _texts(values: object) -> bool:
    return isinstance(values, dict) and all(isinstance(one, str) for one in values.values())


def _has_declarations(manifest: Mapping[str, Any]) -> bool:
    return all(_texts(entry) and {"sha256", "content"} <= set(entry) for entry in manifest["declarations"].values())


def _has_files(manifest: Mapping[str, Any]) -> bool:
    hashes = manifest["published"].get("sha256")
    return _texts(hashes) and TABLE in hashes and not any("/" in name or "\\" in name for name in hashes)


def _has_months(manifest: Mapping[str, Any]) -> bool:
    """Return whether the ledger's months can be compared, or are not kept at all."""
    if "ledger" not in manifest:
        return True
    kept = manifest["ledger"]
    months = kept.get("months") if isinstance(kept, dict) else None
    return isinstance(months, dict) and all(map(_texts, months.values())) and isinstance(kept.get("recorded_by"), str)


def _has_day(manifest: Mapping[str, Any]) -> bool:
    try:
        date.fromisoformat(manifest["known_at"])
    except ValueError:
        return False
    return True


def _has_settings(manifest: Mapping[str, Any]) -> bool:
    least = {"seed": 0, "chains": 1, "tune": 1, "draws": 1}
    accept = manifest["sampler"].get("target_accept", 0.5)
    counts = [(manifest["sampler"].get(name, low), low) for name, low in least.items()]
    return (
        isinstance(accept, float)
        and 0.0 < accept < 1.0
        and all(isinstance(one, int) and one >= low for one, low in counts)
    )


def _has_sizes(manifest: Mapping[str, Any]) -> bool:
    return all(isinstance(one, int) and 0 <= one <= MOST_MONTHS for one in manifest["padded"].values())


WELL_FORMED: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "declarations": _has_declarations,
    "published": _has_files,
    "ledger": _has_months,
    "known_at": _has_day,
    "sampler": _has_settings,
    "padded": _has_sizes,
}
"""What must hold of the values of some keys."""


def _altered(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    altered = {}
    if manifest_hash(manifest) != manifest["hash"]:
        altered[MANIFEST] = "its content is not what its own hash says"
    if declared := altered_declarations(manifest):
        altered[MANIFEST] = f"the content of {one_of(declared)} in it is not what its SHA-256 there says"
    for name, wanted in sorted(manifest["published"]["sha256"].items()):
        path = folder / name
        if not path.is_file():
            altered[name] = "the file is gone"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            altered[name] = "altered after publication"
    return altered
