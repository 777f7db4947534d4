"""A publication is not replaced by one that knows less."""

import json
from types import SimpleNamespace

import pytest

from indicast.errors import RunError
from indicast.publish._report import _refuse_to_forget


def run_known_at(day):
    return SimpleNamespace(manifest={"known_at": day})


@pytest.fixture
def published(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"known_at": "2024-12-31"}), encoding="utf-8")
    return tmp_path


def test_a_run_that_knows_less_is_refused(published):
    with pytest.raises(RunError, match=r"published with news up to 2024-12-31.*up to 2024-12-30 only"):
        _refuse_to_forget(published, run_known_at("2024-12-30"))


def test_a_run_that_knows_as_much_or_more_is_not(published, tmp_path):
    for day in ("2024-12-31", "2025-01-02"):
        _refuse_to_forget(published, run_known_at(day))
    _refuse_to_forget(tmp_path / "nothing", run_known_at("2024-12-30"))
