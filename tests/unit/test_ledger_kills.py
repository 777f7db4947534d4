"""Writers that are killed at random moments lose nothing and break nothing; a naive way of writing is found out."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.unit, pytest.mark.skipif(not hasattr(os, "fork"), reason="the trial starts writers by fork")]

HERE = Path(__file__).parent
OBSERVATIONS = HERE.parent / "fixtures" / "harbour" / "data" / "harbour" / "observations.csv"
# 200 kills take some seconds. About one in four hits a writer that is reading, writing or renaming: the others wait
# for the lock, and there their death must free nothing and block nobody.
KILLS = int(os.environ.get("INDICAST_KILLS", "200"))


def trial(folder, kills, writers, seed, variant):
    path = Path(shutil.copy(OBSERVATIONS, folder))
    words = [sys.executable, str(HERE / "killed_writers.py"), str(path), *map(str, (kills, writers, seed)), variant]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, timeout=240)
    return json.loads(answer.stdout)


def test_killed_writers_leave_a_whole_ledger_with_every_row_that_was_reported_as_saved(tmp_path):
    found = trial(tmp_path, KILLS, 4, 1, "whole")
    assert found["wrong"] is None
    assert found["kills"] == KILLS
    assert found["inside"] >= KILLS // 20
    assert found["acknowledged"] > 0
    assert found["left"] == []


def test_the_same_trial_finds_a_writer_that_empties_the_file_before_it_fills_it(tmp_path):
    found = trial(tmp_path, 400, 4, 2, "in_place")
    assert found["wrong"] is not None


def test_eight_writers_at_once_lose_nothing(tmp_path):
    found = trial(tmp_path, 0, 8, 0, "whole")
    assert found == {"acknowledged": 80, "wrong": None}
