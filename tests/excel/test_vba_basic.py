"""Our VBA, run in LibreOffice's Basic: arguments on their way out, answers and errors on their way back.

In place of xlwings stands a server in Basic that tells what it was given, or answers what a test wants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from xlfunnel.catalog import CATALOG
from xlfunnel.excel.boundary import CVERR
from xlfunnel.excel.vba_project import SHEET, WORKBOOK, Kind, Module, vba_project
from xlfunnel.excel.wrappers import functions_module, help_module, source, workbook_modules

Basic = Callable[[list[str]], dict[str, list[str]]]

XLWINGS = Module(
    "xlwings",
    """
Private started As Long

' The first server has ended before it is asked: calls must reach the second.
Public Function XLPy() As Object
    Dim server As New TellingServer
    started = started + 1
    If started > 1 Then server.Alive = True
    Set XLPy = server
End Function
""",
)
NO_XLWINGS = Module(
    "xlwings",
    """
Public Function XLPy() As Object
    Err.Raise 53
End Function
""",
)
TELLING_SERVER = Module(
    "TellingServer",
    """
Public Alive As Boolean

Public Sub Module(ByVal name As String)
    If name <> "xlfunnel.excel.functions" Then Err.Raise 5
End Sub

Public Function CallUDF(ByVal place As String, ByVal name As String, ByVal given As Variant) As Variant
    Dim row(0 To 2) As Variant
    Dim table(0 To 1, 0 To 1) As Variant
    If Not Alive Then Err.Raise 462
    Select Case name
        Case "WIN_RATE"
            CallUDF = Chr$(26) & given(0)
        Case "VELOCITY_BRIDGE"
            table(0, 0) = "part"
            table(0, 1) = Chr$(26) & "#DIV/0!"
            table(1, 0) = "#N/A"
            table(1, 1) = 2.5
            CallUDF = table
        Case "FUNNEL_FORWARD"
            row(0) = 1
            row(1) = Chr$(26) & "#NUM!"
            row(2) = "x"
            CallUDF = row
        Case "MARKETING_CAC"
            Err.Raise 5
        Case Else
            CallUDF = Told(given)
    End Select
End Function
""",
    Kind.CLASS,
)
TELLING = Module(
    "Telling",
    """
Public Function Told(ByVal values As Variant) As String
    Dim i As Long
    For i = LBound(values) To UBound(values)
        If i > LBound(values) Then Told = Told & ", "
        Told = Told & ToldValue(values(i))
    Next i
End Function

Public Function ToldValue(ByVal value As Variant) As String
    If IsArray(value) Then
        ToldValue = UBound(value, 1) & "x" & UBound(value, 2)
    ElseIf IsError(value) Then
        ToldValue = CStr(value)
    ElseIf IsEmpty(value) Then
        ToldValue = "blank"
    Else
        ToldValue = TypeName(value) & " " & value
    End If
End Function

Public Function ToldRow() As String
    ToldRow = Flat(WithErrors(FUNNEL_FORWARD(1, 2)))
End Function

Public Function ToldTable() As String
    Dim table As Variant
    table = VELOCITY_BRIDGE(1, 2)
    ToldTable = ToldValue(table(0, 0)) & ", " & ToldValue(table(0, 1)) & ", " & ToldValue(table(1, 0)) & ", " & _
        ToldValue(table(1, 1))
End Function

Private Function Flat(ByVal row As Variant) As String
    Flat = Told(row)
End Function

Public Function ToldAreas() As String
    ToldAreas = Told(PlainValues(Array(ThisWorkbook.Worksheets(1).Range("F1:F2,H4:H5"), 7)))
End Function

Public Function ToldLinks() As String
    Dim book As New LinkedBook
    book.Saved = True
    RepointLinks book
    ToldLinks = book.Changed & "saved " & book.Saved
End Function
""",
)
LINKED_BOOK = Module(
    "LinkedBook",
    """
Public Saved As Boolean
Public Changed As String

Public Function LinkSources(ByVal kind As Long) As Variant
    LinkSources = Array("C:\\old\\answered.xlsm", "/Users/a/ANSWERED.XLSM", "C:\\other.xlam", ThisWorkbook.FullName)
End Function

Public Sub ChangeLink(ByVal link As String, ByVal target As String, ByVal kind As Long)
    Saved = False
    Changed = Changed & link & " "
