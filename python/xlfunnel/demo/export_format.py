"""How a CRM writes the example company: what `salesforce` and `hubspot` each declare once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from xlfunnel.demo.company import Deal, Lead
from xlfunnel.demo.flaws import Flaw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = list[str]
Record = TypeVar("Record", Deal, Lead)


@dataclass(frozen=True)
class Sheet(Generic[Record]):
    """One exported file: its columns, how a record becomes a row, what stands below the rows.

    `damage` says which columns a flaw overwrites, and with what.
    """

    file: str
    header: tuple[str, ...]
    row: Callable[[Record], Row]
    damage: Mapping[Flaw, Mapping[str, str]]
    footer: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportFormat:
    """The two files of a CRM, and what its definitions file has to name.

    `spellings` gives the other spelling of a source, by the source's usual one; `stages` the status of stages whose
    names do not say it; `renewals` the pipeline of renewals; `sources` the company's name for the CRM's word.
    """

    deals: Sheet[Deal]
    leads: Sheet[Lead]
    encoding: str
    line_end: str
    source_column: str
    spellings: Mapping[str, str]
    stages: Mapping[str, str]
    renewals: str
    sources: Mapping[str, str] = field(default_factory=dict)

    def written(self, sheet: Sheet[Record], record: Record, flaw: Flaw) -> Row:
        """The record as a row, with what the flaw makes of the text."""
        row = sheet.row(record)
        if flaw is Flaw.OTHER_SPELLING:
            return _overwritten(row, sheet.header, {self.source_column: self.spellings[record.source.name]})
        if flaw in sheet.damage:
            return _overwritten(row, sheet.header, sheet.damage[flaw])
        return row


def _overwritten(row: Row, header: tuple[str, ...], values: Mapping[str, str]) -> Row:
    return [values.get(column, value) for column, value in zip(header, row, strict=True)]
