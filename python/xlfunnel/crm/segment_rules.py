"""The segment of a customer by rules, where the export has none: by employees, yearly revenue and country.

The first rule that fits counts. A size that is written as a range ("51-200") fits where the whole range does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from xlfunnel.crm.amounts import read_amounts
from xlfunnel.crm.cells import Cells
from xlfunnel.crm.text_array import as_texts, chosen, extract, matches, text_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.text_array import Codes, Floats, Mask
    from xlfunnel.definitions import Definitions
    from xlfunnel.segment_rule import SegmentRule

NUMBER = r"\d+(?:[., ]\d+)*"
UNIT = r"\s*(?i:employees|people|staff|persons?|fte|mitarbeiter|salariés)?$"  # "1.5M" is no number with a unit
RANGE = rf"^(?P<low>{NUMBER})\s*(?:[-–—]|to)\s*(?P<high>{NUMBER}){UNIT}"
SINGLE = rf"^[>≥]?\s*(?P<low>{NUMBER})\s*\+?{UNIT}"
AT_LEAST = r"^[>≥]|\+"

SEGMENT_FIELDS = ("employees", "revenue", "country")
"""The fields that only rules need."""


def asked_fields(rules: Sequence[SegmentRule]) -> frozenset[str]:
    """The fields that any rule asks for."""
    return frozenset(field for rule in rules for field in rule.fields)


def name_segments(part: Part, rules: Sequence[SegmentRule], definitions: Definitions) -> None:
    """Fill in the segment where the file's own column is blank or is not there."""
    asked = asked_fields(rules)
    if not asked or not any(part.has(field) for field in asked):
        return
    codes = np.full(len(part), -1, dtype=np.int32)
    sizes = {field: sizes_of(part, field, definitions) for field in asked - {"country"}}
    for number, rule in enumerate(rules):
        codes[(codes < 0) & _fits(part, rule, sizes)] = number
    own = part.column("segment")
    filled = own.blank & (codes >= 0)
    part.note(filled, "Segments by rules")
    part.note(own.blank & (codes < 0), "Without a segment, since no rule fits")
    part.cells["segment"] = _completed(own, codes, filled, [rule.name for rule in rules])


def _fits(part: Part, rule: SegmentRule, sizes: dict[str, tuple[Floats, Floats]]) -> Mask:
    """The records for which every condition of a rule holds; what is blank or unreadable holds none."""
    mask: Mask = np.ones(len(part), np.bool_)
    for field in rule.fields:
        if field == "country":
            names = {name.casefold().strip() for name in rule.countries}
            mask &= part.column(field).where(lambda text, names=names: text.casefold() in names)  # type: ignore[misc]
            continue
        (low, high), (least, most) = rule.limits(field), sizes[field]
        mask &= (least >= low) & ((most < high) | (high == np.inf))
    return mask


def sizes_of(part: Part, field: str, definitions: Definitions) -> tuple[Floats, Floats]:
    """The least and the most that each record's size can be; NaN where it is blank or no number."""
    cells = part.column(field)
    ranges = extract(cells.values, RANGE)
    single = extract(cells.values, SINGLE)
    low = chosen(ranges.matched, ranges.text("low"), chosen(single.matched, single.text("low"), cells.values))
    high = chosen(ranges.matched, ranges.text("high"), low)
    header = part.match.header(field) if part.has(field) else field
    least, most = (
        read_amounts(
            part.file, header, cells.renamed(texts), decimal=definitions.decimal, typed=part.match.grid.typed
        ).value
        for texts in (low, high)
    )
    part.note(np.isnan(least) & ~cells.blank, no_number_note(header))
    open_end = cells.per_row(matches(cells.values, AT_LEAST), blank=False)
    return least, np.where(open_end, np.inf, most)


def no_number_note(header: str) -> str:
    """What the account says of the records whose size cannot be read."""
    return f"{header} is no number, and so no rule for it fits"


def _completed(own: Cells, codes: Codes, filled: Mask, names: Sequence[str]) -> Cells:
    """The file's own segments, with those of the rules where they are filled in."""
    values = as_texts(pa.concat_arrays([own.values, text_array(names)]))
    return Cells(np.where(filled, codes + len(own.values), own.codes).astype(np.int32), values).renamed(values)
