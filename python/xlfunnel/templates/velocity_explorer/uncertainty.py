"""The Uncertainty sheet: how far chance alone could have put velocity, why, and how many deals would say more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.metrics.velocity import Lever
from xlfunnel.templates.blocks import Card, Col, Field, place_cards, place_fields, place_table, place_title
from xlfunnel.templates.drawings import Shown, columns_with_line, tornado
from xlfunnel.templates.velocity_explorer.latest import place_latest
from xlfunnel.templates.velocity_explorer.levers import (
    CHANGE,
    DRAWN_GAIN,
    EMPTY,
    GAIN,
    VELOCITY,
    YES,
    Figure,
    Words,
    absolute,
    money_words,
    percent_words,
    place_chart_title,
    place_headings,
    place_line,
    velocity_with,
)
from xlfunnel.templates.velocity_explorer.ranking import Ranked, size_formula
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.velocity_explorer.latest import Latest

_LEFT: Final = 1
_ROW: Final = "ROW()-ROW(Uncertainty[[#Headers],[Period]])"
_CHART_ROWS: Final = 12
_VERDICT_LEFT: Final = 4
_SOURCES: Final = (
    "Source", "Share of uncertainty", "Figure", "Low", "High", "Velocity when worse", "Velocity when better", "Lost",
    "Gained", "Size", "Place",
)  # fmt: skip
(_LABEL, _SHARE, _FIGURE, _LOW, _HIGH, _WORSE, _BETTER, _LOST, _GAINED, _SIZE, _PLACE) = range(
    _LEFT, _LEFT + len(_SOURCES)
)
_TIMES: Final = (1, 2, 4, 8, 16)
"""Multiples of today's closed deals at which the range is shown."""


@dataclass(frozen=True)
class Drawn:
    """The sources as the left chart draws them: the reference to its title, and where its parts stand."""

    title: str
    names: Area
    worse: Area
    better: Area


def write_uncertainty(page: TemplatePage) -> Latest:
    """Write the sheet; gives what the chart on Periods draws."""
    _place_cards(page)
    chart_top = page.row
    page.row += _CHART_ROWS + 1
    settings = page.row
    place_title(page, "Settings", "For all ranges of the workbook.", right=3)
    place_fields(page, _FIELDS)
    page.row = settings
    _place_verdict(page)
    for column, wide in ((_LABEL, 150), *((at, 98) for at in range(_SHARE, _PLACE + 4))):
        page.fix(column, wide)
    page.row += 1
    place_title(page, "Where the range comes from", _WHERE, right=_PLACE)
    ranked = _place_sources(page)
    page.row += 1
    top = page.row
    drawn = _place_drawn(page, ranked)
    low_end, page.row = page.row, top
    narrowing = _place_narrowing(page)
    page.row = max(low_end, page.row)
    page.keep(top, page.row - 1)
    top = page.row
    latest = place_latest(page)
    page.keep(top, page.row - 1)
    place_title(page, "Every period", _EVERY, right=_PLACE + 2)
    _place_table(page)
    page.fix(_LABEL, 150)
    _place_charts(page, chart_top, drawn, narrowing)
    _add_checks(page)
    return latest


_WHERE: Final = (
    "Each source at the low and the high end of its own range, the others as they are. The win rate's range is "
    "Wilson's; the others follow from their spread and the number of deals."
)
_EVERY: Final = (
    "One row per period, following Periods. The relative variances of win rate, average deal and cycle add up; "
    "the range is velocity × exp(± z × their root), the same as VELOCITY_INTERVAL takes from the deals "
    "themselves. Open opportunities are counted, not sampled, and add none."
)
_FIELDS: Final = (
    Field("interval_confidence", "Confidence of ranges", Unit.SHARE, 0.95, hint="Such as 95 %.", unit_line=""),
    Field(
        "reach_wanted",
        "Range wanted, up to",
        Unit.SHARE,
        0.2,
        hint="Such as 20 %: high is 1.2 × velocity.",
        unit_line="",
    ),
    Field(
        "interval_z",
        "Standard deviations, z",
        Unit.RATIO,
        formula='=IF(AND(N(interval_confidence)>0,N(interval_confidence)<1),NORM.S.INV((1+interval_confidence)/2),"")',
        number_format="0.000",
    ),
)


def _after(column: str, side: str = "after") -> str:
    return f"INDEX(Uncertainty[{column}],{side}_row)"


