"""A model becomes a posterior tree with diagnostics, gates and a manifest."""

from indicast.infer._draws_file import DRAWS, Drawn, drawn_of, read_drawn, write_drawn
from indicast.infer._fit import Sampler, Settings, flat_draws
from indicast.infer._gates import Gate, run_gates
from indicast.infer._groups import fit_again, group_of_fit, panel_of
from indicast.infer._knowledge import Knowledge, frames_recorded_by, knowledge
from indicast.infer._manifest import build_manifest, changed_declarations, code_hash, library_versions, manifest_hash
from indicast.infer._plain_panel import Plain, PlainPanel, lengthened, padded_dataset, plain_panel
from indicast.infer._rank_curves import BAND as RANK_BAND
from indicast.infer._rank_curves import RankCurves, rank_curves
from indicast.infer._rebuilt import Rebuilt, altered_declarations, rebuilt, recorded_by
from indicast.infer._sampling import Mixing, Sampling, element, judged, sampling
from indicast.infer._store import (
    Run,
    find_run,
    load_drawn,
    load_manifest,
    load_run,
    refit_command,
    replace_text,
    run_id,
    save_run,
    whole_folder,
    write_json,
)

__all__ = [
    "DRAWS",
    "RANK_BAND",
    "Drawn",
    "Gate",
    "Knowledge",
    "Mixing",
    "Plain",
    "PlainPanel",
    "RankCurves",
    "Rebuilt",
    "Run",
    "Sampler",
    "Sampling",
    "Settings",
    "altered_declarations",
    "build_manifest",
    "changed_declarations",
    "code_hash",
    "drawn_of",
    "element",
    "find_run",
    "fit_again",
    "flat_draws",
    "frames_recorded_by",
    "group_of_fit",
    "judged",
    "knowledge",
    "lengthened",
    "library_versions",
    "load_drawn",
    "load_manifest",
    "load_run",
    "manifest_hash",
    "padded_dataset",
    "panel_of",
    "plain_panel",
    "rank_curves",
    "read_drawn",
    "rebuilt",
    "recorded_by",
    "refit_command",
    "replace_text",
    "run_gates",
    "run_id",
    "sampling",
    "save_run",
    "whole_folder",
    "write_drawn",
    "write_json",
]
