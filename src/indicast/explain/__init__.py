"""Two posteriors, or one, become what moved, why models differ, what became known, and what other rows would say."""

from indicast.explain._alternative_answers import Answer, Bench, answer_key, answers, as_saved, from_saved
from indicast.explain._alternatives import Declared, Weighed, declared_otherwise, require_declared, reweighed
from indicast.explain._bars import Bar, Waterfall, joined, main_reasons
from indicast.explain._change import Change, change
from indicast.explain._deceived import Deceived, Deception, as_refitted
from indicast.explain._deception import Search, cheapest_deception
from indicast.explain._future_left_out import Foretold, Refits, foretold
from indicast.explain._instant import Known, known
from indicast.explain._leave_one_out import LeaveOneOut, leave_one_out
from indicast.explain._left_out import Influence, LeftOut, influence
from indicast.explain._lite import SIMPLIFICATIONS, lite_reasons
from indicast.explain._news import News, news
from indicast.explain._questions import Question, ask, refit
from indicast.explain._refitted import FEWEST, Scored, scored
from indicast.explain._reweighting import largest_shape
from indicast.explain._supposed import Supposed, milestones_judged, watched_as
from indicast.explain._supposed_ledger import Otherwise, panel_otherwise
from indicast.explain._tricks import Trick, deceived_panel
from indicast.explain._watch import watch_list
from indicast.explain._watched import Outcome, Watched
from indicast.explain._waterfall import Fitted, Read, waterfall
from indicast.explain._what_if import WhatIf, months_after, refuse_another_model, what_if

__all__ = [
    "FEWEST",
    "SIMPLIFICATIONS",
    "Answer",
    "Bar",
    "Bench",
    "Change",
    "Deceived",
    "Deception",
    "Declared",
    "Fitted",
    "Foretold",
    "Influence",
    "Known",
    "LeaveOneOut",
    "LeftOut",
    "News",
    "Otherwise",
    "Outcome",
    "Question",
    "Read",
    "Refits",
    "Scored",
    "Search",
    "Supposed",
    "Trick",
    "Watched",
    "Waterfall",
    "Weighed",
    "WhatIf",
    "answer_key",
    "answers",
    "as_refitted",
    "as_saved",
    "ask",
    "change",
    "cheapest_deception",
    "deceived_panel",
    "declared_otherwise",
    "foretold",
    "from_saved",
    "influence",
    "joined",
    "known",
    "largest_shape",
    "leave_one_out",
    "lite_reasons",
    "main_reasons",
    "milestones_judged",
    "months_after",
    "news",
    "panel_otherwise",
    "refit",
    "refuse_another_model",
    "require_declared",
    "reweighed",
    "scored",
    "watch_list",
    "watched_as",
    "waterfall",
    "what_if",
]
