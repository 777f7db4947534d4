"""A run becomes what is published: page, text, table and manifest."""

from indicast.publish._changed_rows import changed_rows
from indicast.publish._compared import (
    Check,
    Numbers,
    compared_numbers,
    failing,
    file_checks,
    hash_check,
    ledger_check,
    moved_months,
    numbers_check,
    version_checks,
)
from indicast.publish._content import Content, report_content
from indicast.publish._page import render_html, render_markdown
from indicast.publish._published import Published, open_published, published_months
from indicast.publish._report import changed_inputs, publish_report, write_table

__all__ = [
    "Check",
    "Content",
    "Numbers",
    "Published",
    "changed_inputs",
    "changed_rows",
    "compared_numbers",
    "failing",
    "file_checks",
    "hash_check",
    "ledger_check",
    "moved_months",
    "numbers_check",
    "open_published",
    "publish_report",
    "published_months",
    "render_html",
    "render_markdown",
    "report_content",
    "version_checks",
    "write_table",
]
