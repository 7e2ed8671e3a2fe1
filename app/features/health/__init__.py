"""Health: failures over everything, worst first; checks of a domain; a route tried before it is saved."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Health"), "health.index", "heartbeat", 70, Right.VIEW_HEALTH)
