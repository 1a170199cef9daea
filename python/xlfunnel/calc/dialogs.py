"""Who decides at a press of a button: the person before the window, or the script that dispatched the command.

LibreOffice loads this file into the Python that it brings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import uno  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_pressing import Refused  # type: ignore[import-not-found, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE = "xlfunnel"
FILTERS = (("CRM exports", "*.csv;*.tsv;*.txt;*.xls;*.xlsx;*.htm;*.html"), ("All files", "*.*"))
OK, YES_NO, YES = 1, 3, 2
"""LibreOffice's numbers of the buttons and of an answer."""
MOST_LINES = 30
"""Lines of a message that fit on a screen."""


class Dialogs:
    """The person before the window."""

    def __init__(self, context: Any, frame: Any) -> None:
        self._context = context
        self._frame = frame

    def lets_save(self, place: str) -> bool:
        """Ask whether changes may be saved first, and say what LibreOffice's saving leaves out."""
        words = (
            f"{Path(place).name} has changes that are not saved. Save them first?\n\n"
            "LibreOffice writes an Excel file in its own way: slicers, timelines and other things that it does not "
            "know are gone from the file then. xlfunnel itself leaves them in place."
        )
        return self._asked("QUERYBOX", YES_NO, words) == YES

    def picks(self, place: str) -> Sequence[str]:
        """Let exports be picked, beginning in the workbook's folder."""
        picker = self._service("com.sun.star.ui.dialogs.FilePicker")
        picker.setTitle("Exports to refresh from (several with Ctrl)")
        picker.setMultiSelectionMode(True)
        for title, pattern in FILTERS:
            picker.appendFilter(title, pattern)
        picker.setDisplayDirectory(uno.systemPathToFileUrl(str(Path(place).parent)))
        if picker.execute() != OK:
            return ()
        return tuple(uno.fileUrlToSystemPath(address) for address in picker.getSelectedFiles())

    def tell(self, lines: Sequence[str], *, done: bool) -> None:
        """The one message at the end."""
        shown = list(lines[:MOST_LINES])
        if len(lines) > MOST_LINES:
            shown.append("… The sheets of the workbook say the rest.")
        self._asked("INFOBOX" if done else "WARNINGBOX", OK, "\n".join(shown))

    def _asked(self, kind: str, buttons: int, words: str) -> int:
        box = self._service("com.sun.star.awt.Toolkit").createMessageBox(
            self._frame.ContainerWindow, uno.Enum("com.sun.star.awt.MessageBoxType", kind), buttons, TITLE, words
        )
        try:
            return int(box.execute())
        finally:
            box.dispose()

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)


class Script:
    """A script in the place of a person: it has said everything before."""

    def __init__(self, *, saves: bool) -> None:
        self._saves = saves

    def lets_save(self, place: str) -> bool:
        """As the script has said; raises `Refused` where it has not."""
        if not self._saves:
            msg = f"{Path(place).name} has changes that are not saved. Save it first, or dispatch with Save."
            raise Refused(msg)
        return True

    def picks(self, _place: str) -> Sequence[str]:
        """Raise `Refused`: nobody is there to pick."""
        msg = "No exports were given. Dispatch with Files, their paths."
        raise Refused(msg)

    def tell(self, lines: Sequence[str], *, done: bool) -> None:
        """Say nothing: the result of the dispatch does."""
