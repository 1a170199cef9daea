"""Canonical tables become segment tables, in computations written once for every engine."""
