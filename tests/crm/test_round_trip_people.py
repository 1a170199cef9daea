"""Leads, changes of stages and activities, written as any CRM's export in any of its locales, come back as they were.

Each layout carries some fields in some precision; on those, what is read must equal what was written.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.crm.old_workbook import old_workbook

from xlfunnel.crm import Exports, Kind, read_exports
from xlfunnel.definitions import Definitions

AS_OF = date(2026, 9, 30)
EPOCH = date(1970, 1, 1)
FEWER = settings(max_examples=max(settings().max_examples // 5, 1))

Record = dict[str, Any]
"""One record by field: texts, days, moments; None for a blank."""

Cell = str | float | date | None


@dataclass(frozen=True)
class Layout:
    """How one CRM writes records of one kind in one locale: a header for each field, and how days and times look."""

    title: str
    columns: Mapping[str, str]
    day: Callable[[date], Cell] = "{:%Y-%m-%d}".format
    moment: Callable[[datetime], Cell] = "{:%Y-%m-%d %H:%M}".format
    precision: str = "minute"
    order: str = "DMY"
    delimiter: str = ","
    encoding: str = "utf-8"
    file: str = "csv"
    fixed: Mapping[str, str] | None = None
    """Columns that hold the same in every row."""

    @property
    def crm(self) -> str:
        return self.title.partition(":")[0]

    def rows(self, records: Sequence[Record]) -> list[list[Cell]]:
        """Header and records as cells."""
        fixed = self.fixed or {}
        header: list[Cell] = [*self.columns.values(), *fixed]
        return [header, *([*(self.cell(one[field]) for field in self.columns), *fixed.values()] for one in records)]

    def cell(self, value: Any) -> Cell:
        if isinstance(value, datetime):
            return self.moment(value)
        return self.day(value) if isinstance(value, date) else value

    def written(self, records: Sequence[Record]) -> bytes:
        """The export's bytes."""
        rows = self.rows(records)
        if self.file == "xls":
            return old_workbook(rows)
        if self.file == "xlsx":
            return workbook(rows)
        texts = [["" if value is None else str(value) for value in row] for row in rows]
        if self.file == "page":
            lines = ("".join(f"<td>{text.replace('&', '&amp;')}</td>" for text in row) for row in texts)
            return f"<html><table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table></html>".encode()
        stream = io.StringIO()
        csv.writer(stream, delimiter=self.delimiter, quoting=csv.QUOTE_ALL).writerows(texts)
        return stream.getvalue().encode(self.encoding)

    def kept(self, value: Any) -> Any:
        """What survives the writing: moments to the minute, where the layout writes no seconds."""
        return value.replace(second=0) if isinstance(value, datetime) and self.precision == "minute" else value

    def second(self, moment: datetime | None) -> int | None:
        """The second of the day that survives the writing."""
        kept = self.kept(moment)
        return None if kept is None else kept.hour * 3600 + kept.minute * 60 + kept.second


def workbook(rows: Sequence[Sequence[Cell]]) -> bytes:
    """An XLSX file whose dates are dates."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("Export")
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, (date, datetime)):
                    sheet.write_datetime(place, column, value)
                elif value is not None:
                    sheet.write_string(place, column, str(value))
    return content.getvalue()


def read(layout: Layout, records: Sequence[Record], *beside: str) -> Exports:
    """The records written in this layout and read back, with some plain exports beside them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.dat"
        path.write_bytes(layout.written(records))
        others = [Path(folder) / f"{number}.csv" for number in range(len(beside))]
        for other, text in zip(others, beside, strict=True):
            other.write_text(text, encoding="utf-8")
        return read_exports([path, *others], AS_OF, Definitions.model_validate({"dates": layout.order}))


def same(value: Any) -> Any:
    return value


def american(moment: datetime) -> str:
    hour = f"{moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"
    return f"{moment.month}/{moment.day}/{moment.year}, {hour}"


