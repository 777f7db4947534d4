"""What a large ledger costs: seconds and memory of reading it, of a view of a day, of `check`; nothing is asserted.

`make bench ARGS=tests/benchmarks/bench_ledger.py` runs it. Each measurement has a process of its own, so that memory is
its own peak. Times are noisy on shared machines.
"""

import csv
import json
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

ORCHARD = Path(__file__).parents[1] / "fixtures" / "orchard"
SIZES = (100_000, 300_000, 1_000_000)
FIRST, DAYS = date(2023, 1, 1), 480
READING = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
from indicast.ledger import _schemas, read_ledger, typed_ledger
from indicast.workspace import load_framework, read_rows

framework = load_framework(Path(sys.argv[1]), "orchard")
sources, _ = read_rows(framework.data_folder / "sources.csv", _schemas.sources_schema())
schema = _schemas.observations_schema(framework, tuple(sources["source_id"]))
began, busy = time.perf_counter(), time.process_time()
if sys.argv[2] == "rows":
    frame, findings = read_rows(framework.data_folder / "observations.csv", schema)
else:
    frames, findings = read_ledger(framework, date(2030, 1, 1))
    frame = typed_ledger(frames).observations
taken, busy = time.perf_counter() - began, time.process_time() - busy
errors = [one.line() for one in findings if one.severity == "error"]
assert not errors, errors[:3]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": len(frame), "seconds": taken, "busy": busy, "megabytes": peak}))
"""


def synthetic(path, size, seed=1):
    """Write observations of the orchard: its own rows on other days, each with a summary and an origin of its own."""
    lines = (ORCHARD / "data" / "orchard" / "observations.csv").read_text(encoding="utf-8").splitlines()
    header, *rows = csv.reader(lines)
    column = {name: place for place, name in enumerate(header)}
    rng = np.random.default_rng(seed)
    days = [(FIRST + timedelta(days=day)).isoformat() for day in range(DAYS + 10)]
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(header)
        picks, when = rng.integers(0, len(rows), size), rng.integers(0, DAYS, size)
        for number, (pick, day) in enumerate(zip(picks.tolist(), when.tolist(), strict=True)):
            row = list(rows[pick])
            row[column["event_date"]], row[column["known_date"]] = days[day], days[day + 5]
            row[column["end_date"]] = row[column["end_date"]] and days[day + 3]
            row[column["published_date"]] = row[column["published_date"]] and days[day + 1]
            row[column["summary"]] = f"Statement {number}: what was printed about the matter, and who said it to whom"
            row[column["origin_id"]] = f"origin-{number}"
            writer.writerow(row)


KNOWING = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
import pandas as pd
from indicast.ledger import read_ledger, typed_ledger
from indicast.workspace import load_framework

framework = load_framework(Path(sys.argv[1]), "orchard")
frames, _ = read_ledger(framework, date(2030, 1, 1))
rows = frames["observations"]
some = rows.iloc[::20]
added = some.assign(
    record_id="c" + some["record_id"].str.slice(1), supersedes=some["record_id"], change="correction", reason="a slip",
    known_date="2024-06-01", recorded_at="2024-06-01T12:00:00Z",
)
added.index = range(len(rows) + 2, len(rows) + 2 + len(added))
corroboration = rows.iloc[::20][["event_date", "indicator", "source_id"]].drop_duplicates()
corroboration = corroboration.assign(corroborating_source_id=corroboration["source_id"])
ledger = typed_ledger(frames | {"observations": pd.concat([rows, added]), "corroboration": corroboration})
taken = []
for day in (date(2023, 6, 1), date(2024, 5, 1), date(2024, 6, 1)):
    began = time.perf_counter(), time.process_time()
    view = ledger.known(day)
    taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": len(view.observations), "seconds": max(taken)[0], "busy": max(taken)[1], "megabytes": peak}))
"""


@pytest.fixture
def show(capsys):
    def line(what, value, aim=""):
        with capsys.disabled():
            print(f"\n{what:58s} {value:>40s}   {aim}", end="")

    return line


@pytest.fixture(params=SIZES, ids=lambda size: f"{size:,}")
def workspace(request, tmp_path):
    root = Path(shutil.copytree(ORCHARD, tmp_path / "orchard"))
    path = root / "data" / "orchard" / "observations.csv"
    synthetic(path, request.param)
    # Corroborations name rows of the small ledger, which are not in this one.
    corroboration = root / "data" / "orchard" / "corroboration.csv"
    corroboration.write_text(corroboration.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return root, request.param, path.stat().st_size / 1e6


@pytest.mark.parametrize(("what", "aim"), [("rows", "aim 8 s, 2 GB for 1,000,000"), ("ledger", "")])
def test_reading(what, aim, workspace, show):
    root, size, megabytes = workspace
    done = subprocess.run(
        [sys.executable, "-c", READING, root, what], capture_output=True, text=True, check=True
    ).stdout
    found = json.loads(done)
    name = {"rows": "read and validate observations", "ledger": "read the whole ledger"}[what]
    speed = f"{size / found['seconds']:,.0f} rows/s"
    show(
        f"{name}, {size:,} rows, {megabytes:.0f} MB",
        f"{found['seconds']:.2f} s ({found['busy']:.2f} s of a processor), {found['megabytes']:.0f} MB",
        f"{speed}; {aim}",
    )


def test_known(workspace, show):
    root, size, _ = workspace
    run = subprocess.run([sys.executable, "-c", KNOWING, root], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["rows"] == size
    show(
        f"known(at), {size:,} rows, one in twenty corrected",
        f"{found['seconds']:.2f} s ({found['busy']:.2f} s of a processor), {found['megabytes']:.0f} MB",
        "aim 1 s, 2 GB for 1,000,000",
    )


def test_check(workspace, show):
    root, size, _ = workspace
    command = [sys.executable, "-m", "indicast", "check", "orchard", "--quiet", "--workspace", root]
    watched = "import resource, subprocess, sys, time; b = time.perf_counter(); "
    watched += "done = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
    watched += "u = resource.getrusage(resource.RUSAGE_CHILDREN); "
    watched += "print(time.perf_counter() - b, u.ru_maxrss / 1024, done.stdout.splitlines()[-1:])"
    done = subprocess.run([sys.executable, "-c", watched, *command], capture_output=True, text=True, check=True).stdout
    taken, peak, _ = done.split(" ", 2)
    show(
        f"indicast check, {size:,} rows", f"{float(taken):.1f} s, {float(peak):.0f} MB", "aim 30 s, 2 GB for 1,000,000"
    )
