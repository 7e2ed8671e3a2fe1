"""Wishes as data: one model validates form, JSON body, CSV row and command line.

A command says what somebody wants; the driver turns it into steps. Commands are stored in jobs and in the inverse of
a step, so they are JSON both ways (`to_json`, `from_json`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.dkim import private_key
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.messages import MOST_REF, MailKey, MailSource
from app.core.model import Route, RouteKind, Transport
from app.core.names import (
    DomainName,
    HostName,
    MailAddress,
    NameProblem,
    PlainText,
    Port,
    display,
    exact_text,
)
from app.core.plan import Step, Verb
from app.core.rules import Mailbox, RuleInput, RuleKind, RuleOwner, RuleSeen, owner_parts
from app.core.secret import MARK, MASK, Secret, is_marked, marked
from app.core.text import Message, literal, msg

C = TypeVar("C", bound="Command")
DomainText = Annotated[PlainText, Field(max_length=10_000)]

_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class RouteInput(BaseModel):
    """A route as somebody enters it."""

    model_config = ConfigDict(extra="forbid")

    host: HostName
    port: Port = 25
    transport: Transport = Transport.TLS_IF_OFFERED

    def to_route(self) -> Route:
        """The route it describes."""
        return Route(host=self.host, port=self.port, transport=self.transport, kind=RouteKind.REMOTE)


def route_inputs(routes: tuple[Route, ...] | None) -> list[dict[str, Any]]:
    """Routes in the form that `RouteInput` reads (of remote ones: nobody enters the others)."""
    return [
        {"host": r.host, "port": r.port or 25, "transport": r.transport.value}
        for r in routes or ()
        if r.kind is RouteKind.REMOTE
    ]


class Command(BaseModel):
    """Base of all wishes about objects on a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: ClassVar[str]
    right: ClassVar[Right]
    capability: ClassVar[Capability]

    connection: PlainText = Field(min_length=1, max_length=64)

    @property
    def domains(self) -> Sequence[str | None]:
        """The domains that must all lie in the actor's scope; None: the whole connection."""
        return [getattr(self, "domain", None)]

    def check_right(self, actor: Actor) -> None:
        """Raises Forbidden unless the actor may wish this."""
        actor.require(self.right)

    def to_json(self) -> dict[str, Any]:
        """Its JSON form, with the name of the command under "command"."""
        return {"command": self.command, **self.model_dump(mode="json", exclude_defaults=True)}


class DomainCommand(Command):
    """Base of all wishes about one domain."""

    domain: DomainName


class AddDomain(DomainCommand):
    """Add a domain, with its routes and aliases. `options` holds the fields that the provider's card asks for.

    `check_first` False: nobody expects it to be there (an import has compared with the inventory), so the upstream is not
    asked before; if it is there after all, the upstream's refusal is compared with the wish.
    """

    command = "domain.add"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DOMAIN_ADD

    routes: list[RouteInput] = Field(default_factory=list, max_length=50)
    aliases: list[DomainName] = Field(default_factory=list, max_length=500)
    options: dict[PlainText, PlainText] = Field(default_factory=dict)
    check_first: bool = True

    @field_validator("routes")
    @classmethod
    def _no_route_twice(cls, routes: list[RouteInput]) -> list[RouteInput]:
        return _without_twins(routes)

    @model_validator(mode="after")
    def _aliases_differ(self) -> AddDomain:
        if self.domain in self.aliases:
            raise NameProblem(msg("{domain} cannot be an alias of itself.", domain=self.domain))
        if len(set(self.aliases)) != len(self.aliases):
            raise NameProblem(msg("An alias is named twice."))
        return self


class RemoveDomain(DomainCommand):
    """Remove a domain with everything that belongs to it. `skip_mx_check` as for `EditDomain`."""

    command = "domain.remove"
    right = Right.REMOVE_DOMAINS
    capability = Capability.DOMAIN_REMOVE

    skip_mx_check: bool = False


class EditDomain(DomainCommand):
    """Change fields of a domain: `fields` by their name, as texts; "" empties one. `expected`: what the person saw of them;
    refused when it is no longer so. `skip_mx_check`: the upstream shall not look whether the MX records fit."""

    command = "domain.edit"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DOMAIN_EDIT

    fields: dict[PlainText, DomainText] = Field(min_length=1, max_length=50)
    expected: dict[PlainText, DomainText] | None = None
    skip_mx_check: bool = False


class EnableDomain(DomainCommand):
    """Switch a domain on. `skip_mx_check` as for `EditDomain`."""

    command = "domain.enable"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DOMAIN_SWITCH

    skip_mx_check: bool = False


