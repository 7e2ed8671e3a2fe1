"""Groups of mailboxes, and addresses that hand their mail on (contract sheet, 5.6)."""

from __future__ import annotations

from typing import Any

from app.core.actor import Right
from app.core.errors import NotFound
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
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, only
from app.providers.hornetsecurity.kinds.mailboxes import LIST, find_mailbox, mailbox
from app.providers.hornetsecurity.kinds.values import number_of, read_list, read_object, text_of, texts_of
from app.providers.hornetsecurity.wire import read_answer

Json = Any

GROUPS, FORWARDS = "mailbox_groups", "forwarders"
_FORWARD = 3

_GROUP_FIELDS = (
    Field("description", msg("Description"), most=255, empties=True),
    Field(
        "members",
        msg("Members"),
        FieldKind.LINES,
        empties=True,
        help=msg("Addresses of the customer's mailboxes, one per line."),
    ),
)
_TARGETS = Field(
    "addresses",
    msg("Goes to"),
    FieldKind.LINES,
    required=True,
    most=100,
    help=msg("One address per line, 100 at most."),
)

_GROUP = ResourceKind(
    name=GROUPS,
    label=msg("Groups"),
    one=msg("Group"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    paged=True,
    search=True,
    icon="users-group",
    calls=("GET /groups/", "GET /groups/{group_id}/"),
    columns=(
        Column("name", msg("Name")),
        Column("description", msg("Description")),
        Column("members", msg("Members"), Show.LIST, listed=False),
    ),
    actions=(
        Action(
            "add",
            msg("Add a group"),
            msg("The group {key} was added."),
            Right.CHANGE_MAILBOXES,
            "PUT /groups/",
            fields=(Field("name", msg("Name"), required=True, most=255, key=True), *_GROUP_FIELDS),
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The group {key} was changed."),
            Right.CHANGE_MAILBOXES,
            "POST /groups/{group_id}/",
            fields=(Field("name", msg("Name"), required=True, most=255, key=True), *_GROUP_FIELDS),
            warning=msg("Members of a group that comes from Microsoft 365 or LDAP are changed there."),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The group {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "DELETE /groups/{group_id}/",
            risk=True,
            many=True,
            lost=(msg("Content control of its own, if it has any."),),
        ),
    ),
)

_FORWARDER = ResourceKind(
    name=FORWARDS,
    label=msg("Forwards"),
    one=msg("Forward"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    paged=True,
    search=True,
    icon="arrow-forward-up",
    calls=(LIST, "GET /mailboxes/forward/{mailbox_id}/"),
    columns=(
        Column("address", msg("Address"), Show.CODE),
        Column("addresses", msg("Goes to"), Show.LIST, listed=False),
        Column("active", msg("Active"), Show.YES_NO),
    ),
    actions=(
        Action(
            "add",
            msg("Add a forward"),
            msg("The forward {key} was added."),
            Right.CHANGE_MAILBOXES,
            "PUT /mailboxes/forward/",
            fields=(Field("address", msg("Address"), required=True, most=320, key=True), _TARGETS),
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The forward {key} was changed."),
            Right.CHANGE_MAILBOXES,
            "POST /mailboxes/forward/{mailbox_id}/",
            fields=(_TARGETS,),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The forward {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "DELETE /mailboxes/forward/",
            risk=True,
            many=True,
        ),
    ),
)


class Groups(Keeper):
    """The groups of a customer; named by their name."""

    kinds = (_GROUP,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page; the panel looks for the text in names and descriptions."""
        wanted: dict[str, Json] = {"page": query.page - 1, "limit": query.size}
        if query.text:
            wanted["query"] = query.text
        return self._page(self.desk.customer(at), wanted)

    def _page(self, object_id: int, wanted: dict[str, Json]) -> ResourcePage:
        answer = self.desk.panel.read("GET /groups/", query={"object_id": object_id, **wanted})
        found = read_list(answer, "groups")
        rows = [
            Resource(
                text_of(row, "name", 255),
                {"name": text_of(row, "name", 255), "description": text_of(row, "description", 255)},
                ref={"group_id": number_of(row, "id")},
            )
            for row in found.rows
            if text_of(row, "name", 255)
        ]
        return ResourcePage(rows, found.total, found.more)

    def _find(self, at: ResourceAt, key: str) -> tuple[int, Resource]:
        """The group of that name, with the object id of its customer."""
        object_id = self.desk.customer(at)
        found = only(self._page(object_id, {"name": key, "page": 0, "limit": 200}).rows, key)
        if found.ref["group_id"] is None:
            raise NotFound(msg("The panel gives no id of {key}.", key=key))
        return object_id, found

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One group with its members."""
        _, found = self._find(at, key)
        answer = self.desk.panel.read("GET /groups/{group_id}/", ids={"group_id": int(found.ref["group_id"])})
        row = read_object(answer) or {}
        return Resource(
            found.key, {**found.values, "members": sorted(texts_of(row, "members"))}, ref=found.ref
        )

    def send(self, sending: Sending) -> Applied:
        """Sends one action; a change is the whole group with the changes in it."""
        panel, values = self.desk.panel, sending.values
        if sending.action == "add":
            with nothing_sent():
                object_id = self.desk.customer(sending.at)
            body = {
                "name": values["name"],
                "description": values.get("description") or "",
                "members": list(values.get("members") or ()),
            }
            read_answer(panel.write("PUT /groups/", query={"object_id": object_id}, body=body))
            return Applied()
        now = self.fresh(sending)
        ids = {"group_id": int(now.ref["group_id"])}
        if sending.action == "remove":
            read_answer(panel.write("DELETE /groups/{group_id}/", ids=ids))
        else:
            kept = {name: now.values[name] for name in ("name", "description", "members")}
            read_answer(panel.write("POST /groups/{group_id}/", ids=ids, body={**kept, **values}))
        return Applied()


class Forwarders(Keeper):
    """The forwards of a customer: mailboxes of the type "forward"."""

    kinds = (_FORWARDER,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page of them."""
        body: dict[str, Json] = {"type": [_FORWARD], "page": query.page - 1, "limit": query.size}
        if query.text:
            body["name"] = query.text
        answer = self.desk.panel.read(LIST, query={"object_id": self.desk.customer(at)}, body=body)
        found = read_list(answer, "mailboxes")
        return ResourcePage(
            [_forward(mailbox(row)) for row in found.rows if text_of(row, "name")], found.total, found.more
        )

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One forward and where it leads."""
        object_id = self.desk.customer(at)
        found = _forward(find_mailbox(self, at, key, [_FORWARD]))
        ids = {"mailbox_id": int(found.ref["mailbox_id"])}
        answer = self.desk.panel.read(
            "GET /mailboxes/forward/{mailbox_id}/", ids=ids, query={"object_id": object_id}
        )
        targets = sorted(texts_of(read_object(answer) or {}, "addresses"))
        return Resource(found.key, {**found.values, "addresses": targets}, ref=found.ref)

    def send(self, sending: Sending) -> Applied:
        """Sends one action."""
        panel = self.desk.panel
        if sending.action == "add":
            with nothing_sent():
                query = {"object_id": self.desk.customer(sending.at)}
            body = {"email": sending.values["address"], "addresses": list(sending.values["addresses"])}
            read_answer(panel.write("PUT /mailboxes/forward/", query=query, body=body))
            return Applied()
        with nothing_sent():
            object_id = self.desk.customer(sending.at)
            found = find_mailbox(self, sending.at, sending.key, [_FORWARD])
        ids = {"mailbox_id": int(found.ref["mailbox_id"])}
        if sending.action == "remove":
            read_answer(panel.write("DELETE /mailboxes/forward/", query={"object_id": object_id, **ids}))
        else:
            call, body = (
                "POST /mailboxes/forward/{mailbox_id}/",
                {"addresses": list(sending.values["addresses"])},
            )
            read_answer(panel.write(call, ids=ids, query={"object_id": object_id}, body=body))
        return Applied()


def _forward(found: Resource) -> Resource:
    """A mailbox as a forward: no more of it than its address and whether it is on."""
    return Resource(found.key, {name: found.values[name] for name in ("address", "active")}, ref=found.ref)
