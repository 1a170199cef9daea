"""The Scenarios sheet: the same plan under other rates, deals and targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import HEADING, Col, place_note, place_title
from xlfunnel.templates.book import Rule
from xlfunnel.templates.drawings import Shown, columns
from xlfunnel.templates.quarterly_plan.following import (
    FROZEN,
    SEGMENT_WIDTH,
    looked_up,
    place_following,
    summed,
    where,
)
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Scenario"
SCENARIOS: Final = ("Planned", "Cautious", "Stretch")
_SPAN: Final = 5
"""Columns of each scenario in the table."""

_LEVERS: Final = (
    (
        "rate",
        "MQL to deal, × the plan's",
        (1, 0.9, 1.05),
        "A rate of 5 % becomes 4.5 % at 90 %; it stays at most 100 %.",
    ),
    ("deal", "Average deal, × the plan's", (1, 0.95, 1.05), "What a deal brings against the plan."),
    ("target", "Revenue target, × the plan's", (1, 1, 1.1), "What is to be won against the plan."),
)
_NOTE: Final = (
    "Each scenario multiplies the plan's rates, average deals and targets, in all segments alike; change the yellow "
    "cells. Chance and revenue come with the MQLs owed; the chance of all segments takes them as independent."
)
_LINE: Final = replace(styles.BODY, bottom=styles.RULE)
_STRONG: Final = replace(_LINE, bold=True)


def lever(name: str, scenario: str) -> str:
    """The name of the cell that holds a scenario's multiplier, such as scenario_rate_cautious."""
    return f"scenario_{name}_{scenario.lower()}"


def result(name: str, scenario: str) -> str:
    """The name of the cell that holds what a scenario gives, such as scenario_mqls_cautious."""
    return f"scenario_{name}_{scenario.lower()}"


_PLAN_RATE: Final = looked_up(TABLE, "Plan", "MQL to deal")
_PLAN_DEAL: Final = looked_up(TABLE, "Plan", "Average deal")
_PLAN_TARGET: Final = looked_up(TABLE, "Plan", "Revenue target")
_AGREED: Final = looked_up(TABLE, "Plan", "MQLs owed")


def _columns(scenario: str) -> tuple[Col, ...]:
    rate, deals = (f"[@[{scenario} {name}]]" for name in ("rate", "deals"))
    target = f"{_PLAN_TARGET}*{lever('target', scenario)}"
    deal = f"{_PLAN_DEAL}*{lever('deal', scenario)}"
    words = scenario.lower()
    unknown = f'OR([@Segment]="",N({_PLAN_RATE})=0,N({lever("rate", scenario)})=0)'
    no_deal = f'OR([@Segment]="",{_PLAN_TARGET}="",N({_PLAN_DEAL})=0,N({lever("deal", scenario)})=0)'
    none = f'OR({rate}="",{deals}="",{_AGREED}="")'
    return (
        Col(f"{scenario} rate", Unit.SHARE, width=84, number_format="0.00 %", unit_line=words,
            formula=where(unknown, '""', f"MIN(1,{_PLAN_RATE}*{lever('rate', scenario)})")),
        Col(f"{scenario} deals", Unit.COUNT, width=84, total="sum", unit_line=words,
            formula=where(no_deal, '""', f"DEALS_NEEDED({target},{deal})")),
        Col(f"{scenario} MQLs", Unit.COUNT, width=84, total="sum", unit_line=words, bold=True,
            formula=where(f'OR({rate}="",{deals}="")', '""', f"MQL_TARGET({target},{deal},{rate})")),
        Col(f"{scenario} chance", Unit.SHARE, width=84, number_format="0 %", unit_line=words,
            formula=where(none, '""', f"PLAN_CHANCE(INT(N({_AGREED})),{rate},{deals})")),
        Col(f"{scenario} revenue", Unit.MONEY, width=76, total="sum", unit_line=words,
            formula=where(none, '""', f"{_AGREED}*{rate}*{deal}")),
    )  # fmt: skip


