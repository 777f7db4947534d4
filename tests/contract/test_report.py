"""The monthly report: bound to its numbers, closed to hostile text, shut to failed runs.

A tiny workspace with two scenarios and a synthetic posterior stands in for a fit.
"""

import dataclasses
import json
import re
import unicodedata
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from markdown_it import MarkdownIt
from pydantic import BaseModel

from indicast import names
from indicast.elicit import load_hyperparameters
from indicast.errors import DataError, GateError, IndicastError, RunError
from indicast.evaluate import CertificateStatus
from indicast.forecast import Surprise, milestone_by, scenario_ahead
from indicast.generative.chain import transition_matrix
from indicast.infer import Gate, Run, Settings, build_manifest
from indicast.ledger import load_ledger
from indicast.panel import Vintage, last_day
from indicast.panel._outcomes import milestone_variables
from indicast.publish import publish_report, render_html, render_markdown, report_content
from indicast.publish._clocks import FRAME, dials
from indicast.publish._lite import Beside, Comparison, Reason
from indicast.publish._moved import Cause, Moved
from indicast.publish._unexplained import Residual, Unexplained, residual, unexplained
from indicast.publish._watching import Look, Next, Would
from indicast.workspace import load_framework, month_index, shipped_lexicons

HOSTILE = "<script>alert(1)</script> | `x` \u202egnp.exe [y](javascript:alert(2)) **z**"
STAMP = "DRAFT: not for publication"

MODEL = """
lexicon = "halves"
directions = ["falling", "steady", "rising"]
[model]
id = "visits"
title = "Visits of ministers"
question = "Will they come more often?"
version = "1"
table_source = "workshop"
[start]
mode = "marks"
month = "2023-01"
carried_by_marks = ["workshop"]
reason = "The workshop spoke of that month."
[padding]
months = 12
cells = 8
reports = 2
[forecast]
horizons = [6, 24]
longest = 24
predictive_months = 2
interval = 0.8
floor = 0.002
[coverage]
good = "looked"
poor = "not_looked"
[groups]
all = "All"
[gates]
rhat_max = 1.01
ess_bulk_min = 400
ess_tail_min = 400
divergences_max = 0
bfmi_min = 0.3
label_identity_min = 0.99
[sampler]
chains = 2
tune = 100
draws = 100
target_accept = 0.9
seed = 7
[[scenarios]]
id = "more"
name = "More visits"
short = "MORE"
description = "They come more often."
[[scenarios]]
id = "less"
name = "Fewer visits"
short = "LESS"
description = "They come less often."
[[indicators]]
id = "tone"
name = "Tone of the speeches"
family = "direction"
group = "all"
feeds = { direction = ["event", "claim"] }
unfed = { kinds = ["share"], reason = "Polls on tone are about another country." }
[[indicators]]
id = "trade"
name = "Trade"
family = "direction"
group = "all"
feeds = { direction = ["event"] }
driver = true
%s
[[slants]]
id = "everyone"
reason = "No slant is assumed."
[[lexicons]]
id = "halves"
name = "Halves"
source = "this test"
bands = [{ word = "rather not", low = 0.0, high = 0.5 }, { word = "rather so", low = 0.5, high = 1.0 }]
"""
COUNTED = """
[[indicators]]
id = "meetings"
name = "Meetings"
family = "count"
group = "all"
feeds = { count = ["event"] }
[[indicators]]
id = "treaties"
name = "Treaties"
family = "event"
group = "all"
feeds = { event = ["event"], direction = ["event", "claim"] }
event_directions = ["rising"]
"""
JUDGED = "".join(
    f'[[milestones]]\nid = "{label}"\nname = "{name}"\n'
    for label, name in (
        ("hotline", "Hotline installed"),
        ("bureau", "Joint bureau opened"),
        ("charter", "Charter signed"),
        ("visa", "Visas abolished"),
        ("anthem", "Common anthem"),
    )
)
JUDGEMENTS = """milestone,scenario,horizon_years,word,source,reason
hotline,all,1,listed,workshop,Under both
bureau,all,0.25,listed,workshop,Under both
charter,more,2,listed,workshop,Under this one
charter,less,2,blocked,workshop,Against it
visa,more,0.9167,listed,workshop,By the end of the year
visa,less,0.9167,blocked,workshop,Not before
anthem,all,9,blocked,workshop,Far away
"""
OUTCOMES = """milestone,outcome,date,known_date,as_of,source_id,note
hotline,not_yet,,2023-06-16,2023-06-15,gazette,
bureau,occurred,2023-03-09,2023-03-10,2023-03-10,gazette,
charter,unclear,2023-04-01,2023-05-03,2023-05-02,gazette,A draft
visa,occurred,2023-07-03,2023-07-04,2023-07-04,gazette,
"""
BETA, POSITIVE, REAL = (
    'distribution = "Beta"\nargs.alpha = 2.0\nargs.beta = 2.0',
    'distribution = "LogNormal"\nargs.median = 20.0\nargs.sigma = 0.5',
    'distribution = "Normal"\nargs.mu = 0.0\nargs.sigma = 0.5',
)
DIRICHLET = 'distribution = "Dirichlet"\nargs.a = 2.0'
PRIORS = {
    "initial": DIRICHLET,
    "dwell": POSITIVE,
    "exit": DIRICHLET,
    "persistence": BETA,
    "global_scale": POSITIVE,
    "group_scale": POSITIVE,
    "tilt_mean": REAL,
    "tilt_scale": POSITIVE,
    "strength_base": POSITIVE,
    "threshold": POSITIVE,
    "flat_news_mean": REAL,
    "flat_news_scale": POSITIVE,
    "reliability": BETA,
    "slant_shares": DIRICHLET,
    "marks_of_present": BETA,
}
PRIORS_OF_JUDGED = {"milestone_clarity": BETA, "milestone_shift": REAL}
PRIORS_OF_COUNTS = {"growth": REAL, "overdispersion": POSITIVE, "detection": BETA, "season": REAL, "peak": REAL}
PRIORS_OF_ACTS = {"event_rate": POSITIVE, "event_background": POSITIVE, "ledger_density": POSITIVE}
PRIORS_OF_COUNTS |= PRIORS_OF_ACTS | {"event_detection": BETA}
CONSTANTS = {
    "strength_floor": "0.25",
    "strength_sd": "0.3",
    "claim_factor": "{ claim = 0.6 }",
    "credibility_steps": '{ "4" = 1 }',
    "mark_if_present": "[[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]]",
    "mark_if_support": "[0.6, 0.3, 0.1]",
    "lite_correlation": "0.2",
}
CONSTANTS_OF_COUNTS = {
    "reference_rate": "{ meetings = 1.0 }",
    "reference_weight_months": "12.0",
    "reference_window_months": "12",
    "growth_years": "0.5",
}
TABLE = """indicator,scenario,descriptor,expected,mark,rater,source
tone,more,warm,+1,+,consensus,workshop
tone,less,cold,-1,-,consensus,workshop
trade,more,grows,+1,+,consensus,workshop
trade,less,shrinks,-1,=,consensus,workshop
"""
TABLE_OF_COUNTS = """meetings,more,many,+1,=,consensus,workshop
meetings,less,few,-1,-,consensus,workshop
treaties,more,new ones,+1,+,consensus,workshop
treaties,less,none,-1,-,consensus,workshop
"""
ROWS = [
    # day, indicator, kind, direction, summary, source, reliability, credibility, known, origin
    ("2023-02-03", "tone", "event", "steady", "An old row", "gazette", "B", "2", "2023-02-03", "o1"),
    ("2023-06-02", "tone", "event", "rising", HOSTILE, "evil", "C", "2", "2023-06-02", "o2"),
    ("2023-06-03", "tone", "claim", "rising", "The same statement again", "gazette", "D", "2", "2023-06-04", "o2"),
    ("2023-06-05", "tone", "event", "falling", "Doubtful news", "gazette", "B", "4", "2023-06-05", "o3"),
    ("2023-06-06", "tone", "share", "falling", "A poll", "gazette", "B", "2", "2023-06-06", "o4"),
    ("2022-11-06", "trade", "event", "rising", "Before the start", "gazette", "B", "2", "2023-06-07", "o5"),
    ("2023-06-08", "trade", "event", "rising", "From the table itself", "workshop", "B", "2", "2023-06-08", "o6"),
    ("2023-07-01", "trade", "event", "rising", "An announced date", "gazette", "B", "2", "2023-06-09", "o7"),
    ("2023-07-05", "tone", "event", "falling", "Later news", "gazette", "B", "2", "2023-07-05", "o8"),
]
ROWS_OF_COUNTS = [
    ("2023-06-10", "meetings", "event", "rising", "A meeting", "gazette", "B", "2", "2023-06-10", "o9"),
    ("2023-05-10", "meetings", "event", "rising", "Nobody watched", "gazette", "B", "2", "2023-06-11", "o10"),
]
SOURCES = [
    ("gazette", "The Gazette", "Minister on a visit", "https://example.org/visit?a=1&b=2", "2023", "LT", "media"),
    (
        "evil",
        "<b>Evil</b> & sons",
        '"><img src=x onerror=alert(3)>\u2066',
        "javascript:alert(4)",
        "2023-06-01",
        "",
        "media",
    ),
    ("workshop", "We", "Our workshop", "notes.pdf", "2023", "", "seed"),
]


