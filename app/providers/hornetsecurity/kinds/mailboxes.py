"""Mailboxes, and the alias addresses of each (contract sheet, 5.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotFound, Rejected
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
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values, only
from app.providers.hornetsecurity.kinds.values import (
    Row,
    flag_of,
    number_of,
    part_of,
    read_list,
    read_object,
    text_of,
    texts_of,
)
from app.providers.hornetsecurity.wire import NoPermission, read_answer

Json = Any

MAILBOXES, ALIASES, DEPUTIES = "mailboxes", "mailbox_aliases", "deputies"
LIST = "POST /mailboxes/"

TYPES: Mapping[int, str] = {
    0: "user",
    1: "calendar",
    2: "room",
    3: "forward",
    4: "Microsoft 365",
    5: "Microsoft 365, functional",
    6: "Microsoft 365, administrator",
    7: "LDAP",
    8: "panel administrator",
    9: "Microsoft 365, shared",
    10: "Microsoft 365, distribution list",
    11: "foreign",
}
"""5.6: the types of mailboxes."""

SYNCED = (4, 5, 6, 7, 9, 10)
"""5.6: types that come from Microsoft 365 or LDAP, where names, aliases and personal data are kept."""

PERSONAL: tuple[tuple[str, Message], ...] = (
    ("forename", msg("First name")),
    ("surname", msg("Last name")),
    ("displayname", msg("Displayed name")),
    ("department", msg("Department")),
    ("office", msg("Office")),
    ("telephone", msg("Telephone")),
    ("mobile", msg("Mobile")),
    ("fax", msg("Fax")),
    ("street", msg("Street")),
    ("postalcode", msg("Post code")),
    ("city", msg("City")),
    ("state", msg("State")),
    ("countrycode", msg("Country code")),
)

_ENVIRONMENT_HELP = msg("“primary”, or the id of one of the customer's secondary routes.")
_PASSWORD = Field("password", msg("Password"), FieldKind.SECRET, required=True, most=128)

_MAILBOX = ResourceKind(
    name=MAILBOXES,
    label=msg("Mailboxes"),
    one=msg("Mailbox"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    paged=True,
    search=True,
    icon="mail",
    calls=(LIST, "GET /mailboxes/personal_data/", "GET /mailboxes/groups/"),
    filters=(
        Field(
            "type",
            msg("Type"),
            FieldKind.CHOICE,
            choices=tuple((str(number), msg(word)) for number, word in TYPES.items()),
        ),
        Field(
            "status",
            msg("State"),
            FieldKind.CHOICE,
            choices=(("true", msg("active")), ("false", msg("inactive"))),
        ),
    ),
    columns=(
        Column("address", msg("Address"), Show.CODE),
        Column("type", msg("Type")),
        Column("active", msg("Active"), Show.YES_NO),
        Column("environment", msg("Route"), help=_ENVIRONMENT_HELP),
        Column("second_factor", msg("Second factor"), Show.YES_NO),
        Column("single_sign_on", msg("Single sign-on"), Show.YES_NO, listed=False),
        Column("synced", msg("Kept elsewhere"), Show.YES_NO, listed=False),
        Column("groups", msg("Groups"), Show.LIST, listed=False),
        *(Column(name, label, listed=False) for name, label in PERSONAL),
    ),
    actions=(
        Action(
            "add",
            msg("Add a mailbox"),
            msg("The mailbox {key} was added."),
            Right.CHANGE_MAILBOXES,
            "PUT /mailboxes/",
            fields=(
                Field(
                    "address",
                    msg("Address"),
                    required=True,
                    most=320,
                    key=True,
                    help=msg("In the customer's domain or one of its alias domains."),
                ),
                _PASSWORD,
                Field("forename", msg("First name"), most=255),
                Field("surname", msg("Last name"), most=255),
                Field("environment", msg("Route"), default="primary", help=_ENVIRONMENT_HELP, most=20),
            ),
            icon="plus",
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The mailbox {key} was changed."),
            Right.CHANGE_MAILBOXES,
            "POST /mailboxes/{mailbox_id}/",
            fields=(
                Field(
                    "address",
                    msg("Address"),
                    required=True,
                    most=320,
                    key=True,
                    shape="email",
                    help=msg("With another address its user signs in with that one from then on."),
                ),
                Field("active", msg("Active"), FieldKind.SWITCH),
                Field("environment", msg("Route"), help=_ENVIRONMENT_HELP, required=True, most=20),
                *(Field(name, label, most=255, empties=True) for name, label in PERSONAL),
            ),
            warning=msg(
                "Address and personal data of mailboxes from Microsoft 365 or LDAP are changed where they are kept."
            ),
        ),
        Action(
            "password",
            msg("Set the password"),
            msg("The password of {key} was set."),
            Right.CHANGE_MAILBOXES,
            "POST /mailboxes/password/",
            fields=(_PASSWORD,),
            wants={"synced": False},
            lost=(msg("The password before."),),
        ),
        Action(
            "reset_factor",
            msg("Take the second factor away"),
            msg("{key} signs in without a second factor."),
            Right.MANAGE_ACCESS,
            "POST /mailboxes/mfa/reset/",
            risk=True,
            wants={"second_factor": True},
            effect={"second_factor": False},
            lost=(msg("The second factor: only the user can set one up again."),),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The mailbox {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "DELETE /mailboxes/",
            risk=True,
            many=True,
            lost=(
                msg(
                    "Its alias addresses, groups, deputies, lists and settings, and mail that is kept for it."
                ),
            ),
            icon="trash",
        ),
    ),
)

_ALIAS = ResourceKind(
    name=ALIASES,
    label=msg("Alias addresses"),
    one=msg("Alias address"),
    area=Area.MAILBOXES,
    parent=MAILBOXES,
    right=Right.VIEW_MAILBOXES,
    paged=True,
    icon="at",
    calls=("POST /mailboxes/alias/",),
    columns=(Column("alias", msg("Alias address"), Show.CODE),),
    actions=(
        Action(
            "add",
            msg("Add an alias address"),
            msg("The alias address {key} was added."),
            Right.CHANGE_MAILBOXES,
            "PUT /mailboxes/alias/",
            fields=(
                Field(
                    "alias",
                    msg("Alias address"),
                    required=True,
                    key=True,
                    most=320,
                    help=msg("In one of the customer's domains."),
                ),
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The alias address {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "DELETE /mailboxes/alias/",
            risk=True,
            many=True,
        ),
    ),
)

_DEPUTY = ResourceKind(
    name=DEPUTIES,
    label=msg("Deputies"),
    one=msg("Deputy"),
    area=Area.MAILBOXES,
    parent=MAILBOXES,
    right=Right.VIEW_MAILBOXES,
    icon="user-share",
    calls=("GET /mailboxes/deputy/",),
    columns=(
        Column("deputy", msg("Deputy"), Show.CODE),
        Column(
            "sees_mail",
            msg("Sees the mail"),
            Show.YES_NO,
            help=msg("One value for all deputies of a mailbox."),
        ),
    ),
    actions=(
        Action(
            "add",
            msg("Add a deputy"),
            msg("The deputy {key} was added."),
            Right.CHANGE_MAILBOXES,
            "PUT /mailboxes/deputy/",
            fields=(
                Field(
                    "deputy",
                    msg("Deputy"),
                    required=True,
                    key=True,
                    shape="email",
                    most=320,
                    help=msg("The address of another mailbox of the customer."),
                ),
                Field("sees_mail", msg("Deputies see the mail"), FieldKind.SWITCH),
            ),
            warning=msg("Whether deputies see the mail is set for all deputies of the mailbox."),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The deputy {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "DELETE /mailboxes/deputy/",
            risk=True,
        ),
    ),
)


class Mailboxes(Keeper):
    """The mailboxes of a customer; named by their address."""

    kinds = (_MAILBOX,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page; the panel looks for the text in addresses and alias addresses."""
        body: dict[str, Json] = {"page": query.page - 1, "limit": query.size}
        if query.text:
            body["name"] = query.text
        if query.filters.get("type", "").isdecimal():
            body["type"] = [int(query.filters["type"])]
        if query.filters.get("status") in ("true", "false"):
            body["status"] = query.filters["status"] == "true"
        return self._page(self.desk.customer(at), body)

    def _page(self, object_id: int, body: Json) -> ResourcePage:
        found = read_list(self.desk.panel.read(LIST, query={"object_id": object_id}, body=body), "mailboxes")
        return ResourcePage(
            [mailbox(row) for row in found.rows if text_of(row, "name")], found.total, found.more
        )

    def find(self, at: ResourceAt, key: str) -> Resource:
        """The mailbox of that address as the list has it. Raises NotFound."""
        return find_mailbox(self, at, key)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One mailbox with its personal data and groups, as far as they are open to us."""
        found = self.find(at, key)
        mailbox_id = found.ref["mailbox_id"]
        personal, groups = self.desk.together(
            partial(self._personal, mailbox_id), partial(self._groups, mailbox_id)
        )
        data = part_of(personal, "personal_data")
        values = {
            **found.values,
            **{name: text_of(data, name, 255) for name, _ in PERSONAL},
            "groups": groups,
        }
        return Resource(found.key, values, ref=found.ref)

    def _personal(self, mailbox_id: int) -> Row:
        try:
            answer = self.desk.panel.read("GET /mailboxes/personal_data/", query={"mailbox_id": mailbox_id})
            return read_object(answer) or {}
        except (Rejected, NoPermission):
            return {}

    def _groups(self, mailbox_id: int) -> list[str]:
        try:
            answer = self.desk.panel.read("GET /mailboxes/groups/", query={"mailbox_id": mailbox_id})
            return [text_of(row, "name", 255) for row in read_list(answer).rows]
        except (Rejected, NoPermission):
            return []

    def send(self, sending: Sending) -> Applied:
        """Sends one action."""
        panel, values = self.desk.panel, sending.values
        if sending.action == "add":
            with nothing_sent():
                query = {"object_id": self.desk.customer(sending.at)}
            names = {"email_address": "address", "first_name": "forename", "last_name": "surname"}
            body = {wire: values[ours] for wire, ours in names.items() if values.get(ours)}
            body |= {"password": values["password"], "environment": values.get("environment") or "primary"}
            read_answer(panel.write("PUT /mailboxes/", query=query, body=body))
            return Applied()
        with nothing_sent():
            object_id, found = self.desk.customer(sending.at), self.find(sending.at, sending.key)
            mailbox_id = int(found.ref["mailbox_id"])
        of_box = {"mailbox_id": mailbox_id}
        if sending.action == "remove":
            read_answer(panel.write("DELETE /mailboxes/", query={"object_id": object_id, **of_box}))
        elif sending.action == "edit" and values.keys() <= _SETTINGS:
            names = {"active": "status", "environment": "environment"}
            body = {names[name]: value for name, value in values.items()}
            call = "POST /mailboxes/{mailbox_id}/"
            read_answer(panel.write(call, ids=of_box, query={"object_id": object_id}, body=body))
        else:
            call, body = _written(sending)
            read_answer(panel.write(call, query=of_box, body=body))
        return Applied()

    def parts(self, kind: str, action: str, values: Values) -> Sequence[Values]:
        """An edit by the calls that it needs; the address comes last, since the others name the mailbox."""
        if action != "edit":
            return [values]
        address = {"address"}
        groups = (_SETTINGS, {name for name, _ in PERSONAL}, address)
        found = [{name: value for name, value in values.items() if name in group} for group in groups]
        return [part for part in found if part]

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Address and personal data of synced mailboxes are not changed here."""
        if action == "edit" and now.get("synced") and not values.keys() <= _SETTINGS:
            name = next(name for name in values if name not in _SETTINGS)
            raise Invalid(
                {name: msg("This mailbox comes from Microsoft 365 or LDAP, where this is changed.")}
            )


