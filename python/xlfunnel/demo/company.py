"""The life of the example company: leads that come in, deals that open, move through their stages and close.

Everything happens in order of the deals' creation, one deal and its leads at a time, so that a million deals need no
more memory than one.
"""

from __future__ import annotations

from bisect import bisect_left
from enum import StrEnum
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from xlfunnel.demo import market
from xlfunnel.demo.chance import Draw, one_of, stretch
from xlfunnel.demo.market import Reach, Segment, Source
from xlfunnel.demo.moments import AS_OF_DAY, DAY, FIRST_DAY, NOW, OPENS, after_working, workday
from xlfunnel.demo.names import account_name, family_name, given_name
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOKAHEAD = 75
"""Days after the as-of date whose deals are still lived through, because their leads are already in the exports."""

_MQL_LAGS = (0, 0, 0, 0, 1, 1, 2, 3, 6, 12)
_SAL_LAGS = (0, 0, 1, 1, 1, 2, 2, 3, 5)
_SQL_LAGS = (1, 2, 3, 4, 5, 7, 9, 13)
_OPPORTUNITY_LAGS = (1, 2, 3, 4, 6, 8, 11, 16, 24)
_SECOND_CHANCE = 0.05
_SECOND_CHANCE_DAYS = 60
_WITH_CAMPAIGN = {True: 0.75, False: 0.30}


class LeadState(StrEnum):
    """Where a lead stands."""

    NEW = "new"
    WORKING = "working"
    CONVERTED = "converted"
    UNQUALIFIED = "unqualified"
    RECYCLED = "recycled"


# Named tuples, not dataclasses: as immutable, and several times faster to make by the million.
class Deal(NamedTuple):
    """An opportunity as it stands at the as-of date; moments are minutes (see `moments`)."""

    number: int
    account: str
    owner: str
    source: Source
    segment: Segment
    renewal: bool
    amount: int | None  # dollars
    created: int
    entered: tuple[int, ...]  # when it came into each open stage so far
    status: Status
    closed: int | None  # None while open
    expected: int  # close date, the expected one while open
    modified: int
    loss_reason: str
    campaign: str  # the campaign that touched it, or nothing
    contacts: tuple[int, ...]  # numbers of its leads


class Lead(NamedTuple):
    """A lead as it stands at the as-of date; what had not happened then is None."""

    number: int
    given_name: str
    family_name: str
    company: str
    segment: Segment
    source: Source
    owner: str
    state: LeadState
    reason: str  # why it was disqualified
    created: int
    mql: int | None
    touched: int | None
    sal: int | None
    sql: int | None
    converted: int | None
    won: int | None
    recycled: int | None
    requalified: int | None
    modified: int
    deal: int | None  # number of the deal it became


class Chapter(NamedTuple):
    """One deal with the leads around it; no deal where it opens only after the as-of date."""

    deal: Deal | None
    leads: tuple[Lead, ...]


class _Lags(NamedTuple):
    """Days from one step of a lead to the next; `pause` is the detour of one that was returned and came back."""

    mql: int
    pause: int
    sal: int
    sql: int
    opportunity: int


def chapters(deals: int, seed: int) -> Iterator[Chapter]:
    """The whole life of the company, so many deals up to the as-of date; the same for the same seed."""
    draw = Random(seed).random
    leads_so_far = 0
    for number, day in enumerate(_creation_days(deals, draw)):
        deal = _deal(draw, number, day)
        leads = _leads(draw, deal, leads_so_far)
        leads_so_far += len(leads)
        known = tuple(lead for lead in leads if lead.created < NOW)
        yield Chapter(_with_contacts(deal, known) if number < deals else None, known)


def _creation_days(deals: int, draw: Draw) -> Iterator[int]:
    """The day on which each deal opens, in order: `deals` up to the as-of date, then the lookahead."""
    days = range(FIRST_DAY, AS_OF_DAY + 1 + _LOOKAHEAD)
    weights = list(accumulate(market.day_weight(day) for day in days))
    until_now = weights[AS_OF_DAY - FIRST_DAY]
    number = 0
    while (place := (number + draw()) / deals * until_now) <= weights[-1]:
        yield days[bisect_left(weights, place)]
        number += 1


def _office_minute(draw: Draw) -> int:
    return OPENS + int(draw() * 480)


