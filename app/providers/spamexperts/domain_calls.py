"""How each API says what is done to a domain: a call and its arguments, as a step keeps them (contract sheet, 4.2 and 7.4)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from app.core.model import Route
from app.providers.spamexperts import inferred
from app.providers.spamexperts.wire_domains import data_to_wire, destinations_to_wire, port_of

Json = Any
Said = dict[str, Json]
"""{"call": its name, "arguments": its arguments as texts}."""


class DomainCalls(Protocol):
    """What is done to domains, in the words of one API. `remove_domain` and `set_routes` name their call for messages."""

    def add_domain(self, domain: str, routes: Sequence[Route]) -> Said:
        """A new domain with its routes."""
        ...

    def remove_domain(self, domain: str) -> Said:
        """A domain goes with all that it has."""
        ...

    def set_routes(self, domain: str, routes: Sequence[Route]) -> Said:
        """These routes in the place of all that are there."""
        ...

    def alias(self, domain: str, alias: str, *, add: bool) -> Said:
        """An alias comes or goes."""
        ...


class SoftwareCalls:
    """In the words of the Software API."""

    def add_domain(self, domain: str, routes: Sequence[Route]) -> Said:
        """See DomainCalls."""
        if len(routes) == 1:
            return _said("api_add_incoming_domain", domain=domain, destination=destinations_to_wire(routes))
        return _said("api_add_delivery_domain", data=data_to_wire(domain, routes))

    def remove_domain(self, domain: str) -> Said:
        """See DomainCalls."""
        return _said("api_remove_domain", domain=domain)

    def set_routes(self, domain: str, routes: Sequence[Route]) -> Said:
        """See DomainCalls."""
        return _said("api_set_destination", domain=domain, destination=destinations_to_wire(routes))

    def alias(self, domain: str, alias: str, *, add: bool) -> Said:
        """See DomainCalls."""
        return _said("api_add_domain_alias" if add else "api_remove_domain_alias", domain=domain, alias=alias)


class PanelCalls:
    """In the words of the Control Panel API: lists are JSON arrays."""

    def add_domain(self, domain: str, routes: Sequence[Route]) -> Said:
        """See DomainCalls."""
        return _said("domain/add", domain=domain, destinations=_array(routes))

    def remove_domain(self, domain: str) -> Said:
        """See DomainCalls."""
        return _said("domain/remove", domain=domain)

    def set_routes(self, domain: str, routes: Sequence[Route]) -> Said:
        """See DomainCalls."""
        return _said("domain/edit", domain=domain, destinations=_array(routes))

    def alias(self, domain: str, alias: str, *, add: bool) -> Said:
        """See DomainCalls."""
        return _said("domainalias/add" if add else "domainalias/remove", domain=domain, alias=alias)


def _said(call: str, **arguments: str) -> Said:
    return {"call": call, "arguments": arguments}


def _array(routes: Sequence[Route]) -> str:
    return json.dumps([inferred.destination(route.host, port_of(route)) for route in routes])
