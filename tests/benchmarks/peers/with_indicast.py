"""Our own fit, with the same files as a peer: exactly what `indicast fit` does, and then the draws once more."""

import job

from indicast.cli._jobs import fit_month
from indicast.infer import Sampler
from indicast.panel import vintage


class Timed(Sampler):
    """A sampler that tells how long it compiled and sampled."""

    __slots__ = ("job",)

    def _for_shape(self, panel):
        with self.job.timed("compiling"):
            return super()._for_shape(panel)

    def _sample(self, panel, settings, **options):
        with self.job.timed("sampling"):
            return super()._sample(panel, settings, **options)


def fit(one):
    """Return the draws of a run that was saved."""
    desk = one.desk
    object.__setattr__(desk, "settings", one.settings)
    sampler = Timed(desk.framework, desk.hyperparameters)
    sampler.job = one
    month = str(one.panel.attrs["as_of"])
    run = fit_month(desk, sampler, vintage(desk.ledger, month))
    one.times["sampling"] -= one.times["compiling"]
    posterior = run.tree["posterior"].to_dataset()
    return {str(name): posterior[name].to_numpy() for name in posterior.data_vars}


if __name__ == "__main__":
    from emissions import FAMILIES

    job.run(fit, set(FAMILIES) | {"share", "withheld"})