def _deal(draw: Draw, number: int, day: int) -> Deal:
    renewal = draw() < market.RENEWALS
    source, segment = one_of(draw, market.DEAL_SOURCES), one_of(draw, market.DEAL_SEGMENTS)
    won = draw() < (market.RENEWAL_WINS if renewal else source.wins * segment.wins)
    length = _length(draw, source, segment, day, renewal=renewal, won=won)
    created = day * DAY + _office_minute(draw)
    entered = _stage_entries(draw, created, length, _stages_seen(draw, renewal=renewal, won=won))
    closes = workday(day + length + (0 if won else _stuck_days(draw))) * DAY + _office_minute(draw)
    closes = max(closes, entered[-1] + 20)
    status = _status(draw, closes, won=won)
    known = tuple(moment for moment in entered if moment < NOW) or entered[:1]
    return Deal(
        number=number,
        account=account_name(draw),
        owner=one_of(draw, market.DEAL_OWNERS),
        source=source,
        segment=segment,
        renewal=renewal,
        amount=100 * round(segment.amount * stretch(draw, market.AMOUNT_SPREAD) / 100),
        created=created,
        entered=known,
        status=status,
        closed=None if status is Status.OPEN else closes,
        expected=_expected(draw, created, length) if status is Status.OPEN else closes,
        modified=_modified(draw, known[-1]) if status is Status.OPEN else closes,
        loss_reason=_loss_reason(draw, status),
        campaign=_campaign(draw, source, day),
        contacts=(),
    )


def _length(draw: Draw, source: Source, segment: Segment, day: int, *, renewal: bool, won: bool) -> int:
    usual = market.RENEWAL_DAYS if renewal else segment.days * source.pace
    lost = 1.0 if won else market.LOST_PACE
    return max(1, round(usual * lost * market.tempo(day) * stretch(draw, market.DAYS_SPREAD)))


def _stages_seen(draw: Draw, *, renewal: bool, won: bool) -> int:
    every = market.RENEWAL_STAGES if renewal else market.NEW_STAGES
    return every if won else min(every, one_of(draw, market.LOST_AT))


