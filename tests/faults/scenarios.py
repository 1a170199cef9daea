"""The changes of a workbook that the faults fall upon: what stands there before, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xlfunnel.demo import Crm, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.refresh import refresh, refresh_book
from xlfunnel.saving import held, undo, undo_copy_of
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.growing import add_rows

BOOK = "plan.xlsx"
AS_OF = date(2026, 9, 30)
ROWS = 40
PLAN = "quarterly_plan"


@dataclass(frozen=True)
class Scenario:
    """A change of the workbook in a folder, whose exports lie in another one."""

    title: str
    before: Callable[[Path], None]
    change: Callable[[Path, Path], object]


def inputs_in(exports: Path) -> Inputs:
    return Inputs(tuple(sorted(exports.glob("*.csv"))), AS_OF)


def write_exports(exports: Path) -> None:
    """One CRM's example, without its costs, which are other kinds of files."""
    exports.mkdir()
    example = write_example(exports, Crm.SALESFORCE, ROWS)
    for path in (example.spend, example.people, example.definitions):
        path.unlink()


def _nothing(_folder: Path) -> None:
    """The workbook is a new one."""


def _earlier(folder: Path) -> None:
    (folder / BOOK).write_bytes(b"the work of a week")


def _plan(folder: Path) -> None:
    (folder / BOOK).write_bytes(build(PLAN, Edition.FORMULAS, TEMPLATES[PLAN].example))


def _changed_plan(folder: Path) -> None:
    _plan(folder)
    add_rows(folder / BOOK, folder / BOOK, "", 1)


def _refresh(folder: Path, exports: Path) -> object:
    return refresh(inputs_in(exports), folder / BOOK)


def _refresh_in_place(folder: Path, exports: Path) -> object:
    return refresh_book(inputs_in(exports), folder / BOOK, folder / BOOK)


def _add_rows(folder: Path, _exports: Path) -> object:
    return add_rows(folder / BOOK, folder / BOOK, "", 1)


def _undo(folder: Path, _exports: Path) -> object:
    with held(folder / BOOK):
        return undo(folder / BOOK)


SCENARIOS = {
    one.title: one
    for one in (
        Scenario("a dashboard that is new", _nothing, _refresh),
        Scenario("a dashboard over an earlier file", _earlier, _refresh),
        Scenario("a plan refreshed in its place", _plan, _refresh_in_place),
        Scenario("a plan refreshed that has an undo copy", _changed_plan, _refresh_in_place),
        Scenario("rows added in place", _plan, _add_rows),
        Scenario("an undo", _changed_plan, _undo),
    )
}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones among them."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def settled(folder: Path) -> dict[str, bytes]:
    """The same after the next run has taken the workbook's lock, and done nothing more."""
    with held(folder / BOOK):
        pass
    return contents(folder)


UNDO = undo_copy_of(Path(BOOK)).name
