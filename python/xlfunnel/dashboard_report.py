"""The alignment dashboard's report: every figure computed, or the reason in words why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from xlfunnel.check import day_number
from xlfunnel.crm.addresses import record_pattern
from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import ID
from xlfunnel.errors import MetricError
from xlfunnel.report import Measure, Report, Section
from xlfunnel.segments import channel_costs, lead_funnel, lead_handling, pipeline, revenue_shares
from xlfunnel.segments.canonical import IN_WORDS, Canonical
from xlfunnel.segments.deal_report import DealReport, deal_report
from xlfunnel.segments.engines import check_engine
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.findings import Figure, Finding
from xlfunnel.segments.once import Once
from xlfunnel.segments.record_list import Records
from xlfunnel.segments.records import DEALS_SHOWN, LEADS_SHOWN, Shown, listed
from xlfunnel.table import Table
from xlfunnel.units import Statistic, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from datetime import date

    from xlfunnel.crm.costs import PersonRow, SpendRow
    from xlfunnel.crm.tables import FileAccount
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.tables import Tables

MONTHS_PER_QUARTER = 3
NOT_ASKED = "Not computed: the workbook shows no such table."


def build_report(
    counted: Tables,
    as_of: date,
    definitions: Definitions,
    spend: Sequence[SpendRow] = (),
    people: Sequence[PersonRow] = (),
    *,
    tables: bool = True,
    once: Once | None = None,
) -> Report:
    """Every figure and table of the dashboard; what cannot be computed says in words what it needs.

    The records themselves are part of it where there are at most `data_limit` of a kind. Without `tables` only the
    figures of page one are computed: the other workbooks show no more, and the rest takes most of the time. An engine
    that cannot do what they need raises `EngineLacks` before anything is computed. `once` has what was computed for
    other workbooks of the same refresh.
    """

    def section(title: str, question: str, make: Callable[[], Finding | Fault]) -> Section:
        return _section(title, question, make()) if tables else Section(title, question, reason=NOT_ASKED)

    def records(title: str, kind: Kind, shown: Shown, question: str) -> Section:
        if tables or counted.count(kind) is None:
            return _records(title, counted, kind, shown, question, definitions.data_limit)
        return Section(title, question, reason=NOT_ASKED)

    _check_engines(counted)
    asking = _Asking(once or Once(), counted, as_of, definitions)
    deals = _Deals(asking, tuple(spend), tuple(people))
    leads = _Leads(asking)
    unlisted = tuple(words for kind in _KINDS if (words := _unlisted(counted, kind, definitions.data_limit)))
    mql_to_sql, sql_to_opportunity = leads.mql_to_sql(), leads.sql_to_opportunity()
    program = f"xlfunnel {version('xlfunnel')}"
    report = Report(
        as_of=as_of,
        currency=counted.currency,
        program=program,
        definitions=definitions,
        files=counted.files,
        set_aside=counted.set_aside,
        mql_to_sql=_measure("MQL → SQL", Unit.SHARE, mql_to_sql),
        sql_to_opportunity=_measure("SQL → opportunity", Unit.SHARE, sql_to_opportunity),
        diagnosis=_diagnosis(mql_to_sql, sql_to_opportunity),
        velocity=_measure("Sales velocity", Unit.MONEY_PER_DAY, deals.figure(_velocity, *VELOCITY)),
        velocity_by_source=section(
            "Velocity by lead source",
            "Which sources turn into revenue, and how fast?",
            lambda: deals.table(lambda d: d.velocity_by_source(), "source", *VELOCITY),
        ),
        follow_up=_measure(leads.follow_up_name, Unit.SHARE, leads.figure(lead_handling.follow_up)),
        follow_up_by_source=section(
            f"{leads.follow_up_name} by source",
            "Which leads does sales contact?",
            lambda: leads.finding(lead_handling.follow_up_by_source),
        ),
        sourced_share=_measure("Marketing-sourced revenue", Unit.SHARE, deals.share(revenue_shares.sourced_revenue)),
        influenced_share=_measure(
            "Marketing-influenced revenue", Unit.SHARE, deals.share(revenue_shares.influenced_revenue)
        ),
        loaded_cac=_measure("Fully loaded CAC", Unit.MONEY, deals.cost(lambda a: a.fully_loaded())),
        marketing_cac=_measure("Marketing-only CAC", Unit.MONEY, deals.cost(lambda a: a.marketing_only())),
        cac_by_channel=section(
            "CAC by channel",
            "What does a customer cost, with the time of sales counted?",
            lambda: deals.cost(lambda a: a.by_channel()),
        ),
        supporting=(*deals.supporting(), *leads.supporting()) if tables else (),
        trend=section(
            "Velocity by month",
            "Is revenue per day speeding up, and how sure are we?",
            lambda: deals.table(lambda d: d.trend(), *VELOCITY),
        ),
        by_source=section(
            "By source",
            "Which source wins, how fast, and how sure is that?",
            lambda: deals.table(lambda d: d.by_source(), "source", "closed_day"),
        ),
        by_segment=section(
            "By segment",
            "Which segment wins, how fast, and how sure is that?",
            lambda: deals.table(lambda d: d.by_segment(), "segment", "closed_day"),
        ),
        stages=section("Open deals by stage", "Where do deals get stuck?", deals.stages),
        stage_conversion=section("Conversion by stage", "How many deals move on?", deals.stage_conversion),
        lead_conversion=section(
            "Conversion of leads",
            "How many leads move on?",
            leads.conversion,
        ),
        untouched_by_age=section(
            "Untouched leads by age", "How long have they waited?", lambda: leads.aged(lead_handling.untouched_by_age)
        ),
        untouched_by_owner=section(
            "Untouched leads by owner", "Who has them?", lambda: leads.aged(lead_handling.untouched_by_owner)
        ),
        disqualified=section(
            "Disqualified leads",
            "Why does sales send leads away?",
            lambda: leads.aged(lead_handling.disqualified_by_source),
        ),
        recycled=section(
            "Recycled leads",
            "What became of leads that went back to marketing?",
            lambda: leads.aged(lead_handling.recycled),
        ),
        lead_days=section(
            "Days of a lead", "How long does a lead take from creation?", lambda: leads.dated(lead_funnel.lead_days)
        ),
        follow_up_by_month=section(
            f"{leads.follow_up_name}, by month",
            "When does sales contact leads, and when not?",
            lambda: leads.finding(lead_handling.follow_up_by_month),
        ),
        data=records("Deals", Kind.OPPORTUNITIES, DEALS_SHOWN, "Which deals do the figures rest on?"),
        lead_data=records("Leads", Kind.LEADS, LEADS_SHOWN, "Which leads do the figures rest on?"),
        source_parts=deals.source_parts(),
        notes=(*(note for account in counted.files for note in account.notes), *unlisted),
        unlisted=unlisted,
        summary=_summary(counted, as_of, definitions, program, deals.summary()),
    )
    return replace(report, records=_counted_records(report, counted, definitions.data_limit))


_KINDS: Final = MappingProxyType({Kind.OPPORTUNITIES: "deals", Kind.LEADS: "leads"})


def _counted_records(report: Report, tables: Tables, most: int) -> Records:
    """The records that the report's figures count."""
    counted = {one.counted.name: one.counted for one in report.measures if one.counted}
    found = {kind: tables.count(kind) for kind in _KINDS}
    counts = MappingProxyType({kind: count for kind, count in found.items() if count is not None})
    addresses = _addresses(report.definitions, report.files)
    return Records(tuple(counted.values()), counts, tables.listed, report.as_of, most, addresses, tables.place)


