"""Scenario-and-indicator tables as calibrated Bayesian forecasts.

The package is a one-way street of rooms, each turning one thing into the next:
``workspace -> ledger, elicit -> panel -> generative -> infer -> forecast ->
explain, evaluate -> publish -> cli``. A room imports only rooms before it
(``tests/contract/test_architecture.py`` proves it), and nothing is imported here,
so that ``indicast --help`` answers before PyMC could be loaded.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
