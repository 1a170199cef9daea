"""Whole exports as the CRMs write them, and the account of every record."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.crm import Exports, Kind, Rule, read_exports
from xlfunnel.definitions import Definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

SALESFORCE_REPORT = (
    '"Open pipeline report"\r\n'
    '"As of 2026-09-30"\r\n'
    "\r\n"
    '"Opportunity ID","Opportunity Name","Stage","Amount (converted) Currency","Amount (converted)","Created Date",'
    '"Close Date","Lead Source","Next Step","Won","Closed"\r\n'
    '"006A","Alpha","Closed Won","USD","12,000.00","1/20/2026","3/15/2026","Web","call\r\nthen mail","1","1"\r\n'
    '"006B","Beta","Closed Lost","USD","0.00","1/5/2026","2/1/2026","web ","","0","1"\r\n'
    '"006C","Gamma","Negotiation/Review","USD","8,000.00","6/1/2026","9/1/2026","Partner","","0","0"\r\n'
    "\r\n"
    '"Total"\r\n'
    '"Grand Totals (3 records)"\r\n'
    '"Open pipeline report"\r\n'
    '"Copyright © 2000-2026 salesforce.com, inc. All rights reserved."\r\n'
    '"Confidential Information - Do Not Distribute"\r\n'
)


def column(exports: Exports, name: str) -> list[Any]:
    assert exports.opportunities is not None
    return exports.opportunities[name].to_pylist()


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_a_salesforce_report_is_read_without_its_frame(save: Save, read: Read, encoding: str) -> None:
    exports = read(save(SALESFORCE_REPORT, encoding=encoding))
    (file,) = exports.files
    assert (file.crm, file.kind, file.read, file.used) == ("Salesforce", Kind.OPPORTUNITIES, 3, 3)
    assert file.lines_skipped == 3 + 6
    assert file.mapping["amount"] == "Amount (converted)"
    assert file.mapping["currency"] == "Amount (converted) Currency"
    assert file.unmapped == ("Next Step",)
    assert column(exports, "row") == [5, 6, 7]
    assert column(exports, "amount") == [12_000, 0, 8_000]
    assert column(exports, "status") == ["won", "lost", "open"]
    assert column(exports, "source") == ["Web", "Web", "Partner"]
    assert column(exports, "closed_day") == [day("2026-03-15"), day("2026-02-01"), None]
    assert column(exports, "expected_day") == [None, None, day("2026-09-01")]
    assert column(exports, "cycle_days") == [54, 27, None]
    assert exports.currency == "USD"
    assert "Open past their close date: 1" in file.notes


def test_hubspot_deals_bring_the_dates_of_their_stages(read: Read) -> None:
    exports = read(
        "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Create Date,Close Date,Is Closed Won,Is closed lost,"
        '"Date entered ""Discovery (Sales Pipeline)""",Date entered \'Quote (Sales Pipeline)\','
        '"Date entered ""Closed Lost (Sales Pipeline)""","Date entered ""Due (Renewals)""",Original Traffic Source\n'
        "1,A,Quote (Sales Pipeline),Sales Pipeline,100,2026-01-01 10:00,2026-05-01,0,0,2026-01-02,2026-02-01,,,Ads\n"
        "2,B,Closed Lost,Sales Pipeline,100,2026-01-01 10:00,2026-03-01,false,true,2026-01-03,,2026-03-01,,Direct\n"
        "3,C,Due,Renewals,100,2026-01-01 10:00,2026-05-01,false,false,,,,2026-01-04,Direct\n"
    )
    assert exports.files[0].crm == "HubSpot"
    assert column(exports, "stage") == ["Quote", "Closed Lost", "Due"]
    assert column(exports, "stage_day") == [day("2026-02-01"), day("2026-03-01"), day("2026-01-04")]
    assert exports.stage_dates is not None
    assert exports.stage_dates.to_pylist() == [
        {"opportunity": 0, "stage": "Discovery", "position": 0, "entered_day": day("2026-01-02")},
        {"opportunity": 1, "stage": "Discovery", "position": 0, "entered_day": day("2026-01-03")},
        {"opportunity": 0, "stage": "Quote", "position": 1, "entered_day": day("2026-02-01")},
        {"opportunity": 2, "stage": "Due", "position": 0, "entered_day": day("2026-01-04")},
    ]


