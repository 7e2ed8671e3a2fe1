"""Rules: which senders, recipients, attachments and links are allowed or blocked, over all connections and per domain."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Rules"), "rules.index", "filter", 50, Right.VIEW_RULES)
