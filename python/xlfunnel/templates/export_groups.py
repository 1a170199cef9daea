"""Segments and channels of a workbook in the words of an export: which records belong to which row of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xlfunnel.segments.groups import BLANK, same_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyarrow as pa

    from xlfunnel.crm.tables import Exports
    from xlfunnel.ooxml.workbook_file import WorkbookFile


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


def respelled(table: pa.Table, column: str, spell: Callable[[str], str]) -> pa.Table:
    """The table with other spellings in a column of text; spellings that become one are one group."""
    import pyarrow as pa  # noqa: PLC0415

    encoded = table.column(column).combine_chunks().cast(pa.string()).dictionary_encode()
    words = pa.array([spell(str(text)) for text in encoded.dictionary.to_pylist()], pa.string())
    return table.set_column(table.column_names.index(column), column, words.take(encoded.indices).dictionary_encode())


def groups_in(table: pa.Table, column: str) -> dict[str | None, int]:
    """How many records there are of each name of a column; None is the blank one."""
    import pyarrow as pa  # noqa: PLC0415

    counted: Any = table.column(column).cast(pa.string()).value_counts()
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def of_group(table: pa.Table, column: str, name: str) -> pa.Table:
    """The records with this text in a column."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return table.filter(pc.equal(table.column(column), pa.scalar(name)))


def only(exports: Exports, *, leads: pa.Table | None, deals: pa.Table | None = None) -> Exports:
    """The exports with these records alone; stages' dates are left out, since they count the deals' rows."""
    return replace(exports, leads=leads, opportunities=deals, stage_dates=None)


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
