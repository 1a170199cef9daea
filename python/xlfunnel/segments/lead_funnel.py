"""How leads go through the funnel: conversion from MQL to won, what the rates say together, and how long it takes.

The rates are those of the leads that marketing qualified, where the exports say which these are: a lead that sales
found itself did not skip the MQL stage, it never was in that funnel, and would make the handoff look better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.tables import Kind
from xlfunnel.errors import TooFewRecords
from xlfunnel.segments.counting import Counting, Part, slim
from xlfunnel.segments.findings import Figure, Finding
from xlfunnel.segments.quantiles import aggregated, shown_cells, shown_statistics
from xlfunnel.segments.stages import Step, conversion_table, stage_steps
from xlfunnel.table import Column, Table
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.segments.canonical import Canonical

STAGES: Final = {
    "mql_day": "MQL",
    "sal_day": "SAL",
    "sql_day": "SQL",
    "opportunity_day": "opportunity",
    "won_day": "won",
}

FINE_MQL_TO_SQL: Final = 0.30
"""From here on MQL → SQL is called high; the rate that the guide to alignment plans with."""

FINE_SQL_TO_OPPORTUNITY: Final = 0.50
"""From here on SQL → opportunity is called high: at least every second lead that sales took is really worked."""

MILESTONES: Final = {"mql_day": "created → MQL", "sal_day": "created → SAL", "won_day": "created → won"}


def lead_conversion(leads: Canonical, as_of: int, confidence: float) -> Finding:
    """Conversion from MQL to won over the stages that the exports have dates for."""
    stages = [stage for stage in STAGES if leads.has(stage)]
    if len(stages) < 2:
        leads.need("mql_day", "sql_day")
    steps = _steps(leads, stages, as_of, confidence)
    left_out = [name for stage, name in STAGES.items() if stage not in stages]
    dateless = f" The exports have no date for {', '.join(left_out)}." if left_out else ""
    whose = "Leads that marketing qualified" if leads.has("mql_day") else "Leads"
    return Finding(
        conversion_table(steps),
        f"{whose}, where old enough to judge: as old as the 90th percentile of the days that the step takes."
        + dateless,
    )


def mql_to_sql(leads: Canonical, as_of: int, confidence: float) -> Figure:
    """Share of the MQLs, old enough to judge, that became SQLs."""
    leads.need("mql_day", "sql_day")
    return _first_step(leads, ("mql_day", "sql_day", "opportunity_day", "won_day"), as_of, confidence)


def acceptance(leads: Canonical, as_of: int, confidence: float) -> Figure:
    """Share of the MQLs, old enough to judge, that sales accepted."""
    leads.need("mql_day", "sal_day")
    return _first_step(leads, ("mql_day", "sal_day", "sql_day", "opportunity_day", "won_day"), as_of, confidence)


def sql_to_opportunity(leads: Canonical, as_of: int, confidence: float) -> Figure:
    """Share of the SQLs that came from MQLs, old enough to judge, that became opportunities."""
    leads.need("sql_day", "opportunity_day")
    return _first_step(leads, ("sql_day", "opportunity_day", "won_day"), as_of, confidence)


def diagnose(mql_to_sql: Figure, sql_to_opportunity: Figure) -> str:
    """What the two rates say together, in plain words with the figures and where high begins.

    >>> diagnose(Figure(0.62, 400), Figure(0.31, 200))
    'MQL → SQL is high (62 %) and SQL → opportunity low (31 %): leads are accepted to avoid the argument about
    their quality, and die afterwards. High begins at 30 % and 50 %.'
    """
    first = mql_to_sql.value >= FINE_MQL_TO_SQL
    then = sql_to_opportunity.value >= FINE_SQL_TO_OPPORTUNITY
    told = (
        f"MQL → SQL is {_level(first)} ({_percent(mql_to_sql.value)}) and SQL → opportunity {_level(then)} "
        f"({_percent(sql_to_opportunity.value)}): {_MEANING[first, then]} High begins at "
        f"{_percent(FINE_MQL_TO_SQL)} and {_percent(FINE_SQL_TO_OPPORTUNITY)}."
    )
    unsure = [
        f"{name} lies between {_percent(figure.low)} and {_percent(figure.high)}"
        for name, figure, line in (
            ("MQL → SQL", mql_to_sql, FINE_MQL_TO_SQL),
            ("SQL → opportunity", sql_to_opportunity, FINE_SQL_TO_OPPORTUNITY),
        )
        if figure.low is not None and figure.high is not None and figure.low < line <= figure.high
    ]
    return f"{told} The leads are too few to be sure: {' and '.join(unsure)}." if unsure else told


_MEANING: Final = {
    (True, True): "sales takes what marketing hands over, and it leads to opportunities.",
    (True, False): "leads are accepted to avoid the argument about their quality, and die afterwards.",
    (False, True): "the scoring lets too much through, or sales rejects leads without working them: what sales does "
    "take leads to opportunities.",
    (False, False): "few leads are accepted and few of those get on: marketing and sales do not mean the same by a "
    "qualified lead.",
}


def _level(fine: bool) -> str:
    return "high" if fine else "low"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def lead_days(leads: Canonical, as_of: int) -> Finding:
    """Days from a lead's creation to MQL, to SAL and to won."""
    leads.need("created_day")
    milestones = [milestone for milestone in MILESTONES if leads.has(milestone)]
    if not milestones:
        leads.need(*MILESTONES)
    gaps = {m: nw.col(m) - nw.col("created_day") for m in milestones}
    days = {m: nw.when((gaps[m] >= 0) & (nw.col(m) <= as_of)).then(gaps[m]) for m in milestones}
    aggregates = [statistic for m in milestones for statistic in shown_statistics(f"{m}_days")]
    (row,) = aggregated(leads.frame.with_columns(**{f"{m}_days": gap for m, gap in days.items()}), aggregates)
    return Finding(
        Table(
            (
                Column("milestone", Unit.TEXT),
                Column("leads", Unit.COUNT),
                Column("median", Unit.DAYS),
                Column("p75", Unit.DAYS),
                Column("p90", Unit.DAYS),
            ),
            tuple(
                (MILESTONES[m], *shown_cells(row, f"{m}_days", "lead has both dates in order")) for m in milestones
            ),
        ),
        "Leads that have got there; whole days from the day each lead was created.",
    )


