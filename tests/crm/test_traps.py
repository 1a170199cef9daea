"""Every trap that real exports are known to set, one small file each, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.crm.old_workbook import old_workbook

from xlfunnel.crm import Rule
from xlfunnel.crm.errors import (
    ContradictoryDates,
    MissingRate,
    NoKey,
    SeveralCurrencies,
    UndecidableAmounts,
    UndecidableDates,
    UnreadableFile,
)

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

    from xlfunnel.errors import Stopped

DEAL = "Opportunity ID,Opportunity Name,Stage,Amount,Created Date,Close Date"


@dataclass(frozen=True)
class Trap:
    """A small file and its outcome: what its deals (or leads) become, or the sentence with which reading stops."""

    title: str
    files: tuple[str | bytes, ...]
    becomes: dict[str, list[Any]] = field(default_factory=dict)  # column of the first kind that was read
    aside: list[tuple[int, Rule]] = field(default_factory=list)
    skipped: int = 0
    note: str = ""
    stops: type[Stopped] | None = None
    told: str = ""
    choices: dict[str, Any] = field(default_factory=dict)
    detail: str = ""  # of what was set aside


def deals(*rows: str, header: str = DEAL) -> tuple[str]:
    return ("\n".join((header, *rows)) + "\n",)


TRAPS = [
    # -- dates
    Trap(
        "day and month swapped in part of a column",
        deals("1,A,Closed Won,5,13/02/2026,2026-03-01", "2,B,Closed Won,5,02/14/2026,2026-03-01"),
        stops=ContradictoryDates, told="row 2 holds .*row 3 holds .*--dates",
    ),
    Trap(
        "swapped, and the order was chosen",
        deals("1,A,Closed Won,5,13/02/2026,2026-03-01", "2,B,Closed Won,5,02/14/2026,2026-03-01"),
        {"created_day": ["2026-02-13"]}, [(3, Rule.UNREADABLE_DATE)], choices={"dates": "DMY"},
    ),
    Trap(
        "nothing in the column says which comes first",
        deals("1,A,Closed Won,5,03/02/2026,2026-03-01"),
        stops=UndecidableDates, told="--dates DMY or --dates MDY",
    ),
    Trap(
        "the order is that of the column, not of the cell",
        deals("1,A,Closed Won,5,02/03/2026,2026-03-11", "2,B,Closed Won,5,02/14/2026,2026-03-11"),
        {"created_day": ["2026-02-03", "2026-02-14"], "cycle_days": [36, 25]},
    ),
    Trap(
        "local midnight stored as UTC, time zone named",
        deals("1,A,Closed Won,5,2026-01-31T23:00:00.000Z,2026-06-30T22:00:00.000Z"),
        {"created_day": ["2026-02-01"], "closed_day": ["2026-07-01"]}, choices={"timezone": "Europe/Paris"},
    ),
    Trap(
        "local midnight stored as UTC, time zone not named",
        deals(*(f"{n},A,Closed Won,5,2026-0{n}-28T23:00:00.000Z,2026-07-31" for n in (1, 2, 3))),
        {"created_day": ["2026-01-28", "2026-02-28", "2026-03-28"]},
        note="Created Date: every time is 23:00 UTC, as where midnight of another time zone was stored",
    ),
    Trap(
        "dates as serial numbers, and as words",
        deals("1,A,Closed Won,5,46042,2026-03-15", '2,B,Closed Won,5,"20 Jan, 2026 00:02:00",2026-03-15'),
        {"created_day": ["2026-01-20", "2026-01-20"]},
    ),
    Trap(
        "an extract's time stamps, flags and byte order mark",
        (("\ufeffId,StageName,IsWon,IsClosed,Amount,CreatedDate,CloseDate,IsDeleted\n"
         "006A,Signed,true,true,5,2025-12-16T16:17:02.000Z,2026-01-05,false\n"
         "006B,Signed,false,false,5,2025-12-16T16:17:02.000Z,2026-12-31,true\n"),),
        {"status": ["won"], "created_day": ["2025-12-16"]}, [(3, Rule.DELETED)],
    ),
    Trap(
        "a date that no calendar has",
        deals("1,A,Closed Won,5,2026-02-30,2026-03-01"), {"id": []}, [(2, Rule.UNREADABLE_DATE)],
    ),
    Trap(
        "days with a time behind a comma, and times of day in two halves",
        deals('1,A,Closed Won,5,"15/01/2026, 10:00","2/1/2026, 9:30 PM"'),
        {"created_day": ["2026-01-15"], "closed_day": ["2026-02-01"]}, choices={"dates": "MDY"},
    ),
    # -- amounts and currencies
    Trap(
        "lost deals of amount zero stay lost deals of amount zero",
        deals("1,A,Closed Won,100,2026-01-01,2026-02-01", "2,B,Closed Lost,0,2026-01-01,2026-02-01"),
        {"status": ["won", "lost"], "amount": [100.0, 0.0]},
    ),
    Trap(
        "won deals without an amount, and of amount zero",
        deals("1,A,Closed Won,0,2026-01-01,2026-02-01", "2,B,Closed Won,,2026-01-01,2026-02-01"),
        {"amount": [0.0, None]}, note="Won without an amount, and so not in the average deal: 1",
    ),
    Trap(
        "several currencies in one column of amounts",
        deals("1,A,New,USD 5,2026-01-01,", "2,B,New,€ 6,2026-01-01,"),
        stops=SeveralCurrencies, told="EUR, USD.*never added",
    ),
    Trap(
        "several currencies, with rates",
        deals("1,A,New,USD 5,2026-01-01,", "2,B,New,€ 6,2026-01-01,", "3,C,New,£ 6,2026-01-01,"),
        {"amount": [5.0, 12.0]}, [(4, Rule.CURRENCY)], choices={"currency": "USD", "rates": {"EUR": 2}},
    ),
    Trap(
        "the export's currency is not the workbook's",
        deals("1,A,New,€ 6,2026-01-01,"), stops=MissingRate, told="EUR", choices={"currency": "USD"},
    ),
    Trap(
        "a currency column before each amount",
        deals("1,New,EUR,9,USD,10", header="Opportunity ID,Stage,Amount Currency,Amount,"
              "Amount (converted) Currency,Amount (converted)"),
        {"amount": [10.0]},
    ),
    Trap(
        "decimal comma, currency in front or behind, brackets for minus, thousands in letters",
        deals(*(f'{n},A,New,"{text}",2026-01-01,' for n, text in
                enumerate(("EUR 12.000,50", "12.000,00 €", "(1.200,00)", "1.117,10K"), start=1))),
        {"amount": [12_000.5, 12_000.0, -1_200.0, 1_117_100.0]},
    ),
    Trap(
        "dollars in front, thousands in letters, a currency in words",
        deals(*(f'{n},A,New,"{text}",2026-01-01,' for n, text in
                enumerate(("$22,700.00", "$1,117.10K", "USD 12,000.00", "($1,200)"), start=1))),
        {"amount": [22_700.0, 1_117_100.0, 12_000.0, -1_200.0]},
    ),
    Trap(
        "a percentage is no amount",
        deals("1,A,New,25%,2026-01-01,", "2,B,New,25,2026-01-01,"),
        {"amount": [25.0]}, [(2, Rule.UNREADABLE_AMOUNT)],
    ),
    Trap(
        "nothing says whether point or comma starts the decimals",
        deals("1,A,New,1.234,2026-01-01,", "2,B,New,12000,2026-01-01,"),
        stops=UndecidableAmounts, told="decimal =",
    ),
    # -- status
    Trap(
        "a probability of 100 is not won, and one below is not lost",
        deals("1,New,100,2026-12-31", "2,Closed Won,60,2026-02-01",
              header="Opportunity ID,Stage,Probability (%),Close Date"),
        {"status": ["open", "won"]},
    ),
    Trap(
        "the stage says won, and the CRM's own flag that it is not closed",
        deals("1,Closed Won,0,0,2026-03-01", "2,Closed Won,1,1,2026-03-01", "3,Closed Lost,1,0,2026-03-01",
              header="Opportunity ID,Stage,Closed,Won,Close Date"),
        {"status": ["open", "won", "lost"]},
        note="The stage names one outcome and the CRM's own columns another, which counts: 1",
    ),
    Trap(
        "closed before it was created",
        deals("1,A,Closed Won,5,2026-02-01,2026-01-01"),
        {"status": ["won"], "cycle_days": [None]},
        note="Closed before they were created, and so in the win rate but in no cycle: 1",
    ),
    Trap(
        "open past its close date",
        deals("1,A,New,5,2026-02-01,2026-03-01"), {"status": ["open"]}, note="Open past their close date: 1",
    ),
    Trap(
        "closed on a day that is still to come",
        deals("1,A,Closed Won,5,2026-02-01,2026-12-01"),
        {"status": ["open"], "closed_day": [None]}, note="Closed after the as-of date, and so taken as open: 1",
    ),
    Trap(
        "an unknown stage is set aside and named",
        deals("1,A,Zombie,5,2026-02-01,2026-03-01"), {"id": []}, [(2, Rule.UNKNOWN_STAGE)],
        note='Say on the sheet Mapping, or under [stages], what these mean: "Zombie" (1)',
    ),
    Trap(
        "a lost deal that was cancelled ended without a decision",
        deals("1,Lost,Canceled,2026-02-01", "2,Lost,Out-Sold,2026-02-01",
              header="(Do Not Modify) Opportunity,Status,Status Reason,Actual Close Date"),
        {"status": ["no decision", "lost"]},
    ),
    Trap(
        "won and lost days in two columns, deleted deals among the others",
        deals("1,Won,2026-02-01,", "2,Lost,,2026-02-02", "3,Deleted,,",
              header="Deal - ID,Deal - Status,Deal - Won time,Deal - Lost time"),
        {"status": ["won", "lost"], "closed_day": ["2026-02-01", "2026-02-02"]}, [(4, Rule.DELETED)],
    ),
    # -- records
    Trap(
        "products of one deal as rows of their own: its amount counts once",
        deals("1,A,New,100,Desk", "1,A,New,100,Chair", "2,B,New,50,Desk",
              header="Opportunity ID,Opportunity Name,Stage,Amount,Product Name"),
        {"id": ["1", "2"], "amount": [100.0, 50.0]}, [(3, Rule.DUPLICATE)],
    ),
    Trap(
        "the same id twice: the one changed last",
        deals("1,A,New,5,2026-02-01", "1,A,Quote,6,2026-03-01",
              header="Opportunity ID,Opportunity Name,Stage,Amount,Last Modified Date"),
        {"stage": ["Quote"]}, [(2, Rule.DUPLICATE)],
    ),
    Trap(
        "the same name twice: two deals",
        deals("1,Renewal,New,5,2026-02-01,", "2,Renewal,New,5,2026-02-01,"), {"id": ["1", "2"]},
    ),
    Trap(
        "no id at all",
        deals("A,New,5", "A,New,5", header="Opportunity Name,Stage,Amount"),
        {"name": ["A", "A"]}, note="There is no id column: every row is taken as a record of its own",
    ),
    Trap(
        "deleted and test records",
        deals("1,A,New,0,0", "2,B,New,1,0", "3,C,New,0,1", "4,Test,New,0,0",
              header="Opportunity ID,Opportunity Name,Stage,Is Deleted,Is Test"),
        {"name": ["A", "Test"]}, [(3, Rule.DELETED), (4, Rule.TEST)],
    ),
    Trap(
        "test records by a rule of the definitions, which is no guess at names",
        deals("1,Test of Acme,New,Acme", "2,B,New,QA Ltd",
              header="Opportunity ID,Opportunity Name,Stage,Account Name"),
        {"id": ["1"]}, [(3, Rule.TEST)], choices={"tests": {"account": ["QA Ltd"]}},
    ),
    Trap(
        "the same id twice, and nothing says which is newer: the first, and what differs is named",
        deals("1,A,New,5,2026-02-01,", "1,A,Quote,6,2026-02-01,"), {"stage": ["New"]}, [(3, Rule.DUPLICATE)],
        detail="it differs in stage, amount",
    ),
    Trap(
        "several keys in one cell",
        ("Record ID,Lead Status,Original Source,Create Date,Associated Deal IDs\n11,New,Web,2026-01-01,1;2\n",
         "Record ID,Deal Name,Deal Stage,Close Date\n1,A,New,\n2,B,Closed Won,2026-02-01\n"),
        {"touched": [True, True]}, choices={"marketing_sources": ["Web"]},
    ),
    Trap(
        "a header that the CRM has renamed since",
        ("Record ID,Deal Name,Deal Stage,Original Source\n1,A,New,Web\n",
         "Record ID,Deal Name,Deal Stage,Original Traffic Source\n2,B,New,web\n"),
        {"source": ["Web", "Web"]},
    ),
    Trap(
        "three columns that must not be changed, amounts as text, days as serial numbers",
        deals('D1,x=,46042,A,Open,"3,522.00",46042,', 'D2,y=,46042,B,Won,"1,000.00",46042,46050',
              header="(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,"
              "Status,Est. Revenue,Created On,Actual Close Date"),
        {"id": ["D1", "D2"], "amount": [3_522.0, 1_000.0], "created_day": ["2026-01-20"] * 2,
         "closed_day": [None, "2026-01-28"]},
    ),
    Trap(
        "yes and no in the words of a country",
        deals("1,Signée,Oui,Oui,2026-02-01", "2,Signée,Non,Non,2026-12-01", "3,Signée,Non,Oui,2026-02-01",
              header="ID de l'opportunité,Étape,Gagnée,Fermée,Date de clôture"),
        {"status": ["won", "open", "lost"]},
    ),
    Trap(
        "renewals are another pipeline",
        deals("1,New,5,Sales", "2,New,5,Renewals", header="Deal ID,Deal Stage,Amount,Pipeline"),
        {"counted": [True, False]}, note="Of the pipeline Renewals, which the definitions leave out: 1",
        choices={"pipelines_left_out": ["Renewals"]},
    ),
    Trap(
        "one source spelled in several ways",
        deals("1,New,Online Store", "2,New,OnlineStore", "3,New,online-store", "4,New,Google", "5,New,google",
              header="Opportunity ID,Stage,Lead Source"),
        {"source": ["Online Store"] * 3 + ["Google"] * 2}, note='"OnlineStore" (1) is taken as "Online Store"',
    ),
    Trap(
        "near-matches of sources are told, not merged",
        deals("1,New,Conference", "2,New,Conferense", header="Opportunity ID,Stage,Lead Source"),
        {"source": ["Conference", "Conferense"]}, note="are nearly the same",
    ),
    # -- leads
    Trap(
        "converted without an opportunity",
        ("Lead ID,Lead Status,Converted Date,Converted Opportunity ID\n1,Converted,2026-01-20,\n",),
        {"opportunity_day": [None]}, note="Converted without an opportunity, and so not counted as one: 1",
    ),
    Trap(
        "converted and yet junk",
        ("Lead ID,Lead Status,Converted Date,Converted Opportunity ID\n1,Junk,2026-01-20,9\n",),
        {"disqualified": [True]}, note="Converted and yet disqualified: 1",
    ),
    Trap(
        "an opportunity that is older than its lead",
        ("Lead ID,Lead Source,Create Date,Converted Opportunity ID\nL,Web,2026-01-20,1\n",
         *deals("1,A,New,5,2026-01-05,")),
        {"created_day": ["2026-01-05"]}, note="Created after their opportunity: 1",
    ),
    Trap(
        "an activity before its lead",
        ("Lead ID,Lead Source,Create Date\nL,Web,2026-01-20\n",
         "lead_id,activity_date,activity_type\nL,2026-01-19 10:00,Call\n"),
        {"touch_day": [None]}, note="Before their lead was created, and so no first touch: 1",
    ),
    Trap(
        "days without a time tell no speed to lead",
        ("Lead ID,Lead Source,MQL Date\n1,Web,2026-01-01\n",),
        {"mql_day": ["2026-01-01"]}, note="speed to lead cannot be measured in hours",
    ),
    # -- history and touches
    Trap(
        "a row of the history in which the stage did not change",
        (*deals("1,A,Quote,5,2026-01-05,"),
         "Opportunity ID,From Stage,To Stage,Last Modified\n1,New,Quote,2026-02-01\n1,Quote,Quote,2026-02-02\n"),
        {"stage_day": ["2026-02-01"]}, [(3, Rule.NO_CHANGE)],
    ),
    Trap(
        "a history of fields",
        (*deals("1,A,Quote,5,2026-01-05,"),
         "Opportunity ID,Field / Event,Old Value,New Value,Edit Date\n1,Amount,4,5,2026-02-01\n"),
        {"stage_day": [None]}, [(2, Rule.OTHER_FIELD)],
    ),
    Trap(
        "a history by name",
        (*deals("1,A,Quote,5,2026-01-05,"), "Opportunity Name,From Stage,To Stage,Last Modified\nA,B,C,2026-02-01\n"),
        stops=NoKey, told="Names repeat",
    ),
    # -- files
    Trap(
        "footers and totals",
        ((f'{DEAL}\n1,A,New,5,2026-01-05,\n"Total",,,5,,\n"Grand Totals (1 records)"\n'
         '"Confidential Information - Do Not Distribute"\n'
         '"Copyright © 2000-2025 salesforce.com, inc. All rights reserved."\n'),),
        {"id": ["1"]}, skipped=4,
    ),
    Trap(
        "footers in French, with the count beside its words",
        (("ID de l'opportunité;Étape;Montant\n1;Prospection;5,00\n\nTotal;;5,00\nNombre d'enregistrements;1;\n\n"
         "Informations confidentielles - Ne pas distribuer;;\n"),),
        {"id": ["1"]}, skipped=5, choices={"decimal": ","},
    ),
    Trap(
        "headings and sums of a report's groups",
        deals("Owner: Kim (2 records),,,,,", "1,A,New,5,2026-01-05,", "2,B,New,5,2026-01-05,", "Subtotal,,,10,,",
              "Owner: Lee (1 record),,,,,", "3,C,New,5,2026-01-05,", "Grand Totals (3 records),,,15,,"),
        {"id": ["1", "2", "3"]}, skipped=4,
    ),
    Trap(
        "headers and stages in German, of no known CRM",
        deals("A-1;Käfer AG;Gewonnen;12.000,00 €;13.01.2026;28.03.2026;Messe",
              "A-2;Moos;Angebot abgegeben;1.250,50 €;21.08.2026;;Webseite",
              header="Vorgang-Nr;Kunde;Phase;Auftragswert (EUR);Angelegt am;Abgeschlossen am;Herkunft"),
        {"status": ["won", "open"], "amount": [12_000.0, 1_250.5], "source": ["Messe", "Webseite"]},
    ),
    Trap(
        "a report's header above the table, and columns without a name",
        (f"My report,,,,,,\nAs of 2026-01-05,,,,,,\n,{DEAL}\n,1,A,New,5,2026-01-05,\n",), {"row": [4]}, skipped=2,
    ),
    Trap(
        "line breaks, quotation marks and hard spaces in cells",
        (f'{DEAL}\r\n1,"A\r\n""B""",Closed\u00a0Won,5,2026-01-05,2026-02-05\r\n',),
        {"name": ['A\r\n"B"'], "status": ["won"]},
    ),
    Trap("Western text that is not UTF-8", (f"{DEAL}\n1,Café,New,5,2026-01-05,\n".encode("cp1252"),),
         {"name": ["Café"]}),
    Trap("UTF-16 with tabs", (f"{DEAL}\n1,Café,New,5,2026-01-05,\n".replace(",", "\t").encode("utf-16"),),
         {"name": ["Café"]}),
    Trap("semicolons", (f"{DEAL}\n1,A,New,5,2026-01-05,\n".replace(",", ";"),), {"name": ["A"]}),
    Trap(
        "words that stand for nothing",
        deals(*(f"{n},A,New,{text},2026-01-05,{text}" for n, text in
                enumerate(("Select", "None", "NaT", "-", "N/A"), start=1))),
        {"amount": [None] * 5, "expected_day": [None] * 5},
    ),
    Trap(
        "headers with spaces behind them",
        deals("1,New,5", header="Opportunity ID , Stage\u00a0, Amount  "), {"amount": [5.0]},
    ),
    Trap(
        "a web page that calls itself a workbook",
        ("<table><tr><th>Opportunity ID</th><th>Stage</th></tr><tr><td>1</td><td>New</td></tr></table>",),
        {"row": [2], "id": ["1"]},
    ),
    Trap(
        "a workbook of the old kind, whatever its name says",
        (old_workbook([["Opportunity ID", "Stage", "Created Date"], ["1", "New", date(2026, 1, 5)]]),),
        {"id": ["1"], "created_day": ["2026-01-05"]},
    ),
    Trap(
        "blank lines between the records",
        (f"{DEAL}\n1,A,New,5,2026-01-05,\n\n,,,,,\n2,B,New,5,2026-01-05,\n",), {"id": ["1", "2"]}, skipped=2,
    ),
    Trap("a page that asks to log in", ("<html><body>Log in</body></html>",), stops=UnreadableFile, told="log in"),
    Trap(
        "French headers",
        deals("1;Fermée/Gagnée;12,50;15/01/2026;25/02/2026",
              header="ID de l'opportunité;Étape;Montant;Date de création;Date de clôture"),
        {"status": ["won"], "amount": [12.5], "cycle_days": [41]},
    ),
    Trap(
        "stage columns in either quotation mark, in two pipelines",
        deals("1,Quote,Sales,2026-02-01,", "2,Quote,Renewals,,2026-02-03",
              header="Record ID,Deal Stage,Pipeline,"
              "\"Date entered \"\"Quote (Sales)\"\"\",Date entered 'Quote (Renewals)'"),
        {"stage_day": ["2026-02-01", "2026-02-03"]},
    ),
    Trap(
        "a key and a name for each person",
        deals("zcrm_1,zcrm_9,Kim,A,New", header="Record Id,Deal Owner.id,Deal Owner,Deal Name,Stage"),
        {"owner": ["Kim"], "id": ["zcrm_1"]},
    ),
    Trap(
        "two columns about amounts of which one is an expectation",
        deals("zcrm_1,A,New,500,900", header="Record Id,Deal Name,Stage,Expected Revenue,Amount"),
        {"amount": [900.0]},
    ),
    Trap(
        "what was won beside what was expected",
        deals("1,Won,100.00,80.00,2026-02-01", "2,Open,100.00,0.00,",
              header="(Do Not Modify) Opportunity,Status,Est. Revenue,Actual Revenue,Actual Close Date"),
        {"amount": [80.0, 100.0]},
    ),
    Trap(
        "bare headers among prefixed ones",
        deals("1,Open,Acme", header="Deal - ID,Deal - Status,Organization"), {"account": ["Acme"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.title)
def test_a_trap_has_its_outcome(save: Save, read: Read, trap: Trap) -> None:
    files = [save(content, f"{number}.csv") for number, content in enumerate(trap.files)]
    if trap.stops:
        with pytest.raises(trap.stops, match=trap.told):
            read(*files, **trap.choices)
        return
    exports = read(*files, **trap.choices)
    table = exports.opportunities if exports.opportunities is not None else exports.leads
    assert table is not None
    assert {name: shown(name, table[name].to_pylist()) for name in trap.becomes} == trap.becomes
    assert [(one.row, one.rule) for one in exports.set_aside] == trap.aside
    assert all(trap.detail in one.detail for one in exports.set_aside)
    assert exports.files[0].lines_skipped == trap.skipped
    assert trap.note in "\n".join(note for file in exports.files for note in file.notes)
    for file in exports.files:
        assert file.read == file.used + sum(file.set_aside.values())


def shown(name: str, values: list[Any]) -> list[Any]:
    """Days as people write them."""
    if not name.endswith("_day"):
        return values
    return [None if value is None else (date(1970, 1, 1) + timedelta(value)).isoformat() for value in values]
