"""The two editions in which every template comes."""

from __future__ import annotations

from enum import StrEnum


class Edition(StrEnum):
    """Which formulas a workbook holds, and with that what it needs."""

    FUNCTIONS = "functions"
    FORMULAS = "formulas"

    @property
    def suffix(self) -> str:
        """How the file's name ends: .xlsm with our functions and buttons, .xlsx with native formulas only."""
        return ".xlsm" if self is Edition.FUNCTIONS else ".xlsx"
