Attribute VB_Name = "XlfunnelValues"
Option Explicit
Option Private Module

' Values on their way to Python and back. Nothing is computed here.

' A range of more rows or columns than this travels only as far as its sheet is used. A shorter one travels whole, so
' that what a formula sees does not depend on other cells of the sheet.
Private Const TALL As Long = 1000

Private Const VALUE_ERROR As Long = 2015
Private Const REFERENCE_ERROR As Long = 2023

' The arguments of a call as plain values, of a range its values. One that was left out is blank; at the end such do not
' travel, except the first.
Public Function PlainValues(ByVal given As Variant) As Variant
    Dim plain() As Variant
    Dim i As Long
    Dim last As Long
    last = UBound(given)
    Do While last > LBound(given)
        If Not IsLeftOut(given(last)) Then Exit Do
        last = last - 1
    Loop
    ReDim plain(LBound(given) To last)
    For i = LBound(given) To last
        If IsObject(given(i)) Then
            plain(i) = CellsOf(given(i), given)
        ElseIf Not IsLeftOut(given(i)) Then
            plain(i) = given(i)
        End If
    Next i
    PlainValues = plain
End Function

Private Function IsLeftOut(Optional ByVal value As Variant) As Boolean
    IsLeftOut = IsMissing(value)
End Function

' What Python answered, with each marked text turned into the error that it stands for.
Public Function WithErrors(ByVal answer As Variant) As Variant
    Dim i As Long
    Dim j As Long
    If Not IsArray(answer) Then
        WithErrors = CellOf(answer)
        Exit Function
    End If
    If HasColumns(answer) Then
        For i = LBound(answer, 1) To UBound(answer, 1)
            For j = LBound(answer, 2) To UBound(answer, 2)
                answer(i, j) = CellOf(answer(i, j))
            Next j
        Next i
    Else
        For i = LBound(answer) To UBound(answer)
            answer(i) = CellOf(answer(i))
        Next i
    End If
    WithErrors = answer
End Function

' The mark is ERROR_MARK of xlfunnel.excel.boundary, the numbers are its CVERR.
Private Function CellOf(ByVal value As Variant) As Variant
    CellOf = value
    If VarType(value) = vbString Then
        If Left$(value, 1) = Chr$(26) Then CellOf = CVErr(NumberOf(Mid$(value, 2)))
    End If
End Function

Private Function NumberOf(ByVal code As String) As Long
    Select Case code
        Case "#NULL!": NumberOf = 2000
        Case "#DIV/0!": NumberOf = 2007
        Case "#VALUE!": NumberOf = 2015
        Case "#REF!": NumberOf = 2023
        Case "#NAME?": NumberOf = 2029
        Case "#NUM!": NumberOf = 2036
        Case "#N/A": NumberOf = 2042
        Case "#GETTING_DATA": NumberOf = 2043
        Case "#SPILL!": NumberOf = 2045
        Case "#CALC!": NumberOf = 2050
        Case Else: NumberOf = VALUE_ERROR
    End Select
End Function

Private Function HasColumns(ByVal answer As Variant) As Boolean
    Dim last As Long
    On Error Resume Next
    last = UBound(answer, 2)
    HasColumns = (Err.Number = 0)
    On Error GoTo 0
End Function

' Dates come as the numbers that they are. A reference to several areas has no one shape: it is answered #REF!.
Private Function CellsOf(ByVal area As Object, ByVal given As Variant) As Variant
    Dim height As Long
    Dim width As Long
    If area.Areas.Count > 1 Then
        CellsOf = CVErr(REFERENCE_ERROR)
        Exit Function
    End If
    height = area.Rows.Count
    width = area.Columns.Count
    If height > TALL Then height = UsedHeight(height, given)
    If width > TALL Then width = UsedWidth(width, given)
    CellsOf = area.Resize(height, width).Value2
End Function

' How many rows the ranges of this height reach into the used part of their sheets. They are all cut alike: columns
' that had the same height keep the same height, on whichever sheets they stand.
Private Function UsedHeight(ByVal height As Long, ByVal given As Variant) As Long
    Dim one As Variant
    Dim reach As Long
    UsedHeight = 1
    For Each one In given
        If IsObject(one) Then
            If one.Rows.Count = height Then
                reach = one.Worksheet.UsedRange.Row + one.Worksheet.UsedRange.Rows.Count - one.Row
                If reach > UsedHeight Then UsedHeight = reach
            End If
        End If
    Next one
    If UsedHeight > height Then UsedHeight = height
End Function

Private Function UsedWidth(ByVal width As Long, ByVal given As Variant) As Long
    Dim one As Variant
    Dim reach As Long
    UsedWidth = 1
    For Each one In given
        If IsObject(one) Then
            If one.Columns.Count = width Then
                reach = one.Worksheet.UsedRange.Column + one.Worksheet.UsedRange.Columns.Count - one.Column
                If reach > UsedWidth Then UsedWidth = reach
            End If
        End If
    Next one
    If UsedWidth > width Then UsedWidth = width
End Function