End Sub
""",
    Kind.CLASS,
)

ARGUMENTS = {
    "SALES_VELOCITY(40,12000,0.25,60)": "Double 40, Double 12000, Double 0.25, Double 60",
    'SALES_VELOCITY(40,"12 000",TRUE)': "Double 40, String 12 000, Double 1",
    "SALES_VELOCITY()": "blank",
    "SALES_VELOCITY(Data!F1,Data!H1,Data!G1)": "Double 0, blank, String text",
    "SALES_VELOCITY(Data!F2:F4,Data!F2:G2)": "3x1, 1x2",
    "SALES_VELOCITY({1,2,3},{1;2})": "1x3, 2x1",
    # Short ranges travel whole, used or not.
    "SALES_VELOCITY(Data!F1:F900,Data!H1:H900)": "900x1, 900x1",
    # Tall ones end with the used range; columns of one height stay of one height, on whichever sheets they stand.
    "SALES_VELOCITY(Data!F:F)": "50x1",
    "SALES_VELOCITY(Data!F2:F2000)": "49x1",
    "SALES_VELOCITY(Data!F:F,Data!H:H,Other!F:F)": "80x1, 80x1, 80x1",
    "SALES_VELOCITY(Data!F:F,Data!F2:F2000)": "50x1, 49x1",
    "SALES_VELOCITY(Data!F3000:F9000)": "blank",
    "SALES_VELOCITY(Data!1:1)": "1x7",
    # A date is the number that the sheet holds.
    "SALES_VELOCITY(Data!G2)": "Double 46266",
    # What is left out at the end does not travel: METRIC_CHECK hands on exactly what was given.
    'METRIC_CHECK("WIN_RATE",1,2)': "String WIN_RATE, Double 1, Double 2",
    "ToldAreas()": "Error 2023, Integer 7",
}
ANSWERS = {
    **{f'WIN_RATE("{code.value}")': f"Error {number}" for code, number in CVERR.items()},
    'WIN_RATE("anything else")': "Error 2015",
    "ToldRow()": "Integer 1, Error 2036, String x",
    "ToldTable()": "String part, Error 2007, String #N/A, Double 2.5",
    "MARKETING_CAC(1,2)": "Error 2015",
    # A function after the one that failed finds a living server.
    "LTV_TO_CAC(1,2)": "Double 1, Double 2",
    'FileOf("C:\\old place\\xlfunnel.xlam")': "xlfunnel.xlam",
    'FileOf("/Users/a/xlfunnel.xlam")': "xlfunnel.xlam",
    'FileOf("https://host/x/xlfunnel.xlam")': "xlfunnel.xlam",
    'FileOf("xlfunnel.xlam")': "xlfunnel.xlam",
}
LINKS = {"ToldLinks()": r"C:\old\answered.xlsm /Users/a/ANSWERED.XLSM saved True"}
"""The test's workbook stands for the add-in: links to its name elsewhere are turned, the book counts as unchanged."""
COMPILED = ("XlfunnelHelp", "XlfunnelRibbon")
"""What needs Excel to run; Basic at least compiles a module as a whole before it runs a function of it."""
EVERY_FUNCTION = [f"{name}()" for name in CATALOG]
"""Each wrapper compiles and runs, whatever it answers."""


def probed(module: Module) -> Module:
    """The module with one more function, which answers if the whole compiles."""
    return replace(
        module,
        text=f"{module.text}\nPublic Function {module.name}Compiles()\n    {module.name}Compiles = 1\nEnd Function\n",
    )


def write_book(path: Path, modules: tuple[Module, ...], formulas: list[str]) -> None:
    """A workbook with our VBA; the cells of its formulas say "stale" until somebody computes them."""
    documents = tuple(
        Module(name, "", Kind.DOCUMENT, WORKBOOK if name == "ThisWorkbook" else SHEET)
        for name in ("ThisWorkbook", "Sheet1", "Sheet2", "Sheet3")
    )
    book = Workbook(path)
    book.set_vba_name("ThisWorkbook")
    book.add_vba_project(BytesIO(vba_project((*documents, *modules))), is_stream=True)
    for name, used in (("Formulas", 0), ("Data", 50), ("Other", 80)):
        sheet = book.add_worksheet(name)
        sheet.set_vba_name()
        for row in range(used):
            sheet.write(row, 5, row)
    data = book.get_worksheet_by_name("Data")
    data.write("G1", "text")
    data.write("G2", 46_266, book.add_format({"num_format": "yyyy-mm-dd"}))
    for row, formula in enumerate(formulas):
        book.get_worksheet_by_name("Formulas").write_formula(row, 0, f"={formula}", None, "stale")
    book.close()


@pytest.fixture(scope="module")
def shown(basic: Basic, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """For each workbook what the cell of each formula shows."""
    folder = tmp_path_factory.mktemp("basic")
    ours = (source("XlfunnelValues"), source("XlfunnelServer"), source("XlfunnelLinks"), functions_module())
    extra = (TELLING_SERVER, TELLING, LINKED_BOOK)
    books = {
        "answered.xlsm": ((*ours, XLWINGS, *extra), [*ARGUMENTS, *ANSWERS, *LINKS, *EVERY_FUNCTION]),
        "compiled.xlsm": (
            (
                *ours,
                source("XlfunnelActions"),
                *(probed(module) for module in (help_module(), source("XlfunnelRibbon"))),
            ),
            [f"{name}Compiles()" for name in COMPILED],
        ),
        "no_xlwings.xlsm": ((*ours, NO_XLWINGS, *extra), EVERY_FUNCTION),
        "no_addin.xlsm": (workbook_modules(), EVERY_FUNCTION),
    }
    for name, (modules, formulas) in books.items():
        write_book(folder / name, modules, formulas)
    told = basic([str(folder / name) for name in books])
    return {name: dict(zip(books[name][1], told[name], strict=True)) for name in books}


@pytest.mark.parametrize(("table"), [ARGUMENTS, ANSWERS, LINKS], ids=["arguments", "answers", "links"])
def test_values_go_out_and_come_back(table: dict[str, str], shown: dict[str, dict[str, str]]) -> None:
    assert {formula: shown["answered.xlsm"][formula] for formula in table} == table


def test_every_wrapper_compiles_and_hands_on(shown: dict[str, dict[str, str]]) -> None:
    answered = {formula: shown["answered.xlsm"][formula] for formula in EVERY_FUNCTION}
    acting = {f"{name}()" for name in ("WIN_RATE", "VELOCITY_BRIDGE", "FUNNEL_FORWARD", "MARKETING_CAC")}
    assert {text for formula, text in answered.items() if formula not in acting} == {"blank"}


def test_modules_that_need_excel_compile(shown: dict[str, dict[str, str]]) -> None:
    assert shown["compiled.xlsm"] == {f"{name}Compiles()": "1" for name in COMPILED}


@pytest.mark.parametrize("book", ["no_xlwings.xlsm", "no_addin.xlsm"])
def test_a_missing_xlwings_or_add_in_is_answered_as_a_name_that_nobody_knows(
    book: str, shown: dict[str, dict[str, str]]
) -> None:
    assert set(shown[book].values()) == {"Error 2029"}
