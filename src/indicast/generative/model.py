"""The generative model as a PyMC model, read top to bottom like its mathematics.

Invariant: its log-density equals the NumPy twin's plus the priors', and every
variable has named dims with real labels (``tests/reference/test_twin.py``,
``tests/recovery/test_names.py``). Observations are ``pm.Data`` of padded shape,
so that one compilation serves every month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from indicast import names
from indicast.generative import labels, marks, ratings, shocks
from indicast.generative._chain_op import chain_evidence
from indicast.generative._kernel_op import KernelOp
from indicast.generative._simplex import Simplex
from indicast.generative._transition_kernel import TRANSITION
from indicast.generative.emission import group_of, strength_weight
from indicast.generative.families import CLIMATE, EMISSIONS, Labelled, Setting, active

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters, Prior
    from indicast.workspace import Framework

EVIDENCE = "evidence"
"""Name of the potential that holds log p(data | parameters)."""
LABELS = "labels"
"""Name of the potential that holds what the experts' labels say."""


def build_model(framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset) -> pm.Model:
    """Return the model of one panel.

    Parameters
    ----------
    framework, hyperparameters
        Structure and priors.
    panel
        From ``indicast.panel.build_panel``.
    """
    with pm.Model(coords=model_coords(framework, hyperparameters, panel), check_bounds=False) as model:
        data = {name: pm.Data(name, value, dims=dims) for name, (dims, value) in model_data(framework, panel).items()}
        variables = {
            name: random_variable(prior)
            for name, prior in used_priors(framework, hyperparameters).items()
            if name != names.EXIT
        }
        variables[names.EXIT] = _exit_shares(hyperparameters.priors[names.EXIT])
        transition = _transition(variables, len(framework.scenarios))
        variables |= _indicator_strengths(framework, hyperparameters, variables)
        variables |= _standing_tilts(variables)
        variables |= _newsworthiness(variables)
        variables |= _innovations()
        variables |= ratings.rater_variables(framework.table) if marks.used(framework) else {}
        variables[CLIMATE] = shocks.climate_graph(variables, group_of(framework))
        evidence = _log_emission(variables, data, Setting(framework, hyperparameters, panel))
        pm.Potential(EVIDENCE, chain_evidence(evidence, transition, variables[names.INITIAL]))
        if labels.used(framework):
            pm.Potential(LABELS, labels.log_labels_graph(variables[names.INITIAL], transition, framework))
    return model


def _log_emission(variables: dict[str, Any], data: dict[str, Any], setting: Setting) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return the evidence of all families and of the marks; dims (time, scenario)."""
    first, *others = (family.log_emission_graph(variables, data, setting) for family in active(setting))
    total = sum(others, start=first)
    return total[0].inc(marks.log_emission_graph(variables, data, setting)) if marks.used(setting.framework) else total


def used_priors(framework: Framework, hyperparameters: Hyperparameters) -> dict[str, Prior]:
    """Return the priors of the parameters that this start of the model has."""
    unused = () if marks.used(framework) else (names.MARKS_OF_PRESENT, names.SHARED_ERROR_SCALE)
    return {name: prior for name, prior in hyperparameters.priors.items() if name not in unused}


def model_coords(framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset) -> dict[str, list[Any]]:
    """Return the labels of the model's dims; a report is labelled by its line in the ledger."""
    months = [str(month)[:7] for month in panel[names.TIME].to_numpy()]
    used = panel["cell_used"].to_numpy()
    cells = zip(panel["cell_time"].to_numpy()[used], panel["cell_indicator"].to_numpy()[used], strict=True)
    lines = {
        names.REPORT: panel["report_line"].to_numpy()[panel["report_used"].to_numpy()],
        names.SHARE_READING: panel["share_line"].to_numpy()[panel["share_used"].to_numpy()],
        names.LEVEL_READING: panel["level_line"].to_numpy()[panel["level_used"].to_numpy()],
        names.SILENCE: np.arange(int(panel["silence_used"].sum())),
    }
    labels_of: dict[str, list[Any]] = {dim: list(labels) for dim, labels in hyperparameters.coords.items()}
    labels_of |= {dim: labels.tolist() for dim, labels in lines.items()}
    labels_of[names.NEXT_SCENARIO] = list(framework.scenarios)
    labels_of[names.JUDGED_SCENARIO] = list(framework.judged)
    labels_of[names.RATING] = [str(place) for place in range(len(framework.table.ratings))]
    labels_of[names.TIME] = months
    labels_of[names.CELL] = [f"{months[time]} {framework.indicators[indicator]}" for time, indicator in cells]
    dims = _used_dims(framework, hyperparameters, panel)
    return {dim: labels for dim, labels in labels_of.items() if dim in dims}