def test_plain_names_of_no_crm_are_read(read: Read) -> None:
    exports = read(
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "1C1I7A6R,Moses Frase,GTX Plus Basic,Cancity,Won,2016-10-20,2017-03-01,1054\n"
        "Z063OYW0,Darcel Schlecht,GTXPro,Isdom,Lost,2016-10-25,2017-03-11,0\n"
        "EC4QE1BX,Darcel Schlecht,MG Special,Cancity,Engaging,2016-10-25,,\n"
        "MV1LWRNH,Moses Frase,GTX Basic,,Prospecting,,,\n"
    )
    (file,) = exports.files
    assert (file.crm, file.read, file.used) == ("no known CRM", 4, 4)
    assert column(exports, "status") == ["won", "lost", "open", "open"]
    assert column(exports, "amount") == [1054, 0, None, None]
    assert column(exports, "cycle_days") == [132, 137, None, None]
    assert column(exports, "owner")[0] == "Moses Frase"
    assert "Without a created date, and so in no cycle: 1" in file.notes


def test_a_deal_closed_after_the_as_of_date_is_open(read: Read) -> None:
    text = "Deal ID,Deal Stage,Create Date,Close Date,Amount\n1,Closed Won,2026-01-01,2026-10-01,5\n"
    exports = read(text)
    assert (column(exports, "status"), column(exports, "closed_day")) == (["open"], [None])
    assert column(exports, "expected_day") == [day("2026-10-01")]
    assert exports.files[0].notes == ("Closed after the as-of date, and so taken as open: 1",)
    assert column(read(text, as_of=date(2026, 10, 1)), "status") == ["won"]


def test_close_before_create_counts_but_has_no_cycle(read: Read) -> None:
    exports = read("Deal ID,Deal Stage,Create Date,Close Date,Amount\n1,Closed Won,2026-02-01,2026-01-01,5\n")
    assert (column(exports, "status"), column(exports, "cycle_days")) == (["won"], [None])
    assert any(
        note.startswith("Closed before they were created") and note.endswith(": 1") for note in exports.files[0].notes
    )


def test_zero_and_blank_amounts_of_won_deals_are_told_apart(read: Read) -> None:
    exports = read(
        "Deal ID,Deal Stage,Create Date,Close Date,Amount\n"
        "1,Closed Won,2026-01-01,2026-02-01,0\n2,Closed Won,2026-01-01,2026-02-01,\n"
    )
    assert column(exports, "amount") == [0, None]
    assert exports.files[0].notes == (
        "Won with an amount of zero, which counts in the average deal: 1",
        "Won without an amount, and so not in the average deal: 1",
    )


BROKEN = (
    "Opportunity ID,Opportunity Name,Stage,Amount,Created Date,Close Date,Is Deleted,Is Test,Owner Name\n"
    "1,A,Closed Won,100,2026-01-01,2026-02-01,0,0,Kim\n"
    "2,B,Closed Won,see contract,2026-01-01,2026-02-01,0,0,Kim\n"
    "3,C,Closed Won,100,########,2026-02-01,0,0,Kim\n"
    "4,D,Zombie,100,2026-01-01,2026-02-01,0,0,Kim\n"
    "5,E,Closed Lost,100,2026-01-01,,0,0,Kim\n"
    "6,F,Closed Won,100,2026-01-01,2026-02-01,1,0,Kim\n"
    "7,G,Closed Won,100,2026-01-01,2026-02-01,0,true,Kim\n"
    "8,H,Closed Won,100,2026-01-01,2026-02-01,0,0,QA Bot\n"
    "9,I,Closed Won,100\n"
    "10,J,Closed Won,100,2026-01-01,2026-02-01,0,0,Kim,more\n"
    "1,A,Closed Won,200,2026-01-01,2026-02-01,0,0,Kim\n"
)


