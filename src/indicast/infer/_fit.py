"""One month's posterior: sampled, unpacked and joined by what the chain implies.

Invariant: the same panel, priors and seed give the same draws, in one process
(``tests/recovery/test_main_job.py``) and in two, whether or not machine code was on disk
(``tests/reference/test_compile.py``). The compiled model is shared by all fits of one shape.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from indicast import names
from indicast.errors import RunError
from indicast.generative import chain, emission
from indicast.panel import used_months

if TYPE_CHECKING:
    from indicast.elicit import Hyperparameters
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and with which seed to sample.

    Attributes
    ----------
    chains, tune, draws
        Numbers of chains, adaptation steps and kept draws per chain.
    target_accept
        Wanted mean acceptance, in (0.5, 1).
    seed
        Everything random follows from it.
    """

    chains: int
    tune: int
    draws: int
    target_accept: float
    seed: int


@dataclass(slots=True)
class Sampler:
    """Compiled models by number of padded months, so that many fits compile once."""

    framework: Framework
    hyperparameters: Hyperparameters
    _compiled: dict[int, Any] = field(default_factory=dict)

    def fit(self, panel: xr.Dataset, settings: Settings, *, progress: bool) -> xr.DataTree:
        """Return the posterior of a panel as a DataTree.

        Parameters
        ----------
        panel
            From ``indicast.panel.build_panel``.
        settings
            Chains, draws and seed.
        progress
            Whether to draw a progress bar.

        Returns
        -------
        tree
            Groups posterior, sample_stats, log_likelihood, prior, observed_data and
            constant_data; dims chain, draw and those of ``indicast.names``.

        Raises
        ------
        RunError
            If the sampler could not start.
        """
        free, stats = self.free_draws(panel, settings, progress=progress)
        seed = np.random.SeedSequence(settings.seed).spawn(1)[0]
        return assemble(panel, self._with_chain(free, panel), stats, self.prior_draws(settings.draws, seed))

    def free_draws(
        self, panel: xr.Dataset, settings: Settings, *, progress: bool, cores: int | None = None
    ) -> tuple[xr.Dataset, xr.Dataset]:
        """Return draws of the free parameters over the panel's used months, and statistics of the sampler.

        Parameters
        ----------
        panel
            From ``indicast.panel.build_panel``.
        settings
            Chains, draws and seed.
        progress
            Whether to draw a progress bar.
        cores
            How many chains run at once; all of them by default. It changes no draw.

        Raises
        ------
        RunError
            If the sampler could not start.
        """
        draws = self._sample(panel, settings, progress=progress, cores=cores)
        return _named_months(draws["posterior"].to_dataset(), panel), draws["sample_stats"].to_dataset()

    def _sample(
        self, panel: xr.Dataset, settings: Settings, *, progress: bool, cores: int | None = None
    ) -> xr.DataTree:
        import nutpie

        compiled = self._for_shape(panel)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return nutpie.sample(
                    compiled,
                    draws=settings.draws,
                    tune=settings.tune,
                    chains=settings.chains,
                    seed=settings.seed,
                    target_accept=settings.target_accept,
                    save_warmup=False,
                    progress_bar=progress,
                    cores=cores,
                )
        except RuntimeError as error:
            message = (
                f"the sampler stopped: {' '.join(str(error).split())[:300]}; run 'indicast check' for impossible priors"
            )
            raise RunError(message) from error

    def _for_shape(self, panel: xr.Dataset) -> Any:  # noqa: ANN401  # nutpie does not export its class
        from indicast.generative.model import build_model, model_data
        from indicast.infer._compile import compile_for_sampling

        months = panel.sizes[names.TIME]
        if months not in self._compiled:
            self._compiled[months] = compile_for_sampling(build_model(self.framework, self.hyperparameters, panel))
        data = {name: values for name, (_, values) in model_data(self.framework, panel).items()}
        return self._compiled[months].with_data(**data)

    def _with_chain(self, posterior: xr.Dataset, panel: xr.Dataset) -> xr.Dataset:
        draws = flat_draws(posterior, self.framework, self.hyperparameters)
        evidence = emission.log_emission(draws, self.framework, self.hyperparameters, used_months(panel))
        state = emission.run_chain(draws, evidence)
        leading = (posterior.sizes[names.CHAIN], posterior.sizes[names.DRAW])
        transition = chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])
        derived = {
            names.STRENGTH: ((names.INDICATOR,), draws[names.STRENGTH]),
            names.FILTERED: ((names.TIME, names.SCENARIO), state.filtered),
            names.SMOOTHED: ((names.TIME, names.SCENARIO), state.smoothed),
            names.TRANSITION: ((names.SCENARIO, names.NEXT_SCENARIO), transition),
            names.ONE_STEP: ((names.TIME,), state.one_step),
        }
        arrays = {
            name: ((names.CHAIN, names.DRAW, *dims), values.reshape(*leading, *values.shape[1:]))
            for name, (dims, values) in derived.items()
        }
        return posterior.assign(arrays).assign_coords({names.NEXT_SCENARIO: list(self.framework.scenarios)})

    def prior_draws(self, size: int, seed: np.random.SeedSequence) -> xr.Dataset:
        """Return independent draws of the elicited priors; dims (chain = 1, draw, ...)."""
        rng = np.random.default_rng(seed)
        priors = self.hyperparameters.priors.values()
        arrays = {
            prior.name: ((names.CHAIN, names.DRAW, *prior.dims), prior.sample(rng, size)[None]) for prior in priors
        }
        used = {dim for dims, _ in arrays.values() for dim in dims}
        coords = {dim: list(labels) for dim, labels in self.hyperparameters.coords.items() if dim in used}
        return xr.Dataset(arrays, coords=coords)


def flat_draws(posterior: xr.Dataset, framework: Framework, hyperparameters: Hyperparameters) -> dict[str, np.ndarray]:
    """Return free parameters by name with one leading axis of draws, and the strengths.

    Parameters
    ----------
    posterior
        Dims (chain, draw, ...).
    framework, hyperparameters
        Give the strengths of the indicators and, where there is one destination only,
        the exits, which are then not sampled.
    """
    stacked = posterior.stack(sample=(names.CHAIN, names.DRAW)).transpose("sample", ...)
    draws = {str(name): stacked[name].to_numpy() for name in stacked.data_vars}
    draws[names.STRENGTH] = emission.strengths(draws, framework, hyperparameters)
    if names.EXIT not in draws:
        draws[names.EXIT] = np.ones((*draws[names.DWELL].shape, 1))
    return draws


def _named_months(posterior: xr.Dataset, panel: xr.Dataset) -> xr.Dataset:
    """Drop padded months and give the others their dates."""
    months = int(panel.attrs["months"])
    used = posterior.isel({names.TIME: slice(months)})
    return used.assign_coords({names.TIME: panel[names.TIME].to_numpy()[:months]})


def assemble(panel: xr.Dataset, posterior: xr.Dataset, sample_stats: xr.Dataset, prior: xr.Dataset) -> xr.DataTree:
    """Return the groups of a fit as one tree."""
    used = used_months(panel)
    observed = ["count", "report_direction"] if panel.sizes[names.COUNTED] else ["report_direction"]
    groups: Mapping[str, xr.Dataset] = {
        "posterior": posterior.drop_vars(names.ONE_STEP),
        "sample_stats": sample_stats,
        "log_likelihood": posterior[[names.ONE_STEP]],
        "prior": prior,
        "observed_data": used[observed],
        "constant_data": used.drop_vars(observed),
    }
    tree = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    tree.attrs = dict(panel.attrs)
    return tree
