"""A simulation is on disk whole or not at all, whatever the moment of a kill."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indicast.errors import RunError
from indicast.evaluate import TrialStore

# A writer that does what a run does between fits: many results, one after another, each too long for one block.
WRITER = """
import sys
from pathlib import Path
from indicast.evaluate import TrialStore
store, wanted = TrialStore(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
for place in range(wanted):
    if place not in store.finished(wanted):
        store.keep({"place": place, "ranks": {f"quantity {n}": place * n % 100 for n in range(2000)}})
"""
WANTED = 120


def expected(place):
    return {"place": place, "ranks": {f"quantity {n}": place * n % 100 for n in range(2000)}}


def test_what_was_kept_is_found_again(tmp_path):
    store = TrialStore(tmp_path / "sbc")
    store.keep(expected(3))
    assert store.finished(10) == {3: expected(3)}
    assert store.finished(3) == {}


@pytest.mark.parametrize("text", ["", "{", '{"place": 3, "ra', "[1]", '{"place": 4}', "\x00\x00", "null"])
def test_a_half_written_or_foreign_file_counts_as_not_there(tmp_path, text):
    (tmp_path / "0003.json").write_text(text, encoding="utf-8")
    assert TrialStore(tmp_path).finished(10) == {}
    TrialStore(tmp_path).keep(expected(3))
    assert TrialStore(tmp_path).finished(10) == {3: expected(3)}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match=r"cannot write to .*file.*free the disk or change its permissions"):
        TrialStore(tmp_path / "file" / "sbc").keep(expected(0))


def test_kills_at_random_moments_lose_at_most_the_result_being_written(tmp_path):
    rng, folder = random.Random(1), tmp_path / "sbc"  # noqa: S311  # moments of a test
    for _ in range(3):
        started = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(WANTED)], stdout=subprocess.PIPE)
        assert started.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.0, 0.12))
        started.send_signal(signal.SIGKILL)
        started.communicate()
        for place, trial in TrialStore(folder).finished(WANTED).items():
            assert trial == expected(place)
    subprocess.run([sys.executable, "-c", WRITER, str(folder), str(WANTED)], check=True, capture_output=True)
    assert TrialStore(folder).finished(WANTED) == {place: expected(place) for place in range(WANTED)}
    whole = {f"{place:04d}.json" for place in range(WANTED)}
    assert {path.name for path in folder.glob("*.json")} >= whole
    assert json.loads((folder / "0007.json").read_text(encoding="utf-8")) == expected(7)
    assert Path(folder / "0007.json").stat().st_mode & 0o777 == 0o644
