"""Formulas as trees of calls, and what an argument of a call is: a number, a reference of known shape, a call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.references import area_of
from xlfunnel.workbooks.formula_pieces import Piece, Token, UnreadableFormula, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Call:
    """A call of a function: what opens it (with its name and bracket) and its arguments; `F()` has none."""

    opening: str
    arguments: tuple[Parts, ...]

    @property
    def name(self) -> str:
        """The function's name in capitals, without the range before it or the add-in's link."""
        return _LINK.sub("", self.opening[len(self.before) : -1]).upper()

    @property
    def before(self) -> str:
        """The start of a range that ends in the call, with its colon (`A1:INDEX(…)`): it stays when the name goes."""
        found = _RANGE_TO.match(self.opening)
        return found[0] if found else ""


Parts = tuple[Piece | Call, ...]
_RANGE_TO: Final = re.compile(r"^(?:[^'\[\]:]|'[^']*'|\[[^\]]*\]+)*:")
_LINK: Final = re.compile(r"^@?(?:\[\d+\]!|'[^']*xlfunnel[^']*\.xlam'!|xlfunnel\.xlam!)?", re.IGNORECASE)


@lru_cache(maxsize=2_048)
def parsed(formula: str) -> Parts:
    """The parts of a formula, which starts with its equals sign; raises `UnreadableFormula`.

    >>> [part.name for part in parsed('=F(A1,"G(")+2') if isinstance(part, Call)]
    ['F']
    """
    parts, ended = _until(iter(pieces(formula)), ())
    if ended is not None or any(_open(parts[0], type_) for type_ in (Token.PAREN, Token.ARRAY)):
        msg = f"a bracket in {formula!r} has no other half"
        raise UnreadableFormula(msg)
    return parts[0]


def _open(parts: Parts, type_: str) -> bool:
    """Whether a bracket of this type is left open, here or in a call."""
    steps = [
        {Token.OPEN: 1, Token.CLOSE: -1}.get(p.subtype, 0) for p in parts if isinstance(p, Piece) and p.type == type_
    ]
    return sum(steps) != 0 or any(_open(a, type_) for p in parts if isinstance(p, Call) for a in p.arguments)


def _until(tokens: Iterator[Piece], closing: tuple[str, ...]) -> tuple[list[Parts], Piece | None]:
    """The arguments up to a token that closes a call; without one, the parts up to the end as one argument."""
    arguments: list[Parts] = []
    parts: list[Piece | Call] = []
    depth = 0  # of braces, whose commas part no arguments
    for token in tokens:
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            inner, ended = _until(tokens, (Token.FUNC,))
            if ended is None:
                msg = f"{token.text} is not closed"
                raise UnreadableFormula(msg)
            parts.append(Call(token.text, () if inner == [()] else tuple(inner)))
        elif token.type == Token.FUNC:
            return [*arguments, tuple(parts)], token
        elif token.type == Token.SEP and not depth and closing:
            arguments.append(tuple(parts))
            parts = []
        else:
            depth += {Token.OPEN: 1, Token.CLOSE: -1}.get(token.subtype, 0) if token.type == Token.ARRAY else 0
            parts.append(token)
    return [*arguments, tuple(parts)], None


def written(parts: Sequence[Piece | Call]) -> str:
    """The parts as text, as they were read; several spaces have become one.

    >>> written(parsed("=IF( A1>0,F(B1,,2), {1,2;3,4})"))
    'IF( A1>0,F(B1,,2), {1,2;3,4})'
    """
    return "".join(
        part.text if isinstance(part, Piece) else f"{part.opening}{','.join(map(written, part.arguments))})"
        for part in parts
    )


def calls(parts: Sequence[Piece | Call]) -> Iterator[Call]:
    """Every call, an outer one before those in its arguments, from left to right."""
    for part in parts:
        if isinstance(part, Call):
            yield part
            for argument in part.arguments:
                yield from calls(argument)


# -- what an argument is ---------------------------------------------------------------------------------------


class Form(Enum):
    """What an argument is made of."""

    OMITTED = "nothing"
    NUMBERS = "numbers as they are typed"
    WORD = "a text as it is typed"
    REFERENCE = "a reference"
    EXPRESSION = "an expression"


@dataclass(frozen=True)
class Shape:
    """Rows and columns of a reference; None where the formula alone does not tell."""

    rows: int | None = None
    columns: int | None = None
    is_row: bool = False
    is_column: bool = False

    @property
    def is_cell(self) -> bool:
        """Whether it is certainly one cell."""
        return self.is_row and self.is_column

    @property
    def is_block(self) -> bool:
        """Whether it certainly has several rows and several columns."""
        return (self.rows or 1) > 1 and (self.columns or 1) > 1

    @property
    def is_many(self) -> bool:
        """Whether it certainly is, or would be with one more row, more than one cell."""
        return not self.is_cell and (self.is_row or self.is_column or self.is_block)


@dataclass(frozen=True)
class Operand:
    """An argument of a call."""

    text: str
    form: Form
    numbers: tuple[float, ...] = ()
    word: str = ""
    shape: Shape = Shape()
    atomic: bool = False


def operand(parts: Parts) -> Operand:
    """What an argument is.

    >>> operand(parsed("=25%")).numbers, operand(parsed("=Plan[[#This Row],[Deals, new]]")).shape.is_cell
    ((0.25,), True)
    """
    kept = _trimmed(parts)
    text = written(kept)
    if not kept:
        return Operand("", Form.OMITTED)
    if isinstance(kept[0], Piece) and kept[0].type == Token.ARRAY:
        return _array(kept, text)
    number = _number(kept)
    if number is not None:
        return Operand(
            text, Form.NUMBERS, (number,), atomic=isinstance(kept[0], Piece) and kept[0].type != Token.OP_PRE
        )
    if len(kept) > 1:
        return Operand(text, Form.EXPRESSION)
    (part,) = kept
    if isinstance(part, Call):
        return Operand(text, Form.EXPRESSION, shape=_indexed(part), atomic=True)
    if part.subtype == Token.TEXT:
        return Operand(text, Form.WORD, word=part.text[1:-1].replace('""', '"'), atomic=True)
    if part.subtype == Token.RANGE:
        return Operand(text, Form.REFERENCE, shape=_shape(part.text), atomic=True)
    return Operand(text, Form.EXPRESSION, atomic=True)


def _trimmed(parts: Parts) -> Parts:
    """Without space around."""
    kept = list(parts)
    while kept and _is_space(kept[0]):
        kept.pop(0)
    while kept and _is_space(kept[-1]):
        kept.pop()
    return tuple(kept)


def _is_space(part: Piece | Call) -> bool:
    return isinstance(part, Piece) and part.type == Token.WSPACE


def _number(parts: Sequence[Piece | Call]) -> float | None:
    """The value of a number that is typed, with its sign and per cent."""
    sign = scale = 1.0
    kept = list(parts)
    while kept and isinstance(kept[0], Piece) and kept[0].type == Token.OP_PRE:
        sign *= -1 if kept[0].text == "-" else 1
        kept.pop(0)
    while kept and isinstance(kept[-1], Piece) and kept[-1].type == Token.OP_POST:
        scale /= 100
        kept.pop()
    if len(kept) == 1 and isinstance(kept[0], Piece) and kept[0].subtype == Token.NUMBER:
        return sign * float(kept[0].text) * scale
    return None


def _array(parts: Parts, text: str) -> Operand:
    """An array constant in one row or one column of numbers; any other is an expression."""
    inside = parts[1:-1]
    separators = {p.text for p in inside if isinstance(p, Piece) and p.type == Token.SEP}
    closed = isinstance(parts[-1], Piece) and parts[-1].type == Token.ARRAY
    cells: list[list[Piece | Call]] = [[]]
    for part in inside:
        if isinstance(part, Piece) and part.type == Token.SEP:
            cells.append([])
        elif not (isinstance(part, Piece) and part.type in {Token.ARRAY, "ARRAYROW", Token.WSPACE}):
            cells[-1].append(part)
    numbers = [_number(cell) for cell in cells]
    if not closed or len(separators) > 1 or None in numbers:
        return Operand(text, Form.EXPRESSION)
    return Operand(text, Form.NUMBERS, tuple(n for n in numbers if n is not None), atomic=True)


_SHEET: Final = re.compile(r"^(?:'(?:[^']|'')*'|[^'!\[\]]+)!")
_CELLS: Final = re.compile(r"^\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?$", re.IGNORECASE)
_LINES: Final = re.compile(r"^(?:(\$?[A-Z]{1,3}:\$?[A-Z]{1,3})|(\$?\d+:\$?\d+))$", re.IGNORECASE)
_ONE_ROW: Final = ("#this row", "#totals", "#headers", "@")


def _shape(reference: str) -> Shape:
    inside = _SHEET.sub("", reference)
    area = area_of(inside) if _CELLS.match(inside) else None
    if area is not None:
        return _sized(area.bottom - area.top + 1, area.right - area.left + 1)
    if _LINES.match(inside):
        return Shape(is_column=True) if inside.strip("$")[0].isalpha() else Shape(is_row=True)
    return _structured(inside[inside.index("[") :]) if "[" in inside else Shape()


def _sized(rows: int, columns: int) -> Shape:
    return Shape(rows, columns, rows == 1, columns == 1)


def _structured(brackets: str) -> Shape:
    """The shape of a part of a table: one row of it, one column of it, or both."""
    lowered = brackets.lower()
    one_row = any(f"[{word}" in lowered for word in _ONE_ROW)
    if "#" in lowered and not one_row:
        return Shape()
    several = "]:[" in lowered
    named = not re.fullmatch(r"\[\[?(#[a-z ]+|@)\]?\]", lowered)
    return Shape(is_row=one_row, is_column=named and not several)


def _indexed(call: Call) -> Shape:
    """INDEX(range, row, 0) is a row, INDEX(range, 0, column) a column."""
    if call.name != "INDEX" or len(call.arguments) != 3:
        return Shape()
    row, column = (operand(argument) for argument in call.arguments[1:])
    return Shape(is_row=column.numbers == (0,) and row.numbers != (0,), is_column=row.numbers == (0,))
