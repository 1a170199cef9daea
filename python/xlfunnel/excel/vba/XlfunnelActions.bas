Attribute VB_Name = "XlfunnelActions"
Option Explicit
Option Private Module

' What the buttons of the ribbon and of template workbooks do. A workbook is named, not handed over: Application.Run,
' by which the buttons of a workbook come here, is made for values, not for objects.

Private Const TITLE As String = "xlfunnel"
Private Const WARNING_MARK As String = "!" ' WARNING of xlfunnel.templates.actions
Private Const ASK_THE_PERSON As Long = 2 ' msoAutomationSecurityByUI
Private Const LONGEST_FAULT As Long = 600 ' a message box shows about a thousand characters

Private waitingBook As String ' whose refresh was asked for

' Refresh the workbook of this name from CRM exports. It may have to be closed and opened again, and a workbook whose
' own macro is still running ends everything when it closes: so the work begins when its button's macro has ended.
Public Sub RefreshOf(ByVal bookName As String)
    Dim book As Object
    Set book = SavedBook(bookName)
    If book Is Nothing Then Exit Sub
    If Len(Environ$("TEMP")) = 0 Then
        Tell WARNING_MARK & "This button works in Excel for Windows. Elsewhere, type in a terminal:" & vbCrLf & _
            "xlfunnel refresh """ & book.FullName & """ EXPORT.csv --as-of " & Format$(Date, "yyyy-mm-dd")
        Exit Sub
    End If
    waitingBook = bookName
    Application.OnTime Now, "'" & ThisWorkbook.Name & "'!XlfunnelActions.RefreshWaiting"
End Sub

' Python works in the open workbook. Whatever happens to it, Excel is as before at the end, and one message says what was
' done; none where the person changed their mind.
Public Sub RefreshWaiting()
    Dim told As String
    Dim cursor As Long
    Dim calculating As Long
    Dim status As Variant
    Dim updating As Boolean
    Dim events As Boolean
    If Len(waitingBook) = 0 Then Exit Sub
    cursor = Application.Cursor
    calculating = Application.Calculation
    status = Application.StatusBar
    updating = Application.ScreenUpdating
    events = Application.EnableEvents
    On Error GoTo Failed
    Application.Cursor = xlWait
    Application.StatusBar = "xlfunnel: Refreshing"
    told = ActOnOpen("refresh", Application.Workbooks(waitingBook))
Restore:
    waitingBook = ""
    On Error Resume Next
    Application.Calculation = calculating
    Application.EnableEvents = events
    Application.ScreenUpdating = updating
    Application.StatusBar = status
    Application.Cursor = cursor
    On Error GoTo 0
    If Len(told) > 0 Then Tell told
    Exit Sub
Failed:
    told = WARNING_MARK & "The refresh failed: " & LastLine(Err.Description) & vbCrLf & vbCrLf & _
        "If figures changed, close the workbook without saving: its file is as it was. Run  xlfunnel doctor  in a " & _
        "terminal to see what is wrong."
    Resume Restore
End Sub

' Ask where to, and make the workbook of the next quarter there.
Public Sub NewQuarterOf(ByVal bookName As String)
    Dim book As Object
    Dim target As String
    Set book = SavedBook(bookName)
    If book Is Nothing Then Exit Sub
    target = AskedPlace(book, NextName(book.Name, QuarterOf(book)), EndingOf(book.Name))
    If Len(target) > 0 Then Make book, target, "new_quarter", "new-quarter", "Making the next quarter's workbook"
End Sub

' Ask where to, and make the copy for people without the functions there.
Public Sub ShareCopyOf(ByVal bookName As String)
    Dim book As Object
    Dim target As String
    Set book = SavedBook(bookName)
    If book Is Nothing Then Exit Sub
    target = AskedPlace(book, StemOf(book.Name) & " shared.xlsx", ".xlsx")
    If Len(target) > 0 Then Make book, target, "share_copy", "share", "Making the copy to share"
End Sub

' Go to the checks of the workbook, and say how many do not hold.
Public Sub CheckOf(ByVal bookName As String)
    Dim cell As Object
    Set cell = CellNamed(Application.Workbooks(bookName), "checks_failing")
    If cell Is Nothing Then
        Tell WARNING_MARK & """" & bookName & """ has no checks. Workbooks made by xlfunnel have them; such a one " & _
            "comes from a terminal:" & vbCrLf & "xlfunnel templates" & vbCrLf & "xlfunnel new TEMPLATE"
        Exit Sub
    End If
    Application.Calculate
    Show cell
    Tell Verdict(cell.Value)
