"""Why velocity changed: what each lever added, and what each source added, in parts that sum to the change.

Velocity V is a product of seven sums over all deals, some of them below the line:

    V = open · won revenue ÷ won with an amount · won ÷ closed · closed with a cycle ÷ days of their cycles

The logarithmic mean L(a, b) = (b − a) ÷ ln(b ÷ a) turns the change of a product into a sum, so that a lever adds
L(V before, V now) · ln(lever now ÷ lever before), the cycle with the other sign. Each logarithm is itself a sum over
the sources, ln(X now ÷ X before) = Σ (x now − x before) ÷ L(X before, X now): a source adds to V

    L(V before, V now) · Σ ± (x now − x before) ÷ L(X before, X now)

over the seven sums, with the sign of each. Nothing is left over, no order is preferred, a source may be new or gone,
and two sources taken as one add what both add. A source that changed nothing adds nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.changes.state import Parts
from xlfunnel.metrics.velocity import logarithmic_mean, velocity_bridge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.changes.state import Levers

LEVERS: Final = ("open deals", "average deal", "win rate", "cycle")
"""The four in the order of the formula."""

_SIGNS: Final = (1, 1, -1, 1, -1, 1, -1)
"""By part: whether it stands above or below the line. The first is a lever of its own, then two make one."""

_SAME: Final = 1e-6
"""A part of velocity may differ from the sum of its sources by rounding only."""


@dataclass(frozen=True)
class LeverChange:
    """One lever: before and now in its own unit, and what it added to velocity, in money per day and as a share."""

    name: str
    before: float
    now: float
    added: float
    share: float
    """Of velocity before."""


@dataclass(frozen=True)
class SourceChange:
    """What one source added to velocity in money per day, and through which lever."""

    source: str
    added: float
    by_lever: tuple[float, float, float, float]


@dataclass(frozen=True)
class VelocityChange:
    """Velocity before and now in money per day, and the parts of its change where it has any.

    `no_levers` and `no_sources` say in words why there are none.
    """

    before: float | None
    now: float | None
    levers: tuple[LeverChange, ...] = ()
    sources: tuple[SourceChange, ...] = ()
    no_levers: str = ""
    no_sources: str = ""

    @property
    def change(self) -> float | None:
        """In money per day, where there is a velocity before and now."""
        return None if self.before is None or self.now is None else self.now - self.before

    @property
    def share(self) -> float | None:
        """The change as a share of velocity before, where that was over 0."""
        return self.change / self.before if self.change is not None and self.before else None


def velocity_change(
    before: Levers, now: Levers, old: Mapping[str, Parts] | None, new: Mapping[str, Parts] | None
) -> VelocityChange:
    """The change with its parts by lever and by source."""
    was, is_now = _velocity_of(before), _velocity_of(now)
    if was is None or is_now is None or min(*before.values, *now.values) <= 0:
        return VelocityChange(was, is_now, no_levers=_NOT_OVER_ZERO, no_sources=_NOT_OVER_ZERO)
    rows = velocity_bridge.function(before.values, now.values).rows[:4]
    levers = tuple(
        LeverChange(name, float(one), float(two), float(added), float(added) / was)  # type: ignore[arg-type]
        for name, (_, one, two, added) in zip(LEVERS, rows, strict=True)
    )
    if old is None or new is None:
        return VelocityChange(was, is_now, levers, no_sources=_NOT_KEPT)
    if not (_makes(old, was) and _makes(new, is_now)):
        return VelocityChange(was, is_now, levers, no_sources=_OTHER_SUM)
    return VelocityChange(was, is_now, levers, by_source(old, new))


def _velocity_of(levers: Levers) -> float | None:
    number, deal, rate, days = levers.values
    return number * deal * rate / days if days else None


def _makes(sources: Mapping[str, Parts], velocity: float) -> bool:
    """Whether the sources are those of this velocity."""
    total = sum(sources.values(), Parts())
    return min(total.values) > 0 and math.isclose(_velocity(total), velocity, rel_tol=_SAME)


_NOT_OVER_ZERO: Final = "A change is split only where all four levers are over 0, before and now."


_NOT_KEPT: Final = (
    "The earlier refresh did not keep what each source is made of; this one does, and the next is split by source."
)
_OTHER_SUM: Final = (
    "What the earlier refresh kept of its sources does not make its velocity: nothing is split by source."
)


def by_source(old: Mapping[str, Parts], new: Mapping[str, Parts]) -> tuple[SourceChange, ...]:
    """What each source added, the largest part first; every one of the seven sums must be over 0, before and now.

    >>> was = {"Web": Parts(10, 4000, 2, 2, 8, 8, 400), "Events": Parts(10, 6000, 3, 3, 12, 12, 600)}
    >>> now = {"Web": Parts(20, 4000, 2, 2, 8, 8, 400), "Events": Parts(10, 6000, 3, 3, 12, 12, 600)}
    >>> [(one.source, round(one.added, 6)) for one in by_source(was, now)]
    [('Web', 100.0), ('Events', 0.0)]
    """
    before, now = (sum(parts.values(), Parts()) for parts in (old, new))
    weight = logarithmic_mean(_velocity(before), _velocity(now))
    means = [logarithmic_mean(*pair) for pair in zip(before.values, now.values, strict=True)]
    found = []
    for name in dict.fromkeys((*new, *old)):
        steps = zip(old.get(name, Parts()).values, new.get(name, Parts()).values, means, strict=True)
        added = [sign * weight * (two - one) / mean for sign, (one, two, mean) in zip(_SIGNS, steps, strict=True)]
        levers = (added[0], added[1] + added[2], added[3] + added[4], added[5] + added[6])
        found.append(SourceChange(name, math.fsum(levers), levers))
    return tuple(sorted(found, key=lambda one: (-abs(one.added), one.source)))


def _velocity(parts: Parts) -> float:
    powers = zip(parts.values, _SIGNS, strict=True)
    return math.prod(value**sign for value, sign in powers)
