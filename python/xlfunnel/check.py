"""The rules that all metrics share: errors, blanks, types, ranges and shapes of what they are given.

`checked` turns the values that a host or a program passes into the values that a metric computes with, or raises
one `MetricError`. When several things are wrong, the answer is the first of: an error in an input, a missing
input, a wrong type, option or shape, a number out of range; within one of these, the leftmost argument.

A value is a number, text, TRUE or FALSE, a date, an `ExcelCode` (an error cell), None (blank), or rows of these;
a flat list is one row.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, count
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import (
    ErrorInInput,
    ExcelCode,
    MetricError,
    MissingInput,
    OutOfRange,
    ShapeMismatch,
    TooManyArguments,
    UnknownOption,
    WrongType,
)
from xlfunnel.units import (
    Anything,
    Flag,
    Grid,
    Kind,
    Label,
    Moment,
    Number,
    RecordGrid,
    Records,
    ScalarKind,
    Unit,
    Vector,
    Window,
    Word,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xlfunnel.argument import Argument, Signature

EPOCH: Final = date(1970, 1, 1)
EPOCH_ORDINAL: Final = EPOCH.toordinal()
EPOCH_SERIAL: Final = 25_569
"""Excel's serial number of 1970-01-01."""
LAST_SERIAL: Final = 2_958_465
"""Excel's serial number of 9999-12-31."""
SECONDS: Final = 86_400

Rows = list[list[Any]]


def checked(signature: Signature, given: Sequence[Any]) -> list[Any]:
    """The values a metric computes with, from plain ones; defaults stand in for optional ones that are blank."""
    arguments = spread(signature, len(given))
    given = [*given, *[None] * (len(arguments) - len(given))]
    columns = _record_columns(arguments, given) if signature.takes_records else {}
    results = [
        columns[index] if index in columns else _tried(one, argument, given[index])
        for index, argument in enumerate(arguments)
    ]
    _raise_gravest(results)
    return results


def _tried(check: Callable[..., Any], *args: Any) -> Any:
    """What a check answers or raises, so that all arguments are looked at before the gravest fault is told."""
    try:
        return check(*args)
    except MetricError as fault:
        return fault


def _raise_gravest(results: Iterable[Any]) -> None:
    """Raise the first of the gravest faults among results, where there is one."""
    faults = [result for result in results if isinstance(result, MetricError)]
    if faults:
        raise min(faults, key=_gravity)


def _gravity(fault: MetricError) -> int:
    if isinstance(fault, ErrorInInput):
        return 0
    if isinstance(fault, MissingInput):
        return 1
    return 3 if isinstance(fault, OutOfRange) else 2


def spread(signature: Signature, count: int) -> tuple[Argument, ...]:
    """The arguments that so many values belong to; a varying last argument takes all that is left."""
    arguments = signature.arguments
    if arguments and arguments[-1].varying:
        return arguments[:-1] + arguments[-1:] * max(0, count - len(arguments) + 1)
    if count > len(arguments):
        msg = f"{signature.name} takes at most {len(arguments)} arguments, received {count}"
        raise TooManyArguments(msg)
    return arguments


_AS_IT_IS: Final = frozenset({type(None), bool, date, datetime, ExcelCode})
_ENDLESS: Final = 1e308
"""A whole number from here on counts as endless: it may not fit a float, and no cell holds it."""


def plain(value: Any, levels: int = 2) -> Any:
    """A value as plain Python: frames, arrays and series become lists; not-a-number, "" and [] become blank.

    A range has two levels, rows and cells; what lies deeper becomes an empty list, which no cell may be.

    >>> plain(((1, float("nan")), ("", "won")))
    [[1, None], [None, 'won']]
    """
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is float:
        return value if value == value else None  # noqa: PLR0124  # only NaN differs from itself
    if kind is str:
        return value or None
    if kind is int:
        return value if abs(value) < _ENDLESS else math.copysign(math.inf, value > 0 or -1)
    if isinstance(value, (list, tuple)):
        return [plain(item, levels - 1) for item in value] or None if levels else []
    return _plain_other(value, levels)


