"""Every template, in both editions, filled in several ways: what it shows is right, and its file is as it must be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.workbooks.package_lint import lint
from tests.workbooks.package_reading import Package
from tests.workbooks.recalculation import Values, by_ironcalc, by_libreoffice, differences, stored
from tests.workbooks.template_cases import EXAMPLE, cases_of, filled
from tests.workbooks.validator import faults

from xlfunnel.calc.office import Office
from xlfunnel.ooxml.engine import errors
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition

FOLDER = Path(__file__).parents[2] / "workbook_templates"

TELLS_EDITIONS_APART = "Functions"

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
    functions, formulas = (shown(built(name, edition, case)) for edition in Edition)
    assert differences(functions, formulas) == []


def shown(content: bytes) -> Values:
    """Every number and every result; words may tell the editions apart, as one whole sheet does."""
    return {
        sheet.name: {place: cell.value for place, cell in sheet.cells.items() if cell.is_filled and not cell.is_text}
        for sheet in Package.of(content).sheets
        if sheet.name != TELLS_EDITIONS_APART
    }
