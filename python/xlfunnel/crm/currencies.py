"""Amounts in one currency: several are never added, they are converted at the definitions' rates or reading stops."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from xlfunnel.crm.amounts import currency_code
from xlfunnel.crm.cells import Cells
from xlfunnel.crm.errors import MissingRate, SeveralCurrencies
from xlfunnel.crm.tables import Rule
from xlfunnel.crm.text_array import BLANK, as_texts, distinct, text_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.crm.opportunities import Opportunities
    from xlfunnel.crm.text_array import Mask
    from xlfunnel.definitions import Definitions


def settle_currency(files: Sequence[Opportunities], definitions: Definitions) -> str:
    """Bring all amounts into one currency and say which; it is blank when nothing names one.

    Several currencies without rates raise `SeveralCurrencies`; one that is not the workbook's and has no rate
    raises `MissingRate`. With rates, an amount in a currency that has none is set aside.
    """
    columns = [_currency_of(found) for found in files]
    counts: Counter[str] = Counter()
    for found, cells in zip(files, columns, strict=True):
        rows = np.flatnonzero(_valued(found))
        counts.update(dict(zip(cells.texts, cells.take(rows).counts().tolist(), strict=True)))
    names = [name for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count]
    wanted = definitions.currency.upper()
    if len(names) <= 1 and (not wanted or set(names) <= {wanted}):
        return wanted or next(iter(names), "")
    _check_rates(names, wanted, definitions)
    rates = {name.upper(): rate for name, rate in definitions.rates.items()} | {wanted: 1.0}
    for found, cells in zip(files, columns, strict=True):
        _convert(found, cells, rates, only=names[0] if len(names) == 1 else "")
    return wanted


def _check_rates(names: Sequence[str], wanted: str, definitions: Definitions) -> None:
    known = {name.upper() for name in definitions.rates}
    if len(names) > 1 and not (wanted and known):
        raise SeveralCurrencies(names)
    if len(names) == 1 and names[0] not in known:
        raise MissingRate(names[0], wanted)


def _valued(found: Opportunities) -> Mask:
    """The used records with an amount that is not zero: only these have a currency that matters."""
    mask: Mask = found.used & ~np.isnan(found.value) & (found.value != 0)
    return mask


def _currency_of(found: Opportunities) -> Cells:
    """The currency of each amount: of its column, else of its own text."""
    part, text = found.part, found.amounts.currency
    column = part.column("currency")
    strange = column.where(lambda name: not currency_code(name)) & _valued(found)
    if strange.any():
        part.verdicts.judge(strange, Rule.CURRENCY, part.match.header("currency"), column, "this is no currency")
    own = column.renamed(text_array(currency_code(name) or None for name in column.texts))
    # one list of codes for both: the places of the text's currencies stand behind those of the column's
    codes, names = distinct(as_texts(pa.concat_arrays([own.values, text.values])))
    places = np.append(codes, np.int32(BLANK))
    by_text = np.where(text.blank, BLANK, places[np.where(text.blank, BLANK, text.codes + len(own.values))])
    return Cells(np.where(own.blank, by_text, places[own.codes]).astype(np.int32), names)


def _convert(found: Opportunities, cells: Cells, rates: Mapping[str, float], only: str) -> None:
    """Take amounts to the workbook's currency; those without a rate are set aside."""
    part = found.part
    factors = np.array([rates.get(name, np.nan) for name in cells.texts], dtype=np.float64)
    factor = cells.per_row(factors, blank=rates.get(only, np.nan))
    column = next((name for name in ("currency", "amount") if part.has(name)), "")
    part.verdicts.judge(
        _valued(found) & np.isnan(factor),
        Rule.CURRENCY,
        part.match.header(column) if column else "",
        cells,
        "the definitions hold no rate for it under [rates]",
    )
    found.value = np.where(_valued(found), found.value * factor, found.value)
