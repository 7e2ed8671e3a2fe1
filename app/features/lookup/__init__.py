"""Lookup: where is the mail? What would happen to a new one, what is held, which rules name its sender, over all connections."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Lookup"), "lookup.index", "search", 30, Right.VIEW_RULES)
