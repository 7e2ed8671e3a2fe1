"""The driver of one SpamExperts connection: a table from wishes and steps to the modules that know them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core.calls import CallAnswer
from app.core.capabilities import Found
from app.core.commands import (
    ActOnResource,
    AddAliases,
    AddDomain,
    AddRoute,
    AddRules,
    DeleteMail,
    EditRule,
    ReleaseMail,
    RemoveAliases,
    RemoveDomain,
    RemoveQueued,
    RemoveRoute,
    RemoveRules,
    ReplaceRouteHost,
    ReplaceRules,
    RetryDelivery,
    SetAliases,
    SetDkim,
    SetRoutes,
    SetSetting,
)
from app.core.contract import Call
from app.core.dkim import DkimRecord
from app.core.messages import MailContent, MailDetail, MailKey, MailPage, MailQuery
from app.core.model import Connection, Domain, PolicyField
from app.core.plan import MAIL_VERBS, RESOURCE_VERBS, Verb
from app.core.rules import RuleReading
from app.core.statistics import Statistics, StatisticsQuery
from app.core.text import Message
from app.net.http import Http
from app.providers.spamexperts.aliases import Aliases
from app.providers.spamexperts.any_call import AnyCall
from app.providers.spamexperts.app_messages import AppMessages
from app.providers.spamexperts.app_rest import AppRest
from app.providers.spamexperts.card import CARD
from app.providers.spamexperts.changes import Changes, Observers, Plans
from app.providers.spamexperts.control_panel import ControlPanelApi
from app.providers.spamexperts.counts import Counts
from app.providers.spamexperts.dkim import Dkim
from app.providers.spamexperts.domain_calls import SoftwareCalls
from app.providers.spamexperts.domains import Domains
from app.providers.spamexperts.inferred import SENDER_FLAG
from app.providers.spamexperts.lists import EitherLists, Lists, PanelLists, SoftwareLists
from app.providers.spamexperts.messages import Messages
from app.providers.spamexperts.probe import probe
from app.providers.spamexperts.reads import Reads
from app.providers.spamexperts.resources import Resources
from app.providers.spamexperts.routes import Routes
from app.providers.spamexperts.rules import Rules
from app.providers.spamexperts.settings import Settings
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire_rules import SHAPES

Json = Any


class SpamExpertsDriver(Changes):
    """Reads and changes one cluster through its Software API. Used by many threads at once."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._card = CARD.of(connection.filled)
        self._api = SoftwareApi(connection, http)
        self._panel = ControlPanelApi(connection, http)
        self._rest = AppRest(connection, http)
        self._any = AnyCall(self._api, self._panel, self._rest)
        self._resources = Resources(connection, self._api, self._panel)
        self._reads = Reads(connection, self._api)
        self._settings = Settings(connection, self._api)
        self._dkim = Dkim(self._reads, self._api)
        calls = SoftwareCalls()
        domains, routes, aliases = (
            Domains(self._reads, calls, self._settings),
            Routes(self._reads, calls),
            Aliases(self._reads, calls),
        )
        lists: Lists = SoftwareLists(connection, self._api)
        if self._panel.has_credentials:
            lists = EitherLists(
                SoftwareLists(connection, self._api), PanelLists(connection, self._panel, SENDER_FLAG)
            )
        self._rules = rules = Rules(lists, SHAPES)
        self._messages = messages = Messages(self._api)
        self._app = AppMessages(self._rest, find=messages.item)
        self._counts = Counts(connection, self._api)
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
            SetSetting: self._settings.plan_set,
            SetDkim: self._dkim.plan_set,
            AddRules: rules.plan_add,
            RemoveRules: rules.plan_remove,
            EditRule: rules.plan_edit,
            ReplaceRules: rules.plan_replace,
            ActOnResource: self._resources.plan,
            ReleaseMail: messages.plan_release,
            DeleteMail: messages.plan_delete,
            RetryDelivery: messages.plan_retry,
            RemoveQueued: messages.plan_remove,
        }
        self._observers: Observers = {
            Verb.DOMAIN_ADD: domains.observe_add,
            Verb.DOMAIN_REMOVE: domains.observe_remove,
            Verb.ROUTES_SET: routes.observe,
            Verb.ALIAS_ADD: aliases.observe,
            Verb.ALIAS_REMOVE: aliases.observe,
            Verb.SETTING_SET: self._settings.observe,
            Verb.DKIM_SET: self._dkim.observe,
            Verb.RULE_ADD: rules.observe,
            Verb.RULE_REMOVE: rules.observe,
            **dict.fromkeys(MAIL_VERBS, messages.observe),
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

    def setting_fields(self) -> Sequence[PolicyField]:
        """See SettingsReader."""
        return self._settings.fields()

    def read_settings(self, domain: str | None, names: Sequence[str] | None = None) -> Sequence[PolicyField]:
        """See SettingsReader."""
        return self._settings.read_all(domain, names)

    def read_dkim(self, domain: str) -> Sequence[DkimRecord]:
        """See DkimReader."""
        return self._dkim.read(domain)

    def search_quarantine(self, query: MailQuery) -> MailPage:
        """See QuarantineReader."""
        return self._messages.search(query)

    def search_log(self, query: MailQuery) -> MailPage:
        """See LogReader."""
        return self._messages.search(query)

    def list_queue(self, query: MailQuery) -> MailPage:
        """See QueueReader."""
        return self._messages.queue(query)

    def read_mail(self, key: MailKey) -> MailDetail:
        """See MailReader."""
        return self._messages.read(key)

    def read_mail_content(self, key: MailKey) -> MailContent:
        """See MailBodyReader."""
        return self._messages.content(key)

    def read_statistics(self, query: StatisticsQuery) -> Statistics:
        """See StatisticsReader."""
        return self._counts.read(query)

    def closed(self, call: Call) -> Message | None:
        """See CallsByContract."""
        return self._any.closed(call)

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """See CallsByContract."""
        return self._any.send(name, arguments)

    def read_rules(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:  # noqa: ARG002
        """See RuleReader."""
        return self._rules.read(domain, mailbox)

    def rule_mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:  # noqa: ARG002
        """See RuleReader. The lists of single recipients cannot be read."""
        return iter(())
