Attribute VB_Name = "XlfunnelAddIn"
Option Explicit
Option Private Module

' The way from a workbook with functions of its own to the add-in, which need not be there.

Private Const NAME_ERROR As Long = 2029

' What a function of the catalogue answers to the arguments of a cell; #NAME? where the add-in is missing.
Public Function Ask(ByVal name As String, ByVal given As Variant) As Variant
    Dim values As Variant
    values = PlainValues(given)
    On Error GoTo Missing
    Ask = Application.Run("'xlfunnel.xlam'!XlfunnelServer.AskWithValues", name, values)
    Exit Function
Missing:
    Ask = CVErr(NAME_ERROR)
End Function
