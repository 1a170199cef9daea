"""The interpreter beside LibreOffice: started, asked, ended, and missing; without LibreOffice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import xlfunnel
from xlfunnel.calc import companion
from xlfunnel.calc.companion import SHEET_ROWS, Companion, Missing, cut_to_used

PLACE = str(Path(xlfunnel.__file__).parents[1])
WIN_RATE = ("WIN_RATE", (1.0, 3.0, None))


@pytest.fixture
def running() -> Iterator[Companion]:
    started = Companion(sys.executable, PLACE)
    yield started
    started.close()


def test_it_answers_call_after_call(running: Companion) -> None:
    assert running.fault == ""
    assert running.ask(*WIN_RATE) == ((0.25,),)
    assert running.ask("WIN_RATE", (((1.0,), ("",)), 1.0))[0] == (0.5,)


def test_it_is_started_again_when_it_was_ended(running: Companion) -> None:
    running.ask(*WIN_RATE)
    running._process.kill()
    running._process.wait()
    assert running.ask(*WIN_RATE) == ((0.25,),)


def test_what_libreoffice_sets_for_its_own_python_is_not_handed_on(
    running: Companion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pandas.py").write_text("raise SystemExit('the wrong one')", encoding="utf-8")
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    days = ((46_000.0,), (46_010.0,))
    assert running.ask("SALES_CYCLE", (days, ((46_030.0,), (46_050.0,)), (("won",), ("won",)))) == ((35.0,),)


def missing_python(folder: Path) -> tuple[str, str]:
    return str(folder / "python"), PLACE


def missing_package(folder: Path) -> tuple[str, str]:
    return sys.executable, str(folder)


def broken_package(folder: Path) -> tuple[str, str]:
    (folder / "xlfunnel").mkdir()
    (folder / "xlfunnel" / "__init__.py").write_text("raise ImportError('half of it')", encoding="utf-8")
    return sys.executable, str(folder)


def no_python(folder: Path) -> tuple[str, str]:
    return __file__, PLACE


@pytest.mark.parametrize("case", [missing_python, missing_package, broken_package, no_python])
def test_what_is_missing_is_told(case: Any, tmp_path: Path) -> None:
    started = Companion(*case(tmp_path))
    for _ in range(5):
        with pytest.raises(Missing, match="xlfunnel install"):
            started.ask(*WIN_RATE)
    assert started._starts <= companion.STARTS


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied", "/srv/venv/bin/python")

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(Missing, match=r"Permission denied \(/srv/venv/bin/python\).*xlfunnel install"):
        Companion(sys.executable, str(tmp_path)).ask(*WIN_RATE)


def test_an_interpreter_that_never_answers_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xlfunnel").mkdir()
    (tmp_path / "xlfunnel" / "__init__.py").write_text("import time; time.sleep(600)", encoding="utf-8")
    monkeypatch.setattr(companion, "START_SECONDS", 0.5)
    started = Companion(sys.executable, str(tmp_path))
    with pytest.raises(Missing, match="does not start"):
        started.ask(*WIN_RATE)


def test_an_interpreter_that_ends_at_every_call_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "xlfunnel" / "calc").mkdir(parents=True)
    (tmp_path / "xlfunnel" / "__init__.py").touch()
    (tmp_path / "xlfunnel" / "calc" / "__init__.py").touch()
    (tmp_path / "xlfunnel" / "calc" / "serving.py").write_text(
        "import pickle, sys\ndef serve():\n    pickle.dump('1', sys.stdout.buffer)\n    sys.stdout.flush()\n",
        encoding="utf-8",
    )
    started = Companion(sys.executable, str(tmp_path))
    for _ in range(4):
        with pytest.raises(Missing):
            started.ask(*WIN_RATE)
    assert started._starts == companion.STARTS


def test_whole_columns_are_cut_together() -> None:
    blank = (("",),) * (SHEET_ROWS - 3)
    left = ((1.0,), ("",), ("",), *blank)
    right = (("a",), ("",), ("b",), *blank)
    assert cut_to_used((left, 5.0, right, ((1.0,),))) == (left[:3], 5.0, right[:3], ((1.0,),))
    assert cut_to_used((blank + (("",),) * 3,)) == ((("",),),)
