"""The buttons' VBA, run in LibreOffice's Basic on a workbook with an example, checks and locked cells.

What a person would see or type, other workbooks and Python are stand-ins; the rest is the VBA that is shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from xlfunnel.excel.vba_project import SHEET, WORKBOOK, Kind, Module, vba_project
from xlfunnel.excel.wrappers import source

STAND_INS = {
    "Application.Workbooks.Open ": "OpenBook ",
    "Application.Workbooks(": "BookOf(",
    "Application.GetSaveAsFilename(": "PlaceAsked(",
    "Application.Run ": "RunElsewhere ",
    "Application.OnTime ": "RunLater ",
    "Application.EnableEvents": "EventsShown",
    "Environ$(": "EnvironOf(",
    "Application.AutomationSecurity": "SecurityShown",
    "Application.Cursor": "CursorShown",
    "Application.StatusBar": "StatusShown",
    "Application.WorksheetFunction.CountA(": "CountOf(",
    "MsgBox": "Said",
}
"""What needs a person, Windows, or another workbook, and what stands for it in the module Stage."""

STAGE = Module(
    "Stage",
    """
Public Log As String
Public Reply As Long
Public Place As Variant
Public Temporary As String
Public Fault As String
Public Other As OtherBook
Public CursorShown As Long
Public StatusShown As Variant
Public SecurityShown As Long
Public EventsShown As Boolean

Public Sub Prepare()
    Log = ""
    EventsShown = True
    CursorShown = xlDefault
    StatusShown = "Ready"
    SecurityShown = 1
    Fault = ""
    Reply = vbYes
    Temporary = "FOLDER_FOR_COPIES"
    Place = "/out/Plan Q1 2027.xlsm"
    Set Other = New OtherBook
    Other.Name = "Plan Q4 2026.xlsm"
    Other.Path = "/books"
    Other.Quarter = "Q4 2026"
End Sub

Public Function Said(ByVal text As String, ByVal look As Long, ByVal title As String) As Long
    Dim kind As String
    kind = "says"
    If (look And vbExclamation) = vbExclamation Then
        kind = "warns"
    ElseIf (look And vbYesNo) = vbYesNo Then
        kind = "asks"
    End If
    Note kind & ": " & Replace(text, vbCrLf, "|")
    Said = Reply
End Function

Public Sub Note(ByVal text As String)
    Log = Log & text & Chr$(10)
End Sub

Public Function BookOf(ByVal name As String) As Object
    If name = ThisWorkbook.Name Then
        Set BookOf = ThisWorkbook
    ElseIf name = Other.Name Or name = Other.Neighbour Then
        Set BookOf = Other
    Else
        Err.Raise 9
    End If
End Function

Public Function PlaceAsked(ByVal proposed As String, ByVal filter As String) As Variant
    Note "proposes: " & proposed & " as " & filter
    PlaceAsked = Place
End Function

Public Function EnvironOf(ByVal name As String) As String
    If name = "TEMP" Then EnvironOf = Temporary
End Function

Public Sub RunElsewhere(ByVal procedure As String, ByVal name As String)
    Note "runs: " & procedure & " for " & name
End Sub

Public Sub RunLater(ByVal moment As Date, ByVal procedure As String)
    Note "runs later: " & Mid$(procedure, InStr(procedure, "!") + 1)
    RefreshWaiting
End Sub

Public Function CountOf(ByVal area As Object) As Long
    If Application.ScreenUpdating Then Note "the screen is drawn"
    If Application.Calculation <> xlCalculationManual Then Note "every cleared cell is computed"
    If Fault = "count" Then Err.Raise 1004, "Excel", "the sheet is gone"
    CountOf = Application.WorksheetFunction.CountA(area)
End Function

Public Sub OpenBook(ByVal path As String)
    Note "opens: " & path
    If SecurityShown <> 2 Then Note "its macros run unasked"
    If Fault = "open" Then Err.Raise 1004, "Excel", "it is damaged"
End Sub