def _place_cards(page: TemplatePage) -> None:
    top = page.row
    band = f'{money_words("after_low")}&" to "&{money_words("after_high")}'
    words = f'=IF(after_low="","needs both spreads and 2 won deals",{band})'
    spans = (
        Card("Velocity per day", "=after_velocity", Unit.MONEY_PER_DAY, words),
        Card(
            "Range of chance, up to",
            '=IF(after_high="","",after_high/after_velocity-1)',
            Unit.SHARE,
            f'=IF(after_low="","","and down to "&{percent_words("(after_low/after_velocity-1)", signed=True)})',
            "after_reach",
            number_format=CHANGE,
        ),
        Card(
            "Largest source",
            '=IFERROR(INDEX(source_names,MATCH(MAX(source_shares),source_shares,0)),"")',
            Unit.TEXT,
            f'=IF(COUNT(source_shares)=0,"",{percent_words("MAX(source_shares)")}&" of the uncertainty")',
            "largest_source",
        ),
        Card(
            "Closed deals missing",
            _MISSING,
            Unit.COUNT,
            f'=IF(deals_missing="","","until the range is up to "&{percent_words("reach_wanted", signed=True)})',
            "deals_missing",
        ),
        Card(
            "Did velocity change?",
            _VERDICT,
            Unit.TEXT,
            '=IF(change_low="","",before_period&" to "&after_period)',
            "change_verdict",
        ),
    )
    place_cards(page, spans, span=2, right=_PLACE + 2)
    page.row = top + 4


_MISSING: Final = (
    '=IF(OR(after_reach="",N(reach_wanted)<=0),"",'
    "MAX(0,ROUNDUP(after_closed*((LN(1+after_reach)/LN(1+reach_wanted))^2-1),0)))"
)


def _place_sources(page: TemplatePage) -> Ranked:
    top = page.row
    place_headings(page, top, _LEFT, _SOURCES)
    page.height(top, 32)
    ranked = Ranked(top + 1, 3, _SIZE, _PLACE)
    deal = f"interval_z*SQRT({_after('From deal size')})"
    cycle = f"interval_z*SQRT({_after('From cycle')})"
    lines = (
        ("Win rate", Lever.WIN_RATE, "From win rate", _after("Rate low"), _after("Rate high"), "0.0 %"),
        ("Average deal", Lever.AVERAGE_DEAL, "From deal size", *_both("after_average_deal", deal), VELOCITY),
        ("Cycle days", Lever.CYCLE_DAYS, "From cycle", *_both("after_cycle_days", cycle), "#,##0.0"),
    )
    for number, (words, lever, part, low, high, shape) in enumerate(lines):
        row = top + 1 + number
        worse_end, better_end = (_HIGH, _LOW) if lever is Lever.CYCLE_DAYS else (_LOW, _HIGH)
        down, up = absolute(row, _WORSE), absolute(row, _BETTER)
        cells = (
            Words(words),
            Figure(f'=IF(after_low="","",{_after(part)}/{_after("Spread")}^2)', "0.0 %"),
            Figure(f"=after_{lever}", shape),
            Figure(f'=IF(after_low="","",{low})', shape),
            Figure(f'=IF(after_low="","",{high})', shape),
            Figure(_at_end(lever, absolute(row, worse_end)), VELOCITY),
            Figure(_at_end(lever, absolute(row, better_end)), VELOCITY),
            Figure(f'=IF({down}="","",{down}-after_velocity)', GAIN),
            Figure(f'=IF({up}="","",{up}-after_velocity)', GAIN),
            Figure(size_formula(f"{up}-{down}", up), VELOCITY),
            Figure(ranked.place_formula(row), "0"),
        )
        place_line(page, row, _LEFT, cells)
    for name, column in (("source_names", _LABEL), ("source_shares", _SHARE)):
        page.book.name_area(name, Area(page.name, top + 1, column, top + 3, column))
    page.row = top + 5
    return ranked


def _both(level: str, reach: str) -> tuple[str, str]:
    return f"{level}*EXP(-{reach})", f"{level}*EXP({reach})"


def _at_end(lever: Lever, cell: str) -> str:
    return f'=IF({cell}="","",{velocity_with({lever: cell})})'


