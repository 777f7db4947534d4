"""A posterior becomes probabilities now, later and for the next observations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast import names
from indicast.forecast._distance import KEY, beyond, monte_carlo_distances
from indicast.forecast._groups import with_groups
from indicast.forecast._horizons import Headline, floored, headlines, scenario_ahead
from indicast.forecast._log_prior import PRIOR_PARTS, part_of, prior_parts
from indicast.forecast._milestones import Standing, milestone_by, published_clocks, standings
from indicast.forecast._predictive import latest_watch, predict
from indicast.forecast._sightings import SEEN_BY, Sighting, directions_felt, expected_climate
from indicast.forecast._surprise import Surprise, predicted, surprises
from indicast.forecast._table import COLUMNS, forecast_table

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework

__all__ = [
    "COLUMNS",
    "KEY",
    "PRIOR_PARTS",
    "SEEN_BY",
    "Headline",
    "Sighting",
    "Standing",
    "Surprise",
    "beyond",
    "directions_felt",
    "expected_climate",
    "floored",
    "forecast_table",
    "headlines",
    "latest_watch",
    "milestone_by",
    "monte_carlo_distances",
    "part_of",
    "predict",
    "predicted",
    "prior_parts",
    "published_clocks",
    "scenario_ahead",
    "standings",
    "surprises",
    "with_groups",
    "with_predictions",
]


def with_predictions(
    tree: xr.DataTree, framework: Framework, hyperparameters: Hyperparameters, seed: int
) -> xr.DataTree:
    """Return a fit with its group ``predictions`` added.

    Parameters
    ----------
    tree
        From :class:`indicast.infer.Sampler`.
    framework, hyperparameters
        As used for the fit.
    seed
        Of the simulated counts and acts.

    Raises
    ------
    RunError
        If the fit does not say how its milestones stand.
    """
    import xarray as xr

    predictions = predict(tree, framework, hyperparameters, seed)
    longest = framework.declaration.forecast.longest
    predictions["scenario_probability"] = scenario_ahead(tree, longest)
    if framework.judgements and any(one.open for one in standings(tree)):
        predictions[names.MILESTONE_BY] = milestone_by(tree, framework, longest)
    groups = {name: node.to_dataset() for name, node in tree.children.items()} | {"predictions": predictions}
    extended = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    extended.attrs = dict(tree.attrs)
    return extended
