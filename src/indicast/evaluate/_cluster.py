"""Processes of this machine, or a cluster by its address, for many fits.

Invariant: workers of another version of this package or of its libraries are refused, for their
numbers would not be those of this one; a scheduler that does not answer is one line
(``tests/recovery/test_calibration.py``, ``tests/contract/test_span.py``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from indicast.errors import RunError
from indicast.infer import code_hash, library_versions

PATIENCE = "10s"
"""How long to wait for a scheduler to answer."""


@contextmanager
def cluster_client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """Give a client of the cluster at an address, or of one made for the purpose.

    Parameters
    ----------
    workers
        Number of processes of the cluster that is made.
    scheduler
        Address of a Dask scheduler to use instead, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    RunError
        If the scheduler does not answer, or its workers have other versions.
    """
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
        _require_same_libraries(client, scheduler)
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


def _require_same_libraries(client: Any, scheduler: str) -> None:  # noqa: ANN401  # distributed is imported late
    own = library_versions()
    for worker, there in sorted(client.run(library_versions).items()):
        for name, version in own.items():
            if there.get(name) != version:
                message = f"--scheduler {scheduler}: {worker} has {name} {there.get(name)}, not {version}; install that"
                raise RunError(message)