def _place_drawn(page: TemplatePage, ranked: Ranked) -> Drawn:
    left = _WORSE + 1
    place_title(page, "What the left chart draws", "The sources in the order of their size.", left=left, right=_PLACE)
    top = page.row
    place_headings(page, top, left, ("Place", "Source", "", "Worse", "Better"), (1, 2))
    for row in range(top + 1, top + 4):
        place = absolute(row, left)
        cells = (
            Figure(f"=ROWS({absolute(top + 1, left)}:{place})", "0"),
            Words(f"={ranked.in_place(place, _LABEL)}", apart=True),
            Words(""),
            Figure(f"={ranked.in_place(place, _LOST)}", GAIN),
            Figure(f"={ranked.in_place(place, _GAINED)}", GAIN),
        )
        place_line(page, row, left, cells)
    before = "Velocity lost and gained at the ends of each source's range, "
    title = place_chart_title(page, top + 4, left, before, " per day")
    page.row = top + 6
    areas = (Area(page.name, top + 1, at, top + 3, at) for at in (left + 1, left + 3, left + 4))
    return Drawn(title, *areas)


def _place_narrowing(page: TemplatePage) -> tuple[Area, Area, Area]:
    place_title(page, "How the range narrows", "With the same win rate and the same spreads.", right=_FIGURE + 1)
    top = page.row
    place_headings(page, top, _LEFT, ("Closed deals", "Times as many", "Range up to", "Wanted"))
    for number, times in enumerate(_TIMES):
        row = top + 1 + number
        factor = absolute(row, _SHARE)
        cells = (
            Words(f'=IF(after_closed="","",{money_words(f"after_closed*{factor}")})'),
            Figure(f"={times}", "0"),
            Figure(f'=IF(after_reach="","",EXP(LN(1+after_reach)/SQRT({factor}))-1)', CHANGE),
            Figure('=IF(OR(after_reach="",N(reach_wanted)<=0),"",reach_wanted)', CHANGE),
        )
        place_line(page, row, _LEFT, cells)
    last = top + len(_TIMES)
    page.row = last + 2
    names, reach, wanted = (Area(page.name, top + 1, at, last, at) for at in (_LABEL, _FIGURE, _LOW))
    return names, reach, wanted


def _place_verdict(page: TemplatePage) -> None:
    place_title(page, "Did velocity really change?", _CHANGED, left=_VERDICT_LEFT, right=_PLACE + 2)
    top = page.row
    headings = ("", "", "Figure", "Low", "High", "Closed deals", "Spread", "Verdict", "", "Comparable?")
    place_headings(page, top, _VERDICT_LEFT, headings, (0, 1, 7, 8))
    for number, side in enumerate(("before", "after"), start=1):
        place_line(page, top + number, _VERDICT_LEFT, _side_cells(side))
    cells = (
        Words("After ÷ before", bold=True),
        EMPTY,
        Figure("=velocity_index", "0.00", bold=True),
        Figure('=IF(change_ready,velocity_index*EXP(-interval_z*change_spread),"")', "0.00", "change_low"),
        Figure('=IF(change_ready,velocity_index*EXP(interval_z*change_spread),"")', "0.00", "change_high"),
        EMPTY,
        Figure('=IF(change_ready,SQRT(before_spread^2+after_spread^2),"")', "0.000", "change_spread"),
        Words("=change_verdict", bold=True, apart=True),
        EMPTY,
        Figure(_COMPARABLE, YES, "change_ready"),
    )
    place_line(page, top + 3, _VERDICT_LEFT, cells)
    page.row = top + 5


_COMPARABLE: Final = "=N(AND(COUNT(before_low,after_low)=2,N(interval_z)>0,before_row<>after_row))"


def _side_cells(side: str) -> tuple[Words | Figure, ...]:
    def cell(column: str) -> str:
        return f'=IF(N({side}_row)=0,"",{_after(column, side)})'

    return (
        Words(f'=IF({side}_period="","{side.title()}","{side.title()}: "&{side}_period)'),
        EMPTY,
        Figure(f"={side}_velocity", VELOCITY),
        Figure(cell("Low"), VELOCITY, f"{side}_low"),
        Figure(cell("High"), VELOCITY, f"{side}_high"),
        Figure(cell("Closed"), "#,##0", f"{side}_closed"),
        Figure(cell("Spread"), "0.000", f"{side}_spread"),
    )


_CHANGED: Final = (
    "The range of after ÷ before, as if both periods had deals of their own. Periods whose windows share deals "
    "differ less by chance than this says, so that a yes stays a yes."
)
_VERDICT: Final = (
    '=IF(change_ready,IF(change_low>1,"velocity rose",IF(change_high<1,"velocity fell","cannot tell yet")),"")'
)


def _place_table(page: TemplatePage) -> None:
    source = page.book.tables["Periods"]
    placed = place_table(page, "Uncertainty", _columns(), rows=(), spare=source.rows, example=False)
    page.row = placed.below + 1