def _used_dims(framework: Framework, hyperparameters: Hyperparameters, panel: xr.Dataset) -> set[str]:
    dims = {dim for prior in hyperparameters.priors.values() for dim in prior.dims}
    dims |= {dim for array_dims, _ in model_data(framework, panel).values() for dim in array_dims}
    dims |= {names.RATER, names.COUNTRY} if len(framework.table.ratings) else set()
    return dims | {names.TIME, names.GROUP, names.INDICATOR, names.NEXT_SCENARIO}


def model_data(framework: Framework, panel: xr.Dataset) -> dict[str, Labelled]:
    """Return the arrays that the model reads, without padded places: name -> (dims, values)."""
    found = {
        name: labelled for family in framework.families for name, labelled in EMISSIONS[family].data(panel).items()
    }
    return found | marks.data(panel)


def random_variable(prior: Prior) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return a prior as a random variable of the model in context."""
    build = {
        "TruncatedNormal": pm.TruncatedNormal,
        "LogNormal": pm.LogNormal,
        "HalfNormal": pm.HalfNormal,
        "Normal": pm.Normal,
    }
    build |= {"Exponential": pm.Exponential, "Gamma": pm.Gamma, "Beta": pm.Beta, "Dirichlet": pm.Dirichlet}
    # Arrays, not Python floats: PyTensor would compute the constants of 0.5 or 16.0 in single precision.
    settings = {"default_transform": Simplex()} if prior.distribution == "Dirichlet" else {}
    return build[prior.distribution](prior.name, **prior.arguments, **settings, dims=prior.dims or None)


def _exit_shares(prior: Prior) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    """Return where scenarios go; with one destination there is nothing to choose."""
    if prior.shape[-1] == 1:
        return pm.Deterministic(prior.name, pt.ones(prior.shape), dims=prior.dims)
    return random_variable(prior)


def _transition(variables: dict[str, Any], size: int) -> Any:  # noqa: ANN401  # PyTensor variables are untyped
    matrix = KernelOp(TRANSITION, (size, size))(variables[names.DWELL], variables[names.EXIT])
    return pm.Deterministic(names.TRANSITION, matrix, dims=(names.SCENARIO, names.NEXT_SCENARIO))


def _indicator_strengths(
    framework: Framework, hyperparameters: Hyperparameters, variables: dict[str, Any]
) -> dict[str, Any]:
    weight = strength_weight(framework, hyperparameters)
    z = pm.Normal(names.STRENGTH_Z, 0.0, 1.0, dims=names.INDICATOR)
    value = variables[names.STRENGTH_BASE] * weight * pt.exp(hyperparameters.number("strength_sd") * z)
    return {names.STRENGTH_Z: z, names.STRENGTH: pm.Deterministic(names.STRENGTH, value, dims=names.INDICATOR)}


def _standing_tilts(variables: dict[str, Any]) -> dict[str, Any]:
    z = pm.Normal(names.TILT_Z, 0.0, 1.0, dims=names.INDICATOR)
    value = variables[names.TILT_MEAN] + variables[names.TILT_SCALE] * z
    return {names.TILT_Z: z, "tilt": pm.Deterministic("tilt", value, dims=names.INDICATOR)}


def _newsworthiness(variables: dict[str, Any]) -> dict[str, Any]:
    z = pm.Normal(names.FLAT_NEWS_Z, 0.0, 1.0, dims=names.INDICATOR)
    value = pt.sigmoid(variables[names.FLAT_NEWS_MEAN] + variables[names.FLAT_NEWS_SCALE] * z)
    return {names.FLAT_NEWS_Z: z, "flat_news": pm.Deterministic("flat_news", value, dims=names.INDICATOR)}


def _innovations() -> dict[str, Any]:
    common = pm.Normal(names.GLOBAL_INNOVATION, 0.0, 1.0, dims=names.TIME)
    grouped = pm.Normal(names.GROUP_INNOVATION, 0.0, 1.0, dims=(names.TIME, names.GROUP))
    return {names.GLOBAL_INNOVATION: common, names.GROUP_INNOVATION: grouped}
