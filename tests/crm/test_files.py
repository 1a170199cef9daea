"""Files that are no exports stop with a sentence that says what to do; odd but honest files are read."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from xlfunnel.crm import Rule
from xlfunnel.crm.errors import (
    EmptyFile,
    FolderGiven,
    MissingFile,
    NoFiles,
    SameFileTwice,
    UnreadableFile,
    UnrecognisedFile,
    UnsafeWorkbook,
)
from xlfunnel.crm.sheets import check_package
from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

DEALS = "Deal ID,Deal Stage,Amount\n1,New,5\n"


def test_no_file_missing_file_and_folder_stop(read: Read, tmp_path: Path) -> None:
    with pytest.raises(NoFiles):
        read()
    with pytest.raises(MissingFile, match=r"nowhere\.csv does not exist"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(FolderGiven, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("content", ["", "\ufeff", " \r\n\r\n"])
def test_an_empty_file_stops(read: Read, content: str) -> None:
    with pytest.raises(EmptyFile, match=r"export-0\.csv is empty"):
        read(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old kind"),
        (b"<html><body>Please log in</body></html>", "web page without a table"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"Deal ID,Deal Stage,Amount\n1,\0\0,5\n" + b"x" * 10, "bytes that no text file has"),
        (DEALS.encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_text_and_no_workbook_stops(save: Save, read: Read, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        read(save(content))


def test_an_open_quotation_mark_stops(read: Read) -> None:
    rows = "".join(f"{number},New,5\n" for number in range(2, 30_000))
    for first in ('1,"New,5\n', '1,New,"5\n'):
        with pytest.raises(UnreadableFile, match="quotation mark is opened and never closed"):
            read("Deal ID,Deal Stage,Amount\n" + first + rows)
        with pytest.raises(UnreadableFile, match="quotation mark is opened and never closed"):
            read("Deal ID,Deal Stage,Amount\n" + first + rows[:100])


def test_a_stray_quotation_mark_in_a_text_does_no_harm(read: Read) -> None:
    exports = read('Deal ID,Deal Name,Deal Stage,Amount\n1,5" pipe,New,5\n2,"two\nlines",New,6\n')
    assert exports.opportunities is not None
    assert exports.opportunities["name"].to_pylist() == ['5" pipe', "two\nlines"]


def test_an_unrecognised_file_says_what_was_looked_for(read: Read) -> None:
    with pytest.raises(
        UnrecognisedFile,
        match=r"Its columns seem to be: Place, Month, Amount, Sort.*--map: opportunities need stage or status",
    ):
        read("Place,Month,Amount,Sort\nWeb,2026-01,100,Media\n")


def test_a_header_that_does_not_end_is_no_header(read: Read) -> None:
    wide = ",".join(["Deal ID", "Deal Stage", "Amount", *(f"Field {number}" for number in range(50_000))])
    with pytest.raises(UnrecognisedFile, match="None of its first rows has two columns"):
        read(f"{wide}\n1,New,5{',' * 50_000}\n")


def test_the_same_file_twice_stops(save: Save, read: Read) -> None:
    with pytest.raises(SameFileTwice, match=r"b\.csv holds exactly the same bytes as a\.csv"):
        read(save(DEALS, "a.csv"), save(DEALS, "b.csv"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(read: Read, delimiter: str, ending: str) -> None:
    lines = ["Deal ID,Deal Stage,Amount", "1,New,5", "2,Closed Wonder,6", "", "3,New,7", ""]
    exports = read(ending.join(lines).replace(",", delimiter))
    assert exports.files[0].lines_skipped == 1
    assert exports.opportunities is not None
    assert exports.opportunities["row"].to_pylist() == [2, 5]
    assert [(one.row, one.rule) for one in exports.set_aside] == [(3, Rule.UNKNOWN_STAGE)]


def test_row_numbers_count_records_as_a_spreadsheet_does(read: Read) -> None:
    exports = read(
        'Deal ID,Note,Deal Stage,Amount\n1,"two\nlines",New,5\n\n2,short\n3,"a\r\nb\r\nc",New,6\n,,,\n4,,New,7\n'
    )
    assert exports.opportunities is not None
    assert exports.opportunities["id"].to_pylist() == ["1", "3", "4"]
    assert exports.opportunities["row"].to_pylist() == [2, 5, 7]
    assert [(one.row, one.value) for one in exports.set_aside] == [(4, "2,short")]
    assert exports.files[0].lines_skipped == 2


def test_a_line_that_is_blank_only_in_the_columns_read_is_a_record(read: Read) -> None:
    exports = read("Deal ID,Deal Stage,Amount,Memo\n1,New,5,\n,,,forgotten\n2,New,6,\n")
    assert (exports.files[0].read, exports.files[0].lines_skipped) == (3, 0)
    assert [(one.row, one.rule) for one in exports.set_aside] == [(3, Rule.UNKNOWN_STAGE)]


def test_a_cut_off_last_line_is_set_aside_and_a_footer_is_not(read: Read) -> None:
    cut = read("Deal ID,Deal Stage,Amount\n1,New,5\n2\n")
    assert [(one.row, one.rule) for one in cut.set_aside] == [(3, Rule.COLUMNS)]
    footer = read("Deal ID,Deal Stage,Amount\n1,New,5\n\nMy report\nGenerated by Kim\n")
    assert (footer.set_aside, footer.files[0].lines_skipped) == ((), 3)


def test_a_total_line_with_sums_is_no_record_and_a_deal_with_total_is(read: Read) -> None:
    exports = read("Deal Name,Deal Stage,Amount\nTotal,New,5\nAcme,New,6\nTotal,,11\nGrand Totals (2 records),,11\n")
    assert exports.opportunities is not None
    assert exports.opportunities["name"].to_pylist() == ["Total", "Acme"]
    assert exports.files[0].lines_skipped == 2


def test_a_damaged_record_of_a_company_called_total_is_set_aside(read: Read) -> None:
    exports = read("Account Name,Deal Stage,Amount,Deal Owner\nAcme,New,5,Kim\nTotal Energies,New\nTotal,,5\n")
    assert [(one.row, one.rule) for one in exports.set_aside] == [(3, Rule.COLUMNS)]
    assert exports.files[0].lines_skipped == 1


def test_headers_repeated_in_files_put_together_are_skipped(read: Read) -> None:
    exports = read(DEALS + "Deal ID,Deal Stage,Amount\n2,New,6\n")
    assert (exports.files[0].used, exports.files[0].lines_skipped) == (2, 1)


def test_a_delimiter_at_the_end_of_every_line_but_the_header_does_no_harm(read: Read) -> None:
    assert read("Deal ID,Deal Stage,Amount\n1,New,5,\n2,New,6,\n").files[0].used == 2


def test_odd_bytes_spoil_one_value_only(save: Save, read: Read) -> None:
    content = "Deal ID,Deal Stage,Amount,Account Name\n1,New,5,Müller\n".encode() + b"2,New,6,Caf\xe9\n9,Caf\xe9\n"
    exports = read(save(content))
    assert exports.opportunities is not None
    assert exports.opportunities["account"].to_pylist() == ["Müller", "Café"]
    assert exports.set_aside[0].rule is Rule.COLUMNS


def workbook(path: Path, rows: list[list[Any]], *, lead: int = 0, cover: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    if cover:
        sheet["A1"] = "A cover sheet"
        sheet = book.create_sheet("Data")
    for number, row in enumerate(rows, start=lead + 1):
        for place, value in enumerate(row, start=1):
            sheet.cell(number, place, value)
    book.save(path)
    return path


def test_a_workbook_is_read_from_the_first_sheet_with_a_header(tmp_path: Path, read: Read) -> None:
    path = workbook(
        tmp_path / "deals.xlsx",
        [
            [None, "Deal ID", "Deal Stage", "Amount", "Create Date", "Close Date", "Is Closed Won"],
            [None, 7, "Closed Won", 12_000.5, date(2026, 1, 15), datetime(2026, 2, 15, 10, 5), True],
            [],
            [None, "008", "New", "3,522.00", 46_037, None, False],
            [None, "Total", None, 15_522.5],
        ],
        lead=3,
        cover=True,
    )
    exports = read(path)
    assert exports.opportunities is not None
    found = exports.opportunities.to_pylist()
    assert [(one["id"], one["row"], one["amount"], one["status"]) for one in found] == [
        ("7", 5, 12_000.5, "won"), ("008", 7, 3_522.0, "open"),
    ]  # fmt: skip
    assert found[0]["cycle_days"] == 31
    assert found[1]["created_day"] == found[0]["created_day"]
    assert exports.files[0].lines_skipped == 3 + 2


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (30 << 20))
    with pytest.raises(UnsafeWorkbook, match="unpacks to 31,457,280 bytes"):
        check_package(path)


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "lies.xlsx", [["Deal ID", "Deal Stage", "Amount"], [1, "New", 5]])
    with zipfile.ZipFile(path) as package:
        part = next(part for part in package.infolist() if part.filename.endswith("sheet1.xml"))
    content = path.read_bytes()
    size = part.file_size.to_bytes(4, "little")
    path.write_bytes(content.replace(size, (part.file_size - 100).to_bytes(4, "little")))
    with pytest.raises(UnsafeWorkbook, match="another size than it says"):
        check_package(path)


def test_a_workbook_with_xml_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "entities.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    with pytest.raises(UnsafeWorkbook, match="XML entities"):
        check_package(path)


def test_a_workbook_whose_cells_lie_too_far_apart_is_refused(tmp_path: Path, read: Read) -> None:
    rows = [["Deal ID", "Deal Stage", "Amount"], [1, "New", 5]]
    path = workbook(tmp_path / "far.xlsx", rows)
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["C1048576"] = 1
    book.save(path)
    assert read(path).files[0].used == 1  # a stray cell below is a line without a record, or is set aside
    book.worksheets[0]["XFD1048576"] = 1
    book.save(path)
    with pytest.raises(UnsafeWorkbook, match="spans 1,048,576 rows and 16,384 columns"):
        read(path)


def test_damaged_files_are_read_or_stop_and_never_break(tmp_path: Path, save: Save, read: Read) -> None:
    rows = [[f"00{number}", "A, or B", "New", 5.5, date(2026, 1, number % 27 + 1)] for number in range(40)]
    table = [["Deal ID", "Deal Name", "Deal Stage", "Amount", "Create Date"], *rows]
    text = io.StringIO()
    csv.writer(text).writerows(table)
    originals = {".csv": text.getvalue().encode(), ".xlsx": workbook(tmp_path / "whole.xlsx", table).read_bytes()}
    chance = random.Random(7)  # noqa: S311  # the same damage each time
    outcomes: Counter[str] = Counter()
    for number in range(300):
        suffix = chance.choice(sorted(originals))
        try:
            (file,) = read(save(damaged(originals[suffix], chance), f"{number}{suffix}")).files
        except Stopped:
            outcomes["stopped"] += 1
        else:
            assert file.read == file.used + sum(file.set_aside.values())
            outcomes["read"] += 1
    assert min(outcomes["read"], outcomes["stopped"]) > 20


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The same bytes with up to twenty of them changed, or with a stretch cut out, put in, or cut off."""
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 3, 20])):
        place = chance.randrange(len(found))
        end = place + chance.choice([1, 1, 1, 40, len(found)])
        found[place:end] = chance.choice([b"", b'"', b"\n", b"\0", b"\xff", b";", bytes([chance.randrange(256)])])
        found = found or bytearray(b"x")
    return bytes(found)
