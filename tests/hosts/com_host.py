"""The button's script run as Excel on Windows runs it, one JSON line in, one out.

xlwings' own code runs, with stand-ins for pywin32 and for Excel, whose cells are those of a workbook file. In: `path`
of the open workbook, `picked` in the dialog (false: none), and where wanted `unsaved`, `answer` to a question,
`password` on its sheets, the number of the change that `fails`, `cloud` address, `today`. Out: what the person was
told, what the status bar showed, and how Excel was left; the open workbook is written to `live`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.excel import windows
from tests.hosts.open_book import OpenBook

from xlfunnel.ooxml.references import Area

AUTOMATIC, MANUAL = -4105, -4135
NO_SUCH_THING = -2147352567
YES, NO = 6, 7


class NotThere(windows.ComError):
    """What Excel raises where it has no thing of that name."""

    hresult = NO_SUCH_THING


class Application:
    """Excel: how it looks, and what was asked of the person."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.ScreenUpdating, self.EnableEvents, self.Calculation = True, True, AUTOMATIC
        self.AutomationSecurity, self.Hwnd, self.shown, self.DisplayAlerts = 1, 1, ["Ready"], True
        self.wanted, self.asked, self.changes = wanted, list[str](), 0
        self.book = Workbook(self, Path(wanted["path"]))
        self.Workbooks = Workbooks(self)

    @property
    def StatusBar(self) -> str:
        return self.shown[-1]

    @StatusBar.setter
    def StatusBar(self, words: str) -> None:
        self.shown.append(words)

    def GetOpenFilename(self, *_: Any) -> Any:
        self.asked.append("files")
        return tuple(self.wanted["picked"]) if self.wanted["picked"] else False

    def open(self, path: str) -> Workbook:
        assert self.AutomationSecurity == 2, "its macros would run unasked"
        assert not self.book.is_open
        self.book = Workbook(self, Path(path))
        return self.book

    def changed(self, sheet: Sheet) -> None:
        """Before every change: Excel stands still, and the sheet lets itself be changed."""
        assert not self.ScreenUpdating
        assert not self.EnableEvents
        assert self.Calculation == MANUAL
        assert not sheet.ProtectContents, "Excel refuses"
        self.changes += 1
        if self.changes == self.wanted.get("fails"):
            raise windows.ComError("Excel is busy\nThe call was rejected by Excel")


