"""A formula cut into its pieces, so that text, sheet names and structured references stay whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class UnreadableFormula(Stopped):
    """A text that is no formula: a bracket, quote or parenthesis without its other half."""


class Token:
    """The words for the sorts of pieces, and for what is more to say of some."""

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


_WORD: Final = re.compile(r"[^\"'\[#+\-*/^&=><%{}();, \n]+")
_TEXT: Final = re.compile(r'"(?:[^"]|"")*"(?!")')
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'(?!')")
_ERROR: Final = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA)")
_SPACE: Final = re.compile(r"[ \n]+")
_OPERATOR: Final = re.compile(r">=|<=|<>|[+\-*/^&=><%]")
_NUMBER: Final = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?")
_EXPONENT: Final = re.compile(r"[1-9](?:\.[0-9]+)?[Ee]")
"""The beginning of a number whose exponent has a sign to come."""
_BRACKET: Final = re.compile(r"[\[\]]")
_CLOSED_BY: Final = {"(": ")", "{": "}"}


def pieces(formula: str) -> tuple[Piece, ...]:
    """The pieces of a formula, which starts with its equals sign. Raises `UnreadableFormula`.

    >>> [piece.text for piece in pieces("=SUM('My sheet'!A1:A9)*2%")]
    ['SUM(', "'My sheet'!A1:A9", ')', '*', '2', '%']
    """
    return _Cutter(formula).cut()


class _Cutter:
    """Cuts one formula from left to right."""

    def __init__(self, formula: str) -> None:
        self._formula = formula
        self._at = 1
        self._word = ""
        """The operand, or name of a function, of which more may come."""
        self._found: list[Piece] = []
        self._open: list[Piece] = []
        """The brackets that are not closed yet."""

    def cut(self) -> tuple[Piece, ...]:
        while self._at < len(self._formula):
            word = _WORD.match(self._formula, self._at)
            if word is not None:
                self._word += word[0]
                self._at = word.end()
            else:
                _CUTS[self._formula[self._at]](self)
        self._end_word()
        return tuple(self._found)

    def _take(self, pattern: re.Pattern[str]) -> str:
        """What matches here. Raises `UnreadableFormula` where nothing does."""
        found = pattern.match(self._formula, self._at)
        if found is None:
            raise self._unreadable()
        self._at = found.end()
        return found[0]

    def _unreadable(self) -> UnreadableFormula:
        return UnreadableFormula(f"no formula can be read in {self._formula!r}")

    def _end_word(self) -> None:
        if self._word:
            self._found.append(Piece(self._word, Token.OPERAND, _subtype(self._word)))
            self._word = ""

    def _may_follow(self, sign: str) -> None:
        """What begins here stands alone, or behind this sign."""
        if self._word and not (sign and self._word.endswith(sign)):
            raise self._unreadable()

    def _text(self) -> None:
        self._may_follow(":")
        self._found.append(Piece(self._take(_TEXT), Token.OPERAND, Token.TEXT))

    def _quoted(self) -> None:
        self._may_follow(":")
        self._word += self._take(_QUOTED)

    def _bracketed(self) -> None:
        """A reference in brackets, with those inside it."""
        deep = 0
        for sign in _BRACKET.finditer(self._formula, self._at):
            deep += 1 if sign[0] == "[" else -1
            if not deep:
                self._word += self._formula[self._at : sign.end()]
                self._at = sign.end()
                return
        raise self._unreadable()

    def _error(self) -> None:
        self._may_follow("!")
        self._found.append(Piece(self._word + self._take(_ERROR), Token.OPERAND, Token.ERROR))
        self._word = ""

    def _space(self) -> None:
        self._end_word()
        self._found.append(Piece(self._take(_SPACE)[0], Token.WSPACE))

    def _operator(self) -> None:
        sign = self._take(_OPERATOR)
        if sign in "+-" and _EXPONENT.fullmatch(self._word):
            self._word += sign
            return
        self._end_word()
        self._found.append(Piece(sign, self._kind(sign)))

    def _kind(self, sign: str) -> str:
        if sign == "%":
            return Token.OP_POST
        if sign not in "+-":
            return Token.OP_IN
        before = next((one for one in reversed(self._found) if one.type != Token.WSPACE), None)
        ended = before and (before.subtype == Token.CLOSE or before.type in {Token.OP_POST, Token.OPERAND})
        return Token.OP_IN if ended else Token.OP_PRE

    def _opener(self) -> None:
        sign = self._formula[self._at]
        self._at += 1
        if sign == "{":
            self._may_follow("")
        kind = Token.ARRAY if sign == "{" else Token.FUNC if self._word else Token.PAREN
        self._open.append(Piece(self._word + sign, kind, Token.OPEN))
        self._found.append(self._open[-1])
        self._word = ""

    def _closer(self) -> None:
        self._end_word()
        sign = self._formula[self._at]
        self._at += 1
        opened = self._open.pop() if self._open else None
        if opened is None or _CLOSED_BY[opened.text[-1]] != sign:
            raise self._unreadable()
        self._found.append(Piece(sign, opened.type, Token.CLOSE))

    def _separator(self) -> None:
        self._end_word()
        sign = self._formula[self._at]
        self._at += 1
        # a comma within plain brackets, or within none, joins two ranges
        joins = sign == "," and (not self._open or self._open[-1].type == Token.PAREN)
        self._found.append(Piece(sign, Token.OP_IN if joins else Token.SEP))


_CUTS: Final[Mapping[str, Callable[[_Cutter], None]]] = {
    '"': _Cutter._text,
    "'": _Cutter._quoted,
    "[": _Cutter._bracketed,
    "#": _Cutter._error,
    **dict.fromkeys(" \n", _Cutter._space),
    **dict.fromkeys("+-*/^&=><%", _Cutter._operator),
    **dict.fromkeys("({", _Cutter._opener),
    **dict.fromkeys(")}", _Cutter._closer),
    **dict.fromkeys(";,", _Cutter._separator),
}


def _subtype(word: str) -> str:
    """What an operand is that is no text."""
    if word.startswith("#"):
        return Token.ERROR
    if word in {"TRUE", "FALSE"}:
        return Token.LOGICAL
    return Token.NUMBER if _NUMBER.fullmatch(word) else Token.RANGE
