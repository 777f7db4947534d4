"""Two posteriors, or one, become what moved, why models differ, and what became known."""

from indicast.explain._change import Change, change
from indicast.explain._lite import SIMPLIFICATIONS, lite_reasons
from indicast.explain._news import News, news

__all__ = ["SIMPLIFICATIONS", "Change", "News", "change", "lite_reasons", "news"]
