"""The driver of one Cleanmail connection: a table from wishes and steps to the modules that know them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.core.access import AdminPage, DomainAccess, UpstreamAdmin, UpstreamToken
from app.core.calls import CallAnswer
from app.core.capabilities import Found
from app.core.commands import (
    ActOnResource,
    AddAliases,
    AddDomain,
    AddEmailAlias,
    AddRecipients,
    AddRoute,
    AddRules,
    AddUpstreamAdmin,
    AddUpstreamToken,
    Command,
    CreatePolicy,
    DisableDomain,
    EditDomain,
    EditEmailAlias,
    EditPolicy,
    EditRule,
    EditUpstreamAdmin,
    EnableDomain,
    ReleaseMail,
    RemoveAliases,
    RemoveDkim,
    RemoveDomain,
    RemoveEmailAlias,
    RemovePolicy,
    RemoveRecipients,
    RemoveRoute,
    RemoveRules,
    RemoveUpstreamAdmin,
    RemoveUpstreamToken,
    RenameDomain,
    ReplaceRouteHost,
    ReplaceRules,
    RestoreDomain,
    RevokeAccess,
    SetAccess,
    SetAliases,
    SetDkim,
    SetDomainPolicy,
    SetPlatforms,
    SetRoutes,
    SetSetting,
    SetUsersAccess,
    SpreadRule,
    SwitchOffFactor,
)
from app.core.contract import Call
from app.core.dkim import DkimRecord
from app.core.email_aliases import EmailAlias, EmailAliasPage, EmailAliasQuery
from app.core.errors import NotSupported
from app.core.messages import MailContent, MailDetail, MailFile, MailFolder, MailKey, MailPage, MailQuery
from app.core.model import Connection, Domain, PolicyField, Reading, Route
from app.core.plan import RESOURCE_VERBS, RULE_VERBS, Applied, Observed, Step, Verb
from app.core.platforms import Platform
from app.core.policies import NamedPolicy, PolicyUse
from app.core.resources import Resource, ResourceAt, ResourcePage, ResourceQuery
from app.core.rules import RuleReading
from app.core.text import Message, msg
from app.net.http import Http
from app.providers.cleanmail import any_call
from app.providers.cleanmail.access_changes import AccessChanges
from app.providers.cleanmail.admin_changes import AdminChanges
from app.providers.cleanmail.admins import Admins
from app.providers.cleanmail.aliases import Aliases
from app.providers.cleanmail.card import CARD
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.details import Details
from app.providers.cleanmail.dkim import Dkim
from app.providers.cleanmail.domains import Domains
from app.providers.cleanmail.email_aliases import EmailAliases
from app.providers.cleanmail.health import Health
from app.providers.cleanmail.mailboxes import Mailboxes
from app.providers.cleanmail.messages import Messages
from app.providers.cleanmail.options import Options
from app.providers.cleanmail.platform_changes import PlatformChanges
from app.providers.cleanmail.policies import Policies
from app.providers.cleanmail.probe import probe
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.rename import Rename
from app.providers.cleanmail.routes import Routes
from app.providers.cleanmail.rules import Rules
from app.providers.cleanmail.spread import Spread
from app.providers.cleanmail.writes import Writes

Json = Any


class _Doing(NamedTuple):
    """How a step is sent, and how one looks what became of it."""

    apply: Callable[[Step], Applied]
    observe: Callable[[Step], Observed]


class CleanmailDriver:
    """Reads and changes the domains of one token. Used by many threads at once."""

    def __init__(self, connection: Connection, http: Http) -> None:
        self._client = client = Client(connection, http)
        self._account = connection.value("account")
        self._reads = reads = Reads(connection, client)
        self._options = options = Options(reads, client)
        routes, aliases, writes = Routes(reads, client), Aliases(reads, client), Writes(reads, client)
        domains = Domains(reads, routes, options)
        rename = Rename(reads)
        self._dkim = dkim = Dkim(reads, client)
        self._details = details = Details(reads, client)
        self._admins = Admins(reads, client, self._account)
        admins, access = AdminChanges(self._admins, client), AccessChanges(self._admins, client)
        self._email = email = EmailAliases(reads, client)
        self._policies = policies = Policies(connection, reads, client)
        self._rules = rules = Rules(connection, reads, client)
        spread = Spread(connection, rules, client)
        self._platforms = platforms = PlatformChanges(reads, client)
        self._health = Health(reads, client)
        self._mailboxes = mailboxes = Mailboxes(reads, client, self._account)
        self._messages = messages = Messages(reads, client, mailboxes, self._account)
        self._plans: Mapping[type[Command], Callable[[Any], list[Step]]] = {
            AddDomain: domains.plan_add,
            RemoveDomain: domains.plan_remove,
            EditDomain: details.plan_edit,
            EnableDomain: details.plan_switch,
            DisableDomain: details.plan_switch,
            RenameDomain: rename.plan,
            RestoreDomain: details.plan_restore,
            SetRoutes: routes.plan,
            AddRoute: routes.plan,
            RemoveRoute: routes.plan,
            ReplaceRouteHost: routes.plan,
            AddAliases: aliases.plan_add,
            RemoveAliases: aliases.plan_remove,
            SetAliases: aliases.plan_set,
            SetPlatforms: platforms.plan,
            AddEmailAlias: email.plan_add,
            EditEmailAlias: email.plan_edit,
            RemoveEmailAlias: email.plan_remove,
            AddRecipients: email.plan_add_recipients,
            RemoveRecipients: email.plan_remove_recipients,
            SetSetting: options.plan_set,
            EditUpstreamAdmin: admins.plan_edit,
            SwitchOffFactor: admins.plan_factor_off,
            RemoveUpstreamAdmin: admins.plan_remove,
            AddUpstreamToken: admins.plan_token,
            RemoveUpstreamToken: admins.plan_token_removal,
            AddUpstreamAdmin: access.plan_add,
            SetAccess: access.plan_set,
            RevokeAccess: access.plan_revoke,
            SetUsersAccess: access.plan_users,
            SetDkim: dkim.plan_set,
            RemoveDkim: dkim.plan_remove,
            CreatePolicy: policies.plan_create,
            EditPolicy: policies.plan_edit,
            RemovePolicy: policies.plan_remove,
            SetDomainPolicy: policies.plan_assign,
            AddRules: rules.plan_add,
            RemoveRules: rules.plan_remove,
            EditRule: rules.plan_edit,
            ReplaceRules: rules.plan_replace,
            SpreadRule: spread.plan,
            ActOnResource: mailboxes.plan,
            ReleaseMail: messages.plan_release,
        }
        self._doings: Mapping[Verb, _Doing] = {
            Verb.DOMAIN_ADD: _Doing(writes.create, domains.observe_add),
            Verb.DOMAIN_REMOVE: _Doing(writes.remove, domains.observe_remove),
            Verb.DOMAIN_RESTORE: _Doing(writes.send, domains.observe_restore),
            Verb.DOMAIN_EDIT: _Doing(writes.send, details.observe_edit),
            Verb.DOMAIN_ENABLE: _Doing(writes.send, details.observe_switch),
            Verb.DOMAIN_DISABLE: _Doing(writes.send, details.observe_switch),
            Verb.DOMAIN_RENAME: _Doing(writes.send, rename.observe),
            Verb.ROUTES_SET: _Doing(routes.apply, routes.observe),
            Verb.ALIAS_ADD: _Doing(writes.send, aliases.observe_add),
            Verb.ALIAS_REMOVE: _Doing(aliases.apply_remove, aliases.observe_remove),
            Verb.PLATFORMS_SET: _Doing(platforms.apply, platforms.observe),
            Verb.ALIASES_SET: _Doing(aliases.apply_set, aliases.observe_set),
            Verb.EMAIL_ALIAS_ADD: _Doing(writes.send, email.observe),
            Verb.EMAIL_ALIAS_EDIT: _Doing(email.apply_edit, email.observe),
            Verb.EMAIL_ALIAS_REMOVE: _Doing(email.apply_remove, email.observe),
            Verb.RECIPIENTS_ADD: _Doing(email.apply_add_recipients, email.observe_recipients),
            Verb.RECIPIENT_REMOVE: _Doing(email.apply_remove_recipient, email.observe_recipients),
            Verb.SETTING_SET: _Doing(writes.send, options.observe),
            Verb.ADMIN_EDIT: _Doing(admins.apply, admins.observe_edit),
            Verb.ADMIN_FACTOR_OFF: _Doing(admins.apply, admins.observe_edit),
            Verb.ADMIN_REMOVE: _Doing(admins.apply, admins.observe_remove),
            Verb.TOKEN_ADD: _Doing(admins.apply_token, admins.observe_token),
            Verb.TOKEN_REMOVE: _Doing(admins.apply, admins.observe_token_removal),
            Verb.ADMIN_ADD: _Doing(access.apply, access.observe),
            Verb.ACCESS_SET: _Doing(access.apply, access.observe),
            Verb.ACCESS_REVOKE: _Doing(access.apply, access.observe),
            Verb.ACCESS_USERS: _Doing(access.apply, access.observe_users),
            Verb.DKIM_SET: _Doing(dkim.apply, dkim.observe_set),
            Verb.DKIM_REMOVE: _Doing(dkim.apply, dkim.observe_remove),
            Verb.POLICY_ADD: _Doing(writes.send, policies.observe_create),
            Verb.POLICY_EDIT: _Doing(policies.apply_edit, policies.observe_edit),
            Verb.POLICY_REMOVE: _Doing(policies.apply_remove, policies.observe_remove),
            Verb.POLICY_ASSIGN: _Doing(writes.send, policies.observe_assign),
            **dict.fromkeys(RULE_VERBS, _Doing(rules.apply, rules.observe)),
            Verb.RULE_SPREAD: _Doing(spread.apply, spread.observe),
            Verb.MAIL_RELEASE: _Doing(messages.apply, messages.observe),
            **dict.fromkeys(RESOURCE_VERBS, _Doing(mailboxes.apply, mailboxes.observe)),
        }

    @property
    def client(self) -> Client:
        """All 93 documented calls of this connection."""
        return self._client

    def probe(self) -> Found:
        """See Driver."""
        return probe(self._client, self._account)

    def plan(self, command: Command) -> list[Step]:
        """See Driver."""
        plan = self._plans.get(type(command))
        if plan is None:
            raise NotSupported(command.capability.value, CARD.reason(command.capability))
        return plan(command)

    def apply(self, step: Step) -> Applied:
        """See Driver. A step about a domain that is there costs one read more: it is looked at just before."""
        return self._doing(step).apply(step)

    def observe(self, step: Step) -> Observed:
        """See Driver."""
        return self._doing(step).observe(step)

    def list_domains(self) -> Iterator[Sequence[Domain]]:
        """See DomainReader."""
        return self._reads.batches()

    def read_domain(self, name: str, ref: Json = None) -> Domain:
        """See DomainReader."""
        return self._reads.domain(name, ref)

    def read_fields(self, domain: str) -> Sequence[PolicyField]:
        """See DomainFieldsReader."""
        return self._details.fields(domain)

    def read_platforms(self, domain: str) -> Sequence[Platform]:
        """See PlatformReader."""
        return self._platforms.read(domain)

    def list_email_aliases(self, domain: str, query: EmailAliasQuery) -> EmailAliasPage:
        """See EmailAliasReader."""
        return self._email.page(domain, query)

    def read_email_alias(self, domain: str, address: str) -> EmailAlias:
        """See EmailAliasReader."""
        return self._email.read(domain, address)

    def setting_fields(self) -> Sequence[PolicyField]:
        """See SettingsReader."""
        return self._options.fields()

    def read_settings(self, domain: str | None, names: Sequence[str] | None = None) -> Sequence[PolicyField]:
        """See SettingsReader."""
        return self._options.read_all(domain, names)

    def read_dkim(self, domain: str) -> Sequence[DkimRecord]:
        """See DkimReader."""
        return self._dkim.read(domain)

    def closed(self, call: Call) -> Message | None:  # noqa: ARG002  the token opens all of them, or nobody knows
        """See CallsByContract."""
        return None

    def call(self, name: str, arguments: Mapping[str, Json]) -> CallAnswer:
        """See CallsByContract."""
        return any_call.send(self._client, name, arguments)

    def list_admins(self, text: str = "", page: int = 1, size: int = 50) -> AdminPage:
        """See AdminReader."""
        return self._admins.page(text, page, size)

    def read_admin(self, login: str) -> UpstreamAdmin:
        """See AdminReader."""
        return self._admins.one(login)

    def list_tokens(self, login: str) -> Sequence[UpstreamToken]:
        """See TokenReader."""
        return self._admins.tokens(self._admins.found(login))

    def read_access(self, domain: str) -> DomainAccess:
        """See AccessReader."""
        return self._admins.access(domain)

    def read_access_of(self, domain: str, login: str) -> DomainAccess:
        """See AccessReader."""
        return self._admins.access_of(domain, login)

    def policy_fields(self) -> Sequence[PolicyField]:
        """See PolicyReader."""
        return self._policies.fields()

    def list_policies(self, domain: str) -> Sequence[NamedPolicy]:
        """See PolicyReader."""
        return self._policies.read_all(domain)

    def read_policy(self, domain: str, policy: str) -> NamedPolicy:
        """See PolicyReader."""
        return self._policies.read_one(domain, policy)

    def policy_use(self, domain: str, policy: str) -> PolicyUse:
        """See PolicyReader."""
        return self._policies.use(domain, policy)

    def read_rules(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:
        """See RuleReader."""
        return self._rules.read(domain, mailbox, ref)

    def rule_mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:
        """See RuleReader."""
        return self._rules.mailboxes(domain, ref)

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See ResourceReader."""
        return self._mailboxes.list_resources(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See ResourceReader."""
        return self._mailboxes.read_resource(kind, at, key)

    def list_mailboxes(self) -> Iterator[Sequence[str]]:
        """See MailboxLister."""
        return self._mailboxes.every()

    def search_quarantine(self, query: MailQuery) -> MailPage:
        """See QuarantineReader."""
        return self._messages.search(query)

    def list_mail_folders(self, domain: str, mailbox: str) -> Sequence[MailFolder]:
        """See MailFolderReader."""
        return self._messages.folders(domain, mailbox)

    def mail_mailboxes(self, domain: str) -> Sequence[str]:
        """See MailFolderReader."""
        return self._messages.mailboxes(domain)

    def read_mail(self, key: MailKey) -> MailDetail:
        """See MailReader."""
        return self._messages.read(key)

    def read_mail_content(self, key: MailKey) -> MailContent:
        """See MailBodyReader."""
        return self._messages.content(key)

    def read_mail_file(self, key: MailKey, part: str) -> MailFile:
        """See MailFileReader."""
        return self._messages.file(key, part)

    def read_health(self, domain: str) -> Sequence[Reading]:
        """See HealthReader."""
        return self._health.last(domain)

    def run_health(self, domain: str) -> Sequence[Reading]:
        """See HealthRunner."""
        return self._health.run(domain)

    def list_failures(self) -> Mapping[str, Sequence[Reading]]:
        """See FailureLister."""
        return self._health.failures()

    def try_relay(self, routes: Sequence[Route]) -> Sequence[Reading]:
        """See RelayTrier."""
        return self._health.try_relay(routes)

    def _doing(self, step: Step) -> _Doing:
        doing = self._doings.get(step.verb)
        if doing is None:
            raise NotSupported(step.verb.value, msg("Cleanmail offers no call for this."))
        return doing
