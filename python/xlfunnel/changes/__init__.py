"""What changed from one refresh to the next: records, rows set aside, figures, and velocity by its parts."""

from xlfunnel.changes.comparing import Changes, changed_cells, compared, first_changes
from xlfunnel.changes.document import MOST_LISTED, document
from xlfunnel.changes.sentence import sentence
from xlfunnel.changes.state import State

__all__ = ["MOST_LISTED", "Changes", "State", "changed_cells", "compared", "document", "first_changes", "sentence"]
