"""Cells whose words lead to an address: a formula of plain words, which nothing else in the workbook changes."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.markup import escaped
from xlfunnel.ooxml.values import file_text

if TYPE_CHECKING:
    from xlfunnel.table import Link

LONGEST_ADDRESS: Final = 255
"""Characters that a formula takes as one piece of text."""

_LINK: Final = re.compile(rb'<(?:\w+:)?f>HYPERLINK\("((?:[^"<]|"")*)","(?:[^"<]|"")*"\)</')


def link_formula(link: Link) -> str | None:
    """The formula of a link, with its equals sign; None where its address or words are too long for one.

    >>> from xlfunnel.table import Link
    >>> link_formula(Link('the "id" of it', "https://crm.example/006"))
    '=HYPERLINK("https://crm.example/006","the ""id"" of it")'
    """
    if max(len(link), len(link.address)) > LONGEST_ADDRESS:
        return None
    return f'=HYPERLINK("{_quoted(link.address)}","{_quoted(link)}")'


def address_in(row: bytes) -> str | None:
    """Where the first link of a row leads.

    >>> address_in(b'<c r="B2" t="str"><f>HYPERLINK("https://crm.example/?a=1&amp;b=2","6")</f><v>6</v></c>')
    'https://crm.example/?a=1&b=2'
    """
    found = _LINK.search(row)
    return unescape(found[1].decode()).replace('""', '"') if found else None


def is_constant(row: bytes, formula: bytes) -> bool:
    """Whether all formulas of a row, which begin with these bytes, are links of plain words."""
    return len(_LINK.findall(row)) == row.count(formula)


def link_cell(tag: str, place: str, look: str, link: Link) -> str | None:
    """A cell of a link as a file writes it, with its words as result; None where it cannot be one."""
    formula = link_formula(link)
    if formula is None:
        return None
    said, shown = escaped(formula.removeprefix("=")), escaped(file_text(link))
    return f'<{tag}c r="{place}"{look} t="str"><{tag}f>{said}</{tag}f><{tag}v>{shown}</{tag}v></{tag}c>'


def _quoted(text: str) -> str:
    return text.replace('"', '""')
