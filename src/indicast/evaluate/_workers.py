"""Who makes the simulations: this process, processes of this machine, or a cluster.

Invariant: who makes them changes no number (``tests/recovery/test_calibration.py``). Workers
need the installed package of the same version and nothing else: plan and data are sent to
them, and results come back to the process that writes them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from indicast.errors import RunError
from indicast.evaluate._trial import Bench, Plan
from indicast.infer import code_hash

if TYPE_CHECKING:
    from indicast.evaluate._trial import Trial

PATIENCE = "10s"
"""How long to wait for a scheduler to answer."""
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
        with _client(workers, scheduler) as client:
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


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Give a client of the cluster at an address, or of one made for the purpose."""
    from distributed import Client, LocalCluster

    if scheduler is not None:
        with _connected(scheduler) as client:
            yield client
        return
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "memory_limit": None}
    with _silence(), LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as client:
        yield client


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the life of workers out of what a person reads; failures come back as exceptions."""
    import dask

    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with dask.config.set({"logging.distributed": "critical"}):
        yield
    logger.setLevel(level)


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split())[:200]
        message = f"--scheduler {scheduler}: no scheduler answers there ({reason}); start one with 'dask scheduler'"
        raise RunError(message) from None
    with client:
        _require_same_code(client, scheduler)
        yield client


def _require_same_code(client: Any, scheduler: str) -> None:  # noqa: ANN401  # distributed is imported late
    found = client.run(code_hash, on_error="return")
    if not found:
        message = f"--scheduler {scheduler}: it has no workers; start some with 'dask worker {scheduler}'"
        raise RunError(message)
    others = sorted(worker for worker, code in found.items() if code != code_hash())
    if others:
        message = (
            f"--scheduler {scheduler}: {others[0]} has another version of indicast or none; install this one there"
        )
        raise RunError(message)
