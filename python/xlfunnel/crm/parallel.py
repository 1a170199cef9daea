"""Work on several things at once, with as many threads as there are processors: Arrow and NumPy let them run."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What the work answers for each item, in their order; the first that raises is the one that is raised.

    >>> in_parallel(len, ["a", "bc"])
    [1, 2]
    """
    threads = min(os.cpu_count() or 1, len(items))
    if threads < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
