"""The command line: it parses, calls and prints, and holds no rule of its own."""

from __future__ import annotations

import sys

from xlfunnel.cli.commands import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; `--json` counts wherever it stands on it."""
    words = sys.argv[1:]
    if "--json" in words:
        words = ["--json", *(word for word in words if word != "--json")]
    app(words)
