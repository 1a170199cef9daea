"""Installing into LibreOffice, with a stand-in for its extension manager that writes down what it is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xlfunnel.calc import installing
from xlfunnel.calc.extension import FILE_NAME, IDENTIFIER
from xlfunnel.calc.installing import ExtensionRefused, install_calc, uninstall_calc

needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


@pytest.fixture
def soffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A LibreOffice that was started before, whose extension manager knows our add-in and does what it is asked."""
    (tmp_path / "used" / "user").mkdir(parents=True)
    (tmp_path / "used" / "user" / "registrymodifications.xcu").touch()
    monkeypatch.setattr(installing, "_profile", lambda: tmp_path / "used")
    manager(tmp_path, f'echo "$@" >> "{tmp_path}/asked"; echo "Identifier: {IDENTIFIER}"')
    return tmp_path / "soffice"


def manager(folder: Path, script: str) -> None:
    program = folder / "unopkg"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def asked(soffice: Path) -> list[str]:
    found = soffice.with_name("asked")
    return found.read_text(encoding="utf-8").splitlines() if found.exists() else []


@needs_scripts
def test_it_is_installed_for_the_user(soffice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "_is_root", lambda: False)
    told = install_calc(soffice=soffice)
    (line,) = asked(soffice)
    assert line.startswith("add --force --suppress-license ")
    assert line.endswith(FILE_NAME)
    assert "for you" in told[0]
    assert sys.executable in told[0]


@needs_scripts
def test_a_libreoffice_that_was_never_started_is_started_first(
    soffice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soffice.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\n', encoding="utf-8")
    soffice.chmod(0o755)
    monkeypatch.setattr(installing, "_is_root", lambda: False)
    profile = tmp_path / "profile"
    monkeypatch.setattr(installing, "_profile", lambda: profile)
    install_calc(soffice=soffice)
    first, added = asked(soffice)
    assert first == "--headless --terminate_after_init"
    assert added.startswith("add ")
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").touch()
    install_calc(soffice=soffice)
    assert [line.split()[0] for line in asked(soffice)] == ["--headless", "add", "add"]


@needs_scripts
def test_root_installs_for_everybody(soffice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "_is_root", lambda: True)
    assert "for all users" in install_calc(soffice=soffice)[0]
    assert asked(soffice)[0].startswith("add --shared --force")


@needs_scripts
def test_it_is_taken_out_again(soffice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "_is_root", lambda: False)
    assert uninstall_calc(soffice=soffice)[0].startswith("Took the add-in out")
    assert asked(soffice) == [f"list {IDENTIFIER}", f"remove {IDENTIFIER}"]


@needs_scripts
def test_what_is_not_there_is_not_taken_out(soffice: Path) -> None:
    manager(soffice.parent, "echo no such extension; exit 1")
    assert "not installed" in uninstall_calc(soffice=soffice)[0]


@needs_scripts
def test_a_refusal_is_told_with_its_reason(soffice: Path) -> None:
    manager(soffice.parent, "echo 'ERROR: unopkg cannot be started. It is running.' >&2; exit 1")
    with pytest.raises(
        ExtensionRefused, match=r"It is running\.\. Close LibreOffice|It is running.*Close LibreOffice"
    ):
        install_calc(soffice=soffice)


def test_a_libreoffice_without_its_manager_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExtensionRefused, match="--target"):
        install_calc(soffice=tmp_path / "soffice")  # nor has it a program: whichever is asked first is missing


@needs_scripts
def test_a_dry_run_changes_nothing(soffice: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    assert install_calc(soffice=soffice, dry_run=True)[0].startswith("Would install")
    assert install_calc(target, dry_run=True)[0].startswith("Would write")
    assert uninstall_calc(soffice=soffice, dry_run=True)[0].startswith("Would take")
    assert not list(target.iterdir())
    assert [line.split()[0] for line in asked(soffice)] == ["list"]


def test_a_target_gets_the_file_and_nothing_else_happens(tmp_path: Path) -> None:
    told = install_calc(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert str(tmp_path / FILE_NAME) in told[0]


def test_without_libreoffice_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "find_soffice", lambda: None)
    assert "was not found" in install_calc()[0]
    assert "was not found" in uninstall_calc()[0]
