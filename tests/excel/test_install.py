"""Installing: the add-in where Excel looks for it, nothing else touched, and all of it gone again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
import typer
from typer.testing import CliRunner

from xlfunnel.cli import installing
from xlfunnel.excel import doctor
from xlfunnel.excel.addin import (
    ADDIN_NAME,
    BuiltFrom,
    NotOurAddin,
    XlwingsSources,
    addin,
    built_from,
    xlwings_sources,
)
from xlfunnel.excel.doctor import Finding, State, examine
from xlfunnel.excel.install import (
    RECORD_NAME,
    Machine,
    NoExcelHere,
    NotAbsolute,
    NotInstalled,
    Place,
    install,
    place_of,
    start_up_place,
    uninstall,
)
from xlfunnel.saving import FileInUse, FolderNotWritable

PYTHON = r"C:\Users\Ana\Sales & more\.venv\Scripts\python.exe"


@pytest.fixture(scope="module")
def sources() -> XlwingsSources:
    return xlwings_sources()


def windows(home: Path) -> Machine:
    folders = {"APPDATA": str(home / "Roaming"), "LOCALAPPDATA": str(home / "Local")}
    return Machine("win32", home, folders, Path(sys.executable))


def mac(home: Path) -> Machine:
    return Machine("darwin", home, {}, Path(sys.executable))


def linux(home: Path) -> Machine:
    return Machine("linux", home, {}, Path(sys.executable))


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("machine", "folder"),
    [
        (windows, "Roaming/Microsoft/Excel/XLSTART"),
        (
            mac,
            "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel",
        ),
    ],
)
def test_the_add_in_lies_alone_where_excel_starts_it(
    machine: Callable[[Path], Machine], folder: str, tmp_path: Path, sources: XlwingsSources
) -> None:
    place = start_up_place(machine(tmp_path))
    done = install(place, PYTHON, sources)
    assert done.path == tmp_path / folder / ADDIN_NAME
    assert (done.size, done.replaces) == (done.path.stat().st_size, False)
    assert files_under(tmp_path / folder) == {ADDIN_NAME}
    assert built_from(done.path) == BuiltFrom(version("xlfunnel"), version("xlwings"), PYTHON)


def test_another_system_needs_a_target(tmp_path: Path) -> None:
    with pytest.raises(NoExcelHere, match="--target"):
        place_of(linux(tmp_path), None)
    with pytest.raises(NoExcelHere, match="APPDATA"):
        start_up_place(Machine("win32", tmp_path, {}, Path(sys.executable)))
    assert place_of(linux(tmp_path), tmp_path / "out").addin == tmp_path / "out" / ADDIN_NAME


def test_the_start_up_folder_as_a_target_gets_no_record_that_excel_would_open(tmp_path: Path) -> None:
    known = start_up_place(windows(tmp_path))
    assert place_of(windows(tmp_path), known.folder) == known


@pytest.mark.parametrize("machine", [windows, mac, linux])
def test_uninstalling_leaves_everything_as_it_was(
    machine: Callable[[Path], Machine], tmp_path: Path, sources: XlwingsSources
) -> None:
    other = tmp_path / "Roaming" / "Microsoft" / "Excel" / "XLSTART" / "PERSONAL.XLSB"
    other.parent.mkdir(parents=True)
    other.write_text("the user's", encoding="utf-8")
    before = files_under(tmp_path)
    place = place_of(machine(tmp_path), tmp_path / "new" / "folder" if machine is linux else None)
    install(place, PYTHON, sources)
    install(place, PYTHON + "w", sources)
    gone = uninstall(place)
    assert place.addin in gone
    left = files_under(tmp_path) - before
    assert left <= {"Local", "Library", "Library/Application Support"}
    assert other.read_text(encoding="utf-8") == "the user's"
    with pytest.raises(NotInstalled):
        uninstall(place)


def test_a_dry_run_writes_nothing(tmp_path: Path, sources: XlwingsSources) -> None:
    place = place_of(linux(tmp_path), tmp_path / "out")
    planned = install(place, PYTHON, sources, dry_run=True)
    assert not files_under(tmp_path)
    assert install(place, PYTHON, sources) == planned


def test_an_earlier_add_in_is_replaced_and_a_file_of_somebody_else_is_not(
    tmp_path: Path, sources: XlwingsSources
) -> None:
    place = place_of(linux(tmp_path), tmp_path)
    place.addin.write_bytes(addin("/opt/python", sources))
    assert install(place, PYTHON, sources).replaces
    assert built_from(place.addin).interpreter == PYTHON
    place.addin.write_bytes(b"not ours")
    with pytest.raises(NotOurAddin, match="Move it"):
        install(place, PYTHON, sources)
    with pytest.raises(NotOurAddin, match="has changed"):
        uninstall(place)
    assert place.addin.read_bytes() == b"not ours"


@pytest.mark.parametrize("python", ["python", r"Scripts\python.exe", "./python3", ""])
def test_an_interpreter_must_be_given_by_its_whole_path(python: str, tmp_path: Path, sources: XlwingsSources) -> None:
    with pytest.raises(NotAbsolute):
        install(place_of(linux(tmp_path), tmp_path), python, sources)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, sources: XlwingsSources) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FolderNotWritable, match="--target"):
        install(place_of(linux(tmp_path), tmp_path / "file" / "out"), PYTHON, sources)


def test_an_add_in_that_excel_holds_open_is_told(
    tmp_path: Path, sources: XlwingsSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(linux(tmp_path), tmp_path)
    install(place, PYTHON, sources)
    before = place.addin.read_bytes()

    def held(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(FileInUse, match="Close Excel"):
        install(place, PYTHON + "w", sources)
    assert place.addin.read_bytes() == before
    assert files_under(tmp_path) == {ADDIN_NAME, RECORD_NAME}


# --- doctor


def installed(machine: Machine, place: Place, sources: XlwingsSources, python: str | None = None) -> Place:
    install(place, python or str(machine.python), sources)
    return place


def said(findings: list[Finding], *states: State) -> str:
    return "\n".join(finding.sentence for finding in findings if finding.state in (states or State))


def test_all_is_well_after_installing(tmp_path: Path, sources: XlwingsSources) -> None:
    machine = mac(tmp_path)
    installed(machine, start_up_place(machine), sources)
    findings = examine(machine)
    assert not said(findings, State.WRONG)
    assert "starts this Python" in said(findings, State.GOOD)
    assert "Windows only" in said(findings, State.NOTE)


def with_dll(machine: Machine, folder: Path) -> Machine:
    folder.mkdir()
    (folder / f"xlwings64-{version('xlwings')}.dll").touch()
    return Machine(machine.platform, machine.home, machine.environment, folder / "Scripts" / "python.exe")


def test_windows_needs_the_dll_and_pywin32(tmp_path: Path) -> None:
    wrong = said(examine(windows(tmp_path)), State.WRONG)
    assert f"xlwings64-{version('xlwings')}.dll lies neither in" in wrong
    assert "pywin32" in wrong
    assert "The add-in is not in" in wrong
    assert "lies beside Python" in said(examine(with_dll(windows(tmp_path), tmp_path / "venv")), State.GOOD)


def test_an_add_in_of_another_xlwings_is_told(tmp_path: Path, sources: XlwingsSources) -> None:
    place = place_of(linux(tmp_path), tmp_path)
    installed(linux(tmp_path), place, XlwingsSources("0.30.0", sources.module, sources.dictionary))
    assert "was built from xlwings 0.30.0" in said(examine(linux(tmp_path), place), State.WRONG)


def told_of_python(python: str, state: State, tmp_path: Path, sources: XlwingsSources) -> str:
    place = installed(linux(tmp_path), place_of(linux(tmp_path), tmp_path), sources, python)
    return said(examine(linux(tmp_path), place), state)


def test_the_python_that_the_add_in_starts_loads_the_functions(tmp_path: Path, sources: XlwingsSources) -> None:
    assert "starts this Python, which loads" in told_of_python(sys.executable, State.GOOD, tmp_path, sources)


def test_a_python_that_is_gone_is_told(tmp_path: Path, sources: XlwingsSources) -> None:
    told = told_of_python("/nowhere/python", State.WRONG, tmp_path, sources)
    assert "which does not exist here. Run: xlfunnel install" in told


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for another Python")
@pytest.mark.parametrize(
    ("script", "state", "sentence"),
    [
        (f'exec "{sys.executable}" "$@"', State.NOTE, "starts another Python"),
        (f'exec "{sys.executable}" -S -I "$@"', State.WRONG, "cannot load the functions (ModuleNotFoundError"),
        ("exit 3", State.WRONG, "cannot load the functions (no reason given)"),
    ],
)
def test_another_python_is_told(
    script: str, state: State, sentence: str, tmp_path: Path, sources: XlwingsSources
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(0o755)
    assert sentence in told_of_python(str(python), state, tmp_path, sources)


def test_a_file_that_is_no_add_in_is_told(tmp_path: Path) -> None:
    place = place_of(linux(tmp_path), tmp_path)
    place.addin.write_bytes(b"")
    assert "is not an add-in of xlfunnel" in said(examine(linux(tmp_path), place), State.WRONG)


def test_a_second_copy_is_told(tmp_path: Path, sources: XlwingsSources) -> None:
    machine = windows(tmp_path)
    place = installed(machine, start_up_place(machine), sources)
    other = tmp_path / "Roaming" / "Microsoft" / "AddIns" / ADDIN_NAME
    other.parent.mkdir(parents=True)
    other.touch()
    assert place.folder.parents[1] == other.parents[1]
    assert f"a second add-in, {other}" in said(examine(machine), State.WRONG)


@pytest.mark.parametrize(("zone", "blocked"), [(3, True), (4, True), (1, False)])
def test_a_file_from_the_internet_is_told(zone: int, blocked: bool, tmp_path: Path) -> None:
    book = linked_book(tmp_path, [])
    # Windows keeps the mark in a stream of the file; elsewhere a file of that name stands for it.
    Path(f"{book}:Zone.Identifier").write_text(f"[ZoneTransfer]\nZoneId={zone}\n", encoding="utf-8")
    assert ("tick Unblock" in said(examine(linux(tmp_path), books=[book]), State.WRONG)) is blocked


def linked_book(folder: Path, targets: list[str]) -> Path:
    book = folder / "plan.xlsx"
    with ZipFile(book, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for number, target in enumerate(targets, 1):
            package.writestr(
                f"xl/externalLinks/_rels/externalLink{number}.xml.rels",
                f'<Relationships><Relationship Id="rId1" Target="{target}" TargetMode="External"/></Relationships>',
            )
    return book


@pytest.mark.parametrize(
    ("target", "elsewhere"),
    [
        ("file:///C:\\Users\\Ben\\AppData\\Roaming\\Microsoft\\Excel\\XLSTART\\xlfunnel.xlam", True),
        ("/Users/ben/Library/XLFUNNEL.xlam", True),
        ("file:///C:\\budgets\\2026.xlsx", False),
        ("HERE", False),
    ],
)
def test_functions_that_lead_to_another_machine_are_told(target: str, elsewhere: bool, tmp_path: Path) -> None:
    machine = mac(tmp_path)
    here = start_up_place(machine).addin.as_uri()
    book = linked_book(tmp_path, ["other.xlsx", here if target == "HERE" else target])
    findings = examine(machine, books=[book])
    assert ("has functions that lead to" in said(findings, State.NOTE)) is elsewhere


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"name;amount\n"])
def test_a_file_that_is_no_workbook_is_told(content: bytes, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(content)
    assert "cannot be read as a workbook" in said(examine(linux(tmp_path), books=[book]), State.WRONG)


def test_vba_of_another_version_than_xlwings_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sources: XlwingsSources
) -> None:
    old = XlwingsSources("0.1.0", sources.module, sources.dictionary)
    monkeypatch.setattr(doctor, "xlwings_sources", lambda: old)
    assert "comes with VBA of version 0.1.0" in said(examine(linux(tmp_path)), State.WRONG)


# --- the commands


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer()

    @app.callback()
    def options(context: typer.Context, as_json: bool = typer.Option(False, "--json")) -> None:
        context.obj = as_json

    for command in (installing.install, installing.uninstall, installing.doctor):
        app.command()(command)
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def test_the_commands_from_install_to_uninstall(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    target = str(folder)
    code, told = run("install", "--target", target, "--dry-run")
    assert (code, told.count("Would write"), files_under(tmp_path)) == (0, 2, set())
    code, told = run("install", "--target", target)
    assert code == 0
    assert told.startswith(f"Wrote {folder / ADDIN_NAME} (")
    assert f"it starts {Path(sys.executable)}." in told
    assert files_under(folder) == {ADDIN_NAME, "xlfunnel.oxt", RECORD_NAME}
    code, told = run("doctor", "--target", target)
    assert (code, "wrong" in told) == (0, False)
    code, told = run("--json", "install", "--target", target, "--only", "excel")
    assert json.loads(told)[0].startswith(f"Replaced {folder / ADDIN_NAME}")
    code, told = run("uninstall", "--target", target)
    assert code == 0
    assert told.splitlines() == [
        f"Removed {path}." for path in (folder / ADDIN_NAME, folder / "xlfunnel.oxt", folder)
    ]
    assert files_under(tmp_path) == set()
    code, told = run("uninstall", "--target", target)
    assert (code, "Nothing is recorded" in told) == (1, True)
    code, told = run("--json", "doctor", "--target", target)
    assert code == 1
    assert any("The add-in is not in" in line["sentence"] for line in json.loads(told))


def test_one_of_the_two_can_be_left_out(tmp_path: Path) -> None:
    assert run("install", "--target", str(tmp_path), "--only", "libreoffice")[0] == 0
    assert files_under(tmp_path) == {"xlfunnel.oxt", RECORD_NAME}
    assert run("uninstall", "--target", str(tmp_path))[0] == 0
    assert files_under(tmp_path) == set()
    assert run("install", "--target", str(tmp_path), "--only", "excel")[0] == 0
    assert files_under(tmp_path) == {ADDIN_NAME, RECORD_NAME}


def test_without_excel_on_the_system_the_command_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("xlfunnel.excel.install.this_machine", lambda: linux(tmp_path))
    code, told = run("install", "--only", "excel")
    assert (code, "Excel does not run on this system" in told) == (1, True)
    code, told = run("doctor")
    assert (code, "Excel does not run on this system" in told) == (0, True)
