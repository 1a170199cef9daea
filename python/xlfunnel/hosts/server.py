"""xlwings Server: Excel on a Mac, in a browser or on Windows, which sends values and takes a list of calls.

What is sent are values, names and tables, no formulas and no file: so the workbook is built anew from its template
and filled with what was sent. Where names or tables stand elsewhere than the template has them, nothing is written.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import Stopped
from xlfunnel.hosts.applying import name_in
from xlfunnel.hosts.host import NothingChosen, OnlyAsFile
from xlfunnel.ooxml.faults import CannotGrow, NoRoomToGrow
from xlfunnel.ooxml.references import area_of, place_of
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates.alignment_dashboard import TEMPLATE as ALIGNMENT_DASHBOARD
from xlfunnel.templates.alignment_dashboard.sheets import REMADE
from xlfunnel.templates.book import OWN_AREA
from xlfunnel.templates.build import TEMPLATES, build_template
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import exports_in
from xlfunnel.templates.ours import NotOurs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import xlwings as xw

    from xlfunnel.hosts.changes import LookChange
    from xlfunnel.ooxml.values import Writable
    from xlfunnel.templates.template import Template

FOLDER: Final = "XLFUNNEL_EXPORTS"
"""The environment variable with the folder of the exports on the server."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")
"""How a date is sent."""


