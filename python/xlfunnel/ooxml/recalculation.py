"""The results that a workbook shows, computed anew without a spreadsheet program."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml import engine
from xlfunnel.ooxml.charts import refresh_caches
from xlfunnel.ooxml.dependence import Cell, Reads
from xlfunnel.ooxml.engine_copy import copy_of, is_large
from xlfunnel.ooxml.pivots import pivots_over
from xlfunnel.ooxml.references import words
from xlfunnel.ooxml.values import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_VOLATILE = frozenset({"NOW", "TODAY", "RAND", "RANDARRAY", "RANDBETWEEN", "_XLFN.RANDARRAY"})
"""Functions that give another result each time."""
_MOST_ATTEMPTS = 4
"""How often a workbook is computed, each time with the formulas left out that the engine failed at."""
_OF_DAYS = frozenset(
    (
        *("DATE", "DATEDIF", "DATEVALUE", "DAY", "DAYS360", "EDATE", "EOMONTH", "ISOWEEKNUM", "MONTH", "NETWORKDAYS"),
        *("NETWORKDAYS.INTL", "NOW", "TEXT", "TODAY", "WEEKDAY", "WEEKNUM", "WORKDAY", "WORKDAY.INTL", "YEAR"),
        *("YEARFRAC", "VALUE"),
    )
)
"""Functions that say which day a number is: the engine counts days from 1900 only."""
_OF_THE_ENGINE = frozenset({"#NAME?", "#CIRC!", "#ERROR!", "#SPILL!"})
"""Errors that say what the engine cannot do rather than what the formula gives."""


@dataclass(frozen=True)
class Recalculated:
    """What became of the results."""

    updated: int
    """Formulas that show another result than before."""
    stale: tuple[str, ...]
    """The formulas whose result may be out of date, because something that they read changed: those without a native
    equivalent, those that the engine cannot compute, those that fill several cells, and all that depend on them.
    They still show what they showed."""
    pivots: tuple[str, ...] = ()
    """The pivot tables over what changed, with the cells that they fill: they show what they showed, too, until a
    spreadsheet program reads their source anew. Formulas that read them are among the stale."""


def recalculate(book: WorkbookFile, native: Callable[[str], str | None]) -> Recalculated:
    """Compute every formula of the workbook and write the results; the formulas stay as they are.

    `native` gives a formula as native functions alone, or None where there is no such. Raises
    `xlfunnel.ooxml.engine.CannotCalculate`.
    """
    formulas: dict[Cell, str] = {}
    before: dict[Cell, CellValue] = {}
    for cell, text, value in book.shown_formulas():
        formulas[cell], before[cell] = text, value
    translated = {text: native(text) for text in dict.fromkeys(formulas.values())}
    if book.since_1904:
        translated = {text: None if _reckons_days(text) else other for text, other in translated.items()}
    reads = Reads(book, formulas)
    kept = _spread(book, formulas) | {cell for cell, text in formulas.items() if translated[text] is None}
    after: dict[Cell, CellValue] = {}
    for attempt in range(_MOST_ATTEMPTS):
        told = {cell: None if cell in kept else translated[text] for cell, text in formulas.items()}
        found = engine.results(_copy(book, told, reads), [cell for cell, text in told.items() if text is not None])
        after = {cell: _result(found, cell, before[cell]) for cell in formulas if cell not in kept}
        failed = {cell for cell, result in after.items() if result is None}
        if not failed:
            break
        kept |= failed if attempt == _MOST_ATTEMPTS - 1 else reads.first_of(failed)
    changed = set(book.changed_cells()) | {cell for cell in formulas if before[cell] is None}
    changed |= {cell for cell in after if cell not in kept and not _nearly(after[cell], before[cell])}
    changed |= {cell for cell in kept if _is_volatile(formulas[cell])}
    stale = reads.with_dependants(kept & reads.with_dependants(changed))
    pivots = pivots_over(book, {cell[0] for cell in changed})
    held = {(one.sheet, row, column) for one in pivots for row, column in one.area.cells()}
    stale |= reads.with_dependants(held) - held
    named = tuple(one.told for one in pivots)
    updated = 0
    for cell, result in after.items():
        if cell not in stale and cell not in kept and not _same(result, before[cell]):
            book.sheet_part(cell[0]).put_result(cell[1], cell[2], result)
            updated += 1
    refresh_caches(book)
    return Recalculated(updated, tuple(book.cell_name(*cell) for cell in formulas if cell in stale), named)


def _copy(book: WorkbookFile, formulas: Mapping[Cell, str | None], reads: Reads) -> bytes:
    read = None
    if is_large(book):
        read = reads.contents({cell: text for cell, text in formulas.items() if text is not None})
    return copy_of(book, formulas, read).to_bytes()


def _reckons_days(formula: str) -> bool:
    return any(word.upper().removeprefix("_XLFN.") in _OF_DAYS for word in words(formula))


def _same(result: CellValue, before: CellValue) -> bool:
    return result == before and isinstance(result, bool) == isinstance(before, bool)


def _nearly(result: CellValue, before: CellValue) -> bool:
    """The same but for the last digits, which programs compute differently."""
    if isinstance(result, float) and isinstance(before, float):
        return math.isclose(result, before, rel_tol=1e-9, abs_tol=1e-12)
    return _same(result, before)


def _is_volatile(formula: str) -> bool:
    return any(word.upper() in _VOLATILE for word in words(formula))


def _spread(book: WorkbookFile, formulas: Iterable[Cell]) -> set[Cell]:
    """The formulas that fill several cells: the engine gives only the first of these."""
    wide = {
        (sheet, area.top, area.left)
        for sheet in {cell[0] for cell in formulas}
        for area in book.sheet_part(sheet).arrays
        if (area.top, area.left) != (area.bottom, area.right)
    }
    return wide.intersection(formulas)


def _result(found: engine.Results, cell: Cell, before: CellValue) -> CellValue:
    """The engine's result; None where it has none, or an error where none was."""
    sheet, row, column = cell
    result = found.get(sheet, {}).get((row, column))
    if not engine.is_error(result):
        return result
    if not isinstance(before, ErrorCode) or (result in _OF_THE_ENGINE and result != before):
        return None
    return ErrorCode(str(result)) if result in set(ErrorCode) else None
