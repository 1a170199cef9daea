"""Headers become fields: which CRM, which kind, and the right column where several come near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from xlfunnel.crm import Kind, Mapping, read_mapping
from xlfunnel.crm.errors import UnknownHeader
from xlfunnel.crm.fields import FIELDS, field_names
from xlfunnel.crm.profiles import crm_profiles, generic_profile, header_key
from xlfunnel.crm.raw import Loaded
from xlfunnel.crm.recognise import Match, best_match
from xlfunnel.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.crm.conftest import Read, Save


@dataclass(frozen=True)
class Header:
    """A header without a file behind it."""

    names: tuple[str, ...]
    row: int = 1
    typed: bool = False
    sheet: str = ""

    def load(self, positions: Sequence[int]) -> Loaded:
        raise NotImplementedError

    def samples(self) -> Sequence[Sequence[str]]:
        return ()


def recognised(*names: str, mapping: Mapping | None = None) -> Match:
    match = best_match([Header(names)], mapping or Mapping.model_validate({}))
    assert match is not None
    return match


DEALS, LEADS = Kind.OPPORTUNITIES, Kind.LEADS
KINDS = [
    ("Opportunity ID|Opportunity Name|Stage|Amount|Close Date|Created Date|Lead Source", "Salesforce", DEALS),
    ("Id|Name|StageName|Amount|CloseDate|CreatedDate|IsWon|IsClosed|LeadSource|IsDeleted", "Salesforce", DEALS),
    ("id|name|stage_name|amount|close_date|created_date|is_won|is_closed|lead_source", "no known CRM", DEALS),
    ("Nom de l'opportunité|Étape|Montant|Date de clôture|Date de création", "Salesforce", DEALS),
    ("Lead ID|Company / Account|Lead Source|Lead Status|Lead Owner|Create Date|MQL Date", "Salesforce", LEADS),
    ("Id|LeadSource|Status|CreatedDate|IsConverted|ConvertedDate|ConvertedOpportunityId", "Salesforce", LEADS),
    ("Record ID|Deal Name|Deal Stage|Pipeline|Amount|Close Date|Create Date|Deal owner", "HubSpot", DEALS),
    ("property_dealname|property_dealstage|property_amount|property_closedate|deal_id", "HubSpot", DEALS),
    ("Record ID|Lead Status|Lifecycle Stage|Create Date|Original Source|Contact owner", "HubSpot", LEADS),
    ("(Do Not Modify) Opportunity|(Do Not Modify) Row Checksum|Topic|Status|Est. revenue", "Dynamics 365", DEALS),
    ("(Do Not Modify) Lead|(Do Not Modify) Modified On|Topic|Name|Status|Created On|Owner", "Dynamics 365", LEADS),
    ("Deal - ID|Deal - Title|Deal - Status|Deal - Value|Organization", "Pipedrive", DEALS),
    ("Lead - ID|Lead - Title|Lead - Source channel|Lead - Lead created", "Pipedrive", LEADS),
    ("Record Id|Deal Owner.id|Deal Owner|Deal Name|Stage|Amount|Closing Date|Created Time", "Zoho", DEALS),
    ("Deal Name|Stage|Amount|Closing Date|Lead Source", "Zoho", DEALS),
    ("Record Id|Lead Owner.id|Lead Owner|Company|Lead Status|Lead Source|Created Time", "Zoho", LEADS),
    ("Deal Name|Deal Stage|Amount|Close Date|Deal owner", "HubSpot", DEALS),
    ("Opportunity-Name|Phase|Betrag|Schlusstermin|Erstelldatum|Opportunity-Inhaber", "Salesforce", DEALS),
    ("Nom de l’opportunité|Étape|Montant|Date de clôture|Propriétaire de l’opportunité", "Salesforce", DEALS),
    ("opportunity_id|sales_agent|account|deal_stage|engage_date|close_date|close_value", "no known CRM", DEALS),
    ("Lead Number|Lead Origin|Lead Source|Converted|Total Visits", "no known CRM", LEADS),
    ("mql_id|first_contact_date|landing_page_id|origin", "no known CRM", LEADS),
]


@pytest.mark.parametrize(("names", "crm", "kind"), KINDS)
def test_crm_and_kind_are_told_by_the_header(names: str, crm: str, kind: Kind) -> None:
    match = recognised(*names.split("|"))
    assert (match.profile.name, match.kind) == (crm, kind)


@pytest.mark.parametrize("names", ["Channel|Month|Amount|Kind", "Role|Month|Cost|Burden", "a|b|c", "ID|Name|Amount"])
def test_other_tables_are_not_taken_for_exports(names: str) -> None:
    assert best_match([Header(tuple(names.split("|")))], Mapping.model_validate({})) is None


@pytest.mark.parametrize(
    ("names", "amount", "currency"),
    [
        ("Stage|Amount Currency|Amount|Amount (converted) Currency|Amount (converted)", 4, 3),
        ("Stage|Amount (converted) Currency|Amount (converted)", 2, 1),
        ("Stage|Amount Currency|Amount", 2, 1),
        ("Stage|Amount (converted)|Opportunity Currency|Opportunity ID", 1, None),
        ("Deal Stage|Amount|Amount in company currency|Currency|Record ID", 2, None),
        ("Deal Stage|Amount|Currency|Record ID", 1, 2),
        ("Stage|ACV Currency|ACV|Currency|Opportunity ID", 2, 1),
        ("Stage|Deal Value (converted)|Deal Value|Currency|Opportunity ID", 2, 3),
        ("Étape|Montant (converti) Devise|Montant (converti)|Devise", 2, 1),
        ("Étape|Montant Devise|Montant", 2, 1),
        ("(Do Not Modify) Opportunity|Status|Est. Revenue|Est. Revenue (Base)|Currency", 3, None),
        ("(Do Not Modify) Opportunity|Status|Est. Revenue|Currency", 2, 3),
        ("Deal - ID|Deal - Status|Deal - Value|Deal - Currency of Value", 2, 3),
    ],
)
def test_the_currency_is_that_of_the_amount(names: str, amount: int, currency: int | None) -> None:
    match = recognised("Opportunity Name", *names.split("|"))
    assert match.fields["amount"] == amount + 1
    assert match.fields.get("currency") == (None if currency is None else currency + 1)


def test_headers_match_whatever_their_case_and_spaces_but_never_by_their_beginning() -> None:
    match = recognised(" stage ", "CLOSE\u00a0DATE", "Created  Date\u200b", "Amount Band", "\ufeffOpportunity ID")
    assert match.fields == {"stage": 0, "closed": 1, "created": 2, "id": 4}
    assert match.unmapped == ("Amount Band",)


def test_of_two_columns_with_one_header_the_first_is_taken() -> None:
    assert recognised("Opportunity ID", "Stage", "Amount", "Amount").fields["amount"] == 2


def test_the_header_may_stand_some_rows_down() -> None:
    rows = {5: ("My", "report"), 7: ("Opportunity ID", "Stage", "Amount"), 8: ("1", "New", "5")}
    grids = [Header(names, row) for row, names in rows.items()]
    match = best_match(grids, Mapping.model_validate({}))
    assert match is not None
    assert match.grid.row == 7


def test_every_profile_speaks_of_known_fields_only() -> None:
    names = [profile.name for profile in crm_profiles()]
    assert names == ["Dynamics 365", "HubSpot", "Pipedrive", "Salesforce", "Zoho"]
    for profile in (*crm_profiles(), generic_profile()):
        for kind in Kind:
            assert set(profile.headers(kind)) <= field_names(kind)
            assert all(headers for headers in profile.headers(kind).values())
    for kind, fields in FIELDS.items():
        assert {field.name for field in fields} - {"contacts"} >= set(generic_profile().headers(kind)) - {"contacts"}


def test_no_header_means_two_fields_of_one_profile_by_chance() -> None:
    for profile in crm_profiles():
        for kind in Kind:
            fields = [{header_key(header) for header in headers} for headers in profile.headers(kind).values()]
            keys = [key for field in fields for key in field]
            repeated = {key for key in keys if keys.count(key) > 1}
            assert repeated == set(), f"{profile.name}, {kind}: {repeated}"


MAPPED = "Nr;Was;Wert;Phase;Anfang;Ende\n1;A;5,00;Zombie;2026-01-01;2026-02-01\n2;B;6,50;Läuft;2026-01-01;\n"


def test_a_mapping_file_reads_an_export_of_no_known_crm(save: Save, read: Read) -> None:
    path = save(
        'crm = "Our CRM"\n[opportunities]\nid = "Nr"\nname = "Was"\namount = "Wert"\nstage = "Phase"\n'
        'created = "Anfang"\nclosed = "Ende"\n[stages]\n"Zombie" = "lost"\n"Läuft" = "open"\n',
        "map.toml",
    )
    exports = read(MAPPED, mapping=read_mapping(path))
    assert (exports.files[0].crm, exports.files[0].used) == ("Our CRM", 2)
    assert exports.opportunities is not None
    assert exports.opportunities["status"].to_pylist() == ["lost", "open"]
    assert exports.opportunities["amount"].to_pylist() == [5, 6.5]


def test_a_mapping_goes_before_what_was_recognised() -> None:
    names = ("Opportunity ID", "Stage", "Amount", "Net Amount")
    mapping = Mapping.model_validate({"opportunities": {"amount": "net amount"}})
    match = recognised(*names, mapping=mapping)
    assert match.fields["amount"] == 3
    assert match.unmapped == ("Amount",)


def test_a_mapped_column_that_no_export_has_stops(read: Read) -> None:
    mapping = Mapping.model_validate({"opportunities": {"segment": "Tier X"}})
    with pytest.raises(UnknownHeader, match=r'take "segment" from the column "Tier X".*Deal ID, Deal Stage, Amount'):
        read("Deal ID,Deal Stage,Amount\n1,New,5\n", mapping=mapping)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[opportunities]\ncolour = "Red"\n', "colour is no field of opportunities; the fields are account, amount"),
        ('[deals]\nid = "X"\n', "deals"),
        ('[leads]\nmql = " "\n', "mql has no column"),
        ('[stages]\n"X" = "maybe"\n', "stages.X"),
        ("[opportunities\n", "cannot be read as TOML"),
    ],
)
def test_a_mapping_file_with_anything_unknown_is_refused(save: Save, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_mapping(save(text, "map.toml"))


@pytest.mark.parametrize(
    "header", ["Deal Value, $", "Deal Value ($)", "deal_value_usd", "Deal Value in EUR", "Deal Value"]
)
def test_a_unit_behind_a_header_makes_no_difference(read: Read, header: str) -> None:
    exports = read(f'Stage,"{header}",Entrepreneur\nNew,5,Kim\n')
    assert exports.files[0].mapping == {"stage": "Stage", "amount": header}


def test_the_bare_header_goes_before_the_one_with_a_unit(read: Read) -> None:
    assert read("Stage,Amount (USD),Amount\nNew,5,6\n").files[0].mapping["amount"] == "Amount"


def test_a_field_can_be_said_to_have_no_column(read: Read) -> None:
    text = "Deal ID,Deal Stage,Amount,Region\n1,New,5,North\n"
    mapping = Mapping(crm="", opportunities={"segment": "(none)", "owner": "Region"})
    assert read(text).files[0].mapping["segment"] == "Region"
    found = read(text, mapping=mapping).files[0]
    assert "segment" not in found.mapping
    assert found.mapping["owner"] == "Region"
