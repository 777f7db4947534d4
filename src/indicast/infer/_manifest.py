"""What a run was made from: enough to make it again, and a hash that says so.

Invariant: same inputs and seed give the same hash on any machine; anything that could
change a published number changes it (``tests/unit/test_manifest.py``). The git commit
is recorded but not hashed: committing a report must not change it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicast import __version__
from indicast.infer._knowledge import knowledge

if TYPE_CHECKING:
    from indicast.infer._fit import Settings
    from indicast.ledger import Ledger
    from indicast.panel import Vintage
    from indicast.workspace import Framework

LIBRARIES = ("arviz", "numba", "numpy", "nutpie", "pandas", "preliz", "pymc", "pytensor", "scipy", "xarray")
MODEL_FILE = "model.toml"
PRIOR_FILES = ("hyperparameters.toml", "table.csv", "milestones.csv", "elicited.csv", "raters.csv")
HASHED_SEPARATELY = ("hash", "git_commit", "published")


def build_manifest(
    framework: Framework,
    ledger: Ledger,
    when: Vintage,
    settings: Settings,
    padded: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Return the manifest of a run, its own hash included.

    Parameters
    ----------
    framework
        Whose declarations are copied.
    ledger
        The whole history; restricted here to what was known.
    when
        Month and day of knowledge.
    settings
        Sampler settings and seed.
    padded
        Padded sizes of the panel: they set the number of shocks, hence the draws.
    """
    known = knowledge(ledger, when.known_at)
    content = {
        "model": framework.id,
        "variant": framework.variant,
        "as_of": when.as_of,
        "known_at": when.known_at.isoformat(),
        "package_version": __version__,
        "code_sha256": code_hash(),
        "declarations": _declarations(framework),
        "ledger_sha256": known.sha256,
        "ledger": known.located(),
        "sampler": asdict(settings),
        "padded": dict(padded or {}),
        "libraries": library_versions(),
    }
    return content | {"git_commit": _git_commit(framework.root), "hash": manifest_hash(content)}


def changed_declarations(framework: Framework, manifest: Mapping[str, Any]) -> list[str]:
    """Return the files of a model and its priors that are no longer those of a run, by name.

    Parameters
    ----------
    framework
        As it stands.
    manifest
        Of the run.
    """
    then, now = manifest["declarations"], _declarations(framework)
    return sorted(name for name in now | then if now.get(name, {}).get("sha256") != then.get(name, {}).get("sha256"))


def _declarations(framework: Framework) -> dict[str, dict[str, str]]:
    declared = {MODEL_FILE: framework.model_file}
    declared |= {name: framework.priors_folder / name for name in PRIOR_FILES}
    return {name: _declared(path) for name, path in declared.items() if path.is_file()}


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries on which draws depend."""
    return {name: metadata.version(name) for name in LIBRARIES}


def manifest_hash(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest without its hash and commit.

    Examples
    --------
    >>> manifest_hash({"a": 1}) == manifest_hash({"a": 1, "git_commit": "x", "hash": "y"})
    True
    """
    hashed = {key: value for key, value in manifest.items() if key not in HASHED_SEPARATELY}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def code_hash() -> str:
    """Return the SHA-256 of the package's own source files, line endings aside."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".html", ".css", ".md", ".js"}:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def _declared(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": text}


def _git_commit(root: Path) -> str | None:
    """Return the workspace's commit, or None outside a repository."""
    try:
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        asked = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603  # fixed words
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip()
