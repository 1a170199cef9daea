"""The five templates by name, and their building."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped
from xlfunnel.templates.template import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.templates.contents import Contents
    from xlfunnel.templates.edition import Edition
    from xlfunnel.templates.template import Template


class _Templates(Mapping[str, "Template"]):
    """The templates by name, each loaded when it is asked for: one of them needs all that reads exports."""

    _NAMES: Final = ("quarterly_plan", "alignment_dashboard", "cac_model", "capacity_plan", "velocity_explorer")

    def __getitem__(self, name: str) -> Template:
        if name not in self._NAMES:
            raise KeyError(name)
        template: Template = import_module(f"xlfunnel.templates.{name}").TEMPLATE
        return template

    def __iter__(self) -> Iterator[str]:
        return iter(self._NAMES)

    def __len__(self) -> int:
        return len(self._NAMES)


TEMPLATES: Final[Mapping[str, Template]] = _Templates()


class UnknownTemplate(Stopped):
    """No template has this name."""


def find_template(name: str) -> Template:
    """The template of this name; raises `UnknownTemplate`, which lists the names."""
    found = TEMPLATES.get(name.strip().lower().replace("-", "_"))
    if found is None:
        msg = f'There is no template "{name}". The templates are: {", ".join(TEMPLATES)}.'
        raise UnknownTemplate(msg)
    return found


def build(name: str, edition: Edition, contents: Contents | None = None) -> bytes:
    """The bytes of a template in an edition, with these contents or its example; the same call gives the same bytes.

    Every formula has its result: that of the native formulas, computed before the workbook is written.
    """
    return build_template(find_template(name), edition, contents)


def build_template(
    template: Template, edition: Edition, contents: Contents | None = None, *, bare: bool = False
) -> bytes:
    """The same for a template at hand; a `bare` one as `written` says."""
    return written(template, edition, template.example if contents is None else contents, bare=bare)
