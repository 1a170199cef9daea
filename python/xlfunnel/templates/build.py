"""The five templates by name, and their building."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped
from xlfunnel.templates.alignment_dashboard import TEMPLATE as ALIGNMENT_DASHBOARD
from xlfunnel.templates.cac_model import TEMPLATE as CAC_MODEL
from xlfunnel.templates.capacity_plan import TEMPLATE as CAPACITY_PLAN
from xlfunnel.templates.quarterly_plan import TEMPLATE as QUARTERLY_PLAN
from xlfunnel.templates.template import written
from xlfunnel.templates.velocity_explorer import TEMPLATE as VELOCITY_EXPLORER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.contents import Contents
    from xlfunnel.templates.edition import Edition
    from xlfunnel.templates.template import Template

TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType(
    {one.name: one for one in (QUARTERLY_PLAN, ALIGNMENT_DASHBOARD, CAC_MODEL, CAPACITY_PLAN, VELOCITY_EXPLORER)}
)


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


def build_template(template: Template, edition: Edition, contents: Contents | None = None) -> bytes:
    """The same for a template at hand."""
    return written(template, edition, template.example if contents is None else contents)
