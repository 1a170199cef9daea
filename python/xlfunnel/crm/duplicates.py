"""Records with one id: the newest stands for it, the others are set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from xlfunnel.crm.dates import DAY_SECONDS, NONE
from xlfunnel.crm.tables import Rule
from xlfunnel.crm.text_array import BLANK, as_texts, distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.text_array import Integers, Mask

NEVER = -(1 << 62)
"""Seconds since 1970 of a record that does not say when it was changed: it is the oldest."""


def judge_duplicates(parts: Sequence[Part]) -> None:
    """Of the records with one id keep the newest by its last change, else the first; set the others aside."""
    if not parts:
        return
    codes = _id_codes(parts)
    several = np.append(np.bincount(codes[codes != BLANK]) > 1, [False])  # the last for records without an id
    repeated = np.flatnonzero(several[codes])
    if not len(repeated):
        return
    changed = np.concatenate([_changed(part) for part in parts])
    # sorted so that the record to keep stands first among those of its id
    ordered = repeated[np.lexsort((repeated, -changed[repeated], codes[repeated]))]
    first = np.append([True], codes[ordered][1:] != codes[ordered][:-1])
    keepers = ordered[np.maximum.accumulate(np.where(first, np.arange(len(ordered)), 0))]
    starts = np.cumsum([0, *(len(part) for part in parts)])
    owner = np.searchsorted(starts, ordered, side="right") - 1
    keeper_owner = np.searchsorted(starts, keepers, side="right") - 1
    for number, part in enumerate(parts):
        for other_number, other in enumerate(parts):
            pairs = ~first & (owner == number) & (keeper_owner == other_number)
            _judge_pairs(part, ordered[pairs] - starts[number], other, keepers[pairs] - starts[other_number])


def _id_codes(parts: Sequence[Part]) -> Integers:
    """One number for each id over all files; -1 for a record without an id or one that cannot be used."""
    codes = parts[0].column("id").codes
    if len(parts) > 1:
        codes, _ = distinct(as_texts(pa.concat_arrays([part.column("id").strings() for part in parts])))
    return np.where(np.concatenate([part.verdicts.doubtful for part in parts]), BLANK, codes).astype(np.int64)


def _changed(part: Part) -> Integers:
    """When each record was last changed, in seconds; records that do not say so are the oldest."""
    if not part.has("modified"):
        return np.full(len(part), NEVER, dtype=np.int64)
    moments = part.told_dates(part.column("modified"), part.match.header("modified"))
    second = np.where(moments.second == NONE, 0, moments.second).astype(np.int64)
    known = moments.day.astype(np.int64) * DAY_SECONDS + second
    return np.where(moments.day == NONE, NEVER, known)


def _judge_pairs(part: Part, places: Integers, other: Part, kept: Integers) -> None:
    """Set records aside for those that were kept, and name the fields in which they differ."""
    if not len(places):
        return
    shared = [name for name in part.match.fields if name in other.match.fields and name != "modified"]
    alone = {
        name: ~part.cells[name].take(places).blank for name in part.match.fields if name not in other.match.fields
    }
    if any(mask.any() for mask in alone.values()):
        _note_alone(part, places, alone)
    differs = {name: _differ(part.cells[name].take(places), other.cells[name].take(kept)) for name in shared}
    details = {}
    for index, (place, kept_place) in enumerate(zip(places.tolist(), kept.tolist(), strict=True)):
        row = f"row {other.verdicts.rows[kept_place]}" if other.numbered else "another record with this id"
        where = row + ("" if other is part else f" of {other.file}")
        fate = "was taken" if other.verdicts.used[kept_place] else "is newer, and was set aside itself"
        names = ", ".join(name for name in shared if differs[name][index])
        only = ", ".join(name for name, mask in alone.items() if mask[index])
        beside = f", and only it has {only}" if only else ""
        details[place] = f"{where} {fate}; it {f'differs in {names}' if names else 'is the same'}{beside}"
    cells, header = part.column("id"), part.match.header("id")
    part.verdicts.judge_places(places, Rule.DUPLICATE, header, cells, details.__getitem__)


def _note_alone(part: Part, places: Integers, alone: Mapping[str, Mask]) -> None:
    """Say that a file holds something of records that were taken from another file, and that it does not count."""
    mask = np.zeros(len(part), dtype=np.bool_)
    mask[places[np.any(list(alone.values()), axis=0)]] = True
    names = ", ".join(name for name, found in alone.items() if found.any())
    part.note_aside(
        mask, f"Set aside for the same ids in another file, though only these rows have {names}: join the files first"
    )


def _differ(one: Cells, two: Cells) -> Mask:
    """The rows in which two columns hold different texts."""
    if one.values is two.values:
        different: Mask = one.codes != two.codes
        return different
    pairs = zip(one.strings().to_pylist(), two.strings().to_pylist(), strict=True)
    return np.array([text != other for text, other in pairs], dtype=np.bool_)