def _all(scenario: str) -> tuple[tuple[str, str, str, str], ...]:
    """What a scenario gives for all segments: name, label, formula, number format."""
    chances = f"{TABLE}[{scenario} chance]"
    revenue, target, owed, mqls = (result(name, scenario) for name in ("revenue", "target_money", "owed", "mqls"))
    return (
        (
            "target_money",
            "Revenue target",
            f'=IF(N(target_total)=0,"",target_total*{lever("target", scenario)})',
            "#,##0",
        ),
        ("deals", "Deals needed", summed(TABLE, f"{scenario} deals"), "#,##0"),
        ("mqls", "MQLs needed", summed(TABLE, f"{scenario} MQLs"), "#,##0"),
        ("owed", "MQLs owed", "=plan_mqls_owed", "#,##0"),
        ("gap", "MQLs owed less needed", f'=IF({mqls}="","",N({owed})-{mqls})', "+#,##0;-#,##0;0"),
        ("revenue", "Revenue expected with the MQLs owed", summed(TABLE, f"{scenario} revenue"), "#,##0"),
        ("reached", "Of the target", f'=IF(OR(N({target})=0,{revenue}=""),"",{revenue}/{target})', "0 %"),
        (
            "chance",
            "Chance that every segment gets its deals",
            f'=IF(COUNT({chances})=0,"",PRODUCT({chances}))',
            "0 %",
        ),
    )


def place_scenarios(page: TemplatePage) -> None:
    """Write three scenarios side by side, and what they mean for each segment."""
    page.widen(1, max(SEGMENT_WIDTH, 270))
    for column in range(2, 2 + _SPAN * len(SCENARIOS)):
        page.widen(column, 84)
    place_note(page, _NOTE, right=14)
    page.row += 1
    top = page.row
    _place_levers(page)
    rows = _place_results(page)
    chart = _chart(page, rows)
    page.chart(chart, top, 6, page.width(6, 1 + _SPAN * len(SCENARIOS)), 330)
    page.row = max(page.row, top + 16) + 1
    place_title(page, "By segment", right=14)
    place_following(page, TABLE, [one for scenario in SCENARIOS for one in _columns(scenario)])
    page.frozen = FROZEN
    same = ",".join(f"{lever(name, 'Planned')}=1" for name, *_ in _LEVERS)
    page.book.check(
        "The scenario as planned needs the plan's MQLs, while its three multipliers are 100 %",
        f"IF(AND({same}),N({result('mqls', 'Planned')})=N(plan_mqls_needed),TRUE)",
    )


def _place_levers(page: TemplatePage) -> None:
    _heading(page, "What changes")
    look = replace(styles.INPUT, align="right", number_format="0 %")
    for name, words, defaults, hint in _LEVERS:
        page.text(page.row, 1, words, _LINE)
        for column, (scenario, default) in enumerate(zip(SCENARIOS, defaults, strict=True), start=2):
            cell = lever(name, scenario)
            page.enter(
                page.row, column, page.book.contents.fields.get(cell, default), look, Rule.of(Unit.RATIO, hint)
            )
            page.book.name(cell, page, page.row, column)
        page.row += 1
    page.row += 1


def _place_results(page: TemplatePage) -> Mapping[str, int]:
    """Write what each scenario gives, and say in which row each figure stands."""
    _heading(page, "What comes of it")
    rows: dict[str, int] = {}
    for number, (name, words, _, _) in enumerate(_all(SCENARIOS[0])):
        rows[name] = page.row + number
        look = _STRONG if name in {"mqls", "revenue", "chance"} else _LINE
        page.text(rows[name], 1, words, look)
        for column, scenario in enumerate(SCENARIOS, start=2):
            _, _, formula, shape = _all(scenario)[number]
            cell = replace(look, align="right", number_format=shape)
            page.calc(rows[name], column, formula, cell, name=result(name, scenario))
    page.row = max(rows.values()) + 1
    return rows


def _heading(page: TemplatePage, words: str) -> None:
    page.text(page.row, 1, words, HEADING)
    for column, scenario in enumerate(SCENARIOS, start=2):
        page.text(page.row, column, scenario, replace(HEADING, align="right"))
    page.row += 1


def _chart(page: TemplatePage, rows: Mapping[str, int]) -> Chart:
    def area(row: int) -> Area:
        return Area(page.name, row, 2, row, 1 + len(SCENARIOS))

    series = (
        Shown("MQLs owed", area(rows["owed"]), color=styles.ACCENT, plan=True, labels=True),
        Shown("MQLs needed", area(rows["mqls"]), color=styles.ACCENT, labels=True),
    )
    told = "Columns for three scenarios: MQLs owed under the plan beside the MQLs that the scenario needs."
    title = "How many MQLs would it take? All segments"
    return columns(page.book, title, area(rows["target_money"] - 1), series, told=told)
