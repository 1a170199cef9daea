"""What can be wrong with a workbook file or with a change to it, one class each."""

from __future__ import annotations

from xlfunnel.errors import Stopped


class DamagedWorkbook(Stopped):
    """The file is no workbook, or one that cannot be read."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"The workbook cannot be read: {problem}. Open it in Excel, save it as .xlsx or .xlsm, try again."
        )


class LockedWorkbook(Stopped):
    """The file is encrypted: a password is needed to open it."""

    def __init__(self) -> None:
        super().__init__(
            "The workbook needs a password to open, or is of the old .xls kind. Save it in Excel as .xlsx or .xlsm "
            "without a password to open, then try again."
        )


class UnsafeWorkbook(Stopped):
    """The file unpacks to too much, names parts outside itself or brings XML entities."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The workbook is refused because {problem}. No program that saves workbooks does that.")


class NotThere(Stopped):
    """A sheet, name, table or column that the workbook does not have."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        shown = ", ".join(known[:20]) or "none"
        super().__init__(
            f'The workbook has no {kind} "{name}"; it has: {shown}. It may have been renamed or deleted.'
        )


class OutsideGrid(Stopped):
    """A cell that no sheet has."""


class UnwritableValue(Stopped):
    """A value that a cell cannot hold."""


class NoFormulaHere(Stopped):
    """A result is set where no formula stands."""


class FormulaColumn(Stopped):
    """A column of a table that holds formulas was to be filled with values."""


class TableHeading(Stopped):
    """A heading of a table was to be changed in its cell alone."""


class HiddenByMerge(Stopped):
    """A cell that a merged cell covers: nobody would see what is written there."""


class PartOfArray(Stopped):
    """A cell that belongs to the range of an array formula which starts in another cell."""


class NoRoomToGrow(Stopped):
    """A table cannot get longer because something stands below it."""


class CannotGrow(Stopped):
    """A table of a kind that is not made longer here, such as one with a totals row."""
