"""What a test does in LibreOffice beside what the driver of the package can: a window with menu and toolbar, presses.

A Python that knows LibreOffice's UNO runs it, as it does the package's driver.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]

sys.path.insert(0, str(Path(__file__).parents[2] / "python" / "xlfunnel" / "calc"))

from driver import NEVER, Sheets, _properties, main  # type: ignore[import-not-found, unused-ignore]

SECONDS = 60
PAUSE = 0.05


class Window(Sheets):  # type: ignore[misc, unused-ignore]
    """LibreOffice with a window that is drawn, if on no screen."""

    def open_window(self, path: str) -> None:
        """Open a workbook in a window, as a person does."""
        self.close()
        options = _properties(MacroExecutionMode=NEVER, UpdateDocMode=NEVER)
        self._book = self._desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, options)

    def dispatch(self, command: str, said: dict[str, Any]) -> tuple[int, str]:
        """Dispatch a command in the window of the workbook as a script does; answers state and result."""
        frame = self._frame
        lists = {name: uno.Any("[]string", tuple(value)) for name, value in said.items() if isinstance(value, list)}
        arguments = _properties(**{**said, **lists})
        helper = self._service("com.sun.star.frame.DispatchHelper")
        done = uno.invoke(helper, "executeDispatch", (frame, command, "", 0, arguments))
        self._book = frame.Controller.Model
        return done.State, done.Result

    def press(self, title: str) -> bool:
        """Click a button of our toolbar; answers whether the workbook in the window came to be opened anew."""
        frame, before = self._frame, self._book
        buttons = self._children(self._toolbar)
        next(button for button in buttons if button.getAccessibleName() == title).doAccessibleAction(0)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            controller = frame.Controller  # none while the file is swapped, or without its workbook
            model = None if controller is None else controller.Model
            if model is not None and model != before:
                self._book = model
                frame.ContainerWindow.Toolkit.processEventsToIdle()  # its message comes after that
                return True
            time.sleep(PAUSE)
        return False

    def cells(self, area: str) -> Any:
        """What an area of any sheet holds, or a name."""
        return self._cells(area).getDataArray()

    def put_in(self, area: str, rows: Any) -> None:
        """Write into an area of any sheet."""
        self._cells(area).setDataArray(rows)

    def save(self) -> None:
        """Save the workbook as a person does."""
        self._book.store()

    def select(self, area: str) -> None:
        """Go to an area of any sheet."""
        cells = self._cells(area)
        self._book.CurrentController.setActiveSheet(cells.Spreadsheet)
        self._book.CurrentController.select(cells)

    def state(self) -> dict[str, Any]:
        """Where a person is in the workbook, and whether it has changes that are not saved."""
        controller = self._book.CurrentController
        return {
            "selected": controller.Selection.AbsoluteName,
            "changed": self._book.isModified(),
            "frames": self._desktop.Frames.Count,
        }

    def menu(self) -> list[str]:
        """The entries of the menu bar."""
        bars = [child for child in self._children(self._frame.ContainerWindow) if child.getAccessibleChildCount() > 5]
        return [entry.getAccessibleName() for entry in self._children(bars[0])]

    def toolbar(self) -> tuple[str, list[str]]:
        """The title of our toolbar, and its buttons."""
        bar = self._toolbar
        names = [button.getAccessibleName() for button in self._children(bar)]
        return bar.getAccessibleContext().getAccessibleName(), names

    def draw(self, path: str, width: int, height: int) -> None:
        """A bitmap of the window; the cells themselves are not drawn."""
        window = self._frame.ContainerWindow
        window.setPosSize(0, 0, width, height, 15)
        self._frame.LayoutManager.doLayout()
        window.Toolkit.processEventsToIdle()
        device = window.Toolkit.createScreenCompatibleDevice(width, height)
        window.setGraphics(device.createGraphics())
        window.draw(0, 0)
        Path(path).write_bytes(device.createBitmap(0, 0, width, height).DIB.value)

    @property
    def _frame(self) -> Any:
        return self._book.CurrentController.Frame

    @property
    def _toolbar(self) -> Any:
        name = "private:resource/toolbar/addon_org.xlfunnel.calc.toolbar"
        return self._frame.LayoutManager.getElement(name).RealInterface

    @staticmethod
    def _children(owner: Any) -> list[Any]:
        found = owner.getAccessibleContext()
        return [found.getAccessibleChild(i).getAccessibleContext() for i in range(found.getAccessibleChildCount())]

    def _cells(self, area: str) -> Any:
        sheet, _, cells = area.rpartition(".")
        if sheet:
            return self._book.Sheets.getByName(sheet).getCellRangeByName(cells)
        return self._book.NamedRanges.getByName(cells).ReferredCells


if __name__ == "__main__":
    main(Window)
