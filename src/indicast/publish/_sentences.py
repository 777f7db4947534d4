"""The report's sentences, each made from the numbers it states.

Invariant: a scenario's probability is never a word without its number, nor a number in
running text without its word (``tests/contract/test_report.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.elicit import word_with_band
from indicast.publish._wording import (
    PERCENT,
    counted,
    duration,
    listed,
    month_name,
    percent,
    points,
    share,
    signed_share,
    span,
)

YEAR = 12

if TYPE_CHECKING:
    from indicast.explain import Change
    from indicast.publish._content import Content
    from indicast.publish._estimates import Estimate
    from indicast.publish._evidence import Item, TakenBack, Watch
    from indicast.publish._expected import CountAhead
    from indicast.publish._table import TableRow


def worded(content: Content, probability: float) -> str:
    """Return number, word and band."""
    return word_with_band(content.lexicon, probability)


def lead(content: Content) -> str:
    """Say which scenario is most likely now."""
    number = worded(content, content.top.probability)
    return f"{content.top.name} is the most likely of {counted(len(content.now), 'scenario')}: {number}."


def others(content: Content) -> str:
    """Say how likely the other scenarios are."""
    rest = sorted((one for one in content.now if one is not content.top), key=lambda one: -one.probability)
    return f"Beside it, {listed(f'{one.name}: {worded(content, one.probability)}' for one in rest)}."


def sureness(content: Content) -> str:
    """Say how far the draws agree on the first place."""
    top = content.top
    return (
        f"The {percent(content.interval)} interval of {top.name} runs from {span(top.low, top.high)}. "
        f"{percent(content.leading)} of the parameter values that fit the evidence put it first, the rest another."
        f"{_unsettled(content)}"
    )


def _unsettled(content: Content) -> str:
    """Say which scenarios cannot be told from the first one, or nothing."""
    rivals = [one.name for one in content.now if one is not content.top and one.high > content.top.low]
    return f" The intervals overlap, so {listed(rivals)} cannot be excluded from the first place." if rivals else ""


def border(estimate: Estimate) -> str:
    """Say how near the neighbouring band is, or nothing if the draws agree."""
    if estimate.sure_of_band:
        return ""
    band = estimate.neighbour
    return (
        f"The word is that of the mean: {percent(estimate.band_share)} of the parameter values put it there, and into "
        f"the neighbouring one ({band.word}, {PERCENT * band.low:g}-{PERCENT * band.high:g} %): "
        f"{percent(estimate.neighbour_share)}."
    )


def change_summary(content: Content) -> str:
    """Say what changed since the month before, or that nothing can be told."""
    if content.since is None:
        return "There is no run of an earlier month to compare with, so no change is stated."
    month, clear = month_name(content.since.month), [one for one in content.since.changes if one.beyond_noise]
    if not clear:
        return f"No change since {month} can be told from sampling noise."
    moved = [
        f"{content.names[one.scenario]} {'rose' if one.difference > 0 else 'fell'} by "
        f"{points(abs(one.difference)).lstrip('+')} points to {worded(content, one.after)}"
        for one in sorted(clear, key=lambda one: -abs(one.difference))
    ]
    rest = len(content.since.changes) - len(clear)
    tail = " The other changes cannot be told from sampling noise." if rest else ""
    return f"Since {month}: {listed(moved)}.{tail}"


def verdict(one: Change) -> str:
    """Say whether one change is more than sampling noise."""
    return "more than sampling noise" if one.beyond_noise else "cannot be told from sampling noise"


def news_summary(content: Content) -> str:
    """Say how much became known in the month."""
    news = content.evidence
    if not news.total:
        return f"No new row of evidence became known after {news.since} and by {content.provenance.known_at}."
    cut = f" The first {len(news.items)} are shown." if news.total > len(news.items) else ""
    shown = "" if not cut else " of those shown"
    verb = "feeds" if news.fed == 1 else "feed"
    return (
        f"{counted(news.total, 'row')} became known after {news.since} and by {content.provenance.known_at}; "
        f"{news.fed}{shown} {verb} the model.{cut}"
    )


def news_brief(content: Content) -> str:
    """Say in a few words how much became known in the month."""
    if not content.evidence.total:
        return "There was no new evidence."
    return f"New evidence: {counted(content.evidence.total, 'row')}."


def later_sources(content: Content) -> str:
    """Say how many further sources became known for older rows, or nothing."""
    number = content.evidence.later_sources
    return f"{counted(number, 'further source')} became known for older rows." if number else ""


def watch(content: Content, one: Watch) -> str:
    """Say what was found in a watched month."""
    name = labelled(content, one.indicator)
    if not one.looked:
        return f"{name}, {month_name(one.month)}: coverage {one.coverage}, so silence is no evidence."
    found = f"{name}, {month_name(one.month)}: {one.found} found, coverage {one.coverage}."
    if one.reference is None:
        return found
    return f"{found} At the rate of the months before, {one.reference:.1f} would be expected if all were found."


def use(item: Item) -> str:
    """Say what the model does with a row."""
    if item.use.stream == "not fed":
        return f"not fed: {item.use.reason}"
    read = f", read as {item.use.grade}" if item.use.grade and item.use.grade != item.grade[0] else ""
    reason = f"; {item.use.reason}" if item.use.reason else ""
    return f"feeds {item.use.stream}{read}{reason}"


def sources(item: Item) -> str:
    """Say how many further sources a row has, or nothing."""
    if not item.further:
        return ""
    rest = "none of independent origin, so they add no weight"
    own = f"{item.independent} of independent origin" if item.independent else rest
    return f"corroborated by {counted(item.further, 'further source')}, {own}"


def corrects(item: Item) -> str:
    """Say that a row stands for an earlier one, and why."""
    return f"corrects an earlier row: {item.corrects}"


def taken_back(content: Content, one: TakenBack) -> str:
    """Say which row of earlier months no longer counts, and why."""
    name = labelled(content, one.indicator)
    return f"Taken back on {one.known_date}: {name}, {one.event_date}: {one.summary} Reason: {one.reason}"


def table_says(content: Content) -> str:
    """Say what the additive index is, and what it cannot be."""
    total = sum(row.net for row in content.table)
    return (
        "Share of plus marks less share of minus marks among the indicators, with the word that this number would "
        "get. It rests on the table alone, so it never moves, whatever is observed. It is no distribution: the "
        f"shares of the {counted(len(content.table), 'scenario')} add up to {signed_share(total)}, not to 100 %, and "
        "one may be negative."
    )


def table_fragility(row: TableRow) -> str:
    """Say how little it takes to change a word of the index."""
    return f"{row.name}: {row.flips} of {row.changes} changes of a single mark change its word."


def count_ahead(content: Content, one: CountAhead) -> str:
    """Say how many events a coming month should show."""
    between = f"exactly {one.low}" if one.low == one.high else f"between {one.low} and {one.high}"
    span_told = f" {between} with {percent(content.interval)} probability," if one.high else ""
    return f"{month_name(one.month)}: most likely {one.likeliest},{span_told} none at all with {percent(one.none)}."


def learned(content: Content) -> str:
    """Say how many of the scenarios' own parameters the data taught."""
    own = content.judgement.parameters
    held = [one for one in own if one.prior_only]
    return (
        f"{len(held)} of the {len(own)} parameters that belong to single scenarios are prior-only: the data narrowed "
        "them by less than a tenth, so they still say what was assumed."
    )


