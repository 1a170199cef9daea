"""What the exports cannot answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.errors import XlfunnelError

if TYPE_CHECKING:
    from collections.abc import Sequence


class MissingColumns(XlfunnelError):
    """A figure needs columns that no export has; the sentence names them in the reader's words."""

    def __init__(self, needed: Sequence[str]) -> None:
        self.needed = tuple(needed)
        super().__init__(f"needs {_listed(self.needed)}")


def _listed(things: Sequence[str]) -> str:
    *first, last = things
    return f"{', '.join(first)} and {last}" if first else last
