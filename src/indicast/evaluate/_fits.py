"""Months fitted one after another, or at once by other processes, and handed over in order.

Invariant: who fits a month changes no number of it (``tests/recovery/test_back_catalogue.py``). Workers need the
installed package of the same version and nothing else: declarations and ledger are sent to them, and trees come
back to the process that writes them. No more trees than workers are waited for or held at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from indicast.errors import RunError
from indicast.evaluate._calibration_key import calibration_key
from indicast.evaluate._cluster import cluster_client
from indicast.forecast import with_groups, with_predictions
from indicast.infer import Gate, Sampler, Settings, run_gates
from indicast.panel import Sizes, Vintage, build_panel

if TYPE_CHECKING:
    import xarray as xr

    from indicast.elicit import Hyperparameters
    from indicast.ledger import Ledger
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class Wanted:
    """A month to fit, and the least sizes of its arrays; the same sizes compile once."""

    when: Vintage
    sizes: Sizes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What the fits of many months share."""

    framework: Framework
    hyperparameters: Hyperparameters
    ledger: Ledger
    settings: Settings

    def panel(self, wanted: Wanted) -> xr.Dataset:
        """Return the panel of a month as then known."""
        return build_panel(self.framework, self.hyperparameters, self.ledger, wanted.when, wanted.sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A month's draws with all that follows from them, the gates of the fit, and the padded number of months."""

    tree: xr.DataTree
    gates: tuple[Gate, ...]
    months: int


def fitted(study: Study, sampler: Sampler, panel: xr.Dataset, *, progress: bool = False) -> Fitted:
    """Return the fit of a panel with its predictions and groups.

    Parameters
    ----------
    study
        Declarations and settings.
    sampler
        Of the same declarations.
    panel
        From :meth:`Study.panel`.
    progress
        Whether to draw a progress bar.
    """
    framework, hyperparameters, seed = study.framework, study.hyperparameters, study.settings.seed
    tree = sampler.fit(panel, study.settings, progress=progress)
    tree = with_predictions(tree, framework, hyperparameters, seed)
    tree = with_groups(tree, framework, hyperparameters, seed)
    return Fitted(tree, run_gates(tree, framework, hyperparameters), int(panel.sizes["time"]))


def fitted_months(
    study: Study, wanted: Sequence[Wanted], *, workers: int = 1, scheduler: str | None = None
) -> Iterator[Fitted]:
    """Yield the fit of each month, in the order asked for.

    Parameters
    ----------
    study
        What they share.
    wanted
        The months.
    workers
        Number of processes on this machine; 1 is this process.
    scheduler
        Address of a Dask scheduler to use instead, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    RunError
        If a fit cannot be made, the scheduler does not answer, or its workers have other versions.
    """
    if scheduler is None and workers == 1:
        sampler = Sampler(study.framework, study.hyperparameters)
        for one in wanted:
            yield fitted(study, sampler, study.panel(one))
    elif wanted:
        with cluster_client(workers, scheduler) as client:
            yield from _spread(client, study, wanted)


def _spread(client: Any, study: Study, wanted: Sequence[Wanted]) -> Iterator[Fitted]:  # noqa: ANN401  # distributed is imported late
    key = calibration_key(study.framework, study.hyperparameters)
    shared = client.scatter(study, broadcast=True)

    def ask(one: Wanted) -> Any:  # noqa: ANN401  # a future
        return client.submit(month_of, key, shared, one, pure=False)

    # One worker alone compiles; the others then find its machine code on disk.
    yield _result(ask(wanted[0]))
    ahead, rest = deque[Any](), deque(wanted[1:])
    while rest or ahead:
        while rest and len(ahead) < len(client.scheduler_info()["workers"]):
            ahead.append(ask(rest.popleft()))
        yield _result(ahead.popleft())


def _result(future: Any) -> Fitted:  # noqa: ANN401  # distributed is imported late
    from distributed import KilledWorker

    try:
        found: Fitted = future.result()
    except KilledWorker:
        message = "the workers died while they fitted a month; give them more memory, or use fewer (--workers)"
        raise RunError(message) from None
    return found


SAMPLERS: dict[str, Sampler] = {}
"""Compiled models of this process by key of their declarations; one at most."""
ONE_AT_A_TIME = Lock()
"""Held while a month is fitted: workers that are threads of one process share its compiled models."""


def month_of(key: str, study: Study, wanted: Wanted) -> Fitted:
    """Return a month fitted by this process, which compiles a model once."""
    with ONE_AT_A_TIME:
        if key not in SAMPLERS:
            SAMPLERS.clear()
            SAMPLERS[key] = Sampler(study.framework, study.hyperparameters)
        return fitted(study, SAMPLERS[key], study.panel(wanted))