def _plain_other(value: Any, levels: int) -> Any:
    """What only a Python program passes: other numbers, containers, and the missing values of pandas."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if hasattr(value, "dtype"):
        # In nanoseconds numpy hands out integers, in microseconds dates.
        return plain((value.astype("datetime64[us]") if value.dtype.kind == "M" else value).tolist(), levels)
    if isinstance(value, (str, date)):
        return value if value == value and value != "" else None  # noqa: PLR0124  # NaT is a date that differs from itself
    if isinstance(value, Decimal):
        return None if value.is_nan() else float(value)
    if isinstance(value, Real):
        return plain(int(value)) if isinstance(value, Integral) else float(value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return plain(list(value), levels)
    # Whatever no cell can hold is refused, by its text, where a number or a date is needed.
    return None if str(value) == "<NA>" else value if isinstance(value, Hashable) else str(value)


def one(argument: Argument, value: Any) -> Any:
    """One argument's checked value, of an argument that is no column of records."""
    kind = argument.kind
    if isinstance(kind, Anything):
        return value
    if _blank(value):
        if argument.required:
            msg = f"{argument.name} is missing: {argument.meaning}"
            raise MissingInput(msg)
        return argument.default
    if isinstance(kind, Vector):
        return _vector(argument.name, kind, value)
    if isinstance(kind, Grid):
        return _grid(argument.name, kind, value)
    return scalar(argument.name, kind, single(argument.name, value))


def single(name: str, value: Any) -> Any:
    """The one value of a 1×1 range, or the value itself."""
    if not isinstance(value, list):
        return value
    rows = rows_of(name, value)
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    msg = f"{name} takes one value, received a range of {len(rows)}×{len(rows[0])}"
    raise ShapeMismatch(msg)


def rows_of(name: str, value: Any) -> Rows:
    """A value as rows of cells: a single value is 1×1, a flat list one row; rows must be equally long."""
    if not isinstance(value, list):
        return [[value]]
    if not any(isinstance(row, list) for row in value):
        rows = [value]
    else:
        rows = [row if isinstance(row, list) else [row] for row in value]
    widths = {len(row) for row in rows}
    if len(widths) == 1 and widths != {0} and not any(isinstance(cell, list) for row in rows for cell in row):
        return rows
    msg = f"{name} must have rows of equal length"
    raise ShapeMismatch(msg)


def scalar(name: str, kind: Kind, value: Any) -> Any:
    """One cell's checked value; the cell must not be blank."""
    if isinstance(value, ExcelCode):
        msg = f"{name} is {value}"
        raise ErrorInInput(value, msg)
    if value is None:
        msg = f"{name} is blank"
        raise MissingInput(msg)
    return _CONVERT[type(kind)](name, kind, value)


def day_number(moment: date) -> int:
    """Days since 1970-01-01."""
    return moment.toordinal() - EPOCH_ORDINAL


def _blank(value: Any) -> bool:
    if isinstance(value, list):
        return all(_blank(item) for item in value)
    return value is None


# -- single cells ---------------------------------------------------------------------------------------------


def _number(name: str, kind: Number, value: Any) -> float:
    if type(value) is not float and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise _wrong(name, kind.rule, value)
    number = float(value)
    if not math.isfinite(number) or not kind.allows(number):
        hint = "; write 25 % as 0.25" if kind.unit is Unit.SHARE and number > 1 else ""
        msg = f"{name} must be {kind.rule}, received {written(number)}{hint}"
        raise OutOfRange(msg)
    return number


def _moment(name: str, kind: Moment, value: Any) -> date:
    if isinstance(value, datetime):
        found = value.replace(tzinfo=None)  # workbooks know no time zone
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 1 <= value < LAST_SERIAL + 1:
            msg = f"{name} must be a date between 1900 and 9999, received {written(value)}"
            raise OutOfRange(msg)
        # A serial carries its time as a binary fraction of a day: round to the millisecond that was meant.
        found = datetime(1970, 1, 1) + timedelta(milliseconds=round((value - EPOCH_SERIAL) * SECONDS * 1000))
    else:
        raise _wrong(name, kind.rule, value)
    return found if kind.unit is Unit.TIMESTAMP else found.date()


