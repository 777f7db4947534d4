"""What this repository has published is still what it published, and its record has only ever grown."""

import hashlib
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from indicast.publish import editions, open_published, published_months
from indicast.publish._shelf import shelves

ROOT = Path(__file__).parents[2]
MODELS = sorted(path.name for path in (ROOT / "reports").iterdir() if path.is_dir())
RECORD = "reports/{}/published.csv"


def git(*words: str) -> str:
    """Return what git says; nothing where there is no git, no repository, or no such thing."""
    command = ["git", "-C", str(ROOT), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
    except OSError:
        return ""


def changed(folder: Path) -> list[str]:
    """Return what of a model's published numbers is not as recorded."""
    record, found = editions(folder), []
    newest = {one.month: one for one in record}
    for one in record:
        path = folder / one.month / ("forecast.csv" if one is newest[one.month] else one.file)
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != one.forecast_sha256:
            found.append(f"{path}: edition {one.number}")
    return found


@pytest.mark.parametrize("model", MODELS)
def test_every_published_number_is_the_recorded_one(model):
    assert changed(ROOT / "reports" / model) == []


def test_a_changed_digit_is_found(tmp_path):
    (tmp_path / "2024-01").mkdir()
    (tmp_path / "2024-01" / "forecast.csv").write_text("value\n0.25\n", encoding="utf-8")
    sha256 = hashlib.sha256(b"value\n0.25\n").hexdigest()
    head = "month,edition,known_at,manifest,forecast_sha256,reason\n"
    (tmp_path / "published.csv").write_text(f"{head}2024-01,1,2024-01-31,x,{sha256},\n", encoding="utf-8")
    assert changed(tmp_path) == []
    (tmp_path / "2024-01" / "forecast.csv").write_text("value\n0.26\n", encoding="utf-8")
    assert len(changed(tmp_path)) == 1


@pytest.mark.parametrize("model", MODELS)
def test_every_published_month_is_recorded_and_whole(model):
    folder = ROOT / "reports" / model
    text = (folder / "published.csv").read_text(encoding="utf-8")
    for month in published_months(folder):
        assert f"\n{month},1," in text
        assert open_published(ROOT, model, month).altered == {}
    numbers: dict[str, list[int]] = {}
    for one in editions(folder):
        numbers.setdefault(one.month, []).append(one.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    assert all(one.reason for one in editions(folder) if one.number > 1)


@pytest.mark.parametrize("model", MODELS)
def test_the_record_has_only_ever_grown(model):
    place = RECORD.format(model)
    commits = git("log", "--reverse", "--format=%H", "--", place).split()
    told = [git("show", f"{commit}:{place}") for commit in commits]  # blank if a commit took the record away
    told.append((ROOT / place).read_text(encoding="utf-8"))
    assert [later.startswith(earlier) for earlier, later in pairwise(told)] == [True] * (len(told) - 1)


def test_the_page_of_all_reports_shows_every_published_month():
    page = (ROOT / "reports" / "index.html").read_text(encoding="utf-8")
    for shelf in shelves(ROOT):
        for one in shelf.months:
            for scenario in shelf.scenarios:
                assert f'<data value="{one.now.values[scenario]}">' in page
            assert f"./{shelf.model}/{one.month}/{one.page}" in page
