"""A template: its sheets, its example, and the writing of the whole workbook around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped
from xlfunnel.templates.agreed_mapping import with_files
from xlfunnel.templates.book import TemplateBook, TemplatePage
from xlfunnel.templates.buttons import carry_macros
from xlfunnel.templates.change_log import QUESTION, place_change_log
from xlfunnel.templates.change_log import SHEET as CHANGES
from xlfunnel.templates.checks_sheet import place_checks
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.definitions_sheet import place_definitions
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.functions_sheet import place_functions
from xlfunnel.templates.help_sheet import place_help
from xlfunnel.templates.mapping_sheet import place_mapping
from xlfunnel.templates.next_quarter import NOTHING_KEPT, NextQuarter
from xlfunnel.templates.refresh_log import place_refresh_log
from xlfunnel.templates.source_sheet import QUESTION as SOURCE_QUESTION
from xlfunnel.templates.source_sheet import SHEET as SOURCE
from xlfunnel.templates.source_sheet import place_source
from xlfunnel.templates.start_sheet import place_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.blocks import Card
    from xlfunnel.templates.contents import Contents
    from xlfunnel.templates.taking import Costs, Found, Taken

    Pages = Mapping[str, TemplatePage]

FIRST: Final = MappingProxyType(
    {
        "Start": "",
        "Definitions": "What did both heads agree on, in which version?",
    }
)
LAST: Final = MappingProxyType(
    {
        "Checks": "Do the figures reconcile?",
        "Mapping": "Which column of an export is which, and what does each stage stand for?",
        SOURCE: SOURCE_QUESTION,
        "Refresh log": "When was this workbook refreshed, from which files?",
        "Functions": "Which functions does this workbook use, and what does each mean?",
        "Help": "What do I do in the first five minutes?",
    }
)
_APART: Final = frozenset({"Mapping", SOURCE, "Refresh log", "Help"})
"""The sheets that no other reads."""


@dataclass(frozen=True)
class Template:
    """One workbook, in two editions.

    `sheets` are its own, in order, each with the question that it answers; `write` fills them. `steps` are the first
    five minutes in sentences. `pairs` are native twins of formulas that no translation finds, both without the equals
    sign. `segment_table` is the table whose rows are the segments, if it has one.
    """

    name: str
    title: str
    question: str
    sheets: Mapping[str, str]
    write: Callable[[Pages], None]
    example: Contents
    steps: tuple[str, ...]
    pairs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    segment_table: str = ""
    main_table: str = ""
    """The table that a person lengthens first, where it is not that of the segments."""
    logs: tuple[str, ...] = ()
    """Own sheets that stand behind Checks."""
    dimension: str = "size"
    """What segments are by, until a person says otherwise."""
    next_quarter: NextQuarter = NOTHING_KEPT
    headlines: tuple[Card, ...] = ()
    """Up to three figures that Start shows first."""
    mqls_owed: str = ""
    mqls_received: str = ""
    """Formulas that say how many MQLs marketing owes and sales received this quarter, where the workbook knows."""
    service: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """The same, agreed and actual, for other promises of the service level by their name."""
    take: Callable[[WorkbookFile, Found], Taken] | None = None
    """Writes what an existing workbook takes from a refresh; None where it takes nothing yet."""
    shows_report: bool = False
    """Whether it shows the tables of a report, and not only figures of its own."""
    costs: Callable[[WorkbookFile], Costs] | None = None
    """Reads what marketing spent and people cost, where a workbook of this template holds that itself."""


def written(
    template: Template, edition: Edition, contents: Contents, *, computed: bool = True, bare: bool = False
) -> bytes:
    """The workbook's bytes; unless `computed`, its formulas have no results yet.

    A `bare` one lacks the sheets that no other sheet reads: an existing workbook takes nothing from them.
    """
    shown = contents if bare else with_files(contents)
    book = TemplateBook(template.name, template.title, edition, shown, template.pairs, computed=computed)
    own = {name: question for name, question in template.sheets.items() if name not in template.logs}
    logs = {name: template.sheets[name] for name in template.logs}
    if CHANGES not in template.sheets:
        logs = {CHANGES: QUESTION, **logs}
    order = {**FIRST, "Start": template.question, **own, "Checks": LAST["Checks"], **logs, **LAST}
    left_out = _APART if bare else frozenset()
    pages = {name: book.template_page(name, told) for name, told in order.items() if name not in left_out}
    pages["Start"].is_front = True
    place_start(pages["Start"], template.headlines, template.dimension)
    mqls = {"sla_mqls": (template.mqls_owed, template.mqls_received)}
    place_definitions(pages["Definitions"], {**mqls, **template.service})
    if not bare:
        place_mapping(pages["Mapping"])
        place_source(pages[SOURCE])
        place_refresh_log(pages["Refresh log"])
    template.write(pages)
    if CHANGES not in template.sheets:
        place_change_log(pages[CHANGES])
    if not bare:
        place_help(pages["Help"], template)
    place_functions(pages["Functions"])
    place_checks(pages["Checks"])
    book.name_examples()
    if edition is Edition.FUNCTIONS:
        carry_macros(book)
    return book.content()


class NoSegments(Stopped):
    """A template without a table of segments was asked for some, or none were named."""


def with_segments(template: Template, names: Sequence[str]) -> Contents:
    """Blank contents with these segments. Raises `NoSegments`."""
    if not template.segment_table:
        msg = f"The template {template.name} has no table of segments; leave --segments out."
        raise NoSegments(msg)
    if not names or len({name.casefold() for name in names}) < len(names):
        msg = "Name each segment once, with commas between: --segments Small,Middle,Large"
        raise NoSegments(msg)
    return BLANK.with_table(template.segment_table, [(name,) for name in names])
