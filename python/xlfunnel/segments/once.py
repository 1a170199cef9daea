"""What was computed in one refresh, kept for the other workbooks of it that agree on all that it depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from pydantic import BaseModel

from xlfunnel.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Found = TypeVar("Found")

_PLAIN: Final = (str, int, float, date, tuple, BaseModel, type(None))
"""What is compared by its value."""


class Once:
    """Computes each thing once for all definitions that say the same of what the computation asks them.

    What that is is watched and not listed: a choice that a computation comes to depend on later counts from then on.
    It lives as long as one refresh.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, list[_Kept]] = {}

    def __call__(
        self, name: Hashable, given: tuple[Any, ...], definitions: Definitions, make: Callable[[Definitions], Found]
    ) -> Found:
        """What `make` computes of these definitions, now or earlier.

        `name` says what it computes (words, or the function itself), `given` from what else: tables by themselves,
        days, rows of costs.
        """
        known = self._kept.setdefault(name, [])
        for one in known:
            if one.serves(given, definitions):
                return cast("Found", one.found)
        kept = _Kept(given, definitions)
        found = make(cast("Definitions", _Watched(kept)))
        kept.found = found
        known.append(kept)
        return found

    def forget(self) -> None:
        """Compute everything anew from now on."""
        self._kept.clear()


@dataclass
class _Kept:
    """What was computed, from what, and what it asked the definitions."""

    given: tuple[Any, ...]
    definitions: Definitions
    asked: dict[str, Any] = field(default_factory=dict)
    found: Any = None
    served: list[Definitions] = field(default_factory=list)

    def serves(self, given: tuple[Any, ...], definitions: Definitions) -> bool:
        """Whether the same would come out."""
        same = len(given) == len(self.given) and all(map(_same, given, self.given))
        if not same or any(getattr(definitions, name) != value for name, value in self.asked.items()):
            return False
        self.served.append(definitions)
        return True

    def ask(self, name: str) -> Any:
        """A choice of the definitions, which the computation depends on from now on.

        Where it asks only after others were served who choose differently, no figure is better than theirs.
        """
        value = getattr(self.definitions, name)
        if any(getattr(other, name) != value for other in self.served):
            msg = f"a shared figure depends on {name}, which it was not known to do"
            raise RuntimeError(msg)
        self.asked[name] = value
        return value


def _same(one: Any, other: Any) -> bool:
    """Tables are the same where they are one; what can be compared at little cost is compared."""
    return one is other or (isinstance(one, _PLAIN) and isinstance(other, _PLAIN) and bool(one == other))


class _Watched:
    """The definitions, to a computation: whatever it asks of them is noted."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        if name in Definitions.model_fields:
            return self._kept.ask(name)
        held = getattr(Definitions, name, None)
        if isinstance(held, property) and held.fget is not None:
            return held.fget(self)
        for each in Definitions.model_fields:  # a method may ask for any of them
            self._kept.ask(each)
        return getattr(self._kept.definitions, name)
