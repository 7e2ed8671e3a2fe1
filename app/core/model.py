"""The neutral model: the words of the screens, not the union of the upstreams' fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from app.core.secret import Secret
from app.core.text import Message

Json = Any


class Transport(StrEnum):
    """How a route speaks to its host."""

    PLAIN = "plain"
    TLS_IF_OFFERED = "tls_if_offered"
    TLS_ALWAYS = "tls_always"


class RouteKind(StrEnum):
    """Where a route leads: to this very server, to another host, or where the parent's route leads."""

    REMOTE = "remote"
    LOCAL = "local"
    INHERITED = "inherited"


@dataclass(frozen=True, slots=True)
class Route:
    """One place to which mail for a domain is delivered. `port` None: the upstream knows no port, or its default.

    `priority`: lower is tried first; None where only the order counts. `applies_to`: "" for everyone, else the name
    of the part of the domain it serves (a Cleanmail platform, a Hornetsecurity environment).
    """

    host: str
    port: int | None = None
    priority: int | None = None
    transport: Transport = Transport.TLS_IF_OFFERED
    kind: RouteKind = RouteKind.REMOTE
    applies_to: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def to_json(self) -> dict[str, Json]:
        """Its JSON form, without what is at its default."""
        data: dict[str, Json] = {"host": self.host}
        if self.port is not None:
            data["port"] = self.port
        if self.priority is not None:
            data["priority"] = self.priority
        if self.transport is not Transport.TLS_IF_OFFERED:
            data["transport"] = self.transport.value
        if self.kind is not RouteKind.REMOTE:
            data["kind"] = self.kind.value
        if self.applies_to:
            data["applies_to"] = self.applies_to
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Route:
        """Reads what `to_json` wrote."""
        if data.keys() == {"host", "port"}:
            return _plain_route(data["host"], data["port"])
        return cls(
            host=data["host"],
            port=data.get("port"),
            priority=data.get("priority"),
            transport=Transport(data["transport"]) if "transport" in data else Transport.TLS_IF_OFFERED,
            kind=RouteKind(data["kind"]) if "kind" in data else RouteKind.REMOTE,
            applies_to=data.get("applies_to", ""),
        )


@lru_cache(maxsize=4096)
def _plain_route(host: str, port: int) -> Route:
    """A list names the same few hosts again and again."""
    return Route(host, port)


class DomainStatus(StrEnum):
    """What the upstream says of a domain; `missing` is ours: it was there and is no longer listed."""

    ACTIVE = "active"
    DISABLED = "disabled"
    PENDING = "pending"
    DELETED = "deleted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain on one connection. `name` and `aliases` are punycode.

    `routes` None: this upstream (or this answer) does not say. `ref`: opaque JSON by which the driver finds it
    again. `extra`: facts that fit nowhere, for the details page only.
    """

    connection: str
    name: str
    aliases: tuple[str, ...] | None = ()
    routes: tuple[Route, ...] | None = ()
    status: DomainStatus = DomainStatus.ACTIVE
    account: str = ""
    mailboxes: int | None = None
    ref: Json = None
    extra: Mapping[str, Json] = field(default_factory=dict)


class Source(StrEnum):
    """Where the value of a policy field comes from."""

    OWN = "own"
    INHERITED = "inherited"
    DEFAULT = "default"
    UNKNOWN = "unknown"


class FieldKind(StrEnum):
    """How a field is entered."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105  a kind of field, not a secret
    HOSTS = "hosts"
    LONG_TEXT = "long_text"
    LINES = "lines"  # one entry per line
    FILE = "file"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True)
class PolicyField:
    """One setting of a domain's policy, described and valued by the driver.

    `value` is what applies now; `default` what would apply if it were not set here (None: not known). `source` OWN with
    value == default means: set here, equal to the default. `group` is the heading that it stands under; `whole`: a number
    without a fraction; `needs`: the name of the switch without which it does not apply.
    """

    name: str
    label: Message
    kind: FieldKind
    value: Json = None
    source: Source = Source.UNKNOWN
    default: Json = None
    help: Message | None = None
    unit: Message | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, Message], ...] = ()
    writable: bool = True
    problem: Message | None = None
    group: Message | None = None
    whole: bool = True
    needs: str = ""

    @property
    def equals_default(self) -> bool:
        """Set here, and yet the same as the default."""
        return self.source is Source.OWN and self.default is not None and self.value == self.default


class Verdict(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"

    @property
    def badness(self) -> int:
        """Order for "worst first": fail 3, warn 2, unknown 1, pass 0."""
        return {"fail": 3, "warn": 2, "unknown": 1, "pass": 0}[self.value]


@dataclass(frozen=True, slots=True)
class Reading:
    """One finding of a check, upstream's or ours: what is, what should be, what to do. `seen_at` in UTC.

    `source`: who says so ("DNS", "SMTP", or the upstream's name). `subject`: which one of several, e.g. a route's
    "mx.example.org:25". `record`: the lines of a zone file to publish. `value`: what was found, to be compared.
    """

    check: str
    verdict: Verdict
    found: Message
    expected: Message | None = None
    advice: Message | None = None
    source: str = ""
    seen_at: datetime | None = None
    subject: str = ""
    record: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class ServerState:
    """How one server of an upstream is, as the upstream itself says. UNKNOWN: it does not say."""

    name: str
    verdict: Verdict
    text: Message

    def to_json(self) -> dict[str, Json]:
        """Its JSON form, stored with the test that found it."""
        return {"name": self.name, "verdict": self.verdict.value, "text": self.text.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> ServerState:
        """Reads what `to_json` wrote."""
        return cls(str(data["name"]), Verdict(data["verdict"]), Message.from_json(data["text"]))


class Tls(StrEnum):
    """How a connection checks its upstream's certificate."""

    SYSTEM = "system"
    CA_FILE = "ca_file"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured upstream. `key` is its short name in URLs, commands and inventory rows.

    `values` are the fields that the provider's card asks for (user name, token, ...), secrets as `Secret`. Time-outs in
    seconds (`write_timeout`: how long the answer to a write may take), `body_cap` in bytes. `resolvers`: name servers ("127.0.0.1:8953") for checks of its domains; empty = the
    system's. `declared`: comes from a file and is read-only in the page. `version` changes with every change of it.
    """

    key: str
    kind: str
    name: str
    base_url: str
    values: Mapping[str, str | Secret] = field(default_factory=dict)
    tls: Tls = Tls.SYSTEM
    ca_file: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    write_timeout: float = 90.0
    parallel: int = 8
    per_second: float = 50.0
    body_cap: int = 32 * 1024 * 1024
    resolvers: tuple[str, ...] = ()
    enabled: bool = True
    declared: bool = False
    demo: bool = False
    version: str = ""

    @property
    def filled(self) -> frozenset[str]:
        """The names of the fields of the card that hold something."""
        return frozenset(name for name in self.values if self.value(name))

    def value(self, name: str) -> str:
        """The plain text of a field of the card, "" where it is not set."""
        found = self.values.get(name, "")
        return found.reveal() if isinstance(found, Secret) else found
