"""A workbook that was made from a template, as a person filled it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.saving import replacing
from xlfunnel.templates.build import TEMPLATES
from xlfunnel.templates.edition import Edition
from xlfunnel.workbooks.native import NoEquivalent, native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xlfunnel.templates.template import Template

PROPERTY: Final = "xlfunnel"
EDITION: Final = "xlfunnel edition"
"""Custom properties of the document that say which template a workbook comes from, and in which edition."""


class NotOurs(Stopped):
    """The workbook was not made from a template of ours."""


class WrongSuffix(Stopped):
    """The output has a name that a workbook of this edition cannot have."""


@dataclass(frozen=True)
class Ours:
    """A person's workbook, and the template that it comes from."""

    file: WorkbookFile
    template: Template
    edition: Edition
    path: Path

    def native(self, formula: str) -> str | None:
        """A formula of the workbook in native functions; None where a function of ours has no equivalent."""
        return native_or_none(formula, self.template.pairs)

    def save(self, output: Path) -> None:
        """Write the workbook, under the lock of the output. A change in its place can be undone."""
        content = self.file.to_bytes()
        in_place = output.exists() and output.samefile(self.path)
        with replacing(output, undoable=in_place) as part:
            part.write_bytes(content)


def open_ours(path: Path) -> Ours:
    """Open a workbook that was made from a template. Raises `NotOurs`, and what opening a workbook raises."""
    file = WorkbookFile.open(path)
    template = TEMPLATES.get(file.properties.get(PROPERTY, ""))
    if template is None:
        msg = (
            f'"{path.name}" was not made from a template of xlfunnel: it lacks the property that says which. '
            "Make a workbook with: xlfunnel new quarterly_plan -o plan.xlsx"
        )
        raise NotOurs(msg)
    edition = Edition.FUNCTIONS if path.suffix.lower() == Edition.FUNCTIONS.suffix else Edition.FORMULAS
    return Ours(file, template, edition, path)


def check_suffix(output: Path, edition: Edition) -> None:
    """Raise `WrongSuffix` where the name of an output does not say its edition."""
    if output.suffix.lower() == edition.suffix:
        return
    msg = (
        f'"{output.name}" must end in {edition.suffix}: a workbook of the {edition.value} edition has that ending. '
        f'Write "{output.stem}{edition.suffix}".'
    )
    raise WrongSuffix(msg)


def native_or_none(formula: str, pairs: Mapping[str, str]) -> str | None:
    """A formula in native functions, or None where there is no equivalent."""
    try:
        return native(formula, pairs)
    except NoEquivalent:
        return None
