"""xlwings Server: Excel on a Mac, in a browser or on Windows, which sends values and takes a list of calls.

What is sent are values, names and tables, no formulas and no file. Where the saved workbook lies among the exports on
the server and says what is shown, it is worked on. Otherwise a planning workbook is built anew from its template and
filled with what was sent; where names or tables stand elsewhere than the template has them, nothing is written.
"""

from __future__ import annotations

import math
import os
import re
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import Stopped
from xlfunnel.hosts.applying import name_in
from xlfunnel.hosts.changes import LookChange, Wider
from xlfunnel.hosts.held_cells import BLANK as BLANK_CELL
from xlfunnel.hosts.held_cells import held_row
from xlfunnel.hosts.host import NothingChosen, OnlyAsFile
from xlfunnel.ooxml.faults import CannotGrow, NoRoomToGrow
from xlfunnel.ooxml.references import area_of, place_of
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates.alignment_dashboard import TEMPLATE as ALIGNMENT_DASHBOARD
from xlfunnel.templates.build import TEMPLATES, build_template
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import exports_in
from xlfunnel.templates.ours import NotOurs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import xlwings as xw

    from xlfunnel.ooxml.references import Area
    from xlfunnel.ooxml.values import CellValue, Writable
    from xlfunnel.templates.template import Template

FOLDER: Final = "XLFUNNEL_EXPORTS"
"""The environment variable with the folder of the exports on the server."""

_CHARACTER, _PADDING, _POINT = 7, 5, 0.75
"""Pixels of a sign and of the edges of a column, and points of a pixel."""

_SECOND: Final = 1.5 / 86_400
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")
"""How a date is sent."""


class NoFolder(Stopped):
    """The server does not say where the exports lie."""


class NotSaved(Stopped):
    """The file on the server is missing, or is not what is shown."""


class OtherLayout(Stopped):
    """The workbook is not laid out as its template is."""


