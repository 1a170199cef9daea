"""Every function of the catalogue as a worksheet function, for xlwings on Windows and for xlwings Server and Lite.

The functions are attributes of this module under the names that cells use, as xlwings wants them: on Windows
`XLPy.CallUDF("xlfunnel.excel.functions", "SALES_VELOCITY", …)` finds them. Server and Lite want one line, in
`custom_functions/__init__.py` or `main.py`: `from xlfunnel.excel.functions import *`. Elsewhere the functions are
plain ones from cells to cells.
"""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, Final

import xlwings as xw

from xlfunnel.catalog import CATALOG
from xlfunnel.errors import MetricError
from xlfunnel.evaluate import evaluate
from xlfunnel.excel.boundary import ERROR_MARK, answered, error, received

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric

__all__ = list(CATALOG)

MARK: Final = "" if xw.on_server else ERROR_MARK
"""What stands before an error's code: Server and Lite turn the bare code into the error."""


def worksheet_function(metric: Metric[Any, Any]) -> Callable[..., Any]:
    """The metric from cells to cells, declared to xlwings with raw arguments.

    xlwings reads neither our units nor our defaults: it hands the cells over as they are, None for one left out.
    """

    def function(*cells: Any) -> Any:
        try:
            return answered(evaluate(metric, received(cells)), MARK)
        except MetricError as fault:
            return error(fault.code, MARK)

    function.__name__ = function.__qualname__ = metric.name
    function.__doc__ = metric.meaning
    function.__annotations__ = {}
    function.__signature__ = _signature(metric)  # type: ignore[attr-defined]  # what xlwings reads
    for argument in metric.arguments:
        function = xw.arg(argument.name, "raw", doc=argument.meaning)(function)
    declared: Callable[..., Any] = xw.func(function)
    return declared


def _signature(metric: Metric[Any, Any]) -> Signature:
    """Every argument may be left out, except before a varying one, where xlwings allows no defaults."""
    default = Parameter.empty if metric.arguments[-1].varying else None
    return Signature([_parameter(argument, default) for argument in metric.arguments])


def _parameter(argument: Argument, default: Any) -> Parameter:
    if argument.varying:
        return Parameter(argument.name, Parameter.VAR_POSITIONAL)
    return Parameter(argument.name, Parameter.POSITIONAL_OR_KEYWORD, default=default)


globals().update({name: worksheet_function(metric) for name, metric in CATALOG.items()})