def test_every_record_that_is_not_used_says_where_and_why(read: Read) -> None:
    exports = read(BROKEN, tests={"owner": ["QA Bot"]})
    assert [(one.row, one.column, one.value, one.rule) for one in exports.set_aside] == [
        (3, "Amount", "see contract", Rule.UNREADABLE_AMOUNT),
        (4, "Created Date", "########", Rule.UNREADABLE_DATE),
        (5, "Stage", "Zombie", Rule.UNKNOWN_STAGE),
        (6, "Close Date", "", Rule.MISSING_CLOSE),
        (7, "Is Deleted", "1", Rule.DELETED),
        (8, "Is Test", "true", Rule.TEST),
        (9, "Owner Name", "QA Bot", Rule.TEST),
        (10, "", "9,I,Closed Won,100", Rule.COLUMNS),
        (11, "", "10,J,Closed Won,100,2026-01-01,2026-02-01,0,0,Kim,more", Rule.COLUMNS),
        (12, "Opportunity ID", "1", Rule.DUPLICATE),
    ]
    assert {one.file for one in exports.set_aside} == {"export-0.csv"}
    assert exports.set_aside[2].detail.startswith('say what it means in the definitions under [stages]: "Zombie"')
    assert exports.set_aside[9].detail == "row 2 was taken; it differs in amount"
    (file,) = exports.files
    assert (file.read, file.used) == (11, 1)
    assert sum(file.set_aside.values()) == 10


def test_a_test_rule_may_name_a_column_by_its_header(read: Read) -> None:
    text = "Deal ID,Deal Stage,Amount,Office\n1,New,5,Lab\n2,New,5,Paris\n"
    exports = read(text, tests={"Office": ["Lab"], "Nowhere": ["x"]})
    assert [one.row for one in exports.set_aside] == [2]
    assert exports.files[0].notes == ('The definitions find test records by "Nowhere", which no export has',)


def test_a_named_stage_is_no_longer_unknown(read: Read) -> None:
    exports = read(BROKEN, stages={"zombie": "lost"})
    assert column(exports, "status")[:2] == ["won", "lost"]


def test_pipelines_left_out_and_unqualified_stages_are_marked(read: Read) -> None:
    exports = read(
        "Deal ID,Deal Stage,Pipeline,Amount\n1,Discovery,Renewals,5\n2,New,Sales,5\n3,Discovery,Sales,5\n",
        pipelines_left_out=["renewals"],
        unqualified_stages=["new"],
    )
    assert column(exports, "counted") == [False, True, True]
    assert column(exports, "qualified") == [True, False, True]
    assert "Of the pipeline Renewals, which the definitions leave out: 1" in exports.files[0].notes


def test_without_an_id_every_row_is_a_record(read: Read) -> None:
    exports = read("Deal Name,Deal Stage,Amount\nA,New,5\nA,New,5\n")
    assert exports.files[0].used == 2
    assert exports.files[0].notes == ("There is no id column: every row is taken as a record of its own",)


def test_a_header_without_records_is_an_empty_table(read: Read) -> None:
    exports = read("Deal ID,Deal Stage,Amount\n")
    assert (exports.files[0].read, exports.files[0].used) == (0, 0)
    assert exports.opportunities is not None
    assert exports.opportunities.num_rows == 0
    assert exports.leads is None


