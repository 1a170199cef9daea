"""The worksheet functions in VBA, written from the catalogue: each hands its arguments on and computes nothing."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.catalog import CATALOG
from xlfunnel.excel.vba_project import Module, read_module
from xlfunnel.reference.functions import default_word

if TYPE_CHECKING:
    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric

CATEGORY: Final = "xlfunnel"
"""Where the function wizard lists the functions."""

LONGEST_HELP: Final = 255
"""The function wizard takes no longer description."""

_WRITTEN: Final = "' Written by xlfunnel from its catalogue; do not edit.\nOption Explicit\n"
_USER_DEFINED: Final = r'" \n14"'
"""The built-in category of functions that say nothing else."""


def workbook_modules() -> tuple[Module, ...]:
    """What a workbook needs to carry the functions itself: they ask the add-in, and answer #NAME? without it."""
    return (source("XlfunnelValues"), source("XlfunnelAddIn"), functions_module())


def source(name: str) -> Module:
    """A module of ours, from its text file."""
    text = (files(__package__) / "vba" / f"{name}.bas").read_text(encoding="utf-8")
    return read_module(name, text)


def functions_module() -> Module:
    """One function for each metric, under its name."""
    wrappers = "\n".join(wrapper(metric) for metric in CATALOG.values())
    return Module("XlfunnelFunctions", f"{_WRITTEN}\n{wrappers}")


def wrapper(metric: Metric[Any, Any]) -> str:
    """The function in VBA. Every parameter is optional: Python decides what may be missing, and which error it is.

    >>> print(wrapper(CATALOG["MARKETING_CAC"]))
    Public Function MARKETING_CAC(Optional customers, Optional marketing_spend)
    Attribute MARKETING_CAC.VB_Description = "Marketing spend for each new customer."
    Attribute MARKETING_CAC.VB_ProcData.VB_Invoke_Func = " \\n14"
        MARKETING_CAC = Ask("MARKETING_CAC", Array(customers, marketing_spend))
    End Function
    <BLANKLINE>
    """
    names = [name for name, _ in parameters(metric)]
    return "\n".join(
        (
            f"Public Function {metric.name}({', '.join(f'Optional {name}' for name in names)})",
            f"Attribute {metric.name}.VB_Description = {quoted(metric.meaning)}",
            f"Attribute {metric.name}.VB_ProcData.VB_Invoke_Func = {_USER_DEFINED}",
            f"    {metric.name} = Ask({quoted(metric.name)}, Array({', '.join(names)}))",
            "End Function",
            "",
        )
    )


def help_module() -> Module:
    """What the function wizard says of the arguments; the add-in tells it Excel when the wizard is asked for."""
    lines = [
        _WRITTEN,
        "Option Private Module",
        "",
        "Public Sub DescribeFunctions()",
        *(_description(metric) for metric in CATALOG.values()),
        "End Sub",
        "",
        "Private Sub Describe(ByVal name As String, ByVal meaning As String, ByVal arguments As Variant)",
        """    Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & name, Description:=meaning, _""",
        f"        Category:={quoted(CATEGORY)}, ArgumentDescriptions:=arguments",
        "End Sub",
        "",
    ]
    return Module("XlfunnelHelp", "\n".join(lines))


def _description(metric: Metric[Any, Any]) -> str:
    helps = ", _\n        ".join(quoted(text) for _, text in parameters(metric))
    return f"    Describe {quoted(metric.name)}, {quoted(metric.meaning)}, Array( _\n        {helps})"


def parameters(metric: Metric[Any, Any]) -> list[tuple[str, str]]:
    """Name and help of each parameter; a varying argument becomes as many as any other function takes."""
    found = []
    for argument in metric.arguments:
        text = _help(argument)
        if argument.varying:
            most = max(len(other.arguments) for other in CATALOG.values())
            found += [(f"{argument.name}_{number}", text) for number in range(1, most + 1)]
        else:
            found.append((argument.name, text))
    return found


def _help(argument: Argument) -> str:
    default = default_word(argument)
    left_out = "" if argument.required else "; may be left out" if default is None else f"; without it {default}"
    return f"{argument.meaning}: {argument.kind.rule}{left_out}"


def quoted(text: str) -> str:
    """A text as VBA writes it.

    >>> print(quoted('a "won" deal'))
    "a ""won"" deal"
    """
    if len(text) > LONGEST_HELP or "\n" in text:
        msg = f"the function wizard takes one line of at most {LONGEST_HELP} characters: {text}"
        raise ValueError(msg)
    return '"' + text.replace('"', '""') + '"'
