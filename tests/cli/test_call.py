"""`xlfunnel call` and `xlfunnel functions`, run as a person would run them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

import pytest


def run(*words: str) -> subprocess.CompletedProcess[str]:
    program = "from xlfunnel.cli import main; main()"
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, encoding="utf-8", check=False)


PRINTED = [
    (["SALES_VELOCITY", "40", "12000", "0.25", "60"], "2000"),
    (["sales_velocity", "40", "12000", ".25", "60", "Week"], "14000"),
    (["SALES_VELOCITY", "+4e1", "12000", ".25e0", "6.e1"], "2000"),
    (["WIN_RATE", "20", "60", "null"], "0.25"),
    (["SLA_HOURS", "2026-09-04T16:00", "2026-09-07 10:00"], "2"),
    (["SLA_HOURS", "2026-09-04 16:00", "2026-09-08 10:00", "9", "17", "MON-FRI", '["2026-09-07"]'], "2"),
    (["METRIC_CHECK", "SLA_HOURS", "2026-09-04T16:00", "2026-09-07T10:00"], "OK"),
    (["METRIC_CHECK", "WIN_RATE"], "won is missing: Deals won"),
]


@pytest.mark.parametrize(("words", "printed"), PRINTED)
def test_a_value_is_printed(words: list[str], printed: str) -> None:
    done = run("call", *words)
    assert (done.stdout.strip(), done.stderr, done.returncode) == (printed, "", 0)


FAULTS = [
    (
        ["FULLY_LOADED_CAC", "5", "-1", "120000"],
        "#NUM!",
        "marketing_spend must be a number of at least 0, received -1",
    ),
    (["SALES_VELOCITY", "40", "12000", "25", "60"], "#NUM!", "win_rate"),
    (["SALES_VELOCITY", "#DIV/0!", "12000", "25", "60"], "#DIV/0!", "opportunities"),
    (["SALES_VELOCITY"], "#N/A", "opportunities is missing"),
    (["SALES_VELOCITY", "forty", "1", "1", "1"], "#VALUE!", '"forty"'),
    (["SALES_VELOCITY", "NaN", "1", "1", "1"], "#VALUE!", '"NaN"'),
    (["SALES_VELOCITY", "1_000", "1", "1", "1"], "#VALUE!", '"1_000"'),
    (["SALES_VELOCITY", "[]", "1", "1", "1"], "#N/A", "opportunities is missing"),
    (["SALES_VELOCITY", "1" + 400 * "0", "1", "1", "1"], "#NUM!", "opportunities"),
    (["SALES_VELOCITY", "--foo", "1", "1", "1"], "#VALUE!", '"--foo"'),
    (["WIN_RATE", "[" * 900 + "1" + "]" * 900, "1"], "#VALUE!", "won"),
    (["SALES_VELOCITY", "1e999", "1", "1", "1"], "#NUM!", "opportunities"),
    (["SLA_HOURS", "4 September", "2026-09-07"], "#VALUE!", "started"),
    (["NO_SUCH_FUNCTION", "1"], "#NAME?", "NO_SUCH_FUNCTION"),
]


@pytest.mark.parametrize(("words", "code", "told"), FAULTS)
@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_goes_to_standard_error(words: list[str], code: str, told: str, *, as_json: bool) -> None:
    done = run("call", *words, *(["--json"] if as_json else []))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(code)
    assert told in done.stderr


DOCUMENTS = [
    (["SALES_VELOCITY", "40", "12000", "0.25", "60"], 2000),
    (["CONVERSION_RATE", "3", "1"], 1 / 3),
    (["FUNNEL_REVERSE", "10", "[0.5]", "nearest"], [["stage", "count"], ["stage 1", 20], ["stage 2", 10]]),
    (["WIN_RATE", '[[1],["#REF!"],[null]]', "3"], [[0.25], ["#REF!"], ["#N/A"]]),
    (["WIN_RATE", "[1,2]", "[[3],[2]]"], [[0.25, 0.4], [1 / 3, 0.5]]),
    (
        ["RAMPED_CAPACITY", '["2026-01-15"]', "[0.5]", "100", "1", '["2026-01-01"]'],
        [["month", "capacity", "reps", "ramped reps"], ["2026-01-01", 50, 1, 0.5]],
    ),
]


@pytest.mark.parametrize(("words", "document"), DOCUMENTS)
def test_json_stands_anywhere_on_the_line(words: list[str], document: object) -> None:
    for line in (["--json", "call", *words], ["call", "--json", *words], ["call", *words, "--json"]):
        done = run(*line)
        assert json.loads(done.stdout) == document
        assert done.stderr == ""


def test_a_spill_prints_as_a_table() -> None:
    lines = run("call", "FUNNEL_REVERSE", "10", "[0.3,0.7,0.6,0.6,0.9]", "nearest").stdout.splitlines()
    assert [line.split() for line in lines[:2]] == [["stage", "count"], ["stage", "1", "147"]]
    assert len(lines) == 7


def test_functions_are_listed_and_explained() -> None:
    listed = run("functions").stdout
    assert "SALES_VELOCITY(opportunities, average_deal, win_rate, cycle_days, [per])" in listed
    explained = run("functions", "mql_target").stdout
    assert "confidence" in explained
    assert "=MQL_TARGET(300000, 30000, {0.3,0.7,0.6,0.6,0.9})" in explained
    document = json.loads(run("functions", "--json", "MQL_TARGET").stdout)
    assert [argument["name"] for argument in document["arguments"]] == [
        "revenue",
        "average_deal",
        "rates",
        "confidence",
    ]
    assert {entry["name"] for entry in json.loads(run("functions", "--json").stdout)} >= {"WIN_RATE", "METRIC_INFO"}
    assert run("functions", "nothing").returncode == 1


def test_it_says_its_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"xlfunnel {version('xlfunnel')}\n")
