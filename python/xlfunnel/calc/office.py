"""A LibreOffice of our own: headless, with a profile that is thrown away and the add-in in it.

It never touches the user's LibreOffice or profile. Two processes are started and ended: LibreOffice, and the driver,
which a Python that knows UNO runs (`driver.py`).
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.calc.extension import FILE_NAME, write_extension
from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from types import TracebackType

_SETTINGS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <item oor:path="/org.openoffice.Office.Calc/Formula/Load">
    <prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
    <prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop>
  </item>
  <item oor:path="/org.openoffice.Office.Calc/Formula/Syntax">
    <prop oor:name="Grammar" oor:op="fuse"><value>1</value></prop>
    <prop oor:name="EnglishFunctionName" oor:op="fuse"><value>true</value></prop>
    <prop oor:name="SeparatorArg" oor:op="fuse"><value>,</value></prop>
    <prop oor:name="SeparatorArrayCol" oor:op="fuse"><value>,</value></prop>
    <prop oor:name="SeparatorArrayRow" oor:op="fuse"><value>;</value></prop>
  </item>
  <item oor:path="/org.openoffice.Setup/L10N">
    <prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop>
  </item>
</oor:items>
"""
# Always calculate anew on loading; read formulas as Excel has them, and show numbers with a point, in every language.
_PLACES: Final = (
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
)
START_SECONDS: Final = 120.0
ANSWER_SECONDS: Final = 120.0


_DRIVER: Final = Path(__file__).with_name("driver.py")


class NoLibreOffice(Stopped):
    """LibreOffice, or a part of it, is not on this machine."""


class LibreOfficeFailed(Stopped):
    """LibreOffice did not start, did not answer in time, or could not do what was asked."""


def find_soffice() -> Path | None:
    """LibreOffice's program, on the search path or where its installers put it."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return Path(found) if found else next((place for place in map(Path, _PLACES) if place.is_file()), None)


class Office:
    """A headless LibreOffice with the add-in, for as long as the `with` statement lasts.

    `ask` carries out one of the driver's commands: `open`, `put`, `type_formula`, `read` and the others of its
    `Sheets`; another driver may know more. Raises `NoLibreOffice` or `LibreOfficeFailed`.
    """

    def __init__(self, soffice: Path | None = None, extension: Path | None = None, driver: Path = _DRIVER) -> None:
        found = soffice or find_soffice()
        if found is None:
            msg = (
                "LibreOffice is not installed here: install LibreOffice Calc, and it works without further settings."
            )
            raise NoLibreOffice(msg)
        self._soffice = found
        self._extension = extension
        self._commands = driver

    def __enter__(self) -> Office:
        self._folder = tempfile.TemporaryDirectory(prefix="xlfunnel-calc-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self._office: subprocess.Popen[bytes] | None = None
        self._driver: subprocess.Popen[bytes] | None = None
        try:
            self._prepare()
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(LibreOfficeFailed):
            self.ask("quit")
        self._end()

    def ask(self, command: str, *arguments: Any) -> Any:
        """What the driver answers to a command."""
        driver = self._driver
        assert driver is not None  # noqa: S101
        assert driver.stdin is not None  # noqa: S101
        try:
            pickle.dump((command, arguments), driver.stdin)
            driver.stdin.flush()
        except OSError as fault:
            raise LibreOfficeFailed(_GONE) from fault
        return self._answer(ANSWER_SECONDS)

    def _prepare(self) -> None:
        """A profile with our settings, and the add-in unpacked where LibreOffice looks for those it came with."""
        settings = self.folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_SETTINGS, encoding="utf-8")
        extension = self._extension
        if extension is None:
            extension = self.folder / FILE_NAME
            write_extension(extension)
        with zipfile.ZipFile(extension) as archive:
            archive.extractall(self.folder / "extensions" / "xlfunnel")

    def _start(self) -> None:
        pipe = f"xlfunnel-{uuid.uuid4().hex}"
        python = _python_with_uno(self._soffice)
        environment = _environment()
        # The Python inside LibreOffice looks for its library beside the first python3 on the search path.
        environment["PATH"] = os.pathsep.join((str(python.parent), environment.get("PATH", "")))
        self._office = subprocess.Popen(  # noqa: S603  # LibreOffice
            [
                self._soffice,
                f"-env:UserInstallation={(self.folder / 'profile').as_uri()}",
                f"-env:BUNDLED_EXTENSIONS={(self.folder / 'extensions').as_uri()}",
                "--headless",
                "--norestore",
                "--nologo",
                f"--accept=pipe,name={pipe};urp;",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self._driver = subprocess.Popen(  # noqa: S603  # LibreOffice's Python
            [python, self._commands, pipe, str(START_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._answer(START_SECONDS + 10)

    def _answer(self, seconds: float) -> Any:
        driver = self._driver
        assert driver is not None  # noqa: S101
        assert driver.stdout is not None  # noqa: S101
        patience = threading.Timer(seconds, driver.kill)
        patience.start()
        try:
            done, value = pickle.load(driver.stdout)  # noqa: S301  # from the driver that was started here
        except (EOFError, pickle.UnpicklingError) as fault:
            raise LibreOfficeFailed(_GONE) from fault
        finally:
            patience.cancel()
        if not done:
            msg = f"LibreOffice could not do it: {value}"
            raise LibreOfficeFailed(msg)
        return value

    def _end(self) -> None:
        if self._driver is not None:
            self._driver.kill()
            self._driver.communicate()
        if self._office is not None:
            with suppress(subprocess.TimeoutExpired):
                self._office.wait(10)
            _kill_group(self._office)
            self._office.wait()
        self._folder.cleanup()


_GONE: Final = "LibreOffice did not answer, or ended. Try again; if it stays so, start LibreOffice once by hand."


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a program with those that it started: `soffice` starts the LibreOffice proper."""
    if sys.platform == "win32":
        subprocess.run(  # noqa: S603
            ["taskkill", "/T", "/F", "/PID", str(process.pid)],  # noqa: S607
            check=False,
            capture_output=True,
        )
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _python_with_uno(soffice: Path) -> Path:
    """The Python that LibreOffice brings, or the one that the system gives it."""
    program = soffice.resolve().parent
    places = (program / "python.exe", program / "python", program.parent / "Resources" / "python")
    for place in (*places, Path("/usr/bin/python3"), Path(sys.executable)):
        if place.is_file() and _knows_uno(place):
            return place
    msg = "LibreOffice is here without its Python: install LibreOffice's package for Python (python3-uno on Debian)."
    raise NoLibreOffice(msg)


def _knows_uno(python: Path) -> bool:
    tried = subprocess.run(  # noqa: S603
        [python, "-c", "import uno"], check=False, capture_output=True, env=_environment()
    )
    return tried.returncode == 0


def _environment() -> dict[str, str]:
    """Without what is set for the Python that runs this."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
