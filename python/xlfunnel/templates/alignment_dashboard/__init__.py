"""The alignment dashboard: where the funnel leaks, and what both heads do about it."""

from xlfunnel.templates.alignment_dashboard.workbook import TEMPLATE

__all__ = ["TEMPLATE"]
