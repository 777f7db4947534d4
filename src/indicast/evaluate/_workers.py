"""Who makes the simulations: this process, processes of this machine, or a cluster.

Invariant: who makes them changes no number (``tests/recovery/test_calibration.py``). Workers
need the installed package of the same version and nothing else: plan and data are sent to
them, and results come back to the process that writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from indicast.evaluate._cluster import cluster_client
from indicast.evaluate._trial import Bench, Plan

if TYPE_CHECKING:
    from indicast.evaluate._trial import Trial

BENCHES: dict[str, Bench] = {}
"""Compiled models of this process by key of their plan; one at most."""


def run_trials(
    plan: Plan, places: Iterable[int], keep: Callable[[Trial], None], *, workers: int = 1, scheduler: str | None = None
) -> None:
    """Make simulations and hand over each as it ends.

    Parameters
    ----------
    plan
        What they share.
    places
        Which of them are wanted.
    keep
        Called with each result, in any order.
    workers
        Number of processes on this machine; 1 is this process.
    scheduler
        Address of a Dask scheduler to use instead, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    RunError
        If the scheduler does not answer, or its workers have another version of this package.
    """
    wanted = list(places)
    if scheduler is None and workers == 1:
        bench = Bench(plan, cores=None)
        for place in wanted:
            keep(bench.trial(place))
    elif wanted:
        with cluster_client(workers, scheduler) as client:
            for trial in _spread(client, plan, wanted):
                keep(trial)


def _spread(client: Any, plan: Plan, wanted: list[int]) -> Iterator[Trial]:  # noqa: ANN401  # distributed is imported late
    from distributed import as_completed

    shared = client.scatter(plan, broadcast=True)
    first, *others = wanted
    # One worker alone compiles; the others then find its machine code on disk.
    yield client.submit(trial_of, shared, first, pure=False).result()
    futures = client.map(lambda place, plan: trial_of(plan, place), others, plan=shared, pure=False)
    for future in as_completed(futures):
        yield future.result()
        future.release()


def trial_of(plan: Plan, place: int) -> Trial:
    """Return a simulation made by this process, which compiles the model once."""
    if plan.key not in BENCHES:
        BENCHES.clear()
        BENCHES[plan.key] = Bench(plan)
    return BENCHES[plan.key].trial(place)