class DisableDomain(DomainCommand):
    """Switch a domain off: it stays with all that belongs to it. `skip_mx_check` as for `EditDomain`."""

    command = "domain.disable"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DOMAIN_SWITCH

    skip_mx_check: bool = False


class RenameDomain(DomainCommand):
    """Give a domain another name; all that belongs to it stays its own. `skip_mx_check` as for `EditDomain`."""

    command = "domain.rename"
    right = Right.REMOVE_DOMAINS
    capability = Capability.DOMAIN_RENAME

    new_name: DomainName
    skip_mx_check: bool = False

    @property
    def domains(self) -> Sequence[str | None]:
        """Both names must lie in the actor's scope."""
        return [self.domain, self.new_name]

    @model_validator(mode="after")
    def _names_differ(self) -> RenameDomain:
        if self.domain == self.new_name:
            raise NameProblem(msg("This is its name already."))
        return self


class RestoreDomain(DomainCommand):
    """Take a removal back, as long as the upstream keeps the domain. `skip_mx_check` as for `EditDomain`."""

    command = "domain.restore"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DOMAIN_RESTORE

    skip_mx_check: bool = False


class SetRoutes(DomainCommand):
    """Replace all routes. `expected`: what the person saw before; refused when it is no longer so."""

    command = "routes.set"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ROUTES_WRITE

    routes: list[RouteInput] = Field(min_length=1, max_length=50)
    expected: list[RouteInput] | None = None

    @field_validator("routes")
    @classmethod
    def _no_route_twice(cls, routes: list[RouteInput]) -> list[RouteInput]:
        return _without_twins(routes)


class AddRoute(DomainCommand):
    """Add a route at the end, or at `position` (0 is first)."""

    command = "routes.add"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ROUTES_WRITE

    route: RouteInput
    position: int | None = Field(default=None, ge=0, le=50)


class RemoveRoute(DomainCommand):
    """Remove one route, named by host and port."""

    command = "routes.remove"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ROUTES_WRITE

    host: HostName
    port: Port = 25


class ReplaceRouteHost(DomainCommand):
    """Put another host (and port, where given) in the place of `old_host` in every route that names it."""

    command = "routes.replace_host"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ROUTES_WRITE

    old_host: HostName
    new_host: HostName
    new_port: Port | None = None


class PlatformInput(BaseModel):
    """A platform as somebody enters it: `id` of one that is there, "" for a new one; its main host and its fallback."""

    model_config = ConfigDict(extra="forbid")

    id: PlainText = Field(default="", max_length=64)
    name: PlainText = Field(min_length=1, max_length=100)
    routes: list[RouteInput] = Field(min_length=1, max_length=2)
    default: bool = False


class SetPlatforms(DomainCommand):
    """Replace the platforms of a domain: those named with their id change, those without are new, the others go.
    `expected`: what the person saw before; refused when it is no longer so."""

    command = "platforms.set"
    right = Right.CHANGE_DOMAINS
    capability = Capability.PLATFORMS_WRITE

    platforms: list[PlatformInput] = Field(min_length=1, max_length=50)
    expected: list[PlatformInput] | None = None

    @model_validator(mode="after")
    def _one_default(self) -> SetPlatforms:
        if sum(one.default for one in self.platforms) != 1:
            raise NameProblem(msg("Exactly one platform must be the default one."))
        names = [one.name.lower() for one in self.platforms]
        ids = [one.id for one in self.platforms if one.id]
        if len(set(names)) < len(names) or len(set(ids)) < len(ids):
            raise NameProblem(msg("A platform is named twice."))
        return self


class AddAliases(DomainCommand):
    """Add domain aliases."""

    command = "aliases.add"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ALIASES_WRITE

    aliases: list[DomainName] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _aliases_differ(self) -> AddAliases:
        if self.domain in self.aliases:
            raise NameProblem(msg("{domain} cannot be an alias of itself.", domain=self.domain))
        return self


class RemoveAliases(DomainCommand):
    """Remove domain aliases."""

    command = "aliases.remove"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ALIASES_WRITE

    aliases: list[DomainName] = Field(min_length=1, max_length=500)


class SetAliases(DomainCommand):
    """Replace the whole list of domain aliases; those that stay are not touched. `expected`: what the person saw; refused when
    it is no longer so."""

    command = "aliases.set"
    right = Right.CHANGE_DOMAINS
    capability = Capability.ALIASES_WRITE

    aliases: list[DomainName] = Field(max_length=500)
    expected: list[DomainName] | None = None

    @model_validator(mode="after")
    def _aliases_differ(self) -> SetAliases:
        if self.domain in self.aliases:
            raise NameProblem(msg("{domain} cannot be an alias of itself.", domain=self.domain))
        return self

    def difference(self, now: Sequence[str]) -> tuple[list[str], list[str]]:
        """(aliases to add, aliases to remove) where `now` are there. Raises Conflict when they are not those expected."""
        if self.expected is not None and set(self.expected) != set(now):
            raise Conflict(
                msg(
                    "The aliases of {domain} are no longer what you saw. Nothing was changed.",
                    domain=display(self.domain),
                ),
                {"aliases": list(now)},
            )
        wanted = list(dict.fromkeys(self.aliases))
        return [a for a in wanted if a not in now], [a for a in now if a not in wanted]


