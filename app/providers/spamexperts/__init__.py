"""SpamExperts (N-able Mail Assure), Local Cloud, through its Software API."""

from __future__ import annotations

from app.core.capabilities import Driver
from app.core.model import Connection
from app.net.http import Http
from app.providers.spamexperts.card import CARD
from app.providers.spamexperts.driver import SpamExpertsDriver

__all__ = ["CARD", "build"]


def build(connection: Connection, http: Http) -> Driver:
    """The driver of one connection. Sends nothing."""
    return SpamExpertsDriver(connection, http)
