"""How much mail of which class there was: of a connection or a domain, by time, by class and by user."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Statistics"), "statistics.index", "chart-bar", 75, Right.VIEW_DOMAINS)
