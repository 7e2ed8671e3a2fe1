"""Who may do what at an upstream: its administrators, their API tokens, and the accesses to a domain."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Upstream access"), "upstream_access.index", "key", 815, Right.MANAGE_ACCESS, admin=True)