class AddEmailAlias(DomainCommand):
    """Add an address that hands its mail on to `recipients`."""

    command = "email_aliases.add"
    right = Right.CHANGE_MAILBOXES
    capability = Capability.EMAIL_ALIASES_WRITE

    address: MailAddress
    recipients: list[MailAddress] = Field(default_factory=list, max_length=500)

    @model_validator(mode="after")
    def _not_to_itself(self) -> AddEmailAlias:
        _check_recipients(self.address, self.recipients)
        return self


class EditEmailAlias(DomainCommand):
    """Give an e-mail alias other recipients, another address, or both; None: as it is. `expected`: the recipients that the
    person saw; refused when they are no longer these."""

    command = "email_aliases.edit"
    right = Right.CHANGE_MAILBOXES
    capability = Capability.EMAIL_ALIASES_WRITE

    address: MailAddress
    new_address: MailAddress | None = None
    recipients: list[MailAddress] | None = Field(default=None, max_length=500)
    expected: list[MailAddress] | None = None

    @model_validator(mode="after")
    def _not_to_itself(self) -> EditEmailAlias:
        _check_recipients(self.new_address or self.address, self.recipients or [])
        return self


class RemoveEmailAlias(DomainCommand):
    """Remove an e-mail alias; its recipients stay what they are."""

    command = "email_aliases.remove"
    right = Right.CHANGE_MAILBOXES
    capability = Capability.EMAIL_ALIASES_WRITE

    address: MailAddress


class _OfRecipients(DomainCommand):
    """Base of the wishes about single recipients of an e-mail alias: the others stay, whoever changes them meanwhile."""

    right = Right.CHANGE_MAILBOXES
    capability = Capability.EMAIL_ALIAS_RECIPIENTS

    address: MailAddress


class AddRecipients(_OfRecipients):
    """Hand the mail of an e-mail alias on to these addresses too."""

    command = "email_aliases.add_recipients"

    recipients: list[MailAddress] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _not_to_itself(self) -> AddRecipients:
        _check_recipients(self.address, self.recipients)
        return self


class RemoveRecipients(_OfRecipients):
    """Take these recipients out of an e-mail alias, named as the upstream shows them."""

    command = "email_aliases.remove_recipients"

    recipients: list[PlainText] = Field(min_length=1, max_length=500)


class SetSetting(Command):
    """Set one field of a policy; `value` None brings back the inherited value.

    `domain` None means the connection's defaults themselves (SpamExperts: the pseudo-domain "default").
    """

    command = "settings.set"
    right = Right.CHANGE_POLICIES
    capability = Capability.SETTINGS_WRITE

    domain: DomainName | None = None
    name: PlainText = Field(min_length=1, max_length=100)
    value: PlainText | None = Field(default=None, max_length=4000)


class SetDkim(DomainCommand):
    """Give a domain a DKIM key. `private_key` None: the upstream (else we) makes one, and it is shown to nobody.

    `selector` "": the one that is there now, else the upstream's own. Refused when there is a key already, unless `replace`.
    """

    command = "dkim.set"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DKIM_WRITE

    selector: PlainText = Field(default="", max_length=63)
    private_key: Secret | None = None
    replace: bool = False

    @field_validator("selector")
    @classmethod
    def _is_a_label(cls, selector: str) -> str:
        if selector and not _SELECTOR.fullmatch(selector.lower()):
            raise NameProblem(
                msg(
                    "A selector has letters, digits, hyphens and dots, and begins and ends with a letter or digit."
                )
            )
        return selector.lower()

    @field_validator("private_key")
    @classmethod
    def _is_a_key(cls, key: Secret | None) -> Secret | None:
        if key:
            private_key(key.reveal())
        return key or None


class RemoveDkim(DomainCommand):
    """Take the DKIM key of a domain away: its mail is no longer signed."""

    command = "dkim.remove"
    right = Right.CHANGE_DOMAINS
    capability = Capability.DKIM_REMOVE


class _OfAdmin(Command):
    """Base of the wishes about one upstream administrator, named by login.

    `may_be_ours`: the person was told that it may be what the connection itself signs in with, and goes on.
    """

    right = Right.MANAGE_ACCESS
    capability = Capability.ADMINS_WRITE

    login: PlainText = Field(min_length=1, max_length=200)
    may_be_ours: bool = False


