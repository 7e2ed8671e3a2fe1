"""Who signs in to the panel, and the admins that the Software API knows as groups of domains (contract sheet, 6.6 and 7.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from app.core.actor import Right
from app.core.errors import NotFound, NotThere, Rejected
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spamexperts.control_panel import read_panel
from app.providers.spamexperts.kinds.base import (
    PASSWORD,
    Apis,
    Kept,
    Rows,
    Sending,
    checked,
    new_password,
    removal,
)
from app.providers.spamexperts.reads import not_found
from app.providers.spamexperts.wire import Odd, read_answer, value_line
from app.providers.spamexperts.wire_panel import read_panel_rows, read_panel_word

Json = Any

_TICKET = re.compile(r"[0-9a-f]{40}")
_NO_PASSWORD_BACK = msg("The password of the user.")
_STATUS = Column("status", msg("Status"), Show.STATE, tones={"active": "ok", "inactive": "muted"})


def _sign_in() -> Action:
    return Action(
        "sign_in",
        msg("Sign in as this user"),
        msg("The link signs in as {key} once."),
        Right.READ_MAIL,
        "authticket/create",
        secret=True,
        icon="login",
    )


def _link(apis: Apis, answer: Answer) -> str:
    """The link of a ticket: 40 hex digits and nothing else (7.4)."""
    ticket = read_panel_word(answer)
    if not _TICKET.fullmatch(ticket):
        raise answer.unreadable(msg("The panel's answer is no ticket."))
    return f"{apis.base_url}/?authticket={ticket}"


def _users(apis: Apis, domain: str, role: str) -> Rows:
    """The users of a domain. None at all is an error for e-mail users, and nothing for a domain that is not there."""
    try:
        rows = read_panel_rows(apis.panel.answer("user/list", {"domain": domain, "role": role}))
    except NotThere:
        rows = []
    if not rows:
        apis.domains.check(domain)
    return [_user(row) for row in rows if row.get("username")]


def _user(row: dict[str, Json]) -> Resource:
    name = str(row["username"])[:320]
    values = {"username": name, "email": str(row.get("email") or ""), "status": str(row.get("status") or "")}
    return Resource(name, values, ref={"id": row.get("id")})


EMAIL_USERS = Kept(
    ResourceKind(
        name="email_users",
        label=msg("E-mail users"),
        one=msg("E-mail user"),
        area=Area.MAILBOXES,
        parent=DOMAIN,
        right=Right.VIEW_MAILBOXES,
        calls=("user/list",),
        columns=(
            Column("username", msg("Address"), Show.CODE),
            Column("email", msg("E-mail"), listed=False),
            _STATUS,
        ),
        actions=(
            Action(
                "add",
                msg("Add user"),
                msg("The e-mail user {key} was added."),
                Right.CHANGE_MAILBOXES,
                "emailusers/add",
                fields=(
                    Field(
                        "local_part",
                        msg("Part before the @"),
                        required=True,
                        most=64,
                        pattern=r"[^@\s,]+",
                        placeholder="anna.berg",
                    ),
                    PASSWORD,
                ),
            ),
            new_password("emailusers/setpassword", Right.CHANGE_MAILBOXES),
            _sign_in(),
            removal(
                msg("The e-mail user {key} was removed."),
                Right.CHANGE_MAILBOXES,
                "emailusers/remove",
                _NO_PASSWORD_BACK,
            ),
        ),
        note=msg(
            "Who may look at the quarantine of one address. The mailboxes themselves are on the destination."
        ),
        icon="user",
    ),
    rows=lambda apis, at: _users(apis, at.domain or "", "email"),
    sends={
        "add": lambda it: (
            "emailusers/add",
            {"username": it.text("local_part").lower(), "password": it.text("password"), "domain": it.domain},
        ),
        "set_password": lambda it: (
            "emailusers/setpassword",
            {"username": it.key, "password": it.text("password")},
        ),
        "sign_in": lambda it: ("authticket/create", {"username": it.key}),
        "remove": lambda it: ("emailusers/remove", {"username": it.key}),
    },
    key=lambda domain, values: f"{str(values.get('local_part', '')).lower()}@{domain}",
    answer=_link,
)

DOMAIN_USERS = Kept(
    ResourceKind(
        name="domain_users",
        label=msg("Domain users"),
        one=msg("Domain user"),
        area=Area.ACCESS,
        parent=DOMAIN,
        right=Right.MANAGE_ACCESS,
        calls=("user/list",),
        columns=(Column("username", msg("User name"), Show.CODE), Column("email", msg("E-mail")), _STATUS),
        actions=(
            Action(
                "add",
                msg("Add the user of the domain"),
                msg("The domain user {key} was added."),
                Right.MANAGE_ACCESS,
                "domainuser/add",
                fields=(Field("email", msg("E-mail"), required=True, shape="email"), PASSWORD),
            ),
            new_password("domainuser/setpassword", Right.MANAGE_ACCESS),
            _sign_in(),
            removal(
                msg("The domain user {key} was removed."),
                Right.MANAGE_ACCESS,
                "domainuser/remove",
                _NO_PASSWORD_BACK,
            ),
        ),
        note=msg("One user who may manage the domain in the panel, named like it."),
        icon="user-cog",
    ),
    rows=lambda apis, at: _users(apis, at.domain or "", "domain"),
    sends={
        "add": lambda it: (
            "domainuser/add",
            {"domain": it.domain, "password": it.text("password"), "email": it.text("email")},
        ),
        "set_password": lambda it: (
            "domainuser/setpassword",
            {"username": it.key, "password": it.text("password")},
        ),
        "sign_in": lambda it: ("authticket/create", {"username": it.key}),
        "remove": lambda it: ("domainuser/remove", {"username": it.key}),
    },
    key=lambda domain, _values: domain,
    answer=_link,
)

# --- administrators of the panel ----------------------------------------------------------------------------------------


def _web_admins(apis: Apis, _at: ResourceAt) -> Rows:
    return [_web_admin(row) for row in _rows_of(apis.panel.answer("reseller/list", {"no_domains": "1"}))]


def _one_web_admin(apis: Apis, _at: ResourceAt, key: str) -> Resource:
    for row in _rows_of(apis.panel.answer("reseller/list", {"username": key})):
        if str(row.get("username", "")).lower() == key.lower():
            found = _web_admin(row)
            return replace(found, values={**found.values, **_figures(apis, found)})
    raise NotFound(msg("There is no administrator {key}.", key=key))


_FIGURES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "filtered": ("reseller/domainswithproduct", {"product": "incoming"}),
    "recipients": ("reseller/getvalidrecipientcount", {}),
    "senders": ("reseller/getoutgoingusercount", {}),
}


def _figures(apis: Apis, admin: Resource) -> dict[str, Json]:
    """What belongs to an administrator, in numbers; one that the panel does not tell is left out."""
    found: dict[str, Json] = {}
    for name, (call, more) in _FIGURES.items():
        with suppress(Rejected):
            found[name] = read_panel_word(apis.panel.answer(call, {"username": admin.key, **more}))
    number = (admin.ref or {}).get("id")
    if number:
        with suppress(Rejected):
            lines = read_panel(apis.panel.answer("reseller/getbandwidthusage", {"reseller_id": str(number)}))
            found["traffic"] = [
                _traffic(line) for line in str(lines or "").splitlines()[:200] if line.strip()
            ]
    return found


def _traffic(line: str) -> str:
    """`domain,number` with the number in groups of three; a line that is something else as it came."""
    name, _, number = line.strip()[:300].rpartition(",")
    return f"{name}: {int(number):,}" if number.isascii() and number.isdigit() else line.strip()[:300]


def _rows_of(answer: Answer) -> list[dict[str, Json]]:
    """The items are lists or maps, and clients read the first as the list itself (7.4)."""
    value = read_panel(answer)
    while isinstance(value, list) and value and isinstance(value[0], list):
        value = value[0]
    rows = list(value.values()) if isinstance(value, dict) else value or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("username") for row in rows):
        raise answer.unreadable(msg("The panel's list of administrators cannot be read."))
    return rows


def _web_admin(row: dict[str, Json]) -> Resource:
    name, limit = str(row["username"])[:320], str(row.get("domainslimit") or "0")
    values: dict[str, Json] = {
        "username": name,
        "email": str(row.get("email") or ""),
        "domainslimit": int(limit) if limit.isascii() and limit.isdigit() else 0,
        "api_usage": str(row.get("api_usage", "")) in ("1", "True", "true"),
    }
    products = row.get("products")
    if isinstance(products, dict):
        values |= {name: str(products.get(name)) == "1" for name in ("incoming", "outgoing", "archiving")}
    if isinstance(row.get("domains"), list):
        values["domains"] = [str(domain)[:253] for domain in row["domains"]]
    return Resource(name, values, ref={"id": row.get("id")})


def _switch(name: str, label: str) -> Field:
    return Field(name, msg(label), FieldKind.SWITCH, default=False)


def _fields(it: Sending) -> dict[str, str]:
    """All fields of an administrator, those that stay too: the call takes the whole."""
    both = {**it.now, **it.values}
    sent = {"username": it.key or str(both.get("username", "")), "email": str(both.get("email", ""))}
    if "password" in it.values:
        sent["password"] = it.text("password")
    sent["domainslimit"] = str(both.get("domainslimit", 0))
    sent["api_usage"] = "1" if both.get("api_usage") else "0"
    return sent


def _domains(it: Sending) -> dict[str, str]:
    names = ",".join(f'"{name}"' for name in it.values.get("domains", []))
    return {"username": it.key, "domains": f"[{names}]"}


_ADMIN_FIELDS = (
    Field("email", msg("E-mail"), required=True, shape="email"),
    Field(
        "domainslimit",
        msg("Most domains"),
        FieldKind.NUMBER,
        default=0,
        least=0,
        most=99_999_999,
        help=msg("0: no limit."),
    ),
    _switch("api_usage", "May use the Control Panel API"),
)
_BOUND = Field("domains", msg("Domains, one per line"), FieldKind.LINES, required=True, shape="domain")

WEB_ADMINS = Kept(
    ResourceKind(
        name="panel_admins",
        label=msg("Administrators of the panel"),
        one=msg("Administrator"),
        area=Area.ACCESS,
        right=Right.MANAGE_ACCESS,
        calls=("reseller/list", *(call for call, _ in _FIGURES.values()), "reseller/getbandwidthusage"),
        columns=(
            Column("username", msg("User name"), Show.CODE),
            Column("email", msg("E-mail")),
            Column("domainslimit", msg("Most domains"), Show.NUMBER, help=msg("0: no limit.")),
            Column("api_usage", msg("API"), Show.YES_NO),
            Column("incoming", msg("Incoming"), Show.YES_NO, listed=False),
            Column("outgoing", msg("Outgoing"), Show.YES_NO, listed=False),
            Column("archiving", msg("Archiving"), Show.YES_NO, listed=False),
            Column("domains", msg("Domains"), Show.LIST, listed=False),
            Column("filtered", msg("Domains with incoming filtering"), Show.NUMBER, listed=False),
            Column("recipients", msg("Valid recipients"), Show.NUMBER, listed=False),
            Column("senders", msg("Outgoing users"), Show.NUMBER, listed=False),
            Column("traffic", msg("Traffic"), Show.LIST, listed=False, help=msg("As the panel counts it.")),
        ),
        actions=(
            Action(
                "add",
                msg("Add administrator"),
                msg("The administrator {key} was added."),
                Right.MANAGE_ACCESS,
                "reseller/add",
                fields=(
                    Field(
                        "username", msg("User name"), required=True, most=64, key=True, pattern=r"[^\s/A-Z]+"
                    ),
                    PASSWORD,
                    *_ADMIN_FIELDS,
                ),
            ),
            Action(
                "edit",
                msg("Change"),
                msg("The administrator {key} was changed."),
                Right.MANAGE_ACCESS,
                "reseller/update",
                fields=_ADMIN_FIELDS,
            ),
            Action(
                "set_products",
                msg("Set products"),
                msg("The products of {key} are set."),
                Right.MANAGE_ACCESS,
                "reseller/setproducts",
                fields=(
                    _switch("incoming", "Incoming"),
                    _switch("outgoing", "Outgoing"),
                    _switch("archiving", "Archiving"),
                ),
                lost=(msg("The products that were set before; set them again."),),
            ),
            Action(
                "bind",
                msg("Give domains"),
                msg("The domains belong to {key}."),
                Right.MANAGE_ACCESS,
                "reseller/binddomains",
                fields=(_BOUND,),
                lost=(msg("Whose the domains were before."),),
            ),
            Action(
                "unbind",
                msg("Take domains away"),
                msg("The domains no longer belong to {key}."),
                Right.MANAGE_ACCESS,
                "reseller/unbinddomains",
                fields=(_BOUND,),
                lost=(msg("That the domains belonged to this administrator; give them again."),),
            ),
            _sign_in(),
            removal(
                msg("The administrator {key} was removed."),
                Right.MANAGE_ACCESS,
                "reseller/remove",
                _NO_PASSWORD_BACK,
                msg("Which domains belonged to the administrator."),
            ),
        ),
        icon="user-shield",
    ),
    rows=_web_admins,
    one=_one_web_admin,
    sends={
        "add": lambda it: ("reseller/add", _fields(it)),
        "edit": lambda it: ("reseller/update", {"id": str((it.ref or {}).get("id", "")), **_fields(it)}),
        "set_products": lambda it: (
            "reseller/setproducts",
            {"username": it.key, **{name: str(int(bool(on))) for name, on in it.values.items()}},
        ),
        "bind": lambda it: ("reseller/binddomains", _domains(it)),
        "unbind": lambda it: ("reseller/unbinddomains", _domains(it)),
        "sign_in": lambda it: ("authticket/create", {"username": it.key}),
        "remove": lambda it: ("reseller/remove", {"username": it.key}),
    },
    answer=_link,
)

# --- admins as groups of domains ----------------------------------------------------------------------------------------


def _groups(apis: Apis, _at: ResourceAt) -> Rows:
    return [Resource(name, {"admin": name}) for name in sorted(apis.lines("api_list_admins"))]


def _group(apis: Apis, _at: ResourceAt, key: str) -> Resource:
    columns = ("admin_id", "admin", "parent", "domains")
    try:
        rows = apis.records("api_get_admin_details", columns, admin=key)
    except NotThere as gone:
        raise NotFound(msg("There is no admin {key}.", key=key)) from gone
    for row in rows:
        if row["admin"] == key:
            values = {"admin": key, "parent": row["parent"], "domains": row["domains"]}
            return Resource(key, values, ref={"id": row["admin_id"]})
    raise NotFound(msg("There is no admin {key}.", key=key))


ADMIN_GROUPS = Kept(
    ResourceKind(
        name="admin_groups",
        label=msg("Admins (groups of domains)"),
        one=msg("Admin"),
        area=Area.CUSTOMERS,
        right=Right.MANAGE_ACCESS,
        calls=("api_list_admins",),
        columns=(
            Column("admin", msg("Name")),
            Column("parent", msg("Belongs to"), listed=False),
            Column("domains", msg("Domains"), Show.NUMBER, listed=False),
        ),
        actions=(
            Action(
                "add",
                msg("Add admin"),
                msg("The admin {key} was added."),
                Right.MANAGE_ACCESS,
                "api_add_admin",
                fields=(
                    Field("admin", msg("Name"), required=True, most=64, key=True),
                    Field("parent", msg("Belongs to"), most=64),
                ),
            ),
            Action(
                "rename",
                msg("Rename"),
                msg("The admin {key} has another name."),
                Right.MANAGE_ACCESS,
                "api_rename_admin",
                fields=(Field("admin", msg("New name"), required=True, most=64),),
                lost=(msg("The former name; rename it again."),),
            ),
            Action(
                "edit",
                msg("Move"),
                msg("The admin {key} belongs to another one."),
                Right.MANAGE_ACCESS,
                "api_set_admin_parent",
                fields=(Field("parent", msg("Belongs to"), most=64, empties=True),),
            ),
            removal(
                msg("The admin {key} was removed."),
                Right.MANAGE_ACCESS,
                "api_remove_admin",
                msg("Which domains were in the group."),
            ),
        ),
        note=msg("Groups of domains; nobody signs in with them."),
        icon="folders",
    ),
    rows=_groups,
    one=_group,
    sends={
        "add": lambda it: ("api_add_admin", {"admin": it.text("admin"), "parent": it.text("parent")}),
        "rename": lambda it: (
            "api_rename_admin",
            {"admin_id": str((it.ref or {}).get("id", "")), "admin": it.text("admin")},
        ),
        "edit": lambda it: ("api_set_admin_parent", {"admin": it.key, "parent": it.text("parent")}),
        "remove": lambda it: ("api_remove_admin", {"admin": it.key}),
    },
)

# --- of a domain --------------------------------------------------------------------------------------------------------


def _admin_of(apis: Apis, at: ResourceAt) -> Rows:
    domain = at.domain or ""
    try:
        answer = apis.software.read("api_get_admin", {"domain": domain})
        line, _ = value_line(read_answer(answer), domain)
    except NotThere as gone:
        raise not_found(domain) from gone
    except Odd as odd:
        raise answer.unreadable(odd.problem) from odd
    return [Resource("", {"admin": checked(answer, line)})]


ADMIN_OF_DOMAIN = Kept(
    ResourceKind(
        name="admin_of_domain",
        label=msg("Admin of the domain"),
        one=msg("Admin of the domain"),
        area=Area.ACCESS,
        parent=DOMAIN,
        single=True,
        right=Right.MANAGE_ACCESS,
        calls=("api_get_admin",),
        columns=(Column("admin", msg("Admin")),),
        actions=(
            Action(
                "edit",
                msg("Change"),
                msg("The domain is in another group."),
                Right.MANAGE_ACCESS,
                "api_set_admin",
                fields=(Field("admin", msg("Admin"), most=64, empties=True),),
            ),
        ),
        icon="folder",
    ),
    rows=_admin_of,
    sends={"edit": lambda it: ("api_set_admin", {"domain": it.domain, "admin": it.text("admin")})},
)

_PRODUCTS = ("incoming", "outgoing", "archiving")


def _in_the_panel(apis: Apis, at: ResourceAt) -> Rows:
    domain = at.domain or ""
    apis.domains.check(domain)
    answer = apis.panel.answer("domain/getproducts", {"domain": domain})
    products = read_panel(answer)
    if not isinstance(products, dict):
        raise answer.unreadable(msg("The panel does not say which products the domain has."))
    owner = read_panel(apis.panel.answer("domain/getowner", {"domain": domain}))
    values: dict[str, Json] = {name: str(products.get(name)) == "1" for name in _PRODUCTS}
    values["owner"] = str(owner.get("username") or "") if isinstance(owner, dict) else ""
    values["recipients"] = read_panel_word(
        apis.panel.answer("domain/getvalidrecipientcount", {"domain": domain})
    )
    return [Resource("", values)]


IN_THE_PANEL = Kept(
    ResourceKind(
        name="products",
        label=msg("Products and owner"),
        one=msg("Products"),
        area=Area.CUSTOMERS,
        parent=DOMAIN,
        single=True,
        calls=("domain/getproducts", "domain/exists", "domain/getowner", "domain/getvalidrecipientcount"),
        columns=(
            Column("incoming", msg("Incoming filtering"), Show.YES_NO),
            Column("outgoing", msg("Outgoing filtering"), Show.YES_NO),
            Column("archiving", msg("Archiving"), Show.YES_NO),
            Column("owner", msg("Administrator of the panel")),
            Column("recipients", msg("Valid recipients"), Show.NUMBER),
        ),
        actions=(
            Action(
                "edit",
                msg("Change products"),
                msg("The products of the domain are set."),
                Right.CHANGE_DOMAINS,
                "domain/setproducts",
                fields=(
                    _switch("incoming", "Incoming filtering"),
                    _switch("outgoing", "Outgoing filtering"),
                    _switch("archiving", "Archiving"),
                ),
            ),
            Action(
                "add_recipient",
                msg("Add a local recipient"),
                msg("The recipient is accepted."),
                Right.CHANGE_MAILBOXES,
                "domain/addlocalrecipient",
                fields=(
                    Field("localpart", msg("Part before the @"), required=True, most=64, pattern=r"[^@\s,]+"),
                ),
                on_kind=True,
                warning=msg(
                    "The panel counts local recipients, but lists and removes none; that takes the Software API."
                ),
                lost=(msg("No call of the panel takes a local recipient away."),),
                icon="at",
            ),
        ),
        icon="package",
    ),
    rows=_in_the_panel,
    sends={
        "add_recipient": lambda it: (
            "domain/addlocalrecipient",
            {"domain": it.domain, "localpart": it.text("localpart")},
        ),
        "edit": lambda it: (
            "domain/setproducts",
            {
                "domain": it.domain,
                **{name: str(int(bool({**it.now, **it.values}.get(name)))) for name in _PRODUCTS},
            },
        ),
    },
)


def _contact(name: str, controller: str, label: str) -> Kept:
    def rows(apis: Apis, at: ResourceAt) -> Rows:
        apis.domains.check(at.domain or "")
        answer = apis.panel.answer(f"{controller}/get", {"domain": at.domain or ""})
        return [Resource("", {"email": checked(answer, read_panel(answer) or "")})]

    return Kept(
        ResourceKind(
            name=name,
            label=msg(label),
            one=msg(label),
            area=Area.CUSTOMERS,
            parent=DOMAIN,
            single=True,
            calls=(f"{controller}/get", "domain/exists"),
            columns=(Column("email", msg("E-mail")),),
            actions=(
                Action(
                    "edit",
                    msg("Change"),
                    msg("The address is changed."),
                    Right.CHANGE_DOMAINS,
                    f"{controller}/set",
                    fields=(Field("email", msg("E-mail"), required=True, shape="email"),),
                ),
            ),
            icon="address-book",
        ),
        rows=rows,
        sends={"edit": lambda it: (f"{controller}/set", {"domain": it.domain, "email": it.text("email")})},
    )


CONTACT = _contact("contact", "domaincontact", "Contact")
ADMIN_CONTACT = _contact("admin_contact", "domainadmincontact", "Administrator's contact")
