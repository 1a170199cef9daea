"""Every agreed choice with its value, and what each figure means in words."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from xlfunnel.definitions import Definitions
from xlfunnel.report import Section
from xlfunnel.segment_rule import SegmentRule
from xlfunnel.table import Column, Table
from xlfunnel.units import Unit
from xlfunnel.workbooks.tables import place_section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.workbooks.book import Page

FIGURES = (
    ("MQL", "A lead that marketing calls qualified, by the date that the CRM holds for it"),
    ("SQL", "A lead that sales accepted and calls qualified"),
    ("Opportunity", "A deal that sales is working on; it is open, won, lost, or ended with no decision"),
    ("Conversion rate", "Of the records that entered a stage long enough ago to have moved on, the share that did"),
    ("Sales velocity", "Open qualified deals × average deal × win rate ÷ cycle days: revenue expected per day"),
    ("Average deal", "Mean amount of the deals won in the window; an amount of zero counts, a blank does not"),
    ("Win rate", "Won ÷ (won + lost + no decision), by number of deals closed in the window"),
    ("Cycle days", "Calendar days from created to closed; velocity takes the mean over all closed deals"),
    ("Median cycle", "Half of the won deals took no longer than this: what a typical deal takes"),
    ("Index", "Velocity of a group ÷ velocity of all deals together"),
    (
        "Follow-up rate",
        "Share of marketing's qualified leads that sales contacted, within the agreed time if there is one",
    ),
    ("Marketing-sourced share", "Won revenue that marketing touched first (without touches: of its sources) ÷ all"),
    ("Marketing-influenced share", "Won revenue that marketing touched before the win ÷ all won revenue"),
    ("Sourced and influenced", "Two views of the same revenue: they stand side by side and are never added"),
    ("Marketing-only CAC", "Marketing spend ÷ new customers"),
    ("Fully loaded CAC", "All cost of winning customers (marketing, sales, tools and other) ÷ new customers"),
    ("Stale deal", "An open deal that has been in its stage for longer than the agreed number of days"),
    ("n", "How many records a figure rests on; a small number means that the figure can still move a lot"),
    ("Interval", "The range that holds the true figure with the agreed confidence"),
)


def place_choices(page: Page, definitions: Definitions) -> None:
    """Write every field of the definitions with the value that figures were computed with."""
    usual = Definitions()
    chosen = {name: (getattr(definitions, name), getattr(usual, name)) for name in Definitions.model_fields}
    rows = tuple(
        (name, setting_words(value), "default" if value == default else "agreed", meaning(name))
        for name, (value, default) in chosen.items()
    )
    columns = tuple(Column(name, Unit.TEXT) for name in ("setting", "value", "from", "meaning"))
    settings = Section("Choices", "Which choices were these figures computed with?", Table(columns, rows))
    place_section(page, settings, name="choices")


def meaning(setting: str) -> str:
    """What a field of the definitions is for."""
    return Definitions.model_fields[setting].description or ""


def setting_words(value: Any) -> str:
    """A setting as a person writes it.

    >>> setting_words(("Web", "Email")), setting_words({"EUR": 1.1}), setting_words(None), setting_words(True)
    ('Web, Email', 'EUR = 1.1', 'not set', 'yes')
    """
    if value is None or value in ("", (), {}):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return _mapping_words(value)
    if isinstance(value, (tuple, list)):
        return ("; " if isinstance(value[0], SegmentRule) else ", ").join(setting_words(item) for item in value)
    return str(value)


def _mapping_words(mapping: Mapping[str, Any]) -> str:
    return "; ".join(f"{key} = {setting_words(item)}" for key, item in mapping.items())
