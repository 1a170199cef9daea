"""CRM data in a warehouse or on a cluster: the canonical tables, counted where they lie.

`sources.toml` says where each table is and which of its columns is which. What was agreed, and what a record
must be to count, is the same as for export files, word for word.
"""