' Whether Excel is again as it was found, and nothing is left in the folder for copies.
Public Function Told() As String
    If Application.ScreenUpdating <> True Then Note "the screen stands still"
    If CursorShown <> xlDefault Or StatusShown <> "Ready" Then Note "Excel seems to work on"
    If SecurityShown <> 1 Then Note "macros are asked for"
    If Not EventsShown Then Note "event macros do not run"
    If Application.Calculation <> xlCalculationAutomatic Then Note "nothing is computed"
    If Len(Dir(Temporary & "/xlfunnel-*", vbDirectory)) > 0 Then Note "a folder is left"
    Told = Log
End Function
""",
)
OTHER_BOOK = Module(
    "OtherBook",
    """
Public Name As String
Public Path As String
Public Quarter As Variant
Public Neighbour As String
Public Copied As String

Public Function FullName() As String
    FullName = Path & "/" & Name
End Function

Public Sub SaveCopyAs(ByVal target As String)
    If Fault = "copy" Then Err.Raise 1004, "Excel", "the disk is full"
    Open target For Output As #1
    Print #1, "copy"
    Close #1
    Copied = target
End Sub

Public Function Names(ByVal name As String) As Object
    Dim found As New OneCell
    If name <> "quarter_name" Then Err.Raise 9
    found.Value = Quarter
    Set Names = found
End Function
""",
    Kind.CLASS,
)
ONE_CELL = Module(
    "OneCell",
    """
Public Value As Variant

Public Function RefersToRange() As Object
    Set RefersToRange = Me
End Function
""",
    Kind.CLASS,
)
XLWINGS = Module(
    "xlwings",
    """
Public Started As Long

Public Function XLPy() As Object
    Dim server As New ActingServer
    If Fault = "start" Then Err.Raise 53, "xlwings", "Python is not there"
    Started = Started + 1
    Set XLPy = server
End Function
""",
)
ACTING_SERVER = Module(
    "ActingServer",
    """
Public Sub Module(ByVal name As String)
End Sub

' The first server of all has ended before it is asked: the work must reach the second.
Public Function CallUDF(ByVal place As String, ByVal action As String, ByVal given As Variant) As Variant
    If place = "xlfunnel.hosts.scripts" Then
        CallUDF = WorkInOpen(action, given(0))
        Exit Function
    End If
    If Started = 1 Then Err.Raise 462
    If Len(Dir(given(0))) = 0 Then Note "there is no copy"
    If FileOf(CStr(given(0))) <> Other.Name Then Note "the copy has another name"
    If CursorShown <> xlWait Or Left$(StatusShown, 10) <> "xlfunnel: " Then Note "nothing shows that it works"
    If Application.ScreenUpdating Then Note "the screen is drawn"
    Note "asks Python: " & place & "." & action & " to write " & given(1)
    If Fault = "python" Then Err.Raise 5, "Python", "Traceback:" & Chr$(10) & "ValueError: no such thing" & Chr$(10)
    If Fault = "stopped" Then
        CallUDF = "!There is no quarter."
    Else
        CallUDF = "Done."
    End If
End Function

' Python ends in the middle of its work, and leaves Excel as it was then.
Private Function WorkInOpen(ByVal action As String, ByVal book As Object) As String
    If CursorShown <> xlWait Or Left$(StatusShown, 10) <> "xlfunnel: " Then Note "nothing shows that it works"
    Note "asks Python: " & action & " in " & book.Name
    Application.Calculation = xlCalculationManual
    Application.ScreenUpdating = False
    EventsShown = False
    StatusShown = "xlfunnel: Reading deals.csv (10%)"
    If Fault = "python" Then Err.Raise 5, "Python", "Traceback:" & Chr$(10) & "ValueError: no such thing" & Chr$(10)
    If Fault = "stopped" Then WorkInOpen = "!There is no export."
    If Len(Fault) = 0 Then WorkInOpen = "Done."