class EditUpstreamAdmin(_OfAdmin):
    """Change an account; None: as it is. The second factor can only be switched off: `SwitchOffFactor`.

    `expected`: what the person saw of the fields; refused when one that would change is no longer so.
    """

    command = "admins.edit"

    name: PlainText | None = Field(default=None, min_length=1, max_length=200)
    email: MailAddress | None = None
    enabled: bool | None = None
    language: PlainText | None = Field(default=None, min_length=2, max_length=10)
    expected: dict[PlainText, PlainText | bool | None] | None = None


class SwitchOffFactor(_OfAdmin):
    """Switch off a second factor that its owner has lost. Only the owner can switch it on again."""

    command = "admins.factor_off"


class RemoveUpstreamAdmin(_OfAdmin):
    """Remove an account with all its permissions and tokens."""

    command = "admins.remove"


class AddUpstreamToken(_OfAdmin):
    """Make an API token of an account. Its value is told once, to the person who asked. `expires`: its last day."""

    command = "tokens.add"
    capability = Capability.TOKENS_WRITE

    name: PlainText = Field(min_length=1, max_length=100)
    expires: date | None = None

    @field_validator("expires")
    @classmethod
    def _in_the_future(cls, expires: date | None) -> date | None:
        if expires is not None and expires < datetime.now(UTC).date():
            raise NameProblem(msg("This day is over."))
        return expires


class RemoveUpstreamToken(_OfAdmin):
    """Remove an API token, named by its id, or by its name where only one has it."""

    command = "tokens.remove"
    capability = Capability.TOKENS_WRITE

    token: PlainText = Field(default="", max_length=200)
    name: PlainText = Field(default="", max_length=100)

    @model_validator(mode="after")
    def _is_named(self) -> RemoveUpstreamToken:
        if not self.token and not self.name:
            raise NameProblem(msg("Name the token by its id or its name."))
        return self


class _OfAccess(DomainCommand):
    """Base of the wishes about who may manage a domain."""

    right = Right.MANAGE_ACCESS
    capability = Capability.ACCESS_WRITE


class AddUpstreamAdmin(_OfAccess):
    """Add an account that may manage a domain."""

    command = "admins.add"

    login: PlainText = Field(min_length=1, max_length=200)
    name: PlainText = Field(min_length=1, max_length=200)
    email: MailAddress
    password: Secret
    language: PlainText = Field(default="EN", min_length=2, max_length=10)
    permissions: list[PlainText] = Field(min_length=1, max_length=100)

    @field_validator("password")
    @classmethod
    def _is_long_enough(cls, password: Secret) -> Secret:
        if not 12 <= len(password.reveal()) <= 200:
            raise NameProblem(msg("A password of 12 to 200 characters is needed."))
        return password


class SetAccess(_OfAccess):
    """Let an account that exists manage a domain, with exactly these permissions. `expected`: those that the person saw;
    refused when they are no longer these."""

    command = "access.set"

    login: PlainText = Field(min_length=1, max_length=200)
    permissions: list[PlainText] = Field(min_length=1, max_length=100)
    expected: list[PlainText] | None = Field(default=None, max_length=100)
    may_be_ours: bool = False


class RevokeAccess(_OfAccess):
    """Take the access to a domain away from an account. One without any other access may go with it."""

    command = "access.revoke"

    login: PlainText = Field(min_length=1, max_length=200)
    may_be_ours: bool = False


class SetUsersAccess(_OfAccess):
    """Let the users of a domain do exactly this. `expected`: what the person saw; refused when it is no longer so."""

    command = "access.users"

    permissions: list[PlainText] = Field(max_length=100)
    expected: list[PlainText] | None = Field(default=None, max_length=100)


def _policy_value(value: Any) -> Any:
    """Text as it is, a number, yes or no. Raises NameProblem for anything else."""
    if isinstance(value, str):
        return exact_text(value)
    if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 2**53):
        return value
    raise NameProblem(msg("A text, a number, or yes or no is expected here."))


PolicyValue = Annotated[Any, AfterValidator(_policy_value)]
PolicyValues = Annotated[dict[PlainText, PolicyValue], Field(max_length=100)]
PolicyName = Annotated[PlainText, Field(min_length=1, max_length=100)]
PolicyId = Annotated[PlainText, Field(min_length=1, max_length=100)]


class CreatePolicy(DomainCommand):
    """Add a policy with a name to a domain. `values` by field; what is left out is as the provider has it."""

    command = "policy.create"
    right = Right.CHANGE_POLICIES
    capability = Capability.POLICIES_WRITE

    name: PolicyName
    values: PolicyValues = Field(default_factory=dict)


