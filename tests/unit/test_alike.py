"""What may be the same report is shown: the same indicator and week, and origin, page or nearly the same words."""

import pandas as pd
import pytest

from indicast.ledger import alike

pytestmark = pytest.mark.unit

OLD = {
    "event_date": "2024-03-08",
    "indicator": "visits",
    "source_id": "gazette",
    "origin_id": "gazette-2024-03-08",
    "summary": "The minister came again after a year away",
}
NEW = OLD | {"source_id": "radio", "origin_id": "radio-2024-03-08", "summary": "Rain fell on the quay all day"}
SOURCES = pd.DataFrame(
    {"source_id": ["gazette", "radio", "copy"], "url": ["https://a.example/1", "", "https://a.example/1"]}
)

CASES = {
    "nothing in common": ({}, False),
    "the same origin": ({"origin_id": "gazette-2024-03-08"}, True),
    "the same page": ({"source_id": "copy"}, True),
    "nearly the same words": ({"summary": "After a year away, the minister came again"}, True),
    "the same words in other letters": ({"summary": "THE MINISTER CAME AGAIN AFTER A YEAR AWAY."}, True),
    "the same origin a week apart": ({"origin_id": "gazette-2024-03-08", "event_date": "2024-03-15"}, True),
    "the same origin a week before": ({"origin_id": "gazette-2024-03-08", "event_date": "2024-03-01"}, True),
    "the same origin more than a week apart": ({"origin_id": "gazette-2024-03-08", "event_date": "2024-03-16"}, False),
    "the same origin of another indicator": ({"origin_id": "gazette-2024-03-08", "indicator": "laws"}, False),
    "two sources without a page": ({"source_id": "radio"}, False),
}


@pytest.mark.parametrize("name", CASES)
def test_a_row_is_like_another(name):
    cells, expected = CASES[name]
    rows = pd.DataFrame([OLD], index=[7])
    found = alike(rows, SOURCES, NEW | cells)
    assert list(found.index) == [7] * expected


def test_rows_with_a_date_that_is_none_are_like_nothing():
    rows = pd.DataFrame([OLD | {"event_date": "soon"}, OLD])
    assert list(alike(rows, SOURCES, OLD).index) == [1]


def test_an_empty_ledger_holds_nothing_alike():
    assert alike(pd.DataFrame(columns=list(OLD), dtype=str), SOURCES, NEW).empty
