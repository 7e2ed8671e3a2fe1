"""Domains and their aliases in our words, and new ones in Cleanmail's fields (Cleanmail REST API manual, 6.6, 6.19 to 6.21)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.errors import Invalid, Malformed
from app.core.model import Domain, DomainStatus, Route
from app.core.names import NameProblem, display, domain_name
from app.core.text import Message, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.platforms import (
    Platform,
    default_of,
    first_platform,
    read_platform,
    routes_of,
    several_defaults,
)
from app.providers.cleanmail.wire import Row, id_of, moment_of, number_of, rows_of, text_of

Json = Any

STATUSES: Mapping[str, DomainStatus] = {
    "ENABLED": DomainStatus.ACTIVE,
    "DISABLED": DomainStatus.DISABLED,
    "PENDING": DomainStatus.PENDING,
    "DELETED": DomainStatus.DELETED,
}

SERVICES = ("incoming", "quarantine", "retention", "archive")

LANGUAGES = ("EN", "DE", "FR", "ES", "DA", "NB")

_CHOICES = {
    "defaultLanguage": LANGUAGES,
    "status": ("ENABLED", "DISABLED"),
    "wblistPriority": ("DOMAIN", "USER"),
}
_POLICY_SWITCHES = ("quarantine", "retention", "archive")
_SWITCHES = ("incoming", "outgoing", *_POLICY_SWITCHES, "autoProvisioningOn", "senderVerifyOn")
_TEXTS = ("description", "customerId", "externalId", "policyId")
_LISTS = ("outgoingSubnets", "outgoingProvidersIds")
_ONLY_LATER = ("policyId",)  # a new domain gets a policy of its own
CAN_BE_EMPTY = ("description", "externalId", *_LISTS)
KEPT_ON_RESTORE = ("defaultLanguage", "description", "customerId", "externalId")
"""Fields of a new domain that can also be set on one that comes back."""
_EDITABLE = (
    *_TEXTS,
    *_POLICY_SWITCHES,
    *_LISTS,
    *("defaultLanguage", "autoProvisioningOn", "senderVerifyOn", "wblistPriority"),
)


@dataclass(frozen=True, slots=True)
class Alias:
    """A further name of a domain. `id` is what its removal needs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """A domain as it came (`raw`), and what we read from it. `aliases` None: the answer does not say."""

    raw: Row
    id: str
    name: str
    status: DomainStatus
    aliases: tuple[Alias, ...] | None
    platforms: tuple[Platform, ...]

    @property
    def deleted(self) -> bool:
        """It is marked as deleted, and waits to be purged."""
        return self.status is DomainStatus.DELETED

    @property
    def alias_names(self) -> tuple[str, ...] | None:
        """The names of its aliases."""
        return None if self.aliases is None else tuple(alias.name for alias in self.aliases)


def read_record(row: Row) -> Record:
    """A domain of any answer. Raises Malformed without an id or a name."""
    identity = id_of(row)
    if not identity or not text_of(row, "name", 255):
        raise Malformed(msg("The upstream's list of domains holds something that is no domain."))
    aliases = rows_of(row, "domainAliases")
    return Record(
        row,
        identity,
        name_of(text_of(row, "name", 255)),
        STATUSES.get(text_of(row, "status").upper(), DomainStatus.ACTIVE),
        None if aliases is None else read_aliases(aliases),
        tuple(map(read_platform, rows_of(row, "platforms") or ())),
    )


def read_aliases(rows: Sequence[Row]) -> tuple[Alias, ...]:
    """The aliases of a domain, each name once."""
    named = {name_of(text): id_of(row) for row in rows if (text := text_of(row, "name", 255))}
    return tuple(Alias(identity, name) for name, identity in named.items())


def name_of(text: str) -> str:
    """A domain name in our form. A name that we would refuse, but the server has, is kept in lower case."""
    try:
        return domain_name(text)
    except NameProblem:
        return text.strip().rstrip(".").lower()


# --- In our words -----------------------------------------------------------------------------------------------------