def entries(section, texts):
    made = "".join(f'[{section}.{name}]\n{text}\nsource = "test"\nreason = "test"\n' for name, text in texts.items())
    return made + "\n"


def observation(row):
    day, indicator, kind, direction, summary, source, letter, digit, known, origin = row
    return (day, "", known, indicator, kind, "", "", direction, summary, source, letter, digit, known, origin)


OBSERVATION_COLUMNS = [
    "event_date",
    "end_date",
    "published_date",
    "indicator",
    "kind",
    "value",
    "unit",
    "direction",
    "summary",
    "source_id",
    "reliability",
    "credibility",
    "known_date",
    "origin_id",
]


def make_workspace(root, *, counts, judged):
    """Write a workspace of two scenarios, with tallied indicators and with judged milestones, or without."""
    for folder in ("models", "priors", "data"):
        (root / folder / "visits").mkdir(parents=True)
    declared = MODEL % (COUNTED if counts else "") + (JUDGED if judged else "")
    (root / "models/visits/model.toml").write_text(declared, encoding="utf-8")
    priors = PRIORS | (PRIORS_OF_COUNTS if counts else {}) | (PRIORS_OF_JUDGED if judged else {})
    constants = CONSTANTS | (CONSTANTS_OF_COUNTS if counts else {})
    if judged:
        constants["milestone_words"] = "{ listed = [7.0, 3.0], blocked = [1.0, 19.0] }"
        (root / "priors/visits/milestones.csv").write_text(JUDGEMENTS, encoding="utf-8")
        (root / "data/visits/outcomes.csv").write_text(OUTCOMES, encoding="utf-8")
    text = entries("priors", priors) + entries("constants", {name: f"value = {one}" for name, one in constants.items()})
    (root / "priors/visits/hyperparameters.toml").write_text(text, encoding="utf-8")
    (root / "priors/visits/table.csv").write_text(TABLE + (TABLE_OF_COUNTS if counts else ""), encoding="utf-8")
    data = root / "data/visits"
    rows = [observation(row) for row in ROWS + (ROWS_OF_COUNTS if counts else [])]
    pd.DataFrame(rows, columns=OBSERVATION_COLUMNS).to_csv(data / "observations.csv", index=False)
    columns = ["source_id", "publisher", "title", "url", "published_date", "country", "kind"]
    pd.DataFrame(SOURCES, columns=columns).to_csv(data / "sources.csv", index=False)
    further = "event_date,indicator,source_id,corroborating_source_id,origin_id\n2023-06-05,tone,gazette,evil,\n"
    (data / "corroboration.csv").write_text(further + "2023-02-03,tone,gazette,evil,own\n", encoding="utf-8")
    if counts:
        text = "indicator,month,coverage,known_date,note\nmeetings,2023-05,poor,2023-05-31,\n"
        text += "meetings,2023-06,good,2023-06-30,\n"
        (data / "coverage.csv").write_text(text, encoding="utf-8")
    return load_framework(root, "visits")


def judged_hazards(framework, rng, size):
    """Return chances as the experts' words have them, and small deviations of the shared ones."""
    words = {"listed": (7.0, 3.0), "blocked": (1.0, 19.0)}
    chance = np.stack([rng.beta(*words[one.word], size) for one in framework.judgements], axis=-1)
    shared = sum(one.shared for one in framework.judgements)
    shift = rng.normal(0.0, 0.3, (*size, shared, len(framework.scenarios)))
    milestones = len({one.milestone for one in framework.judgements})
    sample = (names.CHAIN, names.DRAW)
    return {
        names.MILESTONE_CHANCE: ((*sample, names.JUDGEMENT), chance),
        names.MILESTONE_SHIFT: ((*sample, names.SHARED_MILESTONE, names.SCENARIO), shift),
        names.MILESTONE_CLARITY: ((*sample, names.MILESTONE), np.ones((*size, milestones))),
    }


def make_run(framework, ledger, as_of="2023-06", known_at=None, *, seed=1, top=0.7, passed=True):
    """Return a run of a posterior that was made up."""
    rng, when = np.random.default_rng(seed), Vintage(as_of, known_at or last_day(month_index(as_of)))
    months, size = month_index(as_of) - framework.start_index + 1, (2, 100)
    sample = (names.CHAIN, names.DRAW)
    first = np.clip(top + 0.15 * rng.standard_normal((*size, months)), 0.01, 0.99)
    filtered = np.stack([first, 1 - first], axis=-1)
    dwell, exits = rng.lognormal(3.0, 0.5, (*size, 2)), np.ones((*size, 2, 1))
    posterior = {
        names.FILTERED: ((*sample, names.TIME, names.SCENARIO), filtered),
        names.SMOOTHED: ((*sample, names.TIME, names.SCENARIO), filtered[:, :, ::-1]),
        names.DWELL: ((*sample, names.SCENARIO), dwell),
        names.TRANSITION: ((*sample, names.SCENARIO, names.NEXT_SCENARIO), transition_matrix(dwell, exits)),
    }
    prior = {
        names.DWELL: ((*sample, names.SCENARIO), rng.lognormal(3.0, 0.5, (1, 400, 2))),
        names.EXIT: ((*sample, names.SCENARIO, names.DESTINATION), np.ones((1, 400, 2, 1))),
    }
    time = np.datetime64(framework.declaration.start.month, "M") + np.arange(months)
    coords = {names.SCENARIO: list(framework.scenarios)}
    direction = rng.dirichlet([1.0, 2.0, 4.0], (*size, 2, len(framework.indicators)))
    predictions = {"direction_ahead": ((*sample, names.AHEAD, names.INDICATOR, names.DIRECTION), direction)}
    ahead = {
        names.AHEAD: [1, 2],
        names.INDICATOR: list(framework.indicators),
        names.DIRECTION: list(framework.declaration.directions),
    }
    if framework.counts:
        predictions["count_ahead"] = ((*sample, names.AHEAD, names.COUNTED), rng.poisson(1.2, (*size, 2, 1)))
        predictions[names.EVENT_AHEAD] = ((*sample, names.AHEAD, names.EVENT_SERIES), rng.poisson(0.05, (*size, 2, 1)))
        ahead[names.COUNTED] = coords[names.COUNTED] = ["meetings"]
        ahead[names.EVENT_SERIES] = ["treaties"]
        posterior[names.GROWTH] = ((*sample, names.COUNTED, names.SCENARIO), rng.normal(0, 0.1, (*size, 1, 2)))
        prior[names.GROWTH] = ((*sample, names.COUNTED, names.SCENARIO), rng.normal(0, 0.5, (1, 400, 1, 2)))
    past = {names.TIME: time.astype("datetime64[ns]"), names.NEXT_SCENARIO: list(framework.scenarios)}
    if framework.judgements:
        hazards = judged_hazards(framework, rng, size)
        posterior, prior = posterior | hazards, prior | judged_hazards(framework, rng, (1, 400))
        coords = coords | {names.JUDGEMENT: [one.label for one in framework.judgements]}
    groups = {"/posterior": xr.Dataset(posterior, coords=coords | past), "/prior": xr.Dataset(prior, coords=coords)}
    known = milestone_variables(framework, ledger.known(when.known_at), months, months)
    judged = list(dict.fromkeys(one.milestone for one in framework.judgements))
    groups["/constant_data"] = xr.Dataset(known, coords={names.MILESTONE: judged})
    tree = xr.DataTree.from_dict(groups)
    longest = framework.declaration.forecast.longest
    predicted = xr.Dataset(predictions, coords=ahead).assign(scenario_probability=scenario_ahead(tree, longest))
    if framework.judgements:
        predicted[names.MILESTONE_BY] = milestone_by(tree, framework, longest)
    tree = xr.DataTree.from_dict(groups | {"/predictions": predicted})
    tree.attrs = {"as_of": as_of, "known_at": when.known_at.isoformat(), "months": months, "reports": 3}
    gates = (
        Gate("largest R-hat", 1.004 if passed else 1.2, 1.01, at_most=True, where="dwell"),
        Gate("smallest bulk ESS", 900.0 if passed else float("nan"), 400.0, at_most=False, where="growth"),
    )
    return Run(tree, gates, build_manifest(framework, ledger, when, Settings(2, 100, 100, 0.9, 7)))


