"""What is going to be sent, and what came of it: steps as data, outcomes, reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.core.secret import Secret
from app.core.text import Message

Json = Any


class Verb(StrEnum):
    """What one step does; the first half is the noun."""

    DOMAIN_ADD = "domain.add"
    DOMAIN_REMOVE = "domain.remove"
    DOMAIN_RESTORE = "domain.restore"
    DOMAIN_EDIT = "domain.edit"
    DOMAIN_ENABLE = "domain.enable"
    DOMAIN_DISABLE = "domain.disable"
    DOMAIN_RENAME = "domain.rename"
    ALIASES_SET = "aliases.set"
    PLATFORMS_SET = "platforms.set"
    EMAIL_ALIAS_ADD = "email_alias.add"
    EMAIL_ALIAS_EDIT = "email_alias.edit"
    EMAIL_ALIAS_REMOVE = "email_alias.remove"
    RECIPIENTS_ADD = "recipients.add"
    RECIPIENT_REMOVE = "recipient.remove"
    ROUTES_SET = "routes.set"
    ALIAS_ADD = "alias.add"
    ALIAS_REMOVE = "alias.remove"
    SETTING_SET = "setting.set"
    CONNECTION_ADD = "connection.add"
    CONNECTION_EDIT = "connection.edit"
    CONNECTION_REMOVE = "connection.remove"
    RULE_ADD = "rule.add"
    RULE_EDIT = "rule.edit"
    RULE_REMOVE = "rule.remove"
    RULES_REPLACE = "rules.replace"
    RULE_SPREAD = "rule.spread"
    POLICY_ADD = "policy.add"
    POLICY_EDIT = "policy.edit"
    POLICY_REMOVE = "policy.remove"
    POLICY_ASSIGN = "policy.assign"
    MAIL_RELEASE = "mail.release"
    MAIL_RELEASE_ALLOW = "mail.release_allow"
    MAIL_DELETE = "mail.delete"
    MAIL_ACT = "mail.act"
    MAIL_RETRY = "mail.retry"
    MAIL_UNQUEUE = "mail.unqueue"
    MAIL_VIEW = "mail.view"
    MAIL_DOWNLOAD = "mail.download"
    CALL = "call.send"
    ADMIN_ADD = "admin.add"
    ADMIN_EDIT = "admin.edit"
    ADMIN_FACTOR_OFF = "admin.factor_off"
    ADMIN_REMOVE = "admin.remove"
    TOKEN_ADD = "token.add"  # noqa: S105  a verb, not a token
    TOKEN_REMOVE = "token.remove"  # noqa: S105
    ACCESS_SET = "access.set"
    ACCESS_REVOKE = "access.revoke"
    ACCESS_USERS = "access.users"
    DKIM_SET = "dkim.set"
    DKIM_REMOVE = "dkim.remove"
    RESOURCE_ADD = "resource.add"
    RESOURCE_EDIT = "resource.edit"
    RESOURCE_REMOVE = "resource.remove"
    RESOURCE_ACT = "resource.act"


RULE_VERBS = frozenset(
    {Verb.RULE_ADD, Verb.RULE_EDIT, Verb.RULE_REMOVE, Verb.RULES_REPLACE, Verb.RULE_SPREAD}
)
RESOURCE_VERBS = frozenset({Verb.RESOURCE_ADD, Verb.RESOURCE_EDIT, Verb.RESOURCE_REMOVE, Verb.RESOURCE_ACT})
_OVER_SEVERAL = (Verb.RULE_SPREAD, Verb.DOMAIN_RENAME)
MAIL_VERBS = frozenset(verb for verb in Verb if verb.value.startswith("mail."))
"""About single messages: what they do changes nothing of the domain itself."""
BESIDE_THE_DOMAIN = RULE_VERBS | MAIL_VERBS | RESOURCE_VERBS
"""Steps that change nothing of what the inventory keeps of a domain, so it is not read again after them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One upstream write as data: it can be stored, shown, confirmed, run by another process and understood later.

    `subject` names the object ("example.org", "example.org: alias example.net"), `domain` the domain it belongs to.
    `args`, `before`, `after` and `inverse` are JSON. `before` is what was there, `after` what will be there, by field.
    `inverse` is a list of commands (`Command.to_json()`) that bring `before` back, None where there is no way;
    `lost` says what even these cannot bring back. A step over several domains names them in its args; a rule for several
    owners has no `domain`, a rename has that of the name before.
    """

    verb: Verb
    subject: str
    domain: str | None = None
    args: Mapping[str, Json] = field(default_factory=dict)
    before: Mapping[str, Json] | None = None
    after: Mapping[str, Json] | None = None
    inverse: Sequence[Mapping[str, Json]] | None = None
    lost: Sequence[Message] = ()
    ref: Json = None

    @property
    def domains(self) -> tuple[str | None, ...]:
        """The domains that it is about; None: the whole connection."""
        several = self.args.get("domains") if self.verb in _OVER_SEVERAL else None
        return tuple(several) if several else (self.domain,)

    def to_json(self) -> dict[str, Json]:
        """Its JSON form; `from_json` reads it back."""
        return {
            "verb": self.verb.value,
            "subject": self.subject,
            "domain": self.domain,
            "args": dict(self.args),
            "before": self.before,
            "after": self.after,
            "inverse": None if self.inverse is None else [dict(c) for c in self.inverse],
            "lost": [m.to_json() for m in self.lost],
            "ref": self.ref,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Step:
        """Reads what `to_json` wrote."""
        return cls(
            verb=Verb(data["verb"]),
            subject=data["subject"],
            domain=data.get("domain"),
            args=data.get("args") or {},
            before=data.get("before"),
            after=data.get("after"),
            inverse=data.get("inverse"),
            lost=tuple(Message.from_json(m) for m in data.get("lost") or ()),
            ref=data.get("ref"),
        )


class Seen(StrEnum):
    """What a look upstream says of a step."""

    DONE = "done"
    NOT_DONE = "not_done"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Observed:
    """The answer of `observe(step)`: the verdict and, where it can be read, what is there now (by field)."""

    seen: Seen
    now: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What upstream answered to a step: its id for the request and warnings in its own words, where it gives them.

    `secret`: a value that upstream tells this once, for the person who asked and for nobody and nothing else.
    """

    upstream_id: str | None = None
    warnings: tuple[str, ...] = ()
    secret: Secret | None = None