def _label(name: str, kind: Label, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, date)):
        raise _wrong(name, kind.rule, value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Half a character pair, which a file can hold, is no text that an engine takes.
        text = value.strip().encode(errors="replace").decode()
        if not text:
            msg = f"{name} is blank"
            raise MissingInput(msg)
        return text
    return str(int(value)) if float(value).is_integer() else written(value)


_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _flag(name: str, kind: Flag, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip().casefold()
    if word not in _FLAGS:
        raise _wrong(name, kind.rule, value)
    return _FLAGS[word]


def _word(name: str, kind: Word, value: Any) -> Any:
    word = str(value).strip().casefold() if isinstance(value, str) else None
    for option in kind.options:
        if word == option.value:
            return option
    msg = f"{name} must be {kind.rule}, received {shown(value)}"
    raise UnknownOption(msg)


def _window(name: str, kind: Window, value: Any) -> int | None:
    if isinstance(value, str):
        if value.strip().casefold() == "all":
            return None
        msg = f"{name} must be {kind.rule}, received {shown(value)}"
        raise UnknownOption(msg)
    days = _number(name, Number(Unit.DAYS, low=1, whole=True), value)
    return int(min(days, LAST_SERIAL))  # no two dates are further apart


_CONVERT: Final[dict[type, Callable[[str, Any, Any], Any]]] = {
    Number: _number,
    Moment: _moment,
    Label: _label,
    Flag: _flag,
    Word: _word,
    Window: _window,
}


def shown(value: Any) -> str:
    """A value as a message shows it: text in quotes, and not more of it than a person would read."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:40]}…"'
    if isinstance(value, bool):
        return str(value).upper()
    return written(value) if isinstance(value, (int, float)) else str(value)


def _wrong(name: str, rule: str, value: Any) -> WrongType:
    return WrongType(f"{name} must be {rule}, received {shown(value)}")


# -- ranges that are taken as a whole --------------------------------------------------------------------------


def _line(name: str, value: Any) -> list[Any]:
    rows = rows_of(name, value)
    if len(rows) == 1:
        return rows[0]
    if len(rows[0]) == 1:
        return [row[0] for row in rows]
    msg = f"{name} must be one row or one column, received a range of {len(rows)}×{len(rows[0])}"
    raise ShapeMismatch(msg)


def _cells(names: Iterable[str], kind: ScalarKind, cells: Iterable[Any], *, blanks: bool) -> list[Any]:
    """Each cell checked; of several faults the gravest is raised."""
    found = [
        None if blanks and _blank_cell(kind, cell) else _tried(scalar, name, kind, cell)
        for name, cell in zip(names, cells, strict=False)
    ]
    _raise_gravest(found)
    return found


def _blank_cell(kind: ScalarKind, cell: Any) -> bool:
    """Whether a cell holds nothing; a name of spaces is none."""
    return cell is None or (isinstance(kind, Label) and isinstance(cell, str) and not cell.strip())


def _vector(name: str, kind: Vector, value: Any) -> tuple[Any, ...]:
    cells = _line(name, value)
    if kind.length and len(cells) != kind.length:
        msg = f"{name} must be {kind.rule}, received {len(cells)}"
        raise ShapeMismatch(msg)
    names = (f"{name}, cell {number}" for number in count(1))
    found = _cells(names, kind.of, cells, blanks=kind.blanks)
    return tuple(cell for cell in found if cell is not None)


def _grid(name: str, kind: Grid, value: Any) -> tuple[tuple[Any, ...], ...]:
    rows = rows_of(name, value)
    width = len(rows[0])
    names = (f"{name}, row {index // width + 1}, cell {index % width + 1}" for index in count())
    found = _cells(names, kind.of, chain.from_iterable(rows), blanks=kind.blanks)
    return tuple(tuple(found[start : start + width]) for start in range(0, len(found), width))


# -- columns of records ----------------------------------------------------------------------------------------


def _record_columns(arguments: Sequence[Argument], given: Sequence[Any]) -> dict[int, Any]:
    """Each argument that is a column of records, by its place: its checked cells, or what is wrong with it."""
    results: dict[int, Any] = {}
    tables: dict[str, dict[int, Rows]] = {}
    for index, (argument, value) in enumerate(zip(arguments, given, strict=True)):
        if isinstance(argument.kind, (Records, RecordGrid)) and not _not_given(argument, value):
            results[index] = _tried(_unchecked_columns, argument, value)
            if not isinstance(results[index], MetricError):
                tables.setdefault(argument.kind.table, {})[index] = results[index]
    for table in tables.values():
        kept = _tried(_kept, {arguments[index].name: columns for index, columns in table.items()})
        for index, columns in table.items():
            unequal = isinstance(kept, MetricError)
            results[index] = kept if unequal else _tried(_checked_columns, arguments[index], columns, kept)
    return results


def _not_given(argument: Argument, value: Any) -> bool:
    """Whether a column was left out. A range of blanks is a column where blanks mean something: nobody touched."""
    if isinstance(argument.kind, Records) and argument.kind.blanks and isinstance(value, list):
        return False
    return _blank(value)


def _unchecked_columns(argument: Argument, value: Any) -> list[list[Any]]:
    """The columns of a grid of records, or the one column; an error in any cell is told before all else."""
    if isinstance(argument.kind, RecordGrid):
        columns = [list(column) for column in zip(*rows_of(argument.name, value), strict=True)]
    else:
        columns = [_line(argument.name, value)]
    for column in columns:
        if ExcelCode in map(type, column):
            number, error = next((n, cell) for n, cell in enumerate(column, 1) if isinstance(cell, ExcelCode))
            raise ErrorInInput(error, f"{argument.name}, row {number} is {error}")
    return columns


def _kept(table: Mapping[str, list[list[Any]]]) -> Sequence[int]:
    """The records of a table that are not blank in every column; the columns must be equally long."""
    lengths = {name: len(columns[0]) for name, columns in table.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        msg = f"columns must have the same number of cells: {told}"
        raise ShapeMismatch(msg)
    columns = [column for columns in table.values() for column in columns]
    if any(None not in column for column in columns):
        return range(len(columns[0]))
    return [index for index, cells in enumerate(zip(*columns, strict=True)) if any(c is not None for c in cells)]


def _checked_columns(argument: Argument, columns: list[list[Any]], kept: Sequence[int]) -> list[Any]:
    """The checked cells of a column, or of each column of a grid."""
    kind = argument.kind
    if isinstance(kind, RecordGrid):
        return [_checked_column(argument.name, kind.of, column, kept, blanks=True) for column in columns]
    assert isinstance(kind, Records)  # noqa: S101
    return _checked_column(argument.name, kind.of, columns[0], kept, blanks=kind.blanks)


def _checked_column(
    name: str, kind: ScalarKind, column: list[Any], kept: Sequence[int], *, blanks: bool
) -> list[Any]:
    """A column's kept cells; equal cells are checked once, since real columns repeat themselves."""
    known: dict[tuple[type, Any], Any] = {}
    found: list[Any] = []
    for index in kept:
        cell = column[index]
        key = (type(cell), cell)
        if key not in known:
            left_out = blanks and _blank_cell(kind, cell)
            known[key] = None if left_out else _tried(_record_cell, f"{name}, row {index + 1}", kind, cell)
        found.append(known[key])
    _raise_gravest(known.values())
    return found


def _record_cell(name: str, kind: ScalarKind, cell: Any) -> Any:
    """A cell of a column, moments as numbers: days, or seconds, since 1970-01-01."""
    value = scalar(name, kind, cell)
    if not isinstance(kind, Moment):
        return value
    if kind.unit is Unit.TIMESTAMP:
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return day_number(value) * SECONDS + seconds + value.microsecond / 1e6
    return day_number(value)
