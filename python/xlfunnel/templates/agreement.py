"""The words of the Definitions sheet: settings with what they accept, terms, what counts, and others' figures."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.definitions import Definitions
from xlfunnel.units import Unit
from xlfunnel.workbooks.agreements import meaning, setting_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.contents import Value

ELSEWHERE: Final = ("version", "agreed", "currency")
"""Settings that have a cell of their own: at the top of the sheet, and the currency on Start."""

SETTING: Final = "set_"
"""Stands before a setting's name to make the name of its cell."""

_LIST: Final = "words, with commas between"
_PAIRS: Final = "word = word; word = word"


@dataclass(frozen=True)
class Setting:
    """One agreed choice: its key, its unit, what it accepts in words, and the words that it can be chosen from."""

    key: str
    question: str
    unit: Unit
    allowed: str
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its cell."""
        return f"{SETTING}{self.key}"

    @property
    def default(self) -> Value:
        """What stands in the cell when nobody chose: a blank for what is not set."""
        value = Definitions.model_fields[self.key].get_default(call_default_factory=True)
        return cell_value(value)

    @property
    def meaning(self) -> str:
        """What it is for."""
        return meaning(self.key)


SETTINGS: Final = (
    Setting("window_days", "Window of closed deals", Unit.TEXT, "a whole number of days, or all"),
    Setting("unqualified_stages", "Open stages that are not qualified", Unit.TEXT, _LIST),
    Setting("pipelines_left_out", "Pipelines left out", Unit.TEXT, _LIST),
    Setting("stages", "Status of stages", Unit.TEXT, "stage = open, won, lost or no decision; …"),
    Setting("marketing_sources", "Marketing's lead sources", Unit.TEXT, _LIST),
    Setting("sources", "Spellings of a source", Unit.TEXT, _PAIRS),
    Setting("segments", "Segments by size and country", Unit.TEXT, "name = employees from 50 below 500; …"),
    Setting("sla_hours", "First touch within", Unit.HOURS, "hours over 0, or blank for none"),
    Setting("clock", "Clock of the first touch", Unit.TEXT, "business or elapsed", ("business", "elapsed")),
    Setting("opens", "Working day opens at", Unit.HOUR_OF_DAY, "an hour from 0 to 23"),
    Setting("closes", "Working day closes at", Unit.HOUR_OF_DAY, "an hour from 1 to 24"),
    Setting("workdays", "Working days", Unit.TEXT, "MON-FRI, or days with commas between"),
    Setting("holidays", "Holidays", Unit.TEXT, "dates as 2026-12-25, with commas between"),
    Setting("stale_days", "A deal is stale after", Unit.DAYS, "a whole number of days in one stage"),
    Setting(
        "cac_driver",
        "Sales cost goes to channels by",
        Unit.TEXT,
        "hours or opportunities",
        ("hours", "opportunities"),
    ),
    Setting("cac_lag", "Spend one cycle earlier", Unit.TEXT, "yes or no", ("yes", "no")),
    Setting("confidence", "Confidence of ranges", Unit.SHARE, "a share between 0 % and 100 %"),
    Setting("rates", "Exchange rates", Unit.TEXT, "currency = rate; currency = rate"),
    Setting("timezone", "Time zone", Unit.TEXT, "a name such as Europe/Berlin"),
    Setting("dates", "Day and month order", Unit.TEXT, "DMY or MDY; blank: the column decides", ("DMY", "MDY")),
    Setting("decimal", "Decimal sign", Unit.TEXT, ". or ,; blank: the column decides", (".",)),
    Setting("data_limit", "Most records listed", Unit.COUNT, "a whole number from 0 to 1,000,000"),
    Setting("crm_address", "Address of the CRM", Unit.TEXT, "https://…, or with {id} for a deal's id"),
    Setting("crm_lead_address", "Address of a lead", Unit.TEXT, "https://… with {id} for a lead's id"),
    Setting("tests", "Test records", Unit.TEXT, "field = word, word; field = word"),
)

COUNTING: Final = (
    (
        "Velocity's opportunities",
        "Qualified opportunities open on the day",
        "It is a stock; a flow would have to be divided by its period.",
    ),
    (
        "Velocity's cycle",
        "Mean days from created to closed over all closed deals",
        "With it the formula gives back what is then really won.",
    ),
    (
        "Cycle shown to people",
        "Median, 75th and 90th percentile of won deals",
        "A mean hides the deals that take long.",
    ),
    (
        "Win rate",
        "Won ÷ (won + lost + no decision), by number, by close date",
        "Open deals past their close date are shown beside it.",
    ),
    (
        "Average deal",
        "Mean of won deals, an amount of zero counted, a blank not",
        "Both kinds are counted in the import log.",
    ),
    ("Conversion", "Records old enough to have moved on", "Young records look bad for no reason."),
    ("Sales cost by revenue", "Not offered as a driver", "It is circular: revenue would explain its own cost."),
    (
        "Sourced and influenced",
        "Two views of the same revenue, never added",
        "First meaningful touch; any touch before the win.",
    ),
    (
        "Coverage",
        "1 ÷ win rate by number beside 1 ÷ win rate by value",
        "They differ where large deals are lost more often.",
    ),
    ("Several currencies", "Never added without a rate", "A refresh stops and names the currencies."),
)
"""What is counted, and why: the choices that the program has made and the reader must know."""

TERMS: Final = (
    ("Lead", "A person or company that showed interest and is known by name in the CRM."),
    ("MQL", "A lead that marketing calls qualified: it fits the segment and reached the agreed score."),
    ("SAL", "An MQL that sales accepted: it will be worked within the agreed time."),
    ("SQL", "A lead that sales spoke with and calls qualified: need, budget and timing are known."),
    ("Opportunity", "A deal that sales works on, with an amount, an owner and an expected close date."),
    (
        "Scoring criteria",
        "Write the points here: who fits (role, size, industry), what they did, from how many points on.",
    ),
    (
        "Meaningful touch",
        "An exchange that a person would remember: a form, a reply, a call, a meeting, an event attended.",
    ),
    (
        "Reasons for disqualifying",
        "Sales names one for every lead that it sends back; marketing reads them each month.",
    ),
)
"""Terms of art in words, for both heads to change."""

SERVICE: Final = (
    ("sla_mqls", "MQLs delivered this quarter", "marketing → sales", Unit.COUNT, None),
    ("sla_follow_up", "MQLs that sales contacts in time", "sales → marketing", Unit.SHARE, 0.9),
    ("sla_first_touch", "Hours to the first touch, median", "sales → marketing", Unit.HOURS, 4),
    ("sla_answers", "Days to answer a request of sales, median", "marketing → sales", Unit.DAYS, 2),
    ("sla_reasons", "Returned leads with a reason", "sales → marketing", Unit.SHARE, 1),
)
"""Who owes what to whom: name, promise, direction, unit, agreed value."""

AT_MOST: Final = frozenset({"sla_first_touch", "sla_answers"})
"""Promises that are kept when the actual figure is no larger than the agreed one."""

_GUIDE: Final = "Practical guide to aligning marketing and sales teams (CRM vendor)"
BENCHMARKS: Final = (
    ("Revenue growth a year, well aligned companies", "20 %", "LeadGenius, Sales Velocity; repeated in the guide"),
    ("Revenue a year, poorly aligned companies", "−4 %", "LeadGenius, Sales Velocity; repeated in the guide"),
    ("Win rate of highly aligned teams", "+36 %", "MarketingProfs, quoted by Olin Hyde, 2017"),
    ("Growth of the sales cycle in five years", "+22 %", "Salesforce, quoted by LeadGenius"),
    ("Conversion of web leads followed up within 5 minutes", "9 ×", _GUIDE),
    ("Leads called bad that buy within 24 months", "80 %", _GUIDE),
    ("Size of purchases of nurtured leads", "+47 %", _GUIDE),
    ("Sales reps who consider their pipeline accurate", "46 %", _GUIDE),
    ("Companies that score leads", "44 %", _GUIDE),
    ("Share of a sales day spent on writing emails", "21 %", "Do Your Marketing and Sales KPI’s Align? (blog)"),
)
"""Figures of others, quoted as they stand there."""


def cell_value(value: Any) -> Value:
    """A setting as its cell holds it: a blank for what is not set, numbers as numbers, all else in words.

    >>> cell_value(None), cell_value(365), cell_value(True), cell_value(("Web", "Email"))
    (None, 365, 'yes', 'Web, Email')
    """
    if value is None or value in ("", (), {}):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return setting_words(value)


def definitions_of(cells: Mapping[str, Value]) -> Mapping[str, Any]:
    """The settings as a definitions file would hold them, from the values of their cells; blanks are left out.

    >>> dict(definitions_of({"marketing_sources": "Web, Email", "rates": "EUR = 1.1", "cac_lag": "no"}))
    {'marketing_sources': ['Web', 'Email'], 'rates': {'EUR': '1.1'}, 'cac_lag': False}
    """
    found: dict[str, Any] = {}
    for key, value in cells.items():
        if value is None or value == "":
            continue
        found[key] = _parsed(key, value)
    return MappingProxyType(found)


def _parsed(key: str, value: Value) -> Any:
    usual = Definitions.model_fields[key].get_default(call_default_factory=True)
    if isinstance(usual, bool) and isinstance(value, str):
        return value.strip().lower() in {"yes", "true", "1"}
    if isinstance(usual, dict):
        pairs = (item.partition("=") for item in str(value).split(";") if item.strip())
        read = _words if key == "tests" else str.strip
        return {name.strip(): read(held) for name, _, held in pairs}
    if isinstance(usual, tuple) and key != "segments":
        return _words(str(value))
    return value


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
