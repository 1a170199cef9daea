Attribute VB_Name = "XlfunnelRibbon"
Option Explicit

' The buttons of the ribbon tab; those of the workbook that is shown do the same as the buttons on its Start sheet.

Private Const TITLE As String = "xlfunnel"

Public Sub XlfunnelRefresh(control As IRibbonControl)
    If HasBook() Then RefreshOf ActiveWorkbook.Name
End Sub

Public Sub XlfunnelNewQuarter(control As IRibbonControl)
    If HasBook() Then NewQuarterOf ActiveWorkbook.Name
End Sub

Public Sub XlfunnelCheck(control As IRibbonControl)
    If HasBook() Then CheckOf ActiveWorkbook.Name
End Sub

Public Sub XlfunnelShareCopy(control As IRibbonControl)
    If HasBook() Then ShareCopyOf ActiveWorkbook.Name
End Sub

Private Function HasBook() As Boolean
    HasBook = Not ActiveWorkbook Is Nothing
    If Not HasBook Then MsgBox "Open a workbook first, and enable its editing.", vbInformation, TITLE
End Function

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
