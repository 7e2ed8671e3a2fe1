"""OLSPanel: a hosting panel whose APIs list and add domains of one account, and serve databases, cron jobs and accounts.

`card.py` says what it can do and why not the rest; `driver.py` composes `domains.py` (list, add) and
`usage.py` (the connection test), `resources.py` (what else there is, declared in `kinds.py`); `panel_api.py` sends calls, `wire.py` translates, `inferred.py` holds
what no document says.
"""

from app.core.model import Connection
from app.net.http import Http
from app.providers.olspanel.card import CARD
from app.providers.olspanel.driver import OlsPanelDriver

__all__ = ["CARD", "build"]


def build(connection: Connection, http: Http) -> OlsPanelDriver:
    """The driver of one connection. Sends nothing."""
    return OlsPanelDriver(connection, http)