class NoFolder(Stopped):
    """The server does not say where the exports lie."""


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
        """The template, filled with what was sent."""
        template, edition = self._template(), self._edition()
        file = WorkbookFile.from_bytes(build_template(template, edition, BLANK))
        self._fit(file, [sheet for sheet in file.sheets if sheet not in self._made_anew(template)])
        path = folder / f"{Path(str(self._book.name)).stem}{edition.suffix}"
        path.write_bytes(file.to_bytes())
        return path

    def seen(self, before: bytes, after: bytes) -> bytes:
        """Sheets that are made anew are compared with what was sent of them."""
        sheets = self._made_anew(self._template())
        if not sheets:
            return before
        self._refuse_personal(sheets)
        file = WorkbookFile.from_bytes(after)
        self._fit(file, file.sheets)
        return file.to_bytes()

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
        """No call that hosts share says it."""

    def kept(self, _before: bytes) -> str:
        """There is no file to copy."""
        return (
            "No undo copy could be kept here: File → Info → Version History has the version before. Texts for screen "
            "readers on charts are those of the refresh before."
        )

    def replaced(self, _before: bytes, _after: bytes) -> None:
        """There is no file to replace."""
        msg = (
            "This refresh changes more than cells, which cannot be done from here, and nothing was changed. Refresh "
            "the workbook in Excel for Windows, or in a terminal: xlfunnel refresh BOOK EXPORT… --as-of DATE"
        )
        raise OnlyAsFile(msg)

    def _edition(self) -> Edition:
        name = str(self._book.name).lower()
        return Edition.FUNCTIONS if name.endswith(Edition.FUNCTIONS.suffix) else Edition.FORMULAS

    def _template(self) -> Template:
        shown = {sheet.name for sheet in self._book.sheets}
        found = [one for one in TEMPLATES.values() if {"Start", "Definitions", *one.sheets} <= shown]
        if len(found) != 1:
            msg = f'"{self._book.name}" does not have the sheets of a workbook of xlfunnel.'
            raise NotOurs(msg)
        return found[0]

    def _made_anew(self, template: Template) -> tuple[str, ...]:
        return REMADE if template is ALIGNMENT_DASHBOARD else ()

    # -- what was sent

    def _fit(self, file: WorkbookFile, sheets: Collection[str]) -> None:
        """Give tables the lengths and cells the values that were sent. Raises `OtherLayout`."""
        shown = {sheet.name for sheet in self._book.sheets}
        if missing := [sheet for sheet in sheets if sheet not in shown]:
            raise OtherLayout(_other(f'the sheet "{missing[0]}" is missing'))
        self._fit_tables(file, sheets)
        self._check_names(file, sheets)
        for sheet in sheets:
            self._fill(file, sheet)

    def _fit_tables(self, file: WorkbookFile, sheets: Collection[str]) -> None:
        for name in [name for name, table in file.tables.items() if table.sheet in sheets]:
            table = file.table(name)
            tables: Any = self._book.sheets[table.sheet].tables
            sent = area_of(str(tables[name].range.address)) if name in tables else None
            if sent is None or (sent.top, sent.left, sent.right) != (table.whole.top, table.left, table.right):
                raise OtherLayout(_other(f"the table {name} stands elsewhere"))
            more = sent.bottom - table.whole.bottom
            try:
                file.grow(name, more) if more > 0 else file.shrink(name, -more)
            except (CannotGrow, NoRoomToGrow) as fault:
                raise OtherLayout(_other(f"the table {name} is {table.rows + more} rows long")) from fault

    def _check_names(self, file: WorkbookFile, sheets: Collection[str]) -> None:
        for key, place in file.names.items():
            if place.sheet not in sheets:
                continue
            scope, _, name = key.rpartition("!")
            if name == OWN_AREA:  # it reaches as far as the records, which are fewer or more now
                _lead(file, scope, name, self._refers_to(scope, name))
            elif place_of(self._refers_to(scope, name)) != (place.sheet, place.area):
                raise OtherLayout(_other(f"the name {key} leads elsewhere"))

    def _refers_to(self, scope: str, name: str) -> str:
        """Where a name was sent to lead, without its equals sign; "" where it was not sent."""
        held = name_in(self._book, scope, name)
        return "" if held is None else str(held.refers_to or "").removeprefix("=")

    def _fill(self, file: WorkbookFile, sheet: str) -> None:
        """Put what was sent into every cell that holds no formula of the template."""
        fixed = _fixed(file, sheet)
        for row, cells in enumerate(self._sent(sheet)):
            for column, value in enumerate(cells):
                if (row, column) in fixed or file.formula(sheet, row, column) is not None:
                    continue
                if file.value(sheet, row, column) != file.storable(value, sheet):
                    file.write(sheet, row, column, value)

    def _sent(self, sheet: str) -> list[list[Writable]]:
        shown: Any = self._book.sheets[sheet]
        used = shown.used_range
        rows, columns = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
        values = shown.range((1, 1), (rows, columns)).raw_value
        return [[_value(value) for value in row] for row in values]

    def _refuse_personal(self, sheets: Collection[str]) -> None:
        """Cells of a person's own move with their record, and their formulas are not sent: leave them alone."""
        for sheet in sheets:
            place = place_of(self._refers_to(sheet, OWN_AREA))
            if place is None:
                raise OtherLayout(_other(f"the name {OWN_AREA} of the sheet {sheet} is missing"))
            for row, cells in enumerate(self._sent(sheet)):
                if any(value not in {None, ""} and not place[1].holds(row, at) for at, value in enumerate(cells)):
                    raise OtherLayout(
                        _other(f'on the sheet "{sheet}" something of your own stands beside the results')
                    )


def _lead(file: WorkbookFile, scope: str, name: str, refers_to: str) -> None:
    """Let a name of a sheet lead where it was sent to lead."""
    if place_of(refers_to) is None:
        raise OtherLayout(_other(f"the name {name} of the sheet {scope} is missing"))
    block = file.changing_root().child("definedNames")
    number = file.sheets.index(scope)
    for item in block.elements("definedName") if block else ():
        if item.attributes.get("name") == name and item.whole("localSheetId", -1) == number:
            item.children = [refers_to]


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


def _other(what: str) -> str:
    return (
        f"The workbook is not laid out as its template: {what}. Nothing was changed. Refresh it in Excel for "
        "Windows, or in a terminal: xlfunnel refresh BOOK EXPORT… --as-of DATE"
    )
