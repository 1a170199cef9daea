"""`xlfunnel records`: from a figure of a dashboard to the records that made it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from xlfunnel.cli.commands import app
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.refresh import refresh
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition

ADDRESS = "https://acme.lightning.force.com"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dashboard with links into the CRM, one that lists no leads, and the exports of both."""
    place = tmp_path_factory.mktemp("records")
    example = write_example(place, Crm.SALESFORCE, 150, 8)
    agreed = read_definitions(example.definitions).model_copy(update={"crm_address": ADDRESS})
    inputs = Inputs(example.exports, example.as_of, agreed, spend=example.spend, people=example.people)
    refresh(inputs, place / "all.xlsx")
    refresh(replace(inputs, definitions=agreed.model_copy(update={"data_limit": 150})), place / "few.xlsx")
    (place / "plan.xlsx").write_bytes(build("velocity_explorer", Edition.FORMULAS))
    return place


def run(folder: Path, *words: str) -> Result:
    placed = [str(folder / word) if word.endswith((".xlsx", ".csv")) else word for word in words if word != "--json"]
    return CliRunner().invoke(app, [*(["--json"] if "--json" in words else []), "records", *placed])


def rows(done: Result) -> list[dict[str, str]]:
    assert (done.stderr, done.exit_code) == ("", 0)
    return list(csv.DictReader(done.stdout.splitlines()))


def test_without_a_figure_all_are_listed_with_what_they_count(folder: Path) -> None:
    figures = {row["Figure"]: row for row in rows(run(folder, "all.xlsx"))}
    assert len(figures) >= 20
    won = int(figures["Average deal, USD"]["Records"])
    assert figures["Average deal, USD"]["Counts"] == f"{won} won"
    assert figures["Coverage needed by count"]["Counts"] == "The same records as Win rate"
    assert figures["Coverage needed by count"]["Records"] == figures["Win rate"]["Records"]


@pytest.mark.parametrize("words", ["win rate", "WIN", "kpi_win_rate", "Coverage needed by count"])
def test_a_figure_prints_its_records_with_rule_and_link(folder: Path, words: str) -> None:
    (figure,) = (row for row in rows(run(folder, "all.xlsx")) if row["Figure"] == "Win rate")
    found = rows(run(folder, "all.xlsx", words))
    assert len(found) == int(figure["Records"])
    won = [row for row in found if row["Counts as"] == "won"]
    assert len(won) / len(found) == pytest.approx(float(figure["Value"]), rel=1e-9)
    for row in won:
        assert row["Rule"].startswith("Closed as won in the 365 days up to ")
        assert row["Link"] == f"{ADDRESS}/lightning/r/Opportunity/{row['Record']}/view"
        assert row["Date"] <= "2026-09-30"


def test_json_holds_the_same(folder: Path) -> None:
    found = json.loads(run(folder, "all.xlsx", "mql to sql", "--json").stdout)
    assert found["figure"] == "MQL → SQL"
    assert {row["Counts as"] for row in found["records"]} == {"became SQL", "not SQL yet"}
    assert len(found["records"]) == len(rows(run(folder, "all.xlsx", "MQL → SQL")))
    assert found["records"][0]["Link"].startswith(f"{ADDRESS}/lightning/r/Lead/00Q")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("all.xlsx", "pipeline"), 'No figure is called "pipeline". Name one of these, by as much as tells it from'),
        (("all.xlsx", "marketing"), '"marketing" could be 3 figures. Name one of these'),
        (("all.xlsx", ""), 'No figure is called "". Name one of these'),
        (("plan.xlsx",), "The workbook does not say which records its figures count"),
        (("few.xlsx", "follow"), "are not in the workbook: they stay in the export. Run  xlfunnel records BOOK"),
        (("all.xlsx", "win", "--from", "nothing.csv"), "nothing.csv"),
    ],
)
def test_what_stops_it_is_told_in_words(folder: Path, words: tuple[str, ...], told: str) -> None:
    done = run(folder, *words)
    assert (done.stdout, done.exit_code) == ("", 1)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_records_that_stay_in_the_export_are_counted_anew_from_it(folder: Path) -> None:
    listed = rows(run(folder, "all.xlsx", "follow"))
    exports = [word for path in sorted(folder.glob("*.csv")) for word in ("--from", path.name)]
    anew = rows(run(folder, "few.xlsx", "follow", *exports))
    assert {row["Record"] for row in anew} == {row["Record"] for row in listed}
    assert [row["Counts as"] for row in anew] == [row["Counts as"] for row in listed]
    deals = rows(run(folder, "few.xlsx", "win rate"))  # deals are few enough to be listed
    assert deals == rows(run(folder, "all.xlsx", "win rate"))


def test_a_name_like_a_formula_stays_text_in_csv() -> None:
    from xlfunnel.cli.records import _csv_cell

    assert [_csv_cell(cell) for cell in ("=1+1", "-x", "Acme", -5.0, None)] == ["'=1+1", "'-x", "Acme", -5, None]
