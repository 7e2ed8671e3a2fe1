"""The drivers of connections with a user of the Control Panel: with that alone, and beside the Software API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core.calls import CallAnswer
from app.core.capabilities import Found
from app.core.commands import (
    ActOnMail,
    ActOnResource,
    AddAliases,
    AddDomain,
    AddEmailAlias,
    AddRoute,
    AddRules,
    DeleteMail,
    EditEmailAlias,
    EditRule,
    ReleaseAndAllow,
    ReleaseMail,
    RemoveAliases,
    RemoveDomain,
    RemoveEmailAlias,
    RemoveRoute,
    RemoveRules,
    ReplaceRouteHost,
    ReplaceRules,
    SetAliases,
    SetRoutes,
)
from app.core.contract import Call
from app.core.email_aliases import EmailAlias, EmailAliasPage, EmailAliasQuery
from app.core.messages import MailContent, MailDetail, MailKey, MailPage, MailQuery
from app.core.model import Connection, Domain
from app.core.plan import MAIL_VERBS, RESOURCE_VERBS, Verb
from app.core.rules import RuleReading
from app.core.text import Message
from app.net.http import Http
from app.providers.spamexperts.aliases import Aliases
from app.providers.spamexperts.any_call import AnyCall
from app.providers.spamexperts.app_messages import AppMessages
from app.providers.spamexperts.app_rest import AppRest
from app.providers.spamexperts.card import CARD
from app.providers.spamexperts.changes import Changes, Observers, Plans
from app.providers.spamexperts.control_panel import ControlPanelApi
from app.providers.spamexperts.domain_calls import PanelCalls
from app.providers.spamexperts.domains import Domains
from app.providers.spamexperts.driver import SpamExpertsDriver
from app.providers.spamexperts.email_aliases import EmailAliases
from app.providers.spamexperts.lists import PanelLists
from app.providers.spamexperts.panel_reads import PanelReads
from app.providers.spamexperts.probe import probe
from app.providers.spamexperts.resources import Resources
from app.providers.spamexperts.routes import Routes
from app.providers.spamexperts.rules import Rules
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire_rules import PANEL_SHAPES

Json = Any


class _WithEmailAliases:
    """What every connection with the panel has beside the rest."""

    _email: EmailAliases

    def list_email_aliases(self, domain: str, query: EmailAliasQuery) -> EmailAliasPage:
        """See EmailAliasReader."""
        return self._email.page(domain, query)

    def read_email_alias(self, domain: str, address: str) -> EmailAlias:
        """See EmailAliasReader."""
        return self._email.read(domain, address)


class BothApisDriver(_WithEmailAliases, SpamExpertsDriver):
    """The Software API, and the panel for what only that has."""

    def __init__(self, connection: Connection, http: Http) -> None:
        super().__init__(connection, http)
        self._email = EmailAliases(self._panel)
        self._plans = {
            **self._plans,
            **_email_plans(self._email),
            ReleaseAndAllow: self._app.plan_release_allow,
            ActOnMail: self._app.plan_act,
        }
        self._observers = {**self._observers, **_email_observers(self._email)}


class PanelDriver(_WithEmailAliases, Changes):
    """The Control Panel API alone, as on Hosted Cloud: domains, routes, aliases, e-mail aliases and lists."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._card = CARD.of(connection.filled)
        self._api = SoftwareApi(connection, http)
        self._panel = ControlPanelApi(connection, http)
        self._rest = rest = AppRest(connection, http)
        self._app = app = AppMessages(rest)
        self._any = AnyCall(self._api, self._panel, rest)
        self._resources = Resources(connection, self._api, self._panel)
        self._reads = PanelReads(connection, self._panel)
        self._email = EmailAliases(self._panel)
        calls = PanelCalls()
        domains = Domains(self._reads, calls, None)
        routes, aliases = Routes(self._reads, calls), Aliases(self._reads, calls)
        self._rules = rules = Rules(PanelLists(connection, self._panel), PANEL_SHAPES)
        self._plans: Plans = {
            AddDomain: domains.plan_add,
            RemoveDomain: domains.plan_remove,
            SetRoutes: routes.plan,
            AddRoute: routes.plan,
            RemoveRoute: routes.plan,
            ReplaceRouteHost: routes.plan,
            AddAliases: aliases.plan_add,
            RemoveAliases: aliases.plan_remove,
            SetAliases: aliases.plan_set,
            AddRules: rules.plan_add,
            RemoveRules: rules.plan_remove,
            EditRule: rules.plan_edit,
            ReplaceRules: rules.plan_replace,
            ActOnResource: self._resources.plan,
            ReleaseMail: app.plan_release,
            ReleaseAndAllow: app.plan_release_allow,
            DeleteMail: app.plan_delete,
            ActOnMail: app.plan_act,
            **_email_plans(self._email),
        }
        self._observers: Observers = {
            Verb.DOMAIN_ADD: domains.observe_add,
            Verb.DOMAIN_REMOVE: domains.observe_remove,
            Verb.ROUTES_SET: routes.observe,
            Verb.ALIAS_ADD: aliases.observe,
            Verb.ALIAS_REMOVE: aliases.observe,
            Verb.RULE_ADD: rules.observe,
            Verb.RULE_REMOVE: rules.observe,
            **_email_observers(self._email),
            **dict.fromkeys(MAIL_VERBS, app.observe),
            **dict.fromkeys(RESOURCE_VERBS, self._resources.observe),
        }

    def probe(self) -> Found:
        """See Driver."""
        return probe(self._api, self._panel, self._rest)

    def list_domains(self) -> Iterator[Sequence[Domain]]:
        """See DomainReader."""
        return self._reads.list()

    def read_domain(self, name: str, ref: Json = None) -> Domain:  # noqa: ARG002  SpamExperts knows domains by name
        """See DomainReader."""
        return self._reads.read(name)

    def read_rules(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:  # noqa: ARG002
        """See RuleReader."""
        return self._rules.read(domain, mailbox)

    def rule_mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:  # noqa: ARG002
        """See RuleReader. The lists of single recipients cannot be read."""
        return iter(())

    def search_quarantine(self, query: MailQuery) -> MailPage:
        """See QuarantineReader."""
        return self._app.search(query)

    def read_mail(self, key: MailKey) -> MailDetail:
        """See MailReader."""
        return self._app.read(key)

    def read_mail_content(self, key: MailKey) -> MailContent:
        """See MailBodyReader."""
        return self._app.content(key)

    def closed(self, call: Call) -> Message | None:
        """See CallsByContract."""
        return self._any.closed(call)

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """See CallsByContract."""
        return self._any.send(name, arguments)


def _email_plans(email: EmailAliases) -> Plans:
    return {
        AddEmailAlias: email.plan_add,
        EditEmailAlias: email.plan_edit,
        RemoveEmailAlias: email.plan_remove,
    }


def _email_observers(email: EmailAliases) -> Observers:
    return {Verb.EMAIL_ALIAS_ADD: email.observe, Verb.EMAIL_ALIAS_REMOVE: email.observe}
