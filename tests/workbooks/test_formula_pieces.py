"""A formula's pieces are those that openpyxl, which reads formulas too, finds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from openpyxl.formula.tokenizer import Tokenizer, TokenizerError

from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.workbooks.formula_pieces import Token, UnreadableFormula, pieces

BOOKS = Path(__file__).parents[2] / "workbook_templates"
SIGNS = "\"'[]#+-*/^&=><%(){};, A1!:.$@Ee29"
"""What a mistyped formula gets in the wrong place."""


def ours(formula: str) -> list[tuple[str, str, str]] | None:
    try:
        return [(piece.text, piece.type, piece.subtype) for piece in pieces(formula)]
    except UnreadableFormula:
        return None


def theirs(formula: str) -> list[tuple[str, str, str]] | None:
    try:
        items = Tokenizer(formula).items
    except (TokenizerError, IndexError, AssertionError):  # it pops what was never opened
        return None
    return [(item.value, item.type, "" if item.type == Token.SEP else item.subtype) for item in items]


@pytest.fixture(scope="module")
def formulas() -> list[str]:
    """Every formula of the plan and the dashboard."""
    books = [WorkbookFile.open(BOOKS / name) for name in ("quarterly_plan.xlsx", "alignment_dashboard.xlsm")]
    return sorted({text for book in books for *_, text in book.formulas()})


def test_the_formulas_of_our_workbooks(formulas: list[str]) -> None:
    assert len(formulas) > 500
    assert [ours(one) for one in formulas] == [theirs(one) for one in formulas]


def test_formulas_that_were_mistyped(formulas: list[str]) -> None:
    chance = random.Random(1)  # noqa: S311
    refused = 0
    for _ in range(2_000):
        formula = chance.choice(formulas)[:60]
        place = chance.randrange(1, len(formula) + 1)
        mistyped = formula[:place] + chance.choice(SIGNS) + formula[place + chance.randrange(2) :]
        assert ours(mistyped) == theirs(mistyped), mistyped
        refused += ours(mistyped) is None
    assert refused > 100


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
