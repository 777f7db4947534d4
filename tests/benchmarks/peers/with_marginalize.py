"""The same model in plain PyMC, its scenarios summed out by pymc-extras, sampled by nutpie."""

import warnings

import emissions
import job
import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt

from indicast import names
from indicast.generative.chain import other_scenarios
from indicast.generative.model import random_variable

XP = emissions.Library(pt.exp, pt.log, pt.log1p, pt.expm1, pt.erfc, pt.dot)


def build(one):
    """Return the model with its scenarios still in it, and their name."""
    from pymc_extras.distributions import DiscreteMarkovChain

    coords = {dim: list(labels) for dim, labels in one.hyperparameters.coords.items()}
    months = len(one.panel[names.TIME])
    with pm.Model(coords=coords, check_bounds=False) as model:
        p = {name: random_variable(prior) for name, prior in one.priors.items()}
        p |= {name: pm.Normal(name, 0.0, 1.0, shape=shape) for name, shape in one.standard_normal.items()}
        size, leave = len(one.framework.scenarios), 1.0 / (1.0 + p[names.DWELL])
        rows = np.arange(size)[:, None]
        transition = pt.diag(1.0 - leave)[rows, other_scenarios(size)].set(leave[:, None] * p[names.EXIT])
        first = pm.Categorical.dist(p=p[names.INITIAL])
        scenario = DiscreteMarkovChain("state", P=transition, init_dist=first, steps=months - 1)
        term = emissions.log_emission(XP, p, one)[np.arange(months), scenario]
        # A month without evidence has the term 0: that is its mask.
        pm.CustomDist("seen", term, logp=lambda _value, given: given, observed=np.zeros(months))
    return model, scenario


def fit(one):
    """Return draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymc_extras import marginalize

        with one.timed("compiling"):
            model, scenario = build(one)
            compiled = nutpie.compile_pymc_model(marginalize(model, [scenario]), var_names=list(one.priors))
        settings = one.settings
        with one.timed("sampling"):
            tree = nutpie.sample(
                compiled,
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                seed=settings.seed,
                target_accept=settings.target_accept,
                save_warmup=False,
                progress_bar=False,
            )
    one.times["divergences"] = int(tree["sample_stats"]["diverging"].sum())
    posterior = tree["posterior"].to_dataset()
    return {str(name): posterior[name].to_numpy() for name in posterior.data_vars}


if __name__ == "__main__":
    job.run(fit, set(emissions.FAMILIES))