class Case:
    """A workspace with its inputs and runs."""

    def __init__(self, root, *, counts=True, judged=True):
        self.framework = make_workspace(root, counts=counts, judged=judged)
        self.hyperparameters = load_hyperparameters(self.framework)
        self.ledger = load_ledger(self.framework)[0]

    def run(self, *args, **kwargs):
        return make_run(self.framework, self.ledger, *args, **kwargs)

    def content(self, run, previous=None, **kwargs):
        return report_content(self.framework, self.hyperparameters, self.ledger, run, previous, **kwargs)

    def publish(self, run, previous=None, **kwargs):
        return publish_report(self.framework, self.hyperparameters, self.ledger, run, previous, **kwargs)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return Case(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def content(case):
    return case.content(case.run(), case.run("2023-05", seed=2, top=0.6))


@pytest.fixture
def fresh(tmp_path):
    return Case(tmp_path)


class Page(HTMLParser):
    """The tags of a page, and its text outside of style."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self._style = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag):
        self._style = self._style and tag != "style"

    def handle_data(self, data):
        self.words += [] if self._style else [data]

    @property
    def text(self):
        return " ".join("".join(self.words).split()).replace("\u00a0", " ").replace("\u2011", "-")

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


RENDERERS = [render_html, render_markdown]


def both(content):
    return Page(render_html(content)).text, render_markdown(content).replace("\\", "")


# ---------------------------------------------------------------- bound to its numbers


def with_first(content, **changes):
    """Return the content with another first scenario now."""
    first = dataclasses.replace(content.now[0], **changes)
    now = dataclasses.replace(content.horizons[0], estimates=(first, *content.now[1:]))
    return dataclasses.replace(content, horizons=(now, *content.horizons[1:]))


def with_clock(content, place, **changes):
    """Return the content with another milestone."""
    clocks = list(content.milestones.clocks)
    clocks[place] = dataclasses.replace(clocks[place], **changes)
    return dataclasses.replace(content, milestones=dataclasses.replace(content.milestones, clocks=tuple(clocks)))


def with_due(content, **changes):
    """Return the content with another second date of its first milestone."""
    dues = list(content.milestones.clocks[0].dues)
    dues[1] = dataclasses.replace(dues[1], **changes)
    return with_clock(content, 0, dues=tuple(dues))


def with_acts(content, **changes):
    """Return the content with other acts ahead in the last month."""
    counts = list(content.expected.counts)
    assert counts[-1].indicator == "Treaties (acts that point to rising)"
    counts[-1] = dataclasses.replace(counts[-1], **changes)
    return dataclasses.replace(content, expected=dataclasses.replace(content.expected, counts=tuple(counts)))


def with_lite(content, values, *, limit=0.05, reasons=()):
    """Return the content with another sampler-free model beside the first two scenarios."""
    rows = tuple(Beside(one.name, value, one.probability) for one, value in zip(content.now, values, strict=True))
    return dataclasses.replace(content, lite=Comparison(rows, limit, reasons))


def with_surprise(content, **changes):
    """Return the content with the surprise of two indicators, of which the first is unexplained."""
    seen = (Surprise("tone", 3, 7.77, 2.22, 1.0, 0.0123), Surprise("trade", 2, 1.0, 2.0, 0.5, 0.456))
    found = Unexplained(6, 0.05, seen, {"tone": "Tone of the speeches", "trade": "Trade", "meetings": "Meetings"})
    return dataclasses.replace(content, unexplained=dataclasses.replace(found, **changes))


def with_residual(content, probability, limit=0.5):
    """Return the content with a scenario that stands for none of the listed ones."""
    return dataclasses.replace(content, residual=Residual("Something else", probability, limit))


MUTATIONS = {
    "probability": (lambda c: with_first(c, probability=0.8123), "81 % (rather so, 50-100 %)"),
    "interval": (lambda c: with_first(c, low=0.131, high=0.977), "13 to 98 %"),
    "leading": (
        lambda c: dataclasses.replace(c, leading=0.4321),
        "43 % of the parameter values that fit the evidence put it first",
    ),
    "horizon": (
        lambda c: dataclasses.replace(
            c, horizons=(c.horizons[0], dataclasses.replace(c.horizons[1], months=84), *c.horizons[2:])
        ),
        "7 years",
    ),
    "change": (
        lambda c: dataclasses.replace(
            c,
            since=dataclasses.replace(
                c.since,
                changes=(
                    dataclasses.replace(c.since.changes[0], before=0.101, after=0.345, mcse=0.001),
                    *c.since.changes[1:],
                ),
            ),
        ),
        "+24.4",
    ),
    "index": (
        lambda c: dataclasses.replace(c, table=(dataclasses.replace(c.table[0], flips=5, net=-0.44), *c.table[1:])),
        "-44 %",
    ),
    "count": (
        lambda c: dataclasses.replace(
            c,
            expected=dataclasses.replace(
                c.expected, counts=(dataclasses.replace(c.expected.counts[0], low=17, high=23),)
            ),
        ),
        "between 17 and 23",
    ),
    "memory": (
        lambda c: dataclasses.replace(c, judgement=dataclasses.replace(c.judgement, memory=((6, 0.777),))),
        "6 months: 78 points",
    ),
    "parameter": (
        lambda c: dataclasses.replace(
            c,
            judgement=dataclasses.replace(
                c.judgement, parameters=(dataclasses.replace(c.judgement.parameters[0], ratio=1.931),)
            ),
        ),
        "193 %",
    ),
    "certified": (
        lambda c: dataclasses.replace(c, calibration=CertificateStatus("valid", 4713, passed=True)),
        "This very model was put through 4,713 simulations with known truth and passed.",
    ),
    "certified once": (
        lambda c: dataclasses.replace(c, calibration=CertificateStatus("stale", 4717, passed=True)),
        "of another version of the model, which was put through 4,717 simulations and passed",
    ),
    "gate": (lambda c: dataclasses.replace(c, gates=(dataclasses.replace(c.gates[0], value=1.0071),)), "1.0071"),
    "skew": (
        lambda c: dataclasses.replace(
            c, caveats=dataclasses.replace(c.caveats, rows=40, directions=(("falling", 33), ("rising", 2)))
        ),
        "33 of the 40 known rows (82 %) point to 'falling'",
    ),
    "caveat": (
        lambda c: dataclasses.replace(c, caveats=dataclasses.replace(c.caveats, origins=4711)),
        "4,711 origins",
    ),
    "undated": (lambda c: dataclasses.replace(c, caveats=dataclasses.replace(c.caveats, undated=31)), "31 rows"),
    "watched": (
        lambda c: dataclasses.replace(
            c, evidence=dataclasses.replace(c.evidence, watched=(dataclasses.replace(c.evidence.watched[0], found=19),))
        ),
        "19 found",
    ),
    "act": (lambda c: with_acts(c, likeliest=13, low=11, high=14), "most likely 13, between 11 and 14"),
    "chance": (lambda c: with_due(c, probability=0.8371), "84 % (rather so, 50-100 %)"),
    "span": (lambda c: with_due(c, low=0.123, high=0.987), "12 to 99 %"),
    "due": (lambda c: with_due(c, month="2031-02"), "February 2031"),
    "ahead": (lambda c: with_due(with_due(c, ahead=17, declared=True), ahead=17, declared=True), "(17 months)"),
    "state": (lambda c: with_clock(c, 0, state="unclear"), "Unclear, as of 15 June 2023, so it counts for nothing"),
    "day": (lambda c: with_clock(c, 1, day="2023-02-28"), "Occurred on 28 February 2023"),
    "passed": (
        lambda c: with_clock(c, 0, dates=("2022-01", "2023-06")),
        "the experts' dates, January 2022 and June 2023, have passed",
    ),
    "learned": (
        lambda c: dataclasses.replace(c, milestones=dataclasses.replace(c.milestones, prior_only=0, elicited=77)),
        "0 of the 77 elicited chances",
    ),
    "seed": (lambda c: dataclasses.replace(c, provenance=dataclasses.replace(c.provenance, seed=987654)), "987654"),
    "lite": (lambda c: with_lite(c, (0.4321, 0.6123), limit=0.777), "More visits 43 %"),
    "limit of lite": (lambda c: with_lite(c, (0.5, 0.5), limit=0.777), "by more than 77.7 points"),
    "reason of lite": (
        lambda c: with_lite(c, (0.9, 0.2), reasons=(Reason("sources", -0.5432), Reason("chain", 0.0987))),
        "the largest part is -54.3 points from the trust in sources",
    ),
    "other reason of lite": (
        lambda c: with_lite(c, (0.9, 0.2), reasons=(Reason("sources", -0.5432), Reason("chain", 0.0987))),
        "(+9.9)",
    ),
    "unexplained": (with_surprise, "does not explain 1 of 2 indicators: Tone of the speeches."),
    "window": (lambda c: with_surprise(c, months=77), "In the last 77 months"),
    "limit of surprise": (
        lambda c: with_surprise(c, limit=0.35),
        "chance alone leaves at most 0.7 unexplained on average",
    ),
    "not seen": (with_surprise, "1 indicator was not seen in that time."),
    "surprise": (with_surprise, "7.8"),
    "standardised surprise": (with_surprise, "+5.5"),
    "residual": (lambda c: with_residual(c, 0.876), "At 88 % it is above its declared limit of 50 %"),
    "limit of the residual": (lambda c: with_residual(c, 0.1, 0.234), "not above its declared limit of 23 %"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_stated_number_is_bound_to_the_content(content, name):
    mutate, text = MUTATIONS[name]
    for before, after in zip(both(content), both(mutate(content)), strict=True):
        assert text not in before
        assert text in after


def test_charts_are_bound_to_the_content(content):
    trace = dataclasses.replace(content.history.traces[0], filtered=(0.0,) * len(content.history.traces[0].filtered))
    moved = dataclasses.replace(
        content, history=dataclasses.replace(content.history, traces=(trace, *content.history.traces[1:]))
    )
    lines = [[one["points"] for one in Page(render_html(c)).all("polyline")] for c in (content, moved)]
    assert lines[0] != lines[1]


def test_the_page_states_what_the_table_holds(case, content):
    folder = case.publish(case.run())
    table = pd.read_csv(folder / "forecast.csv", dtype={"item": str}, keep_default_na=False)
    for horizon in content.horizons:
        rows = table[(table["target"] == "scenario") & (table["horizon"] == horizon.months)]
        assert [one.probability for one in horizon.estimates] == pytest.approx(rows["value"].tolist(), abs=1e-12)


def test_no_probability_of_a_scenario_stands_without_its_word(content):
    text = both(content)[0]
    for horizon in content.horizons:
        for one in horizon.estimates:
            assert re.search(rf"{round(100 * one.probability)} % \(rather (so|not), ", text)


@pytest.mark.parametrize("lexicon", shipped_lexicons(), ids=lambda one: one.id)
def test_a_report_speaks_with_the_lexicon_that_is_set_and_no_word_stands_without_its_number(content, lexicon):
    words = {band.word for band in lexicon.bands}
    for text in both(with_first(dataclasses.replace(content, lexicon=lexicon), probability=0.376)):
        found = re.findall(r"[\d.]+\s% \((nearest to )?([a-z ]+), [\d.]+.[\d.]+\s%\)", text)
        assert found
        assert {word for _, word in found} <= words
        assert (("nearest to ", "realistic possibility") in found) == (lexicon.id == "phia")
        assert ("A number in none of these bands takes the word of the nearest." in text) == lexicon.gaps


def test_the_neighbouring_band_is_named_when_the_draws_disagree(content):
    unsure = both(with_first(content, band_share=0.6, neighbour_share=0.4))
    sure = both(with_first(content, band_share=0.95, neighbour_share=0.05))
    assert all(
        "60 % of the parameter values put it there, and into the neighbouring one (rather not, 0-50 %): 40 %." in text
        for text in unsure
    )
    assert not any("95 % of the parameter values put it there" in text for text in sure)


def test_a_change_within_noise_is_not_called_one(case):
    run = case.run()
    for text in both(case.content(run, dataclasses.replace(run))):
        assert "can be told from sampling noise" in text
        assert " rose by " not in text
        assert " fell by " not in text


def test_without_an_earlier_run_no_change_is_stated(case):
    for text in both(case.content(case.run())):
        assert "no run of an earlier month" in text


# ---------------------------------------------------------------- milestones

STATES = {
    "Hotline installed": "Not yet, as of 15 June 2023.",
    "Joint bureau opened": "Occurred on 9 March 2023; the experts' date was April 2023.",
    "Charter signed": "Unclear, as of 2 May 2023, so it counts for nothing.",
    "Visas abolished": "Not known, so it counts for nothing.",
    "Common anthem": "Not known, so it counts for nothing.",
}


@pytest.fixture
def judged(content):
    return {one.name: one for one in content.milestones.clocks}


def test_each_milestone_says_how_it_stands(content):
    html, text = both(content)
    told = "as known on 30 June 2023: 1 occurred, 1 had not, 1 was unclear and nothing was known of 2."
    assert all(f"Of 5 milestones that the experts judged, {told}" in one for one in (html, text))
    for name, state in STATES.items():
        assert re.search(rf"{name} {name}: past and chance .*? {re.escape(state)}", html)
        assert f"**{name}**: {state}" in text


def test_a_milestone_known_to_have_occurred_later_is_closed_later(case):
    later = case.content(case.run("2023-07", date(2023, 7, 31)))
    assert all("Visas abolished" in text for text in both(later))
    assert [one.name for one in later.milestones.closed] == ["Joint bureau opened", "Visas abolished"]
    assert all("Occurred on 3 July 2023; the experts' date was December 2023." in text for text in both(later))


def test_what_nobody_saw_is_not_said_not_to_have_happened(content):
    for text in both(content):
        assert "A milestone that nobody saw is not the same as one that did not happen" in text
        assert "constant within a scenario and was elicited" in text
        assert text.count("Not yet") == 1


def test_dates_of_the_experts_that_lie_ahead_stand_beside_the_declared_ones(judged):
    reasons = {name: [(due.month, due.ahead, due.named, due.declared) for due in judged[name].dues] for name in judged}
    assert reasons["Hotline installed"] == [
        ("2023-12", 6, False, True),
        ("2024-01", 7, True, False),
        ("2025-06", 24, False, True),
    ]
    assert reasons["Visas abolished"] == [("2023-12", 6, True, True), ("2025-06", 24, False, True)]
    # Nine years lie beyond the longest horizon, and what occurred has no chance.
    assert [ahead for _, ahead, _, _ in reasons["Common anthem"]] == [6, 24]
    assert reasons["Joint bureau opened"] == []


def test_the_table_of_clocks_has_the_declared_horizons_and_what_became_of_the_experts_dates(content):
    for text in both(content):
        assert "by December 2023 (6 months)" in text
        assert "by June 2025 (2 years)" in text
        assert re.search(r"January 2024: \d+ % \(rather (so|not), ", text)
        assert "April 2023: kept" in text
        assert "occurred on 9 March 2023" in text
    late = with_clock(content, 1, day="2023-06-09")
    assert all("April 2023: late" in text for text in both(late))
    far = with_clock(content, 4, dates=("2032-01",))
    assert all("January 2032: beyond the forecast" in text for text in both(far))


def test_a_date_of_the_experts_that_passed_is_said_to_have_passed(case):
    later = case.content(case.run("2024-02", date(2024, 2, 29)))
    for text in both(later):
        assert "the experts' date, January 2024, has passed" in text
        assert "January 2024: passed" in text
    assert not any(due.named for due in later.milestones.clocks[0].dues)


def test_clocks_are_those_of_the_table(case, content):
    table = pd.read_csv(case.publish(case.run()) / "forecast.csv", dtype={"item": str}, keep_default_na=False)
    rows = table[table["target"] == "milestone"]
    ids = {one.name: one.id for one in case.framework.declaration.milestones}
    assert set(rows["item"]) == {ids[one.name] for one in content.milestones.open}
    for one in content.milestones.open:
        values = rows[rows["item"] == ids[one.name]].set_index("horizon")["value"]
        assert one.curve == pytest.approx((0.0, *values), abs=1e-12)
        for due in one.dues:
            assert due.probability == pytest.approx(values[due.ahead], abs=1e-12)
            assert due.low <= due.probability <= due.high


def test_no_chance_of_a_milestone_stands_without_its_word(content):
    for text in both(content):
        for one in content.milestones.open:
            for due in one.dues:
                assert re.search(rf"{round(100 * due.probability)} % \(rather (so|not), ", text)


def test_the_likeliest_milestone_is_named_with_its_condition(content):
    dues = tuple(dataclasses.replace(due, probability=0.97) for due in content.milestones.clocks[3].dues)
    sure = with_clock(content, 3, dues=dues)
    for text in both(sure):
        assert "the likeliest by December 2023 is Visas abolished: 97 % (rather so, 50-100 %), if it has not" in text


def test_chances_that_the_data_narrowed_are_not_called_prior_only(case):
    run = case.run()
    untouched = case.content(run).milestones
    assert (untouched.elicited, untouched.prior_only) == (6, 6)  # all but that of the milestone that occurred
    posterior = run.tree["posterior"].to_dataset()
    narrow = posterior[names.MILESTONE_CHANCE].copy()
    narrow[..., 0] = 0.7 + 0.1 * (narrow[..., 0] - 0.7)
    narrow[..., 1] = 0.7 + 0.1 * (narrow[..., 1] - 0.7)  # of the closed one, which does not count
    run.tree["posterior"] = xr.DataTree(posterior.assign({names.MILESTONE_CHANCE: narrow}))
    assert case.content(run).milestones.prior_only == 5


def drawn(text):
    """Return the points of a polyline as fractions of its milestone's picture: across, and up."""
    wide, high = FRAME.across(1) - FRAME.across(0), FRAME.up(0) - FRAME.up(1)
    pairs = [[float(part) for part in pair.split(",")] for pair in text.split()]
    return [((x - FRAME.across(0)) / wide, (FRAME.up(0) - y) / high) for x, y in pairs]


ROUNDED = 0.05 / 100  # half a tenth of a unit, of a picture that is about 100 units high
MONTHS = 6 + 24  # from January to June 2023, and what is forecast


def test_a_drawn_curve_is_that_of_the_table_and_never_falls(case, content):
    table = pd.read_csv(case.publish(case.run()) / "forecast.csv", dtype={"item": str}, keep_default_na=False)
    rows = table[table["target"] == "milestone"]
    ids = {one.name: one.id for one in case.framework.declaration.milestones}
    for one, dial in zip(content.milestones.clocks, dials(content), strict=True):
        if one.state == "occurred":
            assert dial.ahead == ""
            continue
        values = rows[rows["item"] == ids[one.name]].sort_values("horizon")["value"].tolist()
        assert [height for _, height in drawn(dial.ahead)] == pytest.approx([0.0, *values], abs=ROUNDED)
        assert all(after >= before for before, after in pairwise([0.0, *values]))
        assert [x for x, _ in drawn(dial.ahead)] == pytest.approx([(5 + h) / (MONTHS - 1) for h in range(25)], abs=1e-3)
        told = [(due.low, due.high) for due in one.dues if due.declared]
        bars = [tuple((FRAME.up(0) - y) / FRAME.inner for y in (bar.low, bar.high)) for bar in dial.bars]
        assert np.array(bars) == pytest.approx(np.array(told), abs=ROUNDED)


def test_what_occurred_is_drawn_as_done_at_its_date(content):
    dial = dials(content)[1]
    assert drawn(dial.past) == pytest.approx(np.array([(0, 0), (2 / 29, 0), (2 / 29, 1), (1, 1)]), abs=1e-3)
    assert (dial.end.text, dial.blind) == ("done", None)
    assert (dial.done.x, dial.done.y) == (FRAME.across(2 / 29), FRAME.up(1))
    assert [mark.y for mark in dial.dates] == [FRAME.up(1)]  # April: kept in March
    assert Page(render_html(content)).text.count("Drawn as done: occurred on 9 March 2023.") == 1
    unknown = dials(with_clock(content, 1, day=""))[1]
    assert (unknown.done, unknown.blind is not None) == (None, True)


def test_an_open_milestone_is_drawn_open_and_an_unclear_one_blind(content):
    found = dials(content)
    assert [bool(dial.past) for dial in found] == [True, True, False, False, False]
    assert [dial.blind is not None for dial in found] == [False, False, True, True, True]
    assert {height for _, height in drawn(found[0].past)} == {0.0}
    assert len(re.findall('<rect class="blind"', render_html(content))) == 3 + 1  # and that of the legend


def test_the_experts_dates_are_rings_on_the_line_or_the_curve(content):
    found = dials(content)
    assert [len(dial.dates) for dial in found] == [1, 1, 1, 1, 0]  # nine years lie beyond the picture
    hotline = content.milestones.clocks[0]
    (ahead,) = [due for due in hotline.dues if due.named]
    assert found[0].dates[0].y == FRAME.up(ahead.probability)
    passed = dials(with_clock(content, 0, dates=("2023-02",)))[0]
    assert (passed.dates[0].x, passed.dates[0].y) == (FRAME.across(1 / 29), FRAME.up(0))


def test_a_milestone_s_picture_is_bound_to_the_content_and_told_in_words(content):
    moved = with_due(with_clock(content, 0, curve=(0.0, *(0.5,) * 24)), probability=0.4321)
    before, after = (Page(render_html(one)) for one in (content, moved))
    lines = [[one["points"] for one in page.all("polyline") if one["class"] == "clock"] for page in (before, after)]
    assert len(lines[0]) == len(content.milestones.open) == 4
    assert [one != other for one, other in zip(*lines, strict=True)] == [True, False, False, False]
    assert "43 % by January 2024" in after.text
    assert "43 % by January 2024" not in before.text


def test_without_an_open_milestone_there_is_no_chart(case):
    run = case.run()
    known = run.tree["constant_data"].to_dataset()
    states = known["milestone_state"].copy(data=np.full(5, "occurred"))
    days = known["milestone_day"].copy(data=np.full(5, "2023-03-09", dtype="datetime64[ns]"))
    run.tree["constant_data"] = xr.DataTree(known.assign(milestone_state=states, milestone_day=days))
    closed = case.content(run)
    assert closed.milestones.open == ()
    for text in both(closed):
        assert "Common anthem" in text
        assert "5 occurred." in text
        assert "prior-only. A milestone" not in text
        assert "Chance of being reached" not in text


def test_a_framework_without_judged_milestones_has_no_such_section(tmp_path):
    case = Case(tmp_path, judged=False)
    for text in both(case.content(case.run())):
        assert "ilestone" not in text


def test_acts_ahead_stand_beside_the_counts(content):
    html, text = both(content)
    assert "Treaties (acts that point to rising)" in html
    assert "Treaties (acts that point to rising), July 2023: most likely 0" in text
    none = with_acts(content, likeliest=0, low=0, high=0, none=0.93)
    assert all("August 2023: most likely 0, none at all with 93 %." in one for one in both(none))


# ---------------------------------------------------------------- evidence

USES = {
    HOSTILE[:8]: "direction",
    "The same": "merged with line 3, which rests on the same origin",
    "Doubtful": "direction",
    "A poll": "Polls on tone are about another country.",
    "Before t": "before the model's start in 2023-01",
    "From the": "the marks of the experts' table already carry this source",
    "An annou": "after the month described",
    "A meetin": "count",
    "Nobody w": "nobody is known to have watched",
}


@pytest.mark.parametrize("summary", USES)
def test_each_row_says_what_the_model_does_with_it(content, summary):
    item = next(one for one in content.evidence.items if one.summary.startswith(summary))
    assert USES[summary] in (item.use.stream if item.use.stream != "not fed" else item.use.reason)


def test_the_evidence_is_what_became_known_since_the_run_before(content):
    assert content.evidence.total == len(USES)
    assert {"An old row", "Later news"}.isdisjoint(one.summary for one in content.evidence.items)


def test_a_lowered_grade_is_shown(content):
    item = next(one for one in content.evidence.items if one.summary == "Doubtful news")
    assert (item.grade, item.use.grade, item.further, item.independent) == ("B4", "C", 1, 0)
    assert all("feeds direction, read as C" in text for text in both(content))


def test_further_sources_of_older_rows_are_counted(content):
    assert all("1 further source became known for older rows" in text for text in both(content))


def test_a_month_without_news_says_so(case):
    quiet = case.content(case.run("2023-03"))
    for text in both(quiet):
        assert "No new row of evidence became known" in text


def test_a_report_from_before_the_first_row_rests_on_prior_and_table(case):
    run = case.run("2023-01", date(2023, 1, 31))
    for text in both(case.content(run)):
        assert "rests on the prior and the experts' table alone" in text


def test_a_flood_of_rows_is_cut_and_counted(content):
    many = dataclasses.replace(content.evidence, total=5000)
    assert all("5,000 rows" in text for text in both(dataclasses.replace(content, evidence=many)))


def test_drivers_are_labelled_as_association(content):
    assert all("Trade: association, not cause" in text for text in both(content))


# ---------------------------------------------------------------- hostile text


def test_hostile_text_is_shown_as_text(content):
    page = Page(render_html(content))
    assert "<script>alert(1)</script>" in page.text
    assert not {"script", "img", "b", "iframe", "object", "embed", "form"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)


@pytest.mark.parametrize("render", RENDERERS)
def test_no_hidden_character_reaches_the_report(content, render):
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x08\x1b\ufeff]", render(content))


