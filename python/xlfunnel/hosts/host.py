"""What a refresh needs of a spreadsheet program besides cells and tables: one small adapter for each host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager
    from pathlib import Path

    import xlwings as xw

    from xlfunnel.hosts.changes import LookChange


class HalfDone(Stopped):
    """The host failed while the open workbook was being changed."""


class SheetLocked(Stopped):
    """A sheet that must change is protected with a password."""


class OnlyAsFile(Stopped):
    """What changed cannot be put into the open workbook, and this host cannot open its file anew."""


class NothingChosen(Stopped):
    """The person chose no export, or did not agree."""


class Host(Protocol):
    """A spreadsheet program with an open workbook."""

    @property
    def book(self) -> xw.Book:
        """The open workbook."""

    @property
    def place(self) -> Path:
        """Where its file lies; names of exports are relative to that folder."""

    def chosen(self) -> tuple[Path, ...]:
        """The exports that the person chooses. Raises `NothingChosen`."""

    def copied(self, folder: Path) -> Path:
        """A file with the workbook as it is shown now, changes that are not saved among them."""

    def told(self, what: str, share: float) -> None:
        """Show what is being done, and the share of the work that is done."""

    def working(self) -> AbstractContextManager[None]:
        """Show that work goes on; whatever happens, the host looks as before at the end."""

    def quiet(self, sheets: Collection[str]) -> AbstractContextManager[None]:
        """Let these sheets be changed without drawing and calculating each step; restored whatever happens."""

    def look(self, change: LookChange) -> None:
        """Make a change that no figure depends on, where the host can."""

    def kept(self, before: bytes) -> str:
        """Keep the version before the change; gives a sentence that says where, or why not."""

    def replaced(self, before: bytes, after: bytes, why: str) -> None:
        """Put the new file in the place of the open workbook, and open it; `why` says what no cell can.

        Raises `OnlyAsFile` or `NothingChosen`.
        """
