"""The Mapping sheet: what columns and stages were taken for, and the cells in which a person corrects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.crm.fields import FIELDS
from xlfunnel.crm.recognise import NO_COLUMN
from xlfunnel.templates.blocks import Col, Role, place_table, place_title
from xlfunnel.templates.book import Rule
from xlfunnel.units import Status, Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from xlfunnel.crm.fields import Field as FileField
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row

FIELDS_TABLE: Final = "MapFields"
STAGES_TABLE: Final = "MapStages"
COLUMNS_TABLE: Final = "MapColumns"
CRM_NAME: Final = "map_crm"
HEADERS: Final = "map_headers"
"""The name of the list of the files' headers, from which a column can be chosen."""

NOT_KNOWN: Final = "not known"
"""Stands for the status of a stage that nothing tells."""

YOURS: Final = "Your column"
YOUR_STATUS: Final = "Your word"
FOUND: Final = ("Taken from", "Example", "Recognised by")
"""What a refresh writes of each field."""

FIELD_COLUMNS: Final = (
    Col("Kind", role=Role.HELD, width=100),
    Col("Field", role=Role.HELD, width=130),
    Col("What it means", role=Role.HELD, width=430, shrink=True),
    Col(FOUND[0], role=Role.HELD, width=190, shrink=True),
    Col(FOUND[1], role=Role.HELD, width=150, shrink=True),
    Col(FOUND[2], role=Role.HELD, width=110, shrink=True),
    Col(YOURS, width=190, shrink=True),
)
COLUMNS_SEEN: Final = (
    Col("Records", role=Role.HELD, width=100),
    Col("Taken for", role=Role.HELD, width=130, shrink=True),
    Col("File", role=Role.HELD, width=430, shrink=True),
    Col("Column of the file", role=Role.HELD, width=190, shrink=True),
    Col("Example value", role=Role.HELD, width=150, shrink=True),
)
STAGE_COLUMNS: Final = (
    Col("Stage", role=Role.HELD, width=190, shrink=True),
    Col("Deals", Unit.COUNT, role=Role.HELD, width=84, unit_line=""),
    Col("Stands for", role=Role.HELD, width=100, shrink=True),
    Col("Told by", role=Role.HELD, width=110, shrink=True),
    Col(
        YOUR_STATUS,
        choices=tuple(status.value for status in Status),
        hint="How such a deal stands; the Definitions sheet goes before.",
        width=110,
    ),
)
_SPARE_STAGES, _SPARE_COLUMNS = 4, 4
_LEFT: Final = 1
_RIGHT: Final = _LEFT + len(FIELD_COLUMNS) + 1
_GAP: Final = 26


def place_mapping(page: TemplatePage) -> None:
    """Write the fields with the columns of all files below them, and the stages beside them."""
    _place_crm(page)
    page.fix(_RIGHT - 1, _GAP)
    top = page.row
    place_title(
        page,
        "Fields",
        f'A refresh says which column it took. Name another one under "{YOURS}", or {NO_COLUMN} where no column '
        "holds the field; what you write goes before what is recognised, and stays.",
        left=_LEFT,
        right=_RIGHT - 2,
    )
    fields = place_table(page, FIELDS_TABLE, FIELD_COLUMNS, left=_LEFT, spare=0, rows=field_rows(page), example=False)
    place_title(page, "Columns of the files", "All that the last refresh found, used or not.", right=_RIGHT - 2)
    columns = place_table(page, COLUMNS_TABLE, COLUMNS_SEEN, left=_LEFT, spare=_SPARE_COLUMNS, example=False)
    page.book.name_area(HEADERS, columns.area("Column of the file"))
    _offer_headers(fields)
    end, page.row = page.row, top
    _place_right(page)
    page.row = max(end, page.row)


def _place_crm(page: TemplatePage) -> None:
    page.text(page.row, _LEFT, "Name of the CRM, if it is none of the known", styles.BODY)
    value = page.book.contents.fields.get(CRM_NAME)
    page.enter(page.row, _LEFT + 2, value, styles.INPUT, Rule.of(Unit.TEXT, "Stands in the log in its place."))
    page.book.name(CRM_NAME, page, page.row, _LEFT + 2)
    page.row += 2


def _place_right(page: TemplatePage) -> None:
    place_title(
        page,
        "Stages",
        f'How deals with each word stand. Where that is wrong or blank, choose under "{YOUR_STATUS}".',
        left=_RIGHT,
        right=_RIGHT + len(STAGE_COLUMNS) - 1,
    )
    stages = place_table(page, STAGES_TABLE, STAGE_COLUMNS, left=_RIGHT, spare=_SPARE_STAGES, example=False)
    area = stages.area("Stands for")
    look = page.book.workbook.add_format({"font_color": styles.ORANGE, "bold": True})
    rule = {"type": "cell", "criteria": "==", "value": f'"{NOT_KNOWN}"', "format": look}
    page.sheet.conditional_format(area.top, area.left, area.bottom, area.right, rule)


def field_rows(page: TemplatePage) -> tuple[Row, ...]:
    """Every field of every kind of file, with what the contents say of it."""
    given = {(row[0], row[1]): row for row in page.book.contents.tables.get(FIELDS_TABLE, ())}
    blank = (None,) * (len(FIELD_COLUMNS) - 3)
    rows = ((kind.value, field.name, _meaning(field)) for kind, fields in FIELDS.items() for field in fields)
    return tuple((*row, *given.get(row[:2], (*row, *blank))[3:]) for row in rows)


def _meaning(field: FileField) -> str:
    return field.meaning.replace("the rules under [[segments]]", "rules of segments (Definitions)")


def _offer_headers(fields: Placed) -> None:
    """Let a column be chosen from those of the files, and another one be typed."""
    area = fields.area(YOURS)
    rule = {
        "validate": "list",
        "source": f"={HEADERS}",
        "error_type": "information",
        "error_title": "Not in the last files",
        "error_message": "The files of the last refresh have no such column. The next refresh looks for it.",
        "input_message": f"A column of the file, or {NO_COLUMN}.",
    }
    fields.page.sheet.data_validation(area.top, area.left, area.bottom, area.right, rule)