def test_markdown_holds_no_live_markup_from_the_ledger(content):
    text = render_markdown(content)
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\]\((?!https?://)", text)
    assert "\\`x\\`" in text
    assert "\\| " in text


def test_only_web_addresses_are_linked(content):
    links = {attrs["href"] for attrs in Page(render_html(content)).all("a")}
    assert links == {"#now", "https://example.org/visit?a=1&b=2"}


def test_the_page_asks_nothing_of_the_network(content):
    text = render_html(content)
    page = Page(text)
    assert not page.all("link")
    assert not [attrs for _, attrs in page.tags if "src" in attrs or "srcset" in attrs or "xlink:href" in attrs]
    assert [tag for tag, attrs in page.tags if "href" in attrs] == ["a"] * len(page.all("a"))
    assert "url(" not in text
    assert "@import" not in text
    assert len(text) < 400_000


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "' onmouseover='alert(3)",
    "[a](javascript:alert(4))",
    "![b](https://evil.example/pixel.png)",
    "<https://evil.example> https://evil.example www.evil.example",
    "`x` | **y** | ~~z~~ | __w__ | $$v$$ &lt;u&gt;",
    "\u202egnp\u202c \u2066a\u2069 b\u200bc\u00add\ufeff \u2800\u3164",
    "\x1b[31mred \x9b2J \x07",
    "</title></svg></style><svg onload=alert(5)>",
    "{{ 7 * 7 }} {% raw %}",
    "[c]: https://evil.example",
    "# head",
    "- item",
)
ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "vbscript:msgbox(1)",
    "https://example.org@evil.example/",
    "https://user:word@evil.example/",
    "https://example.org\\@evil.example/",
    "https://example.org/\u202egnp",
    "https://example.org/\x1b",
    "\x1fhttps://evil.example/",
    "https://evil%2eexample/",
    "//evil.example",
    " ",
)


