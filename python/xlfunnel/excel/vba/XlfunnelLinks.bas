Attribute VB_Name = "XlfunnelLinks"
Option Explicit
Option Private Module

' A function of an add-in is saved in a workbook with the path of the add-in. On another machine that path leads
' nowhere, and every cell shows #NAME?: let such links lead to the add-in of this machine.
Public Sub RepointLinks(ByVal book As Object)
    Dim link As Variant
    Dim links As Variant
    Dim wasSaved As Boolean
    If book Is ThisWorkbook Then Exit Sub
    ' A protected or read-only workbook may refuse; `xlfunnel doctor BOOK.xlsx` then tells of the link.
    On Error Resume Next
    wasSaved = book.Saved
    links = book.LinkSources(xlExcelLinks)
    If IsEmpty(links) Then Exit Sub
    For Each link In links
        If LeadsElsewhere(CStr(link)) Then book.ChangeLink CStr(link), ThisWorkbook.FullName, xlLinkTypeExcelLinks
    Next link
    book.Saved = wasSaved
End Sub

Private Function LeadsElsewhere(ByVal link As String) As Boolean
    LeadsElsewhere = LCase$(FileOf(link)) = LCase$(ThisWorkbook.Name) And LCase$(link) <> LCase$(ThisWorkbook.FullName)
End Function

' The name of a file without its folder, wherever the path was written.
Public Function FileOf(ByVal path As String) As String
    path = Replace(path, "\", "/")
    FileOf = Mid$(path, InStrRev(path, "/") + 1)
End Function
