"""The catalogue in Excel: worksheet functions, their border to the cells, and what Excel needs around them."""