class Payloads:
    """Hand out one payload after another, so that each stands in many places."""

    def __init__(self):
        self.given = 0

    def __call__(self, text):
        self.given += 1
        return f"{PAYLOADS[self.given % len(PAYLOADS)]} {text} {PAYLOADS[(self.given * 5 + 1) % len(PAYLOADS)]}"


def spoil_declaration(root, payload):
    """Put a payload around every free text of model.toml."""
    path = root / "models/visits/model.toml"
    keys = r'(?m)\b(title|question|version|name|description|reason|source|word|all) = "([^"]*)"'
    path.write_text(
        re.sub(keys, lambda one: f"{one[1]} = {json.dumps(payload(one[2]))}", path.read_text(encoding="utf-8")),
        encoding="utf-8",
    )


def spoil_ledger(root, payload):
    """Put a payload around every free text of the ledger, and give the rows a source for every address."""
    texts = {
        "observations": ("unit", "summary"),
        "sources": ("publisher", "title"),
        "coverage": ("note",),
        "outcomes": ("note",),
    }
    for name, columns in texts.items():
        path = root / f"data/visits/{name}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in columns:
            frame[column] = frame[column].map(payload)
        if name == "sources":
            evil = frame[frame["source_id"] == "evil"].iloc[0].to_dict()
            more = [evil | {"source_id": f"evil_{i}", "url": url} for i, url in enumerate(ADDRESSES)]
            frame = pd.concat([frame, pd.DataFrame(more)])
        if name == "observations":
            row = frame[frame["source_id"] == "evil"].iloc[0].to_dict()
            more = [
                row | {"source_id": f"evil_{i}", "origin_id": f"evil-{i}", "value": "12", "kind": "claim"}
                for i in range(len(ADDRESSES))
            ]
            frame = pd.concat([frame, pd.DataFrame(more)])
        frame.to_csv(path, index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory):
    """Return the content of a report whose workspace says nothing without a payload."""
    root, payload = tmp_path_factory.mktemp("spoiled"), Payloads()
    made = Case(root)
    spoil_declaration(root, payload)
    spoil_ledger(root, payload)
    made.framework = load_framework(root, "visits")
    made.ledger = load_ledger(made.framework)[0]
    before = made.run("2023-05", seed=2, top=0.6)
    content = made.content(made.run(), before, draft=(payload("asked for"),))
    assert payload.given > 3 * len(PAYLOADS)
    assert sum(item.publisher.count("Evil") for item in content.evidence.items) > len(ADDRESSES)
    assert [item.link for item in content.evidence.items if "Evil" in item.publisher] == [None] * (len(ADDRESSES) + 1)
    return with_residual(with_surprise(content), 0.99)


