"""Every template, in both editions, filled in several ways: what it shows is right, and its file is as it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pytest
from tests.draw_templates import printed, words_of_pages
from tests.workbooks.package_lint import every_formula, lint
from tests.workbooks.package_reading import Package
from tests.workbooks.recalculation import by_ironcalc, by_libreoffice, differences, figures, stored
from tests.workbooks.template_cases import EXAMPLE, filled, tried
from tests.workbooks.validator import faults

from xlfunnel.calc.office import Office
from xlfunnel.ooxml.engine import errors
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition

FOLDER = Path(__file__).parents[2] / "workbook_templates"
CASES = [(name, case) for name in TEMPLATES for case in tried(name)]

each_template = pytest.mark.parametrize("name", TEMPLATES)
each_edition = pytest.mark.parametrize("edition", list(Edition))


@dataclass(frozen=True)
class Filled:
    """A template filled in one way, in both editions."""

    name: str
    case: str
    content: Mapping[Edition, bytes]


@pytest.fixture(scope="module", params=CASES, ids=[f"{name}, {case}" for name, case in CASES])
def book(request: pytest.FixtureRequest) -> Filled:
    """Each template in each of its cases; all tests of one follow one another, so that it is built once."""
    name, case = request.param
    contents = filled(TEMPLATES[name], case)
    return Filled(name, case, {edition: build(name, edition, contents) for edition in Edition})


@pytest.fixture(scope="module")
def office(soffice: Path) -> Iterator[Office]:
    with Office(soffice) as running:
        yield running


@each_edition
def test_nothing_is_wrong_with_the_file(book: Filled, edition: Edition) -> None:
    assert lint(book.content[edition]) == []


@each_edition
def test_the_validator_of_microsoft_finds_nothing(
    ooxml_validator: Path, tmp_path: Path, book: Filled, edition: Edition
) -> None:
    assert faults(ooxml_validator, book.content[edition], tmp_path, f"{book.name}{edition.suffix}") == []


@each_edition
def test_libreoffice_computes_what_is_stored(office: Office, tmp_path: Path, book: Filled, edition: Edition) -> None:
    """In the functions edition our own functions answer, beside the native formulas that gave what is stored."""
    content = book.content[edition]
    assert differences(stored(content), by_libreoffice(office, content, tmp_path)) == []


def test_ironcalc_computes_what_is_stored(book: Filled) -> None:
    content = book.content[Edition.FORMULAS]
    assert differences(stored(content), by_ironcalc(content)) == []


@each_edition
def test_no_formula_gives_an_error(book: Filled, edition: Edition) -> None:
    assert errors(stored(book.content[edition])) == []


def test_both_editions_show_the_same(book: Filled) -> None:
    functions, formulas = (figures(content) for content in book.content.values())
    assert differences(functions, formulas) == []


@each_template
@each_edition
def test_the_file_in_the_repository_is_what_is_built(name: str, edition: Edition) -> None:
    kept = Package.of((FOLDER / f"{name}{edition.suffix}").read_bytes()).parts
    made = Package.of(build(name, edition)).parts
    assert list(kept) == list(made)
    changed = [part for part in made if kept[part] != made[part]]
    assert not changed, f"build {name} anew: these parts differ"


@each_template
@each_edition
def test_formulas_hold_nothing_of_what_is_filled_in(name: str, edition: Edition) -> None:
    """Other numbers in the inputs change no formula: then typing them gives what building with them gives."""
    written = [
        [
            (one.place, one.text)
            for one in every_formula(Package.of(build(name, edition, filled(TEMPLATES[name], case))))
        ]
        for case in (EXAMPLE, "other numbers")
    ]
    assert written[0] == written[1]


@each_template
@each_edition
def test_every_number_has_room_on_its_printed_page(
    soffice: Path, pdftoppm: Path, tmp_path: Path, name: str, edition: Edition
) -> None:
    file = tmp_path / f"{name}{edition.suffix}"
    file.write_bytes(build(name, edition))
    (pdf,) = printed([file], tmp_path)
    pages = words_of_pages(pdf)
    sheets = Package.of(file.read_bytes()).sheets
    assert len(pages) >= len(sheets)
    texts = {cell.value for sheet in sheets for cell in sheet.cells.values() if isinstance(cell.value, str)}
    said = [text for text in texts if "###" in text]  # a record set aside may hold what Excel once showed
    assert [page for page in pages if "###" in _without(page, said)] == []


def _without(page: str, texts: list[str]) -> str:
    return reduce(lambda left, text: left.replace(text, ""), texts, page)
