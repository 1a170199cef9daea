"""Where a CRM shows a record: the address of one by its id, from the CRM's own or from an agreed pattern."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import ID

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATHS: Final[Mapping[str, Mapping[Kind, str]]] = MappingProxyType(
    {
        "Salesforce": {
            Kind.OPPORTUNITIES: "/lightning/r/Opportunity/{id}/view",
            Kind.LEADS: "/lightning/r/Lead/{id}/view",
        },
        "HubSpot": {Kind.OPPORTUNITIES: "/record/0-3/{id}", Kind.LEADS: "/record/0-1/{id}"},
        "Dynamics 365": {
            Kind.OPPORTUNITIES: "/main.aspx?pagetype=entityrecord&etn=opportunity&id={id}",
            Kind.LEADS: "/main.aspx?pagetype=entityrecord&etn=lead&id={id}",
        },
        "Pipedrive": {Kind.OPPORTUNITIES: "/deal/{id}", Kind.LEADS: "/leads/inbox/{id}"},
        "Zoho": {Kind.OPPORTUNITIES: "/tab/Potentials/{id}", Kind.LEADS: "/tab/Leads/{id}"},
    }
)
"""By CRM: what follows its own address, where it shows a record of a kind."""

_HOSTS: Final = (
    ("salesforce.com", "Salesforce"),
    ("force.com", "Salesforce"),
    ("hubspot.com", "HubSpot"),
    ("dynamics.com", "Dynamics 365"),
    ("pipedrive.com", "Pipedrive"),
    ("zoho.com", "Zoho"),
    ("zoho.eu", "Zoho"),
)
_NEEDED: Final = MappingProxyType({"HubSpot": re.compile(r"/contacts/\d+$"), "Zoho": re.compile(r"/crm/org\d+$")})
"""What the address of a CRM ends with that says whose records it shows."""


def record_pattern(address: str, crm: str, kind: Kind) -> str | None:
    """The address of a record of a kind, with {id} in its place; None where nothing says it.

    `address` is a pattern itself, or the CRM's own: its host then says which CRM it is, else the export does.

    >>> record_pattern("https://acme.lightning.force.com/", "", Kind.LEADS)
    'https://acme.lightning.force.com/lightning/r/Lead/{id}/view'
    >>> record_pattern("https://app.hubspot.com/contacts/1234567", "HubSpot", Kind.OPPORTUNITIES)
    'https://app.hubspot.com/contacts/1234567/record/0-3/{id}'
    """
    if not address:
        return None
    if ID in address:
        return address
    base = address.rstrip("/")
    host = urlsplit(base).hostname or ""
    named = next((name for end, name in _HOSTS if host == end or host.endswith(f".{end}")), crm)
    needed = _NEEDED.get(named)
    if named not in _PATHS or (needed and not needed.search(base)):
        return None
    return base + _PATHS[named][kind]


def record_address(pattern: str, record: str) -> str:
    """The address of one record; its id is quoted, so that whatever it holds stays one part of the address.

    >>> record_address("https://crm.example/deal/{id}", 'a/b"&c')
    'https://crm.example/deal/a%2Fb%22%26c'
    """
    return pattern.replace(ID, quote(record.removeprefix("zcrm_"), safe=""))
