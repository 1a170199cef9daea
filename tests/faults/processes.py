"""Processes that begin with the program loaded, one for each fault."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import ForkServerContext

LOADED = [
    "tests.faults.scenarios",
    "tests.faults.mutating",
    "xlfunnel.refresh",
    "pandas",
    "pyarrow.csv",
    "fastexcel",
    "ironcalc",
]
FRUGAL = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Make the bound on addresses one on memory: else Arrow and each thread set aside far more than they use."""


def spawner() -> ForkServerContext:
    """What starts such processes; the first start loads the program, once for all of them."""
    os.environ.update(FRUGAL)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    return context
