"""Cells and areas by number, as A1 text, and inside formulas. Rows and columns count from 0."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.faults import OutsideGrid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = 1_048_576
COLUMNS = 16_384

_AREA = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Za-z]{1,3})\$?([0-9]{1,7}))?")
_CELL_END = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
_TOKEN = re.compile(
    r"""
    (?P<string>"(?:[^"]|"")*")
    |(?:(?P<sheet>'(?:[^']|'')+'|(?:\[[0-9]+\])?[^\W\d][\w.]*(?::[^\W\d][\w.]*)?)!)?
     (?P<reference>CELL(?::CELL)?|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[0-9]{1,7}:\$?[0-9]{1,7})
     (?![\w.(\[!\\?])
    |(?P<bracket>\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\])
    |(?P<word>(?:'(?:[^']|'')+'!)?[\w.\\?]+!?)
    |.
    """.replace("CELL", _CELL_END),
    re.VERBOSE | re.DOTALL,
)
_HEADING = re.compile(r"(?<=[\[@])([^\[\]@]+)(?=\])")
"""A heading, or an item such as #This Row, inside the brackets of a structured reference."""
_END = re.compile(r"(\$?)([A-Za-z]{0,3})(\$?)([0-9]{0,7})")


@dataclass(frozen=True, order=True)
class Area:
    """A block of cells by its first and last row and column (from 0)."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def name(self) -> str:
        """As A1 text.

        >>> Area(0, 0, 0, 0).name, Area(1, 1, 4, 27).name
        ('A1', 'B2:AB5')
        """
        first = cell_name(self.top, self.left)
        last = cell_name(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def meets(self, other: Area) -> bool:
        """Whether the two have a cell in common."""
        across = self.left <= other.right and other.left <= self.right
        return across and self.top <= other.bottom and other.top <= self.bottom

    def cells(self) -> Iterator[tuple[int, int]]:
        """Row and column of every cell, row by row."""
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield row, column


NOWHERE: Final = Area(-1, -1, -1, -1)
"""What a reference leads to once its cells are gone."""


@dataclass(frozen=True)
class Reference:
    """A reference inside a formula: what it names and where it stands in the text."""

    sheet: str | None
    """None for the sheet of the formula."""
    area: Area
    start: int
    end: int
    """Where the cells begin and end in the text, after the name of the sheet."""


def column_letters(column: int) -> str:
    """The letters of a column.

    >>> column_letters(0), column_letters(27), column_letters(16_383)
    ('A', 'AB', 'XFD')
    """
    letters, left = "", column + 1
    while left:
        left, sign = divmod(left - 1, 26)
        letters = chr(65 + sign) + letters
    return letters


@lru_cache(maxsize=1_024)
def column_index(letters: str) -> int:
    """The number of a column, from 0.

    >>> column_index("A"), column_index("xfd")
    (0, 16383)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_name(row: int, column: int) -> str:
    """A cell as A1 text."""
    return f"{column_letters(column)}{row + 1}"


def check_cell(row: int, column: int) -> None:
    """Raise `OutsideGrid` where no sheet has such a cell."""
    if not (0 <= row < ROWS and 0 <= column < COLUMNS):
        msg = (
            f"row {row + 1:,}, column {column + 1:,} must lie within {ROWS:,} rows and {COLUMNS:,} columns of a sheet"
        )
        raise OutsideGrid(msg)


def area_of(text: str) -> Area | None:
    """The area that A1 text names; None where it names none.

    >>> area_of("$B$2:C5"), area_of("Total")
    (Area(top=1, left=1, bottom=4, right=2), None)
    """
    found = _AREA.fullmatch(text.strip())
    if not found:
        return None
    letters, row, last_letters, last_row = found.groups()
    corners = [(int(row) - 1, column_index(letters))]
    corners.append((int(last_row) - 1, column_index(last_letters)) if last_letters else corners[0])
    rows, columns = sorted(row for row, _ in corners), sorted(column for _, column in corners)
    if rows[0] < 0 or rows[1] >= ROWS or columns[1] >= COLUMNS:
        return None
    return Area(rows[0], columns[0], rows[1], columns[1])


def sheet_name(written: str) -> str:
    """A sheet's name without the quotes of a formula.

    >>> sheet_name("'Bob''s sheet'"), sheet_name("Plan")
    ("Bob's sheet", 'Plan')
    """
    return written[1:-1].replace("''", "'") if written.startswith("'") else written


def quoted_sheet(name: str) -> str:
    """A sheet's name as it stands in a formula.

    >>> quoted_sheet("By source"), quoted_sheet("Plan"), quoted_sheet("Q1")
    ("'By source'", 'Plan', "'Q1'")
    """
    plain = re.fullmatch(r"[^\W\d][\w.]*", name) and not re.fullmatch(
        r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc]?[0-9]*", name
    )
    return name if plain else "'" + name.replace("'", "''") + "'"


