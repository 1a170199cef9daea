"""How a file of spend or of people is known: by its header, whichever file of a refresh it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.crm.profiles import header_key, header_text
from xlfunnel.crm.tables import CostKind
from xlfunnel.crm.vocabulary import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlfunnel.crm.raw import Grid

SPEND_COLUMNS = ("Channel", "Month", "Amount", "Kind")
PEOPLE_COLUMNS = ("Role", "Month", "Cost", "Burden", "Acquisition share")
COLUMNS = {CostKind.SPEND: SPEND_COLUMNS, CostKind.PEOPLE: PEOPLE_COLUMNS}

CAMPAIGN = ("(Do Not Modify) Campaign", "Campaign ID", "Campaign Name", "Campaign", "Name")
CAMPAIGN_COLUMNS = {
    "Channel": ("Campaign Type", "Type"),
    "Month": ("Actual Start Date", "Actual Start", "Campaign Start Date", "Start Date"),
    "Amount": (
        "Actual Cost in Campaign (converted)", "Actual Cost (converted)", "Total Cost of Campaign (Base)",
        "Actual Cost in Campaign", "Actual Cost", "Total Cost of Campaign",
    ),
}  # fmt: skip
"""Campaigns as Salesforce, Zoho and Dynamics 365 write them: what they cost, and the day on which they begin."""

MEMBERS = ("Lead ID", "Contact ID", "Lead/Contact ID", "Member ID", "Member Status", "Opportunity ID", "Email")
"""Headers of a list of people, each beside the cost of the whole campaign: such costs cannot be added."""

OF_DEALS = frozenset({"deal", "deals", "stage", "opportunity"})
"""Words in a header by which a file is one of deals, whatever else it holds."""


@dataclass(frozen=True)
class CostHeader:
    """A header of spend or people: the column of each thing that such a file says, by position."""

    kind: CostKind
    grid: Grid
    columns: Mapping[str, int]
    campaigns: bool = False
    """Whether its rows are campaigns of a CRM, with a day where a month would stand."""

    def header(self, column: str) -> str:
        """What stands over a column in the file."""
        return header_text(self.grid.names[self.columns[column]])


def cost_header(grids: Iterable[Grid]) -> CostHeader | None:
    """The first row that is the header of a file of spend, people or campaigns; None where there is none."""
    for grid in grids:
        found = _header(grid)
        if found is not None and not any(OF_DEALS & set(plain(name).split()) for name in grid.names):
            return found
    return None


def _header(grid: Grid) -> CostHeader | None:
    places = _places(grid)
    for kind, columns in COLUMNS.items():
        if all(header_key(name) in places for name in columns):
            return CostHeader(kind, grid, {name: places[header_key(name)] for name in columns})
    campaigns = _campaigns(places)
    return CostHeader(CostKind.SPEND, grid, campaigns, campaigns=True) if campaigns else None


def _campaigns(places: Mapping[str, int]) -> dict[str, int]:
    """The columns of a list of campaigns; none where a column is missing, or where it lists their members."""
    found = {name: _first(places, headers) for name, headers in CAMPAIGN_COLUMNS.items()}
    named, members = _first(places, CAMPAIGN), _first(places, MEMBERS)
    if named is None or members is not None:
        return {}
    known = {name: place for name, place in found.items() if place is not None}
    return {"Campaign": named, **known} if len(known) == len(found) else {}


def _first(places: Mapping[str, int], headers: Sequence[str]) -> int | None:
    return next((places[key] for key in map(header_key, headers) if key in places), None)


def _places(grid: Grid) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(grid.names):
        if header_text(name):
            found.setdefault(header_key(name), place)
    return found
