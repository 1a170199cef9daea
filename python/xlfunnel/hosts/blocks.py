"""Single cells merged into blocks, so that a host is called few times."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from xlfunnel.ooxml.references import Area

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Content = TypeVar("Content")
Cell = tuple[int, int]
"""Row and column, from 0."""
Block = tuple[Area, tuple[tuple[Content, ...], ...]]


def blocks(cells: Mapping[Cell, Content]) -> Iterator[Block[Content]]:
    """The cells as blocks without gaps: runs of a row, joined to those of the rows above that are as wide.

    >>> from xlfunnel.ooxml.references import cell_name
    >>> [(area.name, rows) for area, rows in blocks({(0, 0): 1, (0, 1): 2, (1, 0): 3, (1, 1): 4, (3, 1): 5})]
    [('A1:B2', ((1, 2), (3, 4))), ('B4', ((5,),))]
    """
    open_runs: dict[tuple[int, int], tuple[int, list[tuple[Content, ...]]]] = {}
    last = -2
    for number, runs in _rows(cells):
        if number != last + 1:
            yield from _closed(open_runs, last)
            open_runs = {}
        ended = {span: held for span, held in open_runs.items() if span not in runs}
        yield from _closed(ended, last)
        kept = {span: open_runs.get(span, (number, [])) for span in runs}
        for span, content in runs.items():
            kept[span][1].append(content)
        open_runs, last = kept, number
    yield from _closed(open_runs, last)


def _closed(
    runs: Mapping[tuple[int, int], tuple[int, list[tuple[Content, ...]]]], last: int
) -> Iterator[Block[Content]]:
    for (left, right), (top, rows) in runs.items():
        yield Area(top, left, last, right), tuple(rows)


def _rows(cells: Mapping[Cell, Content]) -> Iterator[tuple[int, dict[tuple[int, int], tuple[Content, ...]]]]:
    """Each row with its runs of neighbouring cells, by first and last column."""
    by_row: dict[int, list[int]] = {}
    for row, column in cells:
        by_row.setdefault(row, []).append(column)
    for row in sorted(by_row):
        columns = sorted(by_row[row])
        runs: dict[tuple[int, int], tuple[Content, ...]] = {}
        start = 0
        for at in range(1, len(columns) + 1):
            if at == len(columns) or columns[at] != columns[at - 1] + 1:
                held = columns[start:at]
                runs[held[0], held[-1]] = tuple(cells[row, column] for column in held)
                start = at
        yield row, runs
