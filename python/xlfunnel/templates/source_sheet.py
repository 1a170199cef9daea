"""The Source sheet: where a warehouse keeps each table, which of its columns is which, and the cells to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.crm.fields import FIELDS
from xlfunnel.crm.recognise import NO_COLUMN
from xlfunnel.crm.tables import CostKind, Kind
from xlfunnel.sources.marts import marts_of
from xlfunnel.sources.settings import COST_COLUMNS, KINDS, CostPlace, Sources, TablePlace
from xlfunnel.templates.blocks import Col, Role, place_note, place_table, place_title
from xlfunnel.templates.book import Rule
from xlfunnel.units import Status, Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row

SHEET: Final = "Source"
QUESTION: Final = "Where does a warehouse keep the records, and which of its columns is which?"
TABLES_TABLE: Final = "SourceTables"
COLUMNS_TABLE: Final = "SourceColumns"
CONNECTIONS_TABLE: Final = "SourceConnections"
STAGES_TABLE: Final = "SourceStages"
TOLD: Final = "source_told"
"""The cell with what the last refresh counted."""

GIVEN: Final = "In the file"
YOURS: Final = "Yours"
CONNECTION: Final = "Connection"
GIVEN_KIND, GIVEN_ADDRESS = "Kind in the file", "Address in the file"
YOUR_KIND, YOUR_ADDRESS = "Your kind", "Your address"
STAGE: Final = "Stage"
GIVEN_DATE, GIVEN_STATUS = "Column in the file", "Status in the file"
YOUR_DATE, YOUR_STATUS = "Your column", "Your status"

ANY: Final = "all"
"""Stands in the place of a kind of records for what holds for the whole source."""
OF_ALL: Final = ("crm", "segments")
OF_TABLE: Final = ("connection", "table", "query", "mart")
"""The settings of the whole source, and of each table, that one cell can hold."""

TABLES_COLUMNS: Final = (
    Col("Records", role=Role.HELD, width=100),
    Col("Setting", role=Role.HELD, width=130, shrink=True),
    Col("What it means", role=Role.HELD, width=400, shrink=True),
    Col(GIVEN, role=Role.HELD, width=210, shrink=True),
    Col(YOURS, width=210, shrink=True),
)
FIELD_COLUMNS: Final = (
    Col("Records", role=Role.HELD, width=100),
    Col("Field", role=Role.HELD, width=130, shrink=True),
    *TABLES_COLUMNS[2:],
)
CONNECTION_COLUMNS: Final = (
    Col(CONNECTION, role=Role.HELD, width=130, shrink=True),
    Col(GIVEN_KIND, role=Role.HELD, width=124),
    Col(GIVEN_ADDRESS, role=Role.HELD, width=230, shrink=True),
    Col(YOUR_KIND, choices=KINDS, hint="What the address is of.", width=124),
    Col(
        YOUR_ADDRESS,
        hint="A file beside this workbook, or blank: the address that is known on this computer. Never a password.",
        width=230,
        shrink=True,
    ),
)
STAGE_COLUMNS: Final = (
    Col(STAGE, role=Role.HELD, width=130, shrink=True),
    Col(GIVEN_STATUS, role=Role.HELD, width=124),
    Col(GIVEN_DATE, role=Role.HELD, width=230, shrink=True),
    Col(
        YOUR_STATUS,
        choices=tuple(status.value for status in Status),
        hint="How such a deal stands; the sheet Mapping goes before.",
        width=124,
    ),
    Col(YOUR_DATE, hint="The column with the day on which a deal entered the stage.", width=230, shrink=True),
)
_SPARE_CONNECTIONS, _SPARE_STAGES, _SPARE_COLUMNS = 3, 8, 12
_LEFT: Final = 1
_RIGHT: Final = _LEFT + len(TABLES_COLUMNS) + 1
_GAP: Final = 26
_TOLD_LOOK: Final = styles.Style(bold=True)
NEVER: Final = "No refresh has counted a source yet."
RULES: Final = (
    (
        f'A refresh without files counts what stands here: "{YOURS}" goes before "{GIVEN}". A refresh with --source '
        f'counts the file alone and shows it under "{GIVEN}"; what you write stays.'
    ),
    (
        "An address leads out of the folder of this workbook only where it is known on this computer: xlfunnel "
        "connect sources.toml, once. No password belongs here; one that stands in an address stops the refresh."
    ),
)


def place_source(page: TemplatePage) -> None:
    """Write the tables with the fields of all kinds below them, and connections and stages beside them."""
    for left, columns in ((_LEFT, TABLES_COLUMNS), (_RIGHT, CONNECTION_COLUMNS)):
        for at, column in enumerate(columns, left):
            page.widen(at, column.width)
    page.fix(_RIGHT - 1, _GAP)
    page.value(page.row, _LEFT, str(page.book.contents.fields.get(TOLD) or NEVER), _TOLD_LOOK)
    page.book.name(TOLD, page, page.row, _LEFT)
    page.row += 1
    for words in RULES:
        place_note(page, words, left=_LEFT, right=_RIGHT - 2)
    page.row += 1
    top = page.row
    _place_left(page)
    end, page.row = page.row, top
    _place_right(page)
    page.row = max(end, page.row)


def _place_left(page: TemplatePage) -> None:
    place_title(
        page,
        "Tables",
        "For each kind of records a table, or a query in its place. What has neither is not read.",
        left=_LEFT,
        right=_RIGHT - 2,
    )
    tables = place_table(
        page, TABLES_TABLE, TABLES_COLUMNS, left=_LEFT, spare=0, rows=_filled(page, TABLES_TABLE, table_rows()),
        example=False,
    )  # fmt: skip
    _offer_marts(tables)
    place_title(
        page,
        "Columns",
        f"Name the column of a field, or {NO_COLUMN} where none holds it. What is not named is recognised as in an "
        "export, and stands on the sheet Mapping. Hours of people: write people and hours: Web, one row a channel.",
        right=_RIGHT - 2,
    )
    rows = _filled(page, COLUMNS_TABLE, column_rows())
    place_table(page, COLUMNS_TABLE, FIELD_COLUMNS, left=_LEFT, spare=_SPARE_COLUMNS, rows=rows, example=False)


def _place_right(page: TemplatePage) -> None:
    right = _RIGHT + len(CONNECTION_COLUMNS) - 1
    note = "Where the tables lie. A file is named as seen from this workbook."
    place_title(page, "Connections", note, left=_RIGHT, right=right)
    place_table(page, CONNECTIONS_TABLE, CONNECTION_COLUMNS, left=_RIGHT, spare=_SPARE_CONNECTIONS, example=False)
    place_title(
        page,
        "Stages",
        "Where a column says on which day a deal entered a stage, and what a stage stands for.",
        left=_RIGHT,
        right=right,
    )
    place_table(page, STAGES_TABLE, STAGE_COLUMNS, left=_RIGHT, spare=_SPARE_STAGES, example=False)


def table_rows() -> Iterator[Row]:
    """Every setting of the source and of its tables, with what the sources file's own model says of it."""
    for name in OF_ALL:
        yield ANY, name, Sources.model_fields[name].description
    for kind in (*Kind, *CostKind):
        model = TablePlace if isinstance(kind, Kind) else CostPlace
        for name in OF_TABLE:
            if name in model.model_fields and not (name == "mart" and not marts_of(Kind(kind))):
                yield kind.value, name, model.model_fields[name].description


