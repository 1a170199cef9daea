"""Workbook files, read and changed part by part."""
