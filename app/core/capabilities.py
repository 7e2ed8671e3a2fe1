"""What a provider can do: one small protocol per capability, the card that declares them, and the reasons for gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from app.core.access import AdminPage, DomainAccess, UpstreamAdmin, UpstreamToken
from app.core.dkim import DkimRecord
from app.core.email_aliases import EmailAlias, EmailAliasPage, EmailAliasQuery
from app.core.errors import NotSupported
from app.core.messages import (
    LogReader,
    MailAction,
    MailBodyReader,
    MailFileReader,
    MailFolderReader,
    MailReader,
    MailShape,
    QuarantineReader,
    QueueReader,
)
from app.core.model import Domain, FieldKind, PolicyField, Reading, Route, ServerState, Verdict
from app.core.plan import Applied, Observed, Step
from app.core.platforms import Platform
from app.core.policies import PolicyReader
from app.core.resources import Action, ResourceKind, ResourceReader
from app.core.rules import RuleReading, RuleShape
from app.core.statistics import StatisticsReader, StatisticsShape
from app.core.text import Message, msg

if TYPE_CHECKING:
    from app.core.commands import Command

Json = Any


class Capability(StrEnum):
    """One thing that a connection can, or cannot, do."""

    DOMAINS_READ = "domains_read"
    DOMAIN_ADD = "domain_add"
    DOMAIN_REMOVE = "domain_remove"
    ROUTES_READ = "routes_read"
    ROUTES_WRITE = "routes_write"
    ALIASES_READ = "aliases_read"
    ALIASES_WRITE = "aliases_write"
    SETTINGS_READ = "settings_read"
    SETTINGS_WRITE = "settings_write"
    DKIM_READ = "dkim_read"
    DKIM_WRITE = "dkim_write"
    DKIM_REMOVE = "dkim_remove"
    DOMAIN_EDIT = "domain_edit"
    DOMAIN_SWITCH = "domain_switch"
    DOMAIN_RENAME = "domain_rename"
    DOMAIN_RESTORE = "domain_restore"
    ADMINS_READ = "admins_read"
    ADMINS_WRITE = "admins_write"
    TOKENS_READ = "tokens_read"
    TOKENS_WRITE = "tokens_write"
    ACCESS_READ = "access_read"
    ACCESS_WRITE = "access_write"
    EMAIL_ALIASES_READ = "email_aliases_read"
    EMAIL_ALIASES_WRITE = "email_aliases_write"
    EMAIL_ALIAS_RECIPIENTS = "email_alias_recipients"
    POLICIES_READ = "policies_read"
    POLICIES_WRITE = "policies_write"
    POLICY_ASSIGN = "policy_assign"
    RULES_READ = "rules_read"
    RULES_WRITE = "rules_write"
    RULES_SPREAD = "rules_spread"
    PLATFORMS_READ = "platforms_read"
    PLATFORMS_WRITE = "platforms_write"
    HEALTH_READ = "health_read"
    HEALTH_RUN = "health_run"
    HEALTH_FAILURES = "health_failures"
    RELAY_TRY = "relay_try"
    FILTER_HOSTS = "filter_hosts"
    QUARANTINE_READ = "quarantine_read"
    LOGS_READ = "logs_read"
    QUEUE_READ = "queue_read"
    MAIL_FOLDERS = "mail_folders"
    MAIL_HEADERS = "mail_headers"
    MAIL_READ = "mail_read"
    MAIL_ATTACHMENTS = "mail_attachments"
    MAIL_RELEASE = "mail_release"
    MAIL_RELEASE_ALLOW = "mail_release_allow"
    MAIL_DELETE = "mail_delete"
    MAIL_ACT = "mail_act"
    QUEUE_RETRY = "queue_retry"
    QUEUE_REMOVE = "queue_remove"
    STATISTICS_READ = "statistics_read"
    RESOURCES_READ = "resources_read"
    RESOURCES_WRITE = "resources_write"

    @property
    def label(self) -> Message:
        """Its name for people (capability matrix, gaps)."""
        return _LABELS[self]


_LABELS: dict[Capability, Message] = {
    Capability.DOMAINS_READ: msg("List domains"),
    Capability.DOMAIN_ADD: msg("Add domains"),
    Capability.DOMAIN_REMOVE: msg("Remove domains"),
    Capability.ROUTES_READ: msg("Read routes"),
    Capability.ROUTES_WRITE: msg("Change routes"),
    Capability.ALIASES_READ: msg("Read domain aliases"),
    Capability.ALIASES_WRITE: msg("Change domain aliases"),
    Capability.SETTINGS_READ: msg("Read domain settings"),
    Capability.SETTINGS_WRITE: msg("Change domain settings"),
    Capability.DKIM_READ: msg("Read DKIM keys"),
    Capability.DKIM_WRITE: msg("Set DKIM keys"),
    Capability.DKIM_REMOVE: msg("Remove DKIM keys"),
    Capability.DOMAIN_EDIT: msg("Edit domains"),
    Capability.DOMAIN_SWITCH: msg("Enable and disable domains"),
    Capability.DOMAIN_RENAME: msg("Rename domains"),
    Capability.DOMAIN_RESTORE: msg("Restore removed domains"),
    Capability.ADMINS_READ: msg("List upstream administrators"),
    Capability.ADMINS_WRITE: msg("Change and remove upstream administrators"),
    Capability.TOKENS_READ: msg("List upstream API tokens"),
    Capability.TOKENS_WRITE: msg("Make and remove upstream API tokens"),
    Capability.ACCESS_READ: msg("Read who may manage a domain"),
    Capability.ACCESS_WRITE: msg("Change who may manage a domain"),
    Capability.EMAIL_ALIASES_READ: msg("Read e-mail aliases"),
    Capability.EMAIL_ALIASES_WRITE: msg("Change e-mail aliases"),
    Capability.EMAIL_ALIAS_RECIPIENTS: msg("Add and remove single recipients of an e-mail alias"),
    Capability.POLICIES_READ: msg("Read named policies"),
    Capability.POLICIES_WRITE: msg("Add, change and remove named policies"),
    Capability.POLICY_ASSIGN: msg("Choose the default policy of a domain"),
    Capability.RULES_READ: msg("Read filtering rules"),
    Capability.RULES_WRITE: msg("Change filtering rules"),
    Capability.RULES_SPREAD: msg("Add a sender rule to several owners at once"),
    Capability.PLATFORMS_READ: msg("Read platforms for single mailboxes"),
    Capability.PLATFORMS_WRITE: msg("Change platforms for single mailboxes"),
    Capability.HEALTH_READ: msg("Read the upstream's health report"),
    Capability.HEALTH_RUN: msg("Let the upstream test a domain"),
    Capability.HEALTH_FAILURES: msg("List all failures that the upstream knows"),
    Capability.RELAY_TRY: msg("Let the upstream try a route"),
    Capability.FILTER_HOSTS: msg("Tell which hosts the MX records should name"),
    Capability.QUARANTINE_READ: msg("Search the quarantine"),
    Capability.LOGS_READ: msg("Search the log of messages"),
    Capability.QUEUE_READ: msg("List the delivery queue"),
    Capability.MAIL_FOLDERS: msg("List the folders of a mailbox"),
    Capability.MAIL_HEADERS: msg("Show single messages"),
    Capability.MAIL_READ: msg("Read the body of a message"),
    Capability.MAIL_ATTACHMENTS: msg("Read attachments by themselves"),
    Capability.MAIL_RELEASE: msg("Release messages"),
    Capability.MAIL_RELEASE_ALLOW: msg("Release a message and allow its sender by one call"),
    Capability.MAIL_DELETE: msg("Delete held messages"),
    Capability.MAIL_ACT: msg("Do further things with a message"),
    Capability.QUEUE_RETRY: msg("Try to deliver a waiting message now"),
    Capability.QUEUE_REMOVE: msg("Remove a message from the delivery queue"),
    Capability.STATISTICS_READ: msg("Count mail by class, time and user"),
    Capability.RESOURCES_READ: msg("Read what else it keeps (mailboxes, hosting, branding, …)"),
    Capability.RESOURCES_WRITE: msg("Change what else it keeps"),
}

MAIL_SOURCES = (Capability.QUARANTINE_READ, Capability.LOGS_READ, Capability.QUEUE_READ)
MAIL_CAPABILITIES = (
    *MAIL_SOURCES,
    Capability.MAIL_FOLDERS,
    Capability.MAIL_HEADERS,
    Capability.MAIL_READ,
    Capability.MAIL_ATTACHMENTS,
    Capability.MAIL_RELEASE,
    Capability.MAIL_RELEASE_ALLOW,
    Capability.MAIL_DELETE,
    Capability.MAIL_ACT,
    Capability.QUEUE_RETRY,
    Capability.QUEUE_REMOVE,
)
"""Everything about single messages: where an upstream has none of it, one reason says so."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A field that a provider asks for: of a connection (user name, token) or of a new domain (account, path)."""

    name: str
    label: Message
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    help: Message | None = None
    choices: tuple[tuple[str, Message], ...] = ()
    default: str = ""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that a wish must keep to; None: no limit known. `route_ports`: whether a route can carry a port."""

    routes: int | None = None
    aliases: int | None = None
    route_ports: bool = True


@dataclass(frozen=True, slots=True)
class Api:
    """One of several APIs of an upstream, each with credentials of its own.

    `settings`: the fields of a connection that open it, all together. `serves`: what it can do; where two can do the same,
    the first of the card does it. `closed`: the reason for what is missing without it. `rules`: what its rules can say.
    `calls`: the names of its documented calls. `mail`: how its messages are searched.
    """

    name: str
    settings: tuple[str, ...]
    serves: frozenset[Capability]
    closed: Message
    rules: tuple[RuleShape, ...] = ()
    calls: frozenset[str] = frozenset()
    mail: tuple[MailShape, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What a provider can do, and why it cannot do the rest.

    The static card of a provider says what its API offers; `cut` makes the card of one connection from what its last
    test found. `gaps` gives the reason for each capability that is not in `can`. `settings` are the fields of a
    connection, `domain_fields` those of a new domain, `rules` what filtering rules can say, `resources` the kinds of things
    that it keeps beside these, `mail` how its messages are searched, `mail_actions` what else it does with them, `mail_trace`
    what reading a body leaves upstream (so each reading stands in the journal), `statistics` of what and when it has numbers. `apis`:
    where the upstream has several, each opened by fields of its own; a connection needs one of them. `calls`: names of the
    documented calls that are not open to this connection, with the reason. `own_only`: capabilities that hold for the
    connection's own account alone, with the reason. `mx_check`: it may refuse to change a domain because of its MX records,
    and can be told not to look (`skip_mx_check` of the commands).
    """

    kind: str
    label: str
    can: frozenset[Capability]
    gaps: Mapping[Capability, Message]
    settings: tuple[Setting, ...]
    domain_fields: tuple[Setting, ...] = ()
    limits: Limits = Limits()
    rules: tuple[RuleShape, ...] = ()
    resources: tuple[ResourceKind, ...] = ()
    mail: tuple[MailShape, ...] = ()
    mail_actions: tuple[MailAction, ...] = ()
    mail_trace: Message | None = None
    statistics: StatisticsShape = field(default_factory=StatisticsShape)
    apis: tuple[Api, ...] = ()
    default_url: str = ""
    url_help: Message | None = None
    https_required: bool = False
    mx_check: bool = False
    facts: Mapping[str, Json] = field(default_factory=dict)
    calls: Mapping[str, Message] = field(default_factory=dict)
    own_only: Mapping[Capability, Message] = field(default_factory=dict)

    def reason(self, capability: Capability) -> Message:
        """Why the capability is missing."""
        return self.gaps.get(
            capability,
            msg("{provider} offers no call for this.", provider=self.label),
        )

    def resource(self, name: str) -> ResourceKind | None:
        """The kind of resources of that name."""
        return next((kind for kind in self.resources if kind.name == name), None)

    def closed_kind(self, kind: ResourceKind) -> Message | None:
        """Why resources of the kind cannot be read over this connection; None where they can."""
        if Capability.RESOURCES_READ not in self.can:
            return self.reason(Capability.RESOURCES_READ)
        return next((self.calls[call] for call in kind.calls[:1] if call in self.calls), None)

    def closed_action(self, action: Action) -> Message | None:
        """Why the action cannot be done over this connection; None where it can."""
        if Capability.RESOURCES_WRITE not in self.can:
            return self.reason(Capability.RESOURCES_WRITE)
        return self.calls.get(action.call)

    def of(self, filled: Collection[str]) -> Card:
        """The card of a connection of which these fields are filled: without what only APIs do whose credentials it lacks."""
        opened = tuple(api for api in self.apis if set(api.settings) <= set(filled))
        if len(opened) == len(self.apis):
            return self
        served = frozenset[Capability]().union(*(api.serves for api in opened))
        shut = [api for api in reversed(self.apis) if api not in opened]
        missing = {capability: api.closed for api in shut for capability in api.serves - served}
        calls = {name: api.closed for api in shut for name in api.calls}
        rules = next((api.rules for api in opened if Capability.RULES_READ in api.serves), ())
        mail = next((api.mail for api in opened if api.mail), ())
        actions = self.mail_actions if Capability.MAIL_ACT in served else ()
        return replace(
            self.cut(missing, calls=calls), apis=opened, rules=rules, mail=mail, mail_actions=actions
        )

    def api_of(self, capability: Capability) -> str:
        """The name of the API that serves the capability, "" where the upstream has but one."""
        return next((api.name for api in self.apis if capability in api.serves), "")

    def cut(
        self,
        missing: Mapping[Capability, Message],
        facts: Mapping[str, Json] | None = None,
        calls: Mapping[str, Message] | None = None,
        own_only: Mapping[Capability, Message] | None = None,
    ) -> Card:
        """This card without what a connection cannot do, the reasons added; `facts`, (closed) `calls` and `own_only` are what
        the test found."""
        return replace(
            self,
            can=self.can - missing.keys(),
            gaps={**self.gaps, **missing},
            facts={**self.facts, **(facts or {})},
            calls={**self.calls, **(calls or {})},
            own_only={**self.own_only, **(own_only or {})},
        )


