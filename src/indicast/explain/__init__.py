"""Two posteriors, or one, become what moved, and what became known."""

from indicast.explain._change import Change, change
from indicast.explain._news import News, news

__all__ = ["Change", "News", "change", "news"]
