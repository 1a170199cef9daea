"""The rules that all metrics share: errors, blanks, types, ranges and shapes of what they are given.

`checked` turns the values that a host or a program passes into the values that a metric computes with, or raises
one `MetricError`. When several things are wrong, the answer is the first of: an error in an input, a missing
input, a wrong type, option or shape, a number out of range; within one of these, the leftmost argument.

A value is a number, text, TRUE or FALSE, a date, an `ExcelCode` (an error cell), None (blank), or rows of these;
a flat list is one row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from numbers import Real
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
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.metric import Argument, Metric

EPOCH: Final = date(1970, 1, 1)
EPOCH_ORDINAL: Final = EPOCH.toordinal()
EPOCH_SERIAL: Final = 25_569
"""Excel's serial number of 1970-01-01."""
LAST_SERIAL: Final = 2_958_465
"""Excel's serial number of 9999-12-31."""
SECONDS: Final = 86_400

Rows = list[list[Any]]


def checked(metric: Metric[Any, Any], values: Sequence[Any]) -> list[Any]:
    """The values a metric computes with; defaults stand in for blank or omitted optional arguments."""
    arguments = spread(metric, len(values))
    given = [plain(value) for value in values]
    given += [None] * (len(arguments) - len(given))
    if metric.takes_records:
        return _checked_with_records(arguments, given)
    try:
        return [one(argument, value) for argument, value in zip(arguments, given, strict=True)]
    except MetricError:
        raise _gravest(arguments, given) from None


def spread(metric: Metric[Any, Any], count: int) -> tuple[Argument, ...]:
    """The arguments that so many values belong to; a varying last argument takes all that is left."""
    arguments = metric.arguments
    if arguments and arguments[-1].varying:
        return arguments[:-1] + arguments[-1:] * max(0, count - len(arguments) + 1)
    if count > len(arguments):
        msg = f"{metric.name} takes at most {len(arguments)} arguments, received {count}"
        raise TooManyArguments(msg)
    return arguments


def plain(value: Any) -> Any:
    """A value as plain Python: arrays and series become lists, not-a-number becomes blank."""
    if value is None or isinstance(value, (str, bool, int, float, date, ExcelCode)):
        return None if value != value or value == "" else value  # noqa: PLR0124  # only NaN and NaT differ from themselves
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return None if value.is_nan() else float(value)
    return float(value) if isinstance(value, Real) else value


def one(argument: Argument, value: Any) -> Any:
    """One argument's checked value."""
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
    return scalar(argument.name, _scalar_kind(kind), single(argument.name, value))


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


def scalar(name: str, kind: ScalarKind, value: Any) -> Any:
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


def _scalar_kind(kind: Kind) -> ScalarKind:
    if isinstance(kind, (Number, Moment, Label, Flag, Word, Window)):
        return kind
    msg = f"{kind} is no single value"
    raise TypeError(msg)


def _blank(value: Any) -> bool:
    if isinstance(value, list):
        return all(_blank(item) for item in value)
    return value is None


# -- single cells ---------------------------------------------------------------------------------------------


def _number(name: str, kind: Number, value: Any) -> float:
    if type(value) is not float and (isinstance(value, (bool, str)) or not isinstance(value, (int, float))):
        raise _wrong(name, kind.rule, value)
    number = float(value)
    if not math.isfinite(number) or not kind.allows(number):
        hint = "; write 25 % as 0.25" if kind.unit is Unit.SHARE and number > 1 else ""
        msg = f"{name} must be {kind.rule}, received {value:g}{hint}"
        raise OutOfRange(msg)
    return number


def _moment(name: str, kind: Moment, value: Any) -> date:
    if isinstance(value, datetime):
        found = value.replace(tzinfo=None)
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)  # workbooks know no time zone
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 1 <= value < LAST_SERIAL + 1:
            msg = f"{name} must be a date between 1900 and 9999, received {value:g}"
            raise OutOfRange(msg)
        # Serials carry seconds as a binary fraction of a day: round to the second that was meant.
        seconds = round((value - EPOCH_SERIAL) * SECONDS)
        found = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    else:
        raise _wrong(name, kind.rule, value)
    return found if kind.unit is Unit.TIMESTAMP else found.date()


