"""Microsoft's Open XML validator: what it says is wrong with a workbook's file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

SECONDS = 120
COULD_NOT_RUN = 2


class ValidatorFailed(RuntimeError):
    """The validator did not judge the file: it could not be started or does not know what it was asked."""


def faults(validator: Path, content: bytes, folder: Path, name: str = "book.xlsx") -> list[str]:
    """A sentence for each fault, with the part and the place in it; none for a valid file.

    The file's name says of which kind it is; the folder holds it meanwhile. Raises `ValidatorFailed`.
    """
    book = folder / name
    book.write_bytes(content)
    done = subprocess.run(
        [str(validator), str(book)], check=False, capture_output=True, encoding="utf-8", timeout=SECONDS
    )
    book.unlink()
    if done.returncode >= COULD_NOT_RUN:
        raise ValidatorFailed(done.stderr)
    told = json.loads(done.stdout)
    said = [_sentence(fault) for fault in told["errors"]]
    if not said and not told["ok"]:
        msg = f"the file is not valid, and no fault is told: {done.stdout}"
        raise ValidatorFailed(msg)
    return said


def _sentence(fault: dict[str, str | None]) -> str:
    place = " ".join(fault[key] or "" for key in ("path", "xPath")).strip()
    return f"{place}: {fault['description']}" if place else str(fault["description"])
