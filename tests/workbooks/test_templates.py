"""Every template, in both editions, filled in several ways: what it shows is right, and its file is as it must be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.draw_templates import printed, words_of_pages
from tests.workbooks.package_lint import every_formula, lint
from tests.workbooks.package_reading import Package
from tests.workbooks.recalculation import Values, by_ironcalc, by_libreoffice, differences, figures, stored
from tests.workbooks.template_cases import EXAMPLE, cases_of, filled
from tests.workbooks.validator import faults

from xlfunnel.calc.office import Office
from xlfunnel.ooxml.engine import errors
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition

FOLDER = Path(__file__).parents[2] / "workbook_templates"

each_template = pytest.mark.parametrize("name", TEMPLATES)
each_edition = pytest.mark.parametrize("edition", list(Edition))
each_case = pytest.mark.parametrize(("name", "case"), [(name, case) for name in TEMPLATES for case in cases_of(name)])


@cache
def built(name: str, edition: Edition, case: str = EXAMPLE) -> bytes:
    return build(name, edition, filled(TEMPLATES[name], case))


@cache
def results(name: str, edition: Edition, case: str) -> Values:
    return stored(built(name, edition, case))


@pytest.fixture(scope="module")
def office(soffice: Path) -> Iterator[Office]:
    with Office(soffice) as running:
        yield running


@each_template
@each_edition
def test_the_file_in_the_repository_is_what_is_built(name: str, edition: Edition) -> None:
    kept = Package.of((FOLDER / f"{name}{edition.suffix}").read_bytes()).parts
    made = Package.of(build(name, edition)).parts
    assert list(kept) == list(made)
    changed = [part for part in made if kept[part] != made[part]]
    assert not changed, f"build {name} anew: these parts differ"


@each_case
@each_edition
def test_nothing_is_wrong_with_the_file(name: str, case: str, edition: Edition) -> None:
    assert lint(built(name, edition, case)) == []


@each_case
@each_edition
def test_the_validator_of_microsoft_finds_nothing(
    ooxml_validator: Path, tmp_path: Path, name: str, case: str, edition: Edition
) -> None:
    assert faults(ooxml_validator, built(name, edition, case), tmp_path, f"{name}{edition.suffix}") == []


@each_case
@each_edition
def test_libreoffice_computes_what_is_stored(
    office: Office, tmp_path: Path, name: str, case: str, edition: Edition
) -> None:
    """In the functions edition our own functions answer, beside the native formulas that gave what is stored."""
    computed = by_libreoffice(office, built(name, edition, case), tmp_path)
    assert differences(results(name, edition, case), computed) == []


@each_case
def test_ironcalc_computes_what_is_stored(name: str, case: str) -> None:
    assert differences(results(name, Edition.FORMULAS, case), by_ironcalc(built(name, Edition.FORMULAS, case))) == []


@each_case
@each_edition
def test_no_formula_gives_an_error(name: str, case: str, edition: Edition) -> None:
    assert errors(results(name, edition, case)) == []


@each_case
def test_both_editions_show_the_same(name: str, case: str) -> None:
    functions, formulas = (figures(built(name, edition, case)) for edition in Edition)
    assert differences(functions, formulas) == []


@each_template
@each_edition
def test_formulas_hold_nothing_of_what_is_filled_in(name: str, edition: Edition) -> None:
    """Other numbers in the inputs change no formula: then typing them gives what building with them gives."""
    written = [
        [(one.place, one.text) for one in every_formula(Package.of(built(name, edition, case)))]
        for case in (EXAMPLE, "other numbers")
    ]
    assert written[0] == written[1]


@each_template
@each_edition
def test_every_number_has_room_on_its_printed_page(
    soffice: Path, pdftoppm: Path, tmp_path: Path, name: str, edition: Edition
) -> None:
    book = tmp_path / f"{name}{edition.suffix}"
    book.write_bytes(built(name, edition))
    (pdf,) = printed([book], tmp_path)
    pages = words_of_pages(pdf)
    assert len(pages) >= len(Package.of(book.read_bytes()).sheets)
    assert [page for page in pages if "###" in page] == []
