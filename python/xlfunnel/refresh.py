"""The main job: exports in, a filled dashboard out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.dashboard_report import build_report
from xlfunnel.errors import Stopped
from xlfunnel.saving import check_place
from xlfunnel.templates.alignment_dashboard.filling import write_dashboard
from xlfunnel.templates.edition import Edition

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from xlfunnel.crm import Mapping
    from xlfunnel.definitions import Definitions
    from xlfunnel.report import Report

    Progress = Callable[[str, float], None]

READING = 0.7
"""Share of a refresh that is reading; the rest is counting and writing."""


class NoWorkbookName(Stopped):
    """The output has a name that no workbook can have: without .xlsx or .xlsm, or that of a file to be read."""


@dataclass(frozen=True)
class Inputs:
    """The files of a refresh, and what was agreed."""

    exports: tuple[Path, ...]
    as_of: date
    definitions: Definitions
    mapping: Mapping | None = None
    spend: Path | None = None
    people: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file with data, exports first."""
        return (*self.exports, *(path for path in (self.spend, self.people) if path))


def refresh(inputs: Inputs, output: Path, progress: Progress | None = None) -> Report:
    """Read the exports, compute every figure and write the dashboard; the report says what was found.

    A `Stopped` says what to do, and then no workbook was written.
    """
    _check_output(inputs, output)
    told = progress or (lambda _what, _share: None)
    spend = read_spend(inputs.spend) if inputs.spend else ()
    people = read_people(inputs.people) if inputs.people else ()
    exports = read_exports(
        inputs.exports,
        inputs.as_of,
        inputs.definitions,
        inputs.mapping,
        lambda file, share: told(f"Reading {file}", share * READING),
    )
    told("Counting", READING)
    report = build_report(exports, inputs.as_of, inputs.definitions, spend, people)
    told(f"Writing {output.name}", 0.9)
    write_dashboard(report, output)
    told(f"Writing {output.name}", 1.0)
    return report


def _check_output(inputs: Inputs, output: Path) -> None:
    """Refuse before the work a place that the workbook cannot take after it."""
    check_place(output)
    if output.suffix.lower() not in {edition.suffix for edition in Edition}:
        msg = (
            f"The name of the workbook must end in .xlsx, or in .xlsm for the edition with functions; received "
            f'"{output.name}", write "{output.stem}.xlsx".'
        )
        raise NoWorkbookName(msg)
    if any(_same_file(path, output) for path in inputs.files):
        msg = f'"{output}" is one of the files to be read. Give the workbook another name.'
        raise NoWorkbookName(msg)


def _same_file(path: Path, other: Path) -> bool:
    """Whether both names lead to one file, as links and case-blind file systems have it."""
    return path.exists() and other.exists() and path.samefile(other)
