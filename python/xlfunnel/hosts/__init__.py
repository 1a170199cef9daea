"""A refresh inside a spreadsheet program: what changed in the file is put into the open workbook, call by call."""
