"""The formulas of the figures that a person would cite: over named totals, which the refresh writes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.units import Unit
from xlfunnel.workbooks.book import DASH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xlfunnel.report import Measure, Report

KPI: Final = "kpi_"
"""Before the name of every figure, so that none is the name of a worksheet function."""

TOTAL: Final = "total_"
"""Before the name of every count and sum that figures are computed from."""

HEADLINES: Final = (
    "mql_to_sql",
    "sql_to_opportunity",
    "velocity",
    "follow_up",
    "sourced_share",
    "influenced_share",
    "loaded_cac",
    "marketing_cac",
)
"""The report's figures on page one."""

CONFIDENCE: Final = f"{TOTAL}confidence"


@dataclass(frozen=True)
class Total:
    """A count or sum from the exports: what it is, its unit, and the note's key in a figure."""

    key: str
    name: str
    says: str
    unit: Unit = Unit.COUNT


@dataclass(frozen=True)
class Plan:
    """How a figure is computed: a formula without its equals sign, over totals and other figures.

    Where `divisor` is 0 there is no figure. `interval` are the totals (part and whole) whose range stands beside it.
    """

    formula: str
    divisor: str
    totals: tuple[Total, ...] = ()
    figures: tuple[str, ...] = ()
    interval: tuple[str, str] = ("", "")


_OPEN: Final = Total("open", "total_open_deals", "Qualified deals that are open")
_WON: Final = Total("won", "total_won_deals", "Deals won in the window")
_REVENUE: Final = Total("won_revenue", "total_won_revenue", "Revenue won in the window", Unit.MONEY)
_SPEND: Final = Total("marketing_spend", "total_marketing_spend", "Marketing spend of the window", Unit.MONEY)
_CUSTOMERS: Final = Total("customers", "total_customers", "New customers of the window")

PLANS: Final[Mapping[str, Plan]] = MappingProxyType(
    {
        "kpi_mql_to_sql": Plan(
            "CONVERSION_RATE(total_mqls_judged,total_mqls_to_sql)",
            "total_mqls_judged",
            (
                Total("entered", "total_mqls_judged", "MQLs old enough to judge"),
                Total("advanced", "total_mqls_to_sql", "Of those, became SQLs"),
            ),
            interval=("total_mqls_to_sql", "total_mqls_judged"),
        ),
        "kpi_sql_to_opportunity": Plan(
            "CONVERSION_RATE(total_sqls_judged,total_sqls_to_opportunity)",
            "total_sqls_judged",
            (
                Total("entered", "total_sqls_judged", "SQLs old enough to judge"),
                Total("advanced", "total_sqls_to_opportunity", "Of those, became opportunities"),
            ),
            interval=("total_sqls_to_opportunity", "total_sqls_judged"),
        ),
        "kpi_acceptance_rate": Plan(
            "ACCEPTANCE_RATE(total_handed_over,total_accepted)",
            "total_handed_over",
            (
                Total("entered", "total_handed_over", "MQLs handed over, old enough to judge"),
                Total("advanced", "total_accepted", "Of those, accepted by sales (SAL)"),
            ),
            interval=("total_accepted", "total_handed_over"),
        ),
        "kpi_follow_up": Plan(
            "CONVERSION_RATE(total_leads_judged,total_leads_in_time)",
            "total_leads_judged",
            (
                Total("judged", "total_leads_judged", "MQLs whose follow-up can be judged"),
                Total("in_time", "total_leads_in_time", "Of those, contacted in time"),
            ),
            interval=("total_leads_in_time", "total_leads_judged"),
        ),
        "kpi_mqls_received": Plan(
            "total_mqls", "COUNT(total_mqls)", (Total("mqls", "total_mqls", "MQLs of the quarter"),)
        ),
        "kpi_win_rate": Plan(
            "WIN_RATE(total_won_deals,total_lost_deals,total_no_decision)",
            "SUM(total_won_deals,total_lost_deals,total_no_decision)",
            (
                _WON,
                Total("lost", "total_lost_deals", "Deals lost in the window"),
                Total("no_decision", "total_no_decision", "Deals that ended with no decision"),
            ),
            interval=("total_won_deals", "SUM(total_won_deals,total_lost_deals,total_no_decision)"),
        ),
        "kpi_average_deal": Plan(
            "total_won_revenue/total_won_with_amount",
            "total_won_with_amount",
            (_REVENUE, Total("won_with_amount", "total_won_with_amount", "Won deals that have an amount")),
        ),
        "kpi_mean_cycle_of_closed_deals": Plan(
            "total_cycle_days/total_closed_with_cycle",
            "total_closed_with_cycle",
            (
                Total("days", "total_cycle_days", "Days from created to closed, summed", Unit.DAYS),
                Total("closed_with_cycle", "total_closed_with_cycle", "Closed deals that have both dates"),
            ),
        ),
        "kpi_velocity": Plan(
            "SALES_VELOCITY(total_open_deals,kpi_average_deal,kpi_win_rate,kpi_mean_cycle_of_closed_deals)",
            "kpi_mean_cycle_of_closed_deals",
            (_OPEN,),
            ("kpi_average_deal", "kpi_win_rate", "kpi_mean_cycle_of_closed_deals"),
        ),
        "kpi_share_of_open_deals_overdue": Plan(
            "CONVERSION_RATE(total_open_deals,total_overdue_deals)",
            "total_open_deals",
            (_OPEN, Total("overdue", "total_overdue_deals", "Open deals past their expected close")),
        ),
        "kpi_coverage_needed_by_count": Plan("COVERAGE_NEEDED(kpi_win_rate)", "kpi_win_rate", (), ("kpi_win_rate",)),
        "kpi_coverage_needed_by_value": Plan(
            "total_closed_value/total_won_revenue",
            "total_won_revenue",
            (Total("closed_value", "total_closed_value", "Value of all closed deals", Unit.MONEY), _REVENUE),
        ),
        "kpi_sourced_share": Plan(
            "total_sourced_revenue/total_won_revenue",
            "total_won_revenue",
            (_REVENUE, Total("part", "total_sourced_revenue", "Of it, sourced by marketing", Unit.MONEY)),
        ),
        "kpi_influenced_share": Plan(
            "total_influenced_revenue/total_won_revenue",
            "total_won_revenue",
            (_REVENUE, Total("part", "total_influenced_revenue", "Of it, touched by marketing", Unit.MONEY)),
        ),
        "kpi_loaded_cac": Plan(
            "FULLY_LOADED_CAC(total_customers,total_marketing_spend,total_sales_cost)",
            "total_customers",
            (_CUSTOMERS, _SPEND, Total("sales_cost", "total_sales_cost", "Cost of the people who sell", Unit.MONEY)),
        ),
        "kpi_marketing_cac": Plan(
            "MARKETING_CAC(total_customers,total_marketing_spend)", "total_customers", (_CUSTOMERS, _SPEND)
        ),
    }
)