class EditPolicy(DomainCommand):
    """Change fields of a policy, and its name where one is given; the rest stays.

    `expected`: what the person saw before, by field; refused when one of these is no longer so.
    """

    command = "policy.edit"
    right = Right.CHANGE_POLICIES
    capability = Capability.POLICIES_WRITE

    policy: PolicyId
    name: PolicyName | None = None
    values: PolicyValues = Field(default_factory=dict)
    expected: dict[PlainText, PolicyValue | None] | None = None


class RemovePolicy(DomainCommand):
    """Remove a policy that nobody uses, found by its id or (where that is not known) by its name."""

    command = "policy.remove"
    right = Right.CHANGE_POLICIES
    capability = Capability.POLICIES_WRITE

    policy: PolicyId | None = None
    name: PolicyName | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RemovePolicy:
        if (self.policy is None) is (self.name is None):
            raise NameProblem(msg("Name the policy by its id or by its name."))
        return self


class SetDomainPolicy(DomainCommand):
    """Make a policy the domain's default. `expected`: the id of the one that the person saw as the default before."""

    command = "domain.set_policy"
    right = Right.CHANGE_POLICIES
    capability = Capability.POLICY_ASSIGN

    policy: PolicyId
    expected: PolicyId | None = None


# --- Filtering rules ----------------------------------------------------------------------------------------------------

SUPPORT_DAYS = 30
MOST_RULES = 500
MOST_OWNERS = 100


class RuleCommand(Command):
    """Base of all wishes about filtering rules of a domain; `domain` None: of the whole connection."""

    right = Right.CHANGE_RULES
    capability = Capability.RULES_WRITE

    domain: DomainName | None = None

    @property
    def named(self) -> list[RuleInput]:
        """Every rule that the wish would write."""
        return []

    def _check_rules(self, *lists: Sequence[RuleSeen]) -> None:
        for rules in lists:
            if len({rule.identity for rule in rules}) < len(rules):
                raise NameProblem(msg("A rule is named twice."))
            for rule in rules:
                self._check_mailbox(rule.mailbox)

    def _check_mailbox(self, mailbox: str | None) -> None:
        if mailbox and mailbox.rsplit("@", 1)[1] != self.domain:
            whose = self.domain or msg("the connection")
            raise NameProblem(msg("{mailbox} is no mailbox of {domain}.", mailbox=mailbox, domain=whose))


LONGEST_REASON = 500


class AddRules(RuleCommand):
    """Add filtering rules. People without CHANGE_RULES may add such as expire within 30 days.

    `reason`: why, in the person's words, for the journal alone: a message led to the rule.
    """

    command = "rules.add"

    rules: list[RuleInput] = Field(min_length=1, max_length=MOST_RULES)
    reason: PlainText = Field(default="", max_length=LONGEST_REASON)

    @model_validator(mode="after")
    def _consistent(self) -> AddRules:
        self._check_rules(self.rules)
        return self

    @property
    def named(self) -> list[RuleInput]:
        """Every rule that the wish would write."""
        return self.rules

    def check_right(self, actor: Actor) -> None:
        """Raises Forbidden unless the actor may wish this."""
        _check_adding(actor, self.right, self.rules)


def _check_adding(actor: Actor, right: Right, rules: Sequence[RuleInput]) -> None:
    """Raises Forbidden unless the actor may add these rules: without the right only sender rules that expire soon."""
    if actor.may(right) or not actor.may(Right.ADD_EXPIRING_RULES):
        actor.require(right)
        return
    latest = datetime.now(UTC) + timedelta(days=SUPPORT_DAYS)
    if any(rule.kind is not RuleKind.SENDER for rule in rules):
        raise Forbidden(msg("Your role may add rules about senders only. Nothing was changed."))
    if any(rule.expires is None or rule.expires > latest for rule in rules):
        raise Forbidden(
            msg(
                "Your role may add only rules that expire within {days} days. Nothing was changed.",
                days=SUPPORT_DAYS,
            )
        )


def as_undoer(actor: Actor, step: Step) -> Actor:
    """The person who takes back a step of their own: who may only add sender rules for a time may remove those again."""
    if actor.may(Right.CHANGE_RULES) or not actor.may(Right.ADD_EXPIRING_RULES):
        return actor
    after = step.after or {}
    added = {
        Verb.RULE_ADD: after.get("rules", ()),
        Verb.RULE_SPREAD: [after.get("rule", {})],
    }.get(step.verb, ())
    ends = [rule.get("kind") == RuleKind.SENDER.value and rule.get("expires") is not None for rule in added]
    if not ends or not all(ends):
        return actor
    only = None if actor.only_rights is None else actor.only_rights | {Right.CHANGE_RULES}
    return replace(actor, extra_rights=actor.extra_rights | {Right.CHANGE_RULES}, only_rights=only)