End Sub

' What a person is told of the number of checks that do not hold.
Public Function Verdict(ByVal failing As Variant) As String
    If IsEmpty(failing) Or Not IsNumeric(failing) Then
        Verdict = WARNING_MARK & "The checks cannot be computed: the sheet Checks shows which one."
    ElseIf failing = 0 Then
        Verdict = "Every check of this workbook holds."
    ElseIf failing = 1 Then
        Verdict = WARNING_MARK & "1 check does not hold: see the sheet Checks."
    Else
        Verdict = WARNING_MARK & failing & " checks do not hold: see the sheet Checks."
    End If
End Function

' The name to propose for the next quarter's file: the quarter in it, or at its end, moves on.
Public Function NextName(ByVal file As String, ByVal quarter As String) As String
    Dim stem As String
    Dim following As String
    stem = StemOf(file)
    following = QuarterAfter(quarter)
    If Len(following) = 0 Then
        NextName = stem & " next quarter"
    ElseIf InStr(1, stem, quarter, vbTextCompare) > 0 Then
        NextName = Replace(stem, quarter, following, 1, -1, vbTextCompare)
    Else
        NextName = stem & " " & following
    End If
    NextName = NextName & EndingOf(file)
End Function

' Q4 2026 is followed by Q1 2027; nothing follows what is no quarter.
Public Function QuarterAfter(ByVal quarter As String) As String
    If Not (quarter Like "Q[1-4] ####") Then Exit Function
    If Mid$(quarter, 2, 1) = "4" Then
        QuarterAfter = "Q1 " & (CLng(Mid$(quarter, 4)) + 1)
    Else
        QuarterAfter = "Q" & (CLng(Mid$(quarter, 2, 1)) + 1) & Mid$(quarter, 3)
    End If
End Function

' The workbook of this name, if it has a file already; else nothing, and the person is told.
Private Function SavedBook(ByVal bookName As String) As Object
    Dim book As Object
    Set book = Application.Workbooks(bookName)
    If Len(book.Path) = 0 Then
        Tell WARNING_MARK & """" & bookName & """ has no file yet. Save it, then press the button again."
    Else
        Set SavedBook = book
    End If
End Function

' Where the person wants the new workbook; nothing if nowhere, or where it cannot be.
Private Function AskedPlace(ByVal book As Object, ByVal proposed As String, ByVal ending As String) As String
    Dim answer As Variant
    ' A folder of the cloud has an address in place of a path, which the dialog refuses.
    If InStr(book.Path, "://") = 0 Then proposed = book.Path & Application.PathSeparator & proposed
    answer = Application.GetSaveAsFilename(proposed, "Excel workbook (*" & ending & "), *" & ending)
    If VarType(answer) = vbBoolean Then Exit Function
    If InStr(answer, "://") > 0 Then
        Tell WARNING_MARK & "Choose a folder of this computer: xlfunnel cannot write to " & answer
    ElseIf IsOpen(FileOf(CStr(answer))) Then
        Tell WARNING_MARK & """" & FileOf(CStr(answer)) & """ is open, and Excel opens no second workbook of that " & _
            "name. Close it, or choose another name."
    Else
        AskedPlace = answer
    End If
End Function