def chain_is_prior(content: Content) -> str:
    """Say how much of what carries the forecast ahead the data taught."""
    chain = [one for one in content.judgement.parameters if one.of_chain]
    held, longest = sum(one.prior_only for one in chain), duration(content.judgement.months)
    said = f"{held} of the {len(chain)} parameters that carry the forecast ahead are prior-only."
    return f"{said} The table shows how near the forecast is to its long-run shares after {longest}."


def beyond_a_year(content: Content) -> str:
    """Say that a forecast beyond the first year is mostly prior, if it is and if there is one."""
    chain = [one for one in content.judgement.parameters if one.of_chain]
    held, far = sum(one.prior_only for one in chain), [one for one in content.judgement.memory if one[0] > YEAR]
    if not far or 2 * held < len(chain):
        return ""
    months, most = far[-1]
    return (
        f"Beyond 12 months this is mostly the prior of the scenario chain: {held} of its {len(chain)} parameters are "
        "prior-only, so how fast the forecast moves towards the long-run shares is assumed, not learned. After "
        f"{duration(months)} even certainty about today's scenario would move it by at most {share(most)} points."
    )


def labelled(content: Content, name: str) -> str:
    """Return an indicator's name, with what must stand beside it if it drives the scenarios."""
    own = any(name == one or name.startswith(f"{one} (") or f"'{one}'" in name for one in content.caveats.drivers)
    return f"{name} (association, not cause)" if own else name


def ahead_says(content: Content) -> str:
    """Say which scenario is most likely at each horizon."""
    tops = [max(one.estimates, key=lambda each: each.probability) for one in content.horizons[1:]]
    same = len({one.scenario for one in tops}) == 1
    told = [
        f"in {duration(horizon.months)} {'' if same else f'{top.name}, '}{worded(content, top.probability)}"
        for horizon, top in zip(content.horizons[1:], tops, strict=True)
    ]
    said = f"{tops[0].name} comes first at each horizon" if same else "First comes"
    return f"{said}: {'; '.join(told)}."


def memory(content: Content) -> str:
    """Say how much today's state still matters at each horizon."""
    parts = [f"{duration(months)}: {share(value)} points" for months, value in content.judgement.memory]
    known = "If today's scenario were known for certain, that could still move a forecast by at most"
    return f"{known}, after {'; '.join(parts)}."


def diagnostics(content: Content) -> str:
    """Say whether the fit may be trusted as a computation."""
    failed = [gate.name for gate in content.gates if not gate.passed]
    if not content.gates:
        return "No gate was computed, so nothing vouches for this fit."
    if failed:
        return f"{len(failed)} of {counted(len(content.gates), 'gate')} failed: {listed(failed)}."
    passed = f"All {counted(len(content.gates), 'gate')} passed"
    return f"{passed}: the computation did what it should. That does not make the model true."


def trend(content: Content, place: int) -> str:
    """Describe one scenario's chart for someone who cannot see it."""
    trace = content.history.traces[place]
    low, high = min(trace.filtered), max(trace.filtered)
    return (
        f"As the current parameters see it, between {span(low, high)} so far and {percent(trace.filtered[-1])} in "
        f"{month_name(content.month)}; with hindsight {percent(trace.smoothed[0])} at the start; forecast "
        f"{percent(trace.ahead[-1])} after {duration(len(trace.ahead) - 1)}, "
        f"interval {span(trace.low[-1], trace.high[-1])}."
    )


def bands(content: Content) -> str:
    """Explain the words by their numbers."""
    told = [f"{band.word} {PERCENT * band.low:g}-{PERCENT * band.high:g} %" for band in content.lexicon.bands]
    rest = "" if content.lexicon.whole else " A number in none of these bands takes the word of the nearest."
    return f"Words after {content.lexicon.name}: {', '.join(told)}.{rest}"
