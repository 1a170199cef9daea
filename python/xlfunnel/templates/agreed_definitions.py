"""The agreed definitions in a person's workbook: read from its Definitions sheet, and written there."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from xlfunnel.definitions import Definitions
from xlfunnel.errors import Stopped
from xlfunnel.templates.agreement import SETTINGS, cell_value, definitions_of
from xlfunnel.templates.quarter_days import day_held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.measured_cells import MeasuredCells

_CELLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{one.key: one.name for one in SETTINGS},
        "version": "definitions_version",
        "agreed": "definitions_agreed",
        "currency": "currency",
    }
)
"""The name of the cell that holds each setting."""

_OF_DAYS: Final = frozenset({"agreed", "holidays"})
_OF_TEXT: Final = frozenset({"version", "currency", "workdays", "timezone"})
_NO_DAY: Final = "no day"
"""Stands for a number that no sheet shows as a day, which must not be taken for a moment in seconds."""
_SHOWN: Final = 60


class BadAgreement(Stopped):
    """A cell of the Definitions sheet holds what its setting does not accept."""


def definitions_in(file: WorkbookFile) -> Definitions:
    """The definitions of a workbook; what is blank, or was removed, is as the program has it.

    Raises `BadAgreement`, which names each cell that cannot be taken.
    """
    try:
        return Definitions.model_validate(definitions_of({key: _value(file, key) for key in _CELLS}))
    except ValidationError as fault:
        told = " ".join(_told(file, error) for error in fault.errors())
        msg = f"What was agreed cannot be taken as it stands: {told} Correct it there, and refresh again."
        raise BadAgreement(msg) from fault


def write_definitions(cells: MeasuredCells, agreed: Definitions) -> None:
    """Write the definitions that the figures are computed with, so that the workbook says what holds."""
    for one in SETTINGS:
        cells.put_name(one.name, cell_value(getattr(agreed, one.key)))
    cells.put_name("definitions_version", agreed.version)
    cells.put_name("definitions_agreed", agreed.agreed)


def _value(file: WorkbookFile, key: str) -> CellValue:
    if file.named(_CELLS[key]) is None:
        return None
    held = file.read_name(_CELLS[key])
    if isinstance(held, str):
        return held.strip()
    if held is not None and key in _OF_DAYS:
        day = day_held(held, since_1904=file.since_1904)
        return _NO_DAY if day is None else day.isoformat()
    if isinstance(held, float) and held.is_integer():
        return str(int(held)) if key in _OF_TEXT else int(held)
    return held


def _told(file: WorkbookFile, error: ErrorDetails) -> str:
    """One fault by its cell, its question, what it accepts and what stands there."""
    key = str(error["loc"][0]) if error["loc"] else "closes"
    place = file.place(_CELLS[key])
    cell = file.cell_name(place.sheet, place.top, place.left)
    held = str(file.read_name(_CELLS[key]))[:_SHOWN]
    words = error["msg"].removeprefix("Value error, ")
    one = next((one for one in SETTINGS if one.key == key), None)
    if one is None:
        return f'{cell}: {words}; it holds "{held}".'
    return f'{cell} ({one.question}) takes {one.allowed}; it holds "{held}" ({words}).'
