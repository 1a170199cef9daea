"""The life of the example company: leads that come in, deals that open, move through their stages and close.

Everything happens in order of the deals' creation, one deal and its leads at a time, so that a million deals need no
more memory than one.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, product
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from xlfunnel.demo import market
from xlfunnel.demo.chance import Deck, Draw, Quota, one_of, quantile, stretch
from xlfunnel.demo.market import LeadOwner, Reach, Segment, Source
from xlfunnel.demo.moments import AS_OF_DAY, DAY, FIRST_DAY, NOW, OPENS, after_working, workday
from xlfunnel.demo.names import ACCOUNTS, PEOPLE
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

_EARLIER = 540
"""Days before the exports' first whose deals are lived through, because some are still open on it."""

_LATER = 75
"""Days after the as-of date whose deals are lived through, because their leads are already in the exports."""

_ALL_KNOWN = NOW - 200 * DAY
"""What begins before has ended by now: the longest way of a lead is shorter."""


class _Lags(NamedTuple):
    """Days from one step of a lead to the next."""

    mql: int
    sal: int
    sql: int
    opportunity: int


_LAGS = tuple(
    _Lags(*days)
    for days in product(
        (0, 0, 0, 0, 1, 1, 2, 3, 6, 12),
        (0, 0, 1, 1, 1, 2, 2, 3, 5),
        (1, 2, 3, 4, 5, 7, 9, 13),
        (1, 2, 3, 4, 6, 8, 11, 16, 24),
    )
)
"""Every combination of lags, so that one draw gives all of a lead's."""

_SECOND_CHANCE, _SECOND_CHANCE_DAYS = 0.05, 60
_RECYCLED_AFTER, _REQUALIFIED_AFTER = 12, 30
_DISQUALIFIED, _BACK_AGAIN, _GIVEN_UP = 0.56, 0.62, 0.80
"""Of the leads that sales has touched in vain: disqualified; returned and back again; returned at all."""

_SLICES = 12
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


class Steps(NamedTuple):
    """When a lead came to each of its steps; None where it has not, by the as-of date."""

    created: int
    mql: int | None
    touched: int | None  # first contacted by a person
    sal: int | None
    sql: int | None
    converted: int | None
    won: int | None


class Fate(NamedTuple):
    """What became of a lead: why it was disqualified, when it was returned to marketing, when it came back."""

    state: LeadState
    reason: str
    recycled: int | None
    requalified: int | None
    modified: int


class Lead(NamedTuple):
    """A lead as it stands at the as-of date."""

    number: int
    name: tuple[str, str]  # first and last
    company: str
    segment: Segment
    source: Source
    owner: str
    steps: Steps
    fate: Fate
    deal: int | None  # number of the deal it became


class Chapter(NamedTuple):
    """One deal with the leads around it; no deal where it opens after the as-of date."""

    deal: Deal | None
    leads: tuple[Lead, ...]


@dataclass(frozen=True)
class _Business:
    """What comes in, and what of it is won: by decks and quotas, so that a small example tells the story too."""

    sources: Deck[Source]
    segments: dict[str, Deck[Segment]]  # by source
    wins: dict[tuple[str, str], Quota]  # by source and segment
    amounts: dict[tuple[str, bool], Deck[int]]  # slices of the amounts' curve, by segment and whether won


def _business(draw: Draw) -> _Business:
    pairs = [(source, segment) for source in market.SOURCES for segment in market.SEGMENTS]
    return _Business(
        sources=Deck(draw, market.DEAL_SOURCES),
        segments={source.name: Deck(draw, market.DEAL_SEGMENTS) for source in market.SOURCES},
        wins={(o.name, m.name): Quota(draw, o.wins * m.wins) for o, m in pairs},
        amounts={(m.name, won): Deck(draw, range(_SLICES)) for m in market.SEGMENTS for won in (True, False)},
    )


def chapters(deals: int, seed: int) -> Iterator[Chapter]:
    """The whole life of the company, with so many deals in its exports; the same for the same seed."""
    draw = Random(seed).random
    next_lead = 0
    for deal in _deals(draw, deals):
        leads = tuple(lead for lead in _leads(draw, deal, next_lead) if lead.steps.created < NOW)
        next_lead = leads[-1].number + 1 if leads else next_lead
        yield Chapter(_with_contacts(deal, leads) if deal.number < deals else None, leads)


