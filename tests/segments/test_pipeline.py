"""Open deals by stage and the way from stage to stage: deals that a person can count."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from xlfunnel.check import day_number
from xlfunnel.crm.tables import OPPORTUNITIES, STAGE_DATES, Exports
from xlfunnel.definitions import Definitions
from xlfunnel.segments.canonical import Canonical
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.pipeline import open_stages, stage_conversion_of, stage_order
from xlfunnel.segments.tables import ExportTables, Staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AS_OF = date(2026, 9, 30)
TODAY = day_number(AS_OF)


def table(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def deal(
    stage: str | None, entered: int | None, amount: float | None, status: str = "open", closed: int | None = None
) -> dict[str, Any]:
    """A deal by the days, before the as-of date, on which it entered its stage and closed."""
    return {
        "stage": stage,
        "stage_day": None if entered is None else TODAY - entered,
        "amount": amount,
        "status": status,
        "closed_day": None if closed is None else TODAY - closed,
        "counted": True,
    }


DEALS = [
    deal("Proposal", 10, 100.0),
    deal("Proposal", 181, 200.0),
    deal("Proposal", 180, None),
    deal("Discovery", None, 50.0),
    deal("Discovery", -5, 60.0),  # entered its stage after the day
    deal("Closed Won", 5, 1000.0, "won", 5),
    deal("Closed Won", 5, 500.0, "won", -5),  # closes after the day: still open
    deal(None, 400, 7.0),
]


def deals(engine: Engine, *known: str) -> Canonical:
    return Canonical(frame_of(table(OPPORTUNITIES, DEALS), engine=engine), frozenset(known))


@pytest.mark.parametrize("engine", Engine)
class TestOpenStages:
    def test_count_value_and_days_in_stage(self, engine: Engine) -> None:
        found = open_stages(deals(engine, "stage", "stage_day"), AS_OF, Definitions.model_validate({}))
        assert found.table.header == (
            "stage", "open", "value", "median days", "longest days", "stale", "stale value",
        )  # fmt: skip
        assert found.table.rows == (
            ("Proposal", 3, 300.0, 180.0, 181, 1, 200.0),
            ("Discovery", 2, 110.0, None, None, 0, 0),
            ("Closed Won", 1, 500.0, 5.0, 5, 0, 0),
            ("(blank)", 1, 7.0, 400.0, 400, 1, 7.0),
            ("Total", 7, 917.0, 180.0, 400, 2, 207.0),
        )
        assert found.note == (
            "Stale: more than 180 days in one stage. Open deals without a date for their stage: 2. "
            "Open deals without an amount: 1."
        )

    def test_stages_stand_in_the_order_of_their_pipeline(self, engine: Engine) -> None:
        order = {"Discovery": 0, "Proposal": 1}
        found = open_stages(deals(engine, "stage"), AS_OF, Definitions.model_validate({}), order)
        assert found.table.column("stage") == ("Discovery", "Proposal", "Closed Won", "(blank)", "Total")

    def test_without_the_date_only_count_and_value_are_shown(self, engine: Engine) -> None:
        found = open_stages(deals(engine, "stage"), AS_OF, Definitions.model_validate({}))
        assert found.table.header == ("stage", "open", "value")
        assert found.note.startswith("How long deals sit in a stage needs the date each deal entered its stage.")

    def test_the_agreed_days_say_what_is_stale(self, engine: Engine) -> None:
        known = deals(engine, "stage", "stage_day")
        found = open_stages(known, AS_OF, Definitions.model_validate({"stale_days": 5}))
        assert found.table.column("stale") == (3, 0, 0, 1, 4)


def stage_dates(*journeys: tuple[int, dict[str, int]]) -> pa.Table:
    """The days, before the as-of date, on which opportunities entered stages; places follow the list below."""
    places = ["Discovery", "Proposal", "Contract", "Closed Won", "Closed Lost", "Check", "Renewed"]
    rows = [
        {"opportunity": number, "stage": stage, "position": places.index(stage), "entered_day": TODAY - ago}
        for number, stages in journeys
        for stage, ago in stages.items()
    ]
    return table(STAGE_DATES, rows)


def staged(opportunities: Sequence[Mapping[str, Any]], dates: pa.Table | None) -> Staged | None:
    return ExportTables(Exports(table(OPPORTUNITIES, opportunities), dates, None, (), ())).staged()


SALES: dict[str, Any] = {"pipeline": "Sales", "counted": True, "status": "open"}
RENEWALS: dict[str, Any] = {"pipeline": "Renewals", "counted": True, "status": "open"}
WON: dict[str, Any] = {"status": "won", "closed_day": TODAY - 50}
JOURNEYS = (
    (0, {"Discovery": 100, "Proposal": 90, "Contract": 70, "Closed Won": 50}),
    (1, {"Discovery": 100, "Proposal": 90, "Closed Lost": 80}),
    (2, {"Discovery": 100, "Contract": 60}),  # skipped Proposal
    (3, {"Discovery": 100}),
    (4, {"Discovery": 3}),  # too young
    (5, {"Check": 100, "Renewed": 50}),
    (6, {"Discovery": 100, "Proposal": 90}),  # of a pipeline that does not count
)
OPPORTUNITIES_OF_JOURNEYS = [
    SALES | WON, SALES | {"status": "lost"}, SALES, SALES, SALES, RENEWALS | WON, SALES | {"counted": False},
]  # fmt: skip


class TestStageConversion:
    def test_each_pipeline_ends_with_the_win(self) -> None:
        given = staged(OPPORTUNITIES_OF_JOURNEYS, stage_dates(*JOURNEYS))
        agreed = Definitions.model_validate({"stages": {"Renewed": "won"}})
        found = stage_conversion_of(given, AS_OF, agreed)
        assert [row[:3] for row in found.table.rows] == [
            ("Renewals: Check → won", 1, 1),
            ("Sales: Discovery → Proposal", 4, 3),
            ("Sales: Proposal → Contract", 3, 2),
            ("Sales: Contract → won", 2, 1),
        ]

    def test_one_pipeline_needs_no_name(self) -> None:
        given = staged(OPPORTUNITIES_OF_JOURNEYS, stage_dates(*JOURNEYS[:4]))
        found = stage_conversion_of(given, AS_OF, Definitions.model_validate({}))
        assert found.table.column("stage") == ("Discovery → Proposal", "Proposal → Contract", "Contract → won")
        assert found.table.column("median days") == (10.0, 20.0, 20.0)

    @pytest.mark.parametrize("dates", [None, stage_dates()], ids=["no table", "no rows"])
    def test_no_dates(self, dates: pa.Table | None) -> None:
        with pytest.raises(MissingColumns, match="needs a date for each stage"):
            stage_conversion_of(staged([SALES], dates), AS_OF, Definitions.model_validate({}))

    def test_the_order_of_the_stages(self) -> None:
        assert stage_order(staged([SALES], stage_dates(*JOURNEYS[:2]))) == {
            "Discovery": 0, "Proposal": 1, "Contract": 2, "Closed Won": 3, "Closed Lost": 4,
        }  # fmt: skip
        assert stage_order(staged([SALES], None)) == {}
