"""Which formats the cells of many rows have, found in the bytes of all rows at once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_EQUALS, _QUOTE, _STYLE, _ZERO = b'="s0'
_SPACES: Final = b" \t\r\n"


class RowFormats:
    """The numbers of the formats that the cells of rows have.

    >>> formats = RowFormats([b'<row><c s="12"/></row>', b'<row><c s="7"/><c s="12"/></row>'])
    >>> dict(formats.counts), formats.rows_with({7})
    ({7: 1, 12: 2}, [1])
    """

    def __init__(self, rows: Sequence[bytes]) -> None:
        import numpy as np  # noqa: PLC0415

        self._np: Any = np
        places, self._styles = self._found(np.frombuffer(b"".join(rows), dtype=np.uint8))
        self._rows = np.searchsorted(np.cumsum([len(row) for row in rows]), places, side="right")

    def _found(self, signs: Any) -> tuple[Any, Any]:
        """Where the attribute of a format stands, and its number."""
        np = self._np
        places = np.flatnonzero(signs[:-1] == _EQUALS)
        places = places[(places > 1) & (signs[places - 1] == _STYLE) & (signs[places + 1] == _QUOTE)]
        places = places[np.isin(signs[places - 2], list(_SPACES))]
        styles, reading, at = np.zeros(len(places), dtype=np.int64), np.ones(len(places), dtype=bool), places + 2
        while reading.any():
            digits = signs[np.minimum(at, len(signs) - 1)] - _ZERO  # other signs wrap to large numbers
            reading &= (digits < 10) & (at < len(signs))
            styles = np.where(reading, styles * 10 + digits, styles)
            at = at + reading
        return places, styles

    @cached_property
    def counts(self) -> Mapping[int, int]:
        """In how many rows each format occurs."""
        np = self._np
        found = {}
        for style in np.flatnonzero(np.bincount(self._styles)).tolist():
            rows = self._rows[self._styles == style]
            found[style] = 1 + int(np.count_nonzero(np.diff(rows)))
        return found

    def rows_with(self, styles: Collection[int]) -> list[int]:
        """Which of the rows have one of these formats, counted from 0."""
        if not styles:
            return []
        rows: list[int] = self._np.unique(self._rows[self._np.isin(self._styles, list(styles))]).tolist()
        return rows