class RemoveRules(RuleCommand):
    """Remove filtering rules, found by kind, mailbox, action, part and pattern."""

    command = "rules.remove"

    rules: list[RuleSeen] = Field(min_length=1, max_length=MOST_RULES)

    @model_validator(mode="after")
    def _consistent(self) -> RemoveRules:
        self._check_rules(self.rules)
        return self


class EditRule(RuleCommand):
    """Put `new` in the place of `old`; refused when `old` is no longer there as the person saw it."""

    command = "rules.edit"

    old: RuleSeen
    new: RuleInput

    @model_validator(mode="after")
    def _consistent(self) -> EditRule:
        self._check_rules([self.old], [self.new])
        if (self.old.kind, self.old.mailbox) != (self.new.kind, self.new.mailbox):
            raise NameProblem(msg("A rule keeps its kind and its mailbox; remove it and add another."))
        return self

    @property
    def named(self) -> list[RuleInput]:
        """Every rule that the wish would write."""
        return [self.new]


class ReplaceRules(RuleCommand):
    """Let the rules of one kind and owner be exactly these. `expected`: what the person saw before; refused when it is no
    longer so. Protected rules stay, whatever the list says."""

    command = "rules.replace"

    kind: RuleKind = RuleKind.SENDER
    mailbox: Mailbox | None = None
    rules: list[RuleInput] = Field(max_length=MOST_RULES)
    expected: list[RuleSeen] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> ReplaceRules:
        self._check_mailbox(self.mailbox)
        self._check_rules(self.rules, self.expected or [])
        for rule in [*self.rules, *(self.expected or [])]:
            if (rule.kind, rule.mailbox) != (self.kind, self.mailbox):
                raise NameProblem(msg("All rules of the list must be of its kind and its mailbox."))
        return self

    @property
    def named(self) -> list[RuleInput]:
        """Every rule that the wish would write."""
        return self.rules


class SpreadRule(Command):
    """Add one sender rule to several owners, domains and mailboxes of the connection, by one call; rights as for `AddRules`."""

    command = "rules.spread"
    right = Right.CHANGE_RULES
    capability = Capability.RULES_SPREAD

    owners: list[RuleOwner] = Field(min_length=1, max_length=MOST_OWNERS)
    rule: RuleInput

    @model_validator(mode="after")
    def _consistent(self) -> SpreadRule:
        if len(set(self.owners)) < len(self.owners):
            raise NameProblem(msg("An owner is named twice."))
        if self.rule.kind is not RuleKind.SENDER or self.rule.mailbox:
            raise NameProblem(
                msg("Only a sender rule is added to several owners, and they are named beside it.")
            )
        return self

    @property
    def domains(self) -> Sequence[str | None]:
        """The domains of the owners, each once."""
        return list(dict.fromkeys(owner_parts(owner)[0] for owner in self.owners))

    @property
    def named(self) -> list[RuleInput]:
        """Every rule that the wish would write, one for each owner."""
        return [
            self.rule.model_copy(update={"mailbox": owner_parts(owner)[1] or None}) for owner in self.owners
        ]

    def check_right(self, actor: Actor) -> None:
        """Raises Forbidden unless the actor may wish this."""
        _check_adding(actor, self.right, [self.rule])


# --- Single messages ----------------------------------------------------------------------------------------------------


class MailCommand(DomainCommand):
    """Base of all wishes about one message. `source`, `domain`, `mailbox`, `folder` and `ref` name it as `MailKey` does.

    `title` is what the person saw of it ("a@b → c@d"), for lists of jobs; the journal's subject is what the driver reads.
    `reason`: why, in the person's words, for the journal alone.
    """

    right = Right.RELEASE_MAIL

    source: MailSource = MailSource.QUARANTINE
    mailbox: PlainText = Field(default="", max_length=320)
    folder: PlainText = Field(default="", max_length=500)
    ref: PlainText = Field(min_length=1, max_length=MOST_REF)
    title: PlainText = Field(default="", max_length=500)
    reason: PlainText = Field(default="", max_length=LONGEST_REASON)

    @property
    def key(self) -> MailKey:
        """What names the message."""
        return MailKey(self.source, self.domain, self.ref, self.mailbox, self.folder)


class ReleaseMail(MailCommand):
    """Deliver a held message. `recipients`: to these instead of those it was for, where the upstream can.

    `confirm_virus`: the person knows that it holds a virus; an upstream that demands this refuses without (`Conflict`).
    """

    command = "mail.release"
    capability = Capability.MAIL_RELEASE

    recipients: list[MailAddress] = Field(default_factory=list, max_length=100)
    confirm_virus: bool = False