' Python works on a copy: so what is not saved yet counts, and the open file stays as it is. One message at the end says
' what was done, or why not; before it, everything about Excel is as it was.
Private Sub Make(ByVal book As Object, ByVal target As String, ByVal action As String, ByVal command As String, _
    ByVal doing As String)
    Dim told As String
    Dim folder As String
    Dim cursor As Long
    Dim status As Variant
    Dim updating As Boolean
    folder = TemporaryFolder()
    If Len(folder) = 0 Then
        Tell WARNING_MARK & "This button works in Excel for Windows. Elsewhere, type in a terminal:" & vbCrLf & _
            "xlfunnel " & command & " """ & book.FullName & """ -o """ & target & """"
        Exit Sub
    End If
    cursor = Application.Cursor
    status = Application.StatusBar
    updating = Application.ScreenUpdating
    On Error GoTo Failed
    Application.Cursor = xlWait
    Application.StatusBar = "xlfunnel: " & doing
    Application.ScreenUpdating = False
    MkDir folder
    book.SaveCopyAs folder & Application.PathSeparator & book.Name
    told = Act(action, Array(folder & Application.PathSeparator & book.Name, target))
    If Left$(told, 1) <> WARNING_MARK Then told = told & Opened(target)
Restore:
    On Error Resume Next
    Kill folder & Application.PathSeparator & book.Name
    RmDir folder
    Application.ScreenUpdating = updating
    Application.StatusBar = status
    Application.Cursor = cursor
    On Error GoTo 0
    Tell told
    Exit Sub
Failed:
    told = WARNING_MARK & doing & " failed: " & LastLine(Err.Description) & vbCrLf & vbCrLf & _
        "This workbook is as it was. Run  xlfunnel doctor  in a terminal to see what is wrong."
    Resume Restore
End Sub

' Open the new workbook; gives what to add to the message if that fails. What VBA opens would run its macros unasked,
' even where the person had not enabled those of the first workbook: let Excel ask as it would for any file.
Private Function Opened(ByVal target As String) As String
    Dim security As Long
    security = Application.AutomationSecurity
    On Error GoTo Failed
    Application.AutomationSecurity = ASK_THE_PERSON
    Application.Workbooks.Open target
Restore:
    Application.AutomationSecurity = security
    Exit Function
Failed:
    Opened = vbCrLf & vbCrLf & "It could not be opened here: " & LastLine(Err.Description)
    Resume Restore
End Function

' A folder of our own for the copy, to be made; nothing on a Mac, where Python cannot be asked either.
Private Function TemporaryFolder() As String
    If Len(Environ$("TEMP")) = 0 Then Exit Function
    TemporaryFolder = Environ$("TEMP") & Application.PathSeparator & "xlfunnel-" & Format$(Now, "yyyymmddhhnnss")
End Function

Private Sub Tell(ByVal text As String)
    If Left$(text, 1) = WARNING_MARK Then
        MsgBox Mid$(text, 2), vbExclamation, TITLE
    Else
        MsgBox text, vbInformation, TITLE
    End If
End Sub

' A hidden sheet stays hidden: then the message alone has to do.
Private Sub Show(ByVal cell As Object)
    On Error Resume Next
    cell.Worksheet.Parent.Activate
    cell.Worksheet.Activate
End Sub

Private Function QuarterOf(ByVal book As Object) As String
    Dim cell As Object
    Set cell = CellNamed(book, "quarter_name")
    If cell Is Nothing Then Exit Function
    If Not IsError(cell.Value) Then QuarterOf = CStr(cell.Value)
End Function

Private Function CellNamed(ByVal book As Object, ByVal name As String) As Object
    On Error Resume Next
    Set CellNamed = book.Names(name).RefersToRange
End Function

Private Function IsOpen(ByVal file As String) As Boolean
    Dim found As String
    On Error Resume Next
    found = Application.Workbooks(file).Name
    IsOpen = (Len(found) > 0)
End Function

Private Function StemOf(ByVal file As String) As String
    StemOf = Left$(file, Len(file) - Len(EndingOf(file)))
End Function

Private Function EndingOf(ByVal file As String) As String
    If InStrRev(file, ".") > 0 Then EndingOf = Mid$(file, InStrRev(file, "."))
End Function

' Python tells where it failed in many lines, and why in the last one.
Public Function LastLine(ByVal text As String) As String
    Dim lines As Variant
    Dim i As Long
    lines = Split(Replace(text, vbCr, vbLf), vbLf)
    For i = LBound(lines) To UBound(lines)
        If Len(Trim$(lines(i))) > 0 Then LastLine = Left$(Trim$(lines(i)), LONGEST_FAULT)
    Next i
End Function