def _label(name: str, kind: Label, value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        raise _wrong(name, kind.rule, value)
    if isinstance(value, (int, float)):
        return f"{value:g}" if not float(value).is_integer() else str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    raise _wrong(name, kind.rule, value)


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
    return int(_number(name, Number(Unit.DAYS, low=1, whole=True), value))


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
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


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


def _cells(name: str, kind: ScalarKind, cells: list[Any], *, blanks: bool) -> list[Any]:
    """Each cell checked; of several faults the gravest is raised."""
    found: list[Any] = []
    faults: list[MetricError] = []
    for index, cell in enumerate(cells, start=1):
        if cell is None and blanks:
            found.append(None)
            continue
        try:
            found.append(scalar(f"{name}, cell {index}", kind, cell))
        except MetricError as fault:
            faults.append(fault)
            if isinstance(fault, ErrorInInput):
                break
    if faults:
        raise min(faults, key=_gravity)
    return found


def _vector(name: str, kind: Vector, value: Any) -> tuple[Any, ...]:
    cells = _line(name, value)
    if kind.length and len(cells) != kind.length:
        msg = f"{name} must be {kind.rule}, received {len(cells)}"
        raise ShapeMismatch(msg)
    found = _cells(name, kind.of, cells, blanks=kind.blanks)
    return tuple(cell for cell in found if cell is not None)


def _grid(name: str, kind: Grid, value: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(_cells(name, kind.of, row, blanks=kind.blanks)) for row in rows_of(name, value))


# -- columns of records ----------------------------------------------------------------------------------------


def _checked_with_records(arguments: Sequence[Argument], given: list[Any]) -> list[Any]:
    """As `checked`, where some arguments are columns of one table: equally long, blank records left out."""
    fault = _fault_before_records(arguments, given)
    if fault:
        raise fault
    tables: dict[str, list[int]] = {}
    for index, argument in enumerate(arguments):
        if isinstance(argument.kind, (Records, RecordGrid)) and not _not_given(argument, given[index]):
            tables.setdefault(argument.kind.table, []).append(index)
    columns: dict[int, Any] = {}
    faults: list[MetricError] = []
    for indexes in tables.values():
        rows = {index: _record_rows(arguments[index], given[index]) for index in indexes}
        kept = _kept(arguments, rows)
        for index in indexes:
            try:
                columns[index] = _record_column(arguments[index], rows[index], kept)
            except MetricError as caught:
                faults.append(caught)
    if faults:
        raise min(faults, key=_gravity)
    return [columns[i] if i in columns else one(argument, given[i]) for i, argument in enumerate(arguments)]


def _fault_before_records(arguments: Sequence[Argument], given: list[Any]) -> MetricError | None:
    """What is wrong before any record is looked at: errors anywhere, missing columns, other arguments."""
    faults: list[MetricError] = []
    for argument, value in zip(arguments, given, strict=True):
        error = _error_in(value)
        if error:
            faults.append(ErrorInInput(error, f"{argument.name} holds {error}"))
        if isinstance(argument.kind, (Records, RecordGrid)) and not _not_given(argument, value):
            continue
        try:
            one(argument, value)
        except MetricError as fault:
            faults.append(fault)
    return min(faults, key=_gravity, default=None)


def _not_given(argument: Argument, value: Any) -> bool:
    """Whether a column was left out. A range of blanks is a column where blanks mean something: nobody touched."""
    if isinstance(argument.kind, Records) and argument.kind.blanks and isinstance(value, list):
        return False
    return _blank(value)


def _error_in(value: Any) -> ExcelCode | None:
    if isinstance(value, list):
        return next((error for item in value if (error := _error_in(item))), None)
    return value if isinstance(value, ExcelCode) else None


def _record_rows(argument: Argument, value: Any) -> Rows:
    if isinstance(argument.kind, RecordGrid):
        return rows_of(argument.name, value)
    return [[cell] for cell in _line(argument.name, value)]


def _kept(arguments: Sequence[Argument], rows: dict[int, Rows]) -> list[int]:
    """The records that are not blank in every column; the columns must be equally long."""
    lengths = {arguments[index].name: len(column) for index, column in rows.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        msg = f"columns must have the same number of cells: {told}"
        raise ShapeMismatch(msg)
    columns = list(rows.values())
    return [
        index
        for index, cells in enumerate(zip(*columns, strict=True))
        if any(cell is not None for row in cells for cell in row)
    ]


def _record_column(argument: Argument, rows: Rows, kept: list[int]) -> list[Any]:
    kind = argument.kind
    if isinstance(kind, RecordGrid):
        return [
            _column(argument.name, kind.of, [rows[i][c] for i in kept], kept, blanks=True)
            for c in range(len(rows[0]))
        ]
    assert isinstance(kind, Records)  # noqa: S101
    return _column(argument.name, kind.of, [rows[i][0] for i in kept], kept, blanks=kind.blanks)


def _column(name: str, kind: ScalarKind, cells: list[Any], numbers: list[int], *, blanks: bool) -> list[Any]:
    """A column's checked cells; equal cells are checked once, since real columns repeat themselves."""
    known: dict[Any, Any] = {None: None} if blanks else {}
    found: list[Any] = []
    faults: list[MetricError] = []
    for cell, number in zip(cells, numbers, strict=True):
        key = (type(cell), cell)
        if key not in known and not (cell is None and blanks):
            try:
                known[key] = _numbered(kind, scalar(f"{name}, row {number + 1}", kind, cell))
            except MetricError as fault:
                faults.append(fault)
                known[key] = None
        found.append(None if cell is None and blanks else known[key])
    if faults:
        raise min(faults, key=_gravity)
    return found


def _numbered(kind: ScalarKind, value: Any) -> Any:
    """Moments as numbers: days, or seconds, since 1970-01-01."""
    if not isinstance(kind, Moment):
        return value
    if kind.unit is Unit.TIMESTAMP:
        return day_number(value) * SECONDS + value.hour * 3600 + value.minute * 60 + value.second
    return day_number(value)


# -- which of several faults is told ---------------------------------------------------------------------------


def _gravity(fault: MetricError) -> int:
    if isinstance(fault, ErrorInInput):
        return 0
    if isinstance(fault, MissingInput):
        return 1
    return 3 if isinstance(fault, OutOfRange) else 2


def _gravest(arguments: Sequence[Argument], given: Sequence[Any]) -> MetricError:
    faults: list[MetricError] = []
    for argument, value in zip(arguments, given, strict=True):
        try:
            one(argument, value)
        except MetricError as fault:
            faults.append(fault)
    return min(faults, key=_gravity)
