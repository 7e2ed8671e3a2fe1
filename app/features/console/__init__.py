"""Console: every documented call of a connection as a form; and what each upstream can do, side by side."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Console"), "console.index", "terminal-2", 830, Right.CONSOLE, admin=True)
