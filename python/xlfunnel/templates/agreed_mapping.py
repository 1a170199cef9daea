"""The mapping in a person's workbook: read from its sheet Mapping, and what a refresh shows there."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.mapping import Mapping
from xlfunnel.crm.profiles import header_text
from xlfunnel.crm.seen import GIVEN
from xlfunnel.crm.tables import Kind
from xlfunnel.errors import Stopped
from xlfunnel.templates.mapping_sheet import (
    COLUMNS_SEEN,
    COLUMNS_TABLE,
    CRM_NAME,
    FIELDS_TABLE,
    FOUND,
    NOT_KNOWN,
    STAGE_COLUMNS,
    STAGES_TABLE,
    YOUR_STATUS,
    YOURS,
)
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.refresh_log import REFRESH_LOG, log_rows
from xlfunnel.units import Status
from xlfunnel.workbooks.cell_text import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xlfunnel.crm.errors import UnknownHeader
    from xlfunnel.crm.proposing import Proposal
    from xlfunnel.crm.tables import FileAccount
    from xlfunnel.definitions import Definitions
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.contents import Contents, Row

    Rows = tuple[Row, ...]

OF_PERSON: Final = "you"
OF_FILE: Final = "--map"
OF_DEFINITIONS: Final = "Definitions"
PROPOSED: Final = "proposed"
ACCEPTED: Final = "proposed, accepted"
"""A proposal that a person let stand."""
_SHOWN: Final = 60
_MOST_EXAMPLES: Final = 3
_BY_COLUMN: Final = (2, 3, 0, 1, 4)
"""File and column first: they tell rows apart."""


class BadMapping(Stopped):
    """A cell of the sheet Mapping holds what cannot be taken."""


# -- what a person wrote


def mapping_in(file: WorkbookFile) -> Mapping:
    """The mapping of a workbook: what people wrote, and nothing that a refresh did. Raises `BadMapping`.

    Rules of segments stand on its Definitions sheet.
    """
    columns: dict[str, dict[str, str]] = {kind.value: {} for kind in Kind}
    for number, row in _rows(file, FIELDS_TABLE, YOURS):
        kind, field = _text(row.get("Kind")), _text(row.get("Field"))
        if kind not in columns or field not in field_names(Kind(kind)):
            told = f'it stands beside "{kind}" and "{field}", and there is no such field'
            raise _bad(file, FIELDS_TABLE, number, YOURS, row, told)
        columns[kind][field] = _text(row[YOURS])
    crm = _text(file.read_name(CRM_NAME)) if file.named(CRM_NAME) else ""
    return Mapping.model_validate({"crm": crm, "stages": dict(_stages(file)), **columns})


def _stages(file: WorkbookFile) -> Iterator[tuple[str, Status]]:
    for number, row in _rows(file, STAGES_TABLE, YOUR_STATUS):
        word = _text(row.get("Stage"))
        if not word:
            raise _bad(file, STAGES_TABLE, number, YOUR_STATUS, row, "no stage stands in its row")
        try:
            yield word, Status(_text(row[YOUR_STATUS]).casefold())
        except ValueError as fault:
            allowed = ", ".join(status.value for status in Status)
            raise _bad(file, STAGES_TABLE, number, YOUR_STATUS, row, f"write one of {allowed}") from fault


def _rows(file: WorkbookFile, table: str, column: str) -> Iterator[tuple[int, dict[str, CellValue]]]:
    """The rows of a table in which a person wrote something into a column; none where the table is gone."""
    if table not in file.tables or file.table(table).column(column) is None:
        return
    for number, row in enumerate(file.read_table(table)):
        if _text(row[column]):
            yield number, row


def _bad(
    file: WorkbookFile, table: str, number: int, column: str, row: dict[str, CellValue], told: str
) -> BadMapping:
    held = _text(row.get(column))[:_SHOWN]
    return BadMapping(f'{_cell(file, table, number, column)} holds "{held}": {told}. Correct it, and refresh again.')


def _cell(file: WorkbookFile, table: str, number: int, column: str) -> str:
    place = file.table(table)
    return file.cell_name(place.sheet, place.first_row + number, place.column(column) or place.left)


def _text(value: CellValue | None) -> str:
    """A cell's words; a number that Excel made of a header is read as it was typed."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return header_text(str(value))


