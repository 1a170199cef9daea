"""What a cell can hold, how a file writes it, and how it is read back."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from numbers import Real

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.faults import UnwritableValue

ErrorCode = ExcelCode
CellValue = float | str | bool | ErrorCode | None
"""What is read: a number (dates are serials), text, TRUE or FALSE, an error value, or nothing."""
Writable = CellValue | date
"""What can be written: the same, and dates with or without a time of day."""

LONGEST = 32_767
"""UTF-16 units that a cell can hold."""

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NEEDS_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ACTIVE = ("=", "+", "-", "@", "\t")
_FIRST_1900 = datetime(1899, 12, 30)
_FIRST_1904 = datetime(1904, 1, 1)
_LEAP_SERIAL = 61  # Excel counts a 29 February 1900 that never was


def is_active(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula once a person edits its cell."""
    return text.startswith(_ACTIVE)


def checked(value: Writable, place: str) -> Writable:
    """The value, if a cell can hold it; `place` is for the message. Raises `UnwritableValue`."""
    if value is None or isinstance(value, bool | date | ErrorCode):
        return value
    if isinstance(value, str):
        length = len(value.encode("utf-16-le", errors="surrogatepass")) // 2
        if length > LONGEST:
            msg = f"{place} takes a text of at most {LONGEST:,} characters, received {length:,}; shorten it"
            raise UnwritableValue(msg)
        return value
    if not isinstance(value, Real) or not _is_finite(value):
        msg = (
            f"{place} takes text, a date or a finite number, received {str(value)[:40]}; leave the cell blank instead"
        )
        raise UnwritableValue(msg)
    return float(value)


def _is_finite(number: Real) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def serial(moment: date, *, since_1904: bool = False) -> float:
    """A date as the number of days that a workbook counts.

    >>> serial(date(2026, 9, 30)), serial(datetime(2026, 9, 30, 18)), serial(date(1904, 1, 2), since_1904=True)
    (46295.0, 46295.75, 1.0)
    """
    full = (
        moment.replace(tzinfo=None)
        if isinstance(moment, datetime)
        else datetime(moment.year, moment.month, moment.day)
    )
    days = (full - (_FIRST_1904 if since_1904 else _FIRST_1900)) / timedelta(days=1)
    days -= not since_1904 and days < _LEAP_SERIAL
    if days < (0 if since_1904 else 1):
        msg = f"a date in a cell must be of {1904 if since_1904 else 1900} or later, received {moment.isoformat()}"
        raise UnwritableValue(msg)
    return days


def moment(days: float, *, since_1904: bool = False) -> datetime:
    """The date and time that a serial means, to the second.

    >>> moment(46295.75)
    datetime.datetime(2026, 9, 30, 18, 0)
    """
    whole = days + (not since_1904 and days < _LEAP_SERIAL - 1)
    exact = (_FIRST_1904 if since_1904 else _FIRST_1900) + timedelta(days=whole)
    return (exact + timedelta(microseconds=500_000)).replace(microsecond=0)


def moment_serial(text: str) -> float:
    """The serial of a date that a file writes in ISO form; raises ValueError.

    >>> moment_serial("2026-09-30T18:00:00Z")
    46295.75
    """
    return serial(datetime.fromisoformat(text))


def file_text(text: str) -> str:
    """Text as a file writes it: what XML cannot hold becomes _xHHHH_.

    >>> file_text("bell\\x07"), file_text("_x0041_")
    ('bell_x0007_', '_x005F_x0041_')
    """
    return _NEEDS_ESCAPE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)


def plain_text(text: str) -> str:
    """Text of a file as a person reads it.

    >>> plain_text("_x005F_x0041_ and_x000a_more")
    '_x0041_ and\\nmore'
    """
    if "_x" not in text:
        return text
    units = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # two escaped halves of one sign become that sign
    return units.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="surrogatepass")


def number_text(value: float) -> str:
    """A number as a file writes it, so that the same number is read back.

    >>> number_text(46295.0), number_text(0.1), number_text(1e300)
    ('46295', '0.1', '1e+300')
    """
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def error_code(text: str) -> ErrorCode:
    """The error value of that text; newer kinds that we have no name for are shown as #VALUE!."""
    try:
        return ErrorCode(text)
    except ValueError:
        return ErrorCode.VALUE
