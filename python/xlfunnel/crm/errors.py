"""What stops the reading of an export before anything is written, one class each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlfunnel.crm.tables import Kind

SHOWN = 12
"""How many names a message lists before it says how many more there are."""


class NoFiles(Stopped):
    """No export was named."""

    def __init__(self) -> None:
        super().__init__("No export was named: give at least one CSV or XLSX file.")


class MissingFile(Stopped):
    """A file that does not exist."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} does not exist. Check the name and the folder.")


class FolderGiven(Stopped):
    """A folder where a file is needed."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} is a folder. Name the export files in it one by one.")


class EmptyFile(Stopped):
    """A file without any content."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} is empty: it has no header. Export it again.")


class UnreadableFile(Stopped):
    """A file whose bytes are no CSV and no XLSX, or are damaged."""

    def __init__(self, file: str, fault: str) -> None:
        super().__init__(f"{file} cannot be read: {fault}. Export it again as CSV (UTF-8) or XLSX.")


class UnsafeWorkbook(Stopped):
    """A workbook that unpacks to far more than it should, or whose sizes are false."""

    def __init__(self, file: str, fault: str) -> None:
        super().__init__(
            f"{file} was not opened: {fault}. Such a file can fill the memory; export it again, or as CSV."
        )


class SameFileTwice(Stopped):
    """The same content was given under two names, or one name twice."""

    def __init__(self, file: str, other: str) -> None:
        super().__init__(f"{file} holds exactly the same bytes as {other}. Name it once.")


class NoKey(Stopped):
    """A file whose rows belong to records of other files, without a column that says to which."""

    def __init__(self, file: str, kind: Kind, what: str) -> None:
        super().__init__(
            f"{file} holds {kind.value} and has no column with the id of the {what} that each row belongs to. "
            f"Names repeat, and so they join nothing. Add that column to the export."
        )


class UnrecognisedFile(Stopped):
    """No row of the file looks like the header of any kind of export."""

    def __init__(
        self,
        file: str,
        found: Sequence[str],
        looked_for: Mapping[Kind, Sequence[str]],
        needed: Mapping[Kind, Sequence[Sequence[str]]],
    ) -> None:
        wanted = "; ".join(f"{kind.value}: {_listed(names)}" for kind, names in looked_for.items())
        groups = {kind: ", and ".join(" or ".join(names) for names in all_of) for kind, all_of in needed.items()}
        least = "; ".join(f"{kind.value} need {names}" for kind, names in groups.items())
        self.least = f"At least: {least}."
        seen = (
            f"Its columns seem to be: {_listed(found)}" if found else "None of its first rows has two columns or more"
        )
        super().__init__(
            f"{file} is not recognised as {' or '.join(needed)}. {seen}. "
            f"Looked for, among others, {wanted}. Name the columns in a mapping file and give it with --map: {least}."
            " Or refresh a workbook that exists (xlfunnel new makes one): its sheet Mapping then proposes them."
        )


class UnknownHeader(Stopped):
    """A mapping file names a column that no export has."""

    def __init__(self, field: str, header: str, kind: Kind, headers: Iterable[str]) -> None:
        self.field, self.kind = field, kind
        self.told = f"no export of {kind.value} has that column. Their columns are: {_listed(list(headers))}"
        super().__init__(
            f'The mapping says that {kind.value} take "{field}" from the column "{header}", but {self.told}. '
            "Correct the mapping file."
        )


class UndecidableDates(Stopped):
    """Nothing in a column says whether the day or the month comes first."""

    def __init__(self, file: str, column: str, examples: Sequence[str]) -> None:
        shown = " and ".join(f'"{example}"' for example in examples[:2])
        super().__init__(
            f'{file}, column "{column}": nothing says whether the day or the month comes first (such as '
            f"{shown}). Say it with --dates DMY or --dates MDY, or with dates in the definitions."
        )


class ContradictoryDates(Stopped):
    """A column holds dates that only read day first, and others that only read month first."""

    def __init__(self, file: str, column: str, day_first: tuple[int, str], month_first: tuple[int, str]) -> None:
        super().__init__(
            f'{file}, column "{column}": row {day_first[0]} holds "{day_first[1]}", which only reads with the day '
            f'first, and row {month_first[0]} holds "{month_first[1]}", which only reads with the month first. '
            f"Repair the export; or choose with --dates DMY or --dates MDY, and the records that do not read "
            f"so are set aside."
        )


class UndecidableAmounts(Stopped):
    """Nothing in a column says whether a point or a comma starts the decimals."""

    def __init__(self, file: str, column: str, examples: Sequence[str]) -> None:
        shown = " and ".join(f'"{example}"' for example in examples[:2])
        super().__init__(
            f'{file}, column "{column}": it is not clear whether a point or a comma starts the decimals (such as '
            f'{shown}). Say it in the definitions: decimal = "." or decimal = ",".'
        )


class SeveralCurrencies(Stopped):
    """Amounts in several currencies, and no rates to bring them into one."""

    def __init__(self, currencies: Sequence[str]) -> None:
        super().__init__(
            f"The exports hold amounts in several currencies: {_listed(currencies)}. They are never added. Give "
            f'the definitions a currency (currency = "{currencies[0]}") and what one unit of each other is worth '
            f"in it under [rates] (such as {currencies[-1]} = 1.1)."
        )


class MissingRate(Stopped):
    """The workbook's currency is not the export's, and no rate leads from one to the other."""

    def __init__(self, export: str, workbook: str) -> None:
        super().__init__(
            f"The exports hold amounts in {export}, the definitions ask for {workbook}. Say under [rates] what one "
            f"{export} is worth in {workbook} (such as {export} = 1.1)."
        )


class BadCostRow(Stopped):
    """A row of a spend or people file that cannot be read: money must not be guessed."""

    def __init__(self, file: str, row: int, column: str, value: str, rule: str) -> None:
        super().__init__(
            f'{file}, row {row}, column "{column}": "{value}" is not allowed; {rule}. Nothing was read: '
            f"correct the row."
        )


class MissingCostColumn(Stopped):
    """A spend or people file without one of its columns."""

    def __init__(self, file: str, missing: Sequence[str], wanted: Sequence[str]) -> None:
        super().__init__(
            f"{file} has no column {_listed([f'{name!r}' for name in missing])}. It needs the columns "
            f"{', '.join(wanted)}."
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    more = len(names) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
