"""The condition around a native formula: every input is a number in its range, or the cell shows an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlfunnel.units import Number, Unit, Vector
from xlfunnel.workbooks.native_functions import WHOLE
from xlfunnel.workbooks.native_operands import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric
    from xlfunnel.workbooks.native_operands import Operand


@dataclass(frozen=True)
class Given:
    """An argument of a metric with what a formula gives for it; its text is native already."""

    argument: Argument
    operand: Operand
    answer: Metric[Any, Any] | None = None
    """The function of ours whose answer it is."""

    @property
    def kind(self) -> Number:
        """The rule for each of its numbers."""
        kind = self.argument.kind
        of = kind.of if isinstance(kind, Vector) else kind
        assert isinstance(of, Number)  # noqa: S101
        return of

    @property
    def is_optional_cell(self) -> bool:
        """Whether it is a reference that may be blank, which means the default."""
        return not self.argument.required and self.operand.form is Form.REFERENCE

    @property
    def is_whole(self) -> bool:
        """Whether its number is certainly whole."""
        if self.operand.form is Form.NUMBERS:
            return all(number.is_integer() for number in self.operand.numbers)
        return self.answer is not None and self.answer.name in WHOLE

    @property
    def is_sound(self) -> bool:
        """Whether it needs no guard: typed numbers in range, or an answer of ours that cannot be out of range."""
        if self.operand.form is Form.NUMBERS:
            return all(self.kind.allows(number) for number in self.operand.numbers)
        if self.answer is None or self.kind.high_open:
            return False
        in_range = self.kind.high is None or (self.kind.high == 1 and self.answer.unit is Unit.SHARE)
        return in_range and (self.is_whole or not self.kind.whole)


def faults(guards: Sequence[Given]) -> Iterator[str]:
    """Conditions under which a number is out of its range; blanks and text are left to `complete`."""
    low = [one for one in guards if one.kind.low == 0 and not one.kind.low_open]
    if low:
        yield f"{_smallest(low)}<0"
    yield from (f"{_chosen(one)}<=0" for one in guards if one.kind.low_open)
    for high in sorted({one.kind.high for one in guards if one.kind.high is not None}):
        at_most = [one for one in guards if one.kind.high == high and not one.kind.high_open]
        under = [one for one in guards if one.kind.high == high and one.kind.high_open]
        if at_most:
            yield f"MAX({_listed(at_most)})>{high:g}"
        if under:
            yield f"MAX({_listed(under)})>={high:g}"
    for one in guards:
        yield from _shape_faults(one)


def _smallest(those: Sequence[Given]) -> str:
    """The smallest of some arguments; a single cell needs no MIN, since text counts as more than any number."""
    (first, *others) = those
    if not others and first.operand.atomic and not isinstance(first.argument.kind, Vector):
        return first.operand.text
    return f"MIN({_listed(those)})"


def _listed(those: Sequence[Given]) -> str:
    return ",".join(one.operand.text for one in those)


def _chosen(one: Given) -> str:
    """What is given, or the default where that is a blank cell."""
    text = one.operand.text
    return f'IF({text}="",{one.argument.default:g},{text})' if one.is_optional_cell else f"MIN({text})"


def _shape_faults(one: Given) -> Iterator[str]:
    text = one.operand.text
    if one.kind.whole:
        yield f"N({text})<>INT(N({text}))"
    kind = one.argument.kind
    if not isinstance(kind, Vector) or one.operand.form is Form.NUMBERS:
        return
    shape = one.operand.shape
    if not (shape.is_row or shape.is_column):
        yield f"MIN(ROWS({text}),COLUMNS({text}))>1"
    if kind.length and shape.rows is None:  # else it was looked at before
        yield f"{_cells(one)}<>{kind.length}"


def complete(guards: Sequence[Given]) -> str:
    """The condition that every input is a number, a blank optional one aside."""
    counted = [one for one in guards if one.operand.form is not Form.NUMBERS]
    if not counted:
        return ""
    single = [one for one in counted if not isinstance(one.argument.kind, Vector) and not one.is_optional_cell]
    terms = [str(len(single))] if single else []
    terms += [_cells(one) for one in counted if isinstance(one.argument.kind, Vector)]
    # A comparison counts as 1 or 0 only when something is added to it.
    optional = [f'({one.operand.text}<>"")' for one in counted if one.is_optional_cell]
    terms = ["0"] * bool(optional and not terms) + terms + optional
    return f"COUNT({','.join(one.operand.text for one in counted)})={'+'.join(terms)}"


def _cells(one: Given) -> str:
    """How many cells a row or column has."""
    shape, text = one.operand.shape, one.operand.text
    if shape.is_row or shape.is_column:
        return f"COLUMNS({text})" if shape.is_row else f"ROWS({text})"
    return f"ROWS({text})*COLUMNS({text})"
