"""Messages in quarantine, log and delivery queue, over all connections: found, read, released, deleted, tried again."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Quarantine"), "quarantine.index", "mail-exclamation", 45, Right.VIEW_QUARANTINE)
