"""Cleanmail (Alinto), through its REST API.

`card.py` says what it offers; `driver.py` composes `domains.py`, `routes.py`, `aliases.py`, `email_aliases.py`, `options.py`,
`details.py`, `policies.py` (its fields: `policy_fields.py`) and `probe.py` on
`reads.py` and `writes.py`; `client.py` sends any call of `contract.json`; `wire.py`, `wire_domains.py` and `platforms.py`
translate; `inferred.py` holds what no document says.
"""

from app.core.model import Connection
from app.net.http import Http
from app.providers.cleanmail.card import CARD
from app.providers.cleanmail.driver import CleanmailDriver

__all__ = ["CARD", "build"]


def build(connection: Connection, http: Http) -> CleanmailDriver:
    """The driver of one connection. Sends nothing."""
    return CleanmailDriver(connection, http)
