"""What stays whole in a formula that is cut into pieces, and what is none."""

from __future__ import annotations

import pytest
from openpyxl.formula import tokenizer

from xlfunnel.workbooks.formula_pieces import Token, UnreadableFormula, pieces


def test_the_words_for_pieces_are_those_of_their_reader() -> None:
    words = {name: word for name, word in vars(Token).items() if name.isupper()}
    assert words
    assert words == {name: getattr(tokenizer.Token, name) for name in words}


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("=2E-3+1", ["2E-3", "+", "1"]),
        ("=-Plan[[#This Row],[Deals, new]]%", ["-", "Plan[[#This Row],[Deals, new]]", "%"]),
        ("='It''s here'!A1:INDEX(B:B,2)", ["'It''s here'!A1:INDEX(", "B:B", ",", "2", ")"]),
        ("=Sheet1!#REF!<>\"a\"\"b\"", ["Sheet1!#REF!", "<>", '"a""b"']),
        ("=(A1,B1)", ["(", "A1", ",", "B1", ")"]),
    ],
)  # fmt: skip
def test_what_stays_whole(formula: str, told: list[str]) -> None:
    assert [piece.text for piece in pieces(formula)] == told


@pytest.mark.parametrize("formula", ['="open', "='open!A1", "=[open", "=A1)", "=(A1}", "=#WRONG", '=A1"text"'])
def test_what_is_no_formula(formula: str) -> None:
    with pytest.raises(UnreadableFormula, match="no formula can be read"):
        pieces(formula)
