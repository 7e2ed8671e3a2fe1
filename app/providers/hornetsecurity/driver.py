"""The driver of one Hornetsecurity connection: a table from wishes and steps to the modules that know them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app.core.access import AdminPage, UpstreamAdmin, UpstreamToken
from app.core.calls import CallAnswer
from app.core.capabilities import Found, require
from app.core.commands import (
    ActOnMail,
    ActOnResource,
    AddAliases,
    AddDomain,
    AddRoute,
    AddRules,
    AddUpstreamToken,
    Command,
    EditRule,
    ReleaseAndAllow,
    ReleaseMail,
    RemoveAliases,
    RemoveDomain,
    RemoveRoute,
    RemoveRules,
    RemoveUpstreamToken,
    ReplaceRouteHost,
    ReplaceRules,
    SetAliases,
    SetRoutes,
    SetSetting,
)
from app.core.contract import Call
from app.core.errors import NotSupported
from app.core.messages import MailContent, MailDetail, MailKey, MailPage, MailQuery
from app.core.model import Connection, Domain, PolicyField, Reading
from app.core.plan import RESOURCE_VERBS, Applied, Observed, Step, Verb
from app.core.resources import Resource, ResourceAt, ResourcePage, ResourceQuery
from app.core.rules import RuleReading
from app.core.statistics import Statistics, StatisticsQuery
from app.core.text import Message, msg
from app.net.http import Http
from app.providers.hornetsecurity import any_call
from app.providers.hornetsecurity.aliases import Aliases
from app.providers.hornetsecurity.card import CARD
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.domains import Domains
from app.providers.hornetsecurity.health import Health
from app.providers.hornetsecurity.kinds.base import Desk
from app.providers.hornetsecurity.messages import Messages
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.probe import probe
from app.providers.hornetsecurity.reads import Reads
from app.providers.hornetsecurity.removals import Removals
from app.providers.hornetsecurity.resources import Resources
from app.providers.hornetsecurity.routes import Routes
from app.providers.hornetsecurity.rules import Rules
from app.providers.hornetsecurity.settings import Settings
from app.providers.hornetsecurity.statistics import Counts
from app.providers.hornetsecurity.tokens import Tokens

Json = Any
Work = tuple[Callable[[Step], Applied], Callable[[Step], Observed]]

_NO_CALL = msg("Hornetsecurity offers no call for this.")


class HornetsecurityDriver:
    """Reads and changes the customers of one Control Panel. Used by many threads at once."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._panel = ControlPanel(connection, http)
        self._places = Places(connection, self._panel)
        self._reads = Reads(connection, self._places, by_ref=not self._panel.login.old)
        self._health = Health(self._panel, self._places)
        self._settings = Settings(self._panel, self._places, connection.parallel)
        domains = Domains(self._panel, self._places)
        removals = Removals(connection, self._panel, self._places)
        self._tokens = Tokens(self._panel)
        routes = Routes(self._panel, self._places)
        aliases = Aliases(connection, self._panel, self._places)
        self._rules = Rules(connection, self._panel, self._places)
        self._resources = Resources(connection, self._panel, self._places)
        self._counts = Counts(Desk(connection, self._panel, self._places))
        self._messages = messages = Messages(self._panel, self._places)
        self._plans: Mapping[type[Command], Callable[[Any], list[Step]]] = {
            AddDomain: domains.plan,
            RemoveDomain: removals.plan,
            SetRoutes: routes.plan,
            AddRoute: routes.plan,
            RemoveRoute: routes.plan,
            ReplaceRouteHost: routes.plan,
            AddAliases: aliases.plan_add,
            RemoveAliases: aliases.plan_remove,
            SetAliases: aliases.plan_set,
            SetSetting: self._settings.plan_set,
            AddUpstreamToken: self._tokens.plan_add,
            RemoveUpstreamToken: self._tokens.plan_remove,
            AddRules: self._rules.plan_add,
            RemoveRules: self._rules.plan_remove,
            EditRule: self._rules.plan_edit,
            ReplaceRules: self._rules.plan_replace,
            ActOnResource: self._resources.plan,
            ReleaseMail: messages.plan_release,
            ReleaseAndAllow: messages.plan_release_allow,
            ActOnMail: messages.plan_act,
        }
        self._work: Mapping[Verb, Work] = {
            Verb.DOMAIN_ADD: (domains.apply, domains.observe),
            Verb.DOMAIN_REMOVE: (removals.apply, removals.observe),
            Verb.ROUTES_SET: (routes.apply, routes.observe),
            Verb.ALIAS_ADD: (aliases.apply_add, aliases.observe),
            Verb.ALIAS_REMOVE: (aliases.apply_remove, aliases.observe),
            Verb.SETTING_SET: (self._settings.apply, self._settings.observe),
            Verb.TOKEN_ADD: (self._tokens.apply_add, self._tokens.observe_add),
            Verb.TOKEN_REMOVE: (self._tokens.apply_remove, self._tokens.observe_remove),
            **dict.fromkeys(
                (Verb.RULE_ADD, Verb.RULE_EDIT, Verb.RULE_REMOVE), (self._rules.apply, self._rules.observe)
            ),
            **dict.fromkeys(
                (Verb.MAIL_RELEASE, Verb.MAIL_RELEASE_ALLOW, Verb.MAIL_ACT),
                (messages.apply, messages.observe),
            ),
            **dict.fromkeys(RESOURCE_VERBS, (self._resources.apply, self._resources.observe)),
        }

    def probe(self) -> Found:
        """See Driver."""
        return probe(self._panel, self._places.hierarchy)

    def plan(self, command: Command) -> list[Step]:
        """See Driver."""
        require(CARD, command.capability)
        plan = self._plans.get(type(command))
        if plan is None:
            raise NotSupported(command.capability, CARD.reason(command.capability))
        return plan(command)

    def apply(self, step: Step) -> Applied:
        """See Driver. What the step needs to know of the panel is read before; only its write can be unknown."""
        return self._of(step)[0](step)

    def observe(self, step: Step) -> Observed:
        """See Driver."""
        return self._of(step)[1](step)

    def _of(self, step: Step) -> Work:
        if step.verb not in self._work:
            raise NotSupported(step.verb, _NO_CALL)
        return self._work[step.verb]

    def list_domains(self) -> Iterator[Sequence[Domain]]:
        """See DomainReader. Routes are not in the list: they cost a call for each domain."""
        return self._reads.list()

    def read_domain(self, name: str, ref: Json = None) -> Domain:
        """See DomainReader."""
        return self._reads.read(name, ref)

    def read_health(self, domain: str) -> Sequence[Reading]:
        """See HealthReader."""
        return self._health.last(domain)

    def filter_hosts(self, domain: str) -> Sequence[str]:
        """See FilterHostsReader."""
        return self._health.filter_hosts(domain)

    def setting_fields(self) -> Sequence[PolicyField]:
        """See SettingsReader."""
        return self._settings.fields()

    def read_settings(self, domain: str | None, names: Sequence[str] | None = None) -> Sequence[PolicyField]:
        """See SettingsReader."""
        return self._settings.read_all(domain, names)

    def read_rules(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:
        """See RuleReader."""
        return self._rules.read(domain, mailbox, ref)

    def rule_mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:  # noqa: ARG002
        """See RuleReader."""
        return self._rules.mailboxes(domain)

    def read_statistics(self, query: StatisticsQuery) -> Statistics:
        """See StatisticsReader."""
        return self._counts.read(query)

    def search_quarantine(self, query: MailQuery) -> MailPage:
        """See QuarantineReader."""
        return self._messages.search(query)

    def search_log(self, query: MailQuery) -> MailPage:
        """See LogReader."""
        return self._messages.search(query)

    def read_mail(self, key: MailKey) -> MailDetail:
        """See MailReader."""
        return self._messages.read(key)

    def read_mail_content(self, key: MailKey) -> MailContent:
        """See MailBodyReader."""
        return self._messages.content(key)

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See ResourceReader."""
        return self._resources.list_resources(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See ResourceReader."""
        return self._resources.read_resource(kind, at, key)

    def list_admins(self, text: str = "", page: int = 1, size: int = 50) -> AdminPage:  # noqa: ARG002  there is one
        """See AdminReader. The API shows the connection's own user only."""
        return self._tokens.admins(text, page)

    def read_admin(self, login: str) -> UpstreamAdmin:
        """See AdminReader."""
        return self._tokens.admin(login)

    def list_tokens(self, login: str) -> Sequence[UpstreamToken]:
        """See TokenReader."""
        return self._tokens.tokens(login)

    def closed(self, call: Call) -> Message | None:  # noqa: ARG002  roles decide, and the test finds them
        """See CallsByContract."""
        return None

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """See CallsByContract."""
        return any_call.send(self._panel, name, arguments)
