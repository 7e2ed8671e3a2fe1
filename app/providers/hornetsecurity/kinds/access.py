"""Who administers a customer, who is its contact, and from where people may sign in (contract sheet, 5.13)."""

from __future__ import annotations

import ipaddress
from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotFound
from app.core.model import FieldKind
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
from app.providers.hornetsecurity.kinds.values import Row, number_of, part_of, read_list, read_object, text_of
from app.providers.hornetsecurity.wire import read_answer

Json = Any

ROLES, CONTACTS, NETWORKS = "role_assignments", "contacts", "sign_in_networks"

# --- Roles ------------------------------------------------------------------------------------------------------------

_ROLE_LIST = "GET /service_dashboard/role_assignments/"

_ROLES = ResourceKind(
    name=ROLES,
    label=msg("Roles"),
    one=msg("Role of a user"),
    area=Area.ACCESS,
    parent=DOMAIN,
    right=Right.MANAGE_ACCESS,
    icon="user-shield",
    calls=(_ROLE_LIST, "GET /service_dashboard/roles/"),
    columns=(
        Column("user", msg("User"), Show.CODE),
        Column("role", msg("Role")),
        Column("person", msg("Name")),
        Column("parent", msg("Belongs to"), listed=False),
        Column("phone", msg("Telephone"), listed=False),
    ),
    actions=(
        Action(
            "add",
            msg("Give a role"),
            msg("{key} was given the role."),
            Right.MANAGE_ACCESS,
            "POST /service_dashboard/role_assignments/",
            fields=(
                Field(
                    "user", msg("User"), required=True, most=320, help=msg("The address of an existing user.")
                ),
                Field(
                    "role",
                    msg("Role"),
                    required=True,
                    most=100,
                    default="admin",
                    help=msg("As the Control Panel names it, such as admin or support."),
                ),
            ),
        ),
        Action(
            "remove",
            msg("Take the role away"),
            msg("{key} was taken away."),
            Right.MANAGE_ACCESS,
            "DELETE /service_dashboard/role_assignments/{role_assignment_id}/",
            risk=True,
        ),
    ),
)


