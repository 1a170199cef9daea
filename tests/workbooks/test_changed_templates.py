"""What xlfunnel does to a person's workbook leaves one that is as good as a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import pytest
from tests.workbooks.package_lint import lint
from tests.workbooks.recalculation import by_libreoffice, differences, figures, stored
from tests.workbooks.validator import faults

from xlfunnel.calc.office import Office
from xlfunnel.ooxml.engine import errors
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.growing import add_rows
from xlfunnel.templates.sharing import share
from xlfunnel.templates.turning import new_quarter

CHANGES: Mapping[str, tuple[Edition | None, Callable[[Path, Path], object]]] = MappingProxyType(
    {
        "a copy to share": (Edition.FORMULAS, share),
        "the next quarter": (None, lambda book, output: new_quarter(book, output, date(2026, 12, 31))),
        "more rows": (None, lambda book, output: add_rows(book, output, "", 4)),
    }
)
"""What xlfunnel does to a workbook, and the edition of what comes out where that is another."""

each_change = pytest.mark.parametrize(
    ("name", "change"),
    [
        (name, change)
        for name, template in TEMPLATES.items()
        for change in CHANGES
        if template.segment_table or change != "more rows"
    ],
)


each_edition = pytest.mark.parametrize("edition", list(Edition))


@cache
def changed(name: str, edition: Edition, change: str) -> tuple[Edition, bytes]:
    """A template's example after one of the changes that xlfunnel makes to a person's workbook."""
    with TemporaryDirectory() as folder:
        book = Path(folder) / f"book{edition.suffix}"
        book.write_bytes(build(name, edition))
        after, make = CHANGES[change]
        left = after or edition
        output = Path(folder) / f"changed{left.suffix}"
        make(book, output)
        return left, output.read_bytes()


@pytest.fixture(scope="module")
def office(soffice: Path) -> Iterator[Office]:
    with Office(soffice) as running:
        yield running


@each_change
@each_edition
def test_a_changed_workbook_is_as_good_as_a_new_one(
    office: Office, ooxml_validator: Path, tmp_path: Path, name: str, change: str, edition: Edition
) -> None:
    left, content = changed(name, edition, change)
    assert lint(content) == []
    assert faults(ooxml_validator, content, tmp_path, f"{name}{left.suffix}") == []
    assert errors(stored(content)) == []
    assert differences(stored(content), by_libreoffice(office, content, tmp_path)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_shared_copy_shows_the_same_as_its_original(name: str) -> None:
    _, copy = changed(name, Edition.FUNCTIONS, "a copy to share")
    assert differences(figures(build(name, Edition.FUNCTIONS)), figures(copy)) == []
