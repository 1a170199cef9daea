"""The command line: it parses, calls and prints, and holds no rule of its own."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def main() -> None:
    """Run the command line; `--json` counts wherever it stands on it."""
    words = sys.argv[1:]
    if "--json" in words:
        words = ["--json", *(word for word in words if word != "--json")]
    try:
        # Here, because loading takes a moment in which Ctrl-C must not end in a traceback either.
        from xlfunnel.cli.commands import app

        app(words)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