def _steps(leads: Canonical, stages: Sequence[str], as_of: int, confidence: float) -> tuple[Step, ...]:
    names = [STAGES[stage] for stage in stages]
    frame = leads.frame.filter(~nw.col("mql_day").is_null()) if leads.has("mql_day") else leads.frame
    return stage_steps(frame, stages, names, as_of, confidence=confidence)


def _first_step(leads: Canonical, stages: Sequence[str], as_of: int, confidence: float) -> Figure:
    """The first of these stages to the second; the later ones tell which leads skipped the second."""
    step = _steps(leads, [stage for stage in stages if leads.has(stage)], as_of, confidence)[0]
    found = step.rate
    if not isinstance(found, tuple):
        raise found
    low, rate, high = found
    age = step.whole_age_days
    if age is None or step.entered is None:
        msg = f"{step.name}: no record has both dates"
        raise TooFewRecords(msg)
    return Figure(
        rate,
        step.entered,
        low,
        high,
        f"{step.advanced:,} of {step.entered:,} leads that are at least {age} days old; "
        f"{step.reached - step.entered:,} younger left out.",
        {"entered": step.entered, "advanced": step.advanced or 0},
        _counting(step, (STAGES[stages[0]], STAGES[stages[1]]), age),
    )


def _counting(step: Step, stages: tuple[str, str], age: int) -> Counting | None:
    """The leads old enough for a step: those that advanced, then the others."""
    if step.judged is None:
        return None
    matured, advanced = step.flags
    first, then = stages
    old = f"Became {first} at least {age} days ago"
    parts = (
        Part(f"became {then}", f"{old}, and went on to {then} or beyond", nw.col(advanced)),
        Part(f"not {then} yet", f"{old}, and did not go on to {then}", nw.col(matured)),
    )
    return Counting(step.name, Kind.LEADS, slim(step.judged, matured, advanced), parts)
