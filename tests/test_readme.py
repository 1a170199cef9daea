"""What the README shows works as it stands there."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from xlfunnel.crm import read_mapping
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.definitions import read_definitions

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


SUMMARY = TEXT.partition("### The summary")[2].partition("\n## ")[0]
SUMMARY_KEYS = {
    key for names in re.findall(r"^\| (`[^|]+) \|", SUMMARY, re.MULTILINE) for key in re.findall(r"`(\w+)`", names)
}
"""What the README says that `xlfunnel refresh --json` prints."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_its_python_examples_answer_what_they_say() -> None:
    examples = doctest.DocTestParser().get_doctest("\n\n".join(blocks("python")), {}, README.name, str(README), 0)
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_its_settings_files_are_read(tmp_path: Path) -> None:
    definitions, mapping = blocks("toml")
    (tmp_path / "a.toml").write_text(definitions, encoding="utf-8")
    (tmp_path / "b.toml").write_text(mapping, encoding="utf-8")
    assert read_definitions(tmp_path / "a.toml").version == "2026-Q3 v1"
    assert read_mapping(tmp_path / "b.toml").opportunities["id"] == "Deal No"


def test_its_cost_files_are_read(tmp_path: Path) -> None:
    spend, people = blocks("csv")
    (tmp_path / "spend.csv").write_text(spend, encoding="utf-8")
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    assert sum(row.amount for row in read_spend(tmp_path / "spend.csv")) == 30_700
    loaded = [row.loaded_cost for row in read_people(tmp_path / "people.csv")]
    assert loaded == pytest.approx([85_000 * 1.25 * 0.85, 26_000 * 1.25 * 0.6])


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
