"""What an upstream keeps beside domains, routes, rules and policies (mailboxes, DNS records, databases, packages, branding):
kinds of it described as data by the drivers, so that one feature lists, shows, adds, changes and removes them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.plan import Link
from app.core.text import Message

Json = Any

DOMAIN = "domain"
"""The parent of kinds that belong to a domain of the inventory; any other parent is the name of a kind."""


class Area(StrEnum):
    """Where in the menu a kind stands."""

    MAILBOXES = "mailboxes"
    HOSTING = "hosting"
    CUSTOMERS = "customers"
    DELIVERY = "delivery"
    BRANDING = "branding"
    ACCESS = "access"


class Show(StrEnum):
    """How a value is shown."""

    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    BYTES = "bytes"  # a whole number of bytes
    TIME = "time"  # ISO 8601 with its zone
    DATE = "date"  # a day, as ISO 8601 has it
    YES_NO = "yes_no"
    STATE = "state"  # a word, coloured by `Column.tones`
    BAR = "bar"  # {"used": number, "limit": number or None, "unit": "bytes", "MB" or ""}
    LIST = "list"  # a list of texts
    COLOUR = "colour"  # "#rrggbb"
    IMAGE = "image"  # {"media_type": …, "base64": …}, shown from an address of its own
    HTML = "html"  # hostile HTML; shown cleaned, in a sandboxed frame from an address of its own


@dataclass(frozen=True, slots=True)
class Column:
    """One value of a resource. `listed`: it is a column of the list, else it stands on the resource's own page only.

    `tones`: for STATE, the word → "ok", "warn", "bad" or "muted", and `words` what people read instead of it. `sort`: the
    upstream can sort the list by it.
    """

    name: str
    label: Message
    show: Show = Show.TEXT
    listed: bool = True
    tones: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Message] = field(default_factory=dict)
    help: Message | None = None
    sort: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an action's form. Values are texts, booleans (SWITCH), numbers (NUMBER), lists of texts (LINES), `Secret`s,
    or {"name", "base64", "media_type"} (FILE). `key`: it becomes the key of what is added.

    `least`, `most`: of characters, of the number, or (FILE) of bytes. `empties`: "" may be sent, and empties the field.
    `shape`: what a text must be: "email", "domain" or "host". `shown`: the upstream shows the value afterwards, so that it
    can be compared (never: secrets and files). `kept` False: the journal keeps its size and checksum only (as of files).
    `answered`: as a filter of a list, the upstream answers it, and no value of a row need say so.
    """

    name: str
    label: Message
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    help: Message | None = None
    choices: tuple[tuple[str, Message], ...] = ()
    default: Json = ""
    placeholder: str = ""
    unit: Message | None = None
    least: int | None = None
    most: int | None = None
    pattern: str = ""
    media_types: tuple[str, ...] = ()
    empties: bool = False
    key: bool = False
    shape: str = ""
    shown: bool = True
    kept: bool = True
    answered: bool = False

    @property
    def readable(self) -> bool:
        """Whether the upstream shows the value afterwards."""
        return self.shown and self.kind not in (FieldKind.SECRET, FieldKind.FILE)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that changes resources of a kind, or hands something out. "add" makes one, "edit" changes the fields that
    differ, "remove" takes one away; others ("suspend", "send_welcome") are the kind's own.

    `risk`: it takes something away, so a page names what goes and the key is typed. `many`: may be run for several of a
    list as a job. `secret`: the answer is shown once. `call`: the upstream call it needs most (closed calls close it).
    `done` is the sentence afterwards, with {one} and {key}; `warning` stands above the form. `wants`: the values of a
    resource for which it is offered ({"suspended": False}). `effect`: the values that it has afterwards, by which a write
    without an answer is looked up, and `sets` says that its readable fields are such values too; `undo`: the action that takes
    it back ("unsuspend"; with `sets` it may be the same one); `lost`: what nothing brings back. `on_kind`: it is about no
    single resource ("add" is so by itself). `previews`: the driver says first in words what the values mean
    (`ResourcePreviewer`). `shows`: columns of the resource that stand above the form.
    """

    name: str
    label: Message
    done: Message
    right: Right
    call: str
    fields: tuple[Field, ...] = ()
    risk: bool = False
    many: bool = False
    secret: bool = False
    warning: Message | None = None
    wants: Mapping[str, Json] = field(default_factory=dict)
    icon: str = ""
    effect: Mapping[str, Json] = field(default_factory=dict)
    sets: bool = False
    undo: str = ""
    lost: tuple[Message, ...] = ()
    on_kind: bool = False
    previews: bool = False
    shows: tuple[str, ...] = ()

    @property
    def of_one(self) -> bool:
        """Whether it is about one resource that is there."""
        return self.name != "add" and not self.on_kind

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def effect_of(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The values that the resource has after the action was done with these values."""
        fields = [f.name for f in self.fields if f.readable and f.name in values] if self.sets else []
        return {**self.effect, **{name: values[name] for name in fields}}

    def offered_for(self, values: Mapping[str, Json]) -> bool:
        """Whether it makes sense for a resource with these values; what they do not say does not count against it."""
        return all(values.get(name) in (None, wanted) for name, wanted in self.wants.items())


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """One kind of thing: how it is called (`label` "Mailboxes", `one` "Mailbox"), where it belongs, what is shown of it, and
    what can be done with it.

    `name` stands in addresses and is the same word for the same thing on every provider ("mailboxes", "dns_records").
    `parent`: "" (the connection), `DOMAIN`, or the name of another kind. `single`: there is exactly one, with the key "";
    its page is the kind's page. `paged`: the upstream pages the list. `search`: a text can be looked for. `filters`:
    further questions to the list. `calls`: the upstream calls that its reads use, the listing one first; `note` says
    what the upstream cannot tell ("Cron jobs can be added, but no call lists them."). `listable` False: no list; with no
    `calls` either, nothing of it can be read. `covered`: fields whose values some column shows in another way (the limit in
    a bar), so that they are not shown by themselves.
    """

    name: str
    label: Message
    one: Message
    area: Area
    calls: tuple[str, ...]
    columns: tuple[Column, ...]
    actions: tuple[Action, ...] = ()
    parent: str = ""
    right: Right = Right.VIEW_DOMAINS
    single: bool = False
    paged: bool = False
    search: bool = False
    listable: bool = True
    filters: tuple[Field, ...] = ()
    note: Message | None = None
    icon: str = ""
    covered: tuple[str, ...] = ()

    def action(self, name: str) -> Action | None:
        """The action of that name."""
        return next((action for action in self.actions if action.name == name), None)

    @property
    def readable(self) -> bool:
        """Whether a single resource can be read."""
        return bool(self.calls)

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


