"""Two posteriors, or one, become what moved, why models differ, what became known, and what other rows would say."""

from indicast.explain._change import Change, change
from indicast.explain._lite import SIMPLIFICATIONS, lite_reasons
from indicast.explain._news import News, news
from indicast.explain._what_if import WhatIf, what_if

__all__ = ["SIMPLIFICATIONS", "Change", "News", "WhatIf", "change", "lite_reasons", "news", "what_if"]
