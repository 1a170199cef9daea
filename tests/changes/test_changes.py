"""What changed between two refreshes, as a sales manager would count it by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from xlfunnel.changes import State, compared, document, first_changes, sentence
from xlfunnel.changes.comparing import NONE_READ, Changes
from xlfunnel.changes.records import Happening
from xlfunnel.changes.sentence import points
from xlfunnel.changes.state import Deal, Figure, Lead, Levers, Listing, Parts
from xlfunnel.changes.velocity import by_source, velocity_change
from xlfunnel.metrics.velocity import velocity_bridge
from xlfunnel.units import Unit

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 30)
FIELDS = frozenset({"stage", "status", "amount", "expected"})
STEPS = frozenset({"mql", "sql", "worked", "returned"})


def deal(key: str, stage: str | None, status: str = "open", amount: float | None = 1000.0, **more: Any) -> Deal:
    return Deal(key, f"Deal {key}", stage, status, amount, **more)


def deals(*listed: Deal) -> Listing:
    return Listing({one.id: one for one in listed}, FIELDS)


def leads(*listed: Lead) -> Listing:
    return Listing({one.id: one for one in listed}, STEPS)


def of_deals(before: Deal | None, now: Deal | None) -> Changes:
    listings = [deals(*(one for one in (held,) if one)) for held in (before, now)]
    return compared(State(AUGUST, deals=listings[0]), State(SEPTEMBER, deals=listings[1]))


OCTOBER, LATER = date(2026, 10, 5), date(2026, 10, 19)
EARLY, LATE = deal("1", "Demo", expected=OCTOBER), deal("1", "Demo", expected=LATER)
FRESH = deal("1", "Demo", created=date(2026, 9, 3))
"""A deal that the earlier export held, though on the day of its figures it was not there yet."""

DEALS: list[tuple[Deal | None, Deal | None, list[tuple[Happening, Any, Any, Any]]]] = [
    (deal("1", "Demo"), deal("1", "Proposal"), [(Happening.MOVED, "Demo", "Proposal", None)]),
    (deal("1", None), deal("1", "Proposal"), [(Happening.MOVED, "no stage", "Proposal", None)]),
    (deal("1", "Demo"), deal("1", "Closed Won", "won"), [(Happening.WON, "Demo", "Closed Won", None)]),
    (deal("1", "Demo"), deal("1", "Closed Lost", "lost"), [(Happening.LOST, "Demo", "Closed Lost", None)]),
    (deal("1", "Demo"), deal("1", "Quiet", "no decision"), [(Happening.NO_DECISION, "Demo", "Quiet", None)]),
    (deal("1", "Closed Lost", "lost"), deal("1", "Demo"), [(Happening.REOPENED, "Closed Lost", "Demo", None)]),
    (deal("1", "Closed Lost", "lost"), deal("1", "Won", "won"), [(Happening.WON, "Closed Lost", "Won", None)]),
    # one export, refreshed for an earlier day as well: only the status of that day is known
    (deal("1", "Closed Won", "open"), deal("1", "Closed Won", "won"), [(Happening.WON, "open", "Closed Won", None)]),
    (
        deal("1", "Closed Lost", "lost"),
        deal("1", "Closed Lost", "open"),
        [(Happening.REOPENED, "Closed Lost", "open", None)],
    ),
    (deal("1", "Lost", "lost"), deal("1", "Closed Lost", "lost"), []),  # a stage that was only renamed
    (None, deal("1", "Demo"), [(Happening.NEW, None, "Demo", None)]),
    (deal("1", "Demo"), None, [(Happening.GONE, "Demo", None, None)]),
    (EARLY, LATE, [(Happening.SLIPPED, OCTOBER, LATER, 14)]),
    (LATE, EARLY, [(Happening.PULLED_IN, LATER, OCTOBER, -14)]),
    (deal("1", "Demo"), LATE, [(Happening.DATE_SET, None, LATER, None)]),
    (LATE, deal("1", "Demo"), [(Happening.DATE_REMOVED, LATER, None, None)]),
    (deal("1", "Demo"), deal("1", "Demo", amount=1500), [(Happening.AMOUNT_UP, 1000, 1500, 500)]),
    (deal("1", "Demo"), deal("1", "Demo", amount=400), [(Happening.AMOUNT_DOWN, 1000, 400, -600)]),
    (deal("1", "Demo", amount=None), deal("1", "Demo", amount=0), [(Happening.AMOUNT_SET, None, 0, None)]),
    (deal("1", "Demo"), deal("1", "Demo", amount=None), [(Happening.AMOUNT_REMOVED, 1000, None, None)]),
    (
        EARLY,
        deal("1", "Proposal", amount=1200, expected=LATER),
        [
            (Happening.MOVED, "Demo", "Proposal", None),
            (Happening.SLIPPED, OCTOBER, LATER, 14),
            (Happening.AMOUNT_UP, 1000, 1200, 200),
        ],
    ),
    (EARLY, deal("1", "Won", "won"), [(Happening.WON, "Demo", "Won", None)]),
    (deal("1", "Demo", counts="yes"), deal("1", "Proposal", counts="no"), []),  # of a pipeline that is left out
    (deal("1", "Demo", counts="no"), None, []),
    (FRESH, FRESH, [(Happening.NEW, None, "Demo", None)]),
    (None, deal("1", "Demo", created=date(2026, 10, 3)), []),  # not there yet on the day of the figures
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "expected"), DEALS)
def test_what_happens_to_a_deal(before: Deal | None, now: Deal | None, expected: list[tuple[Any, ...]]) -> None:
    found = of_deals(before, now).records
    assert [(one.what, one.before, one.now, one.difference) for one in found] == expected


LEADS: list[tuple[Lead | None, Lead | None, list[Happening]]] = [
    (Lead("1"), Lead("1", mql=date(2026, 9, 2)), [Happening.NEW_MQL]),
    (Lead("1", mql=AUGUST), Lead("1", mql=date(2026, 9, 2)), []),  # a date that was corrected
    (Lead("1", mql=AUGUST), Lead("1", mql=AUGUST, worked=SEPTEMBER), [Happening.WORKED]),
    (Lead("1"), Lead("1", mql=SEPTEMBER, sql=SEPTEMBER), [Happening.NEW_MQL, Happening.NEW_SQL]),
    (Lead("1"), Lead("1", returned=SEPTEMBER), [Happening.RETURNED]),
    (Lead("1", returned=AUGUST), Lead("1", returned=SEPTEMBER), [Happening.RETURNED]),
    (None, Lead("1", mql=SEPTEMBER), [Happening.NEW_MQL, Happening.NEW_LEAD]),
    (Lead("1"), None, [Happening.LEAD_GONE]),
    (Lead("1"), Lead("1", mql=date(2026, 10, 1)), []),  # after the day of the figures
]


@pytest.mark.parametrize(("before", "now", "expected"), LEADS)
def test_what_happens_to_a_lead(before: Lead | None, now: Lead | None, expected: list[Happening]) -> None:
    listings = [leads(*(one for one in (held,) if one)) for held in (before, now)]
    found = compared(State(AUGUST, leads=listings[0]), State(SEPTEMBER, leads=listings[1])).records
    assert [one.what for one in found] == expected


def test_a_field_that_one_export_lacks_is_not_compared_and_named() -> None:
    old, new = deals(deal("1", "Demo")), deals(deal("1", "Proposal", amount=5000, expected=LATER))
    before = State(AUGUST, deals=replace(old, fields=FIELDS - {"amount", "expected"}))
    found = compared(before, State(SEPTEMBER, deals=new))
    assert [one.what for one in found.records] == [Happening.MOVED]
    assert found.uncounted == ("Not compared, since one of both exports lacks it: amount, expected of deals",)


def test_stages_from_and_to() -> None:
    old = deals(deal("1", "Demo"), deal("2", "Demo"), deal("3", "Proposal"))
    new = deals(deal("1", "Proposal"), deal("2", "Proposal", amount=500), deal("3", "Demo"))
    moves = compared(State(AUGUST, deals=old), State(SEPTEMBER, deals=new)).stage_moves
    assert [(one.before, one.now, one.deals, one.amount) for one in moves] == [
        ("Demo", "Proposal", 2, 1500),
        ("Proposal", "Demo", 1, 1000),
    ]


# -- velocity ------------------------------------------------------------------------------------------------------

OLD = {"Web": Parts(30, 120_000, 10, 10, 40, 40, 3600), "Events": Parts(20, 120_000, 10, 10, 40, 40, 3600)}
NEW = {"Web": Parts(40, 130_000, 12, 12, 50, 48, 3600), "Fairs": Parts(20, 90_000, 8, 8, 40, 40, 3000)}


def levers(sources: dict[str, Parts]) -> Levers:
    whole = sum(sources.values(), Parts())
    mean, cycle = whole.won_revenue / whole.won_with_amount, whole.cycle_days / whole.closed_with_cycle
    return Levers(whole.open, mean, whole.won / whole.closed, cycle)


def test_the_change_of_velocity_is_that_of_its_levers_and_of_its_sources() -> None:
    found = velocity_change(levers(OLD), levers(NEW), OLD, NEW)
    assert found.before == pytest.approx(50 * 12_000 * 0.25 / 90)
    assert found.change is not None
    assert found.share is not None
    assert math.fsum(one.added for one in found.levers) == pytest.approx(found.change, rel=1e-12)
    assert math.fsum(one.share for one in found.levers) == pytest.approx(found.share, rel=1e-12)
    assert math.fsum(one.added for one in found.sources) == pytest.approx(found.change, rel=1e-12)
    bridge = velocity_bridge(levers(OLD).values, levers(NEW).values).column("added")
    assert [one.added for one in found.levers] == list(bridge)[:4]
    for number, lever in enumerate(found.levers):  # each lever is shared out among the sources, too
        assert math.fsum(one.by_lever[number] for one in found.sources) == pytest.approx(lever.added, rel=1e-9)
    assert {one.source for one in found.sources} == {"Web", "Events", "Fairs"}


def test_a_source_adds_what_it_alone_changed() -> None:
    added = {one.source: one.added for one in by_source(OLD, OLD | {"Web": replace(OLD["Web"], open=40)})}
    assert added["Events"] == 0
    assert added["Web"] == pytest.approx(10 * 12_000 * 0.25 / 90)  # ten open deals more, at the rates of all
    more_lost = {one.source: one.added for one in by_source(OLD, OLD | {"Web": replace(OLD["Web"], closed=60)})}
    assert more_lost["Web"] < 0
    assert more_lost["Events"] == 0


def test_two_sources_taken_as_one_add_what_both_add() -> None:
    both = [{"All": sum(one.values(), Parts())} for one in (OLD, NEW)]
    (whole,) = by_source(*both)
    assert whole.added == pytest.approx(math.fsum(one.added for one in by_source(OLD, NEW)), rel=1e-12)


def test_nothing_is_split_where_a_lever_is_zero() -> None:
    found = velocity_change(levers(OLD), replace(levers(NEW), win_rate=0), OLD, NEW)
    assert (found.now, found.levers, found.sources) == (0, (), ())
    assert found.share == -1
    assert "over 0" in found.no_levers


@pytest.mark.parametrize(
    ("sources", "why"),
    [(None, "did not keep"), ({"Web": OLD["Web"]}, "does not make its velocity"), ({}, "does not make")],
)
def test_sources_that_do_not_make_the_velocity_are_not_used(sources: dict[str, Parts] | None, why: str) -> None:
    found = velocity_change(levers(OLD), levers(NEW), sources, NEW)
    assert len(found.levers) == 4
    assert found.sources == ()
    assert why in found.no_sources


@pytest.mark.parametrize(
    ("share", "parts", "shown"),
    [
        (0.084, [0.051, -0.033, 0.066], (0, 8, [5, -3, 6])),
        (0.014, [0.005, 0.005, 0.004], (0, 1, [1, 0, 0])),
        (-0.2, [-0.065, -0.065, -0.07], (0, -20, [-6, -7, -7])),
        (0.004, [0.001, 0.003, 0], (1, 0.4, [0.1, 0.3, 0])),
    ],
)
def test_the_parts_that_are_told_add_up(share: float, parts: list[float], shown: Any) -> None:
    found = points(share, parts)
    assert sum(found[2]) == pytest.approx(found[1])
    assert (found[0], found[1], sorted(found[2])) == (shown[0], shown[1], sorted(shown[2]))


# -- the sentence --------------------------------------------------------------------------------------------------

BEFORE = State(
    AUGUST,
    "USD",
    {"window_days": "365", "version": "Q3"},
    deals(deal("1", "Demo"), deal("2", "Demo", expected=OCTOBER), deal("3", "Demo"), deal("4", "Demo")),
    leads(Lead("L1", mql=AUGUST)),
    {"unreadable date": 9},
    (Figure("kpi_velocity", "Sales velocity", Unit.MONEY_PER_DAY, 1666.67),),
    Levers(50, 12_000, 0.25, 90),
    files=frozenset({"a"}),
)
AFTER = replace(
    BEFORE,
    as_of=SEPTEMBER,
    deals=deals(
        deal("1", "Proposal"),
        deal("2", "Proposal", expected=LATER),
        deal("3", "Closed Won", "won"),
        deal("4", "Demo"),
    ),
    leads=leads(Lead("L1", mql=AUGUST, worked=SEPTEMBER), Lead("L2", mql=SEPTEMBER)),
    set_aside={"unreadable date": 10, "same id as another record": 2},
    figures=(Figure("kpi_velocity", "Sales velocity", Unit.MONEY_PER_DAY, 1936.0),),
    levers=Levers(60, 11_000, 0.22, 75),
    files=frozenset({"b"}),
)
TOLD = (
    "2 deals moved stage, 1 slipped its close date, 1 won, 1 new MQL, 1 lead worked, 12 rows set aside (9 before), "
    "velocity +16 %: open deals +20, cycle +20, win rate −14, average deal −10."
)
SINCE, SINCE_SEPTEMBER = "Since the refresh as of 31 Aug 2026", "Since the refresh as of 30 Sep 2026"
SENTENCES: list[tuple[str, State | None, State, str]] = [
    ("a month later", BEFORE, AFTER, f"{SINCE}: {TOLD}"),
    ("the first", None, AFTER, "First refresh: there is no earlier one to compare with."),
    (
        "the same files",
        BEFORE,
        BEFORE,
        "Nothing changed since the refresh as of 31 Aug 2026. The same files were read again.",
    ),
    (
        "other files that say the same",
        BEFORE,
        replace(BEFORE, as_of=SEPTEMBER, files=frozenset({"b"})),
        "Nothing changed since the refresh as of 31 Aug 2026.",
    ),
    (
        "an earlier day",
        replace(BEFORE, as_of=SEPTEMBER, deals=AFTER.deals),
        replace(BEFORE, deals=deals(deal("4", "Demo"))),
        (
            "This refresh is as of 31 Aug 2026, and the one before was as of 30 Sep 2026: everything reads "
            "backwards in time. "
            f"{SINCE_SEPTEMBER}: 3 deals gone, 9 rows set aside, velocity unchanged."
        ),
    ),
    (
        "another window",
        BEFORE,
        replace(BEFORE, choices={"window_days": "180", "version": "Q4"}, levers=Levers(50, 12_000, 0.25, 45)),
        (
            "The definitions differ (window days 365 → 180; version Q3 → Q4), so figures do not compare like with "
            f"like. {SINCE}: 9 rows set aside, velocity +100 %: cycle +100."
        ),
    ),
    (
        "another currency",
        BEFORE,
        replace(AFTER, currency="EUR", set_aside={}, leads=BEFORE.leads),
        (
            "Money was in USD and is in EUR: amounts and velocity are not compared. "
            f"{SINCE}: 2 deals moved stage, 1 slipped its close date, 1 won, 0 rows set aside (9 before)."
        ),
    ),
    (
        "too many deals to list",
        BEFORE,
        replace(AFTER, deals=Listing(missing="60,000 deals stay in the export"), leads=BEFORE.leads),
        (
            f"{SINCE}: 12 rows set aside (9 before), velocity +16 %: open deals +20, cycle +20, "
            "win rate −14, average deal −10. Changes of deals are not counted: 60,000 deals stay in the export."
        ),
    ),
]


@pytest.mark.parametrize(
    ("before", "now", "expected"), [one[1:] for one in SENTENCES], ids=[one[0] for one in SENTENCES]
)
def test_the_sentence(before: State | None, now: State, expected: str) -> None:
    assert sentence(compared(before, now)) == expected


def test_a_kind_that_neither_export_had_is_not_spoken_of() -> None:
    none = Listing(missing=NONE_READ)
    found = compared(replace(BEFORE, leads=none), replace(AFTER, leads=none))
    assert found.uncounted == ()
    one = compared(replace(BEFORE, leads=none), AFTER)
    assert one.uncounted == (f"Changes of leads are not counted: {NONE_READ} for the earlier refresh",)


def test_records_without_an_id_are_said_not_to_be_followed() -> None:
    found = compared(BEFORE, replace(AFTER, deals=replace(AFTER.deals, without_id=3)))
    assert found.uncounted == ("3 deals have no id of their own and are not followed",)


def test_a_figure_that_became_another_one_is_not_subtracted() -> None:
    old = State(AUGUST, figures=(Figure("kpi_mqls", "MQLs since 1 Jul", Unit.COUNT, 90),))
    new = State(SEPTEMBER, figures=(Figure("kpi_mqls", "MQLs since 1 Oct", Unit.COUNT, 4),))
    (figure,) = compared(old, new).figures
    assert figure.difference is None
    assert figure.note == "was MQLs since 1 Jul, which is another figure"


def test_a_figure_that_is_gone_is_shown_with_what_it_was() -> None:
    (figure,) = compared(BEFORE, replace(AFTER, figures=())).figures
    assert (figure.before, figure.now, figure.difference) == (1666.67, None, None)


def test_the_document_says_what_the_sentence_says() -> None:
    found = document(compared(BEFORE, AFTER))
    assert found["sentence"].endswith(TOLD)
    assert found["since"] == "2026-08-31"
    assert found["counts"] == {
        "moved stage": 2, "close date slipped": 1, "won": 1, "new MQL": 1, "worked by sales": 1, "new lead": 1,
    }  # fmt: skip
    assert found["set_aside"]["by_rule"]["unreadable date"] == {"before": 9, "now": 10}
    assert found["velocity"]["change"] == pytest.approx(269.333 / 1666.667, rel=1e-4)
    assert sum(one["points"] for one in found["velocity"]["by_lever"]) == pytest.approx(16.16)
    slipped = next(one for one in found["records"] if one["what"] == "close date slipped")
    assert (slipped["id"], slipped["from"], slipped["to"], slipped["difference"]) == (
        "2",
        "2026-10-05",
        "2026-10-19",
        14,
    )
    assert document(first_changes(AFTER))["since"] is None
