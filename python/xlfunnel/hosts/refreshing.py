"""The refresh of an open workbook: the same work as on a file, and its changes put into what the person sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from xlfunnel.account import changed_lines, taken_lines
from xlfunnel.errors import Stopped
from xlfunnel.hosts.applying import put
from xlfunnel.hosts.comparing import changes_between
from xlfunnel.hosts.host import HalfDone
from xlfunnel.inputs import SHEET, Inputs
from xlfunnel.refresh import refreshed
from xlfunnel.templates.agreed_source import names_tables
from xlfunnel.templates.export_files import export_files
from xlfunnel.templates.ours import open_ours
from xlfunnel.templates.start_sheet import EXPORT_FILES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from xlfunnel.hosts.changes import Changes
    from xlfunnel.hosts.host import Host
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.refresh import Refreshed

_WORK: Final = 0.9
"""The share of the whole that is done when the figures are computed."""

_MOST_NAMED: Final = 3
_MOST_TOLD: Final = 880
"""Signs of a message that a message box shows whole."""


def refresh_open(host: Host, at: datetime, as_of: date | None = None) -> str:
    """Refresh the workbook that is open in a host, and give the message for the person; as of that moment's day.

    The exports are those that the workbook names, or that the person chooses. A `Stopped` says why nothing changed,
    and `HalfDone` where the earlier version is.
    """
    with host.working():
        return _refreshed(host, at, as_of or at.date())


def _refreshed(host: Host, at: datetime, as_of: date) -> str:
    with TemporaryDirectory(prefix="xlfunnel-") as folder:
        copy = host.copied(Path(folder))
        before = copy.read_bytes()
        ours = open_ours(copy)
        exports = export_files(_named(ours.file), host.place)
        if not exports and not names_tables(ours.file):
            exports = host.chosen()
        inputs = Inputs(exports, as_of, at=at, folder=host.place.parent, vouched=False)
        done = refreshed(inputs, ours, lambda what, share: host.told(what, share * _WORK))
        after = ours.file.to_bytes()
    host.told("Looking for what changed", _WORK)
    changes = changes_between(before, after)
    kept = _applied(host, changes, before, after)
    return told(host.place.name, inputs, done, changes, kept)


def _named(file: WorkbookFile) -> str:
    """What Start says of the exports; a workbook of an earlier version does not have the cell."""
    held = file.read_name(EXPORT_FILES) if file.named(EXPORT_FILES) else None
    return held if isinstance(held, str) else ""


def _applied(host: Host, changes: Changes, before: bytes, after: bytes) -> str:
    """Put the changes into the open workbook; gives the sentence that says where the earlier version is."""
    if changes.beyond:
        host.replaced(before, after, _beyond(changes))
        return host.kept(before)
    if not changes.cells:
        return ""
    kept = ""
    try:
        with host.quiet({change.sheet for change in changes.cells if hasattr(change, "sheet")}):
            kept = host.kept(before)
            put(host.book, changes.cells, lambda share: host.told("Writing", _WORK + share * (1 - _WORK)))
            for look in changes.looks:
                host.look(look)
    except Stopped:
        raise
    except Exception as fault:
        why = (str(fault).strip().splitlines() or [type(fault).__name__])[-1]
        msg = (
            f"The refresh stopped while it changed the workbook ({why}). The workbook is half changed: close it "
            f"without saving. {kept}"
        )
        raise HalfDone(msg) from fault
    return kept


def told(book: str, inputs: Inputs, done: Refreshed, changes: Changes, kept: str) -> str:
    """The message at the end: which figures came in, what was set aside, what changed, how to go back."""
    names = ", ".join(path.name for path in inputs.files) or SHEET
    lines = [f"{book} shows {inputs.as_of:%d %b %Y}, from {names}.", ""]
    for account in done.report.files:
        aside = sum(account.set_aside.values())
        lines.append(f"{account.file}: {account.read:,} records read, {account.used:,} used, {aside:,} set aside.")
    if changes.beyond:
        lines.append(f"The workbook was closed and opened again, since this changed too: {_beyond(changes)}.")
    if changes.pivots:
        lines.append("Pivot tables show the earlier rows until Data → Refresh All.")
    lines += ["", *changed_lines(done), *taken_lines(replace(done, pivots=()))]
    return _short([*lines, kept])


def _beyond(changes: Changes) -> str:
    rest = len(changes.beyond) - _MOST_NAMED
    return ", ".join(changes.beyond[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _short(lines: Sequence[str]) -> str:
    """The lines as far as a message box shows them; the last one always."""
    *held, last = [line.strip() for line in lines]
    while held and len("\n".join([*held, "…", last])) > _MOST_TOLD:
        held.pop()
    cut = ["…"] if len(held) < len(lines) - 1 else []
    return "\n".join([*held, *cut, *([last] if last else [])]).strip()
