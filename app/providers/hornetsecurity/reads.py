"""Domains as they are: all of them, or one read live (Hornetsecurity contract sheet, 5.3 and 5.4).

A domain of ours is a customer of the panel, named after its primary domain; its aliases are the customer's alias domains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from app.core.errors import Malformed, NotThere, Rejected
from app.core.model import Connection, Domain, Route
from app.providers.hornetsecurity.hierarchy import Walk
from app.providers.hornetsecurity.places import Place, Places
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire import NoPermission, NotACustomer, number
from app.providers.hornetsecurity.wire_domains import environment_facts, environment_routes
from app.providers.hornetsecurity.wire_tree import Node, Thing, normal_name, same_name

Json = Any
T = TypeVar("T")
Environment = Mapping[str, Json]


class Reads:
    """The domains of one connection. `by_ref`: whether objects can be asked for by their id (not in an old panel)."""

    def __init__(self, connection: Connection, places: Places, by_ref: bool) -> None:
        self._key = connection.key
        self._parallel = connection.parallel
        self._places = places
        self._by_ref = by_ref

    # --- all --------------------------------------------------------------------------------------------------------

    def list(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches, without routes; one call for each customer, side by side."""
        walk = self._places.hierarchy.walk()
        for customers in walk.pages():
            found = side_by_side(partial(self._listed, walk), customers, self._parallel)
            batch = [domain for domain in found if domain is not None]
            if batch:
                yield batch

    def _listed(self, walk: Walk, node: Node) -> Domain | None:
        """A customer of the tree as a domain. None for one that has just gone, one that turns out to be a partner, and
        one without a primary domain that is not named after a domain either."""
        name, aliases, ref = normal_name(node.name), None, {"object_id": node.id, "domain_id": None}
        extra = {}
        try:
            place = Place(Thing(node.id, node.name), self._places.rows(node.id))
        except NotThere:
            return None
        except NotACustomer:
            walk.also(node)
            return None
        except (NoPermission, Rejected):
            pass  # its domains are closed to us; that it is there we know
        else:
            aliases, ref = tuple(place.aliases), place.ref
            if place.primary is not None:
                name, extra = place.primary.name, {"MX lead here": place.primary.verified}
        if name is None:
            return None
        return Domain(
            self._key,
            name,
            aliases,
            routes=None,
            account=node.parent,
            mailboxes=node.children_count,
            ref=ref,
            extra=extra,
        )

    # --- one --------------------------------------------------------------------------------------------------------

    def read(self, name: str, ref: Json = None) -> Domain:
        """One domain with its routes. `ref` is a hint: where it leads elsewhere, the domain is looked up by its name.

        Raises NotFound, NoPermission.
        """
        hinted = self._by_hint(name, ref)
        if hinted is not None:
            return hinted
        customer = self._places.hierarchy.customer(name)
        both: list[Callable[[], Any]] = [
            partial(self._places.rows_of, customer),
            partial(self._places.mailboxes, customer),
        ]
        rows, boxes = side_by_side(_call, both, self._parallel)
        place = Place(customer, rows)
        environment = None if place.primary is None else self._environment(place.primary.id)
        return self._domain(name, place, environment, boxes)

    def _by_hint(self, name: str, ref: Json) -> Domain | None:
        """The domain, all asked at once, or None where there is no hint or it leads elsewhere."""
        hint = ref if self._by_ref and isinstance(ref, dict) else {}
        object_id, domain_id = number(hint.get("object_id")), number(hint.get("domain_id"))
        if object_id is None or domain_id is None:
            return None
        calls: list[Callable[[], Any]] = [
            partial(self._places.hierarchy.by_id, object_id),
            partial(self._places.rows, object_id),
            partial(self._environment, domain_id),
            partial(self._places.mailboxes, Thing(object_id, name)),
        ]
        try:
            customer, rows, environment, boxes = side_by_side(_call, calls, self._parallel)
        except (NotThere, NotACustomer, NoPermission):
            return None
        place = Place(customer, rows)
        if not same_name(customer.name, name) or place.ref != {
            "object_id": object_id,
            "domain_id": domain_id,
        }:
            return None
        return self._domain(name, place, environment, boxes)

    def _environment(self, domain_id: int) -> Environment | None:
        """The mail route, None where it is closed to us."""
        try:
            return self._places.environment(domain_id)
        except (Rejected, NoPermission):
            return None

    def _domain(self, name: str, place: Place, environment: Environment | None, boxes: int | None) -> Domain:
        extra: dict[str, Json] = {
            "MX lead here": place.primary.verified if place.primary else None,
            "aliases whose MX lead elsewhere": [
                row.name for row in place.aliases.values() if not row.verified
            ],
            "region": place.customer.region,
            "external reference": place.customer.reference,
        }
        routes: tuple[Route, ...] | None = None
        if environment is not None:
            extra |= environment_facts(environment)
            try:
                routes = environment_routes(environment)
            except Malformed as error:
                extra["routes that cannot be read"] = error.excerpt
        return Domain(
            self._key,
            name,
            tuple(place.aliases),
            routes,
            account=place.customer.parent,
            mailboxes=boxes,
            ref=place.ref,
            extra={key: value for key, value in extra.items() if value not in (None, "", [])},
        )


def _call(call: Callable[[], T]) -> T:
    return call()
