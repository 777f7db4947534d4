"""A run becomes what is published: page, text, table and manifest."""

from indicast.publish._content import Content, report_content
from indicast.publish._page import render_html, render_markdown
from indicast.publish._report import publish_report, write_table

__all__ = ["Content", "publish_report", "render_html", "render_markdown", "report_content", "write_table"]
