"""How long LibreOffice Calc takes to calculate 10,000 cells of SALES_VELOCITY, beside the same as plain formulas.

    python tests/benchmarks/calc_recalculation.py [--cells 10000] [--rounds 5]

The table shows medians and the slowest. Nothing here fails on a time.
"""

from __future__ import annotations

import argparse
import platform
import statistics

import xlsxwriter

from xlfunnel.calc.office import Office

CANDIDATES = {
    "SALES_VELOCITY through the add-in": "=SALES_VELOCITY(A{row},B{row},C{row},D{row})",
    "the same as a plain formula": "=A{row}*B{row}*C{row}/D{row}",
}


def measured(office: Office, formula: str, cells: int, rounds: int) -> list[float]:
    path = office.folder / "cells.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row in range(cells):
            sheet.write_row(row, 0, [40 + row, 12_000, 0.25, 60])
            sheet.write_formula(row, 4, formula.format(row=row + 1), None, -1)
    office.ask("open", str(path))
    seconds = [office.ask("recalculate") for _ in range(rounds)]
    [[(last, _, _)]] = office.ask("read", f"E{cells}")
    assert last == (39 + cells) * 50, last
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with Office() as office:
        found = {
            title: measured(office, formula, options.cells, options.rounds) for title, formula in CANDIDATES.items()
        }
    print(f"{options.cells:,} cells\n{platform.platform()}, Python {platform.python_version()}")
    print(f"| {'what':<36} | seconds | slowest |\n|{'-' * 38}|--------:|--------:|")
    for title, seconds in found.items():
        print(f"| {title:<36} | {statistics.median(seconds):7.2f} | {max(seconds):7.2f} |")


if __name__ == "__main__":
    main()
