"""A workbook in a window of LibreOffice, for a press of a button: `pressing.Book` over UNO.

LibreOffice loads this file into the Python that it brings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import uno  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.io import IOException  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.uno import RuntimeException  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.util import CloseVetoException  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_pressing import Refused  # type: ignore[import-not-found, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = 100
"""What the progress of the status bar counts to."""
KEPT = ("MacroExecutionMode", "UpdateDocMode", "Hidden")
"""How the workbook was opened, and is opened again."""


class View(NamedTuple):
    """Where a person was in the workbook."""

    sheet: str
    selected: str
    panes: tuple[tuple[int, int], ...]
    zoom: tuple[int, int]


class OpenBook:
    """The workbook in the window in which the button was pressed."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._model: Any = frame.Controller.Model if frame.Controller else None
        self._indicator: Any = None
        self._view: View | None = None
        self._options: tuple[Any, ...] = ()
        self._address = ""

    def place(self) -> str:
        """The path of its file; raises `Refused` where it has none, or may not be written."""
        model = self._model
        if model is None or not model.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            msg = "There is no workbook in this window. Open the workbook that is to be refreshed."
            raise Refused(msg)
        if not model.URL:
            msg = "The workbook is not saved as a file yet. Save it as Excel 2007-365 (.xlsx), then press again."
            raise Refused(msg)
        if not model.URL.startswith("file:"):
            msg = f"The workbook is no file of this computer ({model.URL}). Save it in a folder here and press again."
            raise Refused(msg)
        if model.isReadonly():
            msg = (
                "The workbook is open read-only, as a rule because it is open elsewhere. Close it there, then close "
                "it here and open it again."
            )
            raise Refused(msg)
        return str(uno.fileUrlToSystemPath(model.URL))

    def is_open(self) -> bool:
        """Whether it still stands in that window."""
        try:
            return bool(self._frame.Controller.Model == self._model)
        except (AttributeError, RuntimeException):  # the window is empty, or gone
            return False

    def is_changed(self) -> bool:
        """Whether it has changes that are not saved."""
        return bool(self._model.isModified())

    def save(self) -> None:
        """Save it as LibreOffice does; raises `Refused`."""
        try:
            self._model.store()
        except IOException as fault:
            msg = f"LibreOffice could not save the workbook ({fault.Message}), and nothing was refreshed."
            raise Refused(msg) from fault

    def close(self) -> None:
        """Close it without saving and keep its window; raises `Refused`, and then it stays open."""
        model, controller = self._model, self._frame.Controller
        if len(list(_each(model.getControllers()))) > 1:
            msg = "The workbook is shown in two windows. Close one of them and press again."
            raise Refused(msg)
        if not controller.suspend(True):  # noqa: FBT003  # UNO knows no names of arguments
            msg = "LibreOffice is at work with the workbook, such as printing it. Wait until that has ended."
            raise Refused(msg)
        self._view, self._address = _view(controller), model.URL
        self._options = tuple(one for one in model.Args if one.Name in KEPT)
        self.end_progress()
        self._frame.setComponent(None, None)
        try:
            model.close(False)  # noqa: FBT003
        except CloseVetoException as fault:
            self.open_again()
            msg = "LibreOffice does not close the workbook: something else uses it. Close it and open it again."
            raise Refused(msg) from fault

    def open_again(self) -> None:
        """Open it in the window as it stood there; raises `Refused`."""
        model = self._frame.loadComponentFromURL(self._address, "_self", 0, self._options)
        if model is None:
            place = uno.fileUrlToSystemPath(self._address)
            msg = f"LibreOffice could not open the workbook again. Its file is whole, open it by hand: {place}"
            raise Refused(msg)
        self._model = model
        model.calculateAll()  # some formulas only a spreadsheet program computes; the file has the others' results
        if self._view:
            _restore(model, self._view)
        _mark_saved(model)

    def show(self, what: str, share: float) -> None:
        """Show in the status bar what is at work, and the share that is done."""
        if self._indicator is None:
            self._indicator = self._frame.createStatusIndicator()
            self._indicator.start(what, WHOLE)
        self._indicator.setText(what)
        self._indicator.setValue(int(share * WHOLE))

    def end_progress(self) -> None:
        """Give the status bar back."""
        indicator, self._indicator = self._indicator, None
        if indicator is not None and self.is_open():
            indicator.end()


def _each(enumeration: Any) -> Iterator[Any]:
    while enumeration.hasMoreElements():
        yield enumeration.nextElement()


def _mark_saved(model: Any) -> None:
    """The file holds all that a person has entered: closing the workbook need not ask whether to save it."""
    for sheet in model.Sheets:
        for chart in sheet.Charts:
            if chart.EmbeddedObject is not None:
                chart.EmbeddedObject.setModified(False)  # a chart that was computed anew marks its workbook, too
    model.setModified(False)


def _view(controller: Any) -> View:
    panes = [controller.getByIndex(index) for index in range(controller.Count)]
    return View(
        controller.ActiveSheet.Name,
        str(getattr(controller.Selection, "AbsoluteName", "")),
        tuple((pane.FirstVisibleColumn, pane.FirstVisibleRow) for pane in panes),
        (controller.ZoomType, controller.ZoomValue),
    )


def _restore(model: Any, view: View) -> None:
    """Show what was shown, as far as it is still there."""
    controller = model.CurrentController
    if not model.Sheets.hasByName(view.sheet):
        return
    sheet = model.Sheets.getByName(view.sheet)
    controller.setActiveSheet(sheet)
    if view.selected:
        controller.select(sheet.getCellRangeByName(view.selected))
    controller.ZoomType, controller.ZoomValue = view.zoom
    for index, (column, row) in enumerate(view.panes[: controller.Count]):
        pane = controller.getByIndex(index)
        pane.FirstVisibleColumn, pane.FirstVisibleRow = column, row