def of_domain(kinds: Sequence[ResourceKind], kind: ResourceKind) -> bool:
    """Whether resources of the kind belong to a domain, be it by their parents."""
    by_name = {each.name: each for each in kinds}
    seen: set[str] = set()
    while kind.parent and kind.parent != DOMAIN and kind.parent not in seen:
        seen.add(kind.parent)
        kind = by_name[kind.parent]
    return kind.parent == DOMAIN


@dataclass(frozen=True, slots=True)
class ResourceAt:
    """Where resources are looked for: a domain, the key of a resource of the kind's parent (None: none), or both, when the
    parent itself belongs to a domain."""

    domain: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceQuery:
    """Which part of a list: `page` from 1, rows per page, a text, filters by name, a column's name ("-" before: descending)."""

    page: int = 1
    size: int = 50
    text: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing. `key` names it among its siblings in the upstream's own words ("info@example.org"); `values` by the names of
    columns and fields, so that "edit" can fill its form. `ref`: a hint by which the driver finds it faster. `links`: where else
    it matters; their parameters are completed by the connection."""

    key: str
    values: Mapping[str, Json] = field(default_factory=dict)
    label: str = ""
    ref: Json = None
    links: tuple[Link, ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.key


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """A part of a list. `total` None: the upstream does not say. `more`: there is a next page. `cut`: why the list is not all."""

    rows: Sequence[Resource]
    total: int | None = None
    more: bool = False
    cut: Message | None = None
    read_at: datetime | None = None


@runtime_checkable
class ResourceReader(Protocol):
    """What a driver offers whose card names kinds. Raises what its other reads raise."""

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page of a list, in one round of calls that does not grow with the rows. A kind that is not `paged` gives all;
        search, sort and pages are then done by the caller. Raises NotFound when domain or parent is not there."""
        ...

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One resource with all its values. Raises NotFound."""
        ...


@runtime_checkable
class ResourcePreviewer(Protocol):
    """What a driver offers beside, whose card has actions with `previews`."""

    def preview_resource(
        self, kind: str, action: str, at: ResourceAt, values: Mapping[str, Json]
    ) -> Sequence[Message]:
        """What these values mean, in sentences. No upstream is asked. Raises Invalid ("values.minute")."""
        ...
