"""Columns of a database as expressions of our canonical columns: text, days and seconds of the day, money.

Everything here is arithmetic on whole numbers and regular expressions that every engine has; nothing is brought in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.cells import INVISIBLE, ODD_SPACES
from xlfunnel.crm.dates import DAY_SECONDS, YEARS
from xlfunnel.crm.vocabulary import vocabulary
from xlfunnel.segments.engines import has_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from xlfunnel.segments.frames import Frame

ISO: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?$"
"""A date as every program reads it alike, with or without a time."""
PLAIN_NUMBER: Final = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"
LARGEST: Final = 1e300
"""Beyond it stands infinity, which is no amount."""

NO_TEXT: Final = nw.lit(None, dtype=nw.String)
NO_NUMBER: Final = nw.lit(None, dtype=nw.Int64)


def tidy(column: nw.Expr, *, patterns: bool = True) -> nw.Expr:
    """A text without odd and outer spaces; null where it is blank or a placeholder such as "N/A".

    Without `patterns` the engine has no regular expressions, and each of those signs is looked for by itself.
    """
    text = column.cast(nw.String)
    for signs, instead in ((ODD_SPACES, " "), (INVISIBLE, "")):
        for sign in (signs,) if patterns else _each_sign(signs):
            text = text.str.replace_all(sign, instead, literal=not patterns)
    text = text.str.strip_chars()
    return nw.when(~text.str.to_lowercase().is_in(sorted({*vocabulary().blanks, ""}))).then(text)


def _each_sign(signs: str) -> list[str]:
    """The signs of a pattern such as `[a-cx]`."""
    found = re.findall(r"(.)-(.)|(.)", signs[1:-1])
    return [chr(code) for first, last, alone in found for code in range(ord(first or alone), ord(last or alone) + 1)]


def whole_text(name: str) -> nw.Expr:
    """A column of numbers with decimals as texts: keys that a program turned into such numbers have none."""
    column = nw.col(name)
    number = nw.when(~column.is_nan()).then(column)
    whole = number.round(0) == number
    digits = nw.when(whole).then(number).cast(nw.Int64).cast(nw.String)
    return nw.coalesce(digits, number.cast(nw.String))


@dataclass(frozen=True)
class Columns:
    """The columns of a frame that are read as texts, as dates and as amounts, with the types that they have."""

    kinds: Mapping[str, nw.dtypes.DType]
    texts: tuple[str, ...]
    dates: tuple[str, ...]
    amounts: tuple[str, ...]
    midnights: frozenset[str] = frozenset()
    """Dates that are moments in UTC, all midnight there: days, whatever the zone makes of them."""


def with_each(frame: Frame, columns: Mapping[str, nw.Expr]) -> Frame:
    """The frame with these columns; the same where there are none."""
    return frame.with_columns(**columns) if columns else frame


def with_read(frame: Frame, columns: Columns) -> Frame:
    """The frame with what its columns mean, step by step so that no engine computes anything twice.

    Of a text `t_…` is the tidy text. Of a date `d_…` is the day, `c_…` the second of the day and `u_…` says that
    it is none; of an amount `v_…` is the value and `u_…` says that it is none.
    """
    written = [name for name in columns.dates if columns.kinds[name] == nw.String]
    numbered = [name for name in columns.amounts if columns.kinds[name] == nw.String]
    texts = sorted({*columns.texts, *written, *numbered})
    patterns = has_patterns(frame)
    frame = with_each(frame, {f"t_{name}": tidy(nw.col(name), patterns=patterns) for name in texts})
    shapes = [(written, ISO), (numbered, PLAIN_NUMBER)]
    frame = with_each(
        frame,
        {  # without patterns every text is brought in, and read here
            f"i_{name}": nw.when(nw.col(f"t_{name}").str.contains(shape)).then(nw.col(f"t_{name}"))
            if patterns
            else NO_TEXT
            for names, shape in shapes
            for name in names
        },
    )
    frame = with_each(frame, {f"{part}_{name}": value for name in written for part, value in _parts(name)})
    frame = with_each(frame, {f"r_{name}": _real(name) for name in written})
    found: dict[str, nw.Expr] = {}
    for name in columns.dates:
        found |= _written(name) if name in written else _moment(name, columns.kinds[name], name in columns.midnights)
    for name in columns.amounts:
        found |= _written_amount(name) if name in numbered else _amount(name, columns.kinds[name])
    return with_each(frame, found)


def read_names(columns: Columns) -> list[str]:
    """The columns that `with_read` adds for others to use."""
    texts = sorted(
        {*columns.texts, *(name for name in (*columns.dates, *columns.amounts) if columns.kinds[name] == nw.String)}
    )
    dates = [f"{part}_{name}" for name in columns.dates for part in "dcu"]
    amounts = [f"{part}_{name}" for name in columns.amounts for part in "vu"]
    return [*(f"t_{name}" for name in texts), *dates, *amounts]


def _moment(name: str, kind: nw.dtypes.DType, midnight: bool) -> dict[str, nw.Expr]:
    """A column of dates or moments of the engine's own type."""
    column = nw.col(name)
    year = column.dt.year()
    day = _new_year(year) + column.dt.ordinal_day() - 1
    known = (year >= YEARS[0]) & (year < YEARS[1])
    second = NO_NUMBER
    if isinstance(kind, nw.Datetime):
        second = clock(column)
    if midnight:  # west of Greenwich midnight in UTC is the evening before
        day, second = nw.when(second >= DAY_SECONDS // 2).then(day + 1).otherwise(day), NO_NUMBER
    return {
        f"d_{name}": nw.when(known).then(day).cast(nw.Int64),
        f"c_{name}": nw.when(known).then(second).cast(nw.Int64),
        f"u_{name}": (~column.is_null()) & ~known.fill_null(value=True),
    }


def _parts(name: str) -> Iterator[tuple[str, nw.Expr]]:
    """The numbers of a date that is written the year first."""
    told = nw.col(f"i_{name}")
    width = told.str.len_chars()
    places = {"y": (0, 4, 0), "m": (5, 2, 0), "q": (8, 2, 0), "h": (11, 2, 10), "k": (14, 2, 10), "s": (17, 2, 16)}
    for part, (start, length, least) in places.items():
        held = told if not least else nw.when(width > least).then(told)
        yield part, held.str.slice(start, length).cast(nw.Int64)


def _real(name: str) -> nw.Expr:
    """Whether a calendar has the day and a clock the time."""
    year, month, day, hour, minute, second = (nw.col(f"{part}_{name}") for part in "ymqhks")
    leap = _is_leap(year)
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    short = nw.when(month.is_in([4, 6, 9, 11])).then(nw.lit(30)).otherwise(nw.lit(31))
    longest = nw.when(month == 2).then(february).otherwise(short)
    real = (year >= YEARS[0]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)
    timely = (hour.fill_null(0) <= 23) & (minute.fill_null(0) <= 59) & (second.fill_null(0) <= 59)
    return (real & timely).fill_null(value=False)


def _new_year(year: nw.Expr) -> nw.Expr:
    """Days from 1970 to the first of a year."""
    leaps = (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    return 365 * (year - 1970) + leaps


def clock(moment: nw.Expr) -> nw.Expr:
    """The second of the day."""
    hour, minute, second = (
        part.cast(nw.Int64) for part in (moment.dt.hour(), moment.dt.minute(), moment.dt.second())
    )
    return hour * 3600 + minute * 60 + second  # the parts may be of 8 bits


def _is_leap(year: nw.Expr) -> nw.Expr:
    return ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)


def _written(name: str) -> dict[str, nw.Expr]:
    """A column of texts, dates written the year first among them; every other text is unreadable."""
    year, month, day, hour, minute, second = (nw.col(f"{part}_{name}") for part in "ymqhks")
    late = nw.when(_is_leap(year)).then(nw.lit(-1)).otherwise(nw.lit(-2))
    late = nw.when(month <= 2).then(nw.lit(0)).otherwise(late)
    number = _new_year(year) + (367 * month - 362) // 12 + late + day - 1
    real = nw.col(f"r_{name}")
    told = hour * 3600 + minute * 60 + second.fill_null(0)
    return {
        f"d_{name}": nw.when(real).then(number).cast(nw.Int64),
        f"c_{name}": nw.when(real).then(told).cast(nw.Int64),
        f"u_{name}": (~nw.col(f"t_{name}").is_null()) & ~real,
    }


def _amount(name: str, kind: nw.dtypes.DType) -> dict[str, nw.Expr]:
    """A column of numbers, of whatever type."""
    value = nw.col(name).cast(nw.Float64)
    if isinstance(kind, (nw.Float64, nw.Float32)):
        value = nw.when(~nw.col(name).is_nan()).then(value)
    endless = (value.abs() > LARGEST).fill_null(value=False)
    return {f"v_{name}": nw.when(~endless).then(value), f"u_{name}": endless}


def _written_amount(name: str) -> dict[str, nw.Expr]:
    """A column of texts, numbers as a program writes them among them; every other text is unreadable."""
    plain = nw.col(f"i_{name}")
    odd = (~nw.col(f"t_{name}").is_null()) & plain.is_null()
    return {f"v_{name}": plain.cast(nw.Float64), f"u_{name}": odd}


def since_1970(day: nw.Expr, second: nw.Expr) -> nw.Expr:
    """Seconds since 1970; a day without a time is its midnight."""
    return day * DAY_SECONDS + second.fill_null(0)


def one_of(name: str, words: Iterable[str]) -> nw.Expr:
    """Whether a column of texts holds one of these, letter by letter; a null does not."""
    found = list(words)
    return nw.col(name).is_in(found).fill_null(value=False) if found else nw.lit(value=False)