def _columns() -> tuple[Col, ...]:
    period = f"INDEX(Periods[Period],{_ROW})"
    closed = ",".join(f"INDEX(Periods[{one}],{_ROW})" for one in ("Won", "Lost", "No decision"))
    deal, cycle = (f"INDEX(Periods[{one}],{_ROW})" for one in ("Deal spread", "Cycle spread"))
    too_few = f"OR(N([@Velocity])<=0,N([@Won])<2,COUNT({deal},{cycle})<2)"
    whole = 'OR([@Closed]="",N(interval_z)=0,N([@Won])<>INT(N([@Won])),N([@Closed])<>INT(N([@Closed])))'

    def rate(column: int) -> str:
        return f'=IF({whole},"",INDEX(WIN_RATE_INTERVAL([@Won],[@Closed],interval_confidence),2,{column}))'

    def part(formula: str) -> str:
        return f'=IF([@[From win rate]]="","",{formula})'

    def edge(sign: str) -> str:
        return f'=IF(OR([@Spread]="",N(interval_z)=0),"",[@Velocity]*EXP({sign}interval_z*[@Spread]))'

    return (
        Col("Period", formula=f'=IF({period}="","",{period})'),
        Col("Won", Unit.COUNT, formula=f'=IF([@[Win rate]]="","",INDEX(Periods[Won],{_ROW}))'),
        Col("Closed", Unit.COUNT, formula=f'=IF([@[Win rate]]="","",SUM({closed}))'),
        Col("Win rate", Unit.SHARE, formula=f"=INDEX(Periods[Win rate],{_ROW})"),
        Col("Rate low", Unit.SHARE, formula=rate(1)),
        Col("Rate high", Unit.SHARE, formula=rate(3)),
        Col(
            "From win rate",
            Unit.RATIO,
            formula=f'=IF({too_few},"",(1-[@[Win rate]])/([@[Win rate]]*[@Closed]))',
            number_format="0.0000",
        ),
        Col(
            "From deal size",
            Unit.RATIO,
            formula=part(f"({deal}/INDEX(Periods[Average deal],{_ROW}))^2/[@Won]"),
            number_format="0.0000",
        ),
        Col(
            "From cycle",
            Unit.RATIO,
            formula=part(f"({cycle}/INDEX(Periods[Cycle days],{_ROW}))^2/[@Closed]"),
            number_format="0.0000",
        ),
        Col(
            "Spread",
            Unit.RATIO,
            formula=part("SQRT([@[From win rate]]+[@[From deal size]]+[@[From cycle]])"),
            number_format="0.000",
        ),
        Col("Low", Unit.MONEY_PER_DAY, formula=edge("-")),
        Col("Velocity", Unit.MONEY_PER_DAY, formula=f"=INDEX(Periods[Velocity],{_ROW})", bold=True),
        Col("High", Unit.MONEY_PER_DAY, formula=edge("")),
    )


def _place_charts(page: TemplatePage, top: int, drawn: Drawn, narrowing: tuple[Area, Area, Area]) -> None:
    sources = tornado(
        page.book,
        drawn.title,
        drawn.names,
        Shown("Worse", drawn.worse, DRAWN_GAIN, styles.ORANGE, labels=True),
        Shown("Better", drawn.better, DRAWN_GAIN, styles.ACCENT, labels=True),
        told="Bars of how much velocity changes when win rate, deal and cycle stand at the ends of their ranges.",
    )
    deals, reach, wanted = narrowing
    narrower = columns_with_line(
        page.book,
        "Range up to, by the number of closed deals",
        deals,
        (Shown("Range up to", reach, "0 %", styles.PALE_BLUE, labels=True, label_position="inside_base"),),
        Shown("Wanted", wanted, "0 %", styles.ORANGE, plan=True),
        told="Columns of how far the range reaches with more closed deals, against the range that is wanted.",
    )
    whole = page.width(_LEFT, _PLACE + 2)
    page.chart(sources, top, _LEFT, whole * 0.5, _CHART_ROWS * 22)
    page.chart(narrower, top, _LEFT, whole * 0.49, _CHART_ROWS * 22, shift=whole * 0.51)


def _add_checks(page: TemplatePage) -> None:
    page.book.check(
        "The shares of uncertainty add up to 100 %", "IF(COUNT(source_shares)=0,TRUE,ROUND(SUM(source_shares)-1,9)=0)"
    )
    page.book.check(
        "With the missing deals the range is as wanted",
        "IF(N(deals_missing)=0,TRUE,EXP(LN(1+after_reach)*SQRT(after_closed/(after_closed+deals_missing)))-1<=reach_wanted)",
    )