_SETTINGS = {"active", "environment"}


def _written(sending: Sending) -> tuple[str, Json]:
    """Call and body of the actions that name the mailbox in the query."""
    values = sending.values
    if "address" in values:
        return "POST /mailboxes/rename/", {"new_name": values["address"]}
    if sending.action == "password":
        return "POST /mailboxes/password/", {"password": values["password"]}
    if sending.action == "edit":
        return "POST /mailboxes/personal_data/", dict(values)
    return "POST /mailboxes/mfa/reset/", None


class MailboxAliases(Keeper):
    """The alias addresses of a mailbox."""

    kinds = (_ALIAS,)

    def _mailbox_id(self, at: ResourceAt) -> int:
        if at.parent is None:
            raise NotFound(msg("A mailbox is needed."))
        return int(find_mailbox(self, at, at.parent).ref["mailbox_id"])

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page of them."""
        body = {"mailbox_id": self._mailbox_id(at), "page": query.page - 1, "limit": query.size}
        answer = read_object(self.desk.panel.read("POST /mailboxes/alias/", body=body)) or {}
        rows = [Resource(alias, {"alias": alias}) for alias in texts_of(answer, "aliases")]
        return ResourcePage(
            rows, number_of(answer, "num_found_items"), bool(flag_of(answer, "has_more_elements"))
        )

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them; the panel has no call for a single one."""
        page = 1
        while True:
            found = self.page(kind, at, ResourceQuery(page=page, size=500))
            if any(row.key.lower() == key.lower() for row in found.rows) or not found.more or not found.rows:
                return only(found.rows, key)
            page += 1

    def send(self, sending: Sending) -> Applied:
        """Adds or removes one."""
        with nothing_sent():
            mailbox_id = self._mailbox_id(sending.at)
        adds = sending.action == "add"
        alias = sending.values["alias"] if adds else sending.key
        call = "PUT /mailboxes/alias/" if adds else "DELETE /mailboxes/alias/"
        read_answer(self.desk.panel.write(call, body={"mailbox_id": mailbox_id, "alias": alias}))
        return Applied()


