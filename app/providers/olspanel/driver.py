"""The driver of one OLSPanel connection: a table from commands and steps to the group that serves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core.calls import CallAnswer
from app.core.capabilities import Found, require
from app.core.commands import ActOnResource, AddDomain, Command
from app.core.contract import Call
from app.core.errors import NotSupported
from app.core.model import Connection, Domain
from app.core.plan import RESOURCE_VERBS, Applied, Observed, Step, Verb
from app.core.resources import Resource, ResourceAt, ResourcePage, ResourceQuery
from app.core.text import Message, msg
from app.net.http import Http
from app.providers.olspanel.any_call import AnyCall
from app.providers.olspanel.card import CARD
from app.providers.olspanel.domains import Domains
from app.providers.olspanel.panel_api import PanelApi
from app.providers.olspanel.resources import Resources
from app.providers.olspanel.usage import Probe

Json = Any


class OlsPanelDriver:
    """Lists and adds the domains of one panel account, and serves what else the panel keeps."""

    def __init__(self, connection: Connection, http: Http) -> None:
        api = PanelApi(http, connection.value("username"), connection.value("password"))
        administrator = connection.value("admin_username")
        admin = PanelApi(http, administrator, connection.value("admin_password")) if administrator else None
        self._domains = Domains(connection, api)
        self._resources = Resources(connection, api, admin, self._domains)
        self._probe = Probe(connection, api, admin, self._domains)
        self._any = AnyCall(api, admin)

    def probe(self) -> Found:
        """Tests the connection: three reads, four with an administrator's credentials."""
        return self._probe.run()

    def list_domains(self) -> Iterator[Sequence[Domain]]:
        """All domains of the account in batches, by one call."""
        return self._domains.batches()

    def read_domain(self, name: str, ref: Json = None) -> Domain:  # noqa: ARG002  the protocol has it
        """One domain, out of the whole list: `ref` (the panel's id) opens no call. Raises NotFound."""
        return self._domains.read(name)

    def plan(self, command: Command) -> list[Step]:
        """See `core.capabilities.Driver`; one read, for a domain to add."""
        require(CARD, command.capability)
        if isinstance(command, AddDomain):
            return self._domains.plan_add(command)
        if isinstance(command, ActOnResource):
            return self._resources.plan(command)
        raise NotSupported(command.capability, CARD.reason(command.capability))

    def apply(self, step: Step) -> Applied:
        """Sends one step, once."""
        if step.verb in RESOURCE_VERBS:
            return self._resources.apply(step)
        _check(step)
        return self._domains.add(step)

    def observe(self, step: Step) -> Observed:
        """Looks upstream whether the step's effect is there, by one read."""
        if step.verb in RESOURCE_VERBS:
            return self._resources.observe(step)
        _check(step)
        return self._domains.observe_add(step)

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See ResourceReader."""
        return self._resources.list_resources(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See ResourceReader."""
        return self._resources.read_resource(kind, at, key)

    def preview_resource(
        self,
        kind: str,
        action: str,  # noqa: ARG002  the protocol has it
        at: ResourceAt,  # noqa: ARG002
        values: Mapping[str, Json],
    ) -> Sequence[Message]:
        """See ResourcePreviewer."""
        return self._resources.preview_resource(kind, values)

    def closed(self, call: Call) -> Message | None:
        """See CallsByContract."""
        return self._any.closed(call)

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """See CallsByContract."""
        return self._any.send(name, arguments)


def _check(step: Step) -> None:
    if step.verb is not Verb.DOMAIN_ADD:
        raise NotSupported(step.verb, msg("OLSPanel has no call for this step."))
