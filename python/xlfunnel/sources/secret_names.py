"""How a secret is called: in an address, in the environment, and in what a backend says."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|private_?key|access_?key|credential)"
_NAMED: Final = re.compile(NAMES, re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether a parameter or variable of this name holds a secret.

    >>> names_secret("PGPASSWORD"), names_secret("sslmode")
    (True, False)
    """
    return _NAMED.search(name) is not None
