"""E-mail aliases: addresses of a domain that hand their mail on to recipients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = Any


class RecipientKind(StrEnum):
    """What a recipient is: a mailbox of the same domain, another alias of it, or an address elsewhere."""

    MAILBOX = "mailbox"
    ALIAS = "alias"
    EXTERNAL = "external"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the mail of an alias goes. `name`: the person behind it, where the upstream says it."""

    address: str
    kind: RecipientKind = RecipientKind.UNKNOWN
    name: str = ""


@dataclass(frozen=True, slots=True)
class EmailAlias:
    """An address without a mailbox of its own. `ref`: opaque JSON by which the driver finds it again."""

    address: str
    recipients: tuple[Recipient, ...] = ()
    ref: Json = None


@dataclass(frozen=True, slots=True)
class EmailAliasQuery:
    """Which aliases of a domain a list shows: `text` is looked for in the address, or with `by` "recipient" in those of its
    recipients. `page` counts from 1."""

    text: str = ""
    by: str = "address"
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class EmailAliasPage:
    """One page of a domain's aliases. `total` None: the upstream does not say; `more`: there is a further page."""

    rows: tuple[EmailAlias, ...]
    total: int | None
    more: bool
