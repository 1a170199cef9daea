"""How a metric is declared: one function with annotated arguments, from which everything else derives.

    @metric(formula="…", source="…", example=Example((40, 12_000, 0.25, 60), 2_000))
    def sales_velocity(opportunities: Annotated[Count, "Qualified opportunities open now"], …) -> MoneyPerPeriod:
        \"\"\"Revenue that the open pipeline is expected to yield per period.\"\"\"

The decorator keeps the function and reads its signature once, at import: name, arguments with kind, meaning and
default, result unit. Calling the metric from Python checks the arguments first (`xlfunnel.check`) and raises a
`MetricError` that names argument, rule and value.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, get_args, get_type_hints

from xlfunnel.argument import REQUIRED, Argument, Signature
from xlfunnel.check import checked, plain
from xlfunnel.errors import OutOfRange
from xlfunnel.table import Table
from xlfunnel.units import Label, Number, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Example:
    """Arguments and what they answer: a number, or the rows of a table with its header first."""

    args: tuple[Any, ...]
    result: Any


class Metric(Generic[P, R]):
    """A declared metric: callable from Python, and everything that a host needs to know of it."""

    def __init__(
        self, function: Callable[P, R], *, formula: str, source: str, example: Example, caution: str = ""
    ) -> None:
        hints = get_type_hints(function, include_extras=True)
        signature = inspect.signature(function)
        self.function = function
        self.name = function.__name__.upper()
        self.formula = formula
        self.source = source
        self.example = example
        self.caution = caution
        self.arguments = tuple(_argument(p, hints[p.name]) for p in signature.parameters.values())
        self.spills = hints["return"] is Table
        self.unit = Unit.MIXED if self.spills else _result_unit(hints["return"])
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__
        self.__wrapped__ = function
        self.signature = Signature(self.name, self.arguments)
        self._parameters = signature

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check the arguments and compute; raises a `MetricError`."""
        if not kwargs:
            return self.compute(args)
        bound = self._parameters.bind_partial(*args, **kwargs).arguments
        return self.compute([bound.get(argument.name) for argument in self.arguments])

    def compute(self, values: Sequence[Any]) -> R:
        """The answer to values as a host passes them: None is a blank, fewer values leave the last ones out."""
        return self.answer([plain(value) for value in values])

    def answer(self, given: Sequence[Any]) -> R:
        """The answer to values that are plain already."""
        function: Callable[..., R] = self.function
        try:
            result = function(*checked(self.signature, given))
        except OverflowError as fault:
            raise OutOfRange(_TOO_LARGE.format(self.name)) from fault
        if not _finite(result):
            raise OutOfRange(_TOO_LARGE.format(self.name))
        return result

    def __repr__(self) -> str:
        return f"<metric {self.name}>"

    @property
    def meaning(self) -> str:
        """What it answers, in one line."""
        return (self.__doc__ or "").strip().splitlines()[0]

    @property
    def usage(self) -> str:
        """The function with its arguments, as a formula is written: `[x]` may be left out."""
        words = [a.name if a.required else f"[{a.name}]" for a in self.arguments]
        return f"{self.name}({', '.join(words)})"


def metric(
    *, formula: str, source: str, example: Example, caution: str = ""
) -> Callable[[Callable[P, R]], Metric[P, R]]:
    """Declare a function as a metric."""

    def declare(function: Callable[P, R]) -> Metric[P, R]:
        return Metric(function, formula=formula, source=source, example=example, caution=caution)

    return declare


_TOO_LARGE: Final = "{} is larger than a cell can hold: check the inputs"


def _finite(result: object) -> bool:
    cells = [cell for row in result.rows for cell in row] if isinstance(result, Table) else [result]
    return all(math.isfinite(cell) for cell in cells if isinstance(cell, float))


def _argument(parameter: inspect.Parameter, hint: object) -> Argument:
    _, *details = get_args(hint)
    if type(None) in get_args(hint):  # Annotated[...] | None: an optional argument without a default value
        _, *details = get_args(get_args(hint)[0])
    kinds = [d for d in details if not isinstance(d, str)]
    meanings = [d for d in details if isinstance(d, str)]
    if not kinds or len(meanings) != 1:
        msg = f"argument {parameter.name} needs Annotated[type, kind, meaning]"
        raise TypeError(msg)
    default = REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
    varying = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    # The last kind wins, so that an alias such as Count can be narrowed beside the argument.
    return Argument(parameter.name, kinds[-1], meanings[0], default, varying)


def _result_unit(hint: object) -> Unit:
    for detail in get_args(hint)[1:]:
        if isinstance(detail, Number):
            return detail.unit
        if isinstance(detail, Label):
            return Unit.TEXT
    msg = f"a metric answers a Table or a number with a unit, not {hint}"
    raise TypeError(msg)
