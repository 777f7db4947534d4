"""One writer of a ledger at a time.

Invariant: while one process is inside :func:`locked`, no other is; a process that was killed there holds nothing
(``tests/unit/test_ledger_lock.py``).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from indicast.errors import LedgerError, MissingError
from indicast.ledger._whole_file import refusal

LOCK, HOLDER = ".ledger.lock", ".holder.lock"
"""Files beside a ledger: the lock, which only the operating system takes and frees, and a note of who has it."""
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.01


@contextmanager
def locked(folder: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold a ledger's lock for the block.

    Parameters
    ----------
    folder
        ``data/<model>``.
    wait
        Seconds to wait for another writer.

    Raises
    ------
    MissingError
        If there is no such folder.
    LedgerError
        If another writer does not finish in time, or the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    if not folder.is_dir():
        message = f"{folder} does not exist; create it with its files (they are described in docs/data.md)"
        raise MissingError(message)
    lock = FileLock(folder / LOCK, timeout=wait)
    try:
        lock.acquire(poll_interval=POLL_SECONDS)
    except Timeout:
        message = (
            f"{folder}: the ledger is being written by {_holder(folder)}; "
            f"waited {wait:g} s, nothing was changed; let it finish or end it, then repeat"
        )
        raise LedgerError(message) from None
    except OSError as error:
        raise refusal(folder / LOCK, error) from None
    try:
        _note_holder(folder)
        yield
    finally:
        lock.release()


def _note_holder(folder: Path) -> None:
    """Write down who holds the lock; a note that cannot be written is no reason to stop."""
    moment = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        (folder / HOLDER).write_text(f"process {os.getpid()} on {socket.gethostname()} since {moment}", "utf-8")
    except OSError:
        return


def _holder(folder: Path) -> str:
    try:
        noted = (folder / HOLDER).read_text("utf-8", errors="replace")
    except OSError:
        noted = ""
    return "".join(one for one in noted[:120] if one.isprintable()) or "another process"
