"""Whether the files of a run's folder belong together.

Invariant: a dossier never mixes the draws of one run with the manifest of another
(``tests/unit/test_dossier_one_run.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicast import names
from indicast.errors import RunError
from indicast.infer import altered_declarations, manifest_hash, refit_command

if TYPE_CHECKING:
    from indicast.infer import Run

NEEDED: Mapping[str, type] = {"as_of": str, "known_at": str, "hash": str, "sampler": dict, "declarations": dict}


def require_one_run(run: Run, folder: Path) -> None:
    """Raise unless a run's manifest is whole, unaltered, and that of its draws.

    Raises
    ------
    RunError
        With what does not match.
    """
    amiss = _unusable(run.manifest) or _altered(run.manifest, folder) or _of_another(run)
    if amiss:
        message = f"{folder}: {amiss}; make the run again with '{refit_command(folder)}', or restore its files"
        raise RunError(message)


def _unusable(manifest: Mapping[str, Any]) -> str:
    lacking = [name for name, kind in NEEDED.items() if not isinstance(manifest.get(name), kind)]
    return f"manifest.json lacks a usable {', '.join(lacking)}" if lacking else ""


def _altered(manifest: Mapping[str, Any], folder: Path) -> str:
    if declared := altered_declarations(manifest):
        return f"the content of {', '.join(declared)} in manifest.json is not what its SHA-256 there says"
    if manifest_hash(manifest) != manifest["hash"]:
        return "manifest.json is not what its own hash says"
    if not folder.name.endswith(f"_{manifest['hash'][:12]}"):
        return f"manifest.json is of the run {manifest['hash'][:12]}"
    return ""


def _of_another(run: Run) -> str:
    """Return how the draws differ from what the manifest says of them."""
    told, drawn = run.manifest, run.tree.attrs
    for name in ("as_of", "known_at"):
        if str(drawn.get(name)) != told[name]:
            return f"posterior.nc is of {name} {drawn.get(name)}, and manifest.json of {told[name]}"
    if "posterior" not in run.tree.children:
        return ""
    sizes = run.tree["posterior"].sizes
    for dim, key in ((names.CHAIN, "chains"), (names.DRAW, "draws")):
        if sizes.get(dim, 0) != told["sampler"].get(key):
            return f"posterior.nc holds {sizes.get(dim, 0)} {key}, and manifest.json says {told['sampler'].get(key)}"
    return ""
