"""A trial: processes append to one ledger without pause and are killed at random moments; what is left of the file?

Run as a program with the path of ``observations.csv``, the number of kills and of writers, a seed, and ``whole``
for the project's way of writing or ``in_place`` for a wrong one; without kills each writer adds ten rows and ends.
Prints what was found as JSON. It needs no pandas and starts its processes by fork, so that a killed one is back in
milliseconds.
"""

import csv
import io
import json
import mmap
import os
import random
import signal
import sys
import time
import zlib
from pathlib import Path

from indicast.ledger import _append, append_lines, locked

IDLE, WAITING, INSIDE = 0, 1, 2
PAUSE = 0.02  # seconds at most between two kills: an append takes about a tenth of that


def checksum(*cells):
    return str(zlib.crc32("|".join(cells).encode()))


def write_in_place(path, content, seen):
    """Write as a naive program does: the old file is emptied, then filled; bit by bit, as a slow disk would."""
    del seen
    with path.open("wb", buffering=0) as opened:
        for start in range(0, len(content), 64):
            opened.write(content[start : start + 64])
        os.fsync(opened.fileno())


def write_rows(path, place, pipe, phases, variant, rows):
    """Append rows, and say of each that it was saved once it was."""
    read = _append.read_whole

    def read_inside(one):
        phases[place] = INSIDE
        return read(one)

    _append.read_whole = read_inside
    if variant == "in_place":
        _append.replace_whole = write_in_place
    for number in range(rows):
        name = f"w{os.getpid()}-{number}"
        text = f'row {number}, "{place}"'
        row = {"record_id": name, "recorded_at": "2024-01-01T00:00:00Z", "summary": text, "value": checksum(name, text)}
        phases[place] = WAITING
        append_lines(path, [row])
        phases[place] = IDLE
        os.write(pipe, f"{name}\n".encode())


def started(path, place, pipe, phases, variant, rows=10**9):
    child = os.fork()
    if child:
        return child
    try:
        write_rows(path, place, pipe, phases, variant, rows)
    finally:
        os._exit(0)


def wrong_with(content, before, base, acknowledged):
    """Return what is wrong with a file's content, given an earlier one and what was reported as saved."""
    if not content.startswith(before):
        return "an earlier version is not its beginning"
    rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    header, added = rows[0], rows[1 + base :]
    if any(len(row) != len(header) for row in rows):
        return "a row is not complete"
    cells = [dict(zip(header, row, strict=True)) for row in added]
    if any(row["value"] != checksum(row["record_id"], row["summary"]) for row in cells):
        return "a row is not what was written"
    present = [row["record_id"] for row in cells]
    if len(present) != len(set(present)):
        return "a row stands twice"
    lost = acknowledged - set(present)
    return f"{len(lost)} rows that were saved are lost" if lost else None


def drained(pipe):
    """Return the names that writers have reported; a line is written whole."""
    text = b""
    while True:
        try:
            text += os.read(pipe, 1 << 16)
        except BlockingIOError:
            return set(text.decode().split())


def content_of(path, variant):
    """Return the file as any reader may find it; where it is written in place, as the writers find it.

    A reader of a file that is written in place sees halves even without a kill, which is not what is tried here.
    """
    if variant == "whole":
        return path.read_bytes()
    with locked(path.parent):
        return path.read_bytes()


def trial(path, kills, writers, seed, variant):
    rng, phases = random.Random(seed), mmap.mmap(-1, writers)  # noqa: S311  # no secret hangs on it
    base = sum(1 for _ in csv.reader(io.StringIO(path.read_text("utf-8"), newline=""))) - 1
    append_lines(path, [{"record_id": "first", "value": checksum("first", "s"), "summary": "s"}])
    out, into = os.pipe()
    os.set_blocking(out, False)
    found = {"kills": 0, "inside": 0, "waiting": 0, "idle": 0, "acknowledged": 0, "wrong": None}
    acknowledged, before, begun = set(), path.read_bytes(), time.monotonic()
    processes = [started(path, place, into, phases, variant) for place in range(writers)]
    while found["kills"] < kills and not found["wrong"]:
        time.sleep(rng.uniform(0.0, PAUSE))
        place = rng.randrange(writers)
        os.kill(processes[place], signal.SIGKILL)
        _, status = os.waitpid(processes[place], 0)
        if os.WIFSIGNALED(status):
            found["kills"] += 1
            found[("idle", "waiting", "inside")[phases[place]]] += 1
        acknowledged |= drained(out)
        content = content_of(path, variant)
        try:
            found["wrong"] = wrong_with(content, before, base, acknowledged)
        except (csv.Error, UnicodeDecodeError) as error:
            found["wrong"] = f"it is no CSV: {error}"
        before = content
        phases[place] = IDLE
        processes[place] = started(path, place, into, phases, variant)
    for process in processes:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    acknowledged |= drained(out)
    if not found["wrong"]:
        append_lines(path, [{"record_id": "last", "value": checksum("last", "s"), "summary": "s"}])
        found["wrong"] = wrong_with(path.read_bytes(), before, base, acknowledged | {"last"})
    left = sorted(one.name for one in path.parent.iterdir() if one.suffix == ".unfinished")
    seconds = round(time.monotonic() - begun, 2)
    return found | {"acknowledged": len(acknowledged), "left": left, "seconds": seconds}


def together(path, writers, rows=10):
    """Let all writers add rows at once, and wait for them."""
    base = sum(1 for _ in csv.reader(io.StringIO(path.read_text("utf-8"), newline=""))) - 1
    out, into = os.pipe()
    os.set_blocking(out, False)
    phases, before = mmap.mmap(-1, writers), b""
    for process in [started(path, place, into, phases, "whole", rows) for place in range(writers)]:
        os.waitpid(process, 0)
    acknowledged = drained(out)
    return {"acknowledged": len(acknowledged), "wrong": wrong_with(path.read_bytes(), before, base, acknowledged)}


if __name__ == "__main__":
    name, kills, writers, seed, variant = sys.argv[1:]
    done = (
        together(Path(name), int(writers))
        if kills == "0"
        else trial(Path(name), int(kills), int(writers), int(seed), variant)
    )
    sys.stdout.write(json.dumps(done))
