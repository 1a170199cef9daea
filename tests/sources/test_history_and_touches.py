"""Stage history and touches of a source: joined as those of exports, and refused in words where they are too many."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from xlfunnel.crm import Mapping, read_exports
from xlfunnel.crm.tables import Exports
from xlfunnel.definitions import Definitions
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.segments.tables import ExportTables
from xlfunnel.sources.errors import TooManyRows

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


def read(sources: Path, **agreed: Any) -> Exports:
    definitions = Definitions.model_validate(agreed)
    with data_of(Inputs((), AS_OF, source=sources)) as data:
        tables = data.read(definitions, None, lambda what, share: None).tables
        assert isinstance(tables, ExportTables)
        return tables.exports


def test_they_say_what_the_exports_say(sources: Path) -> None:
    found, mapping = read(sources), Mapping.model_validate(MAPPED)
    exports = read_exports([sources.parent / f"{name}.csv" for name in FILES], AS_OF, Definitions(), mapping)
    for name in ("opportunities", "leads", "stage_dates", "touches"):
        one, other = getattr(found, name), getattr(exports, name)
        assert one.drop_columns([*{"file", "row"} & set(one.column_names)]).to_pylist() == (
            other.drop_columns([*{"file", "row"} & set(other.column_names)]).to_pylist()
        )
    assert [(one.read, one.used, one.set_aside) for one in found.files] == [
        (one.read, one.used, one.set_aside) for one in exports.files
    ]
    assert found.opportunities["sourced"].to_pylist() == [True, False]


def test_more_than_a_workbook_lists_are_refused_before_anything_is_written(sources: Path) -> None:
    with pytest.raises(TooManyRows, match=r"history has 5 rows of history, more than the 3 \(data_limit\)"):
        read(sources, data_limit=3)
