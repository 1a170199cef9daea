"""What a refresh is of: exports, or the tables of a source, with what was agreed; and the reading of either."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_cost_path, read_costs
from xlfunnel.crm.exports import with_costs
from xlfunnel.crm.files import CostFile, recognised_files
from xlfunnel.crm.mapping import Mapping
from xlfunnel.crm.tables import CostKind
from xlfunnel.segments.once import Once
from xlfunnel.segments.tables import ExportTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from xlfunnel.crm.costs import CostTable, PersonRow, SpendRow
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.tables import Tables
    from xlfunnel.sources.opened import OpenSource
    from xlfunnel.sources.settings import Sources

    Progress = Callable[[str, float], None]


SOURCES: Final = ".toml"
"""How the name of a sources file ends."""

SHEET: Final = "the sheet Source"
"""How the source is named that a workbook itself describes."""


@dataclass(frozen=True)
class Inputs:
    """The files of a refresh, and what was agreed."""

    exports: tuple[Path, ...]
    as_of: date
    definitions: Definitions | None = None
    """None takes those of the workbook that is refreshed, or the program's own."""
    mapping: Mapping | None = None
    spend: Path | None = None
    people: Path | None = None
    dates: Literal["DMY", "MDY"] | None = None
    """Order of day and month where a column cannot decide, whatever the definitions say."""
    at: datetime | None = None
    """The moment of the refresh with its distance to UTC, for the log only."""
    source: Path | None = None
    """A sources file, whose tables are counted in the place of exports."""
    described: Sources | None = None
    """The same as a workbook's own sheet says it, where neither exports nor a file are given."""
    folder: Path | None = None
    """Where the workbook lies, if what is refreshed is a copy of it elsewhere."""
    vouched: bool = True
    """Whether a person named the sources file, and not a workbook, which may have come by mail."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that is read, exports first."""
        return (*self.exports, *(path for path in (self.spend, self.people, self.source) if path))


@dataclass(frozen=True)
class Read:
    """What was read, with the costs of its own."""

    tables: Tables
    spend: tuple[SpendRow, ...]
    people: tuple[PersonRow, ...]


@dataclass
class Data:
    """The data of a refresh, opened once for all the workbooks that are refreshed from it."""

    inputs: Inputs
    source: OpenSource | None = None
    once: Once = field(default_factory=Once)
    """What was computed for one workbook, for the others that agree on what it depends on."""
    _zone: str = ""

    def read(self, definitions: Definitions, mapping: Mapping | None, progress: Progress) -> Read:
        """The canonical tables by these definitions. `progress` is told the share of the reading, 0 to 1."""
        if self.source is None:
            return self._read_exports(definitions, mapping, progress)
        return self._read_source(self.source, definitions, mapping, progress)

    def mapped(self, own: Mapping, merged: Mapping) -> Mapping:
        """The mapping that counts: a source's columns are named in its own file and not on a workbook's sheet."""
        if self.source is None:
            return merged
        given = self.inputs.mapping or Mapping.model_validate({})
        return given.model_copy(update={"stages": {**own.stages, **given.stages}})

    def _read_exports(self, definitions: Definitions, mapping: Mapping | None, progress: Progress) -> Read:
        exports = read_exports(self.inputs.exports, self.inputs.as_of, definitions, mapping, progress)
        exports = with_costs(exports, self._named_costs, definitions)
        return Read(ExportTables(exports), exports.spend, exports.people)

    def _read_source(
        self, source: OpenSource, definitions: Definitions, mapping: Mapping | None, progress: Progress
    ) -> Read:
        from xlfunnel.sources.reading import read_source  # noqa: PLC0415  # most refreshes are of exports

        def make(agreed: Definitions) -> Tables:
            costs = [*self._cost_files(agreed), *self._cost_tables(agreed)]
            return read_source(source, self.inputs.as_of, agreed, mapping, costs)

        progress(source.file, 0.0)
        if definitions.timezone != self._zone:
            self.once.forget()  # tables that the engine does not keep show moments as its session does
            self._zone = definitions.timezone
        tables = self.once("tables", (mapping,), definitions, make)
        progress(source.file, 1.0)
        return Read(tables, tables.spend, tables.people)

    @property
    def _named_costs(self) -> list[tuple[Path, CostKind]]:
        named = ((self.inputs.spend, CostKind.SPEND), (self.inputs.people, CostKind.PEOPLE))
        return [(path, kind) for path, kind in named if path]

    def _cost_tables(self, definitions: Definitions) -> Iterator[CostTable]:
        for path, kind in self._named_costs:
            yield read_cost_path(path, kind, definitions)

    def _cost_files(self, definitions: Definitions) -> Iterator[CostTable]:
        """Files beside a source; one that is no file of costs raises `FilesBesideSource`."""
        from xlfunnel.sources.errors import FilesBesideSource  # noqa: PLC0415

        for found in recognised_files(self.inputs.exports, Mapping.model_validate({})):
            if not isinstance(found, CostFile):
                raise FilesBesideSource(found.name)
            yield read_costs(found, definitions)


@contextmanager
def data_of(inputs: Inputs) -> Iterator[Data]:
    """The data of a refresh; a source stays open, for its tables are counted where they lie.

    What a source's backend raises meanwhile becomes a `Stopped` of `sources.errors`. A sources file among the exports
    is the source: so a workbook names it on Start, and then it may lead to known connections only.
    """
    named = [path for path in inputs.exports if path.suffix.lower() == SOURCES]
    if inputs.source is None and len(named) == 1:
        inputs = replace(inputs, source=named[0], exports=tuple(path for path in inputs.exports if path != named[0]))
    found = _read_file(inputs, inputs.source) if inputs.source else inputs.described
    if found is None:
        yield Data(inputs)
        return
    from xlfunnel.sources.opened import opened  # noqa: PLC0415

    with opened(found, inputs.source or Path(SHEET)) as source:
        yield Data(inputs, source)


def _read_file(inputs: Inputs, path: Path) -> Sources:
    from xlfunnel.sources.known import check_known  # noqa: PLC0415
    from xlfunnel.sources.settings import read_sources  # noqa: PLC0415

    found = read_sources(path)
    if not inputs.vouched:
        for name, one in found.connections.items():
            check_known(name, one, path.resolve().parent, path.name)
    return found
