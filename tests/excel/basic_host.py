"""Run by a Python that knows UNO: open workbooks in a LibreOffice of its own, with macros, and tell what cells show.

Arguments: LibreOffice's program, a folder for its profile, and workbooks. Printed is JSON: for each workbook what the
cell of each formula on its first sheet shows, in the order of the rows. After the path of a workbook may stand
functions of its VBA, `book.xlsm!Module.Function!Module.Other`: then it is told what these answer, in their order.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from importlib import import_module
from pathlib import Path
from typing import Any

MACROS_RUN = 4
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Office.Common/Security/Scripting">
    <prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop>
  </item>
  <item oor:path="/org.openoffice.Setup/L10N">
    <prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop>
  </item>
</oor:items>
"""


def main(soffice: str, profile: Path, words: list[str]) -> None:
    settings = profile / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    pipe = f"basic{uuid.uuid4().hex}"
    options = ["--headless", "--norestore", "--nologo", f"-env:UserInstallation={profile.as_uri()}"]
    office = subprocess.Popen([soffice, *options, f"--accept=pipe,name={pipe};urp;"], stdout=subprocess.DEVNULL)
    desktop = connected(pipe, office)
    shown = {}
    for word in words:
        place, *functions = word.split("!")
        shown[Path(place).name] = told_by(desktop, Path(place), functions)
    print(json.dumps(shown))
    desktop.terminate()
    office.wait(20)


def connected(pipe: str, office: subprocess.Popen[bytes]) -> Any:
    uno: Any = import_module("uno")
    no_connection = uno.getClass("com.sun.star.connection.NoConnectException")
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    while office.poll() is None:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except no_connection:
            time.sleep(0.2)
        else:
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    raise SystemExit("LibreOffice ended before it answered")


def told_by(desktop: Any, book: Path, functions: list[str]) -> list[str]:
    uno: Any = import_module("uno")
    how = []
    for name, value in (("Hidden", True), ("MacroExecutionMode", MACROS_RUN)):
        one = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        one.Name, one.Value = name, value
        how.append(one)
    document = desktop.loadComponentFromURL(book.as_uri(), "_blank", 0, tuple(how))
    told = [answered(document, function) for function in functions] or shown_in(document)
    document.close(True)
    return told


def shown_in(document: Any) -> list[str]:
    document.calculateAll()
    sheet = document.Sheets.getByIndex(0)
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    cells = [sheet.getCellByPosition(0, row) for row in range(cursor.RangeAddress.EndRow + 1)]
    return [cell.String for cell in cells if cell.Formula]


def answered(document: Any, function: str) -> str:
    place = f"vnd.sun.star.script:VBAProject.{function}?language=Basic&location=document"
    answer, _, _ = document.getScriptProvider().getScript(place).invoke((), (), ())
    return str(answer)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