def merged(own: Mapping, given: Mapping | None) -> Mapping:
    """The workbook's mapping with what a mapping file says; where both speak of a field or stage, the file counts."""
    if given is None:
        return own
    kinds = {kind.value: {**own.headers(kind), **given.headers(kind)} for kind in Kind}
    return Mapping(
        crm=given.crm or own.crm,
        segments=given.segments,
        stages={**own.stages, **given.stages},
        **kinds,
    )


def located(fault: UnknownHeader, file: WorkbookFile, given: Mapping | None) -> Stopped:
    """The same fault with the cell that holds the header, where it comes from the workbook."""
    if given is not None and fault.field in given.headers(fault.kind):
        return fault
    for number, row in _rows(file, FIELDS_TABLE, YOURS):
        if (_text(row.get("Kind")), _text(row.get("Field"))) == (fault.kind.value, fault.field):
            return _bad(file, FIELDS_TABLE, number, YOURS, row, fault.told)
    return fault


# -- what a refresh shows


def show_mapping(file: WorkbookFile, shown: Shown) -> MeasuredCells:
    """Show on the sheet what was taken for what; what people wrote stays. Gives the account of the cells."""
    cells = MeasuredCells(file)
    if FIELDS_TABLE in file.tables:
        known = {(row[0], row[1]): row for row in shown.fields}
        before = _taken_before(file)
        for number, held in enumerate(file.read_table(FIELDS_TABLE)):
            row = known.get((_text(held.get("Kind")), _text(held.get("Field"))))
            column, example, how = row[3:] if row else (None,) * 3
            if how == OF_PERSON and _is_accepted(held, before):
                how = ACCEPTED
            cells.put_row(FIELDS_TABLE, number, dict(zip(FOUND, (column, example, how), strict=True)))
    if COLUMNS_TABLE in file.tables:
        names = [COLUMNS_SEEN[at].name for at in _BY_COLUMN]
        rows = [tuple(row[at] for at in _BY_COLUMN) for row in shown.columns]
        cells.fill(COLUMNS_TABLE, names, rows, keys=2)
    if STAGES_TABLE in file.tables:
        names = [one.name for one in STAGE_COLUMNS[:-1]]
        cells.fill(STAGES_TABLE, names, _with_own(file, shown.stages), keys=1)
    return cells


def _taken_before(file: WorkbookFile) -> frozenset[tuple[str, str, str]]:
    """Kind, field and column as the sheet has them from before: of the last refresh, or of a proposal."""
    rows = file.read_table(COLUMNS_TABLE) if COLUMNS_TABLE in file.tables else []
    kind, field, _, column, _ = (one.name for one in COLUMNS_SEEN)
    return frozenset((_text(row.get(kind)), _text(row.get(field)), _text(row.get(column))) for row in rows)


def _is_accepted(held: dict[str, CellValue], before: frozenset[tuple[str, str, str]]) -> bool:
    """Whether the row of a field still names the column that was proposed."""
    told = (_text(held.get("Kind")), _text(held.get("Field")), _text(held.get(YOURS)))
    return held.get(FOUND[2]) in {PROPOSED, ACCEPTED} and told in before


def with_files(contents: Contents) -> Contents:
    """The same contents; where they show what a refresh found, with what its files were taken for."""
    report = contents.found() if contents.found else None
    if report is None or not report.files:
        return contents
    shown = Shown(report.files, Mapping.model_validate({}), report.definitions)
    tables = {
        FIELDS_TABLE: shown.fields,
        COLUMNS_TABLE: shown.columns,
        STAGES_TABLE: shown.stages,
        REFRESH_LOG: log_rows(report, None),
    }
    return replace(contents, tables=MappingProxyType({**tables, **contents.tables}))


