"""The self-contained HTML report."""

from gencheck.report.page import render_report

__all__ = ["render_report"]
