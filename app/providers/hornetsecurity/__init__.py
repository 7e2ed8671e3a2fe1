"""Hornetsecurity (also sold as Proofpoint 365 Total Protection), through the API of its Control Panel, v0.

`card.py` says what it can do; `driver.py` composes `reads.py`, `domains.py`, `removals.py`, `routes.py`, `aliases.py`, `settings.py` and
`probe.py`; `places.py` and `hierarchy.py` find customers, `login.py` signs in, `control_panel.py` sends calls, `wire*.py`
translate, `inferred.py` holds what no document says.
"""

from app.core.model import Connection
from app.net.http import Http
from app.providers.hornetsecurity.card import CARD
from app.providers.hornetsecurity.driver import HornetsecurityDriver

__all__ = ["CARD", "build"]


def build(connection: Connection, http: Http) -> HornetsecurityDriver:
    """The driver of one connection. Sends nothing."""
    return HornetsecurityDriver(connection, http)
