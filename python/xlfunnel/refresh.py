"""The main job: exports in, a filled dashboard out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.dashboard_report import build_report
from xlfunnel.workbooks.dashboard import write_dashboard

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


@dataclass(frozen=True)
class Inputs:
    """The files of a refresh, and what was agreed."""

    exports: tuple[Path, ...]
    as_of: date
    definitions: Definitions
    mapping: Mapping | None = None
    spend: Path | None = None
    people: Path | None = None


def refresh(inputs: Inputs, output: Path, progress: Progress | None = None) -> Report:
    """Read the exports, compute every figure and write the dashboard; the report says what was found.

    A `Stopped` says what to do, and then no workbook was written.
    """
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
