"""The page of all settings, derived from the models that read them."""

from __future__ import annotations

from xlfunnel.crm.fields import FIELDS
from xlfunnel.crm.tables import Rule
from xlfunnel.definitions import Definitions


def settings_page(written: str) -> str:
    """Every setting of a definitions file, and every field that a mapping file may name."""
    lines = ["# Settings", "", written, "", "## Definitions file", ""]
    lines += ["`xlfunnel refresh … --definitions FILE.toml`: what marketing and sales agreed on.", ""]
    lines += ["| key | meaning | without it |", "|---|---|---|"]
    for name, field in Definitions.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        lines.append(f"| `{name}` | {field.description} | {_setting(default)} |")
    lines += ["", "## Mapping file", ""]
    lines += ['`xlfunnel refresh … --map FILE.toml`: under `[opportunities]` or `[leads]`, `field = "header"`.', ""]
    for kind, fields in FIELDS.items():
        lines += [f"### {kind.value}", "", "| field | meaning |", "|---|---|"]
        lines += [*(f"| `{field.name}` | {field.meaning} |" for field in fields), ""]
    lines += ['Under `[stages]`, `"name of a stage" = "open"`, `"won"`, `"lost"` or `"no decision"`.']
    lines += ["", "## What is set aside", "", "A record is used, or it is set aside under one of these rules:", ""]
    lines += [f"- {rule.value}" for rule in Rule]
    return "\n".join(lines) + "\n"


def _setting(default: object) -> str:
    if isinstance(default, tuple) and default:
        return ", ".join(str(value) for value in default)
    if default in (None, "", (), {}):
        return "none"
    return str(default)
