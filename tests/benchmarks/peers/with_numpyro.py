"""The same model in NumPyro, the forward recursion as a scan."""

import emissions
import jax
import jax.numpy as jnp
import job
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import erfc, logsumexp

from indicast import names

DISTRIBUTIONS = {
    "Normal": lambda a: dist.Normal(a["mu"], a["sigma"]),
    "HalfNormal": lambda a: dist.HalfNormal(a["sigma"]),
    "LogNormal": lambda a: dist.LogNormal(a["mu"], a["sigma"]),
    "TruncatedNormal": lambda a: dist.TruncatedNormal(a["mu"], a["sigma"], low=a["lower"]),
    "Beta": lambda a: dist.Beta(a["alpha"], a["beta"]),
    "Gamma": lambda a: dist.Gamma(a["alpha"], a["beta"]),
    "Exponential": lambda a: dist.Exponential(a["lam"]),
    "Dirichlet": lambda a: dist.Dirichlet(a["a"]),
}
XP = emissions.Library(jnp.exp, jnp.log, jnp.log1p, jnp.expm1, erfc, jnp.dot)


def log_marginal(emission, transition, initial):
    """Return the evidence with the scenario summed out."""

    def step(alpha, terms):
        return logsumexp(alpha[:, None] + jnp.log(transition), axis=0) + terms, None

    alpha, _ = jax.lax.scan(step, jnp.log(initial) + emission[0], emission[1:])
    return logsumexp(alpha)


def transition_matrix(dwell, shares):
    size = dwell.shape[0]
    leave = 1.0 / (1.0 + dwell)
    other = np.array([[k for k in range(size) if k != j] for j in range(size)])
    matrix = jnp.diag(1.0 - leave)
    return matrix.at[np.arange(size)[:, None], other].set(leave[:, None] * shares)


def model(one):
    p = {
        name: numpyro.sample(name, DISTRIBUTIONS[prior.distribution](prior.arguments))
        for name, prior in one.priors.items()
    }
    p |= {name: numpyro.sample(name, dist.Normal(jnp.zeros(shape))) for name, shape in one.standard_normal.items()}
    emission = emissions.log_emission(XP, p, one)
    transition = transition_matrix(p[names.DWELL], p[names.EXIT])
    numpyro.factor("evidence", log_marginal(emission, transition, p[names.INITIAL]))


def fit(one):
    """Return draws; what JAX spends on compiling is not counted as sampling."""
    compiling = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: compiling.append(seconds) if event.endswith("backend_compile_duration") else None
    )
    settings = one.settings
    kernel = numpyro.infer.NUTS(model, target_accept_prob=settings.target_accept)
    chains = numpyro.infer.MCMC(
        kernel,
        num_warmup=settings.tune,
        num_samples=settings.draws,
        num_chains=settings.chains,
        progress_bar=False,
    )
    with one.timed("sampling"):
        chains.run(jax.random.key(settings.seed), one, extra_fields=("diverging",))
        draws = jax.tree.map(np.asarray, chains.get_samples(group_by_chain=True))
    one.times["compiling"] = sum(compiling)
    one.times["sampling"] -= one.times["compiling"]
    one.times["divergences"] = int(chains.get_extra_fields()["diverging"].sum())
    return draws


if __name__ == "__main__":
    numpyro.enable_x64()
    numpyro.set_host_device_count(4)
    job.run(fit, set(emissions.FAMILIES))