def _deals(draw: Draw, deals: int) -> Iterator[Deal]:
    """The deals of the exports, then those that open after the as-of date.

    The exports hold every deal that was open on their first day or opened later, so that the stock and the cycles of
    any month since are those of all deals.
    """
    business = _business(draw)
    number = 0
    density = deals / _weights(FIRST_DAY, AS_OF_DAY)[-1]
    for day in _opening_days(draw, density, FIRST_DAY - _EARLIER, FIRST_DAY - 1):
        deal = _deal(draw, business, number, day)
        if number < deals // 2 and (deal.closed or NOW) // DAY >= FIRST_DAY:
            yield deal
            number += 1
    density = (deals - number) / _weights(FIRST_DAY, AS_OF_DAY)[-1]
    for day in _opening_days(draw, density, FIRST_DAY, AS_OF_DAY + _LATER):
        yield _deal(draw, business, number, day)
        number += 1


def _weights(first: int, last: int) -> list[float]:
    """How many deals open up to each of these days, in proportion."""
    return list(accumulate(market.day_weight(day) for day in range(first, last + 1)))


def _opening_days(draw: Draw, density: float, first: int, last: int) -> Iterator[int]:
    """The day on which each deal opens, in order, so many to a unit of weight."""
    weights = _weights(first, last)
    number = 0
    while (place := (number + draw()) / density) <= weights[-1]:
        yield first + bisect_left(weights, place)
        number += 1


def _office_minute(draw: Draw) -> int:
    return OPENS + int(draw() * 480)


