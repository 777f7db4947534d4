"""What the words of an additive index cannot bear: a sum of one, their own error, one changed mark.

The words looked at are the printed ones (``lint.printed_labels``), by the rule that gives them.
Where none are declared, or no rule gives them, they are those of the net share in the model's lexicon.

Invariant: each figure is that of the additive index, which is exact (``tests/unit/test_label_findings.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indicast.elicit._additive import AdditiveRule, additive_rules, label_matches, labels
from indicast.elicit._fragility import label_flips, straddles
from indicast.elicit._lexicon import PERCENT
from indicast.workspace import Finding, Framework, Lexicon, lines_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = "table.csv"
SUM_TOLERANCE = 1e-9
SHARES: tuple[AdditiveRule, ...] = ("plus_share", "net_share_floored")
"""The two rules that readers most often take for probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class _Labelled:
    """A table's index, by one rule, and its words; ``index`` has dims (scenario)."""

    framework: Framework
    rules: Mapping[AdditiveRule, np.ndarray]
    rule: AdditiveRule
    words: Sequence[str | None]
    lexicon: Lexicon

    @property
    def index(self) -> np.ndarray:
        return self.rules[self.rule]


def label_findings(framework: Framework) -> list[Finding]:
    """Return warnings about the words that the table's marks give its scenarios.

    Parameters
    ----------
    framework
        Its lexicon turns the index into words; ``lint`` holds printed labels and their error.
    """
    declared, marks = framework.declaration, framework.table.marks
    lexicon = declared.table_lexicon
    printed = [declared.lint.printed_labels.get(scenario) for scenario in framework.judged]
    said = [word for word in printed if word is not None]
    fitting = label_matches(marks, said, lexicon) if said else ("net_share",)
    rules = additive_rules(marks)
    rule = fitting[0] if fitting else "net_share"
    labelled = _Labelled(framework, rules, rule, printed if said else labels(rules[rule], lexicon), lexicon)
    return [
        *([] if fitting else _unexplained()),
        *_no_distribution(labelled),
        *_impossible_words(labelled),
        *_fragile(labelled),
        *_within_error(labelled),
    ]


def _warning(code: str, message: str, remedy: str, place: str = FILE) -> Finding:
    return Finding(place, code, "warning", message, remedy)


def _unexplained() -> list[Finding]:
    message = "no additive rule gives the printed labels"
    return [_warning("T112", message, "correct lint.printed_labels, or ask the authors for their rule", "model.toml")]


def _no_distribution(labelled: _Labelled) -> list[Finding]:
    totals = {rule: float(np.nansum(labelled.rules[rule])) for rule in SHARES}
    least = 0.0 if labelled.framework.residual.any() else 1.0  # what none of the others is may have the rest
    if all(least - SUM_TOLERANCE <= total <= 1.0 + SUM_TOLERANCE for total in totals.values()):
        return []
    plus, net = (f"{PERCENT * total:.1f}" for total in totals.values())
    message = f"over all scenarios the shares of + sum to {plus} % and the net shares above 0 to {net} %"
    remedy = "scenarios exclude each other, so these are no probabilities; publish none of them as one"
    return [_warning("T108", message, remedy)]


def _impossible_words(labelled: _Labelled) -> list[Finding]:
    bands = {band.word: band for band in labelled.lexicon.bands}
    said = [bands[word] for word in labelled.words if word is not None]
    least, most = sum(band.low for band in said), sum(band.high for band in said)
    complete = len(said) == len(labelled.words) and not labelled.framework.residual.any()
    too_small = complete and most < 1.0 + SUM_TOLERANCE  # a band's upper end belongs to the next one
    if least <= 1.0 + SUM_TOLERANCE and not too_small:
        return []
    message = f"probabilities with these labels sum to between {PERCENT * least:g} and {PERCENT * most:g} %"
    remedy = "no distribution over exclusive scenarios has these labels; do not read them as one"
    return [_warning("T109", message, remedy)]


def _fragile(labelled: _Labelled) -> list[Finding]:
    marks = labelled.framework.table.marks
    flips = label_flips(marks, labelled.rule, labelled.lexicon)
    remedy = "publish no such word without saying so; the marks enter the model as evidence, not as a label"
    return [
        _warning("T110", f"{who}: {count} of {2 * len(marks)} changes of one mark give it another label", remedy, place)
        for who, count, place in zip(labelled.framework.judged, flips, _places(labelled), strict=True)
        if count
    ]


def _within_error(labelled: _Labelled) -> list[Finding]:
    error = labelled.framework.declaration.lint.label_error
    if error is None:
        return []
    remedy = "name both words, or give the number with its error"
    crossing = straddles(labelled.index, error, labelled.lexicon)
    return [
        _warning(
            "T111",
            f"{who}: {PERCENT * value:.1f} ± {PERCENT * error:g} % has more than one label",
            remedy,
            place,
        )
        for who, value, crosses, place in zip(
            labelled.framework.judged, labelled.index, crossing, _places(labelled), strict=True
        )
        if crosses
    ]


def _places(labelled: _Labelled) -> list[str]:
    """Return where each scenario first stands in the table."""
    lines = lines_by(labelled.framework.priors_folder / FILE, ("scenario",))
    return [f"{FILE}:{lines[who,]}" if (who,) in lines else FILE for who in labelled.framework.judged]
