"""Domains and their routes and aliases: the list, one domain, adding and removing."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Domains"), "domains.index", "world", 20, Right.VIEW_DOMAINS)
