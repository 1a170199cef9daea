"""Writes the example: what one company's CRM would hand out, flaws included, with costs and definitions."""

from __future__ import annotations

import csv
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, TextIO

from xlfunnel.demo import hubspot, salesforce
from xlfunnel.demo.budget import PEOPLE_HEADER, SPEND_HEADER, people_rows, spend_rows
from xlfunnel.demo.company import chapters
from xlfunnel.demo.flaws import (
    DEAL_FLAWS,
    LEAD_FLAWS,
    Flaw,
    Flaws,
    earlier_deal,
    earlier_lead,
    flawed_deal,
    flawed_lead,
)
from xlfunnel.demo.market import SOURCES
from xlfunnel.demo.moments import AS_OF
from xlfunnel.demo.names import TEST_ACCOUNT
from xlfunnel.errors import Stopped
from xlfunnel.saving import held, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from xlfunnel.demo.company import Deal, Lead
    from xlfunnel.demo.export_format import ExportFormat, Row

_PROGRESS_EVERY = 5_000
_AGREED = "2026-07-01"
_VERSION = "2026-Q3 v1"
_HOLIDAYS = (
    "2024-05-27", "2024-07-04", "2024-09-02", "2024-11-28", "2024-12-25",
    "2025-01-01", "2025-05-26", "2025-07-04", "2025-09-01", "2025-11-27", "2025-12-25",
    "2026-01-01", "2026-05-25", "2026-07-03", "2026-09-07",
)  # fmt: skip


class EmptyExample(Stopped):
    """An example without opportunities was asked for."""


class Crm(StrEnum):
    """The CRMs whose export format the example can take."""

    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"


CRM_NAMES = {Crm.SALESFORCE: "Salesforce", Crm.HUBSPOT: "HubSpot"}
"""As the CRMs call themselves."""

_FORMATS = {Crm.SALESFORCE: salesforce.FORMAT, Crm.HUBSPOT: hubspot.FORMAT}


@dataclass(frozen=True)
class Example:
    """The files of an example, the exports being deals, then leads; and the day that they show."""

    as_of: date
    exports: tuple[Path, ...]
    spend: Path
    people: Path
    definitions: Path


def write_example(
    folder: Path,
    crm: Crm = Crm.SALESFORCE,
    rows: int = 2000,
    seed: int = 7,
    progress: Callable[[str, float], None] | None = None,
) -> Example:
    """Write the example files into the folder, with so many opportunities; the same bytes for the same arguments.

    `progress` is told what is written and the share that is done, 0–1. An interruption leaves no half file, and an
    earlier file of the same name with other content stays beside the new one (see `saving.replacing`, which also says
    what is raised when a file cannot be written). Raises `EmptyExample` when `rows` is not at least 1.
    """
    if rows < 1:
        msg = f"An example needs at least 1 opportunity; {rows} were asked for. Give another number of rows."
        raise EmptyExample(msg)
    form = _FORMATS[crm]
    example = Example(
        as_of=AS_OF,
        exports=(folder / form.deals.file, folder / form.leads.file),
        spend=folder / "spend.csv",
        people=folder / "people.csv",
        definitions=folder / "definitions.toml",
    )
    _write(example, form, rows, seed, progress or _silent)
    return example


def _silent(_what: str, _share: float) -> None:
    """Tell nobody."""


def _write(
    example: Example, form: ExportFormat, rows: int, seed: int, progress: Callable[[str, float], None]
) -> None:
    with ExitStack() as files:
        deals, leads = [files.enter_context(_file(path, form.encoding)) for path in example.exports]
        _write_exports(deals, leads, form, rows, seed, progress)
        spend = files.enter_context(_file(example.spend))
        _write_plain(spend, SPEND_HEADER, spend_rows(rows))
        people = files.enter_context(_file(example.people))
        _write_plain(people, PEOPLE_HEADER, people_rows(rows))
        files.enter_context(_file(example.definitions)).write(_definitions(form))


@contextmanager
def _file(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text file whose line ends are those that are written, on every system."""
    with held(path), replacing(path) as part, part.open("w", encoding=encoding, newline="") as stream:
        yield stream


def _write_plain(stream: TextIO, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _write_exports(
    deals: TextIO,
    leads: TextIO,
    form: ExportFormat,
    rows: int,
    seed: int,
    progress: Callable[[str, float], None],
) -> None:
    deal_lines = csv.writer(deals, quoting=csv.QUOTE_ALL, lineterminator=form.line_end)
    lead_lines = csv.writer(leads, quoting=csv.QUOTE_ALL, lineterminator=form.line_end)
    deal_lines.writerow(form.deals.header)
    lead_lines.writerow(form.leads.header)
    # A sequence of its own: other flaws do not make another company.
    chance = Random(seed + 1).random
    deal_flaws, lead_flaws = Flaws(DEAL_FLAWS, chance), Flaws(LEAD_FLAWS, chance)
    for done, chapter in enumerate(chapters(rows, seed)):
        if chapter.deal is not None:
            deal_lines.writerows(_deal_rows(form, chapter.deal, deal_flaws.of(chapter.deal)))
        for lead in chapter.leads:
            lead_lines.writerows(_lead_rows(form, lead, lead_flaws.of(lead)))
        if done % _PROGRESS_EVERY == 0:
            progress("Writing the example", min(1.0, done / rows))
    deals.writelines(line + form.line_end for line in form.deals.footer)
    leads.writelines(line + form.line_end for line in form.leads.footer)
    progress("Writing the example", 1.0)


def _deal_rows(form: ExportFormat, deal: Deal, flaw: Flaw | None) -> list[Row]:
    """The deal's row, after one of an older state where the export has both."""
    if flaw is None:
        return [form.deals.row(deal)]
    before = [earlier_deal(deal)] if flaw is Flaw.DUPLICATE else []
    return [form.written(form.deals, state, flaw) for state in (*before, flawed_deal(deal, flaw))]


def _lead_rows(form: ExportFormat, lead: Lead, flaw: Flaw | None) -> list[Row]:
    """The lead's row, after one of an older state where the export has both."""
    if flaw is None:
        return [form.leads.row(lead)]
    before = [earlier_lead(lead)] if flaw is Flaw.DUPLICATE else []
    return [form.written(form.leads, state, flaw) for state in (*before, flawed_lead(lead, flaw))]


def _definitions(form: ExportFormat) -> str:
    """The definitions file: what marketing and sales of the example company agreed on."""
    marketing = [source.name for source in SOURCES if source.marketing]
    lines = (
        f'version = "{_VERSION}"',
        f"agreed = {_AGREED}",
        'currency = "USD"',
        "window_days = 365",
        "sla_hours = 4",
        'clock = "business"',
        "stale_days = 180",
        'cac_driver = "hours"',
        f"marketing_sources = {_texts(marketing)}",
        f"pipelines_left_out = {_texts([form.renewals])}",
        f"holidays = [{', '.join(_HOLIDAYS)}]",
        *_block("stages", {name: f'"{status}"' for name, status in form.stages.items()}),
        *_block("sources", {label: f'"{name}"' for label, name in form.sources.items()}),
        *_block("tests", {"account": _texts([TEST_ACCOUNT])}),
    )
    return "".join(f"{line}\n" for line in lines)


def _texts(values: Iterable[str]) -> str:
    quoted = (f'"{value}"' for value in values)
    return f"[{', '.join(quoted)}]"


def _block(name: str, entries: Mapping[str, str]) -> tuple[str, ...]:
    return ("", f"[{name}]", *(f'"{key}" = {value}' for key, value in entries.items()))
