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
from indicast.publish._editions import Edition, editions
from indicast.publish._outer_gates import OuterGate, certificate_gate, files_gate, require_certificate
from indicast.publish._page import render_html, render_markdown
from indicast.publish._published import Published, open_published, published_months, published_padding
from indicast.publish._report import Issue, changed_inputs, publish_report, write_table
from indicast.publish._site import write_site
from indicast.publish._stands import stands
from indicast.publish._waterfall_picture import waterfall_svg

__all__ = [
    "Check",
    "Content",
    "Edition",
    "Issue",
    "Numbers",
    "OuterGate",
    "Published",
    "certificate_gate",
    "changed_inputs",
    "changed_rows",
    "compared_numbers",
    "editions",
    "failing",
    "file_checks",
    "files_gate",
    "hash_check",
    "ledger_check",
    "moved_months",
    "numbers_check",
    "open_published",
    "publish_report",
    "published_months",
    "published_padding",
    "render_html",
    "render_markdown",
    "report_content",
    "require_certificate",
    "stands",
    "version_checks",
    "waterfall_svg",
    "write_site",
    "write_table",
]
