"""Segments and channels of a workbook in the words of an export: which records belong to which row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.segments.frames import frame_beside, rows_of
from xlfunnel.segments.groups import BLANK, same_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.segments.frames import Frame


@dataclass(frozen=True)
class Listed:
    """The names in the first column of a workbook's table, row by row; "" where a row has none.

    `key` decides whether two spellings are one name.
    """

    table: str
    names: tuple[str, ...]
    key: Callable[[str], str] = same_name

    @property
    def rows(self) -> dict[str, int]:
        """The row of each name, from 0; of a name that stands twice, the first."""
        found: dict[str, int] = {}
        for row, name in enumerate(self.names):
            if name and not any(self.key(name) == self.key(other) for other in found):
                found[name] = row
        return found

    def known(self, name: str) -> str:
        """The workbook's spelling of a name, or the name itself where the workbook lacks it."""
        return self._spellings.get(self.key(name), name)

    @property
    def _spellings(self) -> dict[str, str]:
        return {self.key(name): name for name in self.rows}


def listed(file: WorkbookFile, table: str, key: Callable[[str], str] = same_name) -> Listed:
    """The names that a table has in its first column."""
    firsts = (next(iter(row.values())) for row in file.read_table(table))
    return Listed(table, tuple("" if name is None else str(name).strip() for name in firsts), key)


def respelled(frame: Frame, column: str, spell: Callable[[str], str]) -> Frame:
    """The frame with other spellings in a column of text; spellings that become one are one group."""
    words = {name: spell(name) for name in groups_in(frame, column) if name is not None}
    if all(name == word for name, word in words.items()):
        return frame
    import pyarrow as pa  # noqa: PLC0415

    spelled = pa.table({column: list(words), _SPELLED: list(words.values())})
    texts = frame.with_columns(nw.col(column).cast(nw.String))
    joined = texts.join(frame_beside(frame, spelled), on=column, how="left")
    return joined.with_columns(nw.col(_SPELLED).alias(column)).drop(_SPELLED)


_SPELLED: Final = "spelled"


def groups_in(frame: Frame, column: str) -> dict[str | None, int]:
    """How many records there are of each name of a column; None is the blank one."""
    rows = rows_of(frame.select(column).group_by(column).agg(nw.len().alias("records")))
    return {row[column]: row["records"] for row in rows}


def told_elsewhere(counts: Mapping[str | None, int], inside: Iterable[str], what: str, where: str) -> str:
    """A sentence on records of groups that the workbook does not have; "" if there are none.

    >>> told_elsewhere({"Small": 8, "Giant": 3, None: 1}, ["Small"], "MQLs", "Segments")
    'Not on Segments, and so in no figure: Giant (3 MQLs), (blank) (1 MQLs).'
    """
    here = set(inside)
    out = sorted(((name, count) for name, count in counts.items() if name not in here and count), key=_largest)
    told = ", ".join(f"{BLANK if name is None else name} ({count:,} {what})" for name, count in out)
    return f"Not on {where}, and so in no figure: {told}." if told else ""


def told_unknown(counts: Mapping[str | None, int], inside: Iterable[str], what: str) -> str:
    """A sentence on rows of the workbook that no record of an export belongs to; "" if there are none.

    >>> told_unknown({"Small": 8}, ["Small", "Large"], "deals")
    'No deals in the exports, and so as it was: Large.'
    """
    out = [name for name in inside if not counts.get(name)]
    return f"No {what} in the exports, and so as it was: {', '.join(out)}." if out else ""


def _largest(item: tuple[str | None, int]) -> tuple[bool, int, str]:
    name, count = item
    return name is None, -count, name or ""
