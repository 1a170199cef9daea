"""The example company: a CRM's exports with their usual flaws, its costs and its agreed definitions."""

from xlfunnel.demo.example import CRM_NAMES, Crm, EmptyExample, Example, write_example
from xlfunnel.demo.warehouse import Warehouse, write_warehouse

__all__ = [
    "CRM_NAMES", "Crm", "EmptyExample", "Example", "Warehouse", "write_example", "write_warehouse",
]  # fmt: skip