def to_domain(
    record: Record,
    connection: str,
    *,
    default: str = "",
    mailboxes: Mapping[str, int | None] | None = None,
) -> Domain:
    """The domain of a record.

    `default`: the id of the platform that users have by default, for the case that several are marked; `mailboxes`: how
    many mailboxes have a platform, by its id, where that was asked.
    """
    chosen = default_of(record.platforms, default)
    customer = record.raw.get("customer")
    return Domain(
        connection=connection,
        name=record.name,
        aliases=record.alias_names,
        routes=routes_of(record.platforms, chosen),
        status=record.status,
        account=text_of(customer, "name", 100) if isinstance(customer, dict) else "",
        mailboxes=number_of(record.raw, "activeUsersCount"),
        ref={"id": record.id, "platforms": by_id}
        if (by_id := platforms_by_id(record.platforms))
        else {"id": record.id},
        extra=_extra(record, chosen, mailboxes),
    )


def platforms_by_id(platforms: Sequence[Platform]) -> dict[str, str]:
    """The names of several platforms by their ids, when all of them can be told apart by name; else none."""
    named = {platform.id: platform.name for platform in platforms}
    different = len({name.lower() for name in named.values()}) == len(platforms)
    return named if len(platforms) > 1 and different else {}


def platforms_of_ref(ref: Json) -> dict[str, str]:
    """The same as the inventory's hint keeps it; none in any other hint."""
    kept = ref.get("platforms") if isinstance(ref, dict) and id_of(ref) else None
    return {str(one): str(name) for one, name in kept.items()} if isinstance(kept, dict) else {}


def _extra(
    record: Record, chosen: Platform | None, mailboxes: Mapping[str, int | None] | None
) -> dict[str, str]:
    """Facts for the details page, by name. Texts only."""
    raw = record.raw
    others = [platform for platform in record.platforms if platform is not chosen]
    facts = {
        "customer": _customer(raw.get("customer")),
        **{key: text_of(raw, key) for key in ("description", "externalId", "defaultLanguage")},
        "services": ", ".join(service for service in SERVICES if raw.get(service) is True),
        "policy": _policy(raw.get("policy")),
        **{key: _date(raw, key) for key in ("creationDate", "deletionDate", "purgeDate")},
        "other platforms": "; ".join(_other(platform, mailboxes) for platform in others),
        "warnings": " ".join(str(warning) for warning in warnings_of(record, chosen)),
    }
    return {name: text for name, text in facts.items() if text}


def _customer(customer: Json) -> str:
    """Name and id of a customer: a new domain of theirs needs the id."""
    return f"{text_of(customer, 'name', 100)} ({id_of(customer)})" if isinstance(customer, dict) else ""


def _policy(policy: Json) -> str:
    """The name of the domain's default policy."""
    return text_of(policy, "name", 100) if isinstance(policy, dict) else ""


def warnings_of(record: Record, chosen: Platform | None) -> list[Message]:
    """What is odd about a domain."""
    found = []
    if several := several_defaults(record.platforms):
        found.append(
            msg(
                "{count} platforms are marked as the default one; the routes shown are those of one of them.",
                count=len(several),
            )
        )
    if chosen is None and record.platforms:
        found.append(msg("None of several platforms is marked as the default one: the route is not known."))
    status = text_of(record.raw, "status", 40)
    if status.upper() not in STATUSES:
        found.append(msg("Its status “{status}” is not among the documented ones.", status=status))
    return found


def _other(platform: Platform, mailboxes: Mapping[str, int | None] | None) -> str:
    """A platform of single mailboxes; how many they are, where that was asked."""
    text = f"{platform.name}: {', '.join(str(route) for route in platform.routes)}"
    if mailboxes is None:
        return text
    count = mailboxes.get(platform.id)
    return f"{text} (mailboxes: {'unknown' if count is None else count})"


def _date(raw: Row, key: str) -> str:
    found = moment_of(raw, key)
    return "" if found is None else found.strftime("%Y-%m-%d %H:%M UTC")


# --- In Cleanmail's fields --------------------------------------------------------------------------------------------


def fields_of(options: Mapping[str, str]) -> dict[str, Json]:
    """The fields of a domain that somebody asked for (`AddDomain.options`), as the API has them.

    Raises Invalid by field ("options.defaultLanguage").
    """
    problems: dict[str, Message] = {}
    found: dict[str, Json] = {}
    for name, text in options.items():
        try:
            if name in _ONLY_LATER:
                raise NameProblem(msg("There is no such field."))
            if text.strip():
                found[name] = _field(name, text.strip())
        except NameProblem as problem:
            problems[f"options.{name}"] = problem.message
    if problems:
        raise Invalid(problems)
    return found


