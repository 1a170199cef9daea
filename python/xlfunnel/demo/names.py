"""Invented names of companies and people. Accents are there because real exports have them."""

from __future__ import annotations

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


ACCOUNTS = tuple(
    f"{first} {second} {form}" for first in _FIRST_WORDS for second in _SECOND_WORDS for form in _LEGAL_FORMS
)
"""Names of companies."""

PEOPLE = tuple((given, family) for given in _GIVEN_NAMES for family in _FAMILY_NAMES)
"""First and last names of people."""
