"""One writer at a time; who waits in vain is told for whom; a killed writer holds nothing."""

import os
import signal
import subprocess
import sys
import threading

import filelock
import pytest

from indicast.errors import LedgerError, MissingError
from indicast.ledger import append_lines, locked
from indicast.ledger._lock import HOLDER, LOCK

pytestmark = pytest.mark.unit

HOLD = """
import sys, time
from pathlib import Path
from indicast.ledger import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Return another process that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_who_waits_in_vain_is_told_for_whom(holder, tmp_path):
    with pytest.raises(LedgerError) as caught, locked(tmp_path, wait=0.05):
        pass
    message = str(caught.value)
    assert f"is being written by process {holder.pid} on " in message
    assert "nothing was changed; let it finish or end it, then repeat" in message
    assert "\n" not in message


def test_a_killed_writer_holds_nothing(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / LOCK).exists()
    assert str(holder.pid) in (tmp_path / HOLDER).read_text("utf-8")
    with locked(tmp_path, wait=5.0):
        assert str(os.getpid()) in (tmp_path / HOLDER).read_text("utf-8")


def test_lock_files_of_an_older_day_block_nobody(tmp_path):
    (tmp_path / LOCK).write_text("12345", "utf-8")
    (tmp_path / HOLDER).write_text("\x1b[31mprocess 1", "utf-8")
    with locked(tmp_path, wait=0.05):
        pass


@pytest.mark.usefixtures("holder")
def test_an_unreadable_note_still_gives_a_message_that_is_safe_to_print(tmp_path):
    (tmp_path / HOLDER).write_bytes(b"\x1b[31m\xff\n")
    with pytest.raises(LedgerError, match="written by") as caught, locked(tmp_path, wait=0.05):
        pass
    assert str(caught.value).isprintable()
    (tmp_path / HOLDER).unlink()
    with pytest.raises(LedgerError, match="written by another process"), locked(tmp_path, wait=0.05):
        pass


def test_a_note_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / HOLDER).mkdir()
    with locked(tmp_path, wait=0.05):
        pass


def test_threads_of_one_process_wait_for_each_other(tmp_path):
    path = tmp_path / "observations.csv"
    path.write_text("record_id,summary\n", "utf-8")

    def add(number):
        append_lines(path, [{"record_id": f"r{number}", "summary": "a"}])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_text("utf-8").split()) == sorted(["record_id,summary", *(f"r{n},a" for n in range(8))])


def test_a_folder_that_may_not_be_written_to_is_said_in_one_line(monkeypatch, tmp_path):
    # The tests may run as root, whom no permission stops: the system's answer is planted.
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(filelock.FileLock, "acquire", refused)
    with pytest.raises(LedgerError) as caught, locked(tmp_path):
        pass
    assert "Permission denied; it stands as it was; give yourself the right to write to the folder" in str(caught.value)


def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path):
    with pytest.raises(MissingError, match="nowhere does not exist; create it"), locked(tmp_path / "nowhere"):
        pass
    assert not (tmp_path / "nowhere").exists()


def test_the_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        1 / 0  # noqa: B018  # raises
    with locked(tmp_path, wait=0.05):
        pass
