"""The sheet What changed of a workbook whose measured cells a refresh writes: what they were, and what they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlfunnel.changes import sentence
from xlfunnel.templates.blocks import Col, Role, place_table, place_title
from xlfunnel.templates.quarter_days import day_in
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from datetime import date

    from xlfunnel.changes import Changes
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.book import TemplatePage

SHEET: Final = "What changed"
QUESTION: Final = "What did the last refresh change, and by how much?"
TOLD, AS_OF, SINCE = "what_changed", "changes_as_of", "changes_since"
"""The cells with the sentence, the day of the refresh, and that of the one before."""

TABLE: Final = "LastChanges"
_MOST: Final = 200
_SPARE: Final = 5
_LATER: Final = "Comes with the first refresh; from the second on the measured cells stand here, before and now."
_SHARE: Final = '"+"0.0 %;"−"0.0 %;0.0 %'
_COLUMNS: Final = (
    Col("Figure", role=Role.HELD, width=460),
    Col("Before", role=Role.HELD, width=130),
    Col("Now", role=Role.HELD, width=130),
    Col("Change", Unit.SHARE, role=Role.HELD, width=90, number_format=_SHARE),
)


def place_change_log(page: TemplatePage) -> None:
    """Write the sheet as it is before any refresh."""
    for at, column in enumerate(_COLUMNS, 1):
        page.widen(at, column.width)
    page.paragraph(page.row, 1, len(_COLUMNS), _LATER, styles.MESSAGE)
    page.book.name(TOLD, page, page.row, 1)
    page.height(page.row, 64)
    page.row += 2
    for label, name in (("The last refresh was as of", AS_OF), ("The one before was as of", SINCE)):
        page.text(page.row, 1, label, styles.NOTE)
        page.value(page.row, 2, None, replace(styles.BODY, align="left", number_format="d mmm yyyy", bold=True))
        page.book.name(name, page, page.row, 2)
        page.row += 1
    page.row += 1
    place_title(page, "Measured cells", "The largest changes first.", right=len(_COLUMNS))
    place_table(page, TABLE, _COLUMNS, spare=_SPARE, example=False)


def logged_on(file: WorkbookFile) -> date | None:
    """The day of the refresh before; None where there was none, or an older version did not keep it."""
    return day_in(file, AS_OF)


def keep_changes(file: WorkbookFile, changes: Changes) -> None:
    """Write what a refresh changed, where the workbook has a place for it.

    A second refresh of the same day that changes nothing leaves what stands there.
    """
    if not all(file.named(name) for name in (TOLD, AS_OF, SINCE)) or TABLE not in file.tables:
        return
    if changes.nothing and changes.since == changes.as_of:
        return
    file.write_name(TOLD, sentence(changes))
    file.write_name(AS_OF, changes.as_of)
    file.write_name(SINCE, changes.since)
    cells = changes.cells if changes.since is not None and changes.cells else ()
    rows = [{"Figure": one.where, "Before": one.before, "Now": one.now, "Change": one.share} for one in cells[:_MOST]]
    file.fill(TABLE, rows)
