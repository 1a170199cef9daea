"""Tables whose records stay where they are: every figure is the same, and words stand where the records would."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from xlfunnel.crm import read_exports
from xlfunnel.crm.tables import Kind
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.report import Report
from xlfunnel.segments.tables import ExportTables
from xlfunnel.templates.alignment_dashboard.figure_records import NoRecords, records_from


@dataclass(frozen=True)
class Distant(ExportTables):
    """Tables that no workbook lists."""

    place: str = "the warehouse"

    def listed(self, kind: Kind) -> pa.Table | None:
        return None

    def count(self, kind: Kind) -> int | None:
        return ExportTables(self.exports).count(kind)


@pytest.fixture(scope="module")
def reports() -> tuple[Report, Report]:
    """Of one export, with its records and without."""
    with tempfile.TemporaryDirectory() as folder:
        example = write_example(Path(folder), Crm.SALESFORCE, 150, 8)
        agreed = read_definitions(example.definitions).model_copy(update={"data_limit": 100})
        exports = read_exports(example.exports, example.as_of, agreed)
        here = build_report(ExportTables(exports), example.as_of, agreed)
        return here, build_report(Distant(exports), example.as_of, agreed)


def test_the_figures_are_the_same(reports: tuple[Report, Report]) -> None:
    here, there = reports
    assert [one.value for one in here.measures] == [one.value for one in there.measures]
    assert repr(here.by_source) == repr(there.by_source)  # cells may be errors, which differ from each other
    assert repr(here.stage_conversion) == repr(there.stage_conversion)


def test_words_say_where_the_records_are(reports: tuple[Report, Report]) -> None:
    here, there = reports
    words = "the records stay in the warehouse, and every figure counts all of them."
    assert there.data.reason.endswith(words)
    assert there.unlisted[1] == there.lead_data.reason
    assert here.data.reason == there.data.reason.replace("the warehouse", "the export")
    assert there.records is not None
    assert set(there.records.left_out) == {Kind.OPPORTUNITIES, Kind.LEADS}
    assert there.records.table is None


def test_the_records_of_a_figure_are_printed_where_they_are_at_hand(reports: tuple[Report, Report]) -> None:
    here, there = reports
    assert records_from(here, "velocity")[1].rows
    with pytest.raises(NoRecords, match=r"^The records of Sales velocity stay in the warehouse: [0-9,]+ are more"):
        records_from(there, "velocity")


def test_no_records_at_all(reports: tuple[Report, Report]) -> None:
    with pytest.raises(NoRecords, match="Nothing was read"):
        records_from(replace(reports[0], records=None), "velocity")
