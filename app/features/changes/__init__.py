"""Changes: the journal of every write, its undo, and what waits to be settled."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Changes"), "changes.index", "history", 110, Right.VIEW_CHANGES)
