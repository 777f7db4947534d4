"""A span of months really sampled, on the smallest workspace: who fits them changes no number."""

import json
import shutil
from pathlib import Path

import pytest

from indicast.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("jetty")]  # machine code of a model of its own
JETTY = Path(__file__).parents[1] / "fixtures" / "jetty"
FIRST, LAST = "2023-03", "2023-04"


@pytest.fixture
def span(monkeypatch, capsys, tmp_path):
    """Return a function that publishes a span in a new workspace and returns its numbers by month."""

    def call(name, *words):
        root = tmp_path / name
        shutil.copytree(JETTY, root)
        command = ["run", "jetty", "--from", FIRST, "--to", LAST, "--json"]
        monkeypatch.setattr("sys.argv", ["indicast", *command, "--workspace", str(root), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert not said.err
        tables = {path.parent.name: path.read_bytes() for path in sorted(root.glob("reports/jetty/*/forecast.csv"))}
        return ended.value.code, [(one["month"], one["result"]) for one in json.loads(said.out)], tables

    return call


def test_two_workers_of_a_cluster_publish_what_one_process_publishes(span):
    # Threads stand in for machines: what is sent to them and comes back is the same, and they import nothing again.
    from distributed import LocalCluster

    alone = span("alone")
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": False,
        "protocol": "tcp",
        "dashboard_address": ":0",
    }
    with LocalCluster(**options, silence_logs=50) as cluster:
        both = span("both", "--scheduler", cluster.scheduler_address)
    assert alone == both
    assert alone[0] == 0
    assert list(alone[2]) == [FIRST, LAST]
