"""The marketing-and-sales funnel as functions: in a cell, from Python, from a terminal.

>>> from xlfunnel import sales_velocity
>>> sales_velocity(40, 12_000, 0.25, 60)
2000.0

Every function of the catalog is an attribute of this package; it is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlfunnel.catalog import metric_check as metric_check
    from xlfunnel.catalog import metric_info as metric_info

    # ruff: noqa: F403  # the names are those of each module's __all__
    from xlfunnel.metrics.capacity import *
    from xlfunnel.metrics.economics import *
    from xlfunnel.metrics.funnel import *
    from xlfunnel.metrics.handoff import *
    from xlfunnel.metrics.outcomes import *
    from xlfunnel.metrics.targets import *
    from xlfunnel.metrics.velocity import *
    from xlfunnel.segments.acquisition import *
    from xlfunnel.segments.closing import *
    from xlfunnel.segments.handoff import *
    from xlfunnel.segments.revenue import *
    from xlfunnel.segments.stages import *
    from xlfunnel.segments.velocity import *


def __getattr__(name: str) -> Any:
    catalog = import_module("xlfunnel.catalog")
    found = catalog.CATALOG.get(name.upper()) if name.islower() else None
    if found is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return found


def __dir__() -> list[str]:
    return sorted(name.lower() for name in import_module("xlfunnel.catalog").CATALOG)
