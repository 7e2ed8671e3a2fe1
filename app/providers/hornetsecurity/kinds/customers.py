"""Customers and partners below the connection's partner, and the domains of a customer with their verification
(contract sheet, 5.4 and 5.13)."""

from __future__ import annotations

from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotFound, Rejected
from app.core.model import FieldKind
from app.core.names import NameProblem, domain_name
from app.core.plan import Applied
from app.core.resources import (
    DOMAIN,
    Action,
    Area,
    Column,
    Field,
    Resource,
    ResourceAt,
    ResourceKind,
    ResourcePage,
    ResourceQuery,
    Show,
)
from app.core.text import msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values, only
from app.providers.hornetsecurity.kinds.values import Row, flag_of, number_of, read_list, text_of
from app.providers.hornetsecurity.wire import NoPermission, read_answer
from app.providers.hornetsecurity.wire_domains import DomainRow, read_deletion
from app.providers.hornetsecurity.wire_tree import PARTNER

Json = Any

CUSTOMERS, NAMES = "customers", "domain_names"
SEARCH = "POST /service_dashboard/_search/"

_CUSTOMER = ResourceKind(
    name=CUSTOMERS,
    label=msg("Customers"),
    one=msg("Customer"),
    area=Area.CUSTOMERS,
    paged=True,
    search=True,
    icon="building",
    calls=(SEARCH,),
    note=msg(
        "A new customer stands among the domains after the next sync. It is removed there, with all that it has."
    ),
    columns=(
        Column("name", msg("Name"), sort=True),
        Column("type", msg("Type")),
        Column("parent", msg("Belongs to")),
        Column("created", msg("Created"), Show.TIME, sort=True),
        Column("mailboxes", msg("Mailboxes"), Show.NUMBER),
        Column("product", msg("Kind"), listed=False),
        Column("region", msg("Region"), listed=False),
        Column("managed", msg("Managed"), Show.YES_NO, listed=False),
        Column("reference", msg("External reference")),
    ),
    actions=(
        Action(
            "add",
            msg("Add a customer"),
            msg("The customer {key} was added."),
            Right.CHANGE_DOMAINS,
            "POST /service_dashboard/customers/",
            icon="plus",
            fields=(
                Field(
                    "name",
                    msg("Primary domain"),
                    required=True,
                    key=True,
                    most=253,
                    placeholder="example.org",
                    help=msg("The customer is named after it."),
                ),
                Field(
                    "partner", msg("Partner"), most=255, shown=False, help=msg("Empty: the connection's own.")
                ),
                Field(
                    "admin_email",
                    msg("New administrator"),
                    most=320,
                    placeholder="admin@example.org",
                    shape="email",
                    shown=False,
                    help=msg("Made together with the customer, where an address is given."),
                ),
                Field("password", msg("Password of the administrator"), FieldKind.SECRET, most=128),
                Field("first_name", msg("First name"), most=255, shown=False),
                Field("last_name", msg("Last name"), most=255, shown=False),
                Field("telephone", msg("Telephone"), most=255, shown=False),
                Field("reference", msg("External reference"), most=255),
            ),
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The customer {key} was changed."),
            Right.CHANGE_DOMAINS,
            "PATCH /service_dashboard/customers/",
            fields=(
                Field(
                    "reference",
                    msg("External reference"),
                    required=True,
                    most=255,
                    help=msg("Your own number or name for the customer."),
                ),
            ),
            wants={"type": "customer"},
        ),
    ),
)