def month_first(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


EUROPEAN = {"day": "{:%d/%m/%Y}".format, "moment": "{:%d/%m/%Y %H:%M}".format}
GERMAN = {"day": "{:%d.%m.%Y}".format, "moment": "{:%d.%m.%Y, %H:%M}".format}
AMERICAN = {"day": month_first, "moment": american, "order": "MDY"}
STAMPS = {
    "day": "{:%Y-%m-%dT00:00:00.000Z}".format, "moment": "{:%Y-%m-%dT%H:%M:%S.000+0000}".format,
    "precision": "second", "encoding": "utf-8-sig",
}  # fmt: skip
ZOHO = {"day": "{:%d %b, %Y 00:00:00}".format, "moment": "{:%d %b, %Y %H:%M:%S}".format, "precision": "second"}
SECONDS = {"moment": "{:%Y-%m-%d %H:%M:%S}".format, "precision": "second"}
BOOK = {"day": same, "moment": same, "precision": "second", "file": "xlsx"}

DAYS = st.dates(date(2020, 1, 1), AS_OF)
CLOCK = st.times(time(0, 1), time(23, 59, 59)).map(lambda at: at.replace(microsecond=0))  # midnight is no time of day
MOMENTS = st.builds(datetime.combine, DAYS, CLOCK)
SOURCES = st.sampled_from([None, "Web", "Partner", "Messe München", "Café & Co"])


def layout(title: str, header: str, look: Mapping[str, Any], fields: Sequence[str], **more: Any) -> Layout:
    """Headers stand in the order of the fields."""
    return Layout(title, dict(zip(fields, header.split("|"), strict=True)), **look, **more)


# -- leads ---------------------------------------------------------------------------------------------------------

LEAD = ("id", "source", "status", "created", "mql", "opportunity_id")
REPORT = "Lead ID|Lead Source|Lead Status|Create Date|MQL Date|Converted Opportunity ID"
FRENCH = "ID de la piste|Origine de la piste|Statut de la piste|Date de création|MQL Date|Converted Opportunity ID"
HUBSPOT = (
    "Record ID|Original Traffic Source|Lead Status|Create Date|Became a Marketing Qualified Lead Date|"
    "Associated Deal IDs"
)
LEADS = [
    layout("Salesforce: American", REPORT, AMERICAN, LEAD, encoding="cp1252"),
    layout("Salesforce: British", REPORT, EUROPEAN, LEAD),
    layout("Salesforce: French", FRENCH, EUROPEAN, LEAD, delimiter=";"),
    layout("Salesforce: German", "Lead-ID|Lead-Quelle|Lead-Status|Erstelldatum|MQL Date|Converted Opportunity ID",
           GERMAN, LEAD, delimiter=";", encoding="cp1252"),
    layout("Salesforce: Spanish", "Id. del candidato|Origen del candidato|Estado del candidato|Fecha de creación|"
           "MQL Date|Converted Opportunity ID", EUROPEAN, LEAD, delimiter=";"),
    layout("Salesforce: page", REPORT, AMERICAN, LEAD, file="page"),
    layout("Salesforce: page, French", FRENCH, EUROPEAN, LEAD, file="page"),
    layout("Salesforce: old workbook", REPORT, AMERICAN, LEAD, file="xls"),
    layout("Salesforce: workbook", REPORT, BOOK, LEAD),
    layout("Salesforce: extract", "Id|LeadSource|Status|CreatedDate|MQL_Date__c|ConvertedOpportunityId",
           STAMPS, LEAD),
    layout("HubSpot", HUBSPOT, {}, LEAD),
    layout("HubSpot: workbook", HUBSPOT, BOOK, LEAD),
    layout("Dynamics 365", "(Do Not Modify) Lead|Lead Source|Status Reason|Created On", BOOK, LEAD[:4]),
    layout("Pipedrive", "Lead - ID|Lead - Source channel|Lead - Lead created|Lead - Deal ID", {},
           ("id", "source", "created", "opportunity_id"), fixed={"Lead - Title": "x"}),
    layout("Zoho", "Record Id|Lead Source|Lead Status|Created Time|MQL Date|Converted Deal.id", ZOHO, LEAD),
    layout("no known CRM", "lead_id|lead_source|lead_status|created_at|mql_at|opportunity_id", {}, LEAD,
           delimiter="\t", encoding="utf-16"),
]  # fmt: skip


@st.composite
def a_lead(draw: st.DrawFn, number: int) -> Record:
    return {
        "id": f"00{number}", "source": draw(SOURCES), "status": draw(st.sampled_from([None, "New", "Unqualified"])),
        "created": draw(DAYS), "mql": draw(st.none() | MOMENTS),
        "opportunity_id": draw(st.sampled_from([None, "D1", "D2"])),
    }  # fmt: skip


@pytest.mark.parametrize("layout", LEADS, ids=lambda layout: layout.title)
@given(leads=st.integers(1, 6).flatmap(lambda count: st.tuples(*map(a_lead, range(count)))))
@FEWER
def test_leads_come_back_as_they_were(layout: Layout, leads: tuple[Record, ...]) -> None:
    exports = read(layout, leads)
    (file,) = exports.files
    assert (file.crm, file.kind, file.read, file.used) == (layout.crm, Kind.LEADS, len(leads), len(leads))
    assert exports.leads is not None
    wanted = [{field: layout.kept(lead[field]) for field in layout.columns} for lead in leads]
    assert [lead_told(row, layout) for row in exports.leads.to_pylist()] == wanted
    seconds = [layout.second(lead["mql"]) for lead in leads] if "mql" in layout.columns else [None] * len(leads)
    assert exports.leads["mql_second"].to_pylist() == seconds


def lead_told(row: Record, layout: Layout) -> Record:
    """A row of the canonical table as a lead, on the fields that the layout carries; times only in its precision."""
    told = {
        "id": row["id"],
        "source": row["source"],
        "status": row["status"],
        "opportunity_id": row["opportunity_id"],
    }
    told |= {"created": day_of(row["created_day"]), "mql": at(row["mql_day"], row["mql_second"])}
    return {field: told[field] for field in layout.columns}


def day_of(number: int | None) -> date | None:
    return None if number is None else EPOCH + timedelta(number)


def at(day: int | None, second: int | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(EPOCH, time()) + timedelta(day, second or 0)


# -- histories of stages -------------------------------------------------------------------------------------------

CHANGE = ("opportunity_id", "from_stage", "to_stage", "changed")
STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won")
IN_ENGLISH = "Opportunity ID|From Stage|To Stage|Last Modified"
IN_GERMAN = "Opportunity-ID|Von Phase|Zu Phase|Letzte Änderung"
IN_FRENCH = "ID de l'opportunité|De l'étape|À l'étape|Dernière modification"
FIELDS = "Opportunity ID|Old Value|New Value|Edit Date"
HISTORIES = [
    layout("Salesforce: American", IN_ENGLISH, AMERICAN, CHANGE),
    layout("Salesforce: British", IN_ENGLISH, EUROPEAN, CHANGE),
    layout("Salesforce: fields", FIELDS, AMERICAN, CHANGE, fixed={"Field / Event": "Stage"}),
    layout("Salesforce: fields, page", FIELDS, AMERICAN, CHANGE, fixed={"Field / Event": "Stage"}, file="page"),
    layout("Salesforce: fields, French", "ID de l'opportunité|Ancienne valeur|Nouvelle valeur|Date de modification",
           EUROPEAN, CHANGE, fixed={"Champ / Événement": "Étape"}, delimiter=";"),
    layout("Salesforce: French", IN_FRENCH, EUROPEAN, CHANGE, delimiter=";"),
    layout("Salesforce: German", IN_GERMAN, GERMAN, CHANGE, delimiter=";"),
    layout("Salesforce: workbook", IN_ENGLISH, BOOK, CHANGE),
    layout("Salesforce: old workbook", IN_ENGLISH, AMERICAN, CHANGE, file="xls"),
    layout("Salesforce: extract", "OpportunityId|OldValue|NewValue|CreatedDate", STAMPS, CHANGE,
           fixed={"Field": "StageName"}),
    layout("no known CRM", "deal_id|from_stage|to_stage|changed_at", {}, CHANGE, delimiter="\t", encoding="utf-16"),
]  # fmt: skip


@st.composite
def a_path(draw: st.DrawFn, number: int) -> list[Record]:
    """The stages that one deal went through, never one of them twice."""
    stages = [stage for stage in STAGES if draw(st.booleans())]
    moments = sorted(draw(st.lists(MOMENTS, min_size=len(stages), max_size=len(stages), unique=True)))
    changes = list(zip(stages, stages[1:], moments, strict=False))
    return [
        {"opportunity_id": f"00{number}", "from_stage": a, "to_stage": b, "changed": when} for a, b, when in changes
    ]


@pytest.mark.parametrize("layout", HISTORIES, ids=lambda layout: layout.title)
@given(paths=st.integers(1, 5).flatmap(lambda count: st.tuples(*map(a_path, range(count)))))
@FEWER
def test_changes_of_stages_come_back_as_they_were(layout: Layout, paths: tuple[list[Record], ...]) -> None:
    changes = [change for path in reversed(paths) for change in reversed(path)]  # the newest first, as CRMs have them
    deals = "".join(f"00{number},New,2019-12-31\n" for number in range(len(paths)))
    exports = read(layout, changes, f"Opportunity ID,Stage,Created Date\n{deals}")
    assert (exports.files[0].kind, exports.files[0].crm) == (Kind.HISTORY, layout.crm)
    assert (exports.files[0].read, exports.files[0].used) == (len(changes), len(changes))
    assert exports.opportunities is not None
    assert exports.stage_dates is not None
    ids = exports.opportunities["id"].to_pylist()
    told = {
        (ids[row["opportunity"]], row["stage"]): day_of(row["entered_day"]) for row in exports.stage_dates.to_pylist()
    }
    assert told == {(one["opportunity_id"], one["to_stage"]): one["changed"].date() for one in changes}


STAGE_COLUMNS = [
    layout("HubSpot", 'Record ID|Deal Stage|Create Date|Date entered "Quote (Sales)"|Date entered "Demo (Sales)"', {},
           ("id", "stage", "created", "Quote (Sales)", "Demo (Sales)")),
    layout("HubSpot: workbook", "Record ID|Deal Stage|Create Date|Date entered 'Quote (Sales)'|"
           "Date entered 'Demo (Sales)'", BOOK, ("id", "stage", "created", "Quote (Sales)", "Demo (Sales)")),
    layout("no known CRM", "deal_id|stage|created_at|date_entered_quote|date_entered_demo", {},
           ("id", "stage", "created", "quote", "demo")),
]  # fmt: skip


@pytest.mark.parametrize("layout", STAGE_COLUMNS, ids=lambda layout: layout.title)
@given(entered=st.lists(st.tuples(DAYS | st.none(), DAYS | st.none()), min_size=1, max_size=5))
@FEWER
def test_a_column_for_each_stage_comes_back_as_it_was(
    layout: Layout, entered: list[tuple[date | None, date | None]]
) -> None:
    stages = tuple(layout.columns)[3:]
    deals = [
        {"id": f"00{number}", "stage": "New", "created": date(2019, 12, 31), **dict(zip(stages, days, strict=True))}
        for number, days in enumerate(entered)
    ]
    exports = read(layout, deals)
    assert exports.files[0].crm == layout.crm
    assert exports.stage_dates is not None
    told = {
        (row["opportunity"], row["stage"].partition(" ")[0].casefold()): day_of(row["entered_day"])
        for row in exports.stage_dates.to_pylist()
    }
    assert told == {
        (number, stage.partition(" ")[0].casefold()): day
        for number, days in enumerate(entered)
        for stage, day in zip(stages, days, strict=True)
        if day is not None
    }


# -- activities ----------------------------------------------------------------------------------------------------

TOUCH = ("id", "lead_id", "opportunity_id", "kind", "when")
TASKS = "Activity ID|Lead ID|Opportunity ID|Type|Completed Date/Time"
DONE = {"Status": "Completed", "Subject": "x"}
TOUCHES = [
    layout("Salesforce: American", TASKS, AMERICAN, TOUCH, fixed=DONE),
    layout("Salesforce: British", TASKS, EUROPEAN, TOUCH, fixed=DONE),
    layout("Salesforce: page", TASKS, AMERICAN, TOUCH, fixed=DONE, file="page"),
    layout("Salesforce: workbook", TASKS, BOOK, TOUCH, fixed=DONE),
    layout("Salesforce: old workbook", TASKS, AMERICAN, TOUCH, fixed=DONE, file="xls"),
    layout("Salesforce: extract", "Id|WhoId|WhatId|TaskSubtype|CompletedDateTime", STAMPS, TOUCH, fixed=DONE),
    layout("HubSpot", "Record ID|Associated Contact IDs|Associated Deal IDs|Activity type|Activity date", {}, TOUCH),
    layout("HubSpot: workbook", "Record ID|Associated Contact IDs|Associated Deal IDs|Activity type|Activity date",
           BOOK, TOUCH),
    layout("Dynamics 365", "(Do Not Modify) Activity|Regarding Lead|Regarding Opportunity|Activity Type|Actual End",
           BOOK, TOUCH, fixed={"Activity Status": "Completed"}),
    layout("Pipedrive", "Activity - ID|Lead - ID|Deal - ID|Activity - Type|Activity - Marked as done time",
           SECONDS, TOUCH, fixed={"Activity - Done": "Done"}),
    layout("Zoho", "Record Id|Who Id.id|What Id.id|Call Type|Call Start Time", ZOHO, TOUCH),
    layout("no known CRM", "touch_id|lead_id|deal_id|touch_type|touch_time", {}, TOUCH, delimiter=";"),
]  # fmt: skip
TEAMS = {"Call": "sales", "Meeting": "sales", "Webinar": "marketing", "Riddle": None}
PEOPLE = "lead_id,lead_status\nL1,New\nL2,New\n"
DEALS = "deal_id,deal_stage\nD1,New\nD2,New\n"


@st.composite
def a_touch(draw: st.DrawFn, number: int) -> Record:
    lead, deal = draw(st.sampled_from([("L1", None), ("L2", "D1"), (None, "D2"), ("L1", "D2")]))
    return {
        "id": f"00{number}", "lead_id": lead, "opportunity_id": deal, "kind": draw(st.sampled_from(sorted(TEAMS))),
        "when": draw(MOMENTS),
    }  # fmt: skip


@pytest.mark.parametrize("layout", TOUCHES, ids=lambda layout: layout.title)
@given(touches=st.integers(1, 6).flatmap(lambda count: st.tuples(*map(a_touch, range(count)))))
@FEWER
def test_activities_come_back_as_they_were(layout: Layout, touches: tuple[Record, ...]) -> None:
    exports = read(layout, touches, PEOPLE, DEALS)
    file = exports.files[0]
    assert (file.crm, file.kind, file.read, file.used) == (layout.crm, Kind.TOUCHES, len(touches), len(touches))
    assert exports.touches is not None
    for row, touch in zip(exports.touches.to_pylist(), touches, strict=True):
        assert (row["lead_id"], row["opportunity_id"]) == (touch["lead_id"], touch["opportunity_id"])
        assert (row["kind"], row["by"]) == (touch["kind"], TEAMS[touch["kind"]])
        assert (day_of(row["day"]), row["second"]) == (touch["when"].date(), layout.second(touch["when"]))
