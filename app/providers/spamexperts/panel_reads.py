"""Domains as the Control Panel API has them: names in one call, routes and aliases in one each (contract sheet, 7.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from app.core.errors import BadCredentials, NotFound, Rejected
from app.core.model import Connection, Domain
from app.providers.spamexperts import inferred
from app.providers.spamexperts.control_panel import ControlPanelApi
from app.providers.spamexperts.parallel import in_order
from app.providers.spamexperts.reads import LIST_PATIENCE, not_found
from app.providers.spamexperts.wire_panel import read_panel_names, read_panel_present, read_panel_routes

BATCH = 100


class PanelReads:
    """The domains of one connection. A list costs two calls for each domain, since no call tells routes or aliases of all."""

    def __init__(self, connection: Connection, panel: ControlPanelApi) -> None:
        self._key = connection.key
        self._threads = connection.parallel
        self._patience = max(LIST_PATIENCE, connection.read_timeout)
        self._panel = panel

    def list(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches, their details read side by side. One that goes meanwhile is left out."""
        answer = self._panel.answer("domainslist/get", {}, timeout=self._patience)
        calls = ((lambda name=name: self._listed(name)) for name in read_panel_names(answer))
        found = (domain for domain in in_order(calls, self._threads) if domain is not None)
        while batch := list(islice(found, BATCH)):
            yield batch

    def read(self, name: str) -> Domain:
        """One domain. Raises NotFound, also where it belongs to another administrator: to us it is not there."""
        try:
            routes = read_panel_routes(self._panel.answer("domain/getroute", {"domain": name}))
            aliases = read_panel_names(self._panel.answer("domainalias/list", {"domain": name}))
        except Rejected as refused:
            if self._is_there(name):
                raise
            raise not_found(name) from refused
        return Domain(self._key, name, tuple(alias for alias in aliases if alias != name), routes)

    def read_or_none(self, name: str) -> Domain | None:
        """One domain, None when it is not there."""
        try:
            return self.read(name)
        except NotFound:
            return None

    def check(self, name: str) -> None:
        """Raises NotFound for a domain that is not there."""
        if not self._is_there(name):
            raise not_found(name)

    def _is_there(self, name: str) -> bool:
        """What `domain/exists` says; to some administrators a missing domain is an error (7.4)."""
        try:
            return read_panel_present(self._panel.answer("domain/exists", {"domain": name}))
        except Rejected as refused:
            if any(fragment in refused.words.lower() for fragment in inferred.NOT_OURS):
                return False
            raise

    def _listed(self, name: str) -> Domain | None:
        """A domain of the list; one whose details are kept from us is listed without them."""
        try:
            return self.read_or_none(name)
        except (Rejected, BadCredentials):
            return Domain(self._key, name, None, None)
