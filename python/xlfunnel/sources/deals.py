"""Opportunities of a source, judged where they lie: what `crm.opportunities` does, as expressions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Final

import narwhals as nw
import numpy as np

from xlfunnel.crm.amounts import currency_code
from xlfunnel.crm.cells import no_cells, tidy_cells
from xlfunnel.crm.errors import MissingRate, SeveralCurrencies
from xlfunnel.crm.opportunities import left_out_note
from xlfunnel.crm.seen import MOST_STAGES, stage_seen
from xlfunnel.crm.segment_rules import asked_fields, no_number_note, sizes_of
from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.stages import word_status
from xlfunnel.crm.status import (
    AGAINST_STAGE,
    LOST,
    NO_DECISION,
    NOTHING_SAID,
    OPEN,
    STATUSES,
    UNKNOWN,
    WON,
    bare_stages,
    judged_status,
)
from xlfunnel.crm.tables import Rule
from xlfunnel.crm.text_array import distinct, text_array
from xlfunnel.crm.vocabulary import vocabulary
from xlfunnel.segments.frames import rows_of
from xlfunnel.sources.cleaning import Cleaning, stand_in, yes_no_codes
from xlfunnel.sources.typed import NO_TEXT, one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.source_names import SourceNames
    from xlfunnel.crm.stages import StageBook
    from xlfunnel.definitions import Definitions
    from xlfunnel.segment_rule import SegmentRule
    from xlfunnel.sources.words import Words
    from xlfunnel.units import Status

BLANK_CODE: Final = 9
"""Stands for a blank among the codes of a column of words."""
RADIX: Final = 10

DEAL_KEPT: Final = (
    "record", "id", "name", "account", "owner", "segment", "source", "channel", "pipeline", "amount", "created_day",
    "closed_day", "expected_day", "cycle_days", "stage", "stage_day", "status", "qualified", "counted", "lost_reason",
    "touched", "sourced", "marketing", "contacts",
)  # fmt: skip
"""What is kept of each record; `marketing` says whether its source is marketing's, `contacts` whom it names."""


