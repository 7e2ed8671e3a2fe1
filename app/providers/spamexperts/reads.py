"""Domains as the Software API has them: all, or one without asking for all (contract sheet, section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from app.core.errors import BadCredentials, NotFound, NotThere, Rejected
from app.core.model import Connection, Domain, Route
from app.core.text import msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire_domains import (
    filter_to_wire,
    port_of,
    read_destinations,
    read_domains,
    read_names,
)

BATCH = 500
LIST_PATIENCE = 90.0
"""Seconds for a piece of the list: big clusters are slow (contract sheet, 8.19)."""


class DomainReads(Protocol):
    """The domains of one connection, through one of its APIs."""

    def list(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches. Raises what a read raises, also in the middle."""
        ...

    def read(self, name: str) -> Domain:
        """One domain. Raises NotFound."""
        ...

    def read_or_none(self, name: str) -> Domain | None:
        """One domain, None when it is not there."""
        ...


class Reads:
    """The domains of one connection.

    One domain is looked for by `filter_by`; where that turns out not to work, by a call for its routes and one for its
    aliases; and only where those are not there either, in the whole list. What did not work is not tried again.
    """

    def __init__(self, connection: Connection, api: SoftwareApi) -> None:
        self._key = connection.key
        self._patience = max(LIST_PATIENCE, connection.read_timeout)
        self._api = api
        self._filters = True
        self._tells_one_by_one = True

    def list(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches. Raises what a read raises, also in the middle."""
        domains = self._whole_list()
        while batch := list(islice(domains, BATCH)):
            yield batch

    def read(self, name: str) -> Domain:
        """One domain. Raises NotFound."""
        found = self._by_filter(name) if self._filters else None
        if found is None and self._tells_one_by_one:
            found = self._one_by_one(name)
        if found is None:
            found = next((domain for domain in self._whole_list() if domain.name == name), None)
        if found is None:
            raise not_found(name)
        return found

    def read_or_none(self, name: str) -> Domain | None:
        """One domain, None when it is not there."""
        try:
            return self.read(name)
        except NotFound:
            return None

    def _whole_list(self) -> Iterator[Domain]:
        return read_domains(self._api.read("api_list_domains", timeout=self._patience), self._key)

    def _by_filter(self, name: str) -> Domain | None:
        """The domain, None when the filter finds nothing (which proves nothing) or is not understood."""
        found = None
        try:
            arguments = {"filter_by": filter_to_wire(name)}
            answer = self._api.read("api_list_domains", arguments, timeout=self._patience)
            for domain in read_domains(answer, self._key):
                if domain.name == name:
                    found = domain
                else:
                    self._filters = False  # it is ignored: this was the whole list
        except NotThere:
            return None
        except (Rejected, BadCredentials) as error:
            if error.status == 401:
                raise
            self._filters = False
        return found

    def _one_by_one(self, name: str) -> Domain | None:
        """The domain by its own calls, None where these are not open to us. Raises NotFound.

        Whether a domain is gone decides what becomes of changes and inventory, so a refusal only counts as that when it
        names the domain; otherwise the whole list has the last word.
        """
        try:
            routes = read_destinations(self._api.read("api_get_destination", {"domain": name}), name)
            self._filters = False  # or it would have been found
            aliases = read_names(self._api.read(inferred.ALIASES_CALL, {"domain": name}))
        except (Rejected, BadCredentials) as error:
            if isinstance(error, NotThere) and name in error.words:
                raise not_found(name) from error
            self._tells_one_by_one = False
            return None
        return Domain(self._key, name, tuple(alias for alias in aliases if alias != name), routes)


def same_routes(one: Sequence[Route], other: Sequence[Route]) -> bool:
    """Whether both lead to the same places in the same order; a missing port is the default one."""
    return [(r.host, port_of(r)) for r in one] == [(r.host, port_of(r)) for r in other]


def not_found(name: str) -> NotFound:
    """The error for a domain that is not there."""
    return NotFound(msg("{domain} is not on this server.", domain=name))
