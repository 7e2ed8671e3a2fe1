"""Platforms: places of delivery of a domain, one for everybody, the others for single mailboxes."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.model import Route


@dataclass(frozen=True, slots=True)
class Platform:
    """A place of delivery. `routes`: its main host, then its fallback. `default`: it serves everybody without one of their own;
    any other serves `mailboxes` mailboxes (None: not known).

    `sign_in`, `access`: the kinds of its sign-in and of its access to mailboxes, "" where it has none. `sealed`: it has settings
    of these that the upstream does not show, so that writing the list could erase them.
    """

    id: str
    name: str
    default: bool
    routes: tuple[Route, ...]
    mailboxes: int | None = None
    sign_in: str = ""
    access: str = ""
    sealed: bool = False
