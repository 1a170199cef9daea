"""Doctests are read from every module but those that only LibreOffice's own Python can import."""

from __future__ import annotations

collect_ignore = [f"xlfunnel/calc/{name}.py" for name in ("commands", "component", "dialogs", "driver", "window")]
