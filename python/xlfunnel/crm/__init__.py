"""Export files of a CRM become canonical tables, and a list of what was set aside."""

from xlfunnel.crm.costs import PersonRow, SpendRow, read_people, read_spend
from xlfunnel.crm.exports import read_exports
from xlfunnel.crm.mapping import Mapping, read_mapping
from xlfunnel.crm.tables import Exports, FileAccount, Kind, Rule, SetAside

__all__ = [
    "Exports", "FileAccount", "Kind", "Mapping", "PersonRow", "Rule", "SetAside",
    "SpendRow", "read_exports", "read_mapping", "read_people", "read_spend",
]  # fmt: skip
