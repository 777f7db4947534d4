"""The caveats as sentences, each made from the counts it states.

Invariant: a caveat stands only if its count is not zero, and the standing ones always do
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicast.publish._wording import counted, listed, month_name, percent

if TYPE_CHECKING:
    from indicast.publish._content import Content

ALWAYS = (
    (
        "How reports come about is modelled too: what gets reported, by whom, and how a flat reading is passed over. "
        "The probabilities are sensitive to these assumptions, and other defensible ones give other numbers."
    ),
    (
        "The interval shows how far the parameters are open within this model. "
        "It does not cover the chance that the model is wrong."
    ),
    "The experts' table enters as one agreed row, however many experts stand behind it.",
)
"""Caveats of every report."""


def rests_on_prior(content: Content) -> str:
    """Say that nothing was known, if so."""
    if content.caveats.rows:
        return ""
    return (
        f"No row of the ledger was known on {content.provenance.known_at}: "
        "this posterior rests on the prior and the experts' table alone."
    )


def standing(content: Content) -> list[str]:
    """Return the caveats, counted where they can be counted."""
    found, lines = content.caveats, [rests_on_prior(content)]
    if found.changed_inputs:
        lines.append(
            f"Between the two months {listed(found.changed_inputs)} changed too, "
            "so the change is not only the month's news."
        )
    if content.since and not content.since.sound:
        lines.append(f"The run of {month_name(content.since.month)} failed a gate; the change rests on it.")
    lines += _of_the_ledger(content)
    if found.drivers:
        lines.append(
            f"{listed(found.drivers)}: association, not cause. These drive the scenarios rather than follow from them."
        )
    lines += ALWAYS
    return [line for line in lines if line]


def _of_the_ledger(content: Content) -> list[str]:
    found = content.caveats
    return [*_of_rows(content)] + [
        text
        for number, text in (
            (
                found.undated,
                (
                    f"For {counted(found.undated, 'row')} the day of publication is not known; "
                    "the day from which such a row is used is then a convention."
                ),
            ),
            (
                found.judged_months,
                (
                    "How well events and acts were covered was judged after the fact: "
                    f"{counted(found.judged_months, 'judgement')}, one for each indicator and month."
                ),
            ),
        )
        if number
    ]


def _of_rows(content: Content) -> list[str]:
    found = content.caveats
    if not found.rows:
        return []
    word, most = max(found.directions, key=lambda pair: pair[1])
    return [
        (
            f"{most} of the {counted(found.rows, 'known row')} ({percent(most / found.rows)}) point to '{word}'. "
            "Much of such a skew is what gets reported; the model allows for it, but cannot know it."
        ),
        (
            f"The {counted(found.rows, 'row')} rest on {counted(found.origins, 'origin')}; "
            "rows of one origin in one month count once."
        ),
    ]
