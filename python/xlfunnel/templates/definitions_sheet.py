"""The Definitions sheet: every choice that both heads agreed on, with its version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.templates.blocks import Field, place_fields, place_title
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage


def place_definitions(page: TemplatePage) -> None:
    """Write the agreement."""
    place_title(page, "Version")
    place_fields(
        page,
        (
            Field("definitions_version", "Version of this agreement", default="draft"),
            Field(
                "fiscal_year_start",
                "Month in which the fiscal year starts",
                Unit.COUNT,
                default=1,
                choices=tuple(str(month) for month in range(1, 13)),
            ),
        ),
    )
