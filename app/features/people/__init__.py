"""People: who can sign in, as what, and their own account."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("People"), "people.index", "users", 820, Right.MANAGE_PEOPLE, admin=True)
