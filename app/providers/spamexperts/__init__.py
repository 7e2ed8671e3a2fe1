"""SpamExperts (N-able Mail Assure), Local Cloud, through its Software API."""

from __future__ import annotations

from app.core.capabilities import Driver
from app.core.model import Connection
from app.net.http import Http
from app.providers.spamexperts.card import CARD
from app.providers.spamexperts.driver import SpamExpertsDriver
from app.providers.spamexperts.fields import FIELDS

__all__ = ["CARD", "build"]

COMPOSED_CALLS = frozenset(name for field in FIELDS for name in (field.getter, field.setter))
"""Calls that the driver uses and names nowhere: those of the settings."""


def build(connection: Connection, http: Http) -> Driver:
    """The driver of one connection. Sends nothing."""
    return SpamExpertsDriver(connection, http)
