"""Everything that can be wrong, one class each.

A metric raises a `MetricError`: it carries the Excel error that the cell will show and a sentence with
the argument, the rule and the value received. Reading and refreshing raise a `Stopped`: nothing was
written, and the sentence says what to do. Only the border to a host (a cell, the command line) catches them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class ExcelCode(StrEnum):
    """The error values that a cell can show."""

    NA = "#N/A"
    VALUE = "#VALUE!"
    NUM = "#NUM!"
    DIV0 = "#DIV/0!"
    NAME = "#NAME?"
    NULL = "#NULL!"
    REF = "#REF!"
    SPILL = "#SPILL!"
    CALC = "#CALC!"
    GETTING_DATA = "#GETTING_DATA"


class XlfunnelError(Exception):
    """Any fault that a user can act on."""


class MetricError(XlfunnelError):
    """A metric cannot answer."""

    code: ClassVar[ExcelCode]
    meaning: ClassVar[str]


class MissingInput(MetricError):
    """A required input is blank or was not given."""

    code = ExcelCode.NA
    meaning = "a required input is blank or missing"


class TooFewRecords(MetricError):
    """There are too few records, or they are too young, for the figure."""

    code = ExcelCode.NA
    meaning = "too few records, or records too young"


class UnknownName(MetricError):
    """A group or function of that name does not exist."""

    code = ExcelCode.NA
    meaning = "no such group or function"


class WrongType(MetricError):
    """Text where a number is needed, or a number where a date is."""

    code = ExcelCode.VALUE
    meaning = "text where a number is needed, or the like"


class UnknownOption(MetricError):
    """An option word that the argument does not know."""

    code = ExcelCode.VALUE
    meaning = "an option word that does not exist"


class ShapeMismatch(MetricError):
    """Ranges whose shapes do not fit each other or the argument."""

    code = ExcelCode.VALUE
    meaning = "ranges whose shapes do not fit"


class TooManyArguments(MetricError):
    """More values were given than the function has arguments."""

    code = ExcelCode.VALUE
    meaning = "more values than the function has arguments"


class OutOfRange(MetricError):
    """A number outside its domain: a rate of 25, a negative count."""

    code = ExcelCode.NUM
    meaning = "a number outside its range"


class EmptyDenominator(MetricError):
    """A division by nothing: no customers, no closed deals, a cycle of zero days."""

    code = ExcelCode.DIV0
    meaning = "a division by zero"


class ErrorInInput(MetricError):
    """An error value in an input; it comes back unchanged."""

    meaning = "an error value in an input, handed on unchanged"

    def __init__(self, received: ExcelCode, message: str) -> None:
        super().__init__(message)
        self.received = received

    @property
    def code(self) -> ExcelCode:  # type: ignore[override]  # the one error whose code comes from the input
        """The error value that came in."""
        return self.received


METRIC_ERRORS: tuple[type[MetricError], ...] = (
    MissingInput,
    TooFewRecords,
    UnknownName,
    WrongType,
    UnknownOption,
    ShapeMismatch,
    TooManyArguments,
    OutOfRange,
    EmptyDenominator,
    ErrorInInput,
)


class Stopped(XlfunnelError):
    """An import or refresh that stopped before anything was written."""


class SettingsError(Stopped):
    """A definitions, mapping or settings file with an unknown key or a value that is not allowed."""