def require(card: Card, *capabilities: Capability) -> None:
    """Raises NotSupported with the card's reason for the first capability that it lacks."""
    for capability in capabilities:
        if capability not in card.can:
            raise NotSupported(capability.value, card.reason(capability))


@dataclass(frozen=True, slots=True)
class Found:
    """What a connection test found: the upstream's version, what is missing with the reason, facts worth showing.

    `calls`: documented calls that are not open to the connection, with the reason. `own_only` as on the card. `servers`: how
    the upstream's servers are, where it tells.
    """

    version: str = ""
    missing: Mapping[Capability, Message] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    notes: Sequence[Message] = ()
    calls: Mapping[str, Message] = field(default_factory=dict)
    own_only: Mapping[Capability, Message] = field(default_factory=dict)
    servers: Sequence[ServerState] = ()

    @property
    def strained(self) -> bool:
        """Whether one of the upstream's servers is not well."""
        return any(server.verdict in (Verdict.WARN, Verdict.FAIL) for server in self.servers)

    def to_json(self) -> dict[str, Json]:
        """Its JSON form, stored with the connection."""
        return {
            "version": self.version,
            "missing": {c.value: m.to_json() for c, m in self.missing.items()},
            "facts": dict(self.facts),
            "notes": [note.to_json() for note in self.notes],
            "calls": {name: m.to_json() for name, m in self.calls.items()},
            "own_only": {c.value: m.to_json() for c, m in self.own_only.items()},
            "servers": [server.to_json() for server in self.servers],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Found:
        """Reads what `to_json` wrote; capabilities that no longer exist are dropped."""
        known = {c.value for c in Capability}

        def reasons(given: Mapping[str, Json]) -> dict[Capability, Message]:
            return {Capability(c): Message.from_json(m) for c, m in given.items() if c in known}

        return cls(
            version=data.get("version", ""),
            missing=reasons(data.get("missing", {})),
            facts=data.get("facts", {}),
            notes=tuple(Message.from_json(n) for n in data.get("notes", ())),
            calls={name: Message.from_json(m) for name, m in data.get("calls", {}).items()},
            own_only=reasons(data.get("own_only", {})),
            servers=tuple(ServerState.from_json(server) for server in data.get("servers", ())),
        )


class Driver(Protocol):
    """What every driver has. Reads raise the errors of `core.errors`; nothing else escapes a driver."""

    def probe(self) -> Found:
        """Tests the connection with reads only: credentials, version, what is open to it."""
        ...

    def plan(self, command: Command) -> list[Step]:
        """The upstream writes that the wish costs, read and compared with what is there now.

        Empty when everything is already so. Raises NotSupported when it cannot be expressed, NotFound or Conflict when
        what is there does not fit.
        """
        ...

    def apply(self, step: Step) -> Applied:
        """Sends one step, once. Raises Rejected, BadCredentials, RateLimited, Unreachable (surely not done) or
        OutcomeUnknown (maybe done)."""
        ...

    def observe(self, step: Step) -> Observed:
        """Looks upstream whether the step's effect is there. Raises what a read raises."""
        ...


@runtime_checkable
class DomainReader(Protocol):
    """DOMAINS_READ (with ROUTES_READ and ALIASES_READ: the fields are filled)."""

    def list_domains(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches of at most a few hundred, read as needed."""
        ...

    def read_domain(self, name: str, ref: Json = None) -> Domain:
        """One domain, read live. `ref` is a hint. Raises NotFound."""
        ...


@runtime_checkable
class SettingsReader(Protocol):
    """SETTINGS_READ."""

    def setting_fields(self) -> Sequence[PolicyField]:
        """The fields that exist, without values."""
        ...

    def read_settings(self, domain: str | None, names: Sequence[str] | None = None) -> Sequence[PolicyField]:
        """The fields with their values for a domain, or (None) the connection's defaults. `names` cuts the list.

        A field that could not be read carries its `problem`; only when nothing could be read an error is raised.
        """
        ...


@runtime_checkable
class DkimReader(Protocol):
    """DKIM_READ."""

    def read_dkim(self, domain: str) -> Sequence[DkimRecord]:
        """The records that the keys of a domain need, for each name of it; none where it has no key. Raises NotFound."""
        ...


@runtime_checkable
class PlatformReader(Protocol):
    """PLATFORMS_READ."""

    def read_platforms(self, domain: str) -> Sequence[Platform]:
        """The platforms of a domain with the number of mailboxes that each serves. Raises NotFound."""
        ...


@runtime_checkable
class EmailAliasReader(Protocol):
    """EMAIL_ALIASES_READ."""

    def list_email_aliases(self, domain: str, query: EmailAliasQuery) -> EmailAliasPage:
        """One page of the e-mail aliases of a domain, by address. Raises NotFound."""
        ...

    def read_email_alias(self, domain: str, address: str) -> EmailAlias:
        """One e-mail alias with all its recipients. Raises NotFound."""
        ...


@runtime_checkable
class DomainFieldsReader(Protocol):
    """DOMAIN_EDIT."""

    def read_fields(self, domain: str) -> Sequence[PolicyField]:
        """The fields of a domain that can be edited, with their values as texts. Raises NotFound."""
        ...


@runtime_checkable
class AdminReader(Protocol):
    """ADMINS_READ. Administrators are named by their login."""

    def list_admins(self, text: str = "", page: int = 1, size: int = 50) -> AdminPage:
        """One page (from 1) of the administrators that the connection sees, those with `text` in a name or address."""
        ...

    def read_admin(self, login: str) -> UpstreamAdmin:
        """One administrator with all permissions. Raises NotFound."""
        ...


@runtime_checkable
class TokenReader(Protocol):
    """TOKENS_READ."""

    def list_tokens(self, login: str) -> Sequence[UpstreamToken]:
        """The API tokens of an administrator, never their values. Raises NotFound."""
        ...


@runtime_checkable
class AccessReader(Protocol):
    """ACCESS_READ."""

    def read_access(self, domain: str) -> DomainAccess:
        """Who may manage a domain, and what its own users may do. Raises NotFound."""
        ...

    def read_access_of(self, domain: str, login: str) -> DomainAccess:
        """The same for one account alone: `admins` holds it, or nothing where it has no access. Raises NotFound."""
        ...


@runtime_checkable
class RuleReader(Protocol):
    """RULES_READ."""

    def read_rules(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:
        """The rules of a domain itself, of one of its mailboxes, or (None) of the whole connection. `ref` is a hint.

        A kind that could not be read is a problem in the answer; only when nothing could be read an error is raised.
        """
        ...

    def rule_mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:
        """The mailboxes of a domain that may have rules of their own, each with the `ref` by which `read_rules` needs no look
        for it; none where only domains have."""
        ...


@runtime_checkable
class HealthReader(Protocol):
    """HEALTH_READ."""

    def read_health(self, domain: str) -> Sequence[Reading]:
        """What the upstream's last look at a domain found; nothing is tested anew. Raises NotFound."""
        ...


@runtime_checkable
class HealthRunner(Protocol):
    """HEALTH_RUN."""

    def run_health(self, domain: str) -> Sequence[Reading]:
        """Lets the upstream test a domain now. Changes nothing but the upstream's own report. Raises NotFound."""
        ...


@runtime_checkable
class FailureLister(Protocol):
    """HEALTH_FAILURES."""

    def list_failures(self) -> Mapping[str, Sequence[Reading]]:
        """The reports in which something failed, by domain. What belongs to no domain of this connection is left out."""
        ...


@runtime_checkable
class RelayTrier(Protocol):
    """RELAY_TRY."""

    def try_relay(self, routes: Sequence[Route]) -> Sequence[Reading]:
        """Lets the upstream try these routes together (the second is the fallback); nothing is saved."""
        ...


@runtime_checkable
class FilterHostsReader(Protocol):
    """FILTER_HOSTS."""

    def filter_hosts(self, domain: str) -> Sequence[str]:
        """The hosts that the MX records of a domain should name, by preference. Raises NotFound."""
        ...


# Which protocol a driver must satisfy for a capability; for the write capabilities `plan` must accept their commands.
PROTOCOLS: Mapping[Capability, type] = {
    Capability.DOMAINS_READ: DomainReader,
    Capability.SETTINGS_READ: SettingsReader,
    Capability.DKIM_READ: DkimReader,
    Capability.DOMAIN_EDIT: DomainFieldsReader,
    Capability.ADMINS_READ: AdminReader,
    Capability.TOKENS_READ: TokenReader,
    Capability.ACCESS_READ: AccessReader,
    Capability.EMAIL_ALIASES_READ: EmailAliasReader,
    Capability.POLICIES_READ: PolicyReader,
    Capability.RULES_READ: RuleReader,
    Capability.PLATFORMS_READ: PlatformReader,
    Capability.HEALTH_READ: HealthReader,
    Capability.HEALTH_RUN: HealthRunner,
    Capability.HEALTH_FAILURES: FailureLister,
    Capability.RELAY_TRY: RelayTrier,
    Capability.FILTER_HOSTS: FilterHostsReader,
    Capability.QUARANTINE_READ: QuarantineReader,
    Capability.LOGS_READ: LogReader,
    Capability.QUEUE_READ: QueueReader,
    Capability.MAIL_FOLDERS: MailFolderReader,
    Capability.MAIL_HEADERS: MailReader,
    Capability.MAIL_READ: MailBodyReader,
    Capability.MAIL_ATTACHMENTS: MailFileReader,
    Capability.STATISTICS_READ: StatisticsReader,
    Capability.RESOURCES_READ: ResourceReader,
}
