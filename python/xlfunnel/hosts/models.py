"""Cells whose look others are to have: a host copies the one onto the other, in a call that all hosts share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.hosts.blocks import blocks
from xlfunnel.hosts.changes import Alike, CellChange, Cleared, Format, Inked
from xlfunnel.hosts.held_cells import BLANK, held_row
from xlfunnel.hosts.looks import Looks
from xlfunnel.ooxml.comments import SheetComments
from xlfunnel.ooxml.references import Area, area_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xlfunnel.hosts.blocks import Cell
    from xlfunnel.hosts.looks import Told
    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Look = tuple["Told", str]
"""Fonts, colours, lines and the like of a cell, and how it shows numbers."""

_ROWS_LOOKED_AT: Final = 150
"""Rows of a sheet among which a model is looked for: those of long lists look alike."""

_ARGB: Final = 8
"""Signs of a colour."""

_RULED: Final = ("conditionalFormatting", "dataValidation", "hyperlink")
"""What a copied cell would bring along."""


class Models:
    """Cells of the open workbook that stay as they are, by their look."""

    def __init__(self, old: WorkbookFile, new: WorkbookFile, moving: Mapping[str, list[Area]]) -> None:
        self._old, self._new, self._moving = old, new, moving
        self._before, self._after = Looks(old), Looks(new)
        self._found: dict[tuple[object, ...], _Model] = {}
        self._cells = self._stable()
        self._plain: Look = self._after.cell(0), self._after.code(0)

    def alike(self, sheet: str, looks: Mapping[Cell, Look]) -> tuple[list[CellChange], bool]:
        """The copies that give cells their looks, and what then is still other than in the cell that is copied.

        False where no cell of the workbook has such a look.
        """
        changes: list[CellChange] = []
        for look in dict.fromkeys(looks.values()):
            areas = [area for area, _ in blocks({at: None for at, other in looks.items() if other == look})]
            if look == self._plain:
                changes += [Cleared(sheet, area) for area in areas]
                continue
            found = self._model(look)
            if found is None or (found.look[0] != look[0] and _color(look) is None):
                return [], False
            for area in areas:
                changes += [Alike(sheet, area, found.sheet, found.cell), *_rest(sheet, area, found.look, look)]
        return changes, True

    def _model(self, look: Look) -> _Model | None:
        while (look,) not in self._found and (step := next(self._cells, None)) is not None:
            for key in _keys(step.look):
                self._found.setdefault(key, step)
        return next((self._found[key] for key in _keys(look) if key in self._found), None)

    def _stable(self) -> Iterator[_Model]:
        seen: set[int] = set()
        for sheet in self._old.sheets:
            before, after = self._old.sheet_part(sheet), self._new.sheet_part(sheet)
            kept_off = [*self._moving.get(sheet, ()), *before.merged, *after.merged, *_ruled(before.tree)]
            commented = set(SheetComments(self._old, sheet).texts())
            for number in before.row_numbers[:_ROWS_LOOKED_AT]:
                had, has = held_row(before, number), held_row(after, number)
                for column, cell in had.items():
                    if cell.style in seen or (number, column) in commented:
                        continue
                    look = self._before.cell(cell.style), self._before.code(cell.style)
                    stays = self._after.cell(has.get(column, BLANK).style) == look[0]
                    if stays and not any(area.holds(number, column) for area in kept_off):
                        seen.add(cell.style)
                        yield _Model(sheet, Area(number, column, number, column), look)


@dataclass(frozen=True)
class _Model:
    """A cell that others can be like."""

    sheet: str
    cell: Area
    look: Look


def _keys(look: Look) -> tuple[tuple[object, ...], ...]:
    """What a model is known by, from all of its look to all but its format of numbers and the colour of its words."""
    (font, *others), _ = look
    colorless = font[:-1] if isinstance(font, tuple) else font
    return (look,), (look[0],), (colorless, *others, "any colour")


def _rest(sheet: str, area: Area, model: Look, wanted: Look) -> Iterator[CellChange]:
    """What cells need to look as wanted once they look like the model."""
    if model[1] != wanted[1]:
        yield Format(sheet, area, wanted[1])
    if model[0] != wanted[0]:
        yield Inked(sheet, area, _color(wanted) or (0, 0, 0))


def _color(look: Look) -> tuple[int, int, int] | None:
    """The colour of the words as red, green and blue; None where the workbook's theme says it."""
    font = look[0][0]
    held = dict(font[-1]) if isinstance(font, tuple) and font else {}
    told = str(held.get("rgb", ""))
    return (int(told[2:4], 16), int(told[4:6], 16), int(told[6:8], 16)) if len(told) == _ARGB else None


def _ruled(tree: Element) -> list[Area]:
    return [area for name in _RULED for one in tree.below(name) for area in areas_of(one)]


def areas_of(element: Element) -> list[Area]:
    """The areas for which a rule, a choice or a link holds."""
    written = element.attributes.get("sqref") or element.attributes.get("ref", "")
    return [area for one in written.split() if (area := area_of(one)) is not None]
