"""What was done to a workbook, in sentences: the terminal prints them, Excel shows them in a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from xlfunnel.templates.sharing import Shared
    from xlfunnel.templates.turning import Turned

_MOST_NAMED: Final = 8


def told_turn(done: Turned, output: Path) -> list[str]:
    """What the turn of a quarter did."""
    carried = f"{counted(done.carried, 'input')} carried over as estimated, until both heads agree again."
    return [
        f"{done.ended} is closed: {counted(done.frozen, 'row')} of history.",
        *([carried] if done.carried else []),
        f"Wrote {output}.",
    ]


def told_share(done: Shared, output: Path) -> str:
    """What the copy to share holds."""
    native = f"Wrote {output}: {counted(done.translated, 'formula')} in native functions"
    values = f", the value only in {counted(len(done.values), 'cell')} ({named(done.values)})" if done.values else ""
    return f"{native}{values}, no macros."


def told_stale(cells: tuple[str, ...]) -> str:
    """Which cells could not be computed here.

    >>> told_stale(("Plan!C3",))
    '1 cell could not be computed here and shows its last result from a spreadsheet program: Plan!C3'
    """
    shows = "shows its last result" if len(cells) == 1 else "show their last results"
    found = f"{counted(len(cells), 'cell')} could not be computed here and {shows}"
    return f"{found} from a spreadsheet program: {named(cells)}"


def told_pivots(pivots: tuple[str, ...]) -> str:
    """Which pivot tables show earlier figures.

    >>> told_pivots(("PivotTable1 (Mine!A3:B9)",))
    '1 pivot table shows earlier figures until refreshed, as Excel does on opening: PivotTable1 (Mine!A3:B9)'
    """
    shows = "shows" if len(pivots) == 1 else "show"
    found = f"{counted(len(pivots), 'pivot table')} {shows} earlier figures until refreshed"
    return f"{found}, as Excel does on opening: {named(pivots)}"


def named(cells: tuple[str, ...]) -> str:
    """The first cells of a list, and a sign that there are more.

    >>> named(("A1", "A2"))
    'A1, A2'
    """
    return ", ".join(cells[:_MOST_NAMED]) + (" …" if len(cells) > _MOST_NAMED else "")


def counted(number: int, word: str) -> str:
    """A number with its word.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"