def _addresses(definitions: Definitions, files: Sequence[FileAccount]) -> Mapping[Kind, str]:
    """Where the CRM shows a deal and a lead, as far as the definitions and the exports say."""
    agreed = dict.fromkeys((Kind.OPPORTUNITIES, Kind.LEADS), definitions.crm_address)
    if definitions.crm_lead_address or ID in definitions.crm_address:
        agreed[Kind.LEADS] = definitions.crm_lead_address
    crms = {one.kind: one.crm for one in reversed(files)}
    found = {kind: record_pattern(address, crms.get(kind, ""), kind) for kind, address in agreed.items()}
    return MappingProxyType({kind: pattern for kind, pattern in found.items() if pattern})


def _check_engines(tables: Tables) -> None:
    """Name what an engine cannot do before anything is computed. Raises `EngineLacks`."""
    for known in (_asked(tables.deals), _asked(tables.leads)):
        if isinstance(known, Canonical):
            check_engine(known.frame)


def _records(title: str, tables: Tables, kind: Kind, shown: Shown, question: str, most: int) -> Section:
    """The records that were used, as the workbook lists them; a larger table stays where it is."""
    if not tables.count(kind):
        return Section(title, question, reason=f"No export of {title.lower()} was read.")
    words = _unlisted(tables, kind, most)
    table = None if words else tables.listed(kind)
    if table is None:
        return Section(title, question, reason=words)
    return Section(title, question, listed(table, shown))


