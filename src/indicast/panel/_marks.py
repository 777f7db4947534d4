"""The experts' marks as data of the first month.

Invariant: they are in the panel exactly if the table enters by its marks, so that a fit
reads them from there and nowhere else (``tests/reference/test_marks_as_data.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indicast import names

if TYPE_CHECKING:
    from indicast.workspace import Framework

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


def mark_variables(framework: Framework) -> Variables:
    """Return ``mark``, and ``rating_mark`` where experts judged one by one; values in {-1, 0, 1}.

    Dims (indicator, judged_scenario) and (rating).
    """
    if not framework.marked:
        return {}
    table = framework.table
    found: Variables = {"mark": ((names.INDICATOR, names.JUDGED_SCENARIO), table.marks)}
    return found | ({"rating_mark": ((names.RATING,), table.ratings.mark)} if len(table.ratings) else {})