class Workbooks:
    """The open workbooks; closed ones are not found."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, name: str) -> Workbook:
        if not self.application.book.is_open:
            raise NotThere(name)
        return self.application.book

    def Open(self, path: str, *_: Any) -> Workbook:
        return self.application.open(path)


class Workbook:
    """An open workbook."""

    def __init__(self, application: Application, path: Path) -> None:
        self.Application, self.path, self.is_open = application, path, True
        self.Name, self.Path = path.name, str(path.parent)
        self.FullName = application.wanted.get("cloud", "") + (path.name if application.wanted.get("cloud") else "")
        self.FullName = self.FullName or str(path)
        self.Saved = not application.wanted.get("unsaved", False)
        self.cells = OpenBook(path.read_bytes(), path.name)
        self.sheets = {name: Sheet(self, name) for name in self.cells.file.sheets}
        self.ActiveSheet = next(iter(self.sheets.values()))
        self.Worksheets = Sheets(self)
        self.drawn: list[list[str]] = []
        kind = SimpleNamespace(GetTypeAttr=lambda: SimpleNamespace(iid="a workbook's"))
        self._oleobj_ = SimpleNamespace(GetTypeInfo=lambda: kind)

    def SaveCopyAs(self, path: str) -> None:
        Path(path).write_bytes(self.cells.file.to_bytes())

    def Close(self, SaveChanges: bool) -> None:
        assert not SaveChanges
        self.is_open = False

    @property
    def Names(self) -> Names:
        return Names(self.cells, "")


class Sheets:
    """The sheets of a workbook."""

    def __init__(self, book: Workbook) -> None:
        self.Parent, self.Count = book, len(book.sheets)

    def __call__(self, name: str) -> Sheet:
        return self.Parent.sheets[name]

    def __iter__(self) -> Iterator[Sheet]:
        return iter(self.Parent.sheets.values())


class Sheet:
    """A sheet, protected as ours are."""

    def __init__(self, book: Workbook, name: str) -> None:
        self.Parent, self.Name = book, name
        protection = book.cells.file.sheet_part(name).tree.child("sheetProtection")
        self.ProtectContents = self.was_protected = protection is not None
        self.ProtectDrawingObjects, self.ProtectScenarios = True, False
        self.Protection = Protection()
        self.protected_with: tuple[Any, ...] = ()
        self.PageSetup = PageSetup(self)

    @property
    def ListObjects(self) -> ListObjects:
        return ListObjects(self)

    @property
    def Names(self) -> Names:
        return Names(self.Parent.cells, self.Name)

    def Cells(self, row: int, column: int) -> Range:
        return Range(self, Area(row - 1, column - 1, row - 1, column - 1))

    def Range(self, first: Range, last: Range) -> Range:
        return Range(self, Area(first.area.top, first.area.left, last.area.bottom, last.area.right))

    def Unprotect(self, password: str) -> None:
        assert password == ""
        if self.Parent.Application.wanted.get("password"):
            raise windows.ComError("wrong password")
        self.ProtectContents = False

    def Protect(self, *how: Any) -> None:
        self.ProtectContents, self.protected_with = True, how

    def Activate(self) -> None:
        self.Parent.ActiveSheet = self

    def Shapes(self, name: str) -> Any:
        return SimpleNamespace(Name=name)

    def ChartObjects(self, name: str) -> Any:
        """A chart whose series note what they are to draw."""

        def series(called: str) -> Series:
            return Series(self.Parent, [self.Name, name, called])

        return SimpleNamespace(Chart=SimpleNamespace(SeriesCollection=series))

    def Columns(self, _number: int) -> Any:
        return SimpleNamespace(ColumnWidth=8.0)


class Protection:
    """Ours allow filters; whatever else is asked for is not allowed."""

    AllowFiltering = True

    def __getattr__(self, name: str) -> bool:
        return False


class Range:
    """Cells of a sheet."""

    def __init__(self, sheet: Sheet, area: Area) -> None:
        self.sheet, self.area, self.Worksheet = sheet, area, sheet
        self.Row, self.Column, self.Address = area.top + 1, area.left + 1, area.name
        self.Rows = SimpleNamespace(Count=area.bottom - area.top + 1)
        self.Columns = SimpleNamespace(Count=area.right - area.left + 1)
        self.Count = (area.bottom - area.top + 1) * (area.right - area.left + 1)
        self.cells = sheet.Parent.cells

    def __call__(self, row: int, column: int) -> Range:
        return self.sheet.Cells(self.area.top + row, self.area.left + column)

    def action(self, **more: Any) -> dict[str, Any]:
        """The cells as the other way tells them, before they are changed."""
        self.sheet.Parent.Application.changed(self.sheet)
        return self._place(**more)

    def _place(self, **more: Any) -> dict[str, Any]:
        area = self.area
        size = {"row_count": area.bottom - area.top + 1, "column_count": area.right - area.left + 1}
        place = {"sheet_position": list(self.sheet.Parent.sheets).index(self.sheet.Name)}
        return place | {"start_row": area.top, "start_column": area.left} | size | more

    def __setattr__(self, name: str, value: Any) -> None:
        calls = {
            "Value": lambda: self.cells.set_values(self.action(values=value)),
            "Formula2": lambda: self.cells.set_formula(self.action(values=value)),
            "NumberFormat": lambda: self.cells.set_number_format(self.action(args=[value])),
            "RowHeight": lambda: self.cells.set_row_height(self.action(args=[value])),
        }
        if name in calls:
            calls[name]()
        else:
            object.__setattr__(self, name, value)

    def Copy(self, Destination: Range) -> None:
        Destination.action()
        there = list(self.sheet.Parent.sheets).index(Destination.sheet.Name)
        self.cells.copy_range(self._place(args=[there, Destination.area.name]))

    def Merge(self, Across: bool) -> None:
        assert not Across
        self.cells.merge(self.action())

    def UnMerge(self) -> None:
        self.cells.unmerge(self.action())

    @property
    def Font(self) -> Font:
        return Font(self)

    def Clear(self) -> None:
        self.cells.clear_range(self.action())


class Series:
    """A series of a chart."""

    def __init__(self, book: Workbook, name: list[str]) -> None:
        object.__setattr__(self, "held", (book, name))

    def __setattr__(self, part: str, cells: Range) -> None:
        book, name = object.__getattribute__(self, "held")
        book.drawn.append([*name, part, f"{cells.sheet.Name}!{cells.area.name}"])


class Font:
    """How the words of some cells are written."""

    def __init__(self, cells: Range) -> None:
        object.__setattr__(self, "cells", cells)

    def __setattr__(self, name: str, value: int) -> None:
        assert name == "Color"
        color = "".join(f"{value >> shift & 255:02x}" for shift in (0, 8, 16))
        cells: Range = object.__getattribute__(self, "cells")
        cells.cells.set_font(cells.action(args=["color", f"#{color}"]))


class ListObjects:
    """The tables of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def Item(self, name: str) -> Any:
        own = [t for t in self.sheet.Parent.cells.file.tables.values() if t.sheet == self.sheet.Name]
        number = [table.name for table in own].index(name)

        def resize(target: Range) -> None:
            action = target.action(args=[number, target.area.name])
            self.sheet.Parent.cells.resize_table(action)

        return SimpleNamespace(Resize=resize)


