"""Units, and the kinds of argument that a metric can take: what is allowed, and how a person would say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Annotated


def written(number: float) -> str:
    """A number as a message shows it, with up to the 15 digits that a cell keeps.

    >>> written(-1_500_000.0), written(1.0000001)
    ('-1500000', '1.0000001')
    """
    return f"{number:.15g}"


class Unit(Enum):
    """What a number is measured in; `value` is how the reference page says it."""

    COUNT = "count"
    MONEY = "money"
    MONEY_PER_DAY = "money per day"
    MONEY_PER_PERIOD = "money per period"
    MONEY_PER_MONTH = "money per month"
    SHARE = "share, 0–1"
    RATIO = "ratio"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    HOURS = "hours"
    HOURS_PER_WEEK = "hours per week"
    HOURS_PER_LEAD = "hours per lead"
    HOUR_OF_DAY = "hour of the day"
    MINUTES = "minutes"
    DATE = "date"
    TIMESTAMP = "date and time"
    TEXT = "text"
    LEVER = "in the unit of its lever"
    MIXED = "number in the unit that its row names"


@dataclass(frozen=True)
class Number:
    """A number with a unit and a range."""

    unit: Unit
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    whole: bool = False

    def allows(self, value: float) -> bool:
        """Whether the value lies in the range (and is whole where it must be)."""
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        if self.high is not None and (value > self.high or (self.high_open and value == self.high)):
            return False
        return not self.whole or float(value).is_integer()

    @property
    def rule(self) -> str:
        """The range in words."""
        kind = "a whole number" if self.whole else "a number"
        if self.low is not None and self.high is not None and not self.low_open and not self.high_open:
            return f"{kind} from {written(self.low)} to {written(self.high)}"
        bounds: list[str] = []
        if self.low is not None:
            bounds.append(f"{'over' if self.low_open else 'of at least'} {written(self.low)}")
        if self.high is not None:
            bounds.append(f"{'under' if self.high_open else 'of at most'} {written(self.high)}")
        return " ".join((kind, " and ".join(bounds))).strip()


@dataclass(frozen=True)
class Moment:
    """A date, or a date with its time of day."""

    unit: Unit = Unit.DATE

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return "a date and time" if self.unit is Unit.TIMESTAMP else "a date"


@dataclass(frozen=True)
class Label:
    """A text that names something: a segment, a source. Numbers and dates are taken as their text."""

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return "a text"


@dataclass(frozen=True)
class Flag:
    """Yes or no: TRUE and FALSE, 1 and 0, or the words."""

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return "TRUE or FALSE"


@dataclass(frozen=True)
class Word:
    """One word of a fixed list."""

    options: type[StrEnum]

    @property
    def rule(self) -> str:
        """The words, in words."""
        return "one of " + ", ".join(f'"{option.value}"' for option in self.options)


@dataclass(frozen=True)
class Window:
    """A number of days, or "all" for no limit (which the metric receives as None)."""

    unit: Unit = Unit.DAYS

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return 'a whole number of days of at least 1, or "all"'


ScalarKind = Number | Moment | Label | Flag | Word | Window


@dataclass(frozen=True)
class Vector:
    """One row or one column of values, taken as a whole. Blanks are left out where `blanks` is set."""

    of: ScalarKind
    blanks: bool = False
    length: int | None = None

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        count = f" of {self.length} cells" if self.length else ""
        return f"one row or column{count}, each {self.of.rule}"


@dataclass(frozen=True)
class Grid:
    """Rows and columns of values, taken as a whole; a blank cell is None."""

    of: ScalarKind
    blanks: bool = False

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return f"rows and columns, each cell {self.of.rule}"


@dataclass(frozen=True)
class Records:
    """One column of a table of records: all columns of that table have the same length.

    A record that is blank in every column is left out. `blanks` says whether the column may be blank in a
    record that is not; a blank is then None.
    """

    of: ScalarKind
    table: str = "records"
    blanks: bool = False

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return f"one column, each cell {self.of.rule}{' or blank' if self.blanks else ''}"


@dataclass(frozen=True)
class RecordGrid:
    """Several columns of a table of records, side by side; blanks are None."""

    of: ScalarKind
    table: str = "records"

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return f"one row for each record, each cell {self.of.rule} or blank"


@dataclass(frozen=True)
class Anything:
    """A value that is handed on as it came (the arguments of METRIC_CHECK)."""

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        return "the same values as the function takes"


Kind = ScalarKind | Vector | Grid | Records | RecordGrid | Anything

Count = Annotated[float, Number(Unit.COUNT, low=0)]
WholeCount = Annotated[float, Number(Unit.COUNT, low=0, whole=True)]
Money = Annotated[float, Number(Unit.MONEY, low=0)]
MoneyPerDay = Annotated[float, Number(Unit.MONEY_PER_DAY, low=0)]
MoneyPerMonth = Annotated[float, Number(Unit.MONEY_PER_MONTH, low=0)]
MoneyPerPeriod = Annotated[float, Number(Unit.MONEY_PER_PERIOD, low=0)]
Share = Annotated[float, Number(Unit.SHARE, low=0, high=1)]
Confidence = Annotated[float, Number(Unit.SHARE, low=0, high=1, low_open=True, high_open=True)]
Ratio = Annotated[float, Number(Unit.RATIO, low=0)]
Days = Annotated[float, Number(Unit.DAYS, low=0)]
Weeks = Annotated[float, Number(Unit.WEEKS, low=0)]
Months = Annotated[float, Number(Unit.MONTHS, low=0)]
Hours = Annotated[float, Number(Unit.HOURS, low=0)]
HoursPerWeek = Annotated[float, Number(Unit.HOURS_PER_WEEK, low=0, high=168)]
HoursPerLead = Annotated[float, Number(Unit.HOURS_PER_LEAD, low=0)]
Minutes = Annotated[float, Number(Unit.MINUTES, low=0)]
Day = Annotated[date, Moment(Unit.DATE)]
Timestamp = Annotated[datetime, Moment(Unit.TIMESTAMP)]
Text = Annotated[str, Label()]
WindowDays = Annotated[int | None, Window()]


class Period(StrEnum):
    """A span of the calendar."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def days(self) -> float:
        """Mean length in days: a year has 365.25, a month a twelfth of that."""
        return {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}[self.value]


class Rounding(StrEnum):
    """How expected counts are shown."""

    UP = "up"
    NEAREST = "nearest"
    STEP = "step"
    NONE = "none"


class Statistic(StrEnum):
    """Which figure stands for many: quantiles are linear between neighbours."""

    MEAN = "mean"
    MEDIAN = "median"
    P75 = "p75"
    P90 = "p90"


class Population(StrEnum):
    """Which deals a cycle is taken over; "closed" is won, lost and no decision."""

    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class Clock(StrEnum):
    """Hours of the working week, or all hours."""

    BUSINESS = "business"
    ELAPSED = "elapsed"


class Status(StrEnum):
    """How an opportunity stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    NO_DECISION = "no decision"
