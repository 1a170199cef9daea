"""The sheets that account for every record: what became of each file, and which records were set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xlfunnel.report import Section
from xlfunnel.table import Column, Table
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.agreements import place_choices
from xlfunnel.workbooks.book import Area, Check
from xlfunnel.workbooks.tables import Fit, PlacedTable, explain, or_none, place_section, place_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.tables import FileAccount, SetAside
    from xlfunnel.definitions import Definitions
    from xlfunnel.workbooks.book import Page

_FEW, _SOME = 12, 20
"""Rows in whole blocks of which tables take their room."""


def place_accounts(
    page: Page, files: Sequence[FileAccount], notes: Sequence[str] = (), chosen: Definitions | None = None
) -> PlacedTable | None:
    """Write what became of each file; gives the table with the counts, where anything was read.

    `notes` are sentences on all files together, `chosen` the choices of the refresh. Each table but the last keeps
    room for more rows.
    """
    rows = tuple(
        (one.file, one.crm, one.kind.value, one.read, one.used, _aside(one), one.lines_skipped, one.sha256)
        for one in files
    )
    columns = _columns(
        "file", "CRM", "records", ("read", Unit.COUNT), ("used", Unit.COUNT), ("set aside", Unit.COUNT),
        ("lines skipped", Unit.COUNT), "SHA-256",
    )  # fmt: skip
    note = (
        "Lines skipped hold no record: blank lines, footers and totals. Refresh log has every refresh with its time."
    )
    accounts = _place(page, "Files", "What became of every record?", "files", Table(columns, rows), note, _FEW)
    rules = tuple((one.file, rule.value, n) for one in files for rule, n in one.set_aside.items() if n)
    by_rule = Table(_columns("file", "rule", ("records", Unit.COUNT)), rules)
    _place(page, "Set aside by rule", "Why were records not used?", "set_aside_by_rule", by_rule, room=_SOME)
    noted = (*((one.file, words) for one in files for words in one.notes), *(("all files", words) for words in notes))
    _place(
        page, "Notes", "What should a careful reader know?", "import_notes",
        Table(_columns("file", "note"), noted), room=_SOME,
    )  # fmt: skip
    unused = tuple((one.file, header) for one in files for header in one.unmapped)
    _place(
        page, "Columns not used", "What was in the files and fed no figure?", "columns_not_used",
        Table(_columns("file", "column in the file"), unused), room=_SOME,
    )  # fmt: skip
    if chosen is not None:
        place_choices(page, chosen)
    mapped = tuple((one.file, field, header) for one in files for field, header in one.mapping.items())
    mapping = Table(_columns("file", "field", "column in the file"), mapped)
    _place(page, "Mapping", "Which column was taken for which field?", "mapping", mapping)
    return accounts


def account_checks(accounts: PlacedTable | None, files: Sequence[FileAccount]) -> list[Check]:
    """For each file: every record read was used or set aside."""
    if accounts is None:
        return []
    found = []
    for index, one in enumerate(files):
        read, used, aside = (accounts.area(name, index, index).reference for name in ("read", "used", "set aside"))
        formula = f"{read}={used}+{aside}"
        passes = one.read == one.used + _aside(one)
        found.append(Check(f"{one.file}: records read = used + set aside", formula, passes))
    return found


def place_set_aside(
    page: Page,
    records: Sequence[SetAside],
    accounts: PlacedTable | None,
    files: Sequence[FileAccount],
    most: int,
    *,
    first_only: bool = False,
) -> list[Check]:
    """Write the records set aside, at most so many; gives the check that listed and not listed make all.

    With `first_only` the records after the first are left to the caller.
    """
    if not files:
        explain(page, "No refresh has run yet: what it does not use will be listed here, with the reason.", 1, 6)
        return []
    listed = records[:most]
    # of exports every record that was set aside is at hand, of a table that is counted where it lies only some
    whole = len(records) if all(one.sha256 for one in files) else sum(_aside(one) for one in files)
    counts = page.row
    table_top = counts + 3
    table = set_aside_table(listed)
    placed = place_table(
        page, table, table_top, 1, name="set_aside", fit=Fit.ONE_LINE, unread=True, first_only=first_only
    )
    page.row = placed.below
    page.frozen = (table_top + 1, 0)
    page.repeated_row = table_top
    number = replace(styles.BODY, bold=True, number_format="#,##0")
    page.text(counts, 1, "Records listed here", styles.NOTE)
    if listed:
        page.formula(counts, 2, f"=ROWS({placed.area('row').reference})", len(listed), number)
    else:
        page.number(counts, 2, 0, number)
    page.text(counts + 1, 1, "Records not listed", styles.NOTE)
    page.number(counts + 1, 2, whole - len(listed), number)
    if whole > len(listed):
        words = f"The list ends after {len(listed):,} records; Import log counts all of them, by file and rule."
        page.text(counts + 1, 3, words, styles.NOTE)
    if accounts is None:
        return []
    both = Area(page.name, counts, 2, counts + 1, 2).reference
    formula = f"SUM({both})=SUM({accounts.area('set aside').reference})"
    passes = whole == sum(_aside(one) for one in files)
    return [Check("Set aside: records listed and not listed make all that were set aside", formula, passes)]


def set_aside_table(listed: Sequence[SetAside]) -> Table:
    """The records set aside that are listed, one row for each; one row says it where there is none."""
    rows = tuple((one.file, one.row, one.column, one.value, one.rule.value, one.detail) for one in listed)
    columns = _columns("file", ("row", Unit.MIXED), "column", "value", "rule", "detail")
    return or_none(Table(columns, rows), "none: every record of the files was used")


def _aside(account: FileAccount) -> int:
    return sum(account.set_aside.values())


def _place(
    page: Page, title: str, question: str, name: str, table: Table, note: str = "", room: int = 1
) -> PlacedTable | None:
    shown = or_none(table, "none") if name != "files" else table
    return place_section(page, Section(title, question, shown, "None.", note), name=name, room=room)


def _columns(*named: str | tuple[str, Unit]) -> tuple[Column, ...]:
    return tuple(Column(one, Unit.TEXT) if isinstance(one, str) else Column(one[0], one[1]) for one in named)
