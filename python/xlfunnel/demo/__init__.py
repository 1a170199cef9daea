"""The example company: a CRM's exports with their usual flaws, its costs and its agreed definitions."""

from xlfunnel.demo.example import Crm, EmptyExample, Example, write_example

__all__ = ["Crm", "EmptyExample", "Example", "write_example"]
