"""What the buttons ask of Python, through xlwings' COM server: workbooks that a template made, and why not."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from xlfunnel.catalog import CATALOG
from xlfunnel.excel.wrappers import source
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates import actions
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition

TEMPLATE = "cac_model"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with macros, as a person has it open."""
    path = tmp_path_factory.mktemp("book") / "Plan Q4 2026.xlsm"
    path.write_bytes(build(TEMPLATE, Edition.FUNCTIONS))
    return path


def test_the_next_quarter_is_made_and_told(book: Path, tmp_path: Path, com: Any) -> None:
    target = tmp_path / "Plan Q1 2027.xlsm"
    told = com.act("new_quarter", str(book), str(target))
    assert told.splitlines()[0].startswith("Q4 2026 is closed: ")
    assert f"Wrote {target}." in told.splitlines()
    made = WorkbookFile.open(target)
    assert made.read_name("quarter_name") == "Q1 2027"
    assert made.read_name("quarter_start") == (date(2027, 1, 1) - date(1899, 12, 30)).days
    assert made.has_macros


def test_the_copy_to_share_is_made_and_told(book: Path, tmp_path: Path, com: Any) -> None:
    target = tmp_path / "Plan shared.xlsx"
    told = com.act("share_copy", str(book), str(target))
    assert re.match(rf"Wrote {re.escape(str(target))}: \d+ formulas in native functions", told)
    made = WorkbookFile.open(target)
    assert not made.has_macros
    assert made.read_name("quarter_name") == "Q4 2026"


def test_what_cannot_be_done_is_a_warning_and_writes_nothing(book: Path, tmp_path: Path, com: Any) -> None:
    foreign = tmp_path / "foreign.xlsx"
    with Workbook(foreign) as workbook:
        workbook.add_worksheet()
    output = tmp_path / "out"
    output.mkdir()
    refused = {
        ("new_quarter", str(foreign), str(output / "a.xlsx")): "was not made from a template",
        ("new_quarter", str(book), str(output / "a.xlsx")): "must end in .xlsm",
        ("share_copy", str(book), str(output / "a.xlsm")): "must end in .xlsx",
        ("share_copy", str(book), str(output / "missing" / "a.xlsx")): "does not exist",
    }
    for asked, said in refused.items():
        told = com.act(*asked)
        assert told.startswith(actions.WARNING), told
        assert said in told
    assert list(output.iterdir()) == []


def test_a_fault_that_nobody_expects_is_left_to_vba(com: Any) -> None:
    """VBA shows it as such, and not as if the person could mend it."""
    assert "TypeError" in com.act("new_quarter", "a target is missing")["raised"]


def test_vba_asks_for_actions_that_exist_and_knows_the_mark() -> None:
    text = source("XlfunnelActions").text
    asked = re.findall(r'Make book, target, "(\w+)"', text)
    assert asked == ["new_quarter", "share_copy"]
    assert all(getattr(actions, name).__name__ == name for name in asked)
    assert f'WARNING_MARK As String = "{actions.WARNING}"' in text
    assert f'ACTIONS As String = "{actions.__name__}"' in source("XlfunnelServer").text


def test_an_action_is_no_worksheet_function() -> None:
    assert not {"new_quarter", "share_copy"} & {name.lower() for name in CATALOG}
    program = "import sys, xlfunnel.excel.functions; sys.exit('xlfunnel.templates' in sys.modules)"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
