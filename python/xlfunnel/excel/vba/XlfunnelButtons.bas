Attribute VB_Name = "XlfunnelButtons"
Option Explicit

' What the buttons of this workbook do. Clearing the example needs nothing else; the rest is done by the add-in.

Private Const TITLE As String = "xlfunnel"
Private Const ADDIN_FILE As String = "xlfunnel.xlam"
Private Const EXAMPLE_NAMES As String = "example_*"

Public Sub RefreshFromExport()
    HandOver "RefreshOf", "xlfunnel refresh """ & ThisWorkbook.Name & """ EXPORT.csv --as-of " & _
        Format$(Date, "yyyy-mm-dd")
End Sub

Public Sub NewQuarter()
    HandOver "NewQuarterOf", "xlfunnel new-quarter """ & ThisWorkbook.Name & """ -o ""next quarter.xlsm"""
End Sub

Public Sub ShareCopy()
    HandOver "ShareCopyOf", "xlfunnel share """ & ThisWorkbook.Name & """ -o shared.xlsx"
End Sub

' Clear the cells of the names that begin with example_, after a question.
Public Sub ClearExample()
    Dim question As String
    question = "Clear the figures of the example from this workbook?" & vbCrLf & vbCrLf & _
        "Settings, definitions and formulas stay. Whatever you typed over the example is cleared too, " & _
        "and this cannot be undone: save a copy first if you are not sure."
    If MsgBox(question, vbYesNo + vbQuestion + vbDefaultButton2, TITLE) <> vbYes Then Exit Sub
    MsgBox ExampleCleared(), vbInformation, TITLE
End Sub

' Clears, and says what it did. Without screen and calculation: a cleared cell would otherwise compute the whole plan.
Private Function ExampleCleared() As String
    Dim calculating As Long
    Dim updating As Boolean
    Dim stopped As String
    Dim cleared As Long
    Dim kept As Long
    Dim places As String
    Dim lost As Long
    updating = Application.ScreenUpdating
    calculating = Application.Calculation
    On Error GoTo Failed
    Application.ScreenUpdating = False
    Application.Calculation = xlCalculationManual
    ClearNamed cleared, kept, places, lost
Restore:
    On Error Resume Next
    Application.Calculation = calculating
    Application.ScreenUpdating = updating
    On Error GoTo 0
    ExampleCleared = ToldCleared(cleared, kept, places, lost) & stopped
    Exit Function
Failed:
    stopped = vbCrLf & vbCrLf & "It stopped there: " & Err.Description
    Resume Restore
End Function

Private Sub ClearNamed(ByRef cleared As Long, ByRef kept As Long, ByRef places As String, ByRef lost As Long)
    Dim before As Long
    Dim one As Object
    Dim target As Object
    Dim i As Long
    For Each one In ThisWorkbook.Names
        If LCase$(one.Name) Like EXAMPLE_NAMES Then
            Set target = CellsOfName(one)
            If target Is Nothing Then
                lost = lost + 1
            Else
                before = kept
                For i = 1 To target.Areas.Count
                    ClearArea target.Areas(i), cleared, kept
                Next i
                If kept > before Then places = places & ", " & target.Worksheet.Name
            End If
        End If
    Next one
End Sub

' Nothing where the cells of the name were deleted.
Private Function CellsOfName(ByVal one As Object) As Object
    On Error Resume Next
    Set CellsOfName = one.RefersToRange
End Function

' Clears the unlocked cells, and counts locked ones that hold no formula; the lock of an area whose cells differ is Null.
Private Sub ClearArea(ByVal area As Object, ByRef cleared As Long, ByRef kept As Long)
    Dim cell As Object
    If Not IsNull(area.Locked) Then
        If Not area.Locked Then
            cleared = cleared + Application.WorksheetFunction.CountA(area)
            area.ClearContents
            Exit Sub
        End If
    End If
    For Each cell In area.Cells
        If Not IsEmpty(cell.Value) Then
            If Not cell.Locked Then
                cell.ClearContents
                cleared = cleared + 1
            ElseIf Not cell.HasFormula Then
                kept = kept + 1
            End If
        End If
    Next cell
End Sub

' What a refresh writes is locked: a figure of the example may stay there, and must not pass for one's own.
Private Function ToldCleared(ByVal cleared As Long, ByVal kept As Long, ByVal places As String, _
    ByVal lost As Long) As String
    ToldCleared = "Cleared " & Counted(cleared, "cell") & " of the example."
    If kept > 0 Then ToldCleared = ToldCleared & " Still of the example, and locked: " & Counted(kept, "cell") & " on " & _
        Mid$(places, 3) & ". A refresh replaces it; or lift the protection (Review, Unprotect Sheet; there is no " & _
        "password) and delete it."
    If lost > 0 Then ToldCleared = ToldCleared & " Skipped, since the cells were deleted: " & Counted(lost, "name") & "."
End Function

Private Function Counted(ByVal number As Long, ByVal word As String) As String
    Counted = number & " " & word
    If number <> 1 Then Counted = Counted & "s"
End Function

' The workbook goes by its name: Application.Run is made for values, not for objects. Without the look at the open
' workbooks first, Excel would open a file of the add-in's name from the current folder.
Private Sub HandOver(ByVal action As String, ByVal command As String)
    Dim found As String
    On Error GoTo Missing
    found = Application.Workbooks(ADDIN_FILE).Name
    Application.Run "'" & ADDIN_FILE & "'!XlfunnelActions." & action, ThisWorkbook.Name
    Exit Sub
Missing:
    MsgBox "The add-in xlfunnel is not in this Excel, or an earlier version of it is." & vbCrLf & vbCrLf & _
        "To install it, close Excel and type in a terminal:" & vbCrLf & "xlfunnel install" & vbCrLf & vbCrLf & _
        "Or do without the button:" & vbCrLf & command, vbInformation, TITLE
End Sub