def edited_fields(fields: Mapping[str, str]) -> dict[str, Json]:
    """The fields that somebody changed, as the API has them; an empty text empties a field that can be empty.

    Raises Invalid by field ("fields.defaultLanguage").
    """
    problems: dict[str, Message] = {}
    found: dict[str, Json] = {}
    for name, text in fields.items():
        try:
            if not text.strip() and name not in CAN_BE_EMPTY:
                raise NameProblem(msg("Cleanmail needs a value here."))
            found[name] = _field(name, text.strip())
        except NameProblem as problem:
            problems[f"fields.{name}"] = problem.message
    if problems:
        raise Invalid(problems)
    return found


def edit_values(record: Record) -> dict[str, str]:
    """The fields of a domain that can be edited, as texts; "" for one that is empty.

    The three services are those of its default policy, where the answer shows that: writing them changes this policy, while
    the domain's own say that some policy has the service (manual, 6.19).
    """
    raw = record.raw
    policy = raw.get("policy") if isinstance(raw.get("policy"), dict) else {}
    values = dict.fromkeys(_EDITABLE, "") | options_of(record)
    values["policyId"] = id_of(policy or {})
    for name in _POLICY_SWITCHES:
        value = (policy or {}).get(name, raw.get(name))
        values[name] = ("true" if value else "false") if isinstance(value, bool) else ""
    return {name: values[name] for name in _EDITABLE}


def text_as_kept(value: Json) -> str:
    """A value of the API as `edit_values` has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _field(name: str, text: str) -> Json:
    if name in _TEXTS:
        return text
    if name in _LISTS:
        items = [item for item in re.split(r"[\s,;]+", text) if item]
        return [_subnet(item) for item in items] if name == "outgoingSubnets" else items
    if name in _SWITCHES:
        found = inferred.flag(text)
        if found is None:
            raise NameProblem(msg("Choose on or off."))
        return found
    if name not in _CHOICES:
        raise NameProblem(msg("There is no such field."))
    if text.upper() not in _CHOICES[name]:
        raise NameProblem(msg("Choose one of {choices}.", choices=", ".join(_CHOICES[name])))
    return text.upper()


def _subnet(text: str) -> str:
    """A network as the API has it, "a.b.c.d/y". Raises NameProblem."""
    try:
        return str(ipaddress.IPv4Network(text, strict=False))
    except ValueError:
        raise NameProblem(
            msg("“{text}” is not a network in the form 192.0.2.0/24.", text=text[:80])
        ) from None


def new_domain(name: str, fields: Mapping[str, Json], routes: Sequence[Route]) -> dict[str, Json]:
    """The body that adds a domain: what must be there and was not given gets its usual value."""
    body: dict[str, Json] = {"name": name, **inferred.NEW_DOMAIN, **fields}
    if routes:
        body["platforms"] = [first_platform(routes)]
    return body


def options_of(record: Record) -> dict[str, str]:
    """The fields of a domain as `AddDomain.options`, to add one like it: what `fields_of` reads."""
    raw, customer = record.raw, record.raw.get("customer")
    policy = raw.get("policy")
    outgoing = policy.get("outgoing") if isinstance(policy, dict) else None
    switches = {**{name: raw.get(name) for name in _SWITCHES}, "outgoing": outgoing}
    found = {
        "description": text_of(raw, "description", 10_000),
        "externalId": text_of(raw, "externalId"),
        "customerId": id_of(customer) if isinstance(customer, dict) else "",
        "defaultLanguage": text_of(raw, "defaultLanguage").upper(),
        "status": "DISABLED" if record.status is DomainStatus.DISABLED else "",
        "wblistPriority": text_of(raw, "wblistPriority").upper(),
        "outgoingSubnets": ", ".join(_texts(raw.get("outgoingSubnets"))),
        "outgoingProvidersIds": ", ".join(map(id_of, rows_of(raw, "outgoingProviders") or ())),
        **{name: "true" if value else "false" for name, value in switches.items() if isinstance(value, bool)},
    }
    for name in ("defaultLanguage", "wblistPriority"):
        if found[name] not in _CHOICES[name]:
            del found[name]
    return {name: text for name, text in found.items() if text}


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def shown(names: Sequence[str], most: int = 3) -> str:
    """Several domain names as one short text."""
    listed = ", ".join(display(name) for name in names[:most])
    return listed if len(names) <= most else f"{listed} (+{len(names) - most})"
