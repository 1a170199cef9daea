"""Groups of a table: how a blank one is called, and the order they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

BLANK = "(blank)"
"""What a group without a name is called."""

TOTAL = "Total"
"""The name of a table's last row, over all groups."""


def group_name(name: str | None, blank: str = BLANK) -> str:
    """The name to show."""
    return name or blank


def in_order(rows: Sequence[dict[str, Any]], group: str, largest: str | None = None) -> list[dict[str, Any]]:
    """Rows by name, or with the largest first; engines group in no order of their own. A blank group stands last."""
    return sorted(rows, key=lambda row: (not row[group], -row[largest] if largest else 0, *by_name(row[group])))


def by_name(name: str | None) -> tuple[str, str]:
    """What names are sorted by: their letters, and where these are the same, capitals first."""
    return (name or "").casefold(), name or ""


def same_name(name: str) -> str:
    """What two spellings of one name have in common: their letters without case, their words without extra space.

    >>> same_name(" Paid  search") == same_name("PAID SEARCH")
    True
    """
    return " ".join(name.split()).casefold()


def one_spelling(names: Sequence[str | None]) -> list[str | None]:
    """Each name as it was first written: "google" and "Google" are one group.

    >>> one_spelling(["Google", None, "google "])
    ['Google', None, 'Google']
    """
    first: dict[str, str] = {}
    return [None if name is None else first.setdefault(same_name(name), name) for name in names]
