"""A copy for people without the functions: the same numbers, native formulas where there are any, no macros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.saving import held
from xlfunnel.templates.build import TEMPLATES
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.ours import EDITION, PROPERTY, check_suffix, native_or_none
from xlfunnel.workbooks.native import file_form, functions_used

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Shared:
    """How many formulas of the copy became native ones, and which cells hold their value only.

    `stale` are cells whose value is that of the last time a spreadsheet program computed the workbook.
    """

    translated: int
    values: tuple[str, ...]
    stale: tuple[str, ...] = ()


def share(book: Path, output: Path) -> Shared:
    """Write the copy of any workbook, of ours or not, whose cells use our functions.

    Raises what opening and saving a workbook raise; then nothing has changed.
    """
    check_suffix(output, Edition.FORMULAS)
    with held(output):
        return _shared(book, output)


def _shared(book: Path, output: Path) -> Shared:
    file = WorkbookFile.open(book)
    template = TEMPLATES.get(file.properties.get(PROPERTY, ""))
    pairs = template.pairs if template else {}
    stale = file.recalculate(lambda formula: native_or_none(formula, pairs)).stale
    translated, values = 0, []
    for sheet, row, column, formula in list(file.formulas()):
        if not functions_used(formula):
            continue
        text = native_or_none(formula, pairs)
        if text is None or file.is_array(sheet, row, column):
            file.keep_value(sheet, row, column)
            values.append(file.cell_name(sheet, row, column))
        else:
            file.write_formula(sheet, row, column, file_form(text), file.value(sheet, row, column))
            translated += 1
    for table, heading, formula in list(file.column_formulas()):
        if functions_used(formula):
            kept = native_or_none(formula, pairs)
            file.set_column_formula(table, heading, None if kept is None else file_form(kept))
    file.remove_macros()
    if template:
        file.set_property(EDITION, Edition.FORMULAS.value)
    file.save(output)
    return Shared(translated, tuple(values), stale)
