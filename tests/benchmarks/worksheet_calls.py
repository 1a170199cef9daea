"""Worksheet calls beside what stock xlwings needs for the same cells, in one run.

    python -m tests.benchmarks.worksheet_calls [--rounds 15]

Every call goes through the real code of xlwings from its COM server on. pywin32 and Excel's own objects are
stand-ins: what Excel and the way between the processes take is in none of the figures. The candidates take turns,
and the tables show medians. Nothing here fails on a time.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC
from functools import partial
from types import ModuleType
from typing import Any

from tests.excel import windows

CALLS = 1_000
ROWS = 10_000
OURS = "xlfunnel.excel.functions"
STOCK = "stock_functions"

Candidates = dict[str, Callable[[], object]]


def stock_functions(xw: Any) -> ModuleType:
    """What a person would write with xlwings alone, and our border with nothing behind it."""
    import pandas as pd

    from xlfunnel.check import plain
    from xlfunnel.excel.boundary import received

    def bare(opportunities, average_deal, win_rate, cycle_days):  # type: ignore[no-untyped-def]
        return opportunities * average_deal * win_rate / cycle_days

    def as_frame(cells):  # type: ignore[no-untyped-def]
        return float(len(cells))

    def as_received(cells):  # type: ignore[no-untyped-def]
        return float(len(received([cells])[0]))

    def as_evaluated(cells):  # type: ignore[no-untyped-def]
        return float(len(plain(received([cells])[0])))

    module = ModuleType(STOCK)
    module.__file__ = ""
    module.__dict__["bare"] = xw.func(bare)
    module.__dict__["as_frame"] = xw.func(xw.arg("cells", pd.DataFrame, index=False)(as_frame))
    for function in (as_received, as_evaluated):
        module.__dict__[function.__name__] = xw.func(xw.arg("cells", "raw")(function))
    sys.modules[STOCK] = module
    return module


def sheet_of_numbers() -> tuple[tuple[Any, ...], ...]:
    """Numbers only, which cost stock xlwings least."""
    return tuple(tuple(float(row * column) for column in range(12)) for row in range(ROWS))


def sheet_of_deals() -> tuple[tuple[Any, ...], ...]:
    """A header, texts, amounts, dates as a range has them, blanks and an error here and there."""
    opened = windows.ComTime(2026, 1, 5, tzinfo=UTC)
    header = ("id", "stage", "owner", "source", "amount", "rate", "created", "closed", "next", "won", "note", "score")
    body = tuple(
        (
            f"D{row}",
            "Negotiation",
            "Ann",
            "Web" if row % 3 else None,
            row * 100.0,
            0.25,
            opened,
            opened if row % 2 else None,
            -2_146_826_246 if row % 100 == 0 else opened,
            row % 2 == 0,
            "",
            float(row),
        )
        for row in range(1, ROWS)
    )
    return (header, *body)


def hand_overs(cells: tuple[tuple[Any, ...], ...]) -> Candidates:
    """The ways of getting a range into a function."""
    ways = {
        "stock xlwings: as a DataFrame": "as_frame",
        "into a function of ours": "as_received",
        "into a function of ours, blanks and not-a-number settled": "as_evaluated",
    }
    return {title: partial(windows.call, STOCK, function, cells) for title, function in ways.items()}


def medians(candidates: Candidates, rounds: int) -> dict[str, float]:
    """Seconds of each candidate; they take turns, so that a slow moment of the machine falls on all."""
    found: dict[str, list[float]] = {title: [] for title in candidates}
    for _ in range(rounds):
        for title, candidate in candidates.items():
            begun = time.perf_counter()
            candidate()
            found[title].append(time.perf_counter() - begun)
    return {title: statistics.median(seconds) for title, seconds in found.items()}


def show(title: str, unit: str, factor: float, seconds: dict[str, float]) -> None:
    print(f"\n| {title:<58} | {unit:>6} | × stock |\n|{'-' * 60}|-------:|--------:|")
    stock = next(iter(seconds.values()))
    for name, value in seconds.items():
        print(f"| {name:<58} | {value * factor:6.1f} | {value / stock:7.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    stock_functions(windows.load())

    four = (40.0, 12_000.0, 0.25, 60.0)

    def calls(module: str, function: str, arguments: tuple[Any, ...]) -> Callable[[], object]:
        return lambda: [windows.call(module, function, *arguments) for _ in range(CALLS)]

    scalar = medians(
        {
            "bare xlwings function of four numbers": calls(STOCK, "bare", four),
            "SALES_VELOCITY": calls(OURS, "SALES_VELOCITY", four),
        },
        options.rounds,
    )
    print(f"{platform.platform()}, Python {platform.python_version()}, medians of {options.rounds} rounds")
    show("one call of a function", "µs", 1e6 / CALLS, scalar)
    for title, cells in (("numbers", sheet_of_numbers()), ("cells of deals", sheet_of_deals())):
        show(f"{ROWS:,} × 12 {title}", "ms", 1e3, medians(hand_overs(cells), options.rounds))


if __name__ == "__main__":
    main()
