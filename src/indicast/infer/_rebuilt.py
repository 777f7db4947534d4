"""A manifest becomes again what a run was made from, in a folder of its own.

Declarations come from the manifest, the ledger from the workspace, restricted to what had been recorded.
Invariant: the manifest built from what is rebuilt is the one that was given, wherever the workspace
stands, as long as code, libraries and the rows of that day are the same (``tests/unit/test_knowledge.py``).
Nothing is written outside the folder given, whatever names a manifest holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicast.elicit import load_hyperparameters
from indicast.errors import IndicastError, RunError, one_of
from indicast.infer._fit import Settings
from indicast.infer._knowledge import frames_recorded_by
from indicast.infer._manifest import MODEL_FILE, PRIOR_FILES
from indicast.ledger import read_ledger, typed_ledger
from indicast.panel import Sizes, Vintage
from indicast.workspace import load_framework, refuse_errors

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """What a run was made from.

    Attributes
    ----------
    framework, hyperparameters
        As declared in the manifest.
    ledger
        As it had been recorded when the run read it; later news is still in it.
    when
        Month and day of knowledge.
    settings
        Of the sampler.
    padded
        Padded sizes of the panel, as the manifest has them.
    """

    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    when: Vintage
    settings: Settings
    padded: Mapping[str, int]

    @property
    def sizes(self) -> Sizes:
        """Smallest sizes of the panel."""
        return Sizes(self.padded.get("months", 0), 0, 0)


def rebuilt(manifest: Mapping[str, Any], root: Path, folder: Path) -> Rebuilt:
    """Return what a manifest describes.

    Parameters
    ----------
    manifest
        Whole and unaltered.
    root
        The workspace; only its ledger is read, and its ``model.toml`` to validate the ledger.
    folder
        Empty, for the declarations.

    Raises
    ------
    RunError
        If this version cannot read the manifest or its declarations.
    DataError
        If the ledger of the workspace cannot be used.
    """
    settings, padded = _settings(manifest), _padded(manifest)
    when = Vintage(str(manifest["as_of"]), date.fromisoformat(manifest["known_at"]))
    _write_declarations(manifest, folder)
    try:
        framework = load_framework(folder, manifest["model"])
        hyperparameters = load_hyperparameters(framework)
    except IndicastError as error:
        told = str(error).splitlines()[0].replace(f"{folder}/", "")
        message = f"this version cannot read the declarations of {when.as_of} ({told}); {_other_version(manifest)}"
        raise RunError(message) from None
    ledger = _ledger(_validating(root, framework), recorded_by(manifest))
    return Rebuilt(framework, hyperparameters, ledger, when, settings, padded)


def recorded_by(manifest: Mapping[str, Any]) -> str:
    """Return the moment up to which rows had been recorded; blank in manifests from before it was kept."""
    return str(manifest.get("ledger", {}).get("recorded_by", ""))


def altered_declarations(manifest: Mapping[str, Any]) -> list[str]:
    """Return the declarations whose content is not what their own SHA-256 says."""
    return [
        name
        for name, entry in manifest["declarations"].items()
        if hashlib.sha256(entry["content"].encode()).hexdigest() != entry["sha256"]
    ]


def _settings(manifest: Mapping[str, Any]) -> Settings:
    known = tuple(field.name for field in fields(Settings))
    _require_keys(manifest, "sampler", known, needed=known)
    return Settings(**manifest["sampler"])


def _padded(manifest: Mapping[str, Any]) -> dict[str, int]:
    _require_keys(manifest, "padded", ("months",))
    return {name: int(size) for name, size in manifest["padded"].items()}


def _require_keys(
    manifest: Mapping[str, Any], section: str, known: tuple[str, ...], needed: tuple[str, ...] = ()
) -> None:
    found = manifest[section]
    amiss = (set(found) - set(known)) | (set(needed) - set(found))
    if amiss:
        message = (
            f"manifest.json of {manifest['as_of']}: {section} has {one_of(found)}, and this version knows "
            f"{one_of(known)}; {_other_version(manifest)}"
        )
        raise RunError(message)


def _write_declarations(manifest: Mapping[str, Any], folder: Path) -> None:
    declared, known = manifest["declarations"], (MODEL_FILE, *PRIOR_FILES)
    if unknown := set(declared) - set(known):
        message = (
            f"manifest.json of {manifest['as_of']} declares {one_of(unknown)}, and this version reads "
            f"{one_of(known)}; {_other_version(manifest)}"
        )
        raise RunError(message)
    for name, entry in declared.items():
        path = folder / ("models" if name == MODEL_FILE else "priors") / manifest["model"] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry["content"].encode())


def _other_version(manifest: Mapping[str, Any]) -> str:
    commit = f", commit {manifest['git_commit']}" if manifest.get("git_commit") else ""
    return f"replay it with the version that published it ({manifest.get('package_version', 'unknown')}{commit})"


def _validating(root: Path, framework: Framework) -> Framework:
    """Return the framework whose words the ledger of today must use: today's, or else that of the manifest."""
    try:
        return load_framework(root, framework.id)
    except IndicastError:
        return replace(framework, root=root)


def _ledger(framework: Framework, moment: str) -> Ledger:
    frames, findings = read_ledger(framework)
    refuse_errors(findings)
    return typed_ledger(frames_recorded_by(frames, moment))