End Function
""",
    Kind.CLASS,
)
_NEW, _SHARE, _REFRESH = "NewQuarterOf Other.Name", "ShareCopyOf Other.Name", "RefreshOf Other.Name"
_TO_A, _NO_FOLDER, _FOLDER = 'Place = "/out/a.xlsm"', 'Temporary = ""', 'Temporary = "FOLDER_FOR_COPIES"'

STEPS = {
    "ClearAfterNo": ("Reply = vbNo", "ClearExample"),
    "ClearFails": ('Fault = "count"', "ClearExample"),
    "ClearAfterYes": ("ClearExample",),
    "ButtonsWithAddin": ('Other.Neighbour = "xlfunnel.xlam"', "RefreshFromExport", "NewQuarter", "ShareCopy"),
    "ButtonsWithoutAddin": ("NewQuarter",),
    "Quarter": (_NEW,),
    "Share": ('Other.Path = "https://cloud/plans"', 'Place = "/out/shared.xlsx"', _SHARE),
    "Unsaved": ('Other.Path = ""', _NEW, _SHARE),
    "Cancelled": ("Place = False", _NEW),
    "ToCloud": ('Place = "https://cloud/Plan.xlsm"', _NEW),
    "OverOpen": ('Place = "/out/" & Other.Name', _NEW),
    "OnMac": (_TO_A, _NO_FOLDER, _NEW, _FOLDER),
    "Stopped": (_TO_A, 'Fault = "stopped"', _NEW),
    "PythonFails": (_TO_A, 'Fault = "python"', _NEW),
    "CopyFails": (_TO_A, 'Fault = "copy"', _NEW),
    "OpenFails": (_TO_A, 'Fault = "open"', _NEW),
    "Checks": (
        "CheckOf ThisWorkbook.Name",
        'ThisWorkbook.Worksheets("Plan").Range("A5").Value = 2',
        "CheckOf ThisWorkbook.Name",
        "CheckOf Other.Name",
        "Note Verdict(1)",
        "Note Verdict(Empty)",
        "Note Verdict(CVErr(2042))",
    ),
    "Refresh": (_REFRESH,),
    "RefreshStopped": ('Fault = "stopped"', _REFRESH),
    "RefreshFails": ('Fault = "python"', _REFRESH),
    "RefreshChangedMind": ('Fault = "changed mind"', _REFRESH),
    "RefreshElsewhere": ('Other.Path = ""', _REFRESH, 'Other.Path = "/books"', _NO_FOLDER, _REFRESH, _FOLDER),
    "Names": (
        'Note QuarterAfter("Q1 2027") & ", " & QuarterAfter("Q4 2026") & ", " & QuarterAfter("No quarter") & "."',
        'Note NextName("plan q4 2026 EMEA.xlsm", "Q4 2026")',
        'Note NextName("cac.model.xlsx", "Q2 2027")',
        'Note NextName("plan.xlsm", "")',
    ),
}
"""By trial what is set up and pressed, line by line."""

ANSWERS = {
    "ClearAfterNo": "Told() & Shown()",
    "ClearAfterYes": "Told() & Shown()",
    "RefreshElsewhere": 'Replace(Told(), Format$(Date, "yyyy-mm-dd"), "TODAY")',
}
"""What a trial answers, where it is not only what was told."""

SHOWN = """
Private Function Shown() As String
    Dim cell As Object
    For Each cell In ThisWorkbook.Worksheets("Plan").Range("A1:D5").Cells
        Shown = Shown & cell.Value & " "
    Next cell
