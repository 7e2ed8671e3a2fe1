"""Looking things up: a customer with its domains, and the settings of a domain (Hornetsecurity contract sheet, 5.3 to 5.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.core.errors import NotFound, NotThere, Rejected
from app.core.model import Connection
from app.core.text import msg
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.hierarchy import Hierarchy
from app.providers.hornetsecurity.wire import NoPermission, NotACustomer, number
from app.providers.hornetsecurity.wire_domains import (
    DomainRow,
    read_count,
    read_domains,
    read_settings_object,
)
from app.providers.hornetsecurity.wire_tree import Thing

Json = Any
T = TypeVar("T")

PAGE = 200
"""Domains of a customer that we ask for at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """A customer and its domains."""

    customer: Thing
    rows: Sequence[DomainRow]

    @property
    def aliases(self) -> dict[str, DomainRow]:
        """Its alias domains by name."""
        return {row.name: row for row in self.rows if not row.primary}

    @property
    def primary(self) -> DomainRow | None:
        """Its primary domain, None where the panel names none."""
        return next((row for row in self.rows if row.primary), None)

    @property
    def ref(self) -> dict[str, Json]:
        """The hint by which it is found faster the next time."""
        return {"object_id": self.customer.id, "domain_id": self.primary.id if self.primary else None}


class Places:
    """Look-ups of one connection. All of them are reads and raise what a read raises."""

    def __init__(self, connection: Connection, panel: ControlPanel) -> None:
        self._panel = panel
        self.hierarchy = Hierarchy(connection, panel)

    def find(self, name: str) -> Place:
        """The customer of that name and its domains. Raises NotFound, NoPermission."""
        customer = self.hierarchy.customer(name)
        return Place(customer, self.rows_of(customer))

    def find_or_none(self, name: str) -> Place | None:
        """The same, None where there is no such customer."""
        try:
            return self.find(name)
        except NotFound:
            return None

    def rows_of(self, customer: Thing) -> Sequence[DomainRow]:
        """All domains of a customer that was just found. Raises NotFound when it is none, or gone again."""
        try:
            return self.rows(customer.id)
        except (NotACustomer, NotThere) as error:
            raise NotFound(msg("The panel has no customer {domain}.", domain=customer.name)) from error

    def rows(self, object_id: int) -> Sequence[DomainRow]:
        """All domains of a customer. Raises NotThere, NotACustomer, NoPermission."""
        rows: dict[int, DomainRow] = {}
        page = 0
        while True:
            query = {"object_id": object_id, "page": page, "limit": PAGE}
            found, more = read_domains(self._panel.read("GET /domains/", query=query))
            new = {row.id: row for row in found if row.id not in rows}
            rows |= new
            if not new or not more:
                return tuple(rows.values())
            page += 1

    def mailboxes(self, customer: Thing) -> int | None:
        """How many mailboxes a customer has, None where nobody says so."""
        if customer.children is not None:
            return customer.children
        query, body = {"object_id": customer.id}, {"limit": 1, "page": 0}
        try:
            return read_count(self._panel.read("POST /mailboxes/", query=query, body=body))
        except (Rejected, NoPermission):
            return None

    def environment(self, domain_id: int) -> Mapping[str, Json]:
        """The mail route of a domain with all that belongs to it. Raises NoPermission."""
        ids = {"domain_id": domain_id}
        return read_settings_object(self._panel.read("GET /filtering/environment/{domain_id}/", ids=ids))

    def handling(self, domain_id: int) -> Mapping[str, Json]:
        """What becomes of a domain's spam and infomail. Raises NoPermission."""
        ids = {"domain_id": domain_id}
        return read_settings_object(self._panel.read("GET /filtering/emailhandling/{domain_id}/", ids=ids))

    def at_primary(self, place: Place, read: Callable[[int], T]) -> T:
        """What `read` reads of the customer's primary domain. Raises NotFound where the panel names none."""
        if place.primary is None:
            raise NotFound(msg("The panel names no primary domain of {domain}.", domain=place.customer.name))
        return read(place.primary.id)

    def again(self, name: str, ref: Json, read: Callable[[int], T]) -> tuple[int, T]:
        """Before a change: the id of the primary domain, and what `read` reads of it now.

        `ref` is what the plan found, if it found anything; where it is refused the domain is looked up by its name.
        """
        hinted = number(ref.get("domain_id")) if isinstance(ref, dict) else None
        if hinted is not None:
            try:
                return hinted, read(hinted)
            except (NotThere, NoPermission):
                pass  # it may have another id by now
        return self.at_primary(self.find(name), lambda domain_id: (domain_id, read(domain_id)))