def _unlisted(tables: Tables, kind: Kind, most: int) -> str:
    """Why records are not listed in the workbook; "" where they are."""
    count = tables.count(kind)
    if count is None or count <= most:
        return ""
    return (
        f"{count:,} {_KINDS[kind]} were used, more than the {most:,} that the definitions let a workbook list: "
        f"the records stay in {tables.place}, and every figure counts all of them."
    )


def summary_of_files(files: Sequence[FileAccount]) -> list[dict[str, Any]]:
    """Per file the records read, used and set aside by rule, as JSON takes them."""
    return [
        {
            "file": account.file,
            "sha256": account.sha256,
            "crm": account.crm,
            "kind": account.kind.value,
            "read": account.read,
            "used": account.used,
            "set_aside": {rule.value: count for rule, count in account.set_aside.items()},
            "lines_skipped": account.lines_skipped,
            "mapping": account.mapping,
            "unmapped": list(account.unmapped),
            "notes": list(account.notes),
        }
        for account in files
    ]


def _summary(
    tables: Tables, as_of: date, definitions: Definitions, program: str, blocks: dict[str, Any]
) -> dict[str, Any]:
    agreed = definitions.agreed.isoformat() if definitions.agreed else None
    return {
        "program": program,
        "as_of": as_of.isoformat(),
        "currency": tables.currency or None,
        "definitions": {
            "version": definitions.version,
            "agreed": agreed,
            "window_days": definitions.window_days,
            "pipelines_left_out": list(definitions.pipelines_left_out),
        },
        "files": summary_of_files(tables.files),
        **blocks,
    }


# -- what tables of deals rest on --------------------------------------------------------------------------------

CYCLE = ("created_day", "closed_day")
VELOCITY = ("amount", *CYCLE)

RESTS_ON = {
    **dict.fromkeys(("average deal", "won revenue", "value", "stale value"), ("amount",)),
    **dict.fromkeys(("cycle days", "median cycle won", "p75 cycle won", "p90 cycle won"), CYCLE),
    **dict.fromkeys(("velocity per day", "index"), VELOCITY),
}
"""The canonical columns without which a column of a table would show nothing, or a sum of nothing."""


def supported(found: Finding, known: Canonical) -> Finding:
    """The table without the columns that rest on what no export has; the note says which those are, and why."""
    table = found.table
    kept = [at for at, name in enumerate(table.header) if known.has(*RESTS_ON.get(name, ()))]
    if len(kept) == len(table.columns):
        return found
    left_out = [name for name in table.header if not known.has(*RESTS_ON.get(name, ()))]
    needed = dict.fromkeys(c for name in left_out for c in RESTS_ON[name] if not known.has(c))
    wanted = str(MissingColumns([IN_WORDS[column] for column in needed])).removeprefix("needs ")
    note = f"Left out for want of {wanted}: {', '.join(left_out)}."
    columns = tuple(table.columns[at] for at in kept)
    rows = tuple(tuple(row[at] for at in kept) for row in table.rows)
    return Finding(Table(columns, rows), " ".join(part for part in (note, found.note) if part))


# -- figures that may be missing ---------------------------------------------------------------------------------


Found = TypeVar("Found")
Fault = MissingColumns | MetricError


def _asked(make: Callable[[], Found]) -> Found | Fault:
    """What a computation answers; when it cannot, the fault itself, which becomes a sentence on the sheet."""
    try:
        return make()
    except (MissingColumns, MetricError) as fault:
        return fault


def _sentence(name: str, fault: Fault) -> str:
    if isinstance(fault, MissingColumns):
        return f"{name} {fault}."
    return f"{name} cannot be computed: {str(fault).removeprefix(f'{name}: ')}."


def _measure(name: str, unit: Unit, found: Figure | Fault) -> Measure:
    if isinstance(found, Fault):
        return Measure(name, unit, reason=_sentence(name, found))
    return Measure(
        name,
        unit,
        found.value,
        found.count,
        found.low,
        found.high,
        note=found.note,
        made_of=found.made_of,
        counted=found.counted,
    )


def _section(title: str, question: str, found: Finding | Fault) -> Section:
    if isinstance(found, Fault):
        return Section(title, question, reason=_sentence("This", found))  # it stands under its title
    if not found.table.rows:
        return Section(title, question, reason="There is no record to show.", note=found.note)
    return Section(title, question, found.table, note=found.note)


