"""Doctests are read from every module but those that only LibreOffice's own Python can import."""

from __future__ import annotations

collect_ignore = ["xlfunnel/calc/component.py", "xlfunnel/calc/driver.py"]
