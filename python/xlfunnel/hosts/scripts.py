"""What the button and the ribbon in Excel ask of Python: the refresh of the workbook that is open.

VBA hands the workbook over and shows the answer; after `WARNING` stands why nothing changed, an empty answer says
that the person changed their mind. Any other fault is left to VBA, which shows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import xlwings as xw

from xlfunnel.errors import Stopped
from xlfunnel.hosts.excel import Excel
from xlfunnel.hosts.host import NothingChosen
from xlfunnel.hosts.refreshing import refresh_open
from xlfunnel.templates.actions import WARNING

if TYPE_CHECKING:
    from collections.abc import Callable


def script(work: Callable[[Any], str]) -> Callable[[Any], str]:
    """The work declared to xlwings with a raw argument, the workbook."""
    work.__annotations__ = {}  # xlwings would convert by them
    declared: Callable[[Any], str] = xw.func(xw.arg("book", "raw")(work))
    return declared


@script
def refresh(book: Any) -> str:
    """Refresh the workbook that VBA hands over, as of today where the person lives."""
    try:
        return refresh_open(Excel(opened(book)), datetime.now().astimezone())
    except NothingChosen:
        return ""
    except Stopped as fault:
        return f"{WARNING}{fault}"


def opened(book: Any) -> xw.Book:
    """The workbook that VBA handed over, as xlwings knows it."""
    from xlwings import _xlwindows  # noqa: PLC0415  # there is none on other systems

    impl: Any = _xlwindows
    return xw.Book(impl=impl.Book(xl=book))