class RoleAssignments(Keeper):
    """Who has which role on a customer; named by user and role."""

    kinds = (_ROLES,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """All of them."""
        answer = self.desk.panel.read(_ROLE_LIST, query={"object_id": self.desk.customer(at)})
        rows = [assignment(row) for row in read_list(answer).rows]
        return ResourcePage(rows, len(rows))

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them."""
        return only(self.page(kind, at, ResourceQuery()).rows, key)

    def send(self, sending: Sending) -> Applied:
        """Gives or takes a role."""
        if sending.action == "remove":
            ids = {"role_assignment_id": int(self.fresh(sending).ref["id"])}
            with nothing_sent():
                query = {"object_id": self.desk.customer(sending.at)}
            call = "DELETE /service_dashboard/role_assignments/{role_assignment_id}/"
            read_answer(self.desk.panel.write(call, ids=ids, query=query))
            return Applied()
        with nothing_sent():
            target = self.desk.customer(sending.at)
            user = self.desk.places.hierarchy.by_name(str(sending.values["user"])).id
            role = self._role(target, str(sending.values["role"]))
        body = {"object_id": user, "target_id": target, "role_id": role}
        read_answer(self.desk.panel.write("POST /service_dashboard/role_assignments/", body=body))
        return Applied()

    def _role(self, object_id: int, name: str) -> int:
        row = (
            read_object(self.desk.panel.read("GET /service_dashboard/roles/", query={"object_id": object_id}))
            or {}
        )
        parts = [row.get(part) for part in ("default_roles", "owned_roles")]
        listed = [one for part in parts if isinstance(part, list) for one in part if isinstance(one, dict)]
        roles = {text_of(one, "name", 100).lower(): number_of(one, "id") for one in listed}
        found = roles.get(name.lower())
        if found is None:
            raise NotFound(
                msg("There is no role “{name}”: choose {names}.", name=name, names=", ".join(sorted(roles)))
            )
        return found


def assignment(row: Row) -> Resource:
    """A role of a user on a customer."""
    user, role = text_of(row, "name", 320), text_of(row, "role_on_target", 100)
    values = {
        "user": user,
        "role": role,
        "person": " ".join(filter(None, (text_of(row, "firstname", 100), text_of(row, "surname", 100)))),
        "parent": text_of(part_of(row, "parent"), "name", 255),
        "phone": text_of(row, "phone", 100),
    }
    return Resource(f"{user}: {role}", values, ref={"id": number_of(row, "id")})


# --- Contacts ---------------------------------------------------------------------------------------------------------

_CONTACT_LIST = "GET /service_dashboard/contacts/"
_CONTACT_TYPES = (
    ("it_director", msg("Head of IT")),
    ("helpdesk", msg("Help desk")),
    ("sales", msg("Sales")),
    ("license_management", msg("Licences")),
    ("emergency", msg("Emergency")),
    ("personal_contact", msg("Personal contact")),
    ("send_email_to_admin", msg("Gets mail that users send to the administrator")),
    ("subman_invoice_access", msg("Sees invoices")),
)

_CONTACTS = ResourceKind(
    name=CONTACTS,
    label=msg("Contacts"),
    one=msg("Contact"),
    area=Area.CUSTOMERS,
    parent=DOMAIN,
    icon="address-book",
    calls=(_CONTACT_LIST,),
    columns=(
        Column("user", msg("User"), Show.CODE),
        Column("type", msg("For")),
        Column("person", msg("Name")),
        Column("phone", msg("Telephone"), listed=False),
    ),
    actions=(
        Action(
            "add",
            msg("Add a contact"),
            msg("The contact {key} was added."),
            Right.CHANGE_DOMAINS,
            "POST /service_dashboard/contacts/",
            fields=(
                Field(
                    "user", msg("User"), required=True, most=320, help=msg("The address of an existing user.")
                ),
                Field("type", msg("For"), FieldKind.CHOICE, required=True, choices=_CONTACT_TYPES),
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The contact {key} was removed."),
            Right.CHANGE_DOMAINS,
            "DELETE /service_dashboard/contacts/{contact_id}/",
            risk=True,
        ),
    ),
)


class Contacts(Keeper):
    """Whom the service may call or write to for what; named by user and purpose."""

    kinds = (_CONTACTS,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """All of them."""
        answer = self.desk.panel.read(_CONTACT_LIST, query={"object_id": self.desk.customer(at)})
        rows = [contact(row) for row in read_list(answer, "contacts").rows]
        return ResourcePage(rows, len(rows))

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them."""
        return only(self.page(kind, at, ResourceQuery()).rows, key)

    def send(self, sending: Sending) -> Applied:
        """Adds or removes one."""
        if sending.action == "remove":
            ids = {"contact_id": int(self.fresh(sending).ref["id"])}
            read_answer(self.desk.panel.write("DELETE /service_dashboard/contacts/{contact_id}/", ids=ids))
            return Applied()
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
            user = self.desk.places.hierarchy.by_name(str(sending.values["user"])).id
        body = {"user_id": user, "type": sending.values["type"]}
        read_answer(self.desk.panel.write("POST /service_dashboard/contacts/", query=query, body=body))
        return Applied()


def contact(row: Row) -> Resource:
    """A contact of a customer."""
    whom, kind = part_of(row, "user"), text_of(row, "type", 100)
    user = text_of(whom, "name", 320)
    values = {
        "user": user,
        "type": kind,
        "person": " ".join(filter(None, (text_of(whom, "firstname", 100), text_of(whom, "surname", 100)))),
        "phone": text_of(whom, "phone", 100),
    }
    return Resource(f"{user}: {kind}", values, ref={"id": number_of(row, "id")})


# --- Networks to sign in from -----------------------------------------------------------------------------------------

_NETWORK_LIST = "GET /restrictions/ip/"

_NETWORKS = ResourceKind(
    name=NETWORKS,
    label=msg("Networks to sign in from"),
    one=msg("Network"),
    area=Area.ACCESS,
    parent=DOMAIN,
    right=Right.MANAGE_ACCESS,
    icon="shield-lock",
    calls=(_NETWORK_LIST,),
    note=msg("While none is listed, the customer's users sign in from anywhere."),
    columns=(Column("network", msg("Network"), Show.CODE),),
    actions=(
        Action(
            "add",
            msg("Add a network"),
            msg("The network {key} was added."),
            Right.MANAGE_ACCESS,
            "POST /restrictions/ip/",
            fields=(
                Field(
                    "network",
                    msg("Network"),
                    required=True,
                    key=True,
                    most=60,
                    placeholder="192.0.2.0/24",
                ),
            ),
            warning=msg("The customer's users can then sign in from the listed networks only."),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The network {key} was removed."),
            Right.MANAGE_ACCESS,
            "DELETE /restrictions/ip/{ip_restriction_id}/",
            risk=True,
        ),
    ),
)


class Networks(Keeper):
    """From where a customer's users may sign in."""

    kinds = (_NETWORKS,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """All of them."""
        answer = self.desk.panel.read(_NETWORK_LIST, query={"object_id": self.desk.customer(at)})
        rows = [
            Resource(
                text_of(row, "ip", 60), {"network": text_of(row, "ip", 60)}, ref={"id": number_of(row, "id")}
            )
            for row in read_list(answer, "ip_restrictions").rows
        ]
        return ResourcePage(rows, len(rows))

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them."""
        return only(self.page(kind, at, ResourceQuery()).rows, key)

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses what is no address and no network."""
        if action != "add":
            return
        try:
            ipaddress.ip_network(str(values.get("network", "")).strip(), strict=False)
        except ValueError as error:
            raise Invalid(
                {"network": msg("Give an IP address, or a network such as 192.0.2.0/24.")}
            ) from error

    def send(self, sending: Sending) -> Applied:
        """Adds or removes one."""
        if sending.action == "remove":
            ids = {"ip_restriction_id": int(self.fresh(sending).ref["id"])}
            read_answer(self.desk.panel.write("DELETE /restrictions/ip/{ip_restriction_id}/", ids=ids))
            return Applied()
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        body = {"ip": str(sending.values["network"]).strip()}
        read_answer(self.desk.panel.write("POST /restrictions/ip/", query=query, body=body))
        return Applied()
