"""Excel on Windows, through xlwings and COM."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.hosts.changes import Described, Drawn, LookChange, Wider
from xlfunnel.hosts.host import NothingChosen, OnlyAsFile, SheetLocked
from xlfunnel.saving import held, keep_undo_copy, replacing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import xlwings as xw

    from xlfunnel.ooxml.references import Area

PICKED: Final = (
    "Exports (*.csv; *.xlsx; *.xls; *.tsv; *.txt; *.htm; *.html),*.csv;*.xlsx;*.xls;*.tsv;*.txt;*.htm;*.html,"
    "All files (*.*),*.*"
)
_TITLE: Final = "Exports to refresh from (several with Ctrl), and spend.csv or people.csv where there are any"
_ASK_THE_PERSON: Final = 2
"""Excel asks before the macros of a workbook run that a program opens."""

_PADDING: Final = 0.71
"""What a column's width in the file has more than Excel tells."""

_ALLOWED: Final = (
    "AllowFormattingCells", "AllowFormattingColumns", "AllowFormattingRows", "AllowInsertingColumns",
    "AllowInsertingRows", "AllowInsertingHyperlinks", "AllowDeletingColumns", "AllowDeletingRows", "AllowSorting",
    "AllowFiltering", "AllowUsingPivotTables",
)  # fmt: skip
"""What a protected sheet may allow, in the order in which Excel takes it."""


class Excel:
    """An open workbook in Excel; its file lies on this machine, or in the cloud."""

    def __init__(self, book: xw.Book) -> None:
        self._book = book
        self._path = str(book.api.FullName)

    @property
    def book(self) -> xw.Book:
        """The open workbook."""
        return self._book

    @property
    def place(self) -> Path:
        """Where its file lies; of a workbook in the cloud only the name says something."""
        return Path(self._path.rpartition("/")[2]) if self._is_far else Path(self._path)

    @property
    def _is_far(self) -> bool:
        return "://" in self._path

    def chosen(self) -> tuple[Path, ...]:
        """Ask for the exports."""
        answer = self._book.app.api.GetOpenFilename(PICKED, 1, _TITLE, "", True)  # noqa: FBT003  # Excel takes no names
        if not isinstance(answer, (tuple, list)) or not answer:
            msg = "No export was chosen; the workbook is as it was."
            raise NothingChosen(msg)
        return tuple(Path(str(path)) for path in answer)

    def copied(self, folder: Path) -> Path:
        """A file with the workbook as it is shown now."""
        path = folder / str(self._book.name)
        self._book.api.SaveCopyAs(str(path))
        return path

    def told(self, what: str, share: float) -> None:
        """Show it in the status bar."""
        self._book.app.status_bar = f"xlfunnel: {what} ({share:.0%})"

    @contextmanager
    def working(self) -> Iterator[None]:
        """The status bar is as before at the end."""
        app = self._book.app
        shown = app.status_bar
        try:
            yield
        finally:
            app.status_bar = shown

    @contextmanager
    def quiet(self, sheets: Collection[str]) -> Iterator[None]:
        """Without drawing, calculating and the person's event macros, and with these sheets open for changes."""
        app = self._book.app
        with ExitStack() as restored:
            for name, value in (("screen_updating", False), ("enable_events", False), ("calculation", "manual")):
                restored.callback(setattr, app, name, getattr(app, name))
                setattr(app, name, value)
            for name in sorted(sheets):
                self._lift(name, restored)
            yield

    def _lift(self, name: str, restored: ExitStack) -> None:
        sheet: Any = self._book.sheets[name].api
        if not sheet.ProtectContents:
            return
        allowed = [bool(getattr(sheet.Protection, one)) for one in _ALLOWED]
        drawn, scenarios = bool(sheet.ProtectDrawingObjects), bool(sheet.ProtectScenarios)
        with suppress(Exception):  # with a password Excel raises or does nothing, as its version has it
            sheet.Unprotect("")
        if sheet.ProtectContents:
            msg = (
                f'The sheet "{name}" is protected with a password, and nothing was changed. Lift the protection '
                "(Review, Unprotect Sheet), then press the button again."
            )
            raise SheetLocked(msg)
        restored.callback(sheet.Protect, "", drawn, True, scenarios, False, *allowed)  # noqa: FBT003

    def look(self, change: LookChange) -> None:
        """Give a chart its text or its rows, or a column its room; what a person took away is passed over."""
        sheet: Any = self._book.sheets[change.sheet].api
        with suppress(Exception):
            if isinstance(change, Described):
                sheet.Shapes(change.chart).AlternativeText = change.text
            elif isinstance(change, Drawn):
                series = sheet.ChartObjects(change.chart).Chart.SeriesCollection(change.series)
                series.XValues, series.Values = (self._cells(*place) for place in (change.labels, change.values))
            elif isinstance(change, Wider):
                column = sheet.Columns(change.column + 1)
                column.ColumnWidth = max(float(column.ColumnWidth), change.width - _PADDING)

    def _cells(self, sheet: str, area: Area) -> Any:
        cells: Any = self._book.sheets[sheet].range((area.top + 1, area.left + 1), (area.bottom + 1, area.right + 1))
        return cells.api

    def kept(self, before: bytes) -> str:
        """Keep the version before beside the file, as its undo copy."""
        if self._is_far:
            return "The workbook lies in the cloud: its version history there has the version before."
        with held(self.place, open_here=True):
            copy = keep_undo_copy(self.place, before)
        return f'The version before this refresh is "{copy.name}", beside the workbook.'

    def replaced(self, before: bytes, after: bytes, why: str) -> None:
        """Close the workbook, put the new file in its place, and open that where the person was."""
        if self._is_far:
            msg = (
                f"This refresh changes more than cells ({why}), and the workbook lies in the cloud, where its file "
                "cannot be replaced. Save it into a folder of this computer, and press the button there."
            )
            raise OnlyAsFile(msg)
        self._agree()
        place, app, shown = self.place, self._book.app, self._book.sheets.active.name
        self.kept(before)
        with held(place, open_here=True):
            self._book.close()
            try:
                with replacing(place, undoable=True) as part:
                    part.write_bytes(after)
            finally:
                self._open(app, place, shown)

    def _agree(self) -> None:
        """Changes that are not saved would be saved with the refresh: the person decides."""
        if self._book.api.Saved:
            return
        question = (
            f"{self._book.name} must be closed and opened again for this refresh, and has changes that are not "
            "saved. They stay, and are saved with it. Go on?"
        )
        if self._book.app.alert(question, "xlfunnel", "yes_no") != "yes":
            msg = "The workbook is as it was."
            raise NothingChosen(msg)

    def _open(self, app: xw.App, place: Path, shown: str) -> None:
        security = app.api.AutomationSecurity
        app.api.AutomationSecurity = _ASK_THE_PERSON
        try:
            self._book = app.books.open(str(place))
        finally:
            app.api.AutomationSecurity = security
        with suppress(Exception):  # a sheet that is hidden now
            self._book.sheets[shown].activate()