End Function
"""


def trial(name: str) -> str:
    """The macro of a trial."""
    lines = ("Prepare", *STEPS[name], f"{name} = {ANSWERS.get(name, 'Told()')}")
    return f"\nPublic Function {name}() As String\n    " + "\n    ".join(lines) + "\nEnd Function\n"


TRIALS = Module("Trials", "".join(map(trial, STEPS)) + SHOWN)
TOLD = {
    "ClearAfterNo": [
        (
            "asks: Clear the figures of the example from this workbook?||Settings, definitions and formulas stay. "
            "Whatever you typed over the example is cleared too, and this cannot be undone: save a copy first if "
            "you are not sure."
        ),
        "Segment Deals Rate Note Small 10 0.5 locked Middle 20 0.25 mine Large 30   0    ",
    ],
    "ClearFails": [
        "asks: …",
        (
            "says: Cleared 0 cells of the example. Skipped, since the cells were deleted: 1 name.||It stopped there: "
            "the sheet is gone"
        ),
    ],
    "ClearAfterYes": [
        "asks: …",
        (
            "says: Cleared 8 cells of the example. Still of the example, and locked: 1 cell on Plan. A refresh "
            "replaces it; or lift the protection (Review, Unprotect Sheet; there is no password) and delete it. "
            "Skipped, since the cells were deleted: 1 name."
        ),
        "Segment Deals Rate Note    locked    mine     0    ",
    ],
    "ButtonsWithAddin": [
        "runs: 'xlfunnel.xlam'!XlfunnelActions.RefreshOf for buttons.xlsm",
        "runs: 'xlfunnel.xlam'!XlfunnelActions.NewQuarterOf for buttons.xlsm",
        "runs: 'xlfunnel.xlam'!XlfunnelActions.ShareCopyOf for buttons.xlsm",
    ],
    "ButtonsWithoutAddin": [
        (
            "says: The add-in xlfunnel is not in this Excel, or an earlier version of it is.||To install it, close "
            "Excel and type in a terminal:|xlfunnel install||Or do without the button:|"
            'xlfunnel new-quarter "buttons.xlsm" -o "next quarter.xlsm"'
        ),
    ],
    "Quarter": [
        "proposes: /books/Plan Q1 2027.xlsm as Excel workbook (*.xlsm), *.xlsm",
        "asks Python: xlfunnel.templates.actions.new_quarter to write /out/Plan Q1 2027.xlsm",
        "opens: /out/Plan Q1 2027.xlsm",
        "says: Done.",
    ],
    "Share": [
        "proposes: Plan Q4 2026 shared.xlsx as Excel workbook (*.xlsx), *.xlsx",
        "asks Python: xlfunnel.templates.actions.share_copy to write /out/shared.xlsx",
        "opens: /out/shared.xlsx",
        "says: Done.",
    ],
    "Unsaved": ['warns: "Plan Q4 2026.xlsm" has no file yet. Save it, then press the button again.'] * 2,
    "Cancelled": ["proposes: …"],
    "ToCloud": [
        "proposes: …",
        "warns: Choose a folder of this computer: xlfunnel cannot write to https://cloud/Plan.xlsm",
    ],
    "OverOpen": [
        "proposes: …",
        (
            'warns: "Plan Q4 2026.xlsm" is open, and Excel opens no second workbook of that name. Close it, or '
            "choose another name."
        ),
    ],
    "OnMac": [
        "proposes: …",
        (
            "warns: This button works in Excel for Windows. Elsewhere, type in a terminal:|"
            'xlfunnel new-quarter "/books/Plan Q4 2026.xlsm" -o "/out/a.xlsm"'
        ),
    ],
    "Stopped": ["proposes: …", "asks Python: …", "warns: There is no quarter."],
    "PythonFails": [
        "proposes: …",
        "asks Python: …",
        "asks Python: …",
        (
            "warns: Making the next quarter's workbook failed: ValueError: no such thing||This workbook is as it "
            "was. Run  xlfunnel doctor  in a terminal to see what is wrong."
        ),
    ],
    "CopyFails": [
        "proposes: …",
        (
            "warns: Making the next quarter's workbook failed: the disk is full||This workbook is as it was. "
            "Run  xlfunnel doctor  in a terminal to see what is wrong."
        ),
    ],
    "OpenFails": [
        "proposes: …",
        "asks Python: …",
        "opens: /out/a.xlsm",
        "says: Done.||It could not be opened here: it is damaged",
    ],
    "Checks": [
        "says: Every check of this workbook holds.",
        "warns: 2 checks do not hold: see the sheet Checks.",
        (
            'warns: "Plan Q4 2026.xlsm" has no checks. Workbooks made by xlfunnel have them; such a one comes from a '
            "terminal:|xlfunnel templates|xlfunnel new TEMPLATE"
        ),
        "!1 check does not hold: see the sheet Checks.",
        "!The checks cannot be computed: the sheet Checks shows which one.",
        "!The checks cannot be computed: the sheet Checks shows which one.",
    ],
    "Refresh": [
        "runs later: XlfunnelActions.RefreshWaiting",
        "asks Python: refresh in Plan Q4 2026.xlsm",
        "says: Done.",
    ],
    "RefreshStopped": ["runs later: …", "asks Python: …", "warns: There is no export."],
    "RefreshFails": [
        "runs later: …",
        "asks Python: …",
        (
            "warns: The refresh failed: ValueError: no such thing||If figures changed, close the workbook without "
            "saving: its file is as it was. Run  xlfunnel doctor  in a terminal to see what is wrong."
        ),
    ],
    "RefreshChangedMind": ["runs later: …", "asks Python: …"],
    "RefreshElsewhere": [
        'warns: "Plan Q4 2026.xlsm" has no file yet. Save it, then press the button again.',
        (
            "warns: This button works in Excel for Windows. Elsewhere, type in a terminal:|"
            'xlfunnel refresh "/books/Plan Q4 2026.xlsm" EXPORT.csv --as-of TODAY'
        ),
    ],
    "Names": [
        "Q2 2027, Q1 2027, .",
        "plan Q1 2027 EMEA.xlsm",
        "cac.model Q3 2027.xlsx",
        "plan next quarter.xlsm",
    ],
}
"""By trial what a person is told, in order; … stands for what another trial says in full."""


def staged(name: str) -> Module:
    """A module of ours, with the stand-ins in their places."""
    module = source(name)
    text = module.text
    for real, stand_in in STAND_INS.items():
        text = text.replace(real, stand_in)
    return replace(module, text=text)


def write_book(path: Path) -> None:
    """A sheet with an example of three areas, one with a locked value and a formula, and a name without cells."""
    sheets = ("Plan", "Other")
    book = Workbook(path)
    book.set_vba_name("ThisWorkbook")
    documents = [Module("ThisWorkbook", "", Kind.DOCUMENT, WORKBOOK)]
    for number, name in enumerate(sheets, start=1):
        book.add_worksheet(name).set_vba_name(f"Sheet{number}")
        documents.append(Module(f"Sheet{number}", "", Kind.DOCUMENT, SHEET))
    ours = [staged(name) for name in ("XlfunnelActions", "XlfunnelButtons")]
    whole = [source(name) for name in ("XlfunnelServer", "XlfunnelValues", "XlfunnelLinks")]
    copies = path.with_name("copies")
    copies.mkdir()
    stage = [
        replace(STAGE, text=STAGE.text.replace("FOLDER_FOR_COPIES", str(copies))),
        OTHER_BOOK,
        ONE_CELL,
        XLWINGS,
        ACTING_SERVER,
        TRIALS,
    ]
    book.add_vba_project(BytesIO(vba_project((*documents, *whole, *ours, *stage))), is_stream=True)
    sheet, unlocked = book.get_worksheet_by_name("Plan"), book.add_format({"locked": False})
    rows = (("Small", 10, 0.5, "locked"), ("Middle", 20, 0.25, "mine"), ("Large", 30, None, None))
    for column, heading in enumerate(("Segment", "Deals", "Rate", "Note")):
        sheet.write(0, column, heading)
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values):
            sheet.write(row, column, value, None if value == "locked" else unlocked)
    sheet.write_formula("E2", "=B2*C2", None, 5)
    sheet.write_formula("A5", "=0", None, 0)
    sheet.protect("")
    book.define_name("example_plan", "=Plan!$A$2:$B$4,Plan!$C$2:$E$2,Plan!$C$3:$C$4")
    book.define_name("example_gone", "=#REF!")
    book.define_name("no_example", "=Plan!$D$3")
    book.define_name("checks_failing", "=Plan!$A$5")
    book.close()


@pytest.fixture(scope="module")
def told(
    basic: Callable[[list[str]], dict[str, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    path = tmp_path_factory.mktemp("buttons") / "buttons.xlsm"
    write_book(path)
    answers = basic(["!".join((str(path), *(f"Trials.{name}" for name in TOLD)))])[path.name]
    return {name: answer.splitlines() for name, answer in zip(TOLD, answers, strict=True)}


@pytest.mark.parametrize("trial", TOLD)
def test_a_person_is_told_what_was_done_and_excel_is_as_before(trial: str, told: dict[str, list[str]]) -> None:
    shown = [
        f"{got.partition(':')[0]}: …" if wanted.endswith(": …") else got
        for got, wanted in zip(told[trial], TOLD[trial], strict=False)
    ]
    assert [*shown, *told[trial][len(shown) :]] == TOLD[trial]


@pytest.mark.parametrize("name", ["XlfunnelActions", "XlfunnelButtons"])
def test_the_stand_ins_stand_for_something(name: str) -> None:
    text = source(name).text
    assert sum(real in text for real in STAND_INS) >= 3
    assert staged(name).text != text
