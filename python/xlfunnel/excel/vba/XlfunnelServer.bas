Attribute VB_Name = "XlfunnelServer"
Option Explicit
Option Private Module

' The way from the add-in to Python: xlwings' server, which it starts for each Excel and which is kept here.

Private Const FUNCTIONS As String = "xlfunnel.excel.functions"
Private Const ACTIONS As String = "xlfunnel.templates.actions"
Private Const SCRIPTS As String = "xlfunnel.hosts.scripts"
Private Const NAME_ERROR As Long = 2029
Private Const VALUE_ERROR As Long = 2015
Private Const NOT_STARTED As Long = -2147220991 ' the first number that is free for errors of one's own
Private Const WAIT_SECONDS As Long = 10

Private server As Object
Private lastFault As String
Private retryFrom As Date

' What a function of the catalogue answers to the arguments of a cell.
Public Function Ask(ByVal name As String, ByVal given As Variant) As Variant
    Ask = AskWithValues(name, PlainValues(given))
End Function

' The same for values, which a workbook with functions of its own sends here. #NAME? says that Python, xlwings or
' xlfunnel cannot be reached, #VALUE! that Python failed; Help on the ribbon tells the fault.
Public Function AskWithValues(ByVal name As String, ByVal values As Variant) As Variant
    On Error GoTo Failed
    AskWithValues = WithErrors(Answer(FUNCTIONS, name, values))
    Exit Function
Failed:
    If server Is Nothing Then
        AskWithValues = CVErr(NAME_ERROR)
    Else
        AskWithValues = CVErr(VALUE_ERROR)
    End If
End Function

' What a button's work in Python answers: a sentence. A fault is raised.
Public Function Act(ByVal action As String, ByVal given As Variant) As String
    Act = Answer(ACTIONS, action, given)
End Function

' The same for work in a workbook that is open, which is handed over itself. Python is not asked a second time where it
' failed: the workbook may have changed already.
Public Function ActOnOpen(ByVal script As String, ByVal book As Object) As String
    On Error GoTo Failed
    If Not IsAlive() Then Connect
    ActOnOpen = server.CallUDF(SCRIPTS, script, Array(book))
    Exit Function
Failed:
    lastFault = Err.Description
    Err.Raise NOT_STARTED, "xlfunnel", lastFault
End Function

' Whether Python still answers since the last call.
Private Function IsAlive() As Boolean
    If server Is Nothing Then Exit Function
    On Error GoTo Ended
    server.Module FUNCTIONS
    IsAlive = True
    Exit Function
Ended:
    Set server = Nothing
End Function

Private Function Answer(ByVal place As String, ByVal name As String, ByVal values As Variant) As Variant
    Dim again As Boolean
    On Error GoTo Failed
Call_it:
    If server Is Nothing Then Connect
    Answer = server.CallUDF(place, name, values)
    Exit Function
Failed:
    lastFault = Err.Description
    If server Is Nothing Or again Then Err.Raise NOT_STARTED, "xlfunnel", lastFault
    ' The server may have ended since the last call: ask a fresh one, once.
    again = True
    Set server = Nothing
    Resume Call_it
End Function

' The last fault of a call, or nothing.
Public Function Fault() As String
    Fault = lastFault
End Function

' On a Mac this fails at once: xlwings serves worksheet functions on Windows only.
' A failed start takes its time: a sheet of a thousand cells must not try a thousand times.
Private Sub Connect()
    Dim started As Object
    If Now < retryFrom Then Err.Raise NOT_STARTED, "xlfunnel", lastFault
    retryFrom = DateAdd("s", WAIT_SECONDS, Now)
    Set started = StartedHere()
    started.Module FUNCTIONS
    Set server = started
    retryFrom = 0
End Sub

' Python looks for modules in the current folder first: let that be the add-in's, not the one of a file from elsewhere.
Private Function StartedHere() As Object
    Dim before As String
    before = CurDir$
    GoInto ThisWorkbook.Path
    On Error GoTo Failed
    Set StartedHere = XLPy
    GoInto before
    Exit Function
Failed:
    lastFault = Err.Description
    GoInto before
    Err.Raise NOT_STARTED, "xlfunnel", lastFault
End Function

' A folder of the network has no drive to change to: then the current one stays.
Private Sub GoInto(ByVal folder As String)
    On Error Resume Next
    ChDrive folder
    ChDir folder
End Sub
