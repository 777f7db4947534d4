"""A file of a ledger is replaced whole or not at all.

Invariant: at any moment, also after a kill or on a full disk, the old or the new file is there, whole, and
what somebody else saved in between is not lost
(``tests/unit/test_ledger_file.py``, ``tests/unit/test_ledger_kills.py``).
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from indicast.errors import LedgerError, MissingError

UNFINISHED = ".unfinished"
REMEDIES = {
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the limit on the size of files, or split the ledger",
    errno.EROFS: "mount the disk for writing",
    errno.EACCES: "give yourself the right to write to the folder and the file",
    errno.EPERM: "give yourself the right to write to the folder and the file",
}


def refusal(path: Path, error: OSError) -> LedgerError:
    """Return what to tell when the system refuses to write a file.

    Examples
    --------
    >>> print(refusal(Path("a.csv"), OSError(errno.ENOSPC, "No space left on device")))
    cannot write a.csv: No space left on device; it stands as it was; free some space on the disk, then repeat
    """
    remedy = REMEDIES.get(error.errno or 0, "put that right")
    return LedgerError(f"cannot write {path}: {error.strerror or error}; it stands as it was; {remedy}, then repeat")


def read_whole(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    MissingError
        If there is no such file.
    LedgerError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        message = f"{path} does not exist; create it (its columns are described in docs/data.md)"
        raise MissingError(message) from None
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}; look at its permissions"
        raise LedgerError(message) from None


def replace_whole(path: Path, content: bytes, seen: bytes) -> None:
    """Put new content in a file's place; to be called by one process at a time.

    The mode stays, and the owner where the system lets it. A link stays a link: what it names is replaced.

    Parameters
    ----------
    path
        An existing file.
    content
        All of the new content.
    seen
        What the file held when the new content was made from it.

    Raises
    ------
    LedgerError
        If the file no longer holds that, or the system refuses; the file then stands as it was.
    """
    target = Path(os.path.realpath(path))
    made: Path | None = None
    try:
        _remove_unfinished(target)
        made = _written_beside(target, content)
        _refuse_changed(path, target, seen)
        made.replace(target)
        made = None
        _sync_folder(target.parent)
    except OSError as error:
        raise refusal(path, error) from None
    finally:
        if made is not None:
            made.unlink(missing_ok=True)


def _written_beside(target: Path, content: bytes) -> Path:
    """Return a new file in the same folder, on the disk, with the content and the mode of the target."""
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=UNFINISHED, dir=target.parent)
    try:
        with os.fdopen(number, "wb") as made:
            made.write(content)
            made.flush()
            _keep_mode(Path(name), target)
            os.fsync(made.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _keep_mode(made: Path, target: Path) -> None:
    old = target.stat()
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(made, old.st_uid, old.st_gid)
    made.chmod(stat.S_IMODE(old.st_mode))


def _refuse_changed(path: Path, target: Path, seen: bytes) -> None:
    if target.read_bytes() != seen:
        message = f"{path} was changed by another program in the meantime; it stands as that saved it; repeat"
        raise LedgerError(message)


def _remove_unfinished(target: Path) -> None:
    """Remove what killed processes left."""
    for path in target.parent.glob(f".{target.name}.*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the disk know the new name; systems without open folders do so by themselves."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(number)
    finally:
        os.close(number)