def _stage_entries(draw: Draw, created: int, length: int, stages: int) -> tuple[int, ...]:
    """When the deal comes into each of its stages: its days are spread over them, some longer, some shorter."""
    times = [market.STAGE_TIME[stage] * (0.5 + draw()) for stage in range(stages)]
    scale = length / sum(times)
    entered, passed = [created], 0.0
    for time in times[:-1]:
        passed += time
        moment = workday(created // DAY + int(passed * scale)) * DAY + _office_minute(draw)
        entered.append(max(moment, entered[-1] + 20))
    return tuple(entered)


def _stuck_days(draw: Draw) -> int:
    if draw() >= market.STUCK:
        return 0
    least, most = market.STUCK_DAYS
    return least + int(draw() * (most - least))


def _status(draw: Draw, closes: int, *, won: bool) -> Status:
    if closes >= NOW:
        return Status.OPEN
    if won:
        return Status.WON
    return Status.NO_DECISION if draw() < market.NO_DECISION else Status.LOST


def _loss_reason(draw: Draw, status: Status) -> str:
    if status is Status.NO_DECISION:
        return "No decision"
    return one_of(draw, market.LOSS_REASONS) if status is Status.LOST else ""


def _expected(draw: Draw, created: int, length: int) -> int:
    """The close date that the owner has entered; most owners move one that has passed, some do not."""
    day = workday(created // DAY + int(length * (0.45 + 0.7 * draw())))
    if day > AS_OF_DAY or draw() < 0.5:
        return day * DAY
    return workday(AS_OF_DAY + 3 + int(draw() * 70)) * DAY


def _modified(draw: Draw, last: int) -> int:
    return last + int(draw() * (NOW - last)) if last < NOW else last


def _campaign(draw: Draw, source: Source, day: int) -> str:
    if draw() >= _WITH_CAMPAIGN[source.marketing]:
        return ""
    name = source.name if source.marketing else one_of(draw, ("Newsletter", "Webinar", "Customer Day"))
    return f"{name} wave {(day - FIRST_DAY) // 91 + 1}"


def _with_contacts(deal: Deal, leads: tuple[Lead, ...]) -> Deal:
    """The deal with its lead; now and then a colleague's lead stands beside it."""
    own = tuple(lead.number for lead in leads if lead.deal == deal.number)
    beside = tuple(lead.number for lead in leads[1:2]) if own and deal.number % 9 == 0 else ()
    return deal._replace(contacts=own + beside)


def _leads(draw: Draw, deal: Deal, first: int) -> tuple[Lead, ...]:
    """The lead that became the deal, then those of its time that came to nothing."""
    source = deal.source
    if deal.renewal or (not source.marketing and draw() < market.WITHOUT_LEAD):
        return ()
    converted = _converted_lead(draw, first, deal)
    around = deal.created // DAY - 32
    others = range(first + 1, first + 1 + int(source.failures + draw()))
    failed = (_failed_lead(draw, number, source, around + int(draw() * 40)) for number in others)
    return converted, *failed


def _lags(draw: Draw, *, pause: int = 0) -> _Lags:
    return _Lags(
        one_of(draw, _MQL_LAGS),
        pause,
        one_of(draw, _SAL_LAGS),
        one_of(draw, _SQL_LAGS),
        one_of(draw, _OPPORTUNITY_LAGS),
    )


def _converted_lead(draw: Draw, number: int, deal: Deal) -> Lead:
    source = deal.source
    again = source.marketing and draw() < _SECOND_CHANCE
    lags = _lags(draw, pause=_SECOND_CHANCE_DAYS if again else 0)
    lead = _lead(draw, number, source, deal.segment, deal.created // DAY - sum(lags), lags, Reach.OPPORTUNITY)
    if again and lead.mql is not None:
        lead = lead._replace(recycled=lead.mql + 12 * DAY, requalified=lead.mql + (12 + 30) * DAY)
    lead = lead._replace(company=deal.account)
    if deal.created >= NOW:
        return _known(lead)
    return lead._replace(
        state=LeadState.CONVERTED,
        touched=_earlier(lead.touched, deal.created),
        sal=_earlier(lead.sal, deal.created),
        sql=_earlier(lead.sql, deal.created),
        converted=deal.created,
        won=deal.closed if deal.status is Status.WON else None,
        modified=deal.created,
        deal=deal.number,
    )


def _failed_lead(draw: Draw, number: int, source: Source, day: int) -> Lead:
    segment, reach = one_of(draw, market.LEAD_SEGMENTS), one_of(draw, source.reaches)
    lead = _lead(draw, number, source, segment, day, _lags(draw), reach)
    return _given_up(draw, _known(lead))


def _lead(draw: Draw, number: int, source: Source, segment: Segment, day: int, lags: _Lags, reach: Reach) -> Lead:
    """A lead that comes in that day and goes as far as it does, whatever the as-of date."""
    created = day * DAY + 7 * 60 + int(draw() * 780)
    mql = created + lags.mql * DAY + 5 + int(draw() * 55)
    sal = mql + (lags.pause + lags.sal) * DAY + 45
    sql = sal + lags.sql * DAY + 20
    owner = one_of(draw, market.LEAD_OWNERS)
    touched = reach > Reach.LEAD and draw() >= market.UNTOUCHED[reach] * owner.neglect
    wait = 5 + int(source.touch_minutes * stretch(draw, market.TOUCH_SPREAD))
    return Lead(
        number=number,
        given_name=given_name(draw),
        family_name=family_name(draw),
        company=account_name(draw) if reach < Reach.OPPORTUNITY else "",
        segment=segment,
        source=source,
        owner=owner.name,
        state=LeadState.WORKING if touched else LeadState.NEW,
        reason="",
        created=created,
        mql=mql if source.marketing and reach >= Reach.MQL else None,
        touched=after_working(mql, wait) if touched else None,
        sal=sal if reach >= Reach.SAL else None,
        sql=sql if reach >= Reach.SQL else None,
        converted=None,
        won=None,
        recycled=None,
        requalified=None,
        modified=created,
        deal=None,
    )


def _given_up(draw: Draw, lead: Lead) -> Lead:
    """What becomes of a lead that was worked in vain: disqualified, returned to marketing, or left lying."""
    fate = draw()
    end = (lead.sql or lead.sal or lead.touched or lead.created) + (4 + int(draw() * 24)) * DAY
    if lead.touched is None or fate >= 0.80 or end >= NOW:
        return lead
    end = max(end, lead.touched)
    if fate < 0.56:
        return lead._replace(state=LeadState.UNQUALIFIED, reason=one_of(draw, lead.source.reasons), modified=end)
    back = _happened(end + (25 + int(draw() * 90)) * DAY) if fate < 0.62 else None
    state = LeadState.RECYCLED if back is None else LeadState.WORKING
    return lead._replace(state=state, recycled=end, requalified=back, modified=back or end)


def _known(lead: Lead) -> Lead:
    """The lead as the as-of date knows it."""
    touched = _happened(lead.touched)
    return lead._replace(
        state=LeadState.NEW if touched is None else lead.state,
        mql=_happened(lead.mql),
        touched=touched,
        sal=_happened(lead.sal),
        sql=_happened(lead.sql),
        recycled=_happened(lead.recycled),
        requalified=_happened(lead.requalified),
    )


def _happened(moment: int | None) -> int | None:
    return moment if moment is not None and moment < NOW else None


def _earlier(moment: int | None, limit: int) -> int | None:
    return None if moment is None else min(moment, limit)