def rendered(text):
    """Return Markdown as a page, with raw HTML passed through, as lenient renderers do."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


PAGES = {"html": render_html, "markdown": lambda content: rendered(render_markdown(content))}


@pytest.mark.parametrize("page", PAGES)
def test_a_workspace_full_of_markup_makes_no_tag_no_handler_and_no_link_of_its_own(page, spoiled):
    found = Page(PAGES[page](spoiled))
    tags = {tag for tag, _ in found.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "video", "audio", "b", "del", "u"}
    assert not [name for _, attrs in found.tags for name in attrs if name.startswith("on")]
    links = {attrs["href"] for attrs in found.all("a")}
    assert links <= {"#now", "https://example.org/visit?a=1&b=2"}
    assert "https://example.org/visit?a=1&b=2" in links
    assert "<script>alert(1)</script>" in found.text
    assert "[a](javascript:alert(4))" in found.text
    assert "![b](https://evil.example/pixel.png)" in found.text
    assert "{{ 7 * 7 }}" in found.text


@pytest.mark.parametrize("page", PAGES)
def test_a_workspace_full_of_markup_makes_the_same_tags_as_another(page, spoiled, content):
    whole = dataclasses.replace(with_residual(with_surprise(content), 0.99), draft=("asked for",))
    made, plain = ({tag for tag, _ in Page(PAGES[page](one)).tags} for one in (spoiled, whole))
    assert made == plain


@pytest.mark.parametrize("render", RENDERERS)
def test_nothing_that_hides_reaches_a_report_from_a_declaration_or_a_ledger(render, spoiled):
    text = render(spoiled)
    hiding = {one for one in text if unicodedata.category(one) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}} - {"\n"}
    assert not hiding
    assert not set(text) & set("\u2800\u3164")
    assert "gnp" in text  # the words around them are there


# ---------------------------------------------------------------- readable by all


def test_every_picture_has_a_title_and_a_description(content):
    page = Page(render_html(content))
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    pictures = [one for one in page.all("svg") if "aria-hidden" not in one]
    assert len(pictures) == 2 * len(content.now) + 1 + len(content.milestones.clocks)
    for one in pictures:
        assert one["role"] == "img"
        assert set(one["aria-labelledby"].split()) <= ids


def test_identifiers_are_unique(content):
    ids = [attrs["id"] for _, attrs in Page(render_html(content)).tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_headings_follow_each_other(content):
    levels = [int(tag[1]) for tag, _ in Page(render_html(content)).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_scopes(content):
    page = Page(render_html(content))
    assert len(page.all("table")) == len(page.all("caption")) > 5
    assert all("scope" in one for one in page.all("th"))
    assert page.all("html") == [{"lang": "en"}]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_have_contrast_in_light_and_dark(content):
    themes = re.findall(r":root \{(.*?)\}", render_html(content), flags=re.DOTALL)
    assert len(themes) == 3
    colours = {}
    for theme in themes:
        colours |= dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{6})(?![0-9a-f])", theme))
        for text in ("ink", "muted", "link"):
            assert contrast(colours[text], colours["paper"]) >= 4.5, text
        for drawn in ("line", "hindsight"):
            assert contrast(colours[drawn], colours["paper"]) >= 3, drawn
        assert contrast(colours["warn"], colours["warn-paper"]) >= 4.5


def test_charts_stay_inside_their_picture(content):
    page = Page(render_html(content))
    for one in page.all("polyline") + page.all("polygon"):
        numbers = np.array([[float(part) for part in pair.split(",")] for pair in one["points"].split()])
        assert (numbers >= 0).all()
        assert numbers[:, 0].max() <= 340
        assert numbers[:, 1].max() <= 200


# ---------------------------------------------------------------- folders, gates and drafts


def test_a_report_is_four_files(fresh):
    folder = fresh.publish(fresh.run())
    assert folder == fresh.framework.reports_folder / "2023-06"
    assert sorted(path.name for path in folder.iterdir()) == [
        "forecast.csv",
        "manifest.json",
        "report.html",
        "report.md",
    ]
    assert all(b"\r" not in path.read_bytes() for path in folder.iterdir())


def test_the_same_run_gives_the_same_files(fresh):
    run = fresh.run()
    before = {path.name: path.read_bytes() for path in fresh.publish(run).iterdir()}
    assert {path.name: path.read_bytes() for path in fresh.publish(run).iterdir()} == before


def test_the_manifest_is_that_of_the_run(fresh):
    run = fresh.run()
    manifest = json.loads((fresh.publish(run) / "manifest.json").read_text(encoding="utf-8"))
    published = manifest.pop("published")
    assert manifest == run.manifest
    assert published["draft"] is False
    assert set(published["sha256"]) == {"forecast.csv", "report.html", "report.md"}


def test_no_failed_run_publishes(fresh):
    with pytest.raises(GateError, match=r"largest R-hat is 1\.2 \(at most 1\.01, dwell\); smallest bulk ESS could not"):
        fresh.publish(fresh.run(passed=False))
    assert not fresh.framework.reports_folder.exists()


def test_a_run_without_gates_does_not_publish(fresh):
    with pytest.raises(GateError, match="no gate was computed"):
        fresh.publish(dataclasses.replace(fresh.run(), gates=()))


def test_a_draft_is_stamped_on_every_page_with_its_reasons(fresh):
    folder = fresh.publish(fresh.run(passed=False), draft=True)
    html, text = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "report.md"))
    page = Page(html)
    assert page.text.count(STAMP) == 2
    assert "largest R-hat is 1.2 (at most 1.01, dwell)" in page.text
    assert re.search(r"@media print.*\.watermark \{ display: block; position: fixed", html, flags=re.DOTALL)
    assert text.startswith(f"**{STAMP}.** largest R-hat is 1.2")
    assert text.rstrip().endswith(f"**{STAMP}.**")


def test_a_draft_of_a_sound_run_is_stamped_too(fresh):
    assert STAMP in (fresh.publish(fresh.run(), draft=True) / "report.md").read_text(encoding="utf-8")


def test_a_publication_is_not_stamped(content):
    assert all(STAMP not in text for text in both(content))


def test_a_draft_replaces_no_publication(fresh):
    fresh.publish(fresh.run())
    with pytest.raises(RunError, match="already published"):
        fresh.publish(fresh.run(), draft=True)


def test_a_publication_replaces_a_draft(fresh):
    fresh.publish(fresh.run(), draft=True)
    assert STAMP not in (fresh.publish(fresh.run()) / "report.md").read_text(encoding="utf-8")


def test_a_run_of_other_inputs_is_not_published(fresh):
    run = fresh.run()
    path = fresh.framework.data_folder / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("An old row", "A new story"), encoding="utf-8")
    fresh.ledger = load_ledger(fresh.framework)[0]
    with pytest.raises(RunError, match="another ledger"):
        fresh.publish(run)
    assert "another ledger" in (fresh.publish(run, draft=True) / "report.md").read_text(encoding="utf-8")


def test_the_dossier_of_the_same_run_is_kept(fresh):
    run = fresh.run()
    (fresh.publish(run) / "dossier.html").write_text("x", encoding="utf-8")
    assert (fresh.publish(run) / "dossier.html").is_file()
    other = dataclasses.replace(run, manifest={**run.manifest, "hash": "0" * 64})
    assert not (fresh.publish(other) / "dossier.html").exists()


def test_earlier_publications_are_points_and_drafts_are_none(fresh):
    fresh.publish(fresh.run("2023-04", top=0.31))
    fresh.publish(fresh.run("2023-05", top=0.9), draft=True)
    trace = fresh.content(fresh.run()).history.traces[0]
    assert [month for month, _ in trace.published] == [2023 * 12 + 3]
    assert trace.published[0][1] == pytest.approx(0.31, abs=0.05)


def test_a_broken_earlier_publication_is_named(fresh):
    path = fresh.publish(fresh.run("2023-04")) / "forecast.csv"
    path.write_text("target,horizon,output_type_id,value\nscenario,0,more,nan\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"2023-04.forecast\.csv is no published forecast"):
        fresh.publish(fresh.run())


def test_a_framework_without_counts_is_reported(tmp_path):
    case = Case(tmp_path, counts=False)
    for text in both(case.content(case.run(), case.run("2023-05", seed=2))):
        assert "Meetings" not in text
        assert "If a reliable source reports in July 2023" in text


def test_counts_ahead_are_whole_numbers(content):
    assert [one.month for one in content.expected.counts] == ["2023-07", "2023-08"] * 2
    assert all(one.low <= one.likeliest <= one.high for one in content.expected.counts)


def test_an_exit_without_choice_is_no_parameter(content):
    assert not any("leads when it ends" in one.name for one in content.judgement.parameters)


def test_the_index_of_the_table_ignores_the_ledger(case):
    runs = [case.run("2023-02"), case.run("2023-06")]
    assert case.content(runs[0]).table == case.content(runs[1]).table
    assert [row.net for row in case.content(runs[0]).table] == pytest.approx([3 / 4, -3 / 4])


# ---------------------------------------------------------------- the sampler-free model beside it


def with_limit(case, limit):
    """Return the case's framework with another limit of what lite may differ without a reason."""
    section = case.framework.declaration.lite.model_copy(update={"explain_above": limit})
    declaration = case.framework.declaration.model_copy(update={"lite": section})
    return dataclasses.replace(case.framework, declaration=declaration)


