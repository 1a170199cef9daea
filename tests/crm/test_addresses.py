"""Where a CRM shows a record: patterns that are known, those that are agreed, and what is no address."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from xlfunnel.crm.addresses import record_address, record_pattern
from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import Definitions

DEAL, LEAD = Kind.OPPORTUNITIES, Kind.LEADS


@pytest.mark.parametrize(
    ("address", "crm", "kind", "pattern"),
    [
        ("", "Salesforce", DEAL, None),
        ("https://a.my.salesforce.com", "", DEAL, "https://a.my.salesforce.com/lightning/r/Opportunity/{id}/view"),
        ("https://a.lightning.force.com/", "", LEAD, "https://a.lightning.force.com/lightning/r/Lead/{id}/view"),
        ("https://crm.acme.com", "Salesforce", LEAD, "https://crm.acme.com/lightning/r/Lead/{id}/view"),
        ("https://app.hubspot.com/contacts/12", "", LEAD, "https://app.hubspot.com/contacts/12/record/0-1/{id}"),
        ("https://app.hubspot.com", "", DEAL, None),  # whose records it shows is not said
        ("https://a.crm4.dynamics.com", "", DEAL, "https://a.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=opportunity&id={id}"),
        ("https://acme.pipedrive.com", "", DEAL, "https://acme.pipedrive.com/deal/{id}"),
        ("https://crm.zoho.eu/crm/org77", "", DEAL, "https://crm.zoho.eu/crm/org77/tab/Potentials/{id}"),
        ("https://notsalesforce.com", "no known CRM", DEAL, None),
        ("https://crm.acme.com/d?x={id}", "Pipedrive", DEAL, "https://crm.acme.com/d?x={id}"),
    ],
)  # fmt: skip
def test_the_address_of_a_record(address: str, crm: str, kind: Kind, pattern: str | None) -> None:
    assert record_pattern(address, crm, kind) == pattern


def test_an_id_stays_one_part_of_its_address() -> None:
    assert record_address("https://crm.example/{id}/view", 'a b/../"x"&=?#é') == (
        "https://crm.example/a%20b%2F..%2F%22x%22%26%3D%3F%23%C3%A9/view"
    )
    assert record_address("https://crm.zoho.com/crm/org1/tab/Leads/{id}", "zcrm_4000").endswith("/Leads/4000")


@pytest.mark.parametrize(
    "address",
    [
        "acme.salesforce.com", "javascript:alert(1)", "ftp://acme.com", "https://", "https://a.com/ x", 'https://a"b.com',
        "https://user:word@acme.com", "https://{id}.acme.com", "https://acme.com/{name}", "file:///etc", "=1+1",
        "https://acme.com/" + "x" * 200,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="is no address of the web"):
        Definitions(crm_address=address)


def test_the_address_of_a_lead_says_where_its_id_goes() -> None:
    assert Definitions(crm_lead_address=" https://acme.com/l/{id} ").crm_lead_address == "https://acme.com/l/{id}"
    with pytest.raises(ValidationError, match="does not say where the id of a lead goes"):
        Definitions(crm_lead_address="https://acme.com/l")
