"""A file is replaced whole or not at all, whatever the disk says, and what others saved is not lost."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from indicast.errors import LedgerError, MissingError
from indicast.ledger import _whole_file, append_lines
from indicast.ledger._whole_file import UNFINISHED, read_whole, replace_whole

pytestmark = pytest.mark.unit

OLD, NEW = b"a,b\n1,2\n", b"a,b\n1,2\n3,4\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "observations.csv"
    path.write_bytes(OLD)
    return path


def others(path):
    return sorted(one.name for one in path.parent.iterdir() if one != path and not one.name.endswith(".lock"))


def test_a_file_is_replaced_and_keeps_its_mode(path):
    path.chmod(0o640)
    replace_whole(path, NEW, OLD)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert others(path) == []


def test_a_link_stays_a_link_and_what_it_names_is_replaced(path, tmp_path):
    (tmp_path / "far").mkdir()
    target = Path(shutil.move(path, tmp_path / "far" / "real.csv"))
    path.symlink_to(target)
    replace_whole(path, NEW, OLD)
    assert path.is_symlink()
    assert target.read_bytes() == NEW
    assert others(target) == []


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


REFUSALS = {
    "disk full while writing": (os, "fdopen", errno.ENOSPC, "free some space on the disk"),
    "disk full while it is flushed": (os, "fsync", errno.ENOSPC, "free some space on the disk"),
    "no quota left": (os, "fsync", errno.EDQUOT, "free some of your quota"),
    "disk is read-only": (tempfile, "mkstemp", errno.EROFS, "mount the disk for writing"),
    "folder is not ours": (tempfile, "mkstemp", errno.EACCES, "give yourself the right to write"),
    "the name cannot be taken": (Path, "replace", errno.EPERM, "give yourself the right to write"),
    "the disk fails": (os, "fsync", errno.EIO, "put that right"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_system_refuses_leaves_the_old_file_and_nothing_beside_it(name, path, monkeypatch):
    place, function, number, remedy = REFUSALS[name]
    with monkeypatch.context() as patched:
        patched.setattr(place, function, failing(number))
        with pytest.raises(LedgerError) as caught:
            replace_whole(path, NEW, OLD)
    assert path.read_bytes() == OLD
    assert others(path) == []
    message = str(caught.value)
    assert message.startswith(f"cannot write {path}: {os.strerror(number)}; it stands as it was; {remedy}")
    assert message.endswith("then repeat")


LIMITED = """
import resource, sys
from pathlib import Path
from indicast.errors import LedgerError
from indicast.ledger import append_lines
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    append_lines(path, [{"a": "x" * 8192}])
except LedgerError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_file_that_may_not_grow_further_stays_as_it_was(path):
    answer = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True)
    assert "raise the limit on the size of files" in answer.stdout
    assert path.read_bytes() == OLD
    assert others(path) == []


@pytest.fixture
def tiny_disk(tmp_path):
    """Return a folder on a disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if not (mount and unmount and hasattr(os, "geteuid") and os.geteuid() == 0):
        pytest.skip("only root may mount a small disk; the planted refusals above say the same")
    words = [mount, "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no disk may be mounted here; the planted refusals above say the same")
    yield folder
    subprocess.run([unmount, str(folder)], check=True)


def test_a_disk_that_is_really_full_loses_nothing(tiny_disk):
    path = tiny_disk / "observations.csv"
    path.write_text("record_id,summary\n", "utf-8")
    saved = []

    def fill():
        for number in range(1000):
            append_lines(path, [{"record_id": f"r{number}", "summary": "x" * 500}])
            saved.append(f"r{number}")

    with pytest.raises(LedgerError, match="free some space on the disk, then repeat"):
        fill()
    lines = path.read_text("utf-8").splitlines()
    assert len(saved) > 10
    assert [line.split(",")[0] for line in lines[1:]] == saved
    assert {len(line.split(",")[1]) for line in lines[1:]} == {500}
    assert others(path) == []


def test_a_disk_that_is_really_read_only_is_named_as_such(tiny_disk):
    path = tiny_disk / "observations.csv"
    path.write_bytes(OLD)
    subprocess.run([shutil.which("mount"), "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(LedgerError, match="Read-only file system; it stands as it was; mount the disk for writing"):
        append_lines(path, [{"a": "3"}])
    assert path.read_bytes() == OLD


def test_what_another_program_saved_in_between_is_not_lost(path, monkeypatch):
    edited = b"a,b\n1,9\n"
    written = _whole_file._written_beside

    def edit_meanwhile(target, content):
        path.write_bytes(edited)
        return written(target, content)

    monkeypatch.setattr(_whole_file, "_written_beside", edit_meanwhile)
    with pytest.raises(LedgerError, match="was changed by another program in the meantime"):
        append_lines(path, [{"a": "3", "b": "4"}])
    assert path.read_bytes() == edited
    assert others(path) == []


def test_an_edit_of_the_same_length_within_the_same_second_is_noticed(path):
    times = path.stat()
    path.write_bytes(b"a,b\n1,3\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(LedgerError, match="changed by another program"):
        replace_whole(path, NEW, OLD)


def test_what_killed_writers_left_is_removed_by_the_next(path):
    left = path.parent / f".{path.name}.abc{UNFINISHED}"
    left.write_bytes(b"half")
    replace_whole(path, NEW, OLD)
    assert not left.exists()


def test_a_kill_between_writing_and_renaming_leaves_the_old_file(path, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(Killed):
        replace_whole(path, NEW, OLD)
    assert path.read_bytes() == OLD


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="does not exist; create it"):
        read_whole(tmp_path / "observations.csv")


def test_a_file_that_cannot_be_read_is_named(path, monkeypatch):
    monkeypatch.setattr(Path, "read_bytes", failing(errno.EACCES))
    with pytest.raises(LedgerError, match=r"cannot read .*Permission denied; look at its permissions"):
        read_whole(path)
