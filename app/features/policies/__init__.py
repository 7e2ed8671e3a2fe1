"""Policies: the settings of domains, where their values come from, and who overrides the defaults."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(
    msg("Policies"), "policies.index", "shield", 60, Right.VIEW_POLICIES, also="named_policies.index"
)
