"""Where a workbook says that its exports lie, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import ExportsElsewhere, NoExportsThere, export_files
from xlfunnel.templates.start_sheet import EXPORT_FILES


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with exports beside it, among files that are none."""
    folder = tmp_path / "Q4"
    (folder / "exports" / "old").mkdir(parents=True)
    for name in ("leads.csv", "deals.xlsx", "~$deals.xlsx", ".hidden.csv", "notes.docx", "deals.previous-2.xlsx"):
        (folder / "exports" / name).touch()
    (folder / "exports" / "old" / "deals.csv").touch()
    for name in ("plan.xlsx", "plan.undo.xlsx", "spend.csv"):
        (folder / name).touch()
    (tmp_path / "secret.csv").touch()
    return folder / "plan.xlsx"


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("", []),
        (" ; ", []),
        ("exports", ["exports/deals.xlsx", "exports/leads.csv"]),
        ("exports\\leads.csv; spend.csv", ["exports/leads.csv", "spend.csv"]),
        ('"spend.csv";spend.csv', ["spend.csv"]),
        (".", ["spend.csv"]),
        ("exports/../spend.csv", ["spend.csv"]),
    ],
)
def test_files_and_folders_beside_the_workbook(book: Path, named: str, found: list[str]) -> None:
    assert [path.relative_to(book.parent).as_posix() for path in export_files(named, book)] == found


@pytest.mark.parametrize(
    "named",
    ["../secret.csv", "..", "/etc", "C:\\exports", "\\\\server\\share\\deals.csv", "exports/../../secret.csv"],
)
def test_a_workbook_reads_nothing_outside_its_folder(book: Path, named: str) -> None:
    with pytest.raises(ExportsElsewhere, match="leads out of the folder"):
        export_files(named, book)


def test_a_link_does_not_lead_out_of_the_folder_either(book: Path) -> None:
    (book.parent / "linked.csv").symlink_to(book.parent.parent / "secret.csv")
    with pytest.raises(ExportsElsewhere):
        export_files("linked.csv", book)


@pytest.mark.parametrize("named", ["missing.csv", "exports/old/none", "exports; missing.csv"])
def test_what_is_not_there_is_named(book: Path, named: str) -> None:
    with pytest.raises(NoExportsThere, match="neither a file nor a folder"):
        export_files(named, book)


def test_a_folder_without_exports_is_named(book: Path) -> None:
    (book.parent / "empty").mkdir()
    with pytest.raises(NoExportsThere, match="a folder without exports"):
        export_files("empty", book)


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_every_workbook_has_the_cell(name: str) -> None:
    assert WorkbookFile.from_bytes(build(name, Edition.FORMULAS)).read_name(EXPORT_FILES) is None
