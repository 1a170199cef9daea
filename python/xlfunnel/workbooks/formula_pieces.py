"""A formula cut into its pieces by openpyxl, so that text, sheet names and structured references stay whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xlfunnel.errors import Stopped


class UnreadableFormula(Stopped):
    """A text that is no formula: a bracket, quote or parenthesis without its other half."""


class Token:
    """openpyxl's words for the sorts of pieces, and for what is more to say of some, without loading it."""

    OPERAND: Final = "OPERAND"
    FUNC: Final = "FUNC"
    ARRAY: Final = "ARRAY"
    PAREN: Final = "PAREN"
    SEP: Final = "SEP"
    OP_PRE: Final = "OPERATOR-PREFIX"
    OP_IN: Final = "OPERATOR-INFIX"
    OP_POST: Final = "OPERATOR-POSTFIX"
    WSPACE: Final = "WHITE-SPACE"
    TEXT: Final = "TEXT"
    NUMBER: Final = "NUMBER"
    LOGICAL: Final = "LOGICAL"
    ERROR: Final = "ERROR"
    RANGE: Final = "RANGE"
    OPEN: Final = "OPEN"
    CLOSE: Final = "CLOSE"


@dataclass(frozen=True)
class Piece:
    """A piece of a formula as it stands: an operand, an operator, a bracket, space."""

    text: str
    type: str
    subtype: str = ""


def pieces(formula: str) -> tuple[Piece, ...]:
    """The pieces of a formula, which starts with its equals sign. Raises `UnreadableFormula`.

    >>> [piece.text for piece in pieces("=SUM('My sheet'!A1:A9)*2%")]
    ['SUM(', "'My sheet'!A1:A9", ')', '*', '2', '%']
    """
    from openpyxl.formula.tokenizer import Tokenizer, TokenizerError  # noqa: PLC0415  # a tenth of a second that a cell need not wait

    try:
        items = Tokenizer(formula).items
    except (TokenizerError, IndexError, AssertionError) as fault:  # it pops what was never opened
        msg = f"no formula can be read in {formula!r}"
        raise UnreadableFormula(msg) from fault
    return tuple(Piece(item.value, item.type, item.subtype) for item in items)