def column_rows() -> Iterator[Row]:
    """Every field of every kind."""
    for kind, fields in FIELDS.items():
        yield from (
            (kind.value, field.name, field.meaning.replace("the rules under [[segments]]", "rules of segments"))
            for field in fields
        )
    for cost, names in COST_COLUMNS.items():
        yield from ((cost.value, name, _COSTS[name]) for name in names)


_COSTS: Final = {
    "channel": "marketing channel, as lead sources are named",
    "month": "month, or its first day",
    "amount": "what was spent",
    "kind": "program, tool, agency and the like",
    "role": "role of sales or marketing",
    "cost": "what the people of the role cost in the month",
    "burden": "what comes on top of it, as a share",
    "acquisition share": "share of their time that wins new customers",
}


def _filled(page: TemplatePage, table: str, rows: Iterator[Row]) -> tuple[Row, ...]:
    """The rows with what the contents say of each, and then what the contents have beyond them."""
    given = {(row[0], row[1]): row for row in page.book.contents.tables.get(table, ())}
    own = tuple((*row, *given.pop((row[0], row[1]), (None,) * 4)[3:]) for row in rows)
    return (*own, *given.values())


def _offer_marts(tables: Placed) -> None:
    """Let the marts of a kind be chosen."""
    area = tables.area(YOURS)
    for number, (kind, name, _) in enumerate(table_rows()):
        if name == "mart":
            rule = Rule.of(Unit.TEXT, "A table of a dbt package.", tuple(sorted(marts_of(Kind(str(kind))))))
            row = area.top + number
            tables.page.sheet.data_validation(row, area.left, row, area.left, dict(rule.options))
