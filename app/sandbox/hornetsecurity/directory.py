"""The tree of partners, customers and users, their domains and mailboxes, and how to find them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from app.sandbox.hornetsecurity.store import Revision, Row, Rows
from app.sandbox.state import State

PARTNER, CUSTOMER, USER = "partner", "customer", "user"
PRIMARY, ALIAS = "primary", "alias"


class Directory:
    """Objects, domains and mailboxes (Hornetsecurity contract sheet, 4).

    An object is ``{id, name, type, parent, created, products, mode}``; a domain ``{id, domain, type,
    customer, verified, route}``; a mailbox ``{id, object, customer, name, type, status, environment, aliases,
    ...}``. The tables are the truth. The indexes are built by ``load`` and kept by every change made through
    this class.
    """

    def __init__(self, state: State, revision: Revision) -> None:
        self.objects = Rows(state, "objects", 5_000_000)
        self.domains = Rows(state, "domains", 900_000)
        self.mailboxes = Rows(state, "mailboxes", 7_000_000)
        self._revision = revision
        self.load()

    def load(self) -> None:
        """Build the indexes from the tables."""
        self._names: dict[str, int] = {}
        self._children: dict[int, dict[int, None]] = defaultdict(dict)
        self._domain_names: dict[str, int] = {}
        self._domains_of: dict[int, dict[int, None]] = defaultdict(dict)
        self._mailboxes_of: dict[int, dict[int, None]] = defaultdict(dict)
        self._mailbox_of_object: dict[int, int] = {}
        self._addresses: dict[str, int] = {}
        for row in self.objects.all():
            self._index_object(row)
        for row in self.domains.all():
            self._index_domain(row)
        for row in self.mailboxes.all():
            self._index_mailbox(row)

    # objects

    def _index_object(self, row: Row) -> None:
        self._names.setdefault(row["name"].lower(), row["id"])
        if row["parent"] is not None:
            self._children[row["parent"]][row["id"]] = None

    def object(self, object_id: int) -> Row | None:
        """Return the object of that id, or None."""
        return self.objects.get(object_id)

    def the(self, object_id: int) -> Row:
        """Return the object of that id, which exists. Raises KeyError otherwise."""
        found: Row = self.objects.table[str(object_id)]
        return found

    def object_named(self, name: str) -> Row | None:
        """Return the object of exactly that name in any case; of several, the oldest."""
        found = self._names.get(name.lower())
        return None if found is None else self.the(found)

    def children(self, object_id: int) -> list[Row]:
        """Return the objects one level below."""
        return [self.the(child) for child in self._children[object_id]]

    def children_count(self, object_id: int) -> int:
        """Return the number of objects one level below."""
        return len(self._children[object_id])

    def lineage(self, row: Row) -> Iterator[Row]:
        """Yield the object itself, its parent, and so on up to the root."""
        yield row
        while row["parent"] is not None:
            row = self.the(row["parent"])
            yield row

    def path(self, row: Row) -> str:
        """Return the slash-joined names from the root down to the object."""
        return "/".join(reversed([each["name"] for each in self.lineage(row)]))

    def below(self, row: Row) -> Iterator[Row]:
        """Yield the object and everything below it."""
        yield row
        for child in self.children(row["id"]):
            yield from self.below(child)

    def customers_below(self, row: Row) -> list[Row]:
        """Return the customers of a subtree; for a user: the customer that it belongs to."""
        if row["type"] == USER:
            return [each for each in self.lineage(row) if each["type"] == CUSTOMER]
        return [each for each in self.below(row) if each["type"] == CUSTOMER]

    def customer_of(self, row: Row) -> Row | None:
        """Return the customer at or above the object, or None below a partner."""
        return next((each for each in self.lineage(row) if each["type"] == CUSTOMER), None)

    def add_object(self, name: str, kind: str, parent: int, **values: Any) -> Row:
        """Create an object below ``parent`` and return it."""
        row = self.objects.add({"name": name, "type": kind, "parent": parent, **values})
        self._index_object(row)
        self._revision.bump()
        return row

    def change_object(self, row: Row, **changes: Any) -> Row:
        """Change values of an object, its name included, and return it."""
        changed = self.objects.change(row, **changes)
        if "name" in changes:
            self._forget_name(row)
            self._index_object(changed)
        self._revision.bump()
        return changed

    def remove_object(self, row: Row) -> None:
        """Remove an object with everything below it: users, domains and mailboxes."""
        for child in self.children(row["id"]):
            self.remove_object(child)
        for domain in self.domains_of(row["id"]):
            self.remove_domain(domain)
        mailbox = self.mailbox_of(row["id"])
        if mailbox is not None:
            self._forget_mailbox(mailbox)
        self.objects.remove(row["id"])
        self._children.pop(row["id"], None)
        self._children[row["parent"]].pop(row["id"], None)
        self._forget_name(row)
        self._revision.bump()

    def _forget_name(self, row: Row) -> None:
        if self._names.get(row["name"].lower()) == row["id"]:
            del self._names[row["name"].lower()]

    # domains

    def _index_domain(self, row: Row) -> None:
        self._domain_names.setdefault(row["domain"], row["id"])
        self._domains_of[row["customer"]][row["id"]] = None

    def domain(self, domain_id: int) -> Row | None:
        """Return the domain of that id, or None."""
        return self.domains.get(domain_id)

    def domain_named(self, name: str) -> Row | None:
        """Return the domain of that name, primary or alias, or None."""
        found = self._domain_names.get(name.lower())
        return None if found is None else self.domain(found)

    def domains_of(self, customer_id: int) -> list[Row]:
        """Return the customer's domains, the primary one first."""
        return [found for each in self._domains_of[customer_id] if (found := self.domain(each))]

    def primary_of(self, customer_id: int) -> Row:
        """Return the customer's primary domain."""
        return next(each for each in self.domains_of(customer_id) if each["type"] == PRIMARY)

    def add_domain(self, name: str, kind: str, customer_id: int, **values: Any) -> Row:
        """Create a domain of a customer and return it."""
        row = {"domain": name, "type": kind, "customer": customer_id, "verified": False, **values}
        row = self.domains.add(row)
        self._index_domain(row)
        self._revision.bump()
        return row

    def change_domain(self, row: Row, **changes: Any) -> Row:
        """Change values of a domain other than its name, and return it."""
        return self.domains.change(row, **changes)

    def remove_domain(self, row: Row) -> None:
        """Remove a domain."""
        self.domains.remove(row["id"])
        self._domain_names.pop(row["domain"], None)
        self._domains_of[row["customer"]].pop(row["id"], None)
        self._revision.bump()

    # mailboxes

    def _index_mailbox(self, row: Row) -> None:
        self._mailbox_of_object[row["object"]] = row["id"]
        if row["customer"] is not None:
            self._mailboxes_of[row["customer"]][row["id"]] = None
        for address in (row["name"], *row["aliases"]):
            self._addresses.setdefault(address, row["id"])

    def mailbox(self, mailbox_id: int) -> Row | None:
        """Return the mailbox of that id, or None."""
        return self.mailboxes.get(mailbox_id)

    def mailbox_of(self, object_id: int) -> Row | None:
        """Return the mailbox of a user object, or None."""
        found = self._mailbox_of_object.get(object_id)
        return None if found is None else self.mailbox(found)

    def mailbox_at(self, address: str) -> Row | None:
        """Return the mailbox that has this primary or alias address, or None."""
        found = self._addresses.get(address.lower())
        return None if found is None else self.mailbox(found)

    def mailboxes_of(self, customers: Iterable[Row]) -> list[Row]:
        """Return the mailboxes of these customers."""
        return [
            found
            for customer in customers
            for each in self._mailboxes_of[customer["id"]]
            if (found := self.mailbox(each))
        ]

    def add_mailbox(self, customer: Row, address: str, kind: int, **values: Any) -> Row:
        """Create a user object with its mailbox and return the mailbox."""
        user = self.add_object(address, USER, customer["id"])
        row = self.mailboxes.add(mailbox_row(user, customer["id"], kind, **values))
        self._index_mailbox(row)
        self._revision.bump()
        return row

    def change_mailbox(self, row: Row, **changes: Any) -> Row:
        """Change values of a mailbox, its addresses included, and return it."""
        for address in (row["name"], *row["aliases"]):
            self._addresses.pop(address, None)
        changed = self.mailboxes.change(row, **changes)
        if changed["name"] != row["name"]:
            self.change_object(self.the(row["object"]), name=changed["name"])
        self._index_mailbox(changed)
        self._revision.bump()
        return changed

    def _forget_mailbox(self, row: Row) -> None:
        self.mailboxes.remove(row["id"])
        self._mailbox_of_object.pop(row["object"], None)
        self._mailboxes_of[row["customer"]].pop(row["id"], None)
        for address in (row["name"], *row["aliases"]):
            self._addresses.pop(address, None)


def mailbox_row(user: Row, customer_id: int | None, kind: int, **values: Any) -> Row:
    """Return a mailbox of a user with the usual values, without id."""
    return {
        "object": user["id"],
        "customer": customer_id,
        "name": user["name"],
        "type": kind,
        "status": 1,
        "environment": "primary",
        "mfa_enabled": False,
        "sso_enabled": False,
        "aliases": [],
        **values,
    }
