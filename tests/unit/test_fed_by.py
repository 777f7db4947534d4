"""What each row feeds is told for all rows at once, and is what its indicator says of it alone."""

from pathlib import Path

import pytest

from indicast.ledger import read_ledger
from indicast.ledger._feeding import fed_by
from indicast.workspace import Indicator, load_framework

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
MODELS = [(ROOT, "belarus_russia"), *((FIXTURES / name, name) for name in ("harbour", "orchard", "mill"))]


def opened(folder, name):
    framework = load_framework(folder, name)
    return framework, read_ledger(framework)[0]["observations"]


@pytest.mark.parametrize(("folder", "name"), MODELS)
def test_every_row_feeds_what_its_indicator_says(folder, name):
    framework, rows = opened(folder, name)
    indicators = {one.id: one for one in framework.declaration.indicators}
    told = fed_by(framework, rows)
    assert list(told.index) == list(rows.index)
    for line, row in rows.iterrows():
        alone = indicators[row["indicator"]].stream(row["kind"], row["unit"], row["direction"])
        assert tuple(told.loc[line]) == ((alone.family, alone.label) if alone else ("", ""))


def test_a_row_of_no_indicator_feeds_nothing():
    framework, rows = opened(*MODELS[1])
    rows.loc[5, "indicator"] = "weather"
    assert tuple(fed_by(framework, rows).loc[5]) == ("", "")


def test_no_rows_feed_nothing():
    framework, rows = opened(*MODELS[1])
    assert fed_by(framework, rows.iloc[:0]).empty


def test_a_thousand_copies_of_a_ledger_ask_no_more_often_than_one(monkeypatch):
    import pandas as pd

    framework, rows = opened(*MODELS[1])
    asked = []
    honest = Indicator.stream
    monkeypatch.setattr(Indicator, "stream", lambda self, *cells: asked.append(cells) or honest(self, *cells))
    fed_by(framework, rows)
    once = len(asked)
    told = fed_by(framework, pd.concat([rows] * 1000, ignore_index=True))
    assert (once, len(asked), len(told)) == (once, 2 * once, 1000 * len(rows))
    assert once < len(rows)