def _deal(draw: Draw, business: _Business, number: int, day: int) -> Deal:
    renewal = draw() < market.RENEWALS
    source = business.sources.next()
    segment = business.segments[source.name].next()
    won = draw() < market.RENEWAL_WINS if renewal else business.wins[source.name, segment.name].next()
    length = _length(draw, source, segment, day, renewal=renewal, won=won)
    created = day * DAY + _office_minute(draw)
    entered = _stage_entries(draw, created, length, _stages_seen(draw, renewal=renewal, won=won))
    closes = workday(day + length + (0 if won else _stuck_days(draw))) * DAY + _office_minute(draw)
    closes = max(closes, entered[-1] + 20)
    status = _status(draw, closes, won=won)
    known = tuple(moment for moment in entered if moment < NOW) or entered[:1]
    return Deal(
        number=number,
        account=one_of(draw, ACCOUNTS),
        owner=one_of(draw, market.DEAL_OWNERS),
        source=source,
        segment=segment,
        renewal=renewal,
        amount=_amount(draw, business, segment, won=won),
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


def _amount(draw: Draw, business: _Business, segment: Segment, *, won: bool) -> int:
    share = (business.amounts[segment.name, won].next() + draw()) / _SLICES
    return 100 * round(segment.amount * quantile(market.AMOUNT_SPREAD, share) / 100)


def _length(draw: Draw, source: Source, segment: Segment, day: int, *, renewal: bool, won: bool) -> int:
    usual = market.RENEWAL_DAYS if renewal else segment.days * source.pace
    lost = 1.0 if won else market.LOST_PACE
    return max(1, round(usual * lost * market.tempo(day) * stretch(draw, market.DAYS_SPREAD)))


def _stages_seen(draw: Draw, *, renewal: bool, won: bool) -> int:
    every = market.RENEWAL_STAGES if renewal else market.NEW_STAGES
    return every if won else min(every, one_of(draw, market.LOST_AT))


def _stage_entries(draw: Draw, created: int, length: int, stages: int) -> tuple[int, ...]:
    """When the deal comes into each of its stages: its days are spread over them, some longer, some shorter."""
    # accumulate, not sum: sum adds floats in another way since Python 3.12.
    passed = list(accumulate(market.STAGE_TIME[stage] * (0.5 + draw()) for stage in range(stages)))
    entered = [created]
    for time in passed[:-1]:
        day = workday(created // DAY + int(length * time / passed[-1]))
        entered.append(max(day * DAY + _office_minute(draw), entered[-1] + 20))
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
    if not leads:
        return deal
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


def _converted_lead(draw: Draw, number: int, deal: Deal) -> Lead:
    source, owner = deal.source, one_of(draw, market.LEAD_OWNERS)
    again = source.marketing and draw() < _SECOND_CHANCE
    lags = one_of(draw, _LAGS)
    if again:
        lags = lags._replace(sal=lags.sal + _SECOND_CHANCE_DAYS)
    steps = _steps(draw, source, owner, deal.created // DAY - sum(lags), lags, Reach.OPPORTUNITY)
    recycled = steps.mql + _RECYCLED_AFTER * DAY if again and steps.mql is not None else None
    requalified = None if recycled is None else recycled + _REQUALIFIED_AFTER * DAY
    if deal.created >= NOW:
        steps = _known(steps)
        fate = Fate(_untold(steps), "", _happened(recycled), _happened(requalified), steps.created)
        return Lead(number, one_of(draw, PEOPLE), deal.account, deal.segment, source, owner.name, steps, fate, None)
    steps = _until(steps, deal)
    fate = Fate(LeadState.CONVERTED, "", recycled, requalified, deal.created)
    return Lead(
        number, one_of(draw, PEOPLE), deal.account, deal.segment, source, owner.name, steps, fate, deal.number
    )


def _failed_lead(draw: Draw, number: int, source: Source, day: int) -> Lead:
    segment, reach = one_of(draw, market.LEAD_SEGMENTS), one_of(draw, source.reaches)
    owner = one_of(draw, market.LEAD_OWNERS)
    steps = _known(_steps(draw, source, owner, day, one_of(draw, _LAGS), reach))
    fate = _fate(draw, source, steps)
    name, company = one_of(draw, PEOPLE), one_of(draw, ACCOUNTS)
    return Lead(number, name, company, segment, source, owner.name, steps, fate, None)


def _steps(draw: Draw, source: Source, owner: LeadOwner, day: int, lags: _Lags, reach: Reach) -> Steps:
    """The way of a lead that comes in that day, as far as it goes, whatever the as-of date."""
    created = day * DAY + 7 * 60 + int(draw() * 780)
    mql = created + lags.mql * DAY + 5 + int(draw() * 55)
    sal = mql + lags.sal * DAY + 45
    touched = None
    if reach > Reach.LEAD and draw() >= market.UNTOUCHED[reach] * owner.neglect:
        touched = after_working(mql, 5 + int(source.touch_minutes * stretch(draw, market.TOUCH_SPREAD)))
    return Steps(
        created,
        mql if source.marketing and reach >= Reach.MQL else None,
        touched,
        sal if reach >= Reach.SAL else None,
        sal + lags.sql * DAY + 20 if reach >= Reach.SQL else None,
        None,
        None,
    )


def _until(steps: Steps, deal: Deal) -> Steps:
    """The steps up to the deal's opening, and what came of it."""
    opened = deal.created
    won = deal.closed if deal.status is Status.WON else None
    touched, sal, sql = (_earlier(step, opened) for step in (steps.touched, steps.sal, steps.sql))
    return Steps(steps.created, steps.mql, touched, sal, sql, opened, won)


def _fate(draw: Draw, source: Source, steps: Steps) -> Fate:
    """What becomes of a lead that came to nothing: disqualified, returned to marketing, or left lying."""
    fate = draw()
    last = max(steps.sql or steps.sal or steps.created, steps.touched or 0)
    end = last + (4 + int(draw() * 24)) * DAY
    if steps.touched is None or fate >= _GIVEN_UP or end >= NOW:
        return Fate(_untold(steps), "", None, None, last)
    if fate < _DISQUALIFIED:
        return Fate(LeadState.UNQUALIFIED, one_of(draw, source.reasons), None, None, end)
    back = _happened(end + (25 + int(draw() * 90)) * DAY) if fate < _BACK_AGAIN else None
    state = LeadState.RECYCLED if back is None else LeadState.WORKING
    return Fate(state, "", end, back, back or end)


def _untold(steps: Steps) -> LeadState:
    return LeadState.NEW if steps.touched is None else LeadState.WORKING


def _known(steps: Steps) -> Steps:
    """The steps that the as-of date knows."""
    return steps if steps.created < _ALL_KNOWN else Steps(steps.created, *map(_happened, steps[1:]))


def _happened(moment: int | None) -> int | None:
    return moment if moment is not None and moment < NOW else None


def _earlier(moment: int | None, limit: int) -> int | None:
    return None if moment is None else min(moment, limit)
