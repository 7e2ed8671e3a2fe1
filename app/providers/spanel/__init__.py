"""SPanel: a hosting panel with accounts, each of which has domains (SPanel contract sheet).

`card.py` says what it can do and why not the rest; `driver.py` composes `accounts.py` (which account has
which domain), `domains.py` (read, add), `removal.py`, `routes.py` and `probe.py`; `panel_api.py` sends calls,
`wire.py` translates, `inferred.py` holds what no document says, `parallel.py` asks several things at once.

A domain of an account is a row of the list. A subdomain is not: it is a web site below a domain, mail for it
is the exception, and the list would drown in them. They are named among the facts of their domain.
"""

from app.core.model import Connection
from app.net.http import Http
from app.providers.spanel.card import CARD
from app.providers.spanel.driver import SPanelDriver

__all__ = ["CARD", "build"]


def build(connection: Connection, http: Http) -> SPanelDriver:
    """The driver of one connection. Sends nothing."""
    return SPanelDriver(connection, http)
