"""Template builders: what a workbook shows and where, in one look for all of them."""
