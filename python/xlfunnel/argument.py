"""The arguments of a metric: what each one is called, takes and means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.units import RecordGrid, Records

if TYPE_CHECKING:
    from xlfunnel.units import Kind, Unit


class _Required:
    """Marks an argument that has no default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED: Final = _Required()


@dataclass(frozen=True)
class Argument:
    """One argument: its name, what kind of value it takes, what it means, and its default."""

    name: str
    kind: Kind
    meaning: str
    default: Any = REQUIRED
    varying: bool = False

    @property
    def required(self) -> bool:
        """Whether the metric cannot answer without it."""
        return self.default is REQUIRED and not self.varying

    @property
    def unit(self) -> Unit | None:
        """The unit of its values, where it has one."""
        kind = getattr(self.kind, "of", self.kind)
        return getattr(kind, "unit", None)


class Signature:
    """The name of a metric and its arguments in order."""

    def __init__(self, name: str, arguments: tuple[Argument, ...]) -> None:
        self.name = name
        self.arguments = arguments
        self.takes_records = any(isinstance(a.kind, (Records, RecordGrid)) for a in arguments)
