"""The commands of the menu and the toolbar as LibreOffice sees them: Refresh from export, and Undo refresh.

LibreOffice loads this file from the extension, in the Python that it brings. A script dispatches a command with
arguments: `Quiet` shows no dialog and answers what was done, `Files` are paths of exports, `AsOf` is the day as ISO
date, and `Save` lets changes be saved first.
"""

from __future__ import annotations

import json
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uno  # type: ignore[import-not-found, unused-ignore]
import unohelper  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.awt import XCallback  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.frame import (  # type: ignore[import-not-found, unused-ignore]
    DispatchResultEvent,
    FeatureStateEvent,
    XDispatchProvider,
    XNotifyingDispatch,
)
from com.sun.star.lang import XInitialization, XServiceInfo  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_companion import Installed, Missing  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_dialogs import Dialogs, Script  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_pressing import Order, Refused, refreshed, undone  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_window import OpenBook  # type: ignore[import-not-found, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "org.xlfunnel.calc.Commands"
HANDLER = "com.sun.star.frame.ProtocolHandler"
REFRESH, UNDO = "xlfunnel:refresh", "xlfunnel:undo"

_KNOWN = json.loads(Path(__file__).with_name("functions.json").read_text(encoding="utf-8"))
_INSTALLED = Installed(_KNOWN["interpreter"], _KNOWN["place"])
_TURN = threading.Lock()
# One press at a time: a window takes clicks while it shows progress.


class _Later(unohelper.Base, XCallback):  # type: ignore[misc, unused-ignore]
    """What is done once the menu has closed: it must not lose its window while it is at work."""

    def __init__(self, work: Any) -> None:
        self._work = work

    def notify(self, _data: Any) -> None:
        self._work()


class _Commands(unohelper.Base, XDispatchProvider, XNotifyingDispatch, XInitialization, XServiceInfo):  # type: ignore[misc, unused-ignore]
    """Our commands in one window; the method names are those of LibreOffice's interfaces."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._frame: Any = None

    def initialize(self, arguments: Sequence[Any]) -> None:
        self._frame = arguments[0] if arguments else None

    def queryDispatch(self, url: Any, _target: str, _flags: int) -> Any:  # noqa: N802  # spelled so in UNO
        return self if self._frame and url.Complete in {REFRESH, UNDO} else None

    def queryDispatches(self, requests: Sequence[Any]) -> tuple[Any, ...]:  # noqa: N802
        return tuple(self.queryDispatch(one.FeatureURL, one.FrameName, one.SearchFlags) for one in requests)

    def dispatch(self, url: Any, arguments: Sequence[Any]) -> None:
        command, said = url.Complete, _said(arguments)
        if said.get("Quiet"):
            self._pressed(command, said)
            return
        later = self._context.ServiceManager.createInstanceWithContext(
            "com.sun.star.awt.AsyncCallback", self._context
        )
        later.addCallback(_Later(lambda: self._pressed(command, said)), None)

    def dispatchWithNotification(self, url: Any, arguments: Sequence[Any], listener: Any) -> None:  # noqa: N802
        done, lines = self._pressed(url.Complete, _said(arguments))
        if listener is not None:
            listener.dispatchFinished(DispatchResultEvent(self, int(done), "\n".join(lines)))

    def addStatusListener(self, listener: Any, url: Any) -> None:  # noqa: N802
        listener.statusChanged(FeatureStateEvent(self, url, "", True, False, None))  # noqa: FBT003

    def removeStatusListener(self, _listener: Any, _url: Any) -> None:  # noqa: N802
        """The commands are never disabled: what stands in their way is told when they are pressed."""

    def getImplementationName(self) -> str:  # noqa: N802
        return NAME

    def getSupportedServiceNames(self) -> tuple[str, ...]:  # noqa: N802
        return (HANDLER,)

    def supportsService(self, name: str) -> bool:  # noqa: N802
        return name in self.getSupportedServiceNames()

    def _pressed(self, command: str, said: dict[str, Any]) -> tuple[bool, Sequence[str]]:
        """Whether it was done, and what was or why it was not, in lines."""
        if not _TURN.acquire(blocking=False):
            return False, ("xlfunnel is at work already. Wait until it has finished.",)
        try:
            quiet = said.get("Quiet")
            person = Script(saves=bool(said.get("Save"))) if quiet else Dialogs(self._context, self._frame)
            done, lines = _carried_out(OpenBook(self._frame), person, command, said)
            if lines:
                person.tell(lines, done=done)
        finally:
            _TURN.release()
        return done, lines


def _carried_out(book: Any, person: Any, command: str, said: dict[str, Any]) -> tuple[bool, Sequence[str]]:
    try:
        if command == UNDO:
            return True, undone(_INSTALLED, book, person)
        order = Order(str(said.get("AsOf") or _today()), _paths(said.get("Files")))
        return True, refreshed(_INSTALLED, book, person, order)
    except (Refused, Missing) as fault:
        return False, (str(fault),)
    finally:
        book.end_progress()


def _said(arguments: Sequence[Any]) -> dict[str, Any]:
    return {one.Name: one.Value for one in arguments}


def _today() -> str:
    """The day of a press is that of the place where the person lives."""
    return date.today().isoformat()  # noqa: DTZ011


def _paths(files: Any) -> tuple[str, ...]:
    """Paths of the system, from one or several, which may be addresses."""
    several = (files,) if isinstance(files, str) else files or ()
    return tuple(uno.fileUrlToSystemPath(one) if one.startswith("file:") else one for one in several)


g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816  # the name that LibreOffice looks for
g_ImplementationHelper.addImplementation(_Commands, NAME, (HANDLER,))
