"""Formulas said in native functions: what is replaced, what stays, and what has no native form."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter.worksheet import Worksheet

from xlfunnel.catalog import CATALOG
from xlfunnel.metrics.arithmetic import exact, round_nearest, round_up
from xlfunnel.units import Word
from xlfunnel.workbooks.formula_pieces import UnreadableFormula
from xlfunnel.workbooks.native import NoEquivalent, equivalents, file_form, functions_used, native
from xlfunnel.workbooks.native_functions import BY_WORD, CELLS, FUTURE, REASONS, SCALARS, WHOLE, TableCell
from xlfunnel.workbooks.native_operands import calls, operand, parsed, written

DEALS = "IF(MIN(A2,B2)<0,#NUM!,IF(COUNT(A2,B2)=2,ROUNDUP(A2/B2-MIN(A2/B2,10^6)/10^9,0),#N/A))"

SAID = {
    "=DEALS_NEEDED(A2,B2)": f"={DEALS}",
    "=SALES_VELOCITY(A2,B2,C2,D2)": (
        "=IF(OR(MIN(A2,B2,C2,D2)<0,MAX(C2)>1),#NUM!,IF(COUNT(A2,B2,C2,D2)=4,A2*B2*C2/D2,#N/A))"
    ),
    '=SALES_VELOCITY(A2,B2,C2,D2," Month")': (
        "=IF(OR(MIN(A2,B2,C2,D2)<0,MAX(C2)>1),#NUM!,IF(COUNT(A2,B2,C2,D2)=4,A2*B2*C2/D2*365.25/12,#N/A))"
    ),
    "=SALES_VELOCITY(40,12000,25%,60,E2)": (
        '=40*12000*25%/60*IF(E2="",1,IF(TRIM(E2)="day",1,IF(TRIM(E2)="week",7,IF(TRIM(E2)="month",365.25/12,'
        'IF(TRIM(E2)="quarter",365.25/4,IF(TRIM(E2)="year",365.25,#VALUE!))))))'
    ),
    "=CONVERSION_RATE(A2,B2)": "=IF(MIN(A2,B2)<0,#NUM!,IF(COUNT(A2,B2)=2,IF(B2>A2,#NUM!,B2/A2),#N/A))",
    "=PLAN_CHANCE(A2,C2:G2,3)": (
        "=IF(OR(MIN(A2,C2:G2)<0,MAX(C2:G2)>1,N(A2)<>INT(N(A2)),MAX(A2)>10^9),#NUM!,IF(COUNT(A2,C2:G2)=1+COLUMNS(C2:G2),"
        "IF(3=0,1,1-BINOM.DIST(MIN(3-1,A2),A2,PRODUCT(C2:G2),TRUE)),#N/A))"
    ),
    "=COVERAGE_NEEDED(A2)": "=IF(OR(A2<0,MAX(A2)>1),#NUM!,IF(COUNT(A2)=1,1/A2,#N/A))",
    "=COVERAGE_NEEDED(A2,B2)": (
        '=IF(OR(MIN(A2,B2)<0,MAX(A2,B2)>1),#NUM!,IF(COUNT(A2,B2)=1+(B2<>""),1/(A2*(1-N(B2))),#N/A))'
    ),
    "=COVERAGE_NEEDED(25%)": "=1/25%",
    "=COVERAGE_NEEDED(25)": "=IF(OR(25<0,MAX(25)>1),#NUM!,1/25)",
    "=WIN_RATE(A2,B2,C2)": '=IF(MIN(A2,B2,C2)<0,#NUM!,IF(COUNT(A2,B2,C2)=2+(C2<>""),A2/SUM(A2,B2,C2),#N/A))',
    "=WIN_RATE(A2,B2)": "=IF(MIN(A2,B2)<0,#NUM!,IF(COUNT(A2,B2)=2,A2/(A2+B2),#N/A))",
    "=FULLY_LOADED_CAC(20,1,2,,3)": "=SUM(1,2,0,3)/20",
    "=LEAD_CAPACITY(3,20,2,13)": "=3*20*13/2",
    "=LEAD_CAPACITY(3,20,2,13,E2)": (
        '=IF(OR(E2<0,MAX(E2)>1),#NUM!,IF(COUNT(E2)=0+(E2<>""),3*20*IF(E2="",1,E2)*13/2,#N/A))'
    ),
    '=VELOCITY_GOAL(A2,"Cycle_Days",40,12000,0.25,60)': (
        "=IF(A2<0,#NUM!,IF(COUNT(A2)=1,1/(A2/(40*12000*0.25)),#N/A))"
    ),
    "=INDEX(WIN_RATE_INTERVAL(20,80), 2, 2)": "=IF(20>80,#NUM!,20/80)",
    "=INDEX(FUNNEL_FORWARD(220,C2:C6),4,2)": (
        "=IF(OR(MIN(C2:C6)<0,MAX(C2:C6)>1),#NUM!,IF(COUNT(C2:C6)=ROWS(C2:C6),220*INDEX(C2:C6,1)*INDEX(C2:C6,2),#N/A))"
    ),
    "=PIPELINE_COVERAGE(9,3,1)": "=9/MAX(0,3-1)",
    # what stands around a call, and inside it
    "=2*COVERAGE_NEEDED(25%)^2": "=2*(1/25%)^2",
    '=IF(A1="", "DEALS_NEEDED(",Deals_Needed( A2 , B2 ))': f'=IF(A1="", "DEALS_NEEDED(",{DEALS})',
    "=LTV_TO_CAC(10,MARKETING_CAC(2,4))": "=10/(4/2)",
    "=LTV_TO_CAC(10,A1+1)": "=IF(MIN(A1+1)<0,#NUM!,IF(COUNT(A1+1)=1,10/(A1+1),#N/A))",
    "=MARKETING_CAC('My, (Sheet'!$A$2,10)": (
        "=IF('My, (Sheet'!$A$2<0,#NUM!,IF(COUNT('My, (Sheet'!$A$2)=1,10/'My, (Sheet'!$A$2,#N/A))"
    ),
    "=MARKETING_CAC(2,Plan[[#This Row],[Spend, (EUR)]])": (
        "=IF(Plan[[#This Row],[Spend, (EUR)]]<0,#NUM!,"
        "IF(COUNT(Plan[[#This Row],[Spend, (EUR)]])=1,Plan[[#This Row],[Spend, (EUR)]]/2,#N/A))"
    ),
    "=MARKETING_CAC([1]!MARKETING_CAC(1,2),4)": "=4/(2/1)",
    "=COVERAGE_NEEDED(25%,IF(A1,B1,C1))": (
        '=IF(OR(IF(IF(A1,B1,C1)="",0,IF(A1,B1,C1))<0,MAX(IF(IF(A1,B1,C1)="",0,IF(A1,B1,C1)))>1),#NUM!,'
        'IF(COUNT(IF(IF(A1,B1,C1)="",0,IF(A1,B1,C1)))=1,1/(25%*(1-IF(IF(A1,B1,C1)="",0,IF(A1,B1,C1)))),#N/A))'
    ),
    "DEALS_NEEDED(30,10)>=3": "ROUNDUP(30/10-MIN(30/10,10^6)/10^9,0)>=3",
}


@pytest.mark.parametrize("formula", SAID)
def test_our_functions_are_said_in_native_ones(formula: str) -> None:
    assert native(formula) == SAID[formula]
    assert functions_used(native(formula)) == ()


@pytest.mark.parametrize(
    "formula",
    [
        "=SUM( A1:B2 , {1,2;3,4})",
        "=MY_SALES_VELOCITY(A1,B1,C1,D1)",
        '="MQL_TARGET("&A1',
        "='WIN_RATE('!A1",
        "=_xlfn.BINOM.DIST(1,2,0.5,TRUE)",
        "=Plan[[#This Row],[WIN_RATE(x)]]",
        "=SUM(A1:INDEX(B1:B9,3))",
        "no formula, and no sign",
    ],
)
def test_what_is_not_ours_stays_as_it_is(formula: str) -> None:
    assert native(formula) == formula
    assert functions_used(formula) == ()


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("=MQL_TARGET(A1,B1,C1:G1,0.8)", "MQL_TARGET .* searching"),
        ("=VELOCITY_GOAL(1,E1,2,3,4,5)", "as a word"),
        ('=VELOCITY_GOAL(1,"price",2,3,4,5)', 'lever must be one of "opportunities"'),
        ('=SALES_VELOCITY(1,2,0.3,4,"fortnight")', "per must be one of"),
        ("=SALES_VELOCITY(1,2,0.3)", "cycle_days is missing"),
        ("=SALES_VELOCITY(1,,0.3,4)", "average_deal is missing"),
        ("=SALES_VELOCITY()", "opportunities is missing"),
        ("=WIN_RATE(1,2,3,4)", "at most 3"),
        ("=WIN_RATE(A1:A9,B1:B9)", "won takes one value here"),
        ("=WIN_RATE(Deals[won],2)", "won takes one value here"),
        ('=WIN_RATE("1",2)', "won is a text"),
        ("=MQL_TARGET(1,2,A1:B2)", "rates must be one row or column"),
        ("=INDEX(VELOCITY_BRIDGE(A1:E1,A2:E2),2,4)", "before must be one row or column of 4 cells"),
        ("=FUNNEL_FORWARD(220,A1:E1)", "spills a table"),
        ("=INDEX(FUNNEL_FORWARD(220,A1:E1),B1,2)", "row and column as typed numbers"),
        ("=INDEX(FUNNEL_FORWARD(220,A1:E1),1,2)", "row 1, column 2 has no short formula"),
        ('=INDEX(FUNNEL_REVERSE(3,A1:E1,"step"),2,2)', "with step has no short formula"),
        ("=INDEX(MIX_GAP(1,A1:C1,A2:E2,A3:C3,A4:C4),2,2)", "spills a table"),
        ("=1+VELOCITY_BY(A:A,B:B,C:C,D:D,E:E,F1)", "columns of records"),
        ('=METRIC_CHECK("WIN_RATE",1,2)', "not there"),
        ("=WIN_RATE(1,2", "no formula can be read|is not closed"),
    ],
)
def test_what_has_no_native_form_says_why(formula: str, reason: str) -> None:
    with pytest.raises(NoEquivalent, match=reason) as told:
        native(formula)
    assert told.value.function in formula


def test_a_hand_written_twin_comes_first() -> None:
    pairs = {"VELOCITY_BY(A:A)": "SUM(A:A)", "WIN_RATE(1,3)": "=1/4"}
    assert native("=VELOCITY_BY(A:A)", pairs) == "=SUM(A:A)"
    assert native("WIN_RATE(1,3)", pairs) == "1/4"
    assert native("=WIN_RATE(1, 3)", pairs) == "=1/(1+3)"


def test_every_function_has_a_form_or_a_reason() -> None:
    found = equivalents()
    assert list(found) == list(CATALOG)
    assert {name for name, verdict in found.items() if verdict == "yes"} == {*SCALARS, *BY_WORD}
    assert {name for name, verdict in found.items() if verdict == "cell by cell"} == set(CELLS)
    assert set(REASONS).isdisjoint({*SCALARS, *BY_WORD, *CELLS})
    assert not any(CATALOG[name].spills for name in (*SCALARS, *BY_WORD))
    assert all(CATALOG[name].spills for name in CELLS)


def forms() -> list[tuple[str, str]]:
    """Every declared formula with its function."""
    found = [(name, form) for name, form in SCALARS.items()]
    found += [(name, form) for name, (_, by_word) in BY_WORD.items() for form in by_word.values()]
    for name, cell in CELLS.items():
        made = (cell(TableCell(row, column)) for row in range(1, 9) for column in range(1, 6))
        found += [(name, form) for form in made if form is not None]
    return [
        (name, text)
        for name, form in found
        for text in (*form.bodies, *form.out_of_range, *form.whole.values(), form.option, *form.refused, *form.whole)
        if text
    ]


@pytest.mark.parametrize(("name", "text"), forms())
def test_a_declaration_names_arguments_of_its_metric(name: str, text: str) -> None:
    arguments = {argument.name for argument in CATALOG[name].arguments}
    words = set(re.findall(r"[a-z][a-z_]*", text))
    assert words
    assert words <= arguments


def test_the_words_are_those_of_the_metric() -> None:
    for name, (option, by_word) in BY_WORD.items():
        (kind,) = (a.kind for a in CATALOG[name].arguments if a.name == option)
        assert isinstance(kind, Word)
        assert set(by_word) == {word.value for word in kind.options}
    assert set(CATALOG) >= {*REASONS, *WHOLE}


# -- rounding ----------------------------------------------------------------------------------------------------

NEEDS = st.one_of(
    st.floats(0, 1e12),
    st.decimals(0, 10_000, places=3).map(float),
    st.builds(lambda n, e: n * (1 + e), st.integers(0, 10**9), st.sampled_from([-3e-16, 3e-16, 1e-12, 1e-13, 1e-6])),
)


@given(NEEDS)
def test_rounding_is_that_of_the_functions(need: float) -> None:
    # what the native formulas say, in Python
    assert math.ceil(need - min(need, 10**6) / 10**9) == round_up(exact(need))
    assert math.floor(need + 0.5 + min(need, 10**6) / 10**9) == round_nearest(exact(need))


# -- formulas as text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "=F(,A1,)",
        "=F()+G( )",
        "=IF( A1 >0 , F(B1,,2), {1,2;3,4})%",
        "=SUM((A1,B1),-'It''s'!C3)",
        "=A1:INDEX(B1:B9,3)",
        "=Plan[@[Rev, (net)]]*[1]!F(2)",
        '="a ""quoted"" comma, ("&B1',
    ],
)
def test_a_formula_that_is_read_is_written_as_it_was(formula: str) -> None:
    assert "=" + written(parsed(formula)) == formula


def test_calls_are_found_from_the_outside_in() -> None:
    found = calls(parsed("=A(B(1),C(D()))+[2]!E(1)+G1:INDEX(H:H,2)+Plan[[a:b],[c]]:F(1)"))
    assert [call.name for call in found] == ["A", "B", "C", "D", "E", "INDEX", "F"]


@pytest.mark.parametrize("formula", ["=F(1", "=F(1))", '="a', "={1,2", "=(1", "='a!B1"])
def test_half_a_formula_is_refused(formula: str) -> None:
    with pytest.raises(UnreadableFormula):
        parsed(formula)


@pytest.mark.parametrize(
    ("reference", "row", "column"),
    [
        ("A1", True, True),
        ("$A$1:$F$1", True, False),
        ("'My sheet'!A1:A9", False, True),
        ("A1:B9", False, False),
        ("B:B", False, True),
        ("Plan[Deals]", False, True),
        ("Plan[@Deals]", True, True),
        ("Plan[[#This Row],[Deals]]", True, True),
        ("Plan[[#This Row],[MQL]:[SQL]]", True, False),
        ("Plan[[#Totals],[Deals]]", True, True),
        ("Plan[[MQL]:[SQL]]", False, False),
        ("Plan[#All]", False, False),
        ("a_name", False, False),
        ("INDEX(Rates,MATCH(A1,B:B,0),0)", True, False),
        ("INDEX(Rates,0,2)", False, True),
    ],
)
def test_the_shape_of_a_reference_is_seen(reference: str, row: bool, column: bool) -> None:
    shape = operand(parsed("=" + reference)).shape
    assert (shape.is_row, shape.is_column) == (row, column)


@pytest.mark.parametrize("name", FUTURE)
def test_a_newer_function_is_spelled_as_the_writer_of_files_spells_it(name: str) -> None:
    spelled = Worksheet()._prepare_formula(f"={name}(A1)", expand_future_functions=True)
    assert file_form(f"={name}(A1)") == f"={spelled}"
    assert file_form(file_form(f"={name}(A1)")) == f"={spelled}"


def test_prefixes_stand_before_calls_alone() -> None:
    assert file_form('IF(A1,"NORM.S.INV(1)",sum(norm.s.inv(A2)))') == (
        'IF(A1,"NORM.S.INV(1)",sum(_xlfn.norm.s.inv(A2)))'
    )
    assert file_form("=SUM(A1)") == "=SUM(A1)"