@dataclass
class Deals:
    """The opportunities of one table."""

    cleaning: Cleaning
    book: StageBook
    stage_words: Words | None = None

    def judge(self) -> None:
        """Read what the columns of each record mean, and set aside what cannot be used."""
        one = self.cleaning
        one.add(id=one.text("id"))
        one.judge_deleted_and_tests()
        self._dates()
        one.add(value=one.amount("amount"))
        self._stages()
        self._status()
        self._outcome_days()
        won_amount = one.amount("won_amount")
        is_won = nw.col("status_code") == WON
        one.add(value=nw.when(is_won & ~won_amount.is_null()).then(won_amount).otherwise(nw.col("value")))
        self._close()

    # -- dates

    def _dates(self) -> None:
        one = self.cleaning
        for name in ("created", "closed", "expected", "stage_entered"):
            one.add(**{f"{name}_read": one.moment(name).day})
        count = len(one.table.match.stage_dates)
        for at in range(count):
            one.add(**{f"entered_{at}": one.stage_moment(at)})
        own = nw.col("stage_entered_read")
        if count:
            own = nw.coalesce(own, nw.max_horizontal(*(nw.col(f"entered_{at}") for at in range(count))))
        one.add(stage_day=own)

    def _outcome_days(self) -> None:
        one, closed = self.cleaning, nw.col("closed_read")
        for name, ended in (
            ("closed_won", nw.col("status_code") == WON),
            ("closed_lost", nw.col("status_code") > WON),
        ):
            if one.has(name):
                day = one.moment(name).day
                closed = nw.when(ended & closed.is_null()).then(day).otherwise(closed)
        one.add(closed_read=closed)

    # -- stages and status

    def _stages(self) -> None:
        """The stage without a pipeline in brackets behind it."""
        one = self.cleaning
        stages, pipelines = one.words("stage"), one.words("pipeline")
        named = {*filter(None, pipelines.tidied()), *(stage.pipeline for stage in one.table.match.stage_dates)}
        bare = list(bare_stages(stages.tidied(), named))
        one.add(stage=stages.renamed(bare) if one.has("stage") else NO_TEXT)
        one.add(pipeline=pipelines.renamed(pipelines.tidied()) if one.has("pipeline") else NO_TEXT)
        self._bare = dict(zip(stages.raw, bare, strict=True))

    def _status(self) -> None:
        """How each record stands: judged for each distinct combination of what its columns say."""
        one, book = self.cleaning, self.book
        stages, status = one.words("stage"), one.words("status")
        columns = [
            (
                stages,
                [
                    _place(book.status(self._bare[raw]) if self._bare[raw] else None, self._bare[raw])
                    for raw in stages.raw
                ],
            ),
            (
                status,
                [_place(book.named(text) or word_status(text) if text else None, text) for text in status.tidied()],
            ),
        ]
        columns += [(words, yes_no_codes(words)) for words in map(one.words, ("won", "lost", "closed_flag"))]
        closed = nw.col("f_closed") if one.has("closed") else NO_TEXT
        if one.has("closed") and one.kinds["f_closed"] == nw.String:
            closed = one.text("closed")
        key = nw.when(closed.is_null()).then(nw.lit(0)).otherwise(nw.lit(1))
        for words, codes in columns:
            key = key * RADIX + words.coded(codes, BLANK_CODE)
        one.add(key=key, still=one.used)
        one.checkpoint()
        rows = rows_of(one.frame.group_by("key", "still").agg(rows=nw.len()))
        codes_of = self._judged([(int(row["key"]), bool(row["still"])) for row in rows], columns)
        found = nw.lit(UNKNOWN)
        for code in sorted(set(codes_of.values()) - {UNKNOWN}):
            held = [place for place, one_code in codes_of.items() if one_code == code]
            found = nw.when(nw.col("key").is_in(held)).then(nw.lit(code)).otherwise(found)
        one.add(status_code=found)
        named, settled = stages.coded(columns[0][1], BLANK_CODE), nw.col("status_code")
        lost = named.is_in([LOST, NO_DECISION]) & settled.is_in([OPEN, WON])
        one.add(against_stage=((named == WON) & (settled != WON)) | lost)
        self._see_stages(stages if one.has("stage") else status)
        self._judge_unknown()

    def _see_stages(self, words: Words) -> None:
        """Every word with how its records stand, for the sheet Mapping."""
        texts = dict(zip(words.raw, words.tidied(), strict=True)) | (self._bare if words.name == "f_stage" else {})
        grouped = self.cleaning.frame.select(word=nw.col(words.name), code=nw.col("status_code")).group_by(
            "word", "code"
        )
        counts: dict[str, list[int]] = {}
        for row in rows_of(grouped.agg(rows=nw.len())) if words.raw else []:
            if text := texts.get(row["word"]):
                counts.setdefault(text, [0] * (len(STATUSES) + 1))[int(row["code"]) + 1] += int(row["rows"])
        if len(counts) <= MOST_STAGES:
            self.cleaning.stages = tuple(stage_seen(text, counts[text], self.book) for text in sorted(counts))

    def _judged(self, keys: Sequence[tuple[int, bool]], columns: Sequence[tuple[Words, list[int]]]) -> dict[int, int]:
        """The status of each combination, by the very rules of the exports."""
        names = ("stage", "status", "won", "lost", "closed_flag")
        cells: dict[str, Cells] = {}
        digits = np.array([[key // RADIX**at % RADIX for at in (4, 3, 2, 1, 0)] for key, _ in keys]).reshape(-1, 5)
        for at, (name, (words, codes)) in enumerate(zip(names, columns, strict=True)):
            if self.cleaning.has(name):
                texts = self._bare_texts(words) if name == "stage" else words.tidied()
                sample = {code: text for code, text in reversed(list(zip(codes, texts, strict=True))) if text}
                cells[name] = _cells([sample.get(int(digit)) for digit in digits[:, at]])
        if self.cleaning.has("closed"):
            cells["closed"] = _cells(["1970-01-01" if key // RADIX**5 else None for key, _ in keys])
        part = stand_in(self.cleaning, cells, len(keys), np.array([still for _, still in keys], dtype=np.bool_))
        found = judged_status(part, self.book)
        return {key: int(code) for (key, _), code in zip(keys, found.tolist(), strict=True)}

    def _bare_texts(self, words: Words) -> list[str]:
        return [self._bare[raw] for raw in words.raw]

    def _judge_unknown(self) -> None:
        one, unknown = self.cleaning, nw.col("status_code") == UNKNOWN
        for name in ("stage", "status"):
            if one.has(name):
                self._note_unknown(name, unknown)
                one.judge(
                    unknown & ~one.text(name).is_null(), Rule.UNKNOWN_STAGE, name, "say what it means under [stages]"
                )
        first = next(name for name in ("stage", "status", "won") if one.has(name))
        one.judge(unknown, Rule.UNKNOWN_STAGE, first, NOTHING_SAID)

    def _note_unknown(self, name: str, unknown: nw.Expr) -> None:
        one = self.cleaning
        held = one.frame.filter(unknown & one.used & ~one.text(name).is_null()).select(word=one.text(name))
        rows = rows_of(
            held.group_by("word").agg(rows=nw.len()).sort("rows", "word", descending=[True, False]).head(13)
        )
        if rows:
            shown = ", ".join(f'"{row["word"]}" ({int(row["rows"]):,})' for row in rows[:12])
            more = " and more" if len(rows) > 12 else ""
            one.notes.append(f"Say on the sheet Mapping, or under [stages], what these mean: {shown}{more}")

    def _close(self) -> None:
        """Deals that close after the as-of date are open; closed ones without a close date are set aside."""
        one = self.cleaning
        closed, code = nw.col("closed_read"), nw.col("status_code")
        later = ((code > OPEN) & (closed > one.today)).fill_null(value=False)
        one.told["Closed after the as-of date, and so taken as open"] = nw.col("later")
        one.add(later=later)
        one.add(status_code=nw.when(nw.col("later")).then(nw.lit(OPEN)).otherwise(code))
        missing = (nw.col("status_code") > OPEN) & closed.is_null()
        name = next((name for name in ("closed", "closed_won", "closed_lost") if one.has(name)), "")
        one.judge(missing, Rule.MISSING_CLOSE, name, "" if name else "no column of the table holds close dates")

    # -- currencies

    def settle_currency(self) -> str:
        """Bring the amounts into one currency, by the rates of the definitions; as `crm.currencies`."""
        one, definitions = self.cleaning, self.cleaning.definitions
        words = one.words("currency")
        codes = [currency_code(text) if text else "" for text in words.tidied()]
        if one.has("currency"):
            strange = one_of(
                words.name,
                [raw for raw, text, code in zip(words.raw, words.tidied(), codes, strict=True) if text and not code],
            )
            one.judge(strange & self._valued, Rule.CURRENCY, "currency", "this is no currency")
        one.add(currency=words.renamed(codes) if one.has("currency") else NO_TEXT)
        one.checkpoint()
        counted = (
            one.frame.filter(self._valued & ~nw.col("currency").is_null()).group_by("currency").agg(rows=nw.len())
        )
        counts = Counter({row["currency"]: int(row["rows"]) for row in rows_of(counted)})
        names = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
        wanted = definitions.currency.upper()
        if len(names) <= 1 and (not wanted or set(names) <= {wanted}):
            return wanted or next(iter(names), "")
        self._convert(names, wanted, definitions)
        return wanted

    @property
    def _valued(self) -> nw.Expr:
        value = nw.col("value")
        return self.cleaning.used & ~value.is_null() & (value != 0).fill_null(value=False)

    def _convert(self, names: Sequence[str], wanted: str, definitions: Definitions) -> None:
        rates = {name.upper(): rate for name, rate in definitions.rates.items()}
        if len(names) > 1 and not (wanted and rates):
            raise SeveralCurrencies(names)
        if len(names) == 1 and names[0] not in rates:
            raise MissingRate(names[0], wanted)
        rates[wanted] = 1.0
        only = rates.get(names[0]) if len(names) == 1 else None
        factor = nw.lit(None, dtype=nw.Float64)
        for name in names:
            if name in rates:
                factor = nw.when(nw.col("currency") == name).then(nw.lit(rates[name])).otherwise(factor)
        if only is not None:
            factor = nw.when(nw.col("currency").is_null()).then(nw.lit(only)).otherwise(factor)
        one = self.cleaning
        one.add(factor=factor)
        name = next((name for name in ("currency", "amount") if one.has(name)), "")
        detail = "the definitions hold no rate for it under [rates]"
        one.judge(self._valued & nw.col("factor").is_null(), Rule.CURRENCY, name, detail)
        one.add(value=nw.when(self._valued).then(nw.col("value") * nw.col("factor")).otherwise(nw.col("value")))

    # -- the canonical columns

    def finish(self, names: dict[str, SourceNames], rules: Sequence[SegmentRule], marketing: set[str]) -> None:
        """The canonical columns of each record, kept by the engine."""
        one, definitions = self.cleaning, self.cleaning.definitions
        is_open = nw.col("status_code") == OPEN
        closed = nw.when(~is_open).then(nw.col("closed_read"))
        status = nw.lit(None, dtype=nw.String)
        for code, name in enumerate(STATUSES):
            status = nw.when(nw.col("status_code") == code).then(nw.lit(name.value)).otherwise(status)
        early = {name.strip().casefold() for name in definitions.unqualified_stages}
        left_out = {name.strip().casefold() for name in definitions.pipelines_left_out}
        stages, pipelines = one.words("stage"), one.words("pipeline")
        unqualified = one_of(stages.name, [raw for raw in stages.raw if self._bare[raw].casefold() in early])
        one.add(
            amount=nw.col("value"), created_day=nw.col("created_read"), closed_day=closed, status=status,
            expected_day=nw.when(is_open).then(nw.coalesce(nw.col("expected_read"), nw.col("closed_read"))),
            qualified=~(is_open & unqualified), counted=~pipelines.where(lambda text: text.casefold() in left_out),
        )  # fmt: skip
        cycle = nw.col("closed_day") - nw.col("created_day")
        one.add(cycle_days=nw.when(cycle >= 0).then(cycle), touched=self._touched())
        one.add(sourced=nw.lit(None, dtype=nw.Boolean))
        name_columns(one, names, rules, marketing)
        one.add(**{name: one.text(name) for name in ("name", "account", "owner", "lost_reason", "contacts")})
        one.name_records()
        self._tell(pipelines, left_out)
        one.keep([*DEAL_KEPT, *(f"entered_{at}" for at in range(len(one.table.match.stage_dates)))])

    def _touched(self) -> nw.Expr:
        """What the table itself says: "no" or blank is not touched, "yes" or the name of a campaign is."""
        one = self.cleaning
        if not one.has("touched"):
            return nw.lit(None, dtype=nw.Boolean)
        said = one.text("touched").str.to_lowercase()
        return (~said.is_null() & ~said.is_in(sorted(vocabulary().no))).fill_null(value=False)

    def _tell(self, pipelines: Words, left_out: set[str]) -> None:
        """What a careful reader should know, counted when the records are."""
        told, one = self.cleaning.told, self.cleaning
        won, value = nw.col("status_code") == WON, nw.col("amount")
        created, closed = nw.col("created_day"), nw.col("closed_day")
        if one.has("amount"):
            told["Won with an amount of zero, which counts in the average deal"] = won & (value == 0)
            told["Won without an amount, and so not in the average deal"] = won & value.is_null()
        told[AGAINST_STAGE] = nw.col("against_stage")
        told["Closed before they were created, and so in the win rate but in no cycle"] = closed < created
        if one.has("created"):
            told["Without a created date, and so in no cycle"] = created.is_null()
            told["Created after the as-of date"] = created > one.today
        told["Open past their close date"] = nw.col("expected_day") < one.today
        for text in sorted({*pipelines.tidied()}):
            if text.casefold() in left_out:
                told[left_out_note(text)] = nw.col("pipeline") == text


def _place(status: Status | None, text: str) -> int:
    """The code of a status among the digits of a combination."""
    if not text:
        return BLANK_CODE
    return len(STATUSES) if status is None else STATUSES.index(status)


def _cells(texts: Sequence[str | None]) -> Cells:
    return tidy_cells(*distinct(text_array(texts))) if texts else no_cells(0)


def name_columns(
    one: Cleaning, names: dict[str, SourceNames], rules: Sequence[SegmentRule], marketing: set[str]
) -> None:
    """Source and channel by one name each, the segment by its column or by rules, and whether marketing's."""
    for name in ("source", "channel"):
        words = one.words(name)
        shown = [names[name].shown.get(source_key(text), text) if text else "" for text in words.tidied()]
        one.add(**{name: words.renamed(shown) if one.has(name) else NO_TEXT})
        if name == "source":
            ours = [raw for raw, text in zip(words.raw, shown, strict=True) if text and source_key(text) in marketing]
            one.add(marketing=one_of(words.name, ours))
    own = one.text("segment")
    asked = asked_fields(rules)
    if not any(one.has(field) for field in asked):
        one.add(segment=own)
        return
    named = NO_TEXT
    sizes = {field: _Sizes.of(one, field) for field in sorted(asked - {"country"})}
    for rule in reversed(rules):
        named = nw.when(_fits(one, rule, sizes)).then(nw.lit(rule.name)).otherwise(named)
    one.add(by_rule=named, own_segment=own)
    one.add(segment=nw.coalesce(nw.col("own_segment"), nw.col("by_rule")))
    blank = nw.col("own_segment").is_null()
    one.told["Segments by rules"] = blank & ~nw.col("by_rule").is_null()
    one.told["Without a segment, since no rule fits"] = blank & nw.col("by_rule").is_null()


@dataclass(frozen=True)
class _Sizes:
    """The sizes of a field: a column of numbers, or words with the least and the most that each can be."""

    column: nw.Expr | None
    words: Words | None = None
    least: tuple[float, ...] = ()
    most: tuple[float, ...] = ()

    @classmethod
    def of(cls, one: Cleaning, field: str) -> _Sizes:
        if not one.has(field):
            return cls(None)
        if one.kinds[f"f_{field}"].is_numeric():
            return cls(one.read_amount(field))
        words = one.words(field)
        part = stand_in(one, {field: words.cells}, len(words.raw))
        least, most = sizes_of(part, field, one.definitions)
        odd = [raw for raw, text, low in zip(words.raw, words.tidied(), least, strict=True) if text and isnan(low)]
        one.told[no_number_note(one.header(field))] = one_of(words.name, odd)
        return cls(None, words, tuple(least.tolist()), tuple(most.tolist()))

    def between(self, low: float, high: float) -> nw.Expr:
        """Whether the whole of a size lies between these."""
        if self.column is not None:
            above = self.column >= low
            return (above if high == float("inf") else above & (self.column < high)).fill_null(value=False)
        if self.words is None:
            return nw.lit(value=False)
        fits = [
            raw
            for raw, least, most in zip(self.words.raw, self.least, self.most, strict=True)
            if least >= low and (most < high or high == float("inf"))
        ]
        return one_of(self.words.name, fits)


def _fits(one: Cleaning, rule: SegmentRule, sizes: dict[str, _Sizes]) -> nw.Expr:
    found = nw.lit(value=True)
    for field in rule.fields:
        if field == "country":
            names = {name.casefold().strip() for name in rule.countries}
            found = found & one.words(field).where(lambda text, names=names: text.casefold() in names)  # type: ignore[misc]
        else:
            found = found & sizes[field].between(*rule.limits(field))
    return found
