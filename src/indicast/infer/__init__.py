"""A model becomes a posterior tree with diagnostics, gates and a manifest."""

from indicast.infer._fit import Sampler, Settings, flat_draws
from indicast.infer._gates import Gate, run_gates
from indicast.infer._groups import group_of_fit, panel_of
from indicast.infer._knowledge import Knowledge, frames_recorded_by, knowledge
from indicast.infer._manifest import build_manifest, code_hash, library_versions, manifest_hash
from indicast.infer._rank_curves import BAND as RANK_BAND
from indicast.infer._rank_curves import RankCurves, rank_curves
from indicast.infer._rebuilt import Rebuilt, altered_declarations, rebuilt, recorded_by
from indicast.infer._sampling import Mixing, Sampling, element, judged, sampling
from indicast.infer._store import Run, find_run, load_run, replace_text, run_id, save_run, whole_folder, write_json

__all__ = [
    "RANK_BAND",
    "Gate",
    "Knowledge",
    "Mixing",
    "RankCurves",
    "Rebuilt",
    "Run",
    "Sampler",
    "Sampling",
    "Settings",
    "altered_declarations",
    "build_manifest",
    "code_hash",
    "element",
    "find_run",
    "flat_draws",
    "frames_recorded_by",
    "group_of_fit",
    "judged",
    "knowledge",
    "library_versions",
    "load_run",
    "manifest_hash",
    "panel_of",
    "rank_curves",
    "rebuilt",
    "recorded_by",
    "replace_text",
    "run_gates",
    "run_id",
    "sampling",
    "save_run",
    "whole_folder",
    "write_json",
]