def _diagnosis(mql_to_sql: Figure | Fault, sql_to_opportunity: Figure | Fault) -> str:
    if isinstance(mql_to_sql, Fault) or isinstance(sql_to_opportunity, Fault):
        return "The pair of conversion rates cannot be judged until both can be computed."
    return lead_funnel.diagnose(mql_to_sql, sql_to_opportunity)


def _velocity(report: DealReport) -> Figure:
    """Velocity, with the four levers that it is made of."""
    found, deals = report.velocity(), report.window.total.deals
    rate = f"{deals.win_rate * 100:.1f} %"
    levers = f"{deals.open:,} open deals × {deals.average_deal:,.0f} × {rate} ÷ {deals.cycle_days:,.1f} days."
    return replace(found, note=f"{levers} {found.note}".rstrip())


@dataclass(frozen=True)
class _Asking:
    """The computations over some tables, each done once for all definitions that agree on what it depends on."""

    once: Once
    tables: Tables
    as_of: date
    definitions: Definitions

    def ask(self, name: Hashable, make: Callable[[Definitions], Found], *given: Any) -> Found | Fault:
        """What a computation answers; `name` and `given` are as `Once` has them, tables and day beside them."""
        known = (self.tables, self.as_of, *given)
        return self.once(name, known, self.definitions, lambda agreed: _asked(lambda: make(agreed)))


class _Leads:
    """The computations over leads; without an export of leads each answers what it needs."""

    def __init__(self, asking: _Asking) -> None:
        self._asking = asking
        self._known: Canonical | Fault = _asked(asking.tables.leads)
        self._as_of = asking.as_of
        self._day = day_number(asking.as_of)
        name = self._ask("name of the follow-up", lead_handling.follow_up_name)
        self.follow_up_name = name if isinstance(name, str) else "Follow-up rate"

    def mql_to_sql(self) -> Figure | Fault:
        return self._ask("MQL to SQL", lambda k, d: lead_funnel.mql_to_sql(k, self._day, d.confidence))

    def sql_to_opportunity(self) -> Figure | Fault:
        return self._ask(
            "SQL to opportunity", lambda k, d: lead_funnel.sql_to_opportunity(k, self._day, d.confidence)
        )

    def conversion(self) -> Finding | Fault:
        return self._ask("conversion of leads", lambda k, d: lead_funnel.lead_conversion(k, self._day, d.confidence))

    def figure(self, make: Callable[[Canonical, date, Definitions], Figure]) -> Figure | Fault:
        return self._ask(make, lambda known, agreed: make(known, self._as_of, agreed))

    def supporting(self) -> tuple[Measure, ...]:
        as_of = self._as_of
        since = as_of.replace(month=as_of.month - (as_of.month - 1) % MONTHS_PER_QUARTER, day=1)
        told = f"{since.day} {since:%b %Y}"
        return (
            _measure(
                "Acceptance rate",
                Unit.SHARE,
                self._ask("acceptance", lambda k, d: lead_funnel.acceptance(k, self._day, d.confidence)),
            ),
            _measure(
                f"MQLs since {told}",
                Unit.COUNT,
                self._ask("MQLs", lambda known, _: lead_handling.qualified_since(known, since, as_of)),
            ),
            _measure("Median hours to first touch", Unit.HOURS, self.figure(lead_handling.hours_to_touch)),
        )

    def finding(self, make: Callable[[Canonical, date, Definitions], Finding]) -> Finding | Fault:
        return self._ask(make, lambda known, agreed: make(known, self._as_of, agreed))

    def aged(self, make: Callable[[Canonical, date], Finding]) -> Finding | Fault:
        return self._ask(make, lambda known, _: make(known, self._as_of))

    def dated(self, make: Callable[[Canonical, int], Finding]) -> Finding | Fault:
        return self._ask(make, lambda known, _: make(known, self._day))

    def _ask(self, name: Hashable, make: Callable[[Canonical, Definitions], Found]) -> Found | Fault:
        known = self._known
        return known if isinstance(known, Fault) else self._asking.ask(name, lambda agreed: make(known, agreed))


