"""Policies with names: objects of an upstream that belong to a domain, and that the domain and its mailboxes use.

(The settings of a domain that follow defaults are something else: `capabilities.SettingsReader`.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, runtime_checkable

from app.core.actor import Actor
from app.core.model import FieldKind, PolicyField
from app.core.names import NameProblem
from app.core.text import Message, msg

Json = Any

LONGEST_TEXT = 255
ADDRESSES = 200
"""How many addresses of mailboxes that use a policy are named at most; the rest is counted."""

_ON, _OFF = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """One policy of a domain. `id` finds it upstream; `fields` have its values (None: does not apply while off).

    `default`: the domain and the mailboxes without a choice of their own use it. `summary` says in a line what it does,
    `notes` what a person should know about it. `writable` False: it does not belong to this domain.
    """

    connection: str
    domain: str
    id: str
    name: str
    fields: tuple[PolicyField, ...]
    default: bool = False
    summary: Message | None = None
    notes: tuple[Message, ...] = ()
    writable: bool = True

    @property
    def values(self) -> dict[str, Json]:
        """The values by the name of their field."""
        return {field.name: field.value for field in self.fields}


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """Who uses a policy: whether it is its domain's default, and the mailboxes for which it applies.

    `mailboxes` names at most `ADDRESSES` of the `total`; `of_domain` is the id of the policy that is the domain's default.
    """

    default: bool
    mailboxes: tuple[str, ...]
    total: int
    of_domain: str = ""

    @property
    def used(self) -> bool:
        """Somebody does."""
        return self.default or self.total > 0


@runtime_checkable
class PolicyReader(Protocol):
    """POLICIES_READ."""

    def policy_fields(self) -> Sequence[PolicyField]:
        """The fields of a policy; each value is what a new one is proposed to have. No call."""
        ...

    def list_policies(self, domain: str) -> Sequence[NamedPolicy]:
        """The policies of a domain with all their values, by name. Raises NotFound for the domain."""
        ...

    def read_policy(self, domain: str, policy: str) -> NamedPolicy:
        """The policy of this id with all its values. Raises NotFound for the domain or the policy."""
        ...

    def policy_use(self, domain: str, policy: str) -> PolicyUse:
        """Who uses the policy of this id. Raises NotFound for the domain or the policy."""
        ...


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy as it was last read."""

    connection: str
    domain: str
    id: str
    name: str
    default: bool
    values: Mapping[str, Json]
    summary: Message | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class PolicyQuery:
    """Which policies a list shows: `text` in name or domain, of one connection ("" for all), `default` ones or others."""

    text: str = ""
    connection: str = ""
    default: bool | None = None
    sort: str = "domain"
    descending: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class PolicyRows:
    """One page of the list, and how many there are in all."""

    rows: Sequence[PolicyRow]
    total: int


class PolicyReadings(Protocol):
    """Policies as they were last read, so that a list over all connections needs no call."""

    def store(self, connection: str, domain: str, policies: Sequence[NamedPolicy]) -> None:
        """Keeps the policies of one domain as just read, in the place of those kept before."""
        ...

    def page(self, actor: Actor, query: PolicyQuery) -> PolicyRows:
        """One page of those that lie in the scope and whose domain is known."""
        ...

    def of_domain(self, actor: Actor, connection: str, domain: str) -> Sequence[PolicyRow]:
        """Those of one domain, its default first; none where they were never read."""
        ...

    def coverage(self, actor: Actor, connection: str) -> tuple[int, datetime | None]:
        """(how many domains of the scope were read, the oldest reading)."""
        ...


def valued(fields: Sequence[PolicyField], values: Mapping[str, Json]) -> tuple[PolicyField, ...]:
    """The fields with these values; a field without one has none."""
    return tuple(replace(field, value=values.get(field.name)) for field in fields)


def same(one: Json, other: Json) -> bool:
    """Whether two values are the same; numbers as far as an upstream with short numbers keeps them."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return math.isclose(one, other, rel_tol=1e-6) if numbers else bool(one == other)


def checked(field: PolicyField, value: Json) -> Json:
    """What a person entered (text, number, yes or no) as a value of the field. Raises NameProblem."""
    text = str(value).strip()
    if field.kind is FieldKind.SWITCH:
        return _switch(text)
    if field.kind is FieldKind.NUMBER:
        return _number(field, text)
    if field.kind is FieldKind.CHOICE:
        return _choice(field, text)
    if len(str(value)) > LONGEST_TEXT:
        raise NameProblem(msg("More than {count} characters are not accepted.", count=LONGEST_TEXT))
    return str(value)


def _switch(text: str) -> bool:
    if text.lower() not in _ON + _OFF:
        raise NameProblem(msg("Choose on or off."))
    return text.lower() in _ON


def _number(field: PolicyField, text: str) -> int | float:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    whole = field.whole
    sane = number.is_finite() and abs(number) < 2**53 and len(text) <= 20
    if not sane or (whole and number != int(number)):
        raise NameProblem(
            msg("A whole number is expected here.") if whole else msg("A number is expected here.")
        )
    low, high = field.minimum, field.maximum
    if low is not None and number < Decimal(str(low)):
        raise NameProblem(msg("At least {low} is accepted here.", low=f"{low:g}"))
    if high is not None and number > Decimal(str(high)):
        raise NameProblem(msg("At most {high} is accepted here.", high=f"{high:.12g}"))
    return int(number) if whole else float(number)


def _choice(field: PolicyField, text: str) -> str:
    allowed = [choice for choice, _ in field.choices]
    if text not in allowed:
        raise NameProblem(msg("Choose one of {choices}.", choices=", ".join(allowed)))
    return text
