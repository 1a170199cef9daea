"""`xlfunnel refresh` and `demo`: the summary equals plain pandas over the same files, and no file is ever lost."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from xlfunnel.definitions import Definitions, read_definitions
from xlfunnel.demo import Crm, Example, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.refresh import NoWorkbookName, refresh
from xlfunnel.report import Report
from xlfunnel.saving import FolderNotWritable

AS_OF = pd.Timestamp("2026-09-30")
WINDOW = pd.Timedelta(days=365)

Block = dict[str, Any]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "from xlfunnel.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


# -- the same figures with pandas alone ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """How the opportunities of an example are to be read, and what its definitions say in other words."""

    encoding: str
    id: str
    account: str
    source: str
    created: str
    modified: str
    pipeline: str
    renewal: str
    stage: str
    closed: str
    won: str
    yes: str
    deleted: str
    unknown_stage: str
    sources: dict[str, str]


LAYOUTS = {
    Crm.SALESFORCE: Layout(
        encoding="cp1252",
        id="Opportunity ID",
        account="Account Name",
        source="Lead Source",
        created="Created Date",
        modified="Last Modified Date",
        pipeline="Type",
        renewal="Renewal",
        stage="Stage",
        closed="Closed",
        won="Won",
        yes="1",
        deleted="Is Deleted?",
        unknown_stage="Parked (old CRM)",
        sources={"Webinars": "Webinar", "paid search": "Paid Search"},
    ),
    Crm.HUBSPOT: Layout(
        encoding="utf-8",
        id="Record ID",
        account="Associated Company",
        source="Original Traffic Source",
        created="Create Date",
        modified="Last Modified Date",
        pipeline="Pipeline",
        renewal="Renewal Pipeline",
        stage="Deal Stage",
        closed="Is Deal Closed?",
        won="Is Closed Won",
        yes="true",
        deleted="",
        unknown_stage="Parked (old CRM)",
        sources={
            "Other Campaigns": "Webinar",
            "OTHER_CAMPAIGNS": "Webinar",
            "Offline Sources": "Outbound",
            "Referrals": "Referral",
            "PAID_SEARCH": "Paid Search",
        },
    ),
}


def deals_of(path: Path, layout: Layout) -> tuple[pd.DataFrame, dict[str, int]]:
    """The deals used, with the day, money and outcome of each, and how many were set aside by rule."""
    text = path.read_bytes().decode(layout.encoding).split('"Total"')[0]
    rows = pd.read_csv(io.StringIO(text), dtype=str).dropna(subset=[layout.id])
    rows = rows.assign(
        newest=pd.to_datetime(rows[layout.modified], format="mixed", errors="coerce"),
        day_created=pd.to_datetime(rows[layout.created], format="mixed", errors="coerce").dt.normalize(),
        day_closed=pd.to_datetime(rows["Close Date"], format="mixed", errors="coerce").dt.normalize(),
        money=pd.to_numeric(rows["Amount"].str.replace(r"[$,]", "", regex=True), errors="coerce"),
    )
    used = rows.sort_values("newest", ascending=False, kind="stable").drop_duplicates(layout.id)
    faults = {
        "deleted in the CRM": used[layout.deleted] == "1" if layout.deleted else used[layout.id].isna(),
        "test record": used[layout.account] == "Test Account",
        "unreadable date": used["day_created"].isna(),
        "unreadable amount": used["Amount"].notna() & used["money"].isna(),
        "unknown stage": used[layout.stage] == layout.unknown_stage,
    }
    aside = {"same id as another record": len(rows) - len(used)} | {r: int(f.sum()) for r, f in faults.items()}
    used = used[~pd.DataFrame(faults).any(axis=1)]
    outcome = pd.Series("lost", used.index).mask(used[layout.stage] == "Closed No Decision", "no_decision")
    outcome = outcome.mask(used[layout.won] == layout.yes, "won")
    gone = (used[layout.closed] == layout.yes) & (used["day_closed"] <= AS_OF)
    return used.assign(
        status=outcome.where(gone, "open"),
        source=used[layout.source].replace(layout.sources),
        segment=used["Segment"],
        renewal=used[layout.pipeline] == layout.renewal,
    ), {rule: count for rule, count in aside.items() if count}


def none_for_nan(value: float) -> float | None:
    return None if math.isnan(value) or math.isinf(value) else float(value)


def figures(closed: pd.DataFrame, standing: int) -> dict[str, float | None]:
    won = closed[closed["status"] == "won"]
    cycle = (closed["day_closed"] - closed["day_created"]).dt.days
    cycle = cycle[cycle >= 0]
    won_cycle = cycle[cycle.index.isin(won.index)]
    rate = len(won) / len(closed) if len(closed) else math.nan
    mean = cycle.mean()
    return {
        "open": standing,
        "won": len(won),
        "lost": int((closed["status"] == "lost").sum()),
        "no_decision": int((closed["status"] == "no_decision").sum()),
        "win_rate": none_for_nan(rate),
        "average_deal": none_for_nan(won["money"].mean()),
        "won_revenue": float(won["money"].sum()),
        "cycle_mean_won": none_for_nan(won_cycle.mean()),
        "cycle_median_won": none_for_nan(won_cycle.median()),
        "cycle_mean_closed": none_for_nan(mean),
        "cycle_median_closed": none_for_nan(cycle.median()),
        "velocity_per_day": none_for_nan(standing * won["money"].mean() * rate / mean if mean else math.nan),
    }


def block_of(deals: pd.DataFrame, window: pd.Timedelta | None) -> Block:
    standing, closed = deals[deals["status"] == "open"], deals[deals["status"] != "open"]
    everything = closed
    if window is not None:
        closed = closed[closed["day_closed"] > AS_OF - window]

    def by(dimension: str) -> list[dict[str, Any]]:
        names = sorted({*standing[dimension].dropna(), *closed[dimension].dropna()})
        return [
            {dimension: name} | figures(closed[closed[dimension] == name], int((standing[dimension] == name).sum()))
            for name in names
        ]

    def month(name: pd.Period) -> dict[str, Any]:
        end = min(name.end_time.normalize(), AS_OF)
        not_yet = everything[(everything["day_created"] <= end) & (everything["day_closed"] > end)]
        stock = len(not_yet) + int((standing["day_created"] <= end).sum())
        return {"month": str(name)} | figures(closed[closed["day_closed"].dt.to_period("M") == name], stock)

    return {
        "total": figures(closed, len(standing)),
        "by_source": by("source"),
        "by_segment": by("segment"),
        "by_month": [month(name) for name in sorted(closed["day_closed"].dt.to_period("M").unique())],
    }


def assert_same(found: Block, expected: Block) -> None:
    index = expected["total"]["velocity_per_day"]
    for name, wanted in expected.items():
        groups = found[name] if isinstance(wanted, list) else [found[name]]
        listed = wanted if isinstance(wanted, list) else [wanted]
        label = name.removeprefix("by_")
        assert sorted(str(group.get(label)) for group in groups) == [str(group.get(label)) for group in listed]
        for want in listed:
            (got,) = [group for group in groups if group.get(label) == want.get(label)]
            velocity = want["velocity_per_day"]
            want |= {"index": None if velocity is None or not index else velocity / index}
            figures_of = [{key: one[key] for key in one if key != label} for one in (got, want)]
            assert figures_of[0] == pytest.approx(figures_of[1], rel=1e-12), (name, want.get(label))


@pytest.mark.parametrize("crm", Crm)
def test_the_summary_equals_pandas_over_the_same_files(tmp_path: Path, crm: Crm) -> None:
    done = run(tmp_path, "demo", "--crm", crm.value, "--rows", "700", "--json")
    assert (done.stderr, done.returncode) == ("", 0)
    summary = json.loads(done.stdout)
    assert summary["definitions"]["version"] == "2026-Q3 v1"
    assert (summary["as_of"], summary["currency"]) == ("2026-09-30", "USD")
    assert sorted(summary["written"]) == sorted(p.name for p in tmp_path.iterdir() if p.suffix != ".xlsx")
    exports = [tmp_path / one["file"] for one in summary["files"]]
    deals, aside = deals_of(exports[0], LAYOUTS[crm])
    account = summary["files"][0]
    assert {rule: count for rule, count in account["set_aside"].items() if count} == aside
    assert account["used"] == len(deals)
    for one in summary["files"]:
        assert one["read"] == one["used"] + sum(one["set_aside"].values())
    assert_same(summary["all"], block_of(deals, None))
    assert_same(summary["window"], block_of(deals[~deals["renewal"]], WINDOW))


PLAIN = """\
opportunity_id,deal_stage,close_value,created_date,close_date,lead_source,segment
1,Closed Won,1000,2026-01-01,2026-01-31,Web,Small
2,Closed Won,3000,2026-01-11,2026-03-12,Web,Large
3,Closed Lost,500,2026-02-01,2026-02-11,Outbound,Small
4,Closed Lost,,2024-02-01,2024-03-02,Outbound,Small
5,Qualification,700,2026-03-01,,Web,Small
6,Qualification,900,2026-03-05,,,Large
7,Closed Won,2000,2026-03-01,2026-12-01,Outbound,Small
"""


def write_plain(folder: Path, text: str = PLAIN) -> Path:
    path = folder / "deals.csv"
    path.write_text(text, encoding="utf-8")
    return path


def refreshed(folder: Path, text: str = PLAIN, **settings: Any) -> tuple[Report, Any]:
    """The report of a written export, and the workbook that it became."""
    output = folder / "book.xlsx"
    inputs = Inputs((write_plain(folder, text),), date(2026, 3, 31), Definitions(**settings))
    return refresh(inputs, output), openpyxl.load_workbook(output, data_only=True)


def test_a_small_export_by_hand(tmp_path: Path) -> None:
    report, _ = refreshed(tmp_path)
    assert report.velocity.note.startswith("3 open deals × 2,000 × 66.7 % ÷ 33.3 days.")
    window, everything = report.summary["window"]["total"], report.summary["all"]["total"]
    # Two won and one lost within the year; 30, 60 and 10 days; the deal that closes in December still stands open.
    assert window == {
        "open": 3, "won": 2, "lost": 1, "no_decision": 0, "win_rate": 2 / 3, "average_deal": 2000.0,
        "won_revenue": 4000.0, "cycle_mean_won": 45.0, "cycle_median_won": 45.0,
        "cycle_mean_closed": pytest.approx(100 / 3), "cycle_median_closed": 30.0,
        "velocity_per_day": pytest.approx(3 * 2000 * (2 / 3) / (100 / 3)), "index": 1.0,
    }  # fmt: skip
    assert (everything["lost"], everything["win_rate"], everything["cycle_mean_closed"]) == (2, 0.5, 32.5)
    months = {month["month"]: (month["open"], month["won"]) for month in report.summary["window"]["by_month"]}
    assert months == {"2026-01": (1, 1), "2026-02": (1, 0), "2026-03": (3, 1)}


def test_check_prints_only_its_document(tmp_path: Path) -> None:
    done = run(tmp_path, "check", str(write_plain(tmp_path)), "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr, list(document)) == (0, "", ["files", "set_aside"])
    assert (document["files"][0]["read"], document["files"][0]["used"]) == (7, 7)
    assert [path.name for path in tmp_path.iterdir()] == ["deals.csv"]


# -- what the export does not have -----------------------------------------------------------------------------------


def without(*columns: str) -> str:
    return pd.read_csv(io.StringIO(PLAIN), dtype=str).drop(columns=list(columns)).to_csv(index=False)


@pytest.mark.parametrize(
    ("column", "sentence", "gone"),
    [
        ("created_date", "Sales velocity needs the date each record was created.", "Cycle days"),
        ("close_value", "Sales velocity needs the amount of each deal.", "Won revenue"),
    ],
)
def test_a_missing_column_is_named_and_no_zero_stands_for_it(
    tmp_path: Path, column: str, sentence: str, gone: str
) -> None:
    report, book = refreshed(tmp_path, without(column))
    assert report.velocity.reason == sentence
    told = {cell.value for row in book["By segment"].iter_rows() for cell in row if isinstance(cell.value, str)}
    assert "Win rate" in told
    assert gone not in told
    assert any(words.startswith("Left out for want of") and gone.lower() in words for words in told)
    assert report.trend.table is None


@pytest.mark.parametrize(("column", "sheet"), [("lead_source", "By source"), ("segment", "By segment")])
def test_a_missing_dimension_is_named(tmp_path: Path, column: str, sheet: str) -> None:
    _, book = refreshed(tmp_path, without(column))
    told = {cell.value for row in book[sheet].iter_rows() for cell in row}
    assert f"This needs the {'source' if column == 'lead_source' else 'segment'} of each record." in told


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return write_example(tmp_path_factory.mktemp("example"), Crm.SALESFORCE, 300, 7)


def inputs_of(example: Example) -> Inputs:
    agreed = read_definitions(example.definitions)
    return Inputs(example.exports, example.as_of, agreed, spend=example.spend, people=example.people)


def test_a_channel_without_people_cost_is_drawn_by_its_spend(tmp_path: Path, example: Example) -> None:
    output = tmp_path / "book.xlsx"
    inputs = replace(inputs_of(example), people=None)
    report = refresh(inputs, output)
    assert report.marketing_cac.value
    told = [cell.value for row in openpyxl.load_workbook(output)["CAC"].iter_rows() for cell in row]
    assert "Fully loaded CAC needs a people file with Role, Month, Cost, Burden and Acquisition share." in told
    assert not [words for words in told if "chart is left out" in str(words)]
    assert len(openpyxl.load_workbook(output)["CAC"]._charts) == 1


DEGENERATE = {
    "no record at all": PLAIN.splitlines()[0] + "\n",
    "one open deal": "".join(PLAIN.splitlines(keepends=True)[i] for i in (0, 5)),
    "one won deal": "".join(PLAIN.splitlines(keepends=True)[i] for i in (0, 1)),
    "all lost": PLAIN.replace("Closed Won", "Closed Lost"),
    "credits": PLAIN.replace(",1000,", ",-1000,"),
    "worth a million millions": PLAIN.replace(",1000,", ",1000000000000,"),
    "text that a spreadsheet would run": PLAIN.replace("Web", "=cmd|' /C calc'!A0").replace("Small", "+1"),
}


@pytest.mark.parametrize("text", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_no_sheet_shows_an_error_value(tmp_path: Path, text: str) -> None:
    report, book = refreshed(tmp_path, text)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "e"] == []
    words = [cell.coordinate for cell in cells if str(cell.value).lower() in {"nan", "inf", "-inf", "nat", "#n/a"}]
    assert words == []
    assert report.mql_to_sql.reason == "MQL → SQL needs an export of leads or contacts."


# -- the place of the workbook ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["book", "book.csv", "book.xls"])
def test_a_workbook_is_called_xlsx(tmp_path: Path, example: Example, name: str) -> None:
    with pytest.raises(
        NoWorkbookName, match=r'must end in \.xlsx, or in \.xlsm for the edition with functions; received "book'
    ):
        refresh(inputs_of(example), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told_before_anything_is_read(tmp_path: Path) -> None:
    inputs = Inputs((tmp_path / "missing.csv",), date(2026, 3, 31), Definitions())
    with pytest.raises(FolderNotWritable, match="does not exist"):
        refresh(inputs, tmp_path / "nowhere" / "book.xlsx")


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    deals = tmp_path / "deals.xlsx"
    pd.read_csv(io.StringIO(PLAIN)).to_excel(deals, index=False)
    before = deals.read_bytes()
    inputs = Inputs((deals,), date(2026, 3, 31), Definitions())
    with pytest.raises(NoWorkbookName, match="one of the files to be read"):
        refresh(inputs, tmp_path / "." / "deals.xlsx")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"deals.xlsx": before}


def test_the_earlier_workbook_is_kept_and_named(tmp_path: Path) -> None:
    (tmp_path / "büch 1.xlsx").write_bytes(b"earlier")
    words = ("refresh", write_plain(tmp_path).name, "--as-of", "2026-03-31", "-o", "büch 1.xlsx")
    done = run(tmp_path, *words)
    assert "kept the earlier büch 1.xlsx as büch 1.previous.xlsx" in done.stdout
    assert (tmp_path / "büch 1.previous.xlsx").read_bytes() == b"earlier"
    again = run(tmp_path, *words)  # it says that nothing changed since the first, which said that it was the first
    assert "kept the earlier büch 1.xlsx as büch 1.previous-2.xlsx" in again.stdout
    once_more = run(tmp_path, *words)
    assert "kept" not in once_more.stdout  # the same bytes once more: nothing is lost, nothing kept
    summary = json.loads(run(tmp_path, *words[:3], "2026-03-30", *words[4:], "--json").stdout)
    assert (summary["workbook"], summary["earlier_workbook"]) == ("büch 1.xlsx", "büch 1.previous-3.xlsx")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("command", ["refresh", "demo"])
@pytest.mark.parametrize("moment", [0.15, 0.6, 1.0])
def test_control_c_leaves_the_earlier_file_and_nothing_half_written(
    tmp_path: Path, command: str, moment: float
) -> None:
    output = tmp_path / "alignment-dashboard-2026-09-30.xlsx"
    output.write_bytes(b"earlier")
    example = write_example(tmp_path, Crm.SALESFORCE, 4_000, 7)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    words = ["demo", "--rows", "4000"]
    if command == "refresh":
        exports = [str(path) for path in example.exports]
        words = ["refresh", *exports, "--as-of", "2026-09-30", "-o", str(output)]
    program = "from xlfunnel.cli import main; print('begun', flush=True); main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in told
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
