"""Every metric, in reading order: what a person asks, and the functions that answer.

A metric belongs to the catalog because the module that declares it stands here and names it in `__all__`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Final

from xlfunnel.check import shown
from xlfunnel.errors import MetricError, UnknownName
from xlfunnel.evaluate import evaluate
from xlfunnel.metric import Example, Metric, metric
from xlfunnel.metrics import capacity, economics, funnel, handoff, outcomes, targets, velocity
from xlfunnel.segments import acquisition, closing, revenue, stages
from xlfunnel.segments import handoff as handoff_by
from xlfunnel.segments import velocity as velocity_by
from xlfunnel.table import Column, Table
from xlfunnel.units import Anything, Text, Unit

if TYPE_CHECKING:
    from types import ModuleType


@dataclass(frozen=True)
class Topic:
    """A question of the reader, and the modules whose metrics answer it."""

    title: str
    question: str
    modules: tuple[ModuleType, ...]

    @property
    def metrics(self) -> tuple[Metric[Any, Any], ...]:
        """The metrics of the topic, in reading order."""
        return tuple(getattr(module, name) for module in self.modules for name in module.__all__)


@metric(
    formula="",
    source="This catalog",
    caution="Names are those of the worksheet functions; upper and lower case are the same.",
    example=Example(
        ("CONVERSION_RATE",),
        (
            ("property", "value"),
            ("definition", "Share of the records in a stage that reached the next one."),
            ("usage", "CONVERSION_RATE(entered, advanced)"),
            ("formula", "advanced ÷ entered"),
            ("unit", "share, 0–1"),
            ("source", '"The Metrics That End the Blame Game" (Keith Lacy, The Marketing Juice)'),
            ("version", version("xlfunnel")),
            ("caution", "Count the same records above and below: a young cohort looks worse than it is."),
        ),
    ),
)
def metric_info(name: Annotated[Text, "Name of a function"]) -> Table:
    """What a function means: definition, usage, formula, unit, source, version and one caution.

    Columns: property, value. An unknown name raises `UnknownName`.

    >>> metric_info("sales_velocity").column("property")[0]
    'definition'
    """
    found = find(name)
    rows = (
        ("definition", found.meaning),
        ("usage", found.usage),
        ("formula", found.formula),
        ("unit", "table" if found.spills else found.unit.value),
        ("source", found.source),
        ("version", version("xlfunnel")),
        ("caution", found.caution),
    )
    return Table((Column("property", Unit.TEXT), Column("value", Unit.TEXT)), rows)


@metric(
    formula="",
    source="This catalog",
    caution="It checks the inputs, not whether they are the right ones.",
    example=Example(("CONVERSION_RATE", 66, 220), "advanced must be at most entered (66), received 220"),
)
def metric_check(
    name: Annotated[Text, "Name of a function"],
    *inputs: Annotated[Any, Anything(), "The same arguments as the function takes"],
) -> Text:
    """`OK`, or the sentence that says what is wrong with the arguments of a function.

    Whatever is wrong with the name or the arguments is told, never raised; in a range it is the first cell's fault.

    >>> metric_check("SALES_VELOCITY", 40, 12_000, 25, 60)
    'win_rate must be a number from 0 to 1, received 25; write 25 % as 0.25'
    """
    try:
        answer = evaluate(find(name), inputs)
    except MetricError as fault:
        return str(fault)
    cells = [cell for row in answer for cell in row] if isinstance(answer, list) else []
    return next((str(cell) for cell in cells if isinstance(cell, MetricError)), "OK")


def find(name: str) -> Metric[Any, Any]:
    """The metric of this name, in any spelling of its case; an unknown one raises `UnknownName`."""
    found = CATALOG.get(name.strip().upper())
    if found is None:
        msg = f"there is no function {shown(name)}"
        raise UnknownName(msg)
    return found


TOPICS: Final = (
    Topic(
        "Velocity",
        "How fast does the pipeline turn into revenue, and what would speed it up?",
        (velocity, velocity_by),
    ),
    Topic("Funnel", "Where do leads get lost on the way to a deal?", (funnel, stages)),
    Topic("Targets", "How many MQLs, and how much pipeline, does a revenue goal take?", (targets,)),
    Topic(
        "Win rate and cycle", "How often do we win, how long does it take, and how sure are we?", (outcomes, closing)
    ),
    Topic(
        "Handoff", "Does sales work what marketing hands over, and what comes of it?", (handoff, handoff_by, revenue)
    ),
    Topic("Capacity", "Can the team work the leads it gets?", (capacity,)),
    Topic("Economics", "What does a customer cost, and what does one bring?", (economics, acquisition)),
)

_TRUST: Final = (metric_info, metric_check)

CATALOG: Final[dict[str, Metric[Any, Any]]] = {
    one.name: one for one in (*(m for topic in TOPICS for m in topic.metrics), *_TRUST)
}


def grouped() -> tuple[tuple[str, str, tuple[Metric[Any, Any], ...]], ...]:
    """Title, question and metrics of each topic, in reading order."""
    trust = ("Trust", "What does a function mean, and why does it not answer?", _TRUST)
    return (*((topic.title, topic.question, topic.metrics) for topic in TOPICS), trust)
