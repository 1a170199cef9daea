"""The life of the example company holds together: nothing happens out of order or after the as-of date."""

from __future__ import annotations

from itertools import pairwise

import pytest

from xlfunnel.demo.company import Chapter, Deal, Lead, chapters
from xlfunnel.demo.moments import DAY, FIRST_DAY, NOW, after_working, weekday
from xlfunnel.units import Status

DEALS = 1_500
CLOSED = {Status.WON, Status.LOST, Status.NO_DECISION}


@pytest.fixture(scope="module")
def life() -> list[Chapter]:
    return list(chapters(DEALS, seed=5))


@pytest.fixture(scope="module")
def deals(life: list[Chapter]) -> list[Deal]:
    return [chapter.deal for chapter in life if chapter.deal is not None]


@pytest.fixture(scope="module")
def leads(life: list[Chapter]) -> list[Lead]:
    return [lead for chapter in life for lead in chapter.leads]


def test_deals_are_numbered_from_zero_without_a_gap(deals: list[Deal]) -> None:
    assert [deal.number for deal in deals] == list(range(DEALS))


def test_deals_go_through_their_stages_in_order_and_close_last(deals: list[Deal]) -> None:
    for deal in deals:
        moments = (*deal.entered, deal.closed if deal.closed is not None else NOW)
        assert deal.entered[0] == deal.created, deal
        assert all(before < later for before, later in pairwise(moments)), deal
        assert deal.modified < NOW, deal


def test_a_deal_is_closed_when_its_status_says_so(deals: list[Deal]) -> None:
    for deal in deals:
        assert (deal.status in CLOSED) == (deal.closed is not None and deal.closed < NOW), deal
        assert bool(deal.loss_reason) <= (deal.status in {Status.LOST, Status.NO_DECISION}), deal


def test_the_exports_begin_with_the_deals_that_were_open_on_the_first_day(deals: list[Deal]) -> None:
    before = [deal for deal in deals if deal.created // DAY < FIRST_DAY]
    assert 0.02 < len(before) / len(deals) < 0.10
    assert all(deal.closed is None or deal.closed // DAY >= FIRST_DAY for deal in before)


def test_leads_have_numbers_of_their_own(leads: list[Lead]) -> None:
    numbers = [lead.number for lead in leads]
    assert len(set(numbers)) == len(numbers)


def test_leads_take_their_steps_in_order_and_none_after_the_as_of_date(leads: list[Lead]) -> None:
    for lead in leads:
        steps = lead.steps
        way = (steps.created, steps.mql, steps.sal, steps.sql, steps.converted, steps.won)
        known = [moment for moment in way if moment is not None]
        assert known == sorted(known), lead
        everything = (*known, steps.touched, lead.fate.recycled, lead.fate.requalified, lead.fate.modified)
        assert all(moment < NOW for moment in everything if moment is not None), lead


def test_a_lead_that_became_a_deal_shares_its_source_and_account(life: list[Chapter]) -> None:
    by_number = {chapter.deal.number: chapter.deal for chapter in life if chapter.deal is not None}
    own = [lead for chapter in life for lead in chapter.leads if lead.deal is not None]
    assert len(own) > 800
    for lead in own:
        deal = by_number[lead.deal or 0]
        assert (lead.source, lead.company, lead.steps.converted) == (deal.source, deal.account, deal.created)
        assert lead.number in deal.contacts


def test_outbound_and_referral_leads_are_not_marketings(leads: list[Lead]) -> None:
    assert {lead.source.name for lead in leads if lead.steps.mql is not None} == {
        "Paid Search",
        "Organic Search",
        "Paid Social",
        "Webinar",
        "Email Marketing",
    }


@pytest.mark.parametrize("start", range(0, 7 * DAY, 977))
@pytest.mark.parametrize("minutes", [0, 30, 480, 481, 2_000, 5_000])
def test_working_time_passes_on_weekdays_from_nine_to_five(start: int, minutes: int) -> None:
    """Counted minute by minute."""
    first = FIRST_DAY * DAY + start
    moment, left = first, minutes
    while left or not _working(moment):
        left -= _working(moment)
        moment += 1
    assert after_working(first, minutes) == moment


def _working(moment: int) -> bool:
    day, minute = divmod(moment, DAY)
    return weekday(day) < 5 and 9 * 60 <= minute < 17 * 60
