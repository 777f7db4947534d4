"""A model becomes a posterior tree with diagnostics, gates and a manifest."""

from indicast.infer._fit import Sampler, Settings, flat_draws
from indicast.infer._gates import Gate, run_gates
from indicast.infer._knowledge import Knowledge, frames_recorded_by, knowledge
from indicast.infer._manifest import build_manifest, code_hash, library_versions, manifest_hash
from indicast.infer._rebuilt import Rebuilt, altered_declarations, rebuilt, recorded_by
from indicast.infer._store import Run, find_run, load_run, replace_text, run_id, save_run, whole_folder, write_json

__all__ = [
    "Gate",
    "Knowledge",
    "Rebuilt",
    "Run",
    "Sampler",
    "Settings",
    "altered_declarations",
    "build_manifest",
    "code_hash",
    "find_run",
    "flat_draws",
    "frames_recorded_by",
    "knowledge",
    "library_versions",
    "load_run",
    "manifest_hash",
    "rebuilt",
    "recorded_by",
    "replace_text",
    "run_gates",
    "run_id",
    "save_run",
    "whole_folder",
    "write_json",
]