def place_of(formula: str) -> tuple[str, Area] | None:
    """Sheet and area of a formula that is nothing but one reference with its sheet.

    >>> place_of("='By source'!$B$8:$D$12")
    ('By source', Area(top=7, left=1, bottom=11, right=3))
    """
    body = formula.strip().removeprefix("=")
    sheet, mark, cells = body.rpartition("!")
    area = area_of(cells)
    if not mark or area is None or _TOKEN.match(body).end() != len(body):  # type: ignore[union-attr]  # `.` matches all
        return None
    return (sheet_name(sheet), area) if "[" not in sheet else None


def references(formula: str) -> Iterator[Reference]:
    """The cells and areas that a formula names, whole columns and rows among them; not those of other files.

    >>> [(one.sheet, one.area.name) for one in references("SUM(B2:B4)+Plan!$C$1&\\"D4\\"+Deals[A1]+LOG10(A1)")]
    [(None, 'B2:B4'), ('Plan', 'C1'), (None, 'A1')]
    """
    for token in _TOKEN.finditer(formula):
        if token["reference"] is not None:
            yield from _reference(token)


def _reference(token: re.Match[str]) -> Iterator[Reference]:
    written = token["reference"]
    sheet = sheet_name(token["sheet"]) if token["sheet"] else None
    area = area_of(written) or _whole(written)
    if area is not None and "[" not in (sheet or ""):
        yield Reference(sheet, area, token.start("reference"), token.end("reference"))


@dataclass(frozen=True)
class NamedThere:
    """What a formula names: areas, words (functions, names, tables), and parts of tables with the table's name."""

    references: tuple[Reference, ...]
    words: tuple[str, ...]
    tables: tuple[tuple[str, str], ...]


@lru_cache(maxsize=8_192)
def named_in(formula: str) -> NamedThere:
    """What `references`, `words` and `table_parts` find, in one reading."""
    areas: list[Reference] = []
    names, tables = [], []
    word, end = "", -1
    for token in _TOKEN.finditer(formula):
        kind = token.lastgroup
        if kind == "reference":
            areas += _reference(token)
        elif kind == "word":
            word, end = token["word"], token.end()
            if not word[0].isdigit():
                names.append(word)
        elif kind == "bracket":
            tables.append((word if end == token.start() else "", token["bracket"]))
    return NamedThere(tuple(areas), tuple(names), tuple(tables))


def words(formula: str) -> Iterator[str]:
    """Names of functions, defined names and tables in a formula.

    >>> list(words('SUM(Deals[Amount])*rate+LEN("text")'))
    ['SUM', 'Deals', 'rate', 'LEN']
    """
    for token in _TOKEN.finditer(formula):
        if token["word"] and not token["word"][0].isdigit():
            yield token["word"]


def table_parts(formula: str) -> Iterator[tuple[str, str]]:
    """The structured references of a formula: table ("" for the formula's own) and what stands in the brackets.

    >>> list(table_parts("SUM(Deals[Amount])+Deals[[#This Row],[Rate]]+[@Rate]"))
    [('Deals', '[Amount]'), ('Deals', '[[#This Row],[Rate]]'), ('', '[@Rate]')]
    """
    word, end = "", -1
    for token in _TOKEN.finditer(formula):
        if token["bracket"]:
            yield (word if end == token.start() else ""), token["bracket"]
        elif token["word"]:
            word, end = token["word"], token.end()