class State(StrEnum):
    """The state of a journalled change."""

    INTENDED = "intended"
    DONE = "done"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"

    @property
    def open(self) -> bool:
        """Nobody knows yet whether it was done."""
        return self in (State.INTENDED, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step and what came of it. `change_id` is its row in the journal; `secret` as in `Applied`, never kept."""

    step: Step
    state: State
    change_id: int
    problem: Message | None = None
    warnings: tuple[str, ...] = ()
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Something to do next, offered with a report. `action` is a short word that each door turns into its own link."""

    label: Message
    action: str
    params: Mapping[str, Json] = field(default_factory=dict)


class Tone(StrEnum):
    """How a report went."""

    OK = "ok"
    PARTIAL = "partial"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Report:
    """What an action did: one sentence, the outcome of every step, and what can be done next."""

    text: Message
    tone: Tone = Tone.OK
    outcomes: tuple[Outcome, ...] = ()
    links: tuple[Link, ...] = ()
    repeated: bool = False

    @property
    def done(self) -> bool:
        """Every step was done."""
        return all(outcome.state is State.DONE for outcome in self.outcomes)

    def with_links(self, *links: Link) -> Report:
        """The same report with further links."""
        return replace(self, links=(*self.links, *links))


def checksum(items: Sequence[Mapping[str, Json]]) -> str:
    """A short name (16 hex digits) of a list of steps or commands, the same for the same content."""
    text = json.dumps(list(items), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
