"""The additive index of the experts' table, printed beside the model.

Invariant: it is computed from the table alone, so no observation can move it
(``tests/contract/test_report.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicast.elicit import additive_rules, counts, label_flips, labels

if TYPE_CHECKING:
    from indicast.workspace import Framework


@dataclass(frozen=True, slots=True)
class TableRow:
    """One scenario in the table.

    Attributes
    ----------
    name
        Of the scenario.
    plus, neutral, minus
        Numbers of marks.
    net
        (plus - minus) / indicators, in [-1, 1].
    word
        Of the table's lexicon, a negative share taking the lowest.
    flips
        Changes of a single mark that change the word.
    """

    name: str
    plus: int
    neutral: int
    minus: int
    net: float
    word: str
    flips: int

    @property
    def changes(self) -> int:
        """Possible changes of a single mark."""
        return 2 * (self.plus + self.neutral + self.minus)


def table_rows(framework: Framework) -> tuple[TableRow, ...]:
    """Return the index of every scenario in the table by net share, in declared order; a residual one is not in it."""
    marks, lexicon = framework.table.marks, framework.declaration.table_lexicon
    found, net = counts(marks), additive_rules(marks)["net_share"]
    words, flips = labels(net, lexicon), label_flips(marks, "net_share", lexicon)
    return tuple(
        TableRow(
            scenario.name,
            int(found.plus[place]),
            int(found.neutral[place]),
            int(found.minus[place]),
            float(net[place]),
            words[place] or "",
            int(flips[place]),
        )
        for place, scenario in enumerate(framework.declaration.scenarios)
        if not scenario.residual
    )
