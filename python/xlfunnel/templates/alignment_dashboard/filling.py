"""The dashboard filled by a refresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.changes import Changes
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.saving import replacing
from xlfunnel.templates.agreement import SETTINGS, cell_value
from xlfunnel.templates.alignment_dashboard.record_lists import fill_lists
from xlfunnel.templates.alignment_dashboard.workbook import TEMPLATE
from xlfunnel.templates.build import build_template
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition

if TYPE_CHECKING:
    from pathlib import Path

    from xlfunnel.report import Report
    from xlfunnel.templates.contents import Value

_MONTHS_PER_QUARTER: Final = 3


def dashboard_contents(report: Report, held: Contents = BLANK, changes: Changes | None = None) -> Contents:
    """What a refresh writes: the report, its day and the choices it was computed with; all else is as `held`.

    Without `changes` it is the first refresh.
    """
    as_of, agreed = report.as_of, report.definitions
    first = as_of.month - (as_of.month - 1) % _MONTHS_PER_QUARTER
    fields: dict[str, Value] = {
        "quarter_start": date(as_of.year, first, 1),
        "last_refresh": as_of,
        "definitions_version": agreed.version,
        "definitions_agreed": agreed.agreed,
        **{one.name: cell_value(getattr(agreed, one.key)) for one in SETTINGS},
        **{f"{name}_as_of": as_of for name in ("sla_mqls", "sla_follow_up", "sla_first_touch")},
    }
    if report.currency:
        fields["currency"] = report.currency
    told = changes or Changes(report.as_of, report.currency)
    both = MappingProxyType({**held.fields, **fields})
    return Contents(both, held.tables, lambda: report, told, held.places)


def dashboard(
    report: Report, edition: Edition = Edition.FORMULAS, held: Contents = BLANK, changes: Changes | None = None
) -> bytes:
    """The bytes of the workbook that shows a report; the same report gives the same bytes."""
    contents = replace(dashboard_contents(report, held, changes), first_records_only=True)
    file = WorkbookFile.from_bytes(build_template(TEMPLATE, edition, contents))
    fill_lists(file, report)
    return file.to_bytes()


def write_dashboard(report: Report, path: Path, held: Contents = BLANK, changes: Changes | None = None) -> None:
    """Write the workbook of a report, as `replacing` puts a file in its place: whole or not at all.

    A name that ends in .xlsm takes the edition with functions. Raises `FileInUse` or `FolderNotWritable`, and then
    nothing has changed.
    """
    edition = Edition.FUNCTIONS if path.suffix.lower() == Edition.FUNCTIONS.suffix else Edition.FORMULAS
    content = dashboard(report, edition, held, changes)
    with replacing(path) as part:
        part.write_bytes(content)
