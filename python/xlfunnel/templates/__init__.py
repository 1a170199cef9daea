"""The template workbooks that a team fills each quarter, each in two editions from one description."""
