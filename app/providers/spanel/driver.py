"""The driver of one SPanel connection: a table from commands and steps to the group that serves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from app.core.access import AdminPage, UpstreamAdmin
from app.core.calls import CallAnswer
from app.core.capabilities import Found, require
from app.core.commands import (
    ActOnResource,
    AddDomain,
    AddRoute,
    Command,
    RemoveDomain,
    RemoveRoute,
    ReplaceRouteHost,
    RuleCommand,
    SetRoutes,
)
from app.core.contract import Call
from app.core.errors import NotSupported
from app.core.model import Connection, Domain
from app.core.plan import RESOURCE_VERBS, Applied, Observed, Step, Verb
from app.core.resources import Resource, ResourceAt, ResourcePage, ResourceQuery
from app.core.rules import RuleReading
from app.core.text import Message, msg
from app.net.http import Http
from app.providers.spanel import any_call
from app.providers.spanel.accounts import Accounts
from app.providers.spanel.admins import Admins
from app.providers.spanel.card import CARD
from app.providers.spanel.domains import Domains
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.probe import Probe
from app.providers.spanel.removal import Removal
from app.providers.spanel.resources import Resources
from app.providers.spanel.routes import Routes, check_inputs
from app.providers.spanel.rules import SenderRules

Json = Any
T = TypeVar("T")


class SPanelDriver:
    """The domains of a panel's accounts, where their mail goes, and what else the panel keeps."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._api = api = PanelApi(connection, http)
        accounts = Accounts(connection, api)
        self._routes = Routes(connection, api)
        self._domains = Domains(connection, api, accounts, self._routes)
        self._removal = Removal(connection, api, accounts, self._routes)
        self._admins = Admins(api)
        self._rules = SenderRules(connection, api, self._domains)
        self._resources = Resources(connection, api, accounts, self._domains)
        self._probe = Probe(api, accounts, self._routes)
        self._apply = {
            Verb.DOMAIN_ADD: self._domains.add,
            Verb.DOMAIN_REMOVE: self._removal.apply,
            Verb.ROUTES_SET: self._routes.apply,
            Verb.RULE_ADD: self._rules.apply,
            Verb.RULE_REMOVE: self._rules.apply,
            **dict.fromkeys(RESOURCE_VERBS, self._resources.apply),
        }
        self._observe = {
            Verb.DOMAIN_ADD: self._domains.observe_add,
            Verb.DOMAIN_REMOVE: self._removal.observe,
            Verb.ROUTES_SET: self._routes.observe,
            Verb.RULE_ADD: self._rules.observe,
            Verb.RULE_REMOVE: self._rules.observe,
            **dict.fromkeys(RESOURCE_VERBS, self._resources.observe),
        }

    def probe(self) -> Found:
        """Tests the connection with reads only."""
        return self._probe.run()

    def list_domains(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches: one call for the accounts and one for each of them. Routes are left out
        (None)."""
        return self._domains.batches()

    def read_domain(self, name: str, ref: Json = None) -> Domain:
        """One domain with its routes. `ref` names the account that probably has it. Raises NotFound."""
        return self._domains.read(name, _hint(ref))

    def read_rules(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:
        """See `core.capabilities.RuleReader`."""
        return self._rules.read(domain, mailbox, _hint(ref))

    def rule_mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:  # noqa: ARG002
        """None: the lists belong to accounts."""
        return iter(())

    def list_mailboxes(self) -> Iterator[Sequence[str]]:
        """See `core.mailboxes.MailboxLister`: one call for each account."""
        return self._resources.mailboxes()

    def list_admins(self, text: str = "", page: int = 1, size: int = 50) -> AdminPage:
        """See `core.capabilities.AdminReader`."""
        return self._admins.page(text, page, size)

    def read_admin(self, login: str) -> UpstreamAdmin:
        """See `core.capabilities.AdminReader`."""
        return self._admins.one(login)

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See `core.resources.ResourceReader`."""
        return self._resources.page(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See `core.resources.ResourceReader`."""
        return self._resources.read(kind, at, key)

    def plan(self, command: Command) -> list[Step]:
        """See `core.capabilities.Driver`."""
        require(CARD, command.capability)
        if isinstance(command, AddDomain):
            return self._domains.plan_add(command)
        if isinstance(command, RemoveDomain):
            return self._removal.plan(command, self._domains.locate(command.domain))
        if isinstance(command, SetRoutes | AddRoute | RemoveRoute | ReplaceRouteHost):
            check_inputs(command)
            return self._routes.plan(command, self._domains.locate(command.domain).user)
        if isinstance(command, ActOnResource):
            return self._resources.plan(command)
        if isinstance(command, RuleCommand):
            return self._rules.plan(command)
        raise NotSupported(command.capability, CARD.reason(command.capability))

    def apply(self, step: Step) -> Applied:
        """Sends one step, once."""
        return _one(self._apply, step)(step)

    def observe(self, step: Step) -> Observed:
        """Looks upstream whether the step's effect is there, by one read."""
        return _one(self._observe, step)(step)

    def closed(self, call: Call) -> Message | None:
        """See CallsByContract."""
        return any_call.closed(self._api, call)

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """See CallsByContract."""
        return any_call.send(self._api, name, arguments)


def _hint(ref: Json) -> str:
    """The account that a domain's `ref` names, "" for none."""
    account = ref.get("account") if isinstance(ref, Mapping) else None
    return account if isinstance(account, str) else ""


def _one(table: Mapping[Verb, Callable[[Step], T]], step: Step) -> Callable[[Step], T]:
    if step.verb not in table:
        raise NotSupported(step.verb, msg("SPanel has no call for this step."))
    return table[step.verb]
