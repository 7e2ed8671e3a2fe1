"""Overview: what needs attention this morning."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Overview"), "overview.index", "layout-dashboard", 10, Right.VIEW_DOMAINS)
