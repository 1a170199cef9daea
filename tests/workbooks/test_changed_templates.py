"""What xlfunnel does to a person's workbook leaves one that is as good as a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.workbooks.package_lint import lint
from tests.workbooks.recalculation import by_libreoffice, differences, figures, stored
from tests.workbooks.template_cases import EVERYTHING
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

CASES = [
    (name, change, edition)
    for name, template in TEMPLATES.items()
    for change in CHANGES
    for edition in Edition
    if template.main_table or template.segment_table or change != "more rows"
]
if not EVERYTHING:  # one edition of each, turn by turn
    CASES = [one for at, one in enumerate(CASES) if at % 4 in {0, 3}]


@dataclass(frozen=True)
class Changed:
    """What came out of a change to a template's example."""

    name: str
    edition: Edition
    content: bytes


@pytest.fixture(scope="module", params=CASES, ids=[f"{name}, {change}, {edition}" for name, change, edition in CASES])
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Changed:
    name, change, edition = request.param
    after, make = CHANGES[change]
    left = after or edition
    folder = tmp_path_factory.mktemp("changed")
    book, output = folder / f"book{edition.suffix}", folder / f"output{left.suffix}"
    book.write_bytes(build(name, edition))
    make(book, output)
    return Changed(name, left, output.read_bytes())


@pytest.fixture(scope="module")
def office(soffice: Path) -> Iterator[Office]:
    with Office(soffice) as running:
        yield running


def test_nothing_is_wrong_with_the_file(changed: Changed) -> None:
    assert lint(changed.content) == []


def test_the_validator_of_microsoft_finds_nothing(ooxml_validator: Path, tmp_path: Path, changed: Changed) -> None:
    assert faults(ooxml_validator, changed.content, tmp_path, f"{changed.name}{changed.edition.suffix}") == []


def test_libreoffice_computes_what_is_stored(office: Office, tmp_path: Path, changed: Changed) -> None:
    assert differences(stored(changed.content), by_libreoffice(office, changed.content, tmp_path)) == []


def test_no_formula_gives_an_error(changed: Changed) -> None:
    assert errors(stored(changed.content)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_shared_copy_shows_the_same_as_its_original(tmp_path: Path, name: str) -> None:
    book, copy = tmp_path / "book.xlsm", tmp_path / "copy.xlsx"
    book.write_bytes(build(name, Edition.FUNCTIONS))
    share(book, copy)
    assert differences(figures(book.read_bytes()), figures(copy.read_bytes())) == []