class _Deals:
    """The computations over deals; without an export of deals each answers what it needs."""

    def __init__(self, asking: _Asking, spend: tuple[SpendRow, ...], people: tuple[PersonRow, ...]) -> None:
        self._asking = asking
        self._tables = asking.tables
        self._as_of = as_of = asking.as_of
        every = _asked(asking.tables.deals)
        self._known = every if isinstance(every, Fault) else every.counted
        self._report = None if isinstance(every, Fault) else self._reported_of(every)
        self._costs = self._ask(
            "acquisition", lambda known, d: channel_costs.acquisition(known, spend, people, as_of, d), spend, people
        )

    def _reported_of(self, every: Canonical) -> DealReport:
        asking = self._asking
        known = asking.tables, asking.as_of
        return asking.once(
            "deals", known, asking.definitions, lambda d: deal_report(every.frame, d, asking.as_of, every.held)
        )

    def summary(self) -> dict[str, Any]:
        return self._report.summary() if self._report else {"all": None, "window": None}

    def figure(self, make: Callable[[DealReport], Figure], *needed: str) -> Figure | Fault:
        return self._reported(make, needed)

    def table(self, make: Callable[[DealReport], Table], *needed: str) -> Finding | Fault:
        """A table of the report, without the columns that rest on what no export has."""
        found = self._reported(make, needed)
        return found if isinstance(found, Fault) else self._supported(Finding(found))

    def source_parts(self) -> Table | None:
        """What velocity is made of by source, where the exports have all that it needs."""
        found = self._reported(lambda report: report.source_parts(), ("source", *VELOCITY))
        return found if isinstance(found, Table) else None

    def share(self, make: Callable[[Canonical, date, Definitions], Figure]) -> Figure | Fault:
        def answer(known: Canonical, agreed: Definitions) -> Figure:
            known.need("closed_day")
            return make(known, self._as_of, agreed)

        return self._ask(make, answer)

    def cost(self, make: Callable[[channel_costs.Acquisition], Found]) -> Found | Fault:
        costs = self._costs
        return costs if isinstance(costs, Fault) else _asked(lambda: make(costs))

    def stages(self) -> Finding | Fault:
        def answer(known: Canonical, agreed: Definitions) -> Finding:
            order = pipeline.stage_order(self._tables.staged())
            return pipeline.open_stages(known, self._as_of, agreed, order)

        found = self._ask("open stages", answer)
        return found if isinstance(found, Fault) else self._supported(found)

    def stage_conversion(self) -> Finding | Fault:
        staged = self._tables.staged()
        return self._ask(
            "stage conversion", lambda _, agreed: pipeline.stage_conversion_of(staged, self._as_of, agreed)
        )

    def supporting(self) -> tuple[Measure, ...]:
        return (
            _measure("Win rate", Unit.SHARE, self.figure(lambda d: d.win_rate(), "closed_day")),
            _measure("Average deal", Unit.MONEY, self.figure(lambda d: d.average_deal(), "amount", "closed_day")),
            _measure("Mean cycle of closed deals", Unit.DAYS, self.figure(lambda d: d.cycle(), *CYCLE)),
            self._won_cycle("Median cycle of won deals", Statistic.MEDIAN),
            self._won_cycle("75th percentile of won cycles", Statistic.P75),
            self._won_cycle("90th percentile of won cycles", Statistic.P90),
            _measure(
                "Share of open deals overdue",
                Unit.SHARE,
                self.figure(lambda d: d.share_past_expected()),
            ),
            _measure(
                "Coverage needed by count", Unit.RATIO, self.figure(lambda d: d.coverage_by_count(), "closed_day")
            ),
            _measure(
                "Coverage needed by value",
                Unit.RATIO,
                self.figure(lambda d: d.coverage_by_value(), "amount", "closed_day"),
            ),
        )

    def _won_cycle(self, name: str, statistic: Statistic) -> Measure:
        return _measure(name, Unit.DAYS, self.figure(lambda d: d.won_cycle(statistic), *CYCLE))

    def _reported(self, make: Callable[[DealReport], Found], needed: Sequence[str]) -> Found | Fault:
        known, report = self._known, self._report
        if isinstance(known, Fault) or report is None:
            return known if isinstance(known, Fault) else MissingColumns(["an export of opportunities or deals"])

        def answer() -> Found:
            known.need(*needed)
            return make(report)

        return _asked(answer)

    def _supported(self, found: Finding) -> Finding:
        known = self._known
        return found if isinstance(known, Fault) else supported(found, known)

    def _ask(self, name: Hashable, make: Callable[[Canonical, Definitions], Found], *given: Any) -> Found | Fault:
        known = self._known
        if isinstance(known, Fault):
            return known
        return self._asking.ask(name, lambda agreed: make(known, agreed), *given)
