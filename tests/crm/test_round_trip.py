"""Whatever deals there are: written as any CRM's export in any of its locales, they come back as they were."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from tests.crm.old_workbook import old_workbook

from xlfunnel.crm import read_exports
from xlfunnel.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

AS_OF = date(2026, 9, 30)
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Deal:
    """A deal as the canonical table has it; `closed` is the expected day of an open one."""

    id: str
    name: str
    source: str | None
    status: str
    amount: float | None
    created: date
    closed: date


Row = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """How one CRM writes deals in one locale."""

    title: str
    header: Row
    stages: Mapping[str, str]
    day: Callable[[date], str]
    money: Callable[[float], str]
    row: Callable[[Deal, Layout], Row]
    order: str = "DMY"
    delimiter: str = ","
    encoding: str = "utf-8"
    file: str = "csv"

    def text(self, deal: Deal) -> tuple[str, str, str, str]:
        """Stage, amount, created and closed as texts."""
        amount = "" if deal.amount is None else self.money(deal.amount)
        return self.stages[deal.status], amount, self.day(deal.created), self.day(deal.closed)

    def written(self, deals: Sequence[Deal]) -> bytes:
        """The export's bytes."""
        rows = [self.header, *(self.row(deal, self) for deal in deals)]
        if self.file == "xls":
            return old_workbook([[text or None for text in row] for row in rows])
        if self.file == "xlsx":
            return workbook(rows)
        if self.file == "page":
            cells = ("".join(f"<td>{escaped(text)}</td>" for text in row) for row in rows)
            return ("<html><table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table></html>").encode()
        stream = io.StringIO()
        csv.writer(stream, delimiter=self.delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
        return stream.getvalue().encode(self.encoding)


def workbook(rows: Sequence[Row]) -> bytes:
    """An XLSX file; whole numbers in columns of days are serial numbers, all else is text."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Export")
        days = ["date" in header.casefold() or header == "Created On" for header in rows[0]]
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                if days[column] and text.isdecimal():
                    sheet.write_number(number, column, int(text))
                else:
                    sheet.write_string(number, column, text)
    return content.getvalue()


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def plain_row(deal: Deal, layout: Layout) -> Row:
    """Id, name, stage, amount, created, closed, source."""
    return (deal.id, deal.name, *layout.text(deal), deal.source or "")


def dynamics_row(deal: Deal, layout: Layout) -> Row:
    """The expected and the real close day in two columns, as the amounts."""
    stage, amount, created, closed = layout.text(deal)
    is_open, is_won = deal.status == "open", deal.status == "won"
    own = (amount, amount if is_won else "", closed if is_open else "", "" if is_open else closed)
    return (deal.id, "x=", deal.name, stage, *own, created, deal.source or "")


def pipedrive_row(deal: Deal, layout: Layout) -> Row:
    """The day of the win and of the loss in two columns."""
    stage, amount, created, closed = layout.text(deal)
    days = (closed if deal.status == status else "" for status in ("won", "lost", "open"))
    return (deal.id, deal.name, stage, amount, created, *days, deal.source or "")


def american(amount: float) -> str:
    return f"{amount:,.2f}"


def french(amount: float) -> str:
    return american(amount).replace(",", "\u202f").replace(".", ",")


def german(amount: float) -> str:
    return american(amount).translate(str.maketrans(",.", ".,"))


def month_first(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


ENGLISH = {"open": "Prospecting", "won": "Closed Won", "lost": "Closed Lost"}
REPORT = (
    "Opportunity ID", "Opportunity Name", "Stage", "Amount", "Created Date", "Close Date", "Lead Source",
)  # fmt: skip
FRENCH = (
    "ID de l'opportunité", "Nom de l'opportunité", "Étape", "Montant", "Date de création", "Date de clôture",
    "Origine de la piste",
)  # fmt: skip
FRENCH_STAGES = {"open": "Prospection", "won": "Fermée/Gagnée", "lost": "Fermée/Perdue"}
GERMAN = (
    "Opportunity-ID", "Opportunity-Name", "Phase", "Betrag", "Erstelldatum", "Schlusstermin", "Lead-Quelle",
)  # fmt: skip
GERMAN_STAGES = {"open": "Angebot", "won": "Geschlossen und gewonnen", "lost": "Geschlossen und verloren"}
SPANISH = (
    "Id. de la oportunidad", "Nombre de la oportunidad", "Etapa", "Importe", "Fecha de creación", "Fecha de cierre",
    "Origen del candidato",
)  # fmt: skip
SPANISH_STAGES = {"open": "Propuesta", "won": "Cerrada ganada", "lost": "Cerrada perdida"}
HUBSPOT_GERMAN = (
    "Datensatz-ID", "Deal-Name", "Deal-Phase", "Betrag", "Erstelldatum", "Abschlussdatum",
    "Ursprüngliche Traffic-Quelle",
)  # fmt: skip
HUBSPOT_FRENCH = (
    "ID de fiche d'informations", "Nom de la transaction", "Phase de la transaction", "Montant", "Date de création",
    "Date de fermeture", "Source de trafic d'origine",
)  # fmt: skip
WORDS = {"open": "Open", "won": "Won", "lost": "Lost"}
EXTRACT = ("Id", "Name", "StageName", "Amount", "CreatedDate", "CloseDate", "LeadSource")
HUBSPOT = ("Record ID", "Deal Name", "Deal Stage", "Amount", "Create Date", "Close Date", "Original Traffic Source")
ZOHO = ("Record Id", "Deal Name", "Stage", "Amount", "Created Time", "Closing Date", "Lead Source")
PLAIN = ("deal_id", "deal_name", "deal_stage", "deal_value", "created_at", "close_date", "lead_source")
DYNAMICS = (
    "(Do Not Modify) Opportunity", "(Do Not Modify) Row Checksum", "Topic", "Status", "Est. revenue",
    "Actual Revenue", "Est. close date", "Actual Close Date", "Created On", "Lead Source",
)  # fmt: skip
PIPEDRIVE = (
    "Deal - ID", "Deal - Title", "Deal - Status", "Deal - Value", "Deal - Deal created", "Deal - Won time",
    "Deal - Lost time", "Deal - Expected close date", "Deal - Source channel",
)  # fmt: skip

LAYOUTS = [
    Layout("Salesforce: American", REPORT, ENGLISH, month_first, american, plain_row, "MDY", encoding="cp1252"),
    Layout("Salesforce: British", REPORT, ENGLISH, "{:%d/%m/%Y, %H:%M}".format, american, plain_row),
    Layout("Salesforce: French", FRENCH, FRENCH_STAGES, "{:%d/%m/%Y}".format, french, plain_row, delimiter=";"),
    Layout("Salesforce: German", GERMAN, GERMAN_STAGES, "{:%d.%m.%Y}".format, german, plain_row, delimiter=";"),
    Layout("Salesforce: page", REPORT, ENGLISH, month_first, american, plain_row, "MDY", file="page"),
    Layout("Salesforce: page, French", FRENCH, FRENCH_STAGES, "{:%d/%m/%Y}".format, french, plain_row, file="page"),
    Layout("Salesforce: old workbook", REPORT, ENGLISH, month_first, american, plain_row, "MDY", file="xls"),
    Layout("Salesforce: extract", EXTRACT, ENGLISH, "{:%Y-%m-%dT00:00:00.000Z}".format, str, plain_row,
           encoding="utf-8-sig"),
    Layout("HubSpot", HUBSPOT, ENGLISH, "{:%Y-%m-%d %H:%M}".format, str, plain_row),
    Layout("HubSpot: German", HUBSPOT_GERMAN, GERMAN_STAGES, "{:%d.%m.%Y %H:%M}".format, german, plain_row,
           delimiter=";"),
    Layout("HubSpot: French", HUBSPOT_FRENCH, FRENCH_STAGES, "{:%d/%m/%Y %H:%M}".format, french, plain_row),
    Layout("HubSpot: workbook", HUBSPOT, ENGLISH, "{:%Y-%m-%d %H:%M}".format, str, plain_row, file="xlsx"),
    Layout("Salesforce: Spanish", SPANISH, SPANISH_STAGES, "{:%d/%m/%Y}".format, german, plain_row, delimiter=";"),
    Layout("Dynamics 365: workbook", DYNAMICS, WORDS, lambda day: str((day - date(1899, 12, 30)).days), american,
           dynamics_row, file="xlsx"),
    Layout("Dynamics 365", DYNAMICS, WORDS, lambda day: str((day - date(1899, 12, 30)).days), american, dynamics_row),
    Layout("Pipedrive", PIPEDRIVE, WORDS, str, str, pipedrive_row),
    Layout("Zoho", ZOHO, ENGLISH, "{:%d %b, %Y 00:00:00}".format, lambda amount: f"${amount:,.2f}", plain_row),
    Layout("no known CRM", PLAIN, WORDS, str, "€ {:.2f}".format, plain_row, delimiter="\t", encoding="utf-16"),
]  # fmt: skip

DAYS = st.dates(date(2020, 1, 1), AS_OF)
NAMES = st.text("abc é&<;,'\"", min_size=1, max_size=8).map(lambda text: " ".join(f"N{text}".split()))
AMOUNTS = st.one_of(st.none(), st.integers(0, 10**9).map(lambda cents: cents / 100))


@st.composite
def a_deal(draw: st.DrawFn, number: int) -> Deal:
    status = draw(st.sampled_from(["open", "won", "lost"]))
    source = draw(st.sampled_from([None, "Web", "Partner", "Messe München"]))
    return Deal(f"00{number}", draw(NAMES), source, status, draw(AMOUNTS), draw(DAYS), draw(DAYS))


DEALS = st.integers(1, 8).flatmap(lambda count: st.tuples(*(a_deal(number) for number in range(count))))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title)
@given(deals=DEALS)
def test_deals_come_back_as_they_were(layout: Layout, deals: tuple[Deal, ...]) -> None:
    choices = {"dates": layout.order, "decimal": "," if layout.money in {french, german} else "."}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.csv"
        path.write_bytes(layout.written(deals))
        exports = read_exports([path], AS_OF, Definitions.model_validate(choices))
    (file,) = exports.files
    assert (file.crm, file.read, file.used) == (layout.title.partition(":")[0], len(deals), len(deals))
    assert exports.opportunities is not None
    assert [told(row) for row in exports.opportunities.to_pylist()] == list(deals)


def told(row: dict[str, Any]) -> Deal:
    """A row of the canonical table as a deal."""
    closed = row["expected_day"] if row["status"] == "open" else row["closed_day"]
    days = (EPOCH + timedelta(row["created_day"]), EPOCH + timedelta(closed))
    return Deal(row["id"], row["name"], row["source"], row["status"], row["amount"], *days)