def moved(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when its cell is copied so many rows down and columns to the right.

    >>> moved('A1*$A$1+SUM(B$1:B2)&"A1"', 1, 1)
    'B2*$A$1+SUM(C$1:C3)&"A1"'
    """
    return _rewritten(formula, lambda _, written: _moved_reference(written, rows, columns))


def substituted(formula: str, change: Callable[[str | None, Area], Area | None]) -> str:
    """The formula with other areas where `change`, given sheet and area, answers one; dollars stay as they are."""
    return substituted_as_written(formula, lambda sheet, area, _: change(sheet, area))


def substituted_as_written(formula: str, change: Callable[[str | None, Area, bool], Area | None]) -> str:
    """The same, where `change` is told as well whether the area is written with both its ends, as in B6:B6."""

    def rewrite(sheet: str | None, written: str) -> str:
        area = area_of(written)
        if area is None or "[" in (sheet or ""):
            return written
        other = change(sheet, area, ":" in written)
        if other == NOWHERE:
            return "#REF!"
        return written if other is None else _with_corners(written, other)

    return _rewritten(formula, rewrite)


def structured(formula: str, change: Callable[[str, tuple[str, ...]], tuple[str, ...] | None]) -> str:
    """The formula with other headings where `change`, given table and headings, answers others; #REF! for None.

    >>> structured("SUM(Deals[Amount])+Deals[[#This Row],[Rate]]", lambda _, names: tuple(f"New {n}" for n in names))
    'SUM(Deals[New Amount])+Deals[[#This Row],[New Rate]]'
    >>> structured('SUM(Deals[Gone])&"Deals[Gone]"', lambda *_: None)
    'SUM(#REF!)&"Deals[Gone]"'
    """
    pieces: list[str] = []
    word = ""
    for token in _TOKEN.finditer(formula):
        if token["bracket"] and word:
            headings = tuple(name for name in _HEADING.findall(token[0]) if not name.startswith("#"))
            new = change(word, headings)
            if new is None:
                pieces[-1] = "#REF!"
            else:
                given = dict(zip(headings, new, strict=True))
                pieces.append(_HEADING.sub(lambda found, given=given: given.get(found[1], found[1]), token[0]))  # type: ignore[misc]
            word = ""
            continue
        word = token["word"] or ""
        pieces.append(token[0])
    return "".join(pieces)


def _rewritten(formula: str, rewrite: Callable[[str | None, str], str]) -> str:
    pieces: list[str] = []
    for token in _TOKEN.finditer(formula):
        written = token["reference"]
        if written is None:
            pieces.append(token[0])
            continue
        before = token[0][: len(token[0]) - len(written)]
        pieces.append(before + rewrite(sheet_name(token["sheet"]) if token["sheet"] else None, written))
    return "".join(pieces)


def _moved_reference(written: str, rows: int, columns: int) -> str:
    ends = [_moved_end(end, rows, columns) for end in written.split(":")]
    return "#REF!" if None in ends else ":".join(str(end) for end in ends)


def _moved_end(end: str, rows: int, columns: int) -> str | None:
    dollar, letters, row_dollar, row = _END.fullmatch(end).groups()  # type: ignore[union-attr]  # the token's own form
    if not letters:  # a whole row: the dollar was taken for the column's
        dollar, row_dollar = "", dollar
    column_now = column_index(letters) + (0 if dollar else columns) if letters else 0
    row_now = int(row) - 1 + (0 if row_dollar else rows) if row else 0
    if not (0 <= column_now < COLUMNS and 0 <= row_now < ROWS):
        return None
    shown_column = f"{dollar}{column_letters(column_now)}" if letters else ""
    return shown_column + (f"{row_dollar}{row_now + 1}" if row else "")


def _with_corners(written: str, area: Area) -> str:
    ends = written.split(":")
    corners = [(area.top, area.left), (area.bottom, area.right)]
    shown = []
    for end, (row, column) in zip(ends if len(ends) == 2 else ends * 2, corners, strict=True):
        dollar, _, row_dollar, _ = _END.fullmatch(end).groups()  # type: ignore[union-attr]  # the token's own form
        shown.append(f"{dollar}{column_letters(column)}{row_dollar}{row + 1}")
    return shown[0] if shown[0] == shown[1] and len(ends) == 1 else ":".join(shown)


def _whole(written: str) -> Area | None:
    first, last = written.replace("$", "").split(":")
    if first.isdigit():
        return Area(int(first) - 1, 0, int(last) - 1, COLUMNS - 1)
    return Area(0, column_index(first), ROWS - 1, column_index(last))
