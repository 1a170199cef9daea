"""Invented names: accounts, people and campaigns. Accents are there because real exports have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.demo.chance import one_of

if TYPE_CHECKING:
    from xlfunnel.demo.chance import Draw

_FIRST_WORDS = (
    "Alder", "Amber", "Arden", "Aspen", "Beacon", "Birch", "Blue Ridge", "Brook", "Café", "Canyon", "Cedar", "Clear",
    "Copper", "Delta", "Ember", "Fern", "Frost", "Garnet", "Glen", "Granite", "Harbor", "Hazel", "Iron", "Juniper",
    "Lakeview", "Lumière", "Maple", "Meridian", "Mesa", "Müller", "North", "Oak", "Orchard", "Pine", "Prairie",
    "Quarry", "River", "São Bento", "Sable", "Sierra", "Slate", "Spruce", "Stone", "Summit", "Thistle", "Timber",
    "Valley", "Willow",
)  # fmt: skip
_SECOND_WORDS = (
    "Analytics", "Bakeries", "Brands", "Care", "Chemicals", "Clinics", "Components", "Controls", "Dental", "Design",
    "Devices", "Dynamics", "Electric", "Energy", "Equipment", "Farms", "Finance", "Foods", "Freight", "Furniture",
    "Glass", "Health", "Homes", "Hotels", "Instruments", "Insurance", "Interiors", "Labs", "Logistics", "Machinery",
    "Marine", "Materials", "Media", "Metals", "Packaging", "Paper", "Plastics", "Power", "Printing", "Publishing",
    "Realty", "Security", "Software", "Supply", "Systems", "Textiles", "Tools", "Transit",
)  # fmt: skip
_LEGAL_FORMS = ("Inc.", "LLC", "Co.", "Group", "Corp.", "Ltd", "& Sons", "GmbH")
_GIVEN_NAMES = (
    "Aisha", "Ana", "Anton", "Beatriz", "Ben", "Carla", "Chloé", "Daniel", "Diego", "Elena", "Emeka", "Erik",
    "Fatima", "Grace", "Hana", "Ibrahim", "Ingrid", "Jonas", "José", "Julia", "Kenji", "Lara", "Lucas", "Maria",
    "Mei", "Nadia", "Noah", "Olga", "Omar", "Paul", "Priya", "René", "Rosa", "Samuel", "Sofia", "Tariq", "Tom",
    "Vera", "Yusuf", "Zoë",
)  # fmt: skip
_FAMILY_NAMES = (
    "Adeyemi", "Alvarez", "Andersson", "Baker", "Bianchi", "Brooks", "Castro", "Chen", "Costa", "Dubois", "Evans",
    "Fischer", "Foster", "García", "Haddad", "Hansen", "Ito", "Jensen", "Kaya", "Khan", "Kim", "Kowalski", "Larsen",
    "Lopez", "Martin", "Mensah", "Meyer", "Moreau", "Nguyen", "Novak", "Okafor", "Park", "Patel", "Petrov", "Reed",
    "Rossi", "Sato", "Silva", "Singh", "Weber",
)  # fmt: skip

TEST_ACCOUNT = "Test Account"
"""The account of records that somebody made to try something out."""


def account_name(draw: Draw) -> str:
    """The name of a company."""
    return f"{one_of(draw, _FIRST_WORDS)} {one_of(draw, _SECOND_WORDS)} {one_of(draw, _LEGAL_FORMS)}"


def given_name(draw: Draw) -> str:
    """The first name of a person."""
    return one_of(draw, _GIVEN_NAMES)


def family_name(draw: Draw) -> str:
    """The last name of a person."""
    return one_of(draw, _FAMILY_NAMES)
