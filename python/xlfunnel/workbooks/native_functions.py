"""What each function of ours is in the functions that every spreadsheet has, declared once for each.

A declaration is a formula over the names of the metric's arguments. The ranges of the arguments are not repeated
here: they come from the metric.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.units import Period, Rounding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Equivalent:
    """The native form of a function, or of one cell of a table that a function spills.

    `bodies` are formulas over argument names: the first mentions every optional argument; a shorter one serves calls
    that give just the optional arguments that it mentions. `out_of_range` are conditions under which the answer is
    `#NUM!` beside the ranges of the arguments. `factors` gives a factor for each word of the argument `option`.
    `refused` names arguments that no native formula can take, with the reason. `whole` gives a shorter body for calls
    in which the argument of that name is certainly a whole number.
    """

    bodies: tuple[str, ...]
    out_of_range: tuple[str, ...] = ()
    option: str = ""
    factors: Mapping[str, str] = field(default_factory=lambda: _NONE)
    refused: Mapping[str, str] = field(default_factory=lambda: _NONE)
    whole: Mapping[str, str] = field(default_factory=lambda: _NONE)


def _one(*bodies: str, out_of_range: tuple[str, ...] = ()) -> Equivalent:
    return Equivalent(bodies, out_of_range)


def rounded_up(need: str) -> str:
    """A formula that rounds up as the house does: what is within a billionth (at most 0.001) of a whole number is it.

    >>> rounded_up("A1/B1")
    'ROUNDUP(A1/B1-MIN(A1/B1,10^6)/10^9,0)'
    """
    return f"ROUNDUP({need}-MIN({need},10^6)/10^9,0)"


def rounded_nearest(need: str) -> str:
    """A formula that rounds to the nearest whole number, halves up, forgiving the same noise."""
    return f"INT({need}+0.5+MIN({need},10^6)/10^9)"


_VELOCITY: Final = "opportunities*average_deal*win_rate/cycle_days"
_CHANCE: Final = "IF(deals=0,1,1-BINOM.DIST(MIN({}-1,mqls),mqls,PRODUCT(rates),TRUE))"
_DEALS: Final = rounded_up("revenue/average_deal")

SCALARS: Final[Mapping[str, Equivalent]] = MappingProxyType(
    {
        "SALES_VELOCITY": Equivalent(
            (_VELOCITY,),
            option="per",
            factors=MappingProxyType(
                {
                    Period.DAY: "1",
                    Period.WEEK: "7",
                    Period.MONTH: "365.25/12",
                    Period.QUARTER: "365.25/4",
                    Period.YEAR: "365.25",
                }
            ),
        ),
        "CONVERSION_RATE": _one("IF(advanced>entered,#NUM!,advanced/entered)"),
        "DEALS_NEEDED": _one(_DEALS),
        "MQL_TARGET": Equivalent(
            (rounded_up(f"{_DEALS}/PRODUCT(rates)"),),
            refused=MappingProxyType({"confidence": "the smallest count for a probability is found by searching"}),
        ),
        "PLAN_CHANCE": Equivalent(
            (_CHANCE.format(rounded_up("deals")),),
            out_of_range=("MAX(mqls)>10^9",),
            whole=MappingProxyType({"deals": _CHANCE.format("deals")}),
        ),
        "PIPELINE_TARGET": _one("revenue/win_rate"),
        "LEADS_FOR_PIPELINE": _one(rounded_up("pipeline/average_deal/lead_to_opportunity")),
        "COVERAGE_NEEDED": _one("1/(win_rate*(1-slip))", "1/win_rate"),
        "PIPELINE_COVERAGE": _one("open_pipeline/MAX(0,target-booked)", "open_pipeline/target"),
        "WIN_RATE": _one("won/SUM(won,lost,no_decision)", "won/(won+lost)"),
        "ACCEPTANCE_RATE": _one("IF(sals>mqls,#NUM!,sals/mqls)"),
        "LEAD_CAPACITY": _one("reps*hours_week*selling_share*weeks/hours_lead", "reps*hours_week*weeks/hours_lead"),
        "REPS_NEEDED": _one(
            rounded_up("leads*hours_lead/(hours_week*selling_share*weeks)"),
            rounded_up("leads*hours_lead/(hours_week*weeks)"),
        ),
        "FULLY_LOADED_CAC": _one(
            "SUM(marketing_spend,sales_cost,tools,other)/customers",
            "SUM(marketing_spend,sales_cost,tools)/customers",
            "(marketing_spend+sales_cost)/customers",
        ),
        "MARKETING_CAC": _one("marketing_spend/customers"),
        "CUSTOMER_LTV": _one("revenue_month*gross_margin*IF(churn_month*cap_months>1,1/churn_month,cap_months)"),
        "LTV_TO_CAC": _one("ltv/cac"),
        "CAC_PAYBACK": _one("cac/(revenue_month*gross_margin)"),
    }
)
"""Functions that answer one value, by name."""

_GOALS: Final[Mapping[str, str]] = MappingProxyType(
    # A lever of 0 among the others divides by zero, as no value of this one could then help.
    {
        "opportunities": "target/(average_deal*win_rate/cycle_days)",
        "average_deal": "target/(opportunities*win_rate/cycle_days)",
        "win_rate": "IF(ROUND({0},12)>1,#NUM!,{0})".format("target/(opportunities*average_deal/cycle_days)"),
        "cycle_days": "1/(target/(opportunities*average_deal*win_rate))",
    }
)

BY_WORD: Final[Mapping[str, tuple[str, Mapping[str, Equivalent]]]] = MappingProxyType(
    {
        "VELOCITY_GOAL": (
            "lever",
            MappingProxyType({word: _one(body) for word, body in _GOALS.items()}),
        ),
    }
)
"""Functions whose form depends on a word that must stand in the formula: the argument, and the form for each word."""


@dataclass(frozen=True)
class TableCell:
    """A cell of a table that a function spills, and the words among its arguments; row 1 is the heading."""

    row: int
    column: int
    words: Mapping[str, str] = field(default_factory=lambda: _NONE)


def _interval(cell: TableCell) -> Equivalent | None:
    z = "NORM.S.INV((1-confidence)/2)"  # negative: the low end adds it, the high end takes it away
    middle, spread = f"won+{z}^2/2", f"{z}*SQRT(won*(closed-won)/closed+{z}^2/4)"
    bodies = {
        1: f"MAX(0,({middle}+{spread})/(closed+{z}^2))",
        2: "won/closed",
        3: f"MIN(1,({middle}-{spread})/(closed+{z}^2))",
    }
    if cell.row != 2 or cell.column not in bodies:
        return None
    return _one(f"IF(won>closed,#NUM!,{bodies[cell.column]})")


def _stages(top: str, rates: int) -> str:
    """The count after so many stages."""
    return "*".join([top, *(f"INDEX(rates,{number})" for number in range(1, rates + 1))])


def _shown(need: str, rounding: str) -> Equivalent | None:
    forms = {Rounding.NONE: need, Rounding.UP: rounded_up(need), Rounding.NEAREST: rounded_nearest(need)}
    return _one(forms[Rounding(rounding)]) if rounding in forms else None


def _forward(cell: TableCell) -> Equivalent | None:
    if cell.row < 2 or cell.column != 2:
        return None
    return _shown(_stages("top", cell.row - 2), cell.words.get("rounding", Rounding.NONE))


def _reverse(cell: TableCell) -> Equivalent | None:
    if cell.row < 2 or cell.column != 2:
        return None
    return _shown(_stages("deals", cell.row - 2) + "/PRODUCT(rates)", cell.words.get("rounding", Rounding.UP))


_BETTER_RATE: Final = "MIN(1,win_rate*(1+change))"
_SENSITIVITY: Final[Mapping[tuple[int, int], str]] = MappingProxyType(
    {
        (2, 2): "opportunities*(1+change)",
        (3, 2): "average_deal*(1+change)",
        (4, 2): _BETTER_RATE,
        (5, 2): "cycle_days*(1-change)",
        (2, 3): f"{_VELOCITY}*(1+change)",
        (3, 3): f"{_VELOCITY}*(1+change)",
        (4, 3): f"opportunities*average_deal*{_BETTER_RATE}/cycle_days",
        (5, 3): f"{_VELOCITY}/(1-change)",
        (6, 3): f"opportunities*average_deal*{_BETTER_RATE}/cycle_days*(1+change)^2/(1-change)",
        (2, 4): f"{_VELOCITY}*change",
        (3, 4): f"{_VELOCITY}*change",
        (4, 4): f"opportunities*average_deal*({_BETTER_RATE}-win_rate)/cycle_days",
        (5, 4): f"{_VELOCITY}*change/(1-change)",
        (6, 4): f"opportunities*average_deal*({_BETTER_RATE}*(1+change)^2/(1-change)-win_rate)/cycle_days",
    }
)


def _sensitivity(cell: TableCell) -> Equivalent | None:
    body = _SENSITIVITY.get((cell.row, cell.column))
    if body is None:
        return None
    # A cycle of 0 days leaves the whole table without an answer, the new values too.
    return _one(f"IF(cycle_days=0,#DIV/0!,{body})" if cell.column == 2 else body)


def _bridge(cell: TableCell) -> Equivalent | None:
    old, new = (
        "*".join(f"INDEX({side},{n})" for n in (1, 2, 3)) + f"/INDEX({side},4)" for side in ("before", "after")
    )
    level = cell.row - 1
    body = None
    if cell.row == 6:
        body = {2: old, 3: new, 4: f"{new}-{old}"}.get(cell.column)
    elif 2 <= cell.row <= 5 and cell.column in {2, 3}:
        body = f"INDEX({'before' if cell.column == 2 else 'after'},{level})"
    elif 2 <= cell.row <= 5 and cell.column == 4:
        # Between near neighbours the logarithm loses its digits; there the mean follows from two other means.
        near = f"(2*SQRT({old}*{new})+({old}+{new})/2)/3"
        mean = f"IF(ABS({new}/({old})-1)<0.001,{near},({new}-{old})/LN({new}/({old})))"
        ratio = f"INDEX(after,{level})/INDEX(before,{level})" if level < 4 else "INDEX(before,4)/INDEX(after,4)"
        body = f"{mean}*LN({ratio})"
    if body is None:
        return None
    return _one(body, out_of_range=("MIN(before,after)=0", "MAX(INDEX(before,3),INDEX(after,3))>1"))


CELLS: Final[Mapping[str, Callable[[TableCell], Equivalent | None]]] = MappingProxyType(
    {
        "WIN_RATE_INTERVAL": _interval,
        "FUNNEL_FORWARD": _forward,
        "FUNNEL_REVERSE": _reverse,
        "VELOCITY_SENSITIVITY": _sensitivity,
        "VELOCITY_BRIDGE": _bridge,
    }
)
"""Functions that spill: the native form of `INDEX(F(…),row,column)`, None where the cell has none."""

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SOURCED_SHARE": "names are compared without case and surrounding space, which no lookup does exactly",
        "INFLUENCED_SHARE": 'TRUE, 1 and "yes" all mean yes, which spreadsheets count differently',
        "SALES_CYCLE": "a median over the deals of one status takes an array formula",
        "FOLLOW_UP_RATE": "business hours of every lead take a column of their own",
        "SPEED_TO_LEAD": "a median over touched leads takes an array formula",
        "SLA_HOURS": "working days and holidays of any week take a formula too long to check",
        "METRIC_INFO": "it tells of a function that is not there",
        "METRIC_CHECK": "it tells of a function that is not there",
    }
)
"""Why a function has no native form, where the reason is its own."""

WHOLE: Final = frozenset({"DEALS_NEEDED", "MQL_TARGET", "LEADS_FOR_PIPELINE", "REPS_NEEDED"})
"""Functions whose answers are whole numbers."""

_SINCE_2010: Final = (
    "ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST "
    "BINOM.DIST.RANGE BINOM.INV BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH "
    "CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS "
    "COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P COVARIANCE.S CSC CSCH DAYS DECIMAL "
    "DROP ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT F.TEST FILTERXML "
    "FLOOR.MATH FLOOR.PRECISE FORECAST.ETS FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY "
    "FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS "
    "HSTACK HYPGEOM.DIST IFNA IFS IMAGE IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA "
    "ISOMITTED ISOWEEKNUM LAMBDA LET LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT "
    "MODE.SNGL MUNIT NEGBINOM.DIST NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION "
    "PERCENTILE.EXC PERCENTILE.INC PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI POISSON.DIST "
    "QUARTILE.EXC QUARTILE.INC QUERYSTRING RANDARRAY RANK.AVG RANK.EQ REDUCE RRI SCAN SEC SECH SEQUENCE "
    "SHEET SHEETS SINGLE SKEW.P SORTBY STDEV.P STDEV.S SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T "
    "T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW UNICHAR UNICODE UNIQUE VALUETOTEXT "
    "VAR.P VAR.S VSTACK WEBSERVICE WEIBULL.DIST WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR Z.TEST "
)

FUTURE: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(_SINCE_2010.split(), "_xlfn.") | {"FILTER": "_xlfn._xlws.", "SORT": "_xlfn._xlws."}
)
"""Functions that came after Excel 2007, and the prefix that a file writes before them."""
