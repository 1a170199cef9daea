"""Export files of a CRM become canonical tables, and a list of what was set aside."""
