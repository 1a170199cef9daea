"""The page of all settings, derived from the models that read them."""

from __future__ import annotations

from xlfunnel.crm.fields import FIELDS
from xlfunnel.crm.mapping import Mapping
from xlfunnel.crm.recognise import NO_COLUMN
from xlfunnel.crm.tables import Kind, Rule
from xlfunnel.definitions import Definitions
from xlfunnel.segment_rule import SegmentRule
from xlfunnel.sources.settings import Connection, Sources, TablePlace
from xlfunnel.units import Status


def settings_page(written: str) -> str:
    """Every setting of a definitions file, and every field that a mapping file may name."""
    lines = ["# Settings", "", written, "", "## Definitions file", ""]
    lines += ["`xlfunnel refresh … --definitions FILE.toml`: what marketing and sales agreed on.", ""]
    lines += ["| key | meaning | without it |", "|---|---|---|"]
    for name, field in Definitions.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        lines.append(f"| `{name}` | {field.description} | {_setting(default)} |")
    lines += ["", "## Mapping file", ""]
    lines += ["`xlfunnel refresh … --map FILE.toml`: which column of a file is which, in any file of its kind."]
    lines += ["A workbook has the same on its sheet Mapping; where both speak of a field, the file counts.", ""]
    lines += ["| key | meaning |", "|---|---|", *_keys()]
    lines += [
        "",
        f'Under each kind stands `field = "header"`; `field = "{NO_COLUMN}"` says that no column holds it.',
        "",
    ]
    for kind, fields in FIELDS.items():
        lines += [f"### [{kind.value}]", "", "| field | meaning |", "|---|---|"]
        lines += [*(f"| `{field.name}` | {field.meaning} |" for field in fields), ""]
    lines += ["### [[segments]]", ""]
    lines += ["One block for each rule. Every condition that it gives must hold, and it needs at least one.", ""]
    lines += ["| key | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {field.description} |" for name, field in SegmentRule.model_fields.items()]
    lines += ["", "### [stages]", ""]
    words = ", ".join(f'`"{status.value}"`' for status in Status)
    lines += [f'`"name of a stage" = …`, one of {words}.']
    lines += ["", "## Sources file", "", *_sources()]
    lines += ["", "## What is set aside", "", "A record is used, or it is set aside under one of these rules:", ""]
    lines += [f"- {rule.value}" for rule in Rule]
    return "\n".join(lines) + "\n"


def _sources() -> list[str]:
    """Each key of a sources file, and those of a connection and of a table in it."""
    lines = [
        "`xlfunnel refresh … --source FILE.toml`: where the tables of a warehouse lie, and which column is which.",
        "",
    ]
    lines += ["| key | meaning |", "|---|---|"]
    for place, model in (("", Sources), ("connections.NAME.", Connection), ("opportunities.", TablePlace)):
        named = model.model_fields.items()
        lines += [f"| `{place}{name}` | {field.description} |" for name, field in named]
    kinds = ", ".join(f"`{kind.value}`" for kind in Kind if kind is not Kind.OPPORTUNITIES)
    return [
        *lines,
        "",
        f"What stands under `opportunities` may stand under {kinds}, with the fields of a mapping file.",
    ]


def _keys() -> list[str]:
    """Each key of a mapping file; those under which fields stand say so."""
    kinds = {kind.value for kind in Kind}
    shown = {"segments": "`[[segments]]`", "stages": "`[stages]`"} | {name: f"`[{name}]`" for name in kinds}
    return [
        f"| {shown.get(name, f'`{name}`')} | {field.description} |" for name, field in Mapping.model_fields.items()
    ]


def _setting(default: object) -> str:
    if isinstance(default, tuple) and default:
        return ", ".join(str(value) for value in default)
    if default in (None, "", (), {}):
        return "none"
    return str(default)
