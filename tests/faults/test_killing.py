"""Whatever ends a process or fails below it, the workbook is the old one or the new one; the next run clears up."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from tests.faults.killing import (
    Ground,
    Moment,
    faults_after_kill,
    faults_when_struck,
    ground_of,
    kill,
    remove_folder,
)
from tests.faults.scenarios import SCENARIOS, inputs_in, write_exports

from xlfunnel.refresh import refresh
from xlfunnel.saving import FolderNotWritable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows forks no processes")
KILLS = 2
REMOVALS = 1


@pytest.fixture(scope="module", params=SCENARIOS)
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return ground_of(request.param, tmp_path_factory.mktemp("ground"))


def test_a_kill_leaves_the_old_workbook_or_the_new_one(ground: Ground) -> None:
    """A seeded sample; `python -m tests.faults --all` takes every moment."""
    moments = Random(ground.title).sample(ground.moments(), KILLS)  # noqa: S311
    faults = {str(moment): faults_after_kill(ground, moment) for moment in moments}
    assert faults == {str(moment): [] for moment in moments}


def test_a_folder_that_vanishes_is_told(ground: Ground) -> None:
    for number in Random(ground.title).sample(range(1, ground.operations + 1), REMOVALS):  # noqa: S311
        assert faults_when_struck(ground, Moment(operation=number), remove_folder) == []


def test_a_full_disk_is_told_and_changes_nothing(ground: Ground) -> None:
    assert faults_when_struck(ground, Moment(size=20_000, kills=False), kill) == []


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    write_exports(tmp_path / "exports")
    closed = Path("/proc") if os.geteuid() == 0 else tmp_path / "closed"  # nothing is closed to root but such places
    if os.geteuid() != 0:
        closed.mkdir(mode=0o500)
    with pytest.raises(FolderNotWritable, match=r"plan\.xlsx"):
        refresh(inputs_in(tmp_path / "exports"), closed / "plan.xlsx")
