"""Drives a LibreOffice that listens on a pipe; a Python that knows LibreOffice's UNO runs it.

Requests come over standard input: each is (command, arguments), and the answer (True, value) or (False, sentence).
The standard library and UNO alone, nothing newer than Python 3.8: this file runs where xlfunnel is not installed.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found, unused-ignore]

WAIT = 0.1
LARGEST = (1000, 100)
"""Rows and columns of an answer that are shown; a formula may answer a million rows."""
NEVER = 0
"""Macros are not run (MacroExecutionMode) and links not followed (UpdateDocMode): a workbook is data."""
ALL_CONTENTS = 1023
"""Every kind of cell content that clearContents knows."""
FORMULAS = 16
"""The kind of cell content that is computed (CellFlags)."""
ERRORS = 4
"""The kind of result that is an error (FormulaResult)."""
HEADINGS = (1060, 500)
"""Room that LibreOffice takes for row numbers and column letters on paper, in hundredths of a millimetre."""


class Sheets:
    """One LibreOffice with at most one open workbook; areas are cells of the sheet that it opens on."""

    def __init__(self, pipe: str, seconds: float) -> None:
        self._context = _connected(pipe, seconds)
        self._desktop = self._service("com.sun.star.frame.Desktop")
        self._book: Any = None

    def open(self, path: str | None) -> None:
        """Open a workbook and calculate it anew, or an empty one."""
        self.close()
        address = uno.systemPathToFileUrl(path) if path else "private:factory/scalc"
        options = _properties(Hidden=True, MacroExecutionMode=NEVER, UpdateDocMode=NEVER)
        book = self._desktop.loadComponentFromURL(address, "_blank", 0, options)
        if book is None or not book.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            msg = "LibreOffice cannot open it as a workbook"
            raise ValueError(msg)
        self._book = book
        self.recalculate()

    def close(self) -> None:
        """Close the workbook without saving."""
        book, self._book = self._book, None
        if book is not None:
            book.close(True)  # noqa: FBT003  # UNO knows no names of arguments

    def quit(self) -> None:
        """End LibreOffice."""
        self.close()
        self._desktop.terminate()

    def recalculate(self) -> float:
        """Calculate every formula anew; answers the seconds that it took."""
        begun = time.perf_counter()
        self._book.calculateAll()
        return time.perf_counter() - begun

    def save_as(self, path: str, kind: str) -> None:
        """Save a copy as a kind of file, by LibreOffice's name for it."""
        self._book.storeToURL(uno.systemPathToFileUrl(path), _properties(FilterName=kind))

    def put(self, area: str, rows: list[list[Any]]) -> None:
        """Write numbers and texts into an area; None makes the cell blank."""
        cells = self._area(area)
        cells.setDataArray(tuple(tuple("" if cell is None else cell for cell in row) for row in rows))

    def type_formula(self, area: str, formula: str) -> None:
        """Type a formula, as Excel spells it, into one cell, or as an array formula into an area."""
        cells = self._area(area)
        first = _first(cells)
        # The profile's formula syntax is Excel's, and FormulaLocal takes a formula as it is typed.
        first.FormulaLocal = formula
        if cells.Rows.Count > 1 or cells.Columns.Count > 1:
            tokens = first.getTokens()
            cells.clearContents(ALL_CONTENTS)
            cells.setArrayTokens(tokens)

    def read(self, area: str) -> list[list[tuple[Any, int, str]]]:
        """Each cell's number or text, the number of its error or 0, and the text that it shows."""
        return _read(self._area(area))

    def results(self) -> dict[str, list[tuple[int, int, Any, int]]]:
        """By sheet, of every formula: row and column from 0, the number or text that it gives, and its error."""
        return {sheet.Name: _results(sheet) for sheet in self._book.Sheets}

    def formula(self, area: str) -> str:
        """The formula of one cell as LibreOffice keeps it."""
        return str(self._area(area).getCellByPosition(0, 0).Formula)

    def wizard(self) -> dict[str, tuple[str, list[tuple[str, str, bool]]]]:
        """What the function wizard shows: description, and name, meaning and optionality of each argument."""
        described = self._service("com.sun.star.sheet.FunctionDescriptions")
        found = {}
        for index in range(described.getCount()):
            facts = {one.Name: one.Value for one in described.getByIndex(index)}
            arguments = [(one.Name, one.Description, one.IsOptional) for one in facts["Arguments"] or ()]
            found[facts["Name"]] = (facts["Description"], arguments)
        return found

    def show(self, formula: str, pdf: str | None) -> tuple[list[list[tuple[Any, int, str]]], tuple[int, int]]:
        """Type a formula beside the used cells, over as many cells as it fills.

        Answers these cells as `read` does, and how many rows and columns there would be if all were shown; `pdf` is
        where a picture of them goes.
        """
        first = self._free_cell()
        size = tuple(self._counted(first, f"={word}({formula.lstrip('=')})") for word in ("ROWS", "COLUMNS"))
        height, width = (min(count, most) for count, most in zip(size, LARGEST))  # noqa: B905  # newer than Python 3.8
        place = first.CellAddress
        cells = self._sheet.getCellRangeByPosition(
            place.Column, place.Row, place.Column + width - 1, place.Row + height - 1
        )
        self.type_formula(cells.AbsoluteName, formula)
        if pdf:
            self._draw(cells, pdf)
        return _read(cells), (size[0], size[1])

    @property
    def _sheet(self) -> Any:
        return self._book.CurrentController.ActiveSheet

    def _area(self, area: str) -> Any:
        return self._sheet.getCellRangeByName(area)

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def _free_cell(self) -> Any:
        cursor = self._sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)  # noqa: FBT003
        end = cursor.RangeAddress
        used = end.EndColumn or end.EndRow or _first(self._area("A1")).Type.value != "EMPTY"
        return self._sheet.getCellByPosition(end.EndColumn + 1 if used else 0, 0)

    def _counted(self, cell: Any, formula: str) -> int:
        """Rows or columns of an answer; an error and a single value fill one."""
        cell.FormulaLocal = formula
        return 1 if cell.getError() else max(1, int(cell.Value))

    def _draw(self, cells: Any, pdf: str) -> None:
        """A PDF of one page, as large as the cells with their headings."""
        cells.Columns.OptimalWidth = True
        style = self._book.StyleFamilies.getByName("PageStyles").getByName(self._sheet.PageStyle)
        for margin in ("TopMargin", "BottomMargin", "LeftMargin", "RightMargin"):
            setattr(style, margin, 0)
        style.HeaderIsOn = style.FooterIsOn = False
        style.PrintHeaders = style.PrintGrid = True
        style.PageScale = 100
        style.Width, style.Height = cells.Size.Width + HEADINGS[0], cells.Size.Height + HEADINGS[1]
        # Only what is selected is drawn, whatever print areas the workbook has.
        selected = uno.Any("[]com.sun.star.beans.PropertyValue", _properties(Selection=cells))
        self._book.storeToURL(
            uno.systemPathToFileUrl(pdf), _properties(FilterName="calc_pdf_Export", FilterData=selected)
        )


