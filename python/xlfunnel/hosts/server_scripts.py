"""The scripts for a project of xlwings Server: `from xlfunnel.hosts.server_scripts import *` in `custom_scripts`.

The folder of the exports on the server stands in `XLFUNNEL_EXPORTS`.
"""

from __future__ import annotations

from datetime import date, datetime

import xlwings as xw

from xlfunnel.errors import Stopped
from xlfunnel.hosts.refreshing import refresh_open
from xlfunnel.hosts.server import Server

__all__ = ["refresh"]


@xw.script
def refresh(book: xw.Book, as_of: date | None = None) -> None:
    """Refresh the open workbook, as of a day or of today where the server stands, and say what was done."""
    try:
        told = refresh_open(Server(book), datetime.now().astimezone(), as_of)
    except Stopped as fault:
        book.app.alert(str(fault), "xlfunnel", mode="critical")
    else:
        book.app.alert(told, "xlfunnel")
