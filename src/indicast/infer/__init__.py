"""A model becomes a posterior tree with diagnostics, gates and a manifest."""

from indicast.infer._fit import Sampler, Settings, flat_draws
from indicast.infer._gates import Gate, run_gates
from indicast.infer._manifest import build_manifest, code_hash, library_versions
from indicast.infer._store import Run, find_run, load_run, replace_text, run_id, save_run, whole_folder, write_json

__all__ = [
    "Gate",
    "Run",
    "Sampler",
    "Settings",
    "build_manifest",
    "code_hash",
    "find_run",
    "flat_draws",
    "library_versions",
    "load_run",
    "replace_text",
    "run_gates",
    "run_id",
    "save_run",
    "whole_folder",
    "write_json",
]
