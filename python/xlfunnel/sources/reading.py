"""A refresh from a source: the tables that figures count, wherever their rows lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.segments.tables import ExportTables
from xlfunnel.sources.brought import brought_in, cost_tables
from xlfunnel.sources.counted import counted_where_they_lie
from xlfunnel.sources.matching import kinds_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xlfunnel.crm.costs import CostTable
    from xlfunnel.crm.mapping import Mapping
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.tables import Tables
    from xlfunnel.sources.opened import OpenSource


def read_source(
    source: OpenSource,
    as_of: date,
    definitions: Definitions,
    mapping: Mapping | None = None,
    costs: Sequence[CostTable] = (),
) -> Tables:
    """The canonical tables of an open source by these definitions, with the account of every record.

    `costs` are files of spend and people that were given beside it. Tables that a workbook can list whole (at most
    `data_limit` rows) are brought in; where one is larger, all are counted where they lie. Both say the same.
    """
    costs = [*cost_tables(source, definitions), *costs]
    largest = max(source.rows(kind) for kind in kinds_of(source.sources))
    if largest > definitions.data_limit:
        return counted_where_they_lie(source, as_of, definitions, mapping, costs)
    brought = brought_in(source, as_of, definitions, mapping, costs)
    return ExportTables(brought, f"the source ({source.warehouse.engine})")
