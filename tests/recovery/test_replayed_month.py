"""A month that was sampled and published is made again from its manifest, to the last digit."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from indicast.cli import main
from indicast.cli._jobs import Chosen, fit_month, open_desk, report
from indicast.cli._options import Shared
from indicast.infer import Sampler, manifest_hash
from indicast.panel import vintage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("jetty")]
JETTY = Path(__file__).parents[1] / "fixtures" / "jetty"
MONTH = "2024-04"
SHORT = {"tune = 500": "tune = 200", "draws = 500": "draws = 200", "ess_bulk_min = 300": "ess_bulk_min = 30"}
SHORT |= {"ess_tail_min = 200": "ess_tail_min = 30", "rhat_max = 1.02": "rhat_max = 1.1"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a workspace that published one month, with a ledger that says of some rows when they were recorded."""
    root = Path(shutil.copytree(JETTY, tmp_path_factory.mktemp("replay") / "jetty"))
    path = root / "models" / "jetty" / "model.toml"
    text = path.read_text(encoding="utf-8")
    for long, short in SHORT.items():
        text = text.replace(long, short, 1)
    path.write_text(text, encoding="utf-8")
    ledger = root / "data" / "jetty" / "observations.csv"
    rows = read(ledger)
    write(
        ledger, [row | {"recorded_at": f"{row['known_date']}T12:00:00Z" if n % 2 else ""} for n, row in enumerate(rows)]
    )
    desk = open_desk(Shared(workspace=root, quiet=True), "jetty")
    run = fit_month(desk, Sampler(desk.framework, desk.hyperparameters), vintage(desk.ledger, MONTH))
    report(desk.options, "jetty", Chosen(run.id), draft=False)
    return root


@pytest.fixture
def workspace(published, tmp_path):
    """Return a copy of it without its runs: a replay needs none."""
    return Path(shutil.copytree(published, tmp_path / "jetty", ignore=shutil.ignore_patterns("runs")))


@pytest.fixture
def replay(workspace, monkeypatch, capsys):
    def call(*words):
        words = ["indicast", "replay", "jetty", MONTH, "--workspace", str(workspace), "--quiet", *words]
        monkeypatch.setattr("sys.argv", words)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out

    return call


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_month_is_the_same_again_whatever_was_learned_or_written_down_since(workspace, replay):
    files = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    code, first = replay()
    assert code == 0, first
    assert "numbers        same" in first
    assert {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()} == files
    ledger = workspace / "data" / "jetty" / "observations.csv"
    rows = read(ledger)
    later = rows[0] | {"event_date": "2024-06-02", "known_date": "2024-06-03", "published_date": "2024-06-03"}
    backfilled = rows[0] | {"event_date": "2023-03-09", "recorded_at": "2024-07-01T09:00:00Z", "origin_id": "late"}
    backfilled |= {"known_date": "2023-03-10", "published_date": "2023-03-10"}
    write(ledger, [*rows, later | {"recorded_at": "", "origin_id": "new"}, backfilled])
    assert replay() == (0, first)


def test_one_old_row_that_was_changed_is_found_with_file_and_month(workspace, replay):
    ledger = workspace / "data" / "jetty" / "observations.csv"
    rows = read(ledger)
    place = next(n for n, row in enumerate(rows) if row["known_date"].startswith("2023-09"))
    rows[place] |= {"event_date": "2023-08-30"}
    write(ledger, rows)
    code, out = replay("--json")
    said = json.loads(out)
    checks = {one["what"]: one for one in said["checks"]}
    assert code == 1
    assert checks["ledger"]["how"].endswith("has changed since: observations.csv, rows known in 2023-09")
    assert {"ledger", "manifest hash", "numbers"} == set(said["failed"])
    assert said["numbers"]["unlike"] > 0


def test_other_draws_of_the_same_posterior_stand_within_monte_carlo_error(workspace, replay):
    # As another library would have it: a manifest that names one, and the same posterior with other draws.
    path = workspace / "reports" / "jetty" / MONTH / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["sampler"]["seed"] += 1
    manifest["libraries"]["numpy"] = "0.9"
    path.write_text(json.dumps(manifest | {"hash": manifest_hash(manifest)}), encoding="utf-8")
    code, out = replay("--json")
    said = json.loads(out)
    assert code == 1
    assert {"libraries", "manifest hash", "numbers"} == set(said["failed"])
    assert {one["what"]: one["how"] for one in said["checks"]}["libraries"].startswith("numpy 0.9 -> ")
    numbers = said["numbers"]
    assert numbers["unlike"] > numbers["rows"] / 2
    assert 0.0 < numbers["points"] < 10.0
    # The farthest of many rows: well above 0 and, with a chance of 99 % or more, below the limit.
    assert 0.5 < numbers["distance"] <= numbers["limit"]
    assert replay("--numbers")[0] == 0