class ReleaseAndAllow(MailCommand):
    """Deliver a held message and put its sender on the allow list, by one call of the upstream. Where it has no such call,
    `AddRules` and `ReleaseMail` do it."""

    command = "mail.release_allow"
    capability = Capability.MAIL_RELEASE_ALLOW

    confirm_virus: bool = False

    def check_right(self, actor: Actor) -> None:
        """Raises Forbidden unless the actor may release mail and change rules for good."""
        actor.require(self.right)
        actor.require(Right.CHANGE_RULES)


class DeleteMail(MailCommand):
    """Delete a held message for good."""

    command = "mail.delete"
    capability = Capability.MAIL_DELETE


class ActOnMail(MailCommand):
    """One of the provider's further actions (`Card.mail_actions`) on a message."""

    command = "mail.act"
    capability = Capability.MAIL_ACT

    action: PlainText = Field(min_length=1, max_length=60)
    values: dict[PlainText, PlainText] = Field(default_factory=dict, max_length=20)


class RetryDelivery(MailCommand):
    """Try to deliver a waiting message now."""

    command = "mail.retry"
    capability = Capability.QUEUE_RETRY

    source: MailSource = MailSource.QUEUE


class RemoveQueued(MailCommand):
    """Take a waiting message out of the delivery queue for good."""

    command = "mail.unqueue"
    capability = Capability.QUEUE_REMOVE

    source: MailSource = MailSource.QUEUE


# --- Resources ----------------------------------------------------------------------------------------------------------

MOST_VALUES = 200


def _resource_value(value: Any) -> Any:
    """A value as JSON, secrets as `Secret` (also those that a job kept marked). Raises NameProblem for what no form sends."""
    if is_marked(value):
        return Secret(str(value[MARK]))
    if isinstance(value, Secret) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 2**53:
        return value
    if isinstance(value, str):
        return _sound(value)
    if isinstance(value, list) and len(value) <= 10_000 and all(isinstance(item, str) for item in value):
        return [_sound(item) for item in value]
    if isinstance(value, dict) and value.keys() <= {"name", "base64", "media_type"}:
        return {name: _sound(str(item)) for name, item in value.items()}
    raise NameProblem(msg("A text, a number, yes or no, a list of texts or a file is expected here."))


def _sound(text: str) -> str:
    """The text without what databases and upstreams choke on; what else it may hold is for its field to say."""
    if "\x00" in text or any(0xD800 <= ord(c) < 0xE000 for c in text):
        raise NameProblem(msg("This contains a control character."))
    return text


ResourceText = Annotated[str, AfterValidator(exact_text)]
ResourceValues = dict[ResourceText, Annotated[Any, AfterValidator(_resource_value)]]


class ActOnResource(Command):
    """Add, edit, remove, or otherwise act on one resource of a kind (`core.resources`), named by its key.

    `values` by the fields of the action; "edit" takes only those that shall change. `expected`: what the person saw of these
    fields; refused when it is no longer so. For "remove" without a key it names the one resource with these values. What
    rights it needs stands on the connection's card and is checked by the executor, so `check_right` asks for none here.
    """

    command = "resource.act"
    right = Right.OWN_ACCOUNT
    capability = Capability.RESOURCES_WRITE

    kind: ResourceText = Field(min_length=1, max_length=64)
    action: ResourceText = Field(min_length=1, max_length=64)
    domain: DomainName | None = None
    parent: ResourceText | None = Field(default=None, max_length=1000)
    key: ResourceText = Field(default="", max_length=1000)
    values: ResourceValues = Field(default_factory=dict, max_length=MOST_VALUES)
    expected: ResourceValues | None = Field(default=None, max_length=MOST_VALUES)

    def check_right(self, actor: Actor) -> None:
        """Nothing: the right stands on the card."""

    def to_json(self) -> dict[str, Any]:
        """Its JSON form; secrets are masks."""
        return self._as_json(lambda _secret: marked(Secret(MASK)))

    def for_job(self) -> dict[str, Any]:
        """Its JSON form with secrets marked, so that the items of a job keep them encrypted."""
        return self._as_json(marked)

    def _as_json(self, hidden: Callable[[Secret], Any]) -> dict[str, Any]:
        data: dict[str, Any] = {
            "command": self.command,
            "connection": self.connection,
            "kind": self.kind,
            "action": self.action,
        }
        for name in ("domain", "parent", "key", "values", "expected"):
            value = getattr(self, name)
            if isinstance(value, dict):
                value = {n: hidden(v) if isinstance(v, Secret) else v for n, v in value.items()}
            if value not in (None, "", {}):
                data[name] = value
        return data


