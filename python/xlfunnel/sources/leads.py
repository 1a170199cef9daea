"""Leads of a source, judged where they lie: what `crm.leads` does, as expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.leads import MILESTONES, no_time_note
from xlfunnel.crm.vocabulary import plain, vocabulary
from xlfunnel.sources.deals import name_columns
from xlfunnel.sources.links import Column
from xlfunnel.sources.typed import NO_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.source_names import SourceNames
    from xlfunnel.segment_rule import SegmentRule
    from xlfunnel.sources.cleaning import Cleaning

LEAD_KEPT: Final = (
    "record", "id", "source", "channel", "segment", "owner", "status", "created_day", "mql_day", "mql_second",
    "sal_day", "sql_day", "opportunity_day", "won_day", "assigned_day", "touch_day", "touch_second", "opportunity_id",
    "disqualified", "disqualified_reason", "recycled_day", "recycled", "requalified_day", "marketing", "contact_id",
    "email", "named_deals",
)  # fmt: skip
"""What is kept of each record: `marketing`, whether its source is marketing's, and `named_deals`, its cell."""

_DAYS: Final = ("created", "mql", "sal", "sql", "won", "assigned", "touch", "requalified")


@dataclass
class LeadTable:
    """The leads of one table."""

    cleaning: Cleaning
    timed: bool = False
    """Whether anything says at what time leads became MQLs."""

    def judge(self) -> None:
        """Read what the columns of each record mean, and set aside what cannot be used."""
        one = self.cleaning
        one.add(id=one.text("id"))
        one.judge_deleted_and_tests()
        for name in MILESTONES:
            found = one.moment(name)
            if name == "mql":
                self.timed = found.timed
            one.add(**{f"{name}_read": found.day, f"{name}_time": found.second})

    def finish(self, names: dict[str, SourceNames], rules: Sequence[SegmentRule], marketing: set[str]) -> None:
        """The canonical columns of each record, kept by the engine."""
        one = self.cleaning
        converted = one.yes("converted") | ~nw.col("converted_date_read").is_null()
        one.add(converted_flag=converted.fill_null(value=False), named_deals=one.text("opportunity_id"))
        self._first_opportunity()
        day = nw.col("converted_date_read")
        if one.has("opportunity_id"):
            day = nw.when(~nw.col("named_deals").is_null()).then(day)
        one.add(
            **{f"{name}_day": nw.col(f"{name}_read") for name in _DAYS},
            opportunity_day=nw.coalesce(nw.col("opportunity_read"), day),
            recycled_day=nw.col("recycled_date_read"), mql_second=nw.col("mql_time"),
            touch_second=nw.col("touch_time"), disqualified=self._disqualified(), recycled=self._recycled(),
        )  # fmt: skip
        name_columns(one, names, rules, marketing)
        one.add(
            **{name: one.text(name) for name in ("owner", "status", "disqualified_reason", "contact_id", "email")}
        )
        self._tell()
        one.name_records()
        one.keep(LEAD_KEPT)

    def _first_opportunity(self) -> None:
        """Of several ids in one cell the first."""
        one = self.cleaning
        if not one.has("opportunity_id"):
            one.add(opportunity_id=NO_TEXT)
            return
        lists = Column(one.frame, "named_deals", one.table.name, one.header("opportunity_id")).lists()
        first = {text: text.partition(";")[0].strip() or None for text in lists}
        one.look_up("named_deals", str, first_deal=first)
        several = nw.col("named_deals").str.contains(";", literal=True)
        one.add(
            opportunity_id=nw.when(several).then(nw.col("first_deal")).otherwise(nw.col("named_deals"))
            if lists
            else nw.col("named_deals")
        )

    def _disqualified(self) -> nw.Expr:
        one = self.cleaning
        if one.has("disqualified") or one.has("status"):
            words = vocabulary().leads.disqualified
            return one.yes("disqualified") | one.words("status").where(lambda text: plain(text) in words)
        if one.has("disqualified_reason"):
            return ~one.text("disqualified_reason").is_null()
        return nw.lit(None, dtype=nw.Boolean)

    def _recycled(self) -> nw.Expr:
        one, words = self.cleaning, vocabulary().leads.recycled
        said = one.words("status")
        by_status = [text for text in said.tidied() if text and plain(text) in words]
        if not (one.has("recycled") or one.has("recycled_date") or by_status):
            return nw.lit(None, dtype=nw.Boolean)
        flagged = one.yes("recycled") | said.where(lambda text: plain(text) in words)
        return flagged | ~nw.col("recycled_date_read").is_null()

    def _tell(self) -> None:
        """What a careful reader should know, counted when the records are."""
        told, one = self.cleaning.told, self.cleaning
        converted = nw.col("converted_flag")
        if one.has("created"):
            told["Without a created date"] = nw.col("created_day").is_null()
            told["Created after the as-of date"] = nw.col("created_day") > one.today
        if one.has("opportunity_id"):
            without = converted & nw.col("named_deals").is_null()
            told["Converted without an opportunity, and so not counted as one"] = without
        if one.has("mql") and not self.timed:
            one.notes.append(no_time_note(one.header("mql")))
        told["Converted and yet disqualified"] = converted & nw.col("disqualified").fill_null(value=False)
