"""The functions as an add-in of LibreOffice Calc; its README says how it works and where Calc differs from Excel.

LibreOffice runs `component` and `companion` in the Python that it brings; `companion` starts the interpreter that
xlfunnel is installed in, and `serving` and `boundary` answer there. Any Python that xlfunnel runs on will do.
"""