class Deputies(Keeper):
    """Who stands in for the user of a mailbox."""

    kinds = (_DEPUTY,)

    def _of(self, at: ResourceAt) -> dict[str, int]:
        if at.parent is None:
            raise NotFound(msg("A mailbox is needed."))
        return {"mailbox_id": int(find_mailbox(self, at, at.parent).ref["mailbox_id"])}

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """All of them."""
        row = read_object(self.desk.panel.read("GET /mailboxes/deputy/", query=self._of(at))) or {}
        sees = bool(flag_of(row, "deputy_state"))
        rows = [Resource(one, {"deputy": one, "sees_mail": sees}) for one in texts_of(row, "deputies")]
        return ResourcePage(rows, len(rows))

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them."""
        return only(self.page(kind, at, ResourceQuery()).rows, key)

    def send(self, sending: Sending) -> Applied:
        """Adds or removes one."""
        with nothing_sent():
            query = self._of(sending.at)
        if sending.action == "remove":
            read_answer(
                self.desk.panel.write("DELETE /mailboxes/deputy/", query={**query, "deputies": sending.key})
            )
            return Applied()
        deputy, sees = str(sending.values["deputy"]).lower(), bool(sending.values.get("sees_mail"))
        body = {"deputies": [deputy], "deputy_state": sees}
        read_answer(self.desk.panel.write("PUT /mailboxes/deputy/", query=query, body=body))
        return Applied()


def mailbox(row: Row) -> Resource:
    """A mailbox as the list has it."""
    kind = number_of(row, "type")
    address = text_of(row, "name", 320)
    values: dict[str, Json] = {
        "address": address,
        "type": TYPES.get(-1 if kind is None else kind, text_of(row, "type", 40)),
        "active": flag_of(row, "status"),
        "environment": text_of(row, "environment", 40) or "primary",
        "second_factor": flag_of(row, "mfa_enabled"),
        "single_sign_on": flag_of(row, "sso_enabled"),
        "synced": kind in SYNCED,
    }
    return Resource(address, values, ref={"mailbox_id": number_of(row, "id"), "synced": kind in SYNCED})


def find_mailbox(keeper: Keeper, at: ResourceAt, key: str, types: list[int] | None = None) -> Resource:
    """The mailbox of exactly that address. Raises NotFound."""
    body: dict[str, Json] = {"name": key, "include_alias_matches": False, "page": 0, "limit": 200}
    if types:
        body["type"] = types
    query = {"object_id": keeper.desk.customer(at)}
    rows = read_list(keeper.desk.panel.read(LIST, query=query, body=body), "mailboxes").rows
    found = only([mailbox(row) for row in rows if text_of(row, "name")], key)
    if found.ref["mailbox_id"] is None:
        raise NotFound(msg("The panel gives no id of {key}.", key=key))
    return found
