"""The experts' table and words become prior objects, findings and the additive index."""

from indicast.elicit._priors import GRADES, Constant, Hyperparameters, Prior, coordinates, load_hyperparameters

__all__ = ["GRADES", "Constant", "Hyperparameters", "Prior", "coordinates", "load_hyperparameters"]
