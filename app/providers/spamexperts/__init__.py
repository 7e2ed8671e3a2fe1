"""SpamExperts (N-able Mail Assure), through its Software API (Local Cloud), its Control Panel API, or both."""

from __future__ import annotations

from app.core.capabilities import Driver
from app.core.model import Connection
from app.net.http import Http
from app.providers.spamexperts.card import CARD, PANEL, SOFTWARE
from app.providers.spamexperts.driver import SpamExpertsDriver
from app.providers.spamexperts.fields import FIELDS
from app.providers.spamexperts.lists import LIST_CALLS
from app.providers.spamexperts.panel_driver import BothApisDriver, PanelDriver
from app.providers.spamexperts.resources import KINDS

__all__ = ["CARD", "build"]

COMPOSED_CALLS = (
    LIST_CALLS
    | {name for field in FIELDS for name in (field.getter, field.setter)}
    | {name for kind in KINDS for name in kind.calls}
    | {action.call for kind in KINDS for action in kind.actions}
)
"""Calls that the driver uses and names in none of its own modules: those of the settings, the lists and the kinds."""


def build(connection: Connection, http: Http) -> Driver:
    """The driver of one connection, by the APIs whose credentials it has. Sends nothing."""
    filled = connection.filled
    if not filled.issuperset(PANEL.settings):
        return SpamExpertsDriver(connection, http)
    return (BothApisDriver if filled.issuperset(SOFTWARE.settings) else PanelDriver)(connection, http)
