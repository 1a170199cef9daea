"""Stage history and touches of a source: joined as those of exports, brought in or counted where they lie."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from xlfunnel.crm import Mapping, read_exports
from xlfunnel.crm.tables import Kind, Rule
from xlfunnel.definitions import Definitions
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.segments.tables import ExportTables, Tables
from xlfunnel.sources.counted import CountedTables

AS_OF = date(2026, 6, 30)
FILES = {
    "opportunities": """opportunity id,stage,amount,created date,close date,lead source
D1,Closed Won,100,2026-01-05,2026-03-01,Partner
D2,Proposal,200,2026-01-10,2026-09-01,Webinar
""",
    "leads": """lead id,created date,mql date,lead source,opportunity id
L1,2026-01-01,2026-01-02,Webinar,D1
L2,2026-01-03,2026-01-04,Partner,D2
""",
    "history": """opportunity id,from stage,to stage,changed date
D1,Discovery,Proposal,2026-01-20
D1,Proposal,Closed Won,2026-03-01
D2,Discovery,Proposal,2026-02-02
D9,Discovery,Proposal,2026-02-02
D2,Proposal,Proposal,2026-02-03
""",
    "touches": """activity id,lead id,activity date,activity type,team
T1,L1,2026-01-02,Webinar,marketing
T2,L1,2026-01-04,Call,sales
T3,L2,2026-01-06,Call,sales
T4,L2,2026-01-07,Webinar,marketing
T5,L7,2026-01-07,Call,sales
""",
}
MAPPED = {
    "opportunities": {"id": "opportunity id", "stage": "stage", "amount": "amount", "created": "created date",
                      "closed": "close date", "source": "lead source"},
    "leads": {"id": "lead id", "created": "created date", "mql": "mql date", "source": "lead source",
              "opportunity_id": "opportunity id"},
    "history": {"opportunity_id": "opportunity id", "from_stage": "from stage", "to_stage": "to stage",
                "changed": "changed date"},
    "touches": {"id": "activity id", "lead_id": "lead id", "when": "activity date", "kind": "activity type",
                "by": "team"},
}  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    lines = ['[connections.a]\nduckdb = "a.duckdb"']
    with duckdb.connect(str(tmp_path / "a.duckdb")) as own:
        for name, text in FILES.items():
            file = tmp_path / f"{name}.csv"
            file.write_text(text)
            own.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{file}', header = true)")
            columns = "\n".join(f'{field} = "{column}"' for field, column in MAPPED[name].items())
            lines.append(f'[{name}]\ntable = "{name}"\n[{name}.columns]\n{columns}')
    (tmp_path / "sources.toml").write_text("\n".join(lines))
    return tmp_path / "sources.toml"


def read(sources: Path, **agreed: Any) -> Tables:
    with data_of(Inputs((), AS_OF, source=sources)) as data:
        tables = data.read(Definitions.model_validate(agreed), None, lambda what, share: None).tables
        tables.staged(), tables.deals(), tables.leads()  # while the source is open
        return tables


def test_they_say_what_the_exports_say(sources: Path) -> None:
    tables, mapping = read(sources), Mapping.model_validate(MAPPED)
    assert isinstance(tables, ExportTables)
    found = tables.exports
    exports = read_exports([sources.parent / f"{name}.csv" for name in FILES], AS_OF, Definitions(), mapping)
    for name in ("opportunities", "leads", "stage_dates", "touches"):
        one, other = getattr(found, name), getattr(exports, name)
        assert one.drop_columns([*{"file", "row"} & set(one.column_names)]).to_pylist() == (
            other.drop_columns([*{"file", "row"} & set(other.column_names)]).to_pylist()
        )
    assert accounts(tables) == [(one.read, one.used, one.set_aside) for one in exports.files]
    assert found.opportunities["sourced"].to_pylist() == [True, False]


def test_more_than_a_workbook_lists_are_counted_where_they_lie(sources: Path) -> None:
    """The two deals are listed, the five changes and activities are not brought in."""
    brought, counted = read(sources), read(sources, data_limit=3)
    assert isinstance(counted, CountedTables)
    for kind in (Kind.OPPORTUNITIES, Kind.LEADS):
        one, other = brought.listed(kind), counted.listed(kind)
        assert one is not None
        assert other is not None
        assert one.drop_columns(["file", "row"]).to_pylist() == other.drop_columns(["file", "row"]).to_pylist()
    assert stages(counted) == stages(brought) == [
        (0, "Closed Won", 1, date(2026, 3, 1)), (0, "Proposal", 0, date(2026, 1, 20)),
        (1, "Proposal", 0, date(2026, 2, 2)),
    ]  # fmt: skip
    assert accounts(counted) == accounts(brought)
    assert sorted((one.row, one.column, one.value, one.rule) for one in counted.set_aside) == [
        ("D2", "to stage", "Proposal", Rule.NO_CHANGE), ("D9", "opportunity id", "D9", Rule.NO_RECORD),
        ("T5", "lead id", "L7", Rule.NO_RECORD),
    ]  # fmt: skip


def accounts(tables: Tables) -> list[tuple[int, int, dict[Rule, int]]]:
    return [(one.read, one.used, one.set_aside) for one in tables.files]


def stages(tables: Tables) -> list[tuple[int, str, int, date]]:
    staged = tables.staged()
    assert staged is not None
    rows = staged.dates.collect("pyarrow").to_native().to_pylist()
    return sorted(
        (row["opportunity"], row["stage"], row["position"], date(1970, 1, 1) + timedelta(row["entered_day"]))
        for row in rows
    )