_NAMES = ResourceKind(
    name=NAMES,
    label=msg("Names and verification"),
    one=msg("Name"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    icon="rosette-discount-check",
    calls=("GET /domains/", "GET /domains/{domain_id}/deletion_info/"),
    note=msg("Alias domains are added and removed on the page of aliases."),
    columns=(
        Column("name", msg("Name"), Show.CODE),
        Column("type", msg("Type")),
        Column("verified", msg("MX lead here"), Show.YES_NO, help=msg("What the panel calls verified.")),
        Column(
            "deleted",
            msg("Mailboxes that a removal deletes"),
            Show.NUMBER,
            listed=False,
        ),
        Column("moved", msg("Mailboxes that a removal moves"), Show.NUMBER, listed=False),
    ),
    actions=(
        Action(
            "check",
            msg("Look again"),
            msg("The panel has looked at the MX records of {key} again."),
            Right.CHECK_ROUTES,
            "POST /domains/{domain_id}/check_verification/",
            many=True,
        ),
        Action(
            "edit",
            msg("Set by hand"),
            msg("{key} was changed."),
            Right.CHANGE_DOMAINS,
            "POST /domains/{domain_id}/",
            fields=(Field("verified", msg("Counts as verified"), FieldKind.SWITCH),),
        ),
    ),
)


class Customers(Keeper):
    """The customers and partners that the service dashboard lists; named by their name."""

    kinds = (_CUSTOMER,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page; the panel looks for the text in names."""
        body: dict[str, Json] = {"page": query.page - 1, "limit": query.size}
        if query.text:
            body["query"] = query.text
        column = query.sort.lstrip("-")
        if column in ("name", "created"):
            body |= {
                "key": "path" if column == "name" else "created",
                "order": "desc" if query.sort.startswith("-") else "asc",
            }
        found = read_list(
            self.desk.panel.read(SEARCH, query={"object_id": self.desk.partner()}, body=body), "sd_data_list"
        )
        more = found.total is not None and query.page * query.size < found.total
        return ResourcePage([customer(row) for row in found.rows], found.total, more)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them, by its name."""
        body = {"query": key, "page": 0, "limit": 200}
        answer = self.desk.panel.read(SEARCH, query={"object_id": self.desk.partner()}, body=body)
        return only([customer(row) for row in read_list(answer, "sd_data_list").rows], key)

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses a name that is no domain, and an administrator without an address."""
        if action != "add":
            return
        try:
            domain_name(str(values.get("name", "")))
        except NameProblem as problem:
            raise Invalid({"name": problem.message}) from problem
        if values.get("password") and not values.get("admin_email"):
            raise Invalid({"admin_email": msg("A password needs the address of the administrator.")})

    def send(self, sending: Sending) -> Applied:
        """Makes a customer, or sets its reference."""
        values = sending.values
        if sending.action == "edit":
            with nothing_sent():
                query = {"object_id": self.desk.places.hierarchy.customer(sending.key).id}
            body = {"external_reference": values["reference"]}
            read_answer(self.desk.panel.write("PATCH /service_dashboard/customers/", query=query, body=body))
            return Applied()
        with nothing_sent():
            scope = self.desk.partner()
            parent = self._partner(str(values.get("partner") or ""), scope)
        body = {"name": domain_name(str(values["name"])), "parent": parent}
        for name in ("admin_email", "password", "first_name", "last_name", "telephone"):
            if values.get(name):
                body[name] = values[name]
        if values.get("reference"):
            body["external_reference"] = values["reference"]
        call = "POST /service_dashboard/customers/"
        read_answer(self.desk.panel.write(call, query={"object_id": scope}, body=body))
        return Applied()

    def _partner(self, name: str, otherwise: int) -> int:
        """The object id of the partner of that name. Raises NotFound."""
        if not name:
            return otherwise
        found = self.desk.places.hierarchy.by_name(name)
        if found.kind not in (PARTNER, ""):
            raise NotFound(msg("“{name}” is no partner.", name=name))
        return found.id


def customer(row: Row) -> Resource:
    """A customer or partner of the service dashboard; its name is the last one of its path."""
    *above, name = text_of(row, "path").split("/")
    values: dict[str, Json] = {
        "name": name,
        "type": text_of(row, "type", 40).lower(),
        "parent": above[-1] if above else "",
        "created": text_of(row, "created", 40) or None,
        "mailboxes": number_of(row, "mailbox_count"),
        "product": text_of(row, "customer_type", 100),
        "region": text_of(row, "region", 40),
        "managed": flag_of(row, "is_managed"),
        "reference": text_of(row, "external_reference", 255),
    }
    return Resource(name, values, ref={"object_id": number_of(row, "id")})


class Names(Keeper):
    """The primary domain of a customer and its alias domains: verified or not, and what a removal would take along."""

    kinds = (_NAMES,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """All of them, in one call for 200 each."""
        rows = [_name(row) for row in self.desk.places.find(at.domain or "").rows]
        return ResourcePage(rows, len(rows))

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One name; of an alias domain also what goes with it."""
        found = self._found(at, key)
        if found.primary:
            return _name(found)
        deleted, moved = self._deletion(found)
        resource = _name(found)
        return Resource(
            resource.key, {**resource.values, "deleted": deleted, "moved": moved}, ref=resource.ref
        )

    def _found(self, at: ResourceAt, key: str) -> DomainRow:
        rows = self.desk.places.find(at.domain or "").rows
        found = next((row for row in rows if row.name == key.lower()), None)
        if found is None:
            raise NotFound(msg("{name} is no name of {domain}.", name=key, domain=at.domain))
        return found

    def _deletion(self, row: DomainRow) -> tuple[int | None, int | None]:
        try:
            return read_deletion(
                self.desk.panel.read("GET /domains/{domain_id}/deletion_info/", ids={"domain_id": row.id})
            )
        except (Rejected, NoPermission):
            return None, None

    def send(self, sending: Sending) -> Applied:
        """Lets the panel look again, or sets what it found by hand."""
        with nothing_sent():
            ids = {"domain_id": self._found(sending.at, sending.key).id}
        if sending.action == "check":
            read_answer(self.desk.panel.write("POST /domains/{domain_id}/check_verification/", ids=ids))
        else:
            body = {"verified": bool(sending.values["verified"])}
            read_answer(self.desk.panel.write("POST /domains/{domain_id}/", ids=ids, body=body))
        return Applied()


def _name(row: DomainRow) -> Resource:
    values = {
        "name": row.name,
        "type": "primary" if row.primary else "alias",
        "verified": row.verified,
        "deleted": None,
        "moved": None,
    }
    return Resource(row.name, values, ref={"domain_id": row.id})