COMMANDS: dict[str, type[Command]] = {
    model.command: model
    for model in (
        AddDomain,
        RemoveDomain,
        EditDomain,
        EnableDomain,
        DisableDomain,
        RenameDomain,
        RestoreDomain,
        SetRoutes,
        AddRoute,
        RemoveRoute,
        ReplaceRouteHost,
        SetPlatforms,
        AddAliases,
        RemoveAliases,
        SetAliases,
        AddEmailAlias,
        EditEmailAlias,
        RemoveEmailAlias,
        AddRecipients,
        RemoveRecipients,
        SetSetting,
        EditUpstreamAdmin,
        SwitchOffFactor,
        RemoveUpstreamAdmin,
        AddUpstreamToken,
        RemoveUpstreamToken,
        AddUpstreamAdmin,
        SetAccess,
        RevokeAccess,
        SetUsersAccess,
        SetDkim,
        RemoveDkim,
        CreatePolicy,
        EditPolicy,
        RemovePolicy,
        SetDomainPolicy,
        AddRules,
        RemoveRules,
        EditRule,
        ReplaceRules,
        SpreadRule,
        ReleaseMail,
        ReleaseAndAllow,
        DeleteMail,
        ActOnMail,
        RetryDelivery,
        RemoveQueued,
        ActOnResource,
    )
}


def from_json(data: Mapping[str, Any]) -> Command:
    """The command that `Command.to_json` wrote. Raises Invalid when it no longer fits its model."""
    model = COMMANDS.get(str(data.get("command")))
    if model is None:
        raise Invalid({"command": msg("There is no command “{name}”.", name=str(data.get("command")))})
    return parse(model, {k: v for k, v in data.items() if k != "command"})


def may_wish(actor: Actor, wishes: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the actor may wish all of these stored commands, such as those that undo a step. Looks at no scope."""
    try:
        for data in wishes:
            from_json(data).check_right(actor)
    except (Forbidden, Invalid):
        return False
    return True


def parse(model: type[C], data: Mapping[str, Any]) -> C:
    """`data` as a command. Raises Invalid with one problem per field, named by its path ("routes.0.port")."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(problems_of(error)) from error


def problems_of(error: ValidationError) -> dict[str, Message]:
    """What pydantic found, as field path -> text for people. The first problem of a field wins."""
    problems: dict[str, Message] = {}
    for item in error.errors(include_url=False):
        path = ".".join(str(part) for part in item["loc"])
        problems.setdefault(path, _problem(item))
    return problems


def _problem(item: Any) -> Message:
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, NameProblem):
        return cause.message
    known = _PLAIN.get(item["type"])
    if known is not None:
        return Message(known.template, {**known.params, **item.get("ctx", {})})
    return literal(str(item["msg"])[:300])


_PLAIN: dict[str, Message] = {
    "missing": msg("This is needed."),
    "string_type": msg("Text is expected here."),
    "extra_forbidden": msg("There is no such field."),
    "too_short": msg("At least {min_length} is needed."),
    "too_long": msg("More than {max_length} are not accepted."),
    "string_too_short": msg("This is needed."),
    "string_too_long": msg("More than {max_length} characters are not accepted."),
    "enum": msg("Choose one of {expected}."),
    "int_parsing": msg("A whole number is expected here."),
    "int_type": msg("A whole number is expected here."),
    "float_type": msg("A number is expected here."),
    "greater_than_equal": msg("At least {ge} is needed."),
    "less_than_equal": msg("More than {le} is not accepted."),
    "literal_error": msg("Choose one of {expected}."),
    "string_unicode": msg("This contains a control character."),
    "model_type": msg("An object with named fields is expected here."),
    "dict_type": msg("An object with named fields is expected here."),
    "bool_type": msg("Yes or no is expected here."),
    "list_type": msg("A list is expected here."),
    "bool_parsing": msg("Yes or no is expected here."),
    "timezone_aware": msg("A time with its zone is expected here, for example 2026-12-31T00:00:00+00:00."),
    "datetime_from_date_parsing": msg("A time is expected here, for example 2026-12-31T00:00:00+00:00."),
    "datetime_parsing": msg("A time is expected here, for example 2026-12-31T00:00:00+00:00."),
    "datetime_type": msg("A time is expected here, for example 2026-12-31T00:00:00+00:00."),
}


def _check_recipients(address: str, recipients: list[str]) -> None:
    lowered = [one.lower() for one in recipients]
    if address.lower() in lowered:
        raise NameProblem(msg("{address} cannot be a recipient of itself.", address=address))
    if len(set(lowered)) != len(lowered):
        raise NameProblem(msg("A recipient is named twice."))


def _without_twins(routes: list[RouteInput]) -> list[RouteInput]:
    seen = [(route.host, route.port) for route in routes]
    for host, port in seen:
        if seen.count((host, port)) > 1:
            raise NameProblem(msg("The route {route} is named twice.", route=str(Route(host, port))))
    return routes
