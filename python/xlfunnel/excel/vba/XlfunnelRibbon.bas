Attribute VB_Name = "XlfunnelRibbon"
Option Explicit

' The buttons of the ribbon tab. What is still to come says so, and what to do until then.

Private Const TITLE As String = "xlfunnel"

Public Sub XlfunnelRefresh(control As IRibbonControl)
    StillToCome "Refresh from export", "xlfunnel refresh EXPORT.csv --as-of 2026-06-30 --output dashboard.xlsx"
End Sub

Public Sub XlfunnelNewQuarter(control As IRibbonControl)
    StillToCome "New quarter", "xlfunnel refresh EXPORT.csv --as-of 2026-09-30 --output dashboard-Q3.xlsx"
End Sub

Public Sub XlfunnelCheck(control As IRibbonControl)
    StillToCome "Check", "xlfunnel check EXPORT.csv"
End Sub

Public Sub XlfunnelShareCopy(control As IRibbonControl)
    MsgBox "Share copy is not part of this version of the add-in." & vbCrLf & vbCrLf & _
        "Until it is: copy the sheets, and paste them into a new workbook as values.", vbInformation, TITLE
End Sub

' The function wizard, with the arguments of the functions explained.
Public Sub XlfunnelFunctions(control As IRibbonControl)
    If ActiveCell Is Nothing Then
        MsgBox "Open a workbook and select a cell first.", vbInformation, TITLE
        Exit Sub
    End If
    ExplainArguments
    Application.Dialogs(xlDialogFunctionWizard).Show
End Sub

Public Sub XlfunnelHelp(control As IRibbonControl)
    Dim text As String
    text = "xlfunnel " & Setting("XLFUNNEL_VERSION") & " with xlwings " & Setting("XLWINGS_VERSION") & vbCrLf & _
        "Python: " & Setting("INTERPRETER_WIN") & vbCrLf & vbCrLf & _
        "Type =METRIC_INFO(""SALES_VELOCITY"") to read what a function means, and put METRIC_CHECK around the name" & _
        " and arguments of a function that shows an error to read why." & vbCrLf & vbCrLf & _
        "If all functions show #NAME?, run  xlfunnel doctor  in a terminal."
    If Len(Fault()) > 0 Then text = text & vbCrLf & vbCrLf & "Last fault: " & Fault()
    MsgBox text, vbInformation, TITLE
End Sub

Private Sub StillToCome(ByVal button As String, ByVal command As String)
    MsgBox button & " is not part of this version of the add-in." & vbCrLf & vbCrLf & _
        "Until it is, type in a terminal:" & vbCrLf & command, vbInformation, TITLE
End Sub

Private Function Setting(ByVal key As String) As String
    Dim row As Variant
    row = Application.Match(key, ThisWorkbook.Worksheets(1).Columns(1), 0)
    If Not IsError(row) Then Setting = ThisWorkbook.Worksheets(1).Cells(row, 2).Value
End Function

' Excel takes the explanations of arguments only for functions of a workbook that is not hidden as an add-in.
Private Sub ExplainArguments()
    Static explained As Boolean
    If explained Then Exit Sub
    Dim book As Workbook
    Set book = ActiveWorkbook
    Application.ScreenUpdating = False
    On Error GoTo Hide_again
    ThisWorkbook.IsAddin = False
    DescribeFunctions
    explained = True
Hide_again:
    ThisWorkbook.IsAddin = True
    ThisWorkbook.Saved = True
    book.Activate
    Application.ScreenUpdating = True
End Sub