@pytest.mark.parametrize(("limit", "explained"), [(0.001, True), (0.999, False)])
def test_a_difference_from_lite_is_explained_exactly_above_the_declared_limit(case, limit, explained):
    framework = with_limit(case, limit)
    content = report_content(framework, case.hyperparameters, case.ledger, case.run(), None)
    assert [row.full for row in content.lite.rows] == [one.probability for one in content.now]
    assert sum(row.lite for row in content.lite.rows) == pytest.approx(1.0, abs=1e-9)
    assert bool(content.lite.reasons) == explained
    for text in both(content):
        assert ("undone one after another" in text) == explained
        assert ("No scenario differs from the full model by more than 99.9 points" in text) == (not explained)


def test_reasons_stand_largest_first_and_are_those_of_the_scenario_that_differs_most(case):
    framework = with_limit(case, 0.001)
    found = report_content(framework, case.hyperparameters, case.ledger, case.run(), None).lite
    sizes = [abs(one.points) for one in found.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert abs(found.widest.difference) == max(abs(row.difference) for row in found.rows)


def test_a_limit_that_is_not_declared_is_five_points(case):
    assert case.framework.declaration.lite.explain_above == 0.05


def test_a_report_of_labels_leaves_lite_out(content):
    for text in both(dataclasses.replace(content, lite=None)):
        assert "without a sampler" not in text


# ---------------------------------------------------------------- what the scenarios do not explain


def test_an_indicator_is_unexplained_exactly_up_to_the_declared_chance(content):
    found = with_surprise(content).unexplained
    assert [one.indicator for one in found.beyond] == ["tone"]
    assert [one.indicator for one in dataclasses.replace(found, limit=0.0123).beyond] == ["tone"]
    assert dataclasses.replace(found, limit=0.012).beyond == ()
    for text in both(with_surprise(content, limit=0.012)):
        assert "the scenario set explains all 2 indicators seen." in text


def test_nothing_seen_says_nothing_about_the_set(content):
    for text in both(with_surprise(content, seen=())):
        assert "No indicator was seen in the last 6 months" in text


def test_without_a_declared_window_or_a_residual_scenario_the_report_is_silent_about_them(case, content):
    assert content.unexplained is None
    assert unexplained(case.framework, case.hyperparameters, None, None, 1) is None
    assert residual(case.framework, content.now) is None
    for text in both(content):
        assert "do not explain" not in text
        assert "stands for none" not in text


def test_a_residual_scenario_without_a_limit_is_explained_and_never_warned_of(content):
    for text in both(with_residual(content, 0.99, None)):
        assert "'Something else' stands for none of the listed scenarios" in text
        assert "declared limit" not in text


def test_a_newly_known_outcome_of_a_milestone_is_told_with_what_it_does(case, content):
    # Of June 2023: what was not yet on the 15th leaves January to May open, and the half month out.
    told = "Milestone Hotline installed: not yet, as of 15 June 2023; 5 months now count as open, all at once."
    for text in both(content):
        assert text.count("Milestone Hotline installed") == 1
        assert told in text
        assert "Milestone Joint bureau opened" not in text  # known since March
        assert text.count("Also new, of milestones: Hotline installed (not yet, for 5 months at once).") == 1
    # A row that follows another tells what it adds: what counted before did not become known again.
    (step,) = content.evidence.steps
    followed = dataclasses.replace(
        content,
        evidence=dataclasses.replace(content.evidence, steps=(dataclasses.replace(step, before=3),)),
    )
    for text in both(followed):
        assert "not yet, as of 15 June 2023; 2 months more now count as open, 5 in all." in text
        assert "Hotline installed (not yet, for 2 months more)." in text
    later = case.content(case.run("2023-07", date(2023, 7, 31)))
    assert all(
        "Milestone Visas abolished: occurred on 3 July 2023; that month counts as reached" in text
        for text in both(later)
    )


# ---------------------------------------------------------------- every number, one after another

WATCHED = Next(
    "2023-07",
    12,
    (
        Look(
            "Trade",
            "a report graded B",
            driver=True,
            chance=0.347,
            worth=0.0123,
            mcse=0.0004,
            scenario="More visits",
            before=0.654,
            would=(Would("rising", 0.81, 0.72),),
        ),
        Look(
            "Meetings",
            "the month's count",
            driver=False,
            chance=0.456,
            worth=0.0045,
            mcse=0.0002,
            scenario="Fewer visits",
            before=0.346,
            would=(Would("0", 0.3, 0.4),),
        ),
    ),
    9,
)
REASONS = (
    Cause("Trade", 0.0523, 0.0012, redundant=False),
    Cause("Meetings", -0.0312, 0.0034, redundant=True),
    Cause("sampling noise", 0.0044, 0.0056, redundant=False),
)
WHY = Moved("2023-05", "More visits", 0.587, 0.6125, REASONS, REASONS, (0.33, 0.67), 0.345, 0.678)


@pytest.fixture(scope="module")
def whole(content):
    """Return a content in which every part of a report is there."""
    unsure = tuple(dataclasses.replace(one, band_share=0.6, neighbour_share=0.3) for one in content.now)
    several = tuple(dataclasses.replace(one, likeliest=2, low=1, high=4) for one in content.expected.counts)
    further = tuple(dataclasses.replace(one, further=3, independent=2) for one in content.evidence.items)
    return dataclasses.replace(
        with_residual(with_surprise(content), 0.876),
        horizons=(dataclasses.replace(content.horizons[0], estimates=unsure), *content.horizons[1:]),
        expected=dataclasses.replace(content.expected, counts=several),
        evidence=dataclasses.replace(content.evidence, items=further),
        lite=with_lite(content, (0.9, 0.2), reasons=(Reason("sources", -0.5432), Reason("chain", 0.0987))).lite,
        caveats=dataclasses.replace(content.caveats, changed_inputs=("the code",)),
        calibration=CertificateStatus("valid", 300, passed=True),
        watch=WATCHED,
        moved=WHY,
    )


def parts(value):
    """Return what a value consists of: by key, its parts, and a function that puts another part in place of one."""
    if dataclasses.is_dataclass(value):
        inside = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return inside, lambda key, part: dataclasses.replace(value, **{key: part})
    if hasattr(value, "_asdict"):
        return value._asdict(), lambda key, part: value._replace(**{key: part})
    if isinstance(value, tuple):
        ends = {0: value[0], len(value) - 1: value[-1]} if value else {}
        return ends, lambda key, part: (*value[:key], part, *value[key + 1 :])
    if isinstance(value, BaseModel):
        inside = {name: getattr(value, name) for name in type(value).model_fields}
        return inside, lambda key, part: value.model_copy(update={key: part})
    return {}, None


def other(value):
    """Return another number than a number, and another truth than a truth."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1 if value > 1 else value + 3
    return 0.3141 if value > 0.5 else 0.7272


def mutants(value, path=()):
    """Yield a path of names and a copy of the value, for every number and truth in it; of tuples, their ends."""
    inside, put = parts(value)
    for key, part in inside.items():
        if isinstance(part, (bool, int, float)):
            yield (*path, key), put(key, other(part))
        else:
            for where, changed in mutants(part, (*path, key)):
                yield where, put(key, changed)


UNPRINTED = {
    "lexicon.gaps": "told of a lexicon that has gaps; this one has none",
    "evidence.items.line": "the row's line in the file, by which rows merged into it name it",
    "moved.main.error": "of the same bar, told where all are",
    "moved.main.redundant": "of the same bar, told where all are",
    "caveats.directions": "only the most common direction is told",
    **dict.fromkeys(
        (
            f"horizons.2.estimates.{name}"
            for name in ("band_share", "neighbour_share", "neighbour.low", "neighbour.high")
        ),
        "how sure the band is, is told of today's probabilities only",
    ),
}
"""Numbers of a content that no page shows, and why."""
DRAWN = {
    "history.traces.filtered": "drawn; every third month is in the table",
    "history.traces.smoothed": "drawn; every third month is in the table",
    "history.traces.ahead": "drawn",
    "history.traces.low": "drawn",
    "history.traces.high": "drawn",
    "history.traces.published": "drawn",
    "history.first": "where the pictures begin",
    "milestones.clocks.curve": "drawn",
    "milestones.clocks.dues.ahead": "drawn; the table's head takes that of the first milestone",
    "moved.steps.points": "drawn",
    "moved.before": "drawn",
}
"""Numbers that only the page with pictures shows."""


def shows(render, content):
    """Return a page, or the fault with which it is refused."""
    try:
        return render(content)
    except (IndexError, ValueError, IndicastError) as fault:
        return type(fault)


def named(path):
    """Return a path as text, without places except that of a horizon."""
    before = ("", *path)
    return ".".join(
        str(key) for last, key in zip(before, path, strict=False) if last == "horizons" or not isinstance(key, int)
    )


def test_no_number_of_a_content_can_change_without_the_page_changing(whole):
    before = {render: render(whole) for render in RENDERERS}
    silent = {}
    for path, changed in mutants(whole):
        for render in RENDERERS:
            if shows(render, changed) == before[render]:
                silent.setdefault(named(path), set()).add(render.__name__)
    told = {name: why for name, why in silent.items() if name not in UNPRINTED}
    assert sorted(name for name, where in told.items() if "render_html" in where) == []
    assert set(told) <= set(DRAWN)
    assert set(UNPRINTED) <= set(silent)


# ---------------------------------------------------------------- every number of the text is one of the table's

PERCENTAGE = re.compile(r"(?<![\d.-])(\d+(?:\.\d+)?)(?: to (\d+(?:\.\d+)?))? %")
BAND = re.compile(r"\((?:nearest to )?[a-z ]+, [\d.]+-[\d.]+ %\)")


def section(text, head):
    """Return what stands below a heading of a Markdown text."""
    return text.split(f"## {head}", 1)[1].split("\n## ", 1)[0]


def cells(text, name):
    """Return the cells of the row of a table that begins with a name."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def unlike(cell, wanted):
    """Return the percentages of a cell that are not those wanted, in order and to their printed digits."""
    found = [float(one) for pair in PERCENTAGE.findall(BAND.sub("", cell)) for one in pair if one]
    digits = [len(one.partition(".")[2]) for pair in PERCENTAGE.findall(BAND.sub("", cell)) for one in pair if one]
    pairs = zip(found, wanted, digits, strict=False)
    wrong = [(one, value) for one, value, places in pairs if abs(one - 100 * value) > 0.5 * 10**-places + 1e-9]
    return wrong if len(found) == len(wanted) else [(found, wanted)]


def untrue(text, content, table):
    """Return the numbers of horizons, clocks, headline and watch list in a text that its table does not hold."""
    chance = table[table["target"] != "count"].set_index(["target", "item", "horizon", "output_type_id"])["value"]
    ids = dict(zip(content.names.values(), content.names, strict=True))
    ahead, clocks, wrong = section(text, "Looking ahead"), section(text, "Milestone clocks"), []
    for one in content.now:
        for cell, horizon in zip(cells(ahead, one.name), content.horizons, strict=True):
            (same,) = [each for each in horizon.estimates if each.scenario == one.scenario]
            value = chance["scenario", "", horizon.months, ids[one.name]]
            wrong += unlike(cell, [value, same.low, same.high])
    labels = {name: label for label, name in MILESTONES.items()}
    for one in content.milestones.open:
        *declared, experts = cells(clocks, one.name)
        for cell, due in zip([*declared, *([experts] if one.named else [])], [*one.declared, *one.named], strict=True):
            value = chance["milestone", labels[one.name], due.ahead, f"{due.ahead}"]
            wrong += unlike(cell, [value, due.low, due.high])
    head = text.split("\n## ", 2)[1].split("\n\n")
    ranked = sorted((chance["scenario", "", 0, ids[one.name]] for one in content.now), reverse=True)
    wrong += unlike(head[0], ranked[:1]) + unlike(head[1], ranked[1:])
    wrong += unlike(head[2], [content.interval, content.top.low, content.top.high, content.leading])
    watched = section(text, "What to watch next")
    for one in content.watch.looks:
        chance_to_see, worth, would = cells(watched, one.name)[:3]
        each = [part for outcome in one.would for part in (outcome.probability, outcome.chance)]
        wrong += unlike(chance_to_see, [one.chance]) + unlike(would, [one.before, *each])
        wrong += unlike(worth.split(" ±")[0], [one.worth])
    return wrong


MILESTONES = {
    "hotline": "Hotline installed",
    "bureau": "Joint bureau opened",
    "charter": "Charter signed",
    "visa": "Visas abolished",
    "anthem": "Common anthem",
}


@pytest.fixture(scope="module")
def published(case, content):
    """Return a text with a watch list, its content and its table."""
    folder = case.publish(case.run())
    table = pd.read_csv(folder / "forecast.csv", dtype=str, keep_default_na=False)
    table = table.astype({"horizon": int, "value": float})
    watched = dataclasses.replace(content, watch=WATCHED)
    return render_markdown(watched).replace("\\", ""), watched, table


def test_every_number_of_the_text_is_that_of_the_table(published):
    assert untrue(*published) == []


def test_a_number_of_the_text_that_is_off_by_its_last_digit_is_found(published):
    text, content, table = published
    missed, tried = [], 0
    for head in (f"{content.top.name} is", "Looking ahead", "Milestone clocks", "What to watch next"):
        part = section(text, head)
        stated = part.split("|---")[-1] if "|---" in part and head != f"{content.top.name} is" else part
        stated = stated.split("\n\n| ")[0].split("Since ")[0]
        masked = BAND.sub(lambda one: "x" * len(one[0]), stated)
        for found in PERCENTAGE.finditer(masked):
            if "±" in masked[found.start() - 2 : found.start()]:
                continue
            whole_part, dot, rest = found[1].partition(".")
            other_number = f"{int(whole_part) + 2}{dot}{rest}"
            changed = stated[: found.start()] + other_number + stated[found.start() + len(found[1]) :]
            tried += 1
            if not untrue(text.replace(stated, changed, 1), content, table):
                missed.append(stated[max(found.start() - 30, 0) : found.end() + 10])
    assert tried > 30
    assert missed == []