def _read(cells: Any) -> list[list[tuple[Any, int, str]]]:
    found = []
    for row, values in enumerate(cells.getDataArray()):
        shown = [cells.getCellByPosition(column, row) for column in range(len(values))]
        found.append([(value, cell.getError(), cell.String) for value, cell in zip(values, shown)])  # noqa: B905
    return found


def _results(sheet: Any) -> list[tuple[int, int, Any, int]]:
    found = {}
    for place in sheet.queryContentCells(FORMULAS).RangeAddresses:
        cells = sheet.getCellRangeByPosition(place.StartColumn, place.StartRow, place.EndColumn, place.EndRow)
        for row, values in enumerate(cells.getDataArray(), place.StartRow):
            found.update({(row, column): (value, 0) for column, value in enumerate(values, place.StartColumn)})
    for place in sheet.queryFormulaCells(ERRORS).RangeAddresses:
        for row in range(place.StartRow, place.EndRow + 1):
            for column in range(place.StartColumn, place.EndColumn + 1):
                found[row, column] = (None, sheet.getCellByPosition(column, row).getError())
    return [(row, column, value, error) for (row, column), (value, error) in sorted(found.items())]


def _first(cells: Any) -> Any:
    return cells.getCellByPosition(0, 0)


def _properties(**values: Any) -> tuple[Any, ...]:
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def _connected(pipe: str, seconds: float) -> Any:
    """The LibreOffice that listens on the pipe, as soon as it does."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    end = time.monotonic() + seconds
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if time.monotonic() > end:
                raise
            time.sleep(WAIT)


def main(kind: type[Sheets] = Sheets) -> None:
    """Answer requests until standard input ends, with the commands of `Sheets`, or of a class with more of them."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not come between the answers
    sheets = kind(sys.argv[1], float(sys.argv[2]))
    answer: tuple[bool, Any] = (True, None)
    while True:
        pickle.dump(answer, answers, 4)
        answers.flush()
        try:
            command, arguments = pickle.load(requests)  # noqa: S301  # from the process that started this one
        except EOFError:  # whoever asked is gone: LibreOffice must not stay behind
            sheets.quit()
            return
        try:
            answer = (True, getattr(sheets, command)(*arguments))
        except Exception as fault:  # LibreOffice's own are of many classes; the one who asked decides
            answer = (False, f"{type(fault).__name__}: {fault}")


if __name__ == "__main__":
    main()