class Names:
    """The names that hold in a workbook, or on one of its sheets."""

    def __init__(self, cells: OpenBook, scope: str) -> None:
        self.cells, self.scope = cells, scope

    @property
    def Count(self) -> int:
        return len(self._held())

    def _held(self) -> list[str]:
        number = self.cells.file.sheets.index(self.scope) if self.scope else -1
        return [name for name, scope, _ in self.cells._defined() if scope == number]

    def __call__(self, key: str | int) -> Name:
        return Name(self.cells, key if isinstance(key, str) else self._held()[key - 1], self.scope)


class Name:
    """A name of cells."""

    def __init__(self, cells: OpenBook, name: str, scope: str) -> None:
        self.cells, self.Name, self.scope = cells, name, scope
        if (name, cells.file.sheets.index(scope) if scope else -1) not in {one[:2] for one in cells._defined()}:
            raise NotThere(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "RefersTo":
            scope = self.cells.file.sheets.index(self.scope) if self.scope else -1
            self.cells._lead(self.Name, scope, value)
        else:
            object.__setattr__(self, name, value)


class PageSetup:
    """How a sheet is printed."""

    def __init__(self, sheet: Sheet) -> None:
        object.__setattr__(self, "first", Range(sheet, Area(0, 0, 0, 0)))

    def __setattr__(self, name: str, value: str) -> None:
        assert name == "PrintArea"
        first: Range = object.__getattribute__(self, "first")
        first.cells.set_print_area(first.action(args=[value]))


def answered(wanted: dict[str, Any]) -> dict[str, Any]:
    win32api, win32con = import_module("win32api"), import_module("win32con")
    application = Application(wanted)
    for name, number in (("MB_OK", 0), ("MB_OKCANCEL", 1), ("MB_YESNO", 4), ("MB_YESNOCANCEL", 3)):
        setattr(win32con, name, number)
    for name in ("MB_ICONINFORMATION", "MB_ICONWARNING"):
        setattr(win32con, name, 64)

    def asked(_window: int, question: str, *_: Any) -> int:
        application.asked.append(question)
        return YES if wanted.get("answer") == "yes" else NO

    setattr(win32api, "MessageBox", asked)  # noqa: B010  # no such module is known here
    moment = datetime.fromisoformat(wanted["today"]) if "today" in wanted else datetime.now()  # noqa: DTZ005
    clock = SimpleNamespace(now=lambda: SimpleNamespace(astimezone=moment.astimezone))
    import_module("xlfunnel.hosts.scripts").datetime = clock  # type: ignore[attr-defined]
    book = application.book
    told = windows.call("xlfunnel.hosts.scripts", "refresh", book)
    Path(wanted["live"]).write_bytes(application.book.cells.file.to_bytes())
    quiet = (application.ScreenUpdating, application.EnableEvents, application.Calculation) == (True, True, AUTOMATIC)
    sheets = application.book.sheets.values()
    return {
        "told": told,
        "asked": application.asked,
        "shown": application.shown,
        "as_before": quiet and application.StatusBar == "Ready" and application.AutomationSecurity == 1,
        "protected": all(sheet.ProtectContents == sheet.was_protected for sheet in sheets),
        "protected_with": [list(sheet.protected_with) for sheet in sheets if sheet.protected_with],
        "changes": application.changes,
        "closed": not book.is_open,
        "formats": [[*at, code] for at, code in application.book.cells.formats.items()],
        "inks": [[*at, color] for at, color in application.book.cells.inks.items()],
        "drawn": application.book.drawn,
    }


def main() -> None:
    windows.load()
    for line in sys.stdin:
        try:
            told = answered(json.loads(line))
        except Exception as fault:  # the test that asked is told
            told = {"raised": repr(fault)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
