"""Deals as a sales manager would list them, in every engine."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from xlfunnel.segments.frames import Engine, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xlfunnel.segments.frames import Frame

Deal = tuple[Any, ...]


def _day(text: str | int | None) -> int | None:
    if text is None or isinstance(text, int):
        return text
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return Engine(request.param)


@pytest.fixture
def deals(engine: Engine) -> Callable[[Sequence[Deal]], Frame]:
    """Rows of status, amount, created, closed and whatever else is named, as a deals frame."""

    def build(rows: Sequence[Deal], *others: str) -> Frame:
        columns = list(zip(*rows, strict=True)) if rows else [()] * (4 + len(others))
        status, amount, created, closed, *rest = columns
        arrays: dict[str, Any] = {
            "status": _column("status", status),
            "amount": pa.array(amount, pa.float64()),
            "created_day": _column("created_day", created),
            "closed_day": _column("closed_day", closed),
        }
        arrays |= {name: _column(name, values) for name, values in zip(others, rest, strict=True)}
        return frame_of(pa.table(arrays), engine=engine)

    return build


def _column(name: str, values: Sequence[Any]) -> Any:
    if name.endswith("_day"):
        return pa.array([_day(day) for day in values], pa.int32())
    if name in {"counted", "qualified"}:
        return pa.array(values, pa.bool_())
    return pa.array(values, pa.string()).dictionary_encode()