def _with_own(file: WorkbookFile, stages: Rows) -> Rows:
    """The stages of the exports, and those of which a person said something and that no export has now."""
    seen = {header_text(str(row[0])).casefold() for row in stages}
    kept = (_text(row.get("Stage")) for _, row in _rows(file, STAGES_TABLE, YOUR_STATUS))
    return (*stages, *((word, 0, None, None) for word in kept if word and word.casefold() not in seen))


def show_proposals(file: WorkbookFile, found: Sequence[Proposal]) -> MeasuredCells:
    """Write proposals where a person named no column yet, and show the columns of their files."""
    cells = MeasuredCells(file)
    rows = file.read_table(FIELDS_TABLE)
    free = {
        (_text(row.get("Kind")), _text(row.get("Field"))): number
        for number, row in enumerate(rows)
        if not _text(row.get(YOURS))
    }
    for one in found:
        texts = {seen.header: seen.example for seen in one.columns}
        for field, header in one.headers.items():
            number = free.pop((one.kind.value, field), None)
            if number is not None:
                shown = dict(zip(FOUND, (None, *_texts(texts[header]), PROPOSED), strict=True))
                cells.put_row(FIELDS_TABLE, number, {YOURS: cell_text(header), **shown})
    if COLUMNS_TABLE in file.tables:
        columns = [
            (*_texts(one.file, seen.header), one.kind.value, *_texts(seen.field, seen.example))
            for one in found
            for seen in one.columns
        ]
        cells.fill(COLUMNS_TABLE, [COLUMNS_SEEN[at].name for at in _BY_COLUMN], columns, keys=2)
    return cells


class Shown:
    """The rows of the sheet: what each field was taken from, every column of the files, every stage."""

    def __init__(self, files: Sequence[FileAccount], own: Mapping, definitions: Definitions) -> None:
        self._own, self._agreed = own, {word.casefold() for word in definitions.stages}
        exports = [one for one in files if one.columns]
        self.fields: Rows = tuple(self._fields(exports))
        self.columns: Rows = tuple(
            (one.kind.value, cell_text(seen.field) or None, *_texts(one.file, seen.header, seen.example))
            for one in exports
            for seen in one.columns
        )
        self.stages: Rows = tuple(self._stages(exports))

    def _fields(self, files: Sequence[FileAccount]) -> Iterator[Row]:
        for kind in Kind:
            of_kind = [one for one in files if one.kind is kind]
            for field in dict.fromkeys(seen.field for one in of_kind for seen in one.columns if seen.field):
                held = [seen for one in of_kind for seen in one.columns if seen.field == field]
                how = [self._who(kind, field) if seen.how == GIVEN else seen.how for seen in held]
                joined = (_joined([getattr(seen, part) for seen in held]) for part in ("header", "example"))
                yield (kind.value, field, None, *joined, _joined(how))

    def _who(self, kind: Kind, field: str) -> str:
        return OF_PERSON if field in self._own.headers(kind) else OF_FILE

    def _stages(self, files: Sequence[FileAccount]) -> Iterator[Row]:
        found: dict[str, list[Any]] = {}
        for seen in (seen for one in files for seen in one.stages):
            row = found.setdefault(seen.word.casefold(), [cell_text(seen.word), 0, [], []])
            row[1] += seen.records
            row[2].append(seen.status or NOT_KNOWN)
            row[3].append(self._told_by(seen.word) if seen.how == GIVEN else seen.how)
        for word, count, status, how in found.values():
            yield word, count, _joined(status), _joined(how)

    def _told_by(self, word: str) -> str:
        if word.casefold() in self._agreed:
            return OF_DEFINITIONS
        return OF_PERSON if word.casefold() in {own.casefold() for own in self._own.stages} else OF_FILE


def _joined(texts: Sequence[str]) -> str | None:
    distinct = list(dict.fromkeys(text for text in texts if text))
    more = f" and {len(distinct) - _MOST_EXAMPLES} more" if len(distinct) > _MOST_EXAMPLES else ""
    return cell_text(" | ".join(distinct[:_MOST_EXAMPLES]) + more) or None


def _texts(*texts: str) -> tuple[str | None, ...]:
    return tuple(cell_text(text) or None for text in texts)
