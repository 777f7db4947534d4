"""A model becomes a posterior tree with diagnostics, gates and a manifest."""

from indicast.infer._fit import Sampler, Settings, flat_draws
from indicast.infer._gates import Gate, run_gates
from indicast.infer._manifest import build_manifest
from indicast.infer._store import Run, find_run, load_run, run_id, save_run, whole_folder, write_json

__all__ = [
    "Gate",
    "Run",
    "Sampler",
    "Settings",
    "build_manifest",
    "find_run",
    "flat_draws",
    "load_run",
    "run_gates",
    "run_id",
    "save_run",
    "whole_folder",
    "write_json",
]
