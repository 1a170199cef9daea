"""Each CRM's own way to write deals and leads, with its traps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl

from xlfunnel.crm import Exports, Kind, Rule

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crm.conftest import Read, Save


def deals(exports: Exports, *names: str) -> list[tuple[Any, ...]]:
    assert exports.opportunities is not None
    return [
        tuple(day(row[name]) if name.endswith("_day") else row[name] for name in names)
        for row in exports.opportunities.to_pylist()
    ]


def day(number: int | None) -> str | None:
    return None if number is None else (date(1970, 1, 1) + timedelta(number)).isoformat()


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


USD = "US Dollar (USD)"
DYNAMICS = [
    ["(Do Not Modify) Opportunity", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On", "Topic", "Account",
     "Status", "Status Reason", "Est. revenue", "Actual Revenue", "Est. close date", "Actual Close Date",
     "Created On", "Currency"],
    ["a-1", "x=", 46_100.5, "Alpha", "Acme", "Won", "Won", "3,522.00", "3,000.00", 46_096, 46_096.0, 46_042, USD],
    ["a-2", "x=", 46_100.5, "Beta", "Bell", "Lost", "Canceled", "1,000.00", "0.00", 46_096, 46_054.25, 46_027, USD],
    ["a-3", "x=", 46_100.5, "Gamma", "Coil", "Lost", "Out-Sold", "500.00", None, 46_096, 46_054, 46_027, USD],
    ["a-4", "x=", 46_100.5, "Delta", "Dune", "Open", "In Progress", "2,000.00", "99.00", 46_387, None, 46_100, USD],
]  # fmt: skip


def test_dynamics_deals_are_read_with_what_was_really_won(tmp_path: Path, read: Read) -> None:
    exports = read(workbook(tmp_path / "deals.xlsx", DYNAMICS))
    assert (exports.files[0].crm, exports.files[0].used, exports.currency) == ("Dynamics 365", 4, "USD")
    assert deals(exports, "id", "status", "amount", "closed_day", "expected_day", "cycle_days") == [
        ("a-1", "won", 3_000.0, "2026-03-15", None, 54),
        ("a-2", "no decision", 1_000.0, "2026-02-01", None, 27),
        ("a-3", "lost", 500.0, "2026-02-01", None, 27),
        ("a-4", "open", 2_000.0, None, "2026-12-31", None),
    ]
    assert exports.files[0].unmapped == ("(Do Not Modify) Row Checksum",)


def test_the_base_amount_of_dynamics_is_won_in_the_base_currency_only(read: Read) -> None:
    exports = read(
        "(Do Not Modify) Opportunity,Status,Est. Revenue (Base),Actual Revenue,Actual Close Date,Currency\n"
        "1,Won,1000.00,900.00,2026-01-05,EUR\n"
    )
    assert deals(exports, "amount") == [(1_000.0,)]
    assert (exports.currency, exports.files[0].unmapped) == ("", ("Actual Revenue", "Currency"))


def test_dynamics_leads_are_no_deals(read: Read) -> None:
    exports = read(
        "(Do Not Modify) Lead,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,Name,Lead Source,Status,"
        "Created On\nb-1,x,2026-01-05,Need,Kim,Web,Disqualified,2026-01-02\n"
    )
    assert exports.leads is not None
    (row,) = exports.leads.to_pylist()
    assert (row["id"], row["source"], row["disqualified"]) == ("b-1", "Web", True)


PIPEDRIVE = (
    "Deal - ID,Deal - Title,Organization,Deal - Status,Deal - Stage,Deal - Value,Deal - Currency of Value,"
    "Deal - Deal created,Deal - Won time,Deal - Lost time,Deal - Expected close date,Deal - Pipeline\n"
    "1,Alpha,Acme,Won,Negotiations Started,1200,EUR,2026-01-20 10:00:00,2026-03-15 09:00:00,,2026-04-01,Sales\n"
    "2,Beta,Bell,Lost,Demo Scheduled,700,EUR,2026-01-05 10:00:00,,2026-02-01 18:30:00,,Sales\n"
    "3,Gamma,Coil,Open,Our own words,500,EUR,2026-06-01 10:00:00,,,2026-12-31,Sales\n"
    "4,Delta,Dune,Deleted,Qualified,500,EUR,2026-06-01 10:00:00,,,,Sales\n"
    "5,Echo,Elm,Won,Qualified,500,EUR,2026-06-01 10:00:00,,,,Renewals\n"
)


def test_pipedrive_says_when_a_deal_was_won_and_when_lost_in_two_columns(read: Read) -> None:
    exports = read(PIPEDRIVE)
    assert (exports.files[0].crm, exports.currency) == ("Pipedrive", "EUR")
    assert deals(exports, "id", "account", "status", "closed_day", "expected_day", "cycle_days") == [
        ("1", "Acme", "won", "2026-03-15", None, 54),
        ("2", "Bell", "lost", "2026-02-01", None, 27),
        ("3", "Coil", "open", None, "2026-12-31", None),
    ]
    assert [(one.row, one.column, one.value, one.rule) for one in exports.set_aside] == [
        (5, "Deal - Status", "Deleted", Rule.DELETED),
        (6, "Deal - Won time", "", Rule.MISSING_CLOSE),
    ]


ZOHO = (
    "Record Id,Deal Owner.id,Deal Owner,Deal Name,Account Name.id,Account Name,Stage,Amount,Expected Revenue,"
    "Closing Date,Created Time,Lead Source,Reason For Loss\n"
    'zcrm_1,zcrm_9,Kim,Alpha,zcrm_5,Acme,Closed Won,"$22,700.00",$0.00,"15 Mar, 2026","20 Jan, 2026 00:02:00",Web,\n'
    'zcrm_2,zcrm_9,Kim,Beta,zcrm_6,Bell,Closed-Lost to Competition,"$1,117.10K",$0.00,"01 Feb, 2026",'
    '"05 Jan, 2026 09:00:00",Web,Price\n'
)
ZOHO_LEADS = (
    "Record Id,Lead Owner.id,Lead Owner,Company,Lead Status,Lead Source,Created Time,Is Converted,Converted Deal.id\n"
    'zcrm_7,zcrm_9,Kim,Acme,Contacted,Web,"02 Jan, 2026 00:02:00",Yes,1\n'
    'zcrm_8,zcrm_9,Kim,Bell,Junk Lead,Web,"02 Jan, 2026 00:02:00",No,\n'
)


def test_zoho_deals_and_leads_are_read_by_name_and_joined_by_id(read: Read) -> None:
    exports = read(ZOHO, ZOHO_LEADS)
    assert [file.crm for file in exports.files] == ["Zoho", "Zoho"]
    assert deals(exports, "id", "owner", "account", "status", "amount", "closed_day", "lost_reason") == [
        ("zcrm_1", "Kim", "Acme", "won", 22_700.0, "2026-03-15", None),
        ("zcrm_2", "Kim", "Bell", "lost", 1_117_100.0, "2026-02-01", "Price"),
    ]
    assert exports.leads is not None
    assert exports.leads["disqualified"].to_pylist() == [False, True]
    assert [day(number) for number in exports.leads["won_day"].to_pylist()] == ["2026-03-15", None]
    assert exports.currency == "USD"


FRENCH = (
    "\ufeffID de l’opportunité;Nom de l’opportunité;Étape;Montant (converti) Devise;Montant (converti);"
    "Date de création;Date de clôture;Propriétaire de l’opportunité;Origine de la piste;Nom du compte\r\n"
    "006A;Alpha;Fermée/Gagnée;EUR;12\u202f000,50;20/01/2026;15/03/2026;Zoé;Site Web;Société Générale\r\n"
    "006B;Bêta;Fermée/Perdue;EUR;0,00;05/01/2026;01/02/2026;Zoé;Partenaire;Orange\r\n"
    "006C;Gamma;Négociation/Révision;EUR;8\u202f000,00;01/06/2026;31/12/2026;Zoé;Site Web;EDF\r\n"
    "\r\n"
    "Totaux généraux (3 enregistrements);;;EUR;20\u202f000,50\r\n"
    "Copyright © 2000-2026 salesforce.com, inc. Tous droits réservés.\r\n"
    "Informations confidentielles - Ne pas diffuser\r\n"
)


def test_a_french_salesforce_report_is_read(save: Save, read: Read) -> None:
    exports = read(save(FRENCH))
    (file,) = exports.files
    assert (file.crm, file.kind, file.read, file.used) == ("Salesforce", Kind.OPPORTUNITIES, 3, 3)
    assert (file.unmapped, exports.currency) == ((), "EUR")
    assert deals(exports, "id", "status", "amount", "created_day", "closed_day", "source", "owner") == [
        ("006A", "won", 12_000.5, "2026-01-20", "2026-03-15", "Site Web", "Zoé"),
        ("006B", "lost", 0.0, "2026-01-05", "2026-02-01", "Partenaire", "Zoé"),
        ("006C", "open", 8_000.0, "2026-06-01", None, "Site Web", "Zoé"),
    ]


def test_a_german_salesforce_report_is_read(read: Read) -> None:
    exports = read(
        "Opportunity-Name;Phase;Betrag Währung;Betrag;Erstelldatum;Schlusstermin;Lead-Quelle\n"
        "Alpha;Geschlossen und gewonnen;EUR;12.000,50;20.01.2026;15.03.2026;Web\n"
    )
    assert deals(exports, "status", "amount", "closed_day") == [("won", 12_000.5, "2026-03-15")]
    assert (exports.files[0].crm, exports.currency) == ("Salesforce", "EUR")