@dataclass(frozen=True)
class Named:
    """A figure of the report with its name in formulas, and the formulas of its value and range where it has them."""

    name: str
    measure: Measure
    formula: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Headlines:
    """Every figure in its order, and the totals that their formulas read."""

    figures: tuple[Named, ...]
    totals: Mapping[Total, float | None] = field(default_factory=lambda: MappingProxyType({}))

    def reading(self, total: str) -> list[str]:
        """What the figures are called whose formulas read a total."""
        read = re.compile(rf"\b{total}\b")
        return [one.measure.name for one in self.figures if read.search(one.formula)]

    def of(self, name: str) -> Named:
        """A figure by the report's own name for it, such as "velocity"."""
        return next(one for one in self.figures if one.name == f"{KPI}{name}")

    def has(self, name: str) -> bool:
        """Whether a figure of this name stands in the workbook."""
        return any(one.name == name for one in self.figures)


def headlines(report: Report) -> Headlines:
    """The figures of a report with their formulas; one that does not say what it is made of stays a value."""
    named = named_measures(report)
    measures = dict(named)
    totals = _totals(measures)
    plans = {name: PLANS[name] for name in measures if name in PLANS and _holds(name, measures, totals)}
    dependent = {name: plan for name, plan in plans.items() if plan.figures}
    for name, plan in dependent.items():
        if not all(one in plans for one in plan.figures):
            del plans[name]
    read = [total for plan in plans.values() for total in plan.totals]
    return Headlines(
        tuple(_planned(name, measure, plans.get(name)) for name, measure in named),
        MappingProxyType({total: totals.get(total.name) for total in read}),
    )


def named_measures(report: Report) -> list[tuple[str, Measure]]:
    """Every figure with a name of its own for formulas, those of page one first."""
    listed = [(f"{KPI}{name}", getattr(report, name)) for name in HEADLINES]
    taken = {name for name, _ in listed}
    for measure in report.supporting:
        name = _name_of(measure, taken)
        taken.add(name)
        listed.append((name, measure))
    return listed


def is_known(measure: Measure) -> bool:
    """Whether the figure has a value that a sheet can show."""
    return measure.value is not None and math.isfinite(measure.value)


def _name_of(measure: Measure, taken: Iterable[str]) -> str:
    """A name for formulas out of a figure's own name, different from those taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", measure.name.lower()).strip("_")[:60]
    name = "kpi_mqls_received" if plain.startswith("mqls_since") else f"{KPI}{plain or 'figure'}"
    number = 2
    while name in taken:
        name, number = f"{KPI}{plain}_{number}", number + 1
    return name


def _totals(measures: Mapping[str, Measure]) -> dict[str, float]:
    """The totals by name; what two figures tell differently is left out, and so are their formulas."""
    found: dict[str, float] = {}
    unsure: set[str] = set()
    for name, measure in measures.items():
        for total in PLANS[name].totals if name in PLANS else ():
            if total.key not in measure.made_of:
                continue
            value = measure.made_of[total.key]
            if not math.isclose(found.setdefault(total.name, value), value, rel_tol=1e-12):
                unsure.add(total.name)
    return {name: value for name, value in found.items() if name not in unsure}


def _holds(name: str, measures: Mapping[str, Measure], totals: Mapping[str, float]) -> bool:
    """Whether the figure can be computed in the workbook; one without a value can, and shows a dash."""
    return not is_known(measures[name]) or all(total.name in totals for total in PLANS[name].totals)


def _planned(name: str, measure: Measure, plan: Plan | None) -> Named:
    if plan is None:
        return Named(name, measure)
    needed = [total.name for total in plan.totals] + list(plan.figures)
    whole = f"OR(COUNT({','.join(needed)})<{len(needed)},{plan.divisor}=0)"
    formula = f'=IF({whole},"{DASH}",{plan.formula})'
    if not plan.interval[0]:
        return Named(name, measure, formula)
    part, of = plan.interval
    ends = (f"INDEX(WIN_RATE_INTERVAL({part},{of},{CONFIDENCE}),2,{column})" for column in (1, 3))
    low, high = (f'=IF({whole},"",{end})' for end in ends)
    return Named(name, measure, formula, low, high)