def test_several_files_of_both_kinds_are_read_in_one_call(read: Read) -> None:
    exports = read(
        "Deal ID,Deal Stage,Amount\n1,New,5\n2,New,6\n",
        "Lead ID,Lead Source,MQL Date\n7,Web,2026-01-01\n",
        "Deal ID,Deal Stage,Amount,Region\n2,Quote,9,North\n3,New,7,South\n",
    )
    assert [file.kind.value for file in exports.files] == ["opportunities", "leads", "opportunities"]
    assert column(exports, "id") == ["1", "2", "3"]
    assert column(exports, "file") == [0, 0, 2]
    assert column(exports, "segment") == [None, None, "South"]
    (aside,) = exports.set_aside
    assert (aside.file, aside.row, aside.rule) == ("export-2.csv", 2, Rule.DUPLICATE)
    assert aside.detail == "row 3 of export-0.csv was taken; it differs in stage, amount, and only it has segment"
    assert exports.present[Kind.LEADS] >= {"id", "source", "mql_day"}
    assert "won_day" not in exports.present[Kind.LEADS]


def test_progress_ends_at_one_and_never_goes_back(save: Save) -> None:
    seen: list[tuple[str, float]] = []
    path = save("Deal ID,Deal Stage,Amount\n1,New,5\n")
    read_exports([path], date(2026, 9, 30), Definitions.model_validate({}), progress=lambda *step: seen.append(step))
    assert seen[-1] == ("export.csv", 1.0)
    assert [share for _, share in seen] == sorted(share for _, share in seen)


@pytest.mark.parametrize("crm", list(Crm))
def test_the_example_company_is_read_to_the_last_record(tmp_path: Path, crm: Crm) -> None:
    example = write_example(tmp_path, crm, rows=200)
    exports = read_exports(example.exports, example.as_of, Definitions.model_validate({}))
    assert [file.kind for file in exports.files] == [Kind.OPPORTUNITIES, Kind.LEADS]
    for file in exports.files:
        assert file.crm.casefold() == crm.value
        assert file.read == file.used + sum(file.set_aside.values())


CELLS = st.sampled_from(
    ["", "1", "2", "3", "x", "Closed Won", "Closed Lost", "New", "2026-01-01", "2026-02-30", "13/02/2026", "soon",
     "5,00", "100", "1e3", "€ 7", "N/A", "true", "0", "Total", "a,b", "line\nbreak", 'q"uote', "\u00a0"]
)  # fmt: skip
LINES = st.one_of(st.lists(CELLS, min_size=6, max_size=6), st.lists(CELLS, max_size=8))


@given(st.lists(LINES, max_size=25), st.sampled_from([",", ";", "\t", "|"]))
def test_every_record_of_a_damaged_file_is_used_or_set_aside(lines: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(["Deal ID", "Deal Stage", "Amount", "Create Date", "Close Date", "Is Deleted"])
    writer.writerows(lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.csv"
        path.write_text(stream.getvalue(), encoding="utf-8", newline="")
        try:
            exports = read_exports([path], date(2026, 9, 30), Definitions.model_validate({"dates": "DMY"}))
        except Stopped:  # with a sentence, never by accident
            return
    (file,) = exports.files
    assert file.read == file.used + sum(file.set_aside.values())
    assert len(exports.set_aside) == sum(file.set_aside.values())
    assert file.read + file.lines_skipped == len(lines)
    rows = [*column(exports, "row"), *(one.row for one in exports.set_aside)]
    assert len(set(rows)) == len(rows) == file.read
    assert set(rows) <= set(range(2, len(lines) + 2))


@given(st.integers(0, 400), st.integers(0, 60))
def test_a_cycle_is_the_days_between(start: int, length: int) -> None:
    created = date(2025, 1, 1) + timedelta(start)
    closed = created + timedelta(length)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.csv"
        path.write_text(
            f"Deal ID,Deal Stage,Amount,Create Date,Close Date\n1,Won,5,{created},{closed}\n", encoding="utf-8"
        )
        exports = read_exports([path], date(2026, 12, 31), Definitions.model_validate({}))
    assert column(exports, "cycle_days") == [length]
