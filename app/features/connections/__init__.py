"""Connections: the configured upstreams, their tests and what these found."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(
    msg("Connections"), "connections.index", "plug-connected", 200, Right.VIEW_CONNECTIONS, admin=True
)