class Server:
    """An open workbook as xlwings Server sees it."""

    def __init__(self, book: xw.Book) -> None:
        self._book = book

    @property
    def book(self) -> xw.Book:
        """The open workbook."""
        return self._book

    @property
    def place(self) -> Path:
        """A name in the folder of the exports: what the workbook names is looked for there."""
        folder = os.environ.get(FOLDER, "")
        if not folder:
            msg = f"The server does not know where the exports lie: set {FOLDER} in its environment to their folder."
            raise NoFolder(msg)
        return Path(folder) / str(self._book.name)

    def chosen(self) -> tuple[Path, ...]:
        """Everything in the folder of the exports."""
        found = exports_in(self.place.parent, self.place)
        if not found:
            msg = f'There is no export in the folder "{self.place.parent}" of the server.'
            raise NothingChosen(msg)
        return found

    def copied(self, folder: Path) -> Path:
        """The saved workbook, if it says what is shown; else the template, filled with what was sent."""
        if self.place.is_file():
            content = self.place.read_bytes()
            self._check_saved(WorkbookFile.from_bytes(content))
            path = folder / self.place.name
        else:
            template, edition = self._template(), self._edition()
            file = WorkbookFile.from_bytes(build_template(template, edition, BLANK))
            self._fit(file)
            content = file.to_bytes()
            path = folder / f"{self.place.stem}{edition.suffix}"
        path.write_bytes(content)
        return path

    def told(self, _what: str, _share: float) -> None:
        """There is no status bar."""

    @contextmanager
    def working(self) -> Iterator[None]:
        """There is nothing to show."""
        yield

    @contextmanager
    def quiet(self, _sheets: Collection[str]) -> Iterator[None]:
        """Excel draws when all calls are made; that ends by itself."""
        self._book.app.screen_updating = False
        yield

    def look(self, change: LookChange) -> None:
        """Give a column its room; charts follow their tables, and nothing gives them other words."""
        if isinstance(change, Wider):
            column: Any = self._book.sheets[change.sheet].range((1, change.column + 1))
            column.column_width = (change.width * _CHARACTER + _PADDING) * _POINT

    def kept(self, _before: bytes) -> str:
        """There is no file to copy."""
        return (
            "No undo copy could be kept here: File → Info → Version History has the version before. Texts for screen "
            "readers on charts are those of the refresh before."
        )

    def replaced(self, _before: bytes, _after: bytes, why: str) -> None:
        """There is no file to replace."""
        msg = (
            f"This refresh changes more than cells ({why}), which cannot be done from here, and nothing was changed. "
            "Refresh the workbook in Excel for Windows, or in a terminal: xlfunnel refresh BOOK EXPORT… --as-of DATE"
        )
        raise OnlyAsFile(msg)

    def _edition(self) -> Edition:
        name = str(self._book.name).lower()
        return Edition.FUNCTIONS if name.endswith(Edition.FUNCTIONS.suffix) else Edition.FORMULAS

    def _template(self) -> Template:
        found = [one for one in TEMPLATES.values() if {"Start", "Definitions", *one.sheets} <= self._shown()]
        if len(found) != 1:
            msg = f'"{self._book.name}" does not have the sheets of a workbook of xlfunnel.'
            raise NotOurs(msg)
        if found[0] is ALIGNMENT_DASHBOARD:
            msg = (
                f'A dashboard is refreshed from its file, and "{self._book.name}" is not in the folder of the '
                "exports on the server. Save it there, or refresh it in Excel for Windows."
            )
            raise NotSaved(msg)
        return found[0]

    # -- what was sent

    def _check_saved(self, file: WorkbookFile) -> None:
        """Raise `NotSaved` where the file on the server holds other values, tables or names than are shown."""
        for table in file.tables.values():
            if self._sent_area(table.sheet, table.name) != table.whole:
                raise NotSaved(_unsaved(self.place, f"the table {table.name}"))
        for sheet in file.sheets:
            if sheet not in self._shown():
                raise NotSaved(_unsaved(self.place, f"the sheet {sheet}"))
            for row, column, held, value in self._inputs(file, sheet):
                if not _same(held, file.storable(value, sheet)):
                    raise NotSaved(_unsaved(self.place, file.cell_name(sheet, row, column)))

    def _shown(self) -> set[str]:
        return {sheet.name for sheet in self._book.sheets}

    def _sent_area(self, sheet: str, table: str) -> Area | None:
        """Where a table was sent to stand."""
        tables: Any = self._book.sheets[sheet].tables if sheet in self._shown() else ()
        return area_of(str(tables[table].range.address)) if table in tables else None

    def _fit(self, file: WorkbookFile) -> None:
        """Give tables the lengths and cells the values that were sent. Raises `OtherLayout`."""
        self._fit_tables(file)
        self._check_names(file)
        for sheet in file.sheets:
            for row, column, held, value in list(self._inputs(file, sheet)):
                if held != file.storable(value, sheet):
                    file.write(sheet, row, column, value)

    def _fit_tables(self, file: WorkbookFile) -> None:
        for name in list(file.tables):
            table = file.table(name)
            sent = self._sent_area(table.sheet, name)
            if sent is None or (sent.top, sent.left, sent.right) != (table.whole.top, table.left, table.right):
                raise OtherLayout(_other(f"the table {name} stands elsewhere"))
            more = sent.bottom - table.whole.bottom
            try:
                file.grow(name, more) if more > 0 else file.shrink(name, -more)
            except (CannotGrow, NoRoomToGrow) as fault:
                raise OtherLayout(_other(f"the table {name} is {table.rows + more} rows long")) from fault

    def _check_names(self, file: WorkbookFile) -> None:
        for key, place in file.names.items():
            scope, _, name = key.rpartition("!")
            held = name_in(self._book, scope, name)
            sent = None if held is None else place_of(str(held.refers_to or "").removeprefix("="))
            if sent != (place.sheet, place.area):
                raise OtherLayout(_other(f"the name {key} leads elsewhere"))

    def _inputs(self, file: WorkbookFile, sheet: str) -> Iterator[tuple[int, int, CellValue, Writable]]:
        """The cells of a sheet that hold no formula: row, column, what the file has there, and what was sent."""
        part, fixed = file.sheet_part(sheet), _fixed(file, sheet)
        for row, cells in enumerate(self._sent(sheet)):
            held = held_row(part, row)
            for column, value in enumerate(cells):
                cell = held.get(column, BLANK_CELL)
                if cell.formula is None and (row, column) not in fixed:
                    yield row, column, cell.value, _value(value)

    def _sent(self, sheet: str) -> list[list[Any]]:
        shown: Any = self._book.sheets[sheet]
        used = shown.used_range
        rows, columns = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
        sent: list[list[Any]] = shown.range((1, 1), (rows, columns)).raw_value
        return sent


def _fixed(file: WorkbookFile, sheet: str) -> set[tuple[int, int]]:
    """The cells of a sheet that take no value: headings of tables, and what spilled results or merged cells cover."""
    part = file.sheet_part(sheet)
    fixed = {at for area in part.arrays for at in area.cells()}
    fixed |= {at for area in part.merged for at in area.cells() if at != (area.top, area.left)}
    for table in file.tables.values():
        if table.sheet == sheet:
            fixed |= {(table.header_row, column) for column in range(table.left, table.right + 1)}
    return fixed


def _value(value: Any) -> Writable:
    if value == "":
        return None
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value.removesuffix("Z"))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _same(held: CellValue, sent: CellValue) -> bool:
    """Whether a cell holds what was sent; moments are sent to the second."""
    if isinstance(held, float) and isinstance(sent, float):
        return math.isclose(held, sent, rel_tol=1e-12, abs_tol=_SECOND)
    return (held or None) == (sent or None) if isinstance(held, (str, type(None))) else held == sent


def _unsaved(place: Path, what: str) -> str:
    return (
        f'The file "{place.name}" on the server is not what is shown here: {what} differs. Save the workbook, wait '
        "until the server has it, and try again. Nothing was changed."
    )


def _other(what: str) -> str:
    return (
        f"The workbook is not laid out as its template: {what}. Nothing was changed. Refresh it in Excel for "
        "Windows, or in a terminal: xlfunnel refresh BOOK EXPORT… --as-of DATE"
    )
