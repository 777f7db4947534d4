"""Two posteriors, or one, become what moved, why models differ, what became known, and what other rows would say."""

from indicast.explain._alternative_answers import Answer, Bench, answer_key, answers, as_saved, from_saved
from indicast.explain._alternatives import Declared, Weighed, declared_otherwise, reweighed
from indicast.explain._change import Change, change
from indicast.explain._future_left_out import Foretold, Refits, foretold
from indicast.explain._leave_one_out import LeaveOneOut, leave_one_out
from indicast.explain._left_out import Influence, LeftOut, influence
from indicast.explain._lite import SIMPLIFICATIONS, lite_reasons
from indicast.explain._news import News, news
from indicast.explain._what_if import WhatIf, what_if

__all__ = [
    "SIMPLIFICATIONS",
    "Answer",
    "Bench",
    "Change",
    "Declared",
    "Foretold",
    "Influence",
    "LeaveOneOut",
    "LeftOut",
    "News",
    "Refits",
    "Weighed",
    "WhatIf",
    "answer_key",
    "answers",
    "as_saved",
    "change",
    "declared_otherwise",
    "foretold",
    "from_saved",
    "influence",
    "leave_one_out",
    "lite_reasons",
    "news",
    "reweighed",
    "what_if",
]
