"""What the kinds of the Control Panel share: whose scope a call has, and how one is listed, read and changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from app.core.errors import NotFound, NotSupported
from app.core.model import Connection
from app.core.plan import Applied
from app.core.resources import Resource, ResourceAt, ResourceKind, ResourcePage, ResourceQuery
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire_tree import PARTNER

Json = Any
Values = Mapping[str, Any]
T = TypeVar("T")

NO_PARTNER = msg("The connection's user has no role on a partner, so there is nothing of a partner to show.")
_GONE = msg("The panel has no “{key}” here.")


class Desk:
    """One connection: its calls, and the object ids that they want as their scope (contract sheet, 1 and 4)."""

    def __init__(self, connection: Connection, panel: ControlPanel, places: Places) -> None:
        self.connection = connection
        self.panel = panel
        self.places = places

    def customer(self, at: ResourceAt) -> int:
        """The object id of the customer that a domain is. Raises NotFound, NoPermission."""
        if at.domain is None:
            raise NotFound(msg("A domain is needed."))
        return self.places.hierarchy.customer(at.domain).id

    def partner(self) -> int:
        """The object id of the partner that the connection is for. Raises NotSupported where it has none."""
        found = next((node for node in self.places.hierarchy.roots() if node.kind == PARTNER), None)
        if found is None:
            raise NotSupported("resources", NO_PARTNER)
        return found.id

    def scope(self, at: ResourceAt) -> int:
        """The customer of a domain, and without a domain the partner."""
        return self.partner() if at.domain is None else self.customer(at)

    def together(self, *reads: Callable[[], Any]) -> list[Any]:
        """The answers of several reads, asked for side by side."""
        return side_by_side(_call, reads, self.connection.parallel)


@dataclass(frozen=True, slots=True)
class Sending:
    """An action as it goes out: `values` are those that change, secrets in plain text, `ref` what the plan found."""

    kind: str
    action: str
    at: ResourceAt
    key: str
    values: Mapping[str, Json]
    ref: Json = None


Send = Callable[[Sending], Applied]


class Keeper(ABC):
    """One or several kinds. What `send` must know of the panel it reads before, so that only its write can be unknown."""

    kinds: ClassVar[tuple[ResourceKind, ...]]

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See `ResourceReader.list_resources`. A single one is its own list."""
        return ResourcePage((self.read(kind, at, ""),))

    @abstractmethod
    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See `ResourceReader.read_resource`."""

    def send(self, sending: Sending) -> Applied:
        """Sends one action, once. Kinds that are only read have none."""
        raise NotImplementedError(f"{type(self).__name__} has no actions")

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:  # noqa: B027  most take anything
        """Raises Invalid for what the panel would not take; nothing is sent then. `now`: what is there, as far as it is known."""

    def parts(self, kind: str, action: str, values: Values) -> Sequence[Values]:
        """The values of an action by the calls that it needs, where one is not enough."""
        return [values]

    def fresh(self, sending: Sending) -> Resource:
        """What is there just before a write."""
        with nothing_sent():
            return self.read(sending.kind, sending.at, sending.key)


def only(rows: Sequence[Resource], key: str) -> Resource:
    """The one of this key, whatever its case. Raises NotFound."""
    found = next((row for row in rows if row.key.lower() == key.lower()), None)
    if found is None:
        raise NotFound(Message(_GONE.template, {"key": key}))
    return found


def _call(call: Callable[[], T]) -> T:
    return call()
