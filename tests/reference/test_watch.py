"""The other road to what an observation would do: add the row to the ledger and weigh the draws."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicast.explain import watch_list, what_if
from indicast.panel import Vintage, last_day
from indicast.panel._reports import slants
from indicast.workspace import month_index

MONTH = "2024-07"
SIZE = 4000


def with_rows(ledger, number, **cells):
    """Return a ledger with copies of its last observation in the month watched, each of an origin of its own."""
    last = ledger.observations.iloc[-1].to_dict()
    said = {"kind": "event", "value": "", "unit": "", "credibility": "1", "change": "", "supersedes": ""}
    rows = [{**last, **said, **cells, "record_id": f"new {at}", "origin_id": f"new {at}"} for at in range(number)]
    added = pd.DataFrame(rows, columns=ledger.observations.columns)
    added.index = ledger.observations.index.max() + 1 + np.arange(number)
    for name in ("event_date", "known_date"):
        added[name] = pd.Timestamp(f"{MONTH}-20")
    added["end_date"] = pd.NaT
    return replace(ledger, observations=pd.concat([ledger.observations, added]) if number else ledger.observations)


def watched(ledger, indicator, word):
    """Return a ledger in which somebody watched an indicator in the month."""
    row = {"indicator": indicator, "month": MONTH, "coverage": word, "known_date": pd.Timestamp(f"{MONTH}-31")}
    more = pd.DataFrame([{**ledger.coverage.iloc[-1].to_dict(), **row}])
    more.index = [ledger.coverage.index.max() + 1]
    return replace(ledger, coverage=pd.concat([ledger.coverage, more]))


def asked(world, tree, after):
    when = Vintage(MONTH, last_day(month_index(MONTH)))
    return what_if(world.framework, world.hyperparameters, tree, world.ledger, after, when, seed=1)


def agrees(outcome, found):
    """Four standard errors of the difference, which holds the drawn shocks; a tenth of a point for smoothed weights."""
    assert found.trusted
    limit = 4.0 * found.difference_mcse + 1e-3
    assert (np.abs(np.array(outcome.scenario) - found.after) < limit).all(), (outcome, found.after)


@pytest.fixture(scope="module")
def tree(harbour):
    return harbour.tree(harbour.draws(31, SIZE))


@pytest.fixture(scope="module")
def listed(harbour, tree):
    return watch_list(harbour.framework, harbour.hyperparameters, tree, month=MONTH)


@pytest.mark.parametrize("indicator", ["dredging_funds", "council_tone"])
def test_a_report_would_do_what_its_row_does(harbour, tree, listed, indicator):
    watching = next(row for row in listed if (row.stream, row.label) == ("direction", indicator))
    assert watching.looked_for == f"a report graded {watching.grade}"
    sources = slants(harbour.framework, harbour.ledger)
    rows = harbour.ledger.observations
    recent = rows[(rows["indicator"] == indicator) & (rows["reliability"] == watching.grade)]["source_id"].map(sources)
    carried, slant = harbour.framework.carried, recent.mode().min()
    source = next(name for name, one in sources.items() if one == slant and name not in carried)
    moved = []
    for outcome in watching.outcomes:
        cells = {"indicator": indicator, "reliability": watching.grade, "direction": outcome.name, "source_id": source}
        found = asked(harbour, tree, with_rows(harbour.ledger, 1, **cells))
        agrees(outcome, found)
        moved.append(np.abs(found.difference).max())
    assert max(moved) > 0.01


@pytest.mark.parametrize("number", [0, 2])
def test_a_count_would_do_what_its_rows_do(harbour, tree, listed, number):
    one = next(row for row in listed if row.label == "convoys")
    word = one.looked_for.rsplit(" ", 1)[1]
    rows = with_rows(harbour.ledger, number, indicator="convoys", direction="joining", source_id="tide_table")
    agrees(one.outcomes[number], asked(harbour, tree, watched(rows, "convoys", word)))


@pytest.mark.parametrize("number", [0, 1])
def test_acts_would_do_what_their_rows_do(orchard, number):
    tree = orchard.tree(orchard.draws(32, SIZE))
    listed = watch_list(orchard.framework, orchard.hyperparameters, tree, month=MONTH)
    one = next(row for row in listed if (row.stream, row.label) == ("event", "gates"))
    source = next(one for one in orchard.ledger.sources["source_id"] if one not in orchard.framework.carried)
    rows = with_rows(orchard.ledger, number, indicator="gates", direction="together", source_id=source)
    found = asked(orchard, tree, watched(rows, "gates", one.looked_for.rsplit(" ", 1)[1]))
    agrees(one.outcomes[number], found)
