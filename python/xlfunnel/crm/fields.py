"""The fields that an export can hold: what a column of a CRM may mean for the funnel.

A profile and a mapping file speak of these names, and of no others.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlfunnel.crm.tables import Kind


@dataclass(frozen=True)
class Field:
    """One thing that a column can say about a record."""

    name: str
    meaning: str
    telling: bool = False
    """Whether a column for it makes it likely that the file is of this kind."""


OPPORTUNITY_FIELDS = (
    Field("id", "the CRM's key of the opportunity"),
    Field("name", "title of the opportunity"),
    Field("account", "company that may buy"),
    Field("owner", "person of sales who works it"),
    Field("stage", "stage of the pipeline by name", telling=True),
    Field("status", "open, won or lost in a word", telling=True),
    Field("won", "whether it is won (yes or no)", telling=True),
    Field("lost", "whether it is lost (yes or no)", telling=True),
    Field("closed_flag", "whether it is closed (yes or no)", telling=True),
    Field("pipeline", "pipeline or kind of business"),
    Field("amount", "value of the deal", telling=True),
    Field("won_amount", "value with which it was won, where the CRM keeps it apart"),
    Field("currency", "currency of that value"),
    Field("created", "day on which it was created"),
    Field("closed", "day on which it was closed; for an open deal the expected day", telling=True),
    Field("closed_won", "day on which it was won, where the CRM keeps it apart", telling=True),
    Field("closed_lost", "day on which it was lost, where the CRM keeps it apart", telling=True),
    Field("expected", "expected close day, where the CRM keeps it apart", telling=True),
    Field("stage_entered", "day on which it entered its stage"),
    Field("source", "where it came from"),
    Field("channel", "marketing channel"),
    Field("segment", "segment of the customer"),
    Field("employees", "number of employees, for the rules under [[segments]]"),
    Field("revenue", "yearly revenue of the customer, for the rules under [[segments]]"),
    Field("country", "country of the customer, for the rules under [[segments]]"),
    Field("lost_reason", "why it was lost", telling=True),
    Field("touched", "whether marketing touched it: yes or no, or the name of a campaign"),
    Field(
        "contacts", "keys (or e-mail addresses) of the leads or contacts that belong to it, separated by semicolons"
    ),
    Field("modified", "when the record was last changed"),
    Field("deleted", "whether it is deleted in the CRM (yes or no)"),
    Field("test", "whether it is a test record (yes or no)"),
)

LEAD_FIELDS = (
    Field("id", "the CRM's key of the lead or contact"),
    Field("owner", "person who works it"),
    Field("status", "the CRM's word for how the lead stands"),
    Field("created", "day on which it was created"),
    Field("mql", "when marketing qualified it", telling=True),
    Field("sal", "when sales accepted it", telling=True),
    Field("sql", "when sales qualified it", telling=True),
    Field("opportunity", "when it became an opportunity", telling=True),
    Field("won", "when it became a customer", telling=True),
    Field("assigned", "when it was assigned to a person", telling=True),
    Field("touch", "when a person of sales first contacted it", telling=True),
    Field("opportunity_id", "key of the opportunity that it became", telling=True),
    Field("contact_id", "key of the contact that it became"),
    Field("email", "its e-mail address, by which activities may name it"),
    Field("converted_date", "when the CRM converted it; it may have become no opportunity", telling=True),
    Field("converted", "whether the CRM converted it (yes or no)", telling=True),
    Field("disqualified", "whether it was disqualified (yes or no)", telling=True),
    Field("disqualified_reason", "why it was disqualified", telling=True),
    Field("recycled", "whether sales gave it back to marketing (yes or no)", telling=True),
    Field("recycled_date", "when sales gave it back to marketing", telling=True),
    Field("requalified", "when it qualified again after that", telling=True),
    Field("source", "where it came from"),
    Field("channel", "marketing channel"),
    Field("segment", "segment of the customer"),
    Field("employees", "number of employees, for the rules under [[segments]]"),
    Field("revenue", "yearly revenue of the customer, for the rules under [[segments]]"),
    Field("country", "country of the customer, for the rules under [[segments]]"),
    Field("modified", "when the record was last changed"),
    Field("deleted", "whether it is deleted in the CRM (yes or no)"),
    Field("test", "whether it is a test record (yes or no)"),
)

HISTORY_FIELDS = (
    Field("opportunity_id", "key of the opportunity whose stage changed"),
    Field("changed", "when it changed", telling=True),
    Field("from_stage", "stage before the change", telling=True),
    Field("to_stage", "stage after the change", telling=True),
    Field("field", "which field changed, where the file holds the changes of several", telling=True),
)

TOUCH_FIELDS = (
    Field("id", "the CRM's key of the activity"),
    Field("lead_id", "key of the lead or contact that was touched"),
    Field("contact_id", "key of the contact that was touched, where it stands beside that of a lead"),
    Field("email", "e-mail address of the lead or contact that was touched"),
    Field("opportunity_id", "key of the opportunity that was touched"),
    Field("when", "when it took place", telling=True),
    Field("planned", "day for which it was planned, taken where nothing says when it took place"),
    Field("kind", "call, e-mail, meeting, webinar and the like"),
    Field("subject", "title of the activity", telling=True),
    Field("campaign", "campaign of marketing that it belongs to", telling=True),
    Field("source", "source of the touch; one of marketing's sources makes it marketing's"),
    Field("by", "whether marketing or sales did it, or the team that did", telling=True),
    Field("done", "whether it took place (yes, no, or a word such as Completed)"),
    Field("person", "who did it"),
    Field("modified", "when the record was last changed"),
    Field("deleted", "whether it is deleted in the CRM (yes or no)"),
)

FIELDS = {
    Kind.OPPORTUNITIES: OPPORTUNITY_FIELDS,
    Kind.LEADS: LEAD_FIELDS,
    Kind.HISTORY: HISTORY_FIELDS,
    Kind.TOUCHES: TOUCH_FIELDS,
}

NEEDED = {
    Kind.OPPORTUNITIES: (("stage", "status", "won"),),
    Kind.LEADS: (("id", "status", "source", "created", "mql"),),
    Kind.HISTORY: (("to_stage",), ("changed",)),
    Kind.TOUCHES: (("when", "planned"), ("kind", "subject", "campaign", "by")),
}
"""A file is of a kind only when it has at least one field of each of these groups."""


def field_names(kind: Kind) -> frozenset[str]:
    """The names of a kind's fields."""
    return frozenset(field.name for field in FIELDS[kind])
