"""Secondary routes, which single mailboxes are given (contract sheet, 5.4), and the compliance filter (5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.actor import Right
from app.core.errors import Conflict, Invalid, NotFound
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
from app.providers.hornetsecurity.kinds.values import Row, flag_of, number_of, read_list, read_object, text_of
from app.providers.hornetsecurity.wire import read_answer

Json = Any

ROUTES, COMPLIANCE = "secondary_routes", "compliance_rules"

# --- Secondary routes -------------------------------------------------------------------------------------------------

BY_HOST, HOSTED = "host", "hornet_email"
_ROUTING = {BY_HOST: 1, HOSTED: 3}
_SIZES = (("2048", msg("2 GB")), ("25600", msg("25 GB")))

_HOST = Field(
    "host",
    msg("Host"),
    most=255,
    help=msg("Host name or IP address, with :port where it is not 25."),
)

_ROUTE = ResourceKind(
    name=ROUTES,
    label=msg("Secondary routes"),
    one=msg("Secondary route"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    paged=True,
    search=True,
    icon="route",
    calls=("POST /environments/",),
    note=msg(
        "The primary route stands under Routes. A mailbox is given a secondary one by its id, on its own page."
    ),
    columns=(
        Column("name", msg("Name")),
        Column("id", msg("Id"), Show.CODE),
        Column("host", msg("Host"), Show.CODE),
        Column("kind", msg("Kind")),
        Column("size", msg("Size of a mailbox, MB"), Show.NUMBER, listed=False),
    ),
    actions=(
        Action(
            "add",
            msg("Add a secondary route"),
            msg("The secondary route {key} was added."),
            Right.CHANGE_DOMAINS,
            "PUT /environments/",
            fields=(
                Field("name", msg("Name"), required=True, most=255, key=True),
                Field(
                    "kind",
                    msg("Kind"),
                    FieldKind.CHOICE,
                    required=True,
                    default=BY_HOST,
                    choices=(
                        (BY_HOST, msg("a host of your own")),
                        (HOSTED, msg("mailboxes on Hornet.email")),
                    ),
                ),
                _HOST,
                Field("size", msg("Size of a mailbox"), FieldKind.CHOICE, choices=_SIZES, default="2048"),
            ),
            warning=msg("Mailboxes on Hornet.email may cost money."),
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The secondary route {key} was changed."),
            Right.CHANGE_DOMAINS,
            "POST /environments/{env_id}/",
            fields=(Field("name", msg("Name"), required=True, most=255, key=True), _HOST),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The secondary route {key} was removed."),
            Right.CHANGE_DOMAINS,
            "DELETE /environments/{env_id}/",
            risk=True,
            lost=(
                msg("Which mailboxes have it: they fall back to the primary route."),
                msg("Its id: it comes back with another one."),
            ),
        ),
    ),
)


class SecondaryRoutes(Keeper):
    """The environments of a customer beside its primary one; named by their name, which is unique."""

    kinds = (_ROUTE,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page of them."""
        body: dict[str, Json] = {"page": query.page - 1, "limit": query.size}
        if query.text:
            body["name"] = query.text
        return self._page(self.desk.customer(at), body)

    def _page(self, object_id: int, body: Json) -> ResourcePage:
        answer = self.desk.panel.read("POST /environments/", query={"object_id": object_id}, body=body)
        found = read_list(answer, "environments")
        rows = [environment(row) for row in found.rows if text_of(row, "name")]
        return ResourcePage(rows, found.total, found.more)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them, by its name."""
        return only(self._page(self.desk.customer(at), {"name": key, "page": 0, "limit": 200}).rows, key)

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """A host is needed unless the mailboxes are on Hornet.email."""
        if action == "add" and values.get("kind") != HOSTED and not values.get("host"):
            raise Invalid({"host": msg("This is needed.")})

    def send(self, sending: Sending) -> Applied:
        """Sends one action."""
        panel, values = self.desk.panel, sending.values
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        if sending.action == "add":
            body: dict[str, Json] = {"name": values["name"], "routing_type": _ROUTING[str(values["kind"])]}
            if values["kind"] == HOSTED:
                body["mailbox_size"] = int(values.get("size") or 2048)
            else:
                body["ip_hostname"] = values["host"]
            read_answer(panel.write("PUT /environments/", query=query, body=body))
            return Applied()
        ids = {"env_id": int(self.fresh(sending).values["id"])}
        if sending.action == "remove":
            read_answer(panel.write("DELETE /environments/{env_id}/", ids=ids, query=query))
        else:
            names = {"host": "ip_hostname", "name": "name"}
            body = {names[name]: value for name, value in values.items()}
            read_answer(panel.write("POST /environments/{env_id}/", ids=ids, query=query, body=body))
        return Applied()


def environment(row: Row) -> Resource:
    """A secondary route (5.4)."""
    routing = number_of(row, "routing_type")
    name = text_of(row, "name", 255)
    values = {
        "name": name,
        "id": str(number_of(row, "id") or ""),
        "host": text_of(row, "ip_hostname", 255),
        "kind": HOSTED if routing == _ROUTING[HOSTED] else BY_HOST,
        "size": number_of(row, "mailbox_size"),
    }
    return Resource(name, values)


# --- Compliance filter ------------------------------------------------------------------------------------------------

DIRECTIONS = {"in": 1, "out": 2}
ACTIONS = {
    "reject": 1,
    "redirect": 2,
    "reroute": 3,
    "copy": 4,
    "clean": 5,
    "quarantine": 6,
    "virus": 7,
    "notify": 8,
}
CRITERIA = {"advanced": 1, "header": 2, "body": 3}
_DIRECTION_WORDS = (("in", msg("incoming")), ("out", msg("outgoing")))
_ACTION_WORDS = (
    ("reject", msg("reject")),
    ("redirect", msg("redirect to other recipients")),
    ("reroute", msg("hand to another host")),
    ("copy", msg("send a blind copy")),
    ("clean", msg("incoming: treat as clean")),
    ("quarantine", msg("incoming: quarantine")),
    ("virus", msg("incoming: treat as a threat")),
    ("notify", msg("outgoing: notify")),
)
_CRITERION_WORDS = (
    ("advanced", msg("by fields")),
    ("header", msg("by the header")),
    ("body", msg("by the body")),
)
_PATTERNS: tuple[tuple[str, Message, int], ...] = (
    ("sender", msg("Sender"), 1300),
    ("receiver", msg("Recipient"), 1300),
    ("ip", msg("IP address"), 1300),
    ("hostname", msg("Host name"), 1300),
    ("subject_contains", msg("Subject contains"), 1300),
    ("attachment_contains", msg("Attachment's name contains"), 255),
    ("email_header_filter", msg("Header matches"), 1300),
    ("email_body_filter", msg("Body matches"), 1300),
)
_DETAILED = ("redirect", "reroute", "copy", "notify")

_RULE_FIELDS = (
    Field("info", msg("Description"), most=1300, empties=True),
    Field(
        "direction", msg("Direction"), FieldKind.CHOICE, required=True, choices=_DIRECTION_WORDS, default="in"
    ),
    Field(
        "action", msg("Action"), FieldKind.CHOICE, required=True, choices=_ACTION_WORDS, default="quarantine"
    ),
    Field(
        "details",
        msg("Addresses or host"),
        most=1400,
        empties=True,
        help=msg("For redirecting, rerouting, copies and notices: addresses with ; between them."),
    ),
    Field(
        "priority",
        msg("Priority"),
        FieldKind.NUMBER,
        required=True,
        default=0,
        least=0,
        most=4_294_967_295,
        help=msg("Lower ones come first."),
    ),
    Field("active", msg("Active"), FieldKind.SWITCH, default=True),
    Field(
        "criterion",
        msg("Looks"),
        FieldKind.CHOICE,
        required=True,
        choices=_CRITERION_WORDS,
        default="advanced",
    ),
    Field(
        "operation",
        msg("Several conditions"),
        FieldKind.CHOICE,
        default="AND",
        choices=(("AND", msg("all must hold")), ("OR", msg("one is enough"))),
    ),
    *(Field(name, label, most=most, empties=True) for name, label, most in _PATTERNS),
    Field("size", msg("Larger than"), FieldKind.NUMBER, unit=msg("MB"), empties=True, least=0, most=200_000),
    Field(
        "recipients_amount", msg("Recipients at least"), FieldKind.NUMBER, empties=True, least=1, most=9999
    ),
)

_RULE = ResourceKind(
    name=COMPLIANCE,
    label=msg("Compliance filter"),
    one=msg("Compliance rule"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    right=Right.VIEW_RULES,
    paged=True,
    icon="filter-cog",
    calls=("GET /compliance_filter/", "GET /compliance_filter/{id}/"),
    filters=(
        Field("direction", msg("Direction"), FieldKind.CHOICE, choices=_DIRECTION_WORDS),
        Field("only_active", msg("State"), FieldKind.CHOICE, choices=(("true", msg("active only")),)),
    ),
    columns=(
        Column("id", msg("Rule"), Show.CODE),
        Column("priority", msg("Priority"), Show.NUMBER),
        Column("info", msg("Description")),
        Column("direction", msg("Direction")),
        Column("action", msg("Action")),
        Column("details", msg("Addresses or host"), listed=False),
        Column("criterion", msg("Looks"), listed=False),
        Column("operation", msg("Several conditions"), listed=False),
        *(Column(name, label, listed=False) for name, label, _ in _PATTERNS),
        Column("size", msg("Larger than, MB"), Show.NUMBER, listed=False),
        Column("recipients_amount", msg("Recipients at least"), Show.NUMBER, listed=False),
        Column("active", msg("Active"), Show.YES_NO),
    ),
    actions=(
        Action(
            "add",
            msg("Add a rule"),
            msg("The rule was added."),
            Right.CHANGE_RULES,
            "PUT /compliance_filter/",
            fields=_RULE_FIELDS,
            icon="plus",
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The rule {key} was changed."),
            Right.CHANGE_RULES,
            "POST /compliance_filter/{id}/",
            fields=_RULE_FIELDS,
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The rule {key} was removed."),
            Right.CHANGE_RULES,
            "DELETE /compliance_filter/{id}/",
            risk=True,
            many=True,
            lost=(msg("The number of the rule: it comes back with another one."),),
        ),
    ),
)


class ComplianceRules(Keeper):
    """The rules of a customer's compliance filter; named by their id."""

    kinds = (_RULE,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page, in the order in which they apply."""
        wanted: dict[str, Json] = {"page": query.page - 1, "limit": query.size}
        if query.filters.get("direction") in DIRECTIONS:
            wanted["direction"] = DIRECTIONS[query.filters["direction"]]
        if query.filters.get("only_active") == "true":
            wanted["only_active"] = "true"
        object_id = self.desk.customer(at)
        answer = self.desk.panel.read("GET /compliance_filter/", query={"object_id": object_id, **wanted})
        found = read_list(answer, "compliance_filter")
        # the counter does not follow `only_active` (5.5)
        total = None if "only_active" in wanted else found.total
        return ResourcePage(
            [rule(row) for row in found.rows if number_of(row, "id") is not None], total, found.more
        )

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them, by its id."""
        if not key.isdecimal() or len(key) > 18:
            raise NotFound(msg("There is no rule “{key}”.", key=key))
        query = {"object_id": self.desk.customer(at)}
        row = read_object(
            self.desk.panel.read("GET /compliance_filter/{id}/", ids={"id": int(key)}, query=query)
        )
        return rule(row or {})

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses a rule without any condition, and actions that need an address without one."""
        if action not in ("add", "edit"):
            return
        whole = {**(now), **values}
        if whole.get("action") in _DETAILED and not whole.get("details"):
            raise Invalid({"details": msg("This action needs an address or a host.")})
        conditions = (*(name for name, _, _ in _PATTERNS), "size", "recipients_amount")
        if not any(whole.get(name) for name in conditions):
            raise Invalid({"sender": msg("A rule without any condition would hit all mail.")})

    def send(self, sending: Sending) -> Applied:
        """Sends one action. A rule that looks the same is not added twice."""
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        if sending.action == "add":
            body = {name: value for name, value in rule_body(sending.values).items() if value is not None}
            made = read_object(self.desk.panel.write("PUT /compliance_filter/", query=query, body=body))
            return Applied(upstream_id=text_of(made or {}, "id", 20) or None)
        ids = {"id": int(sending.key)}
        if sending.action == "remove":
            read_answer(self.desk.panel.write("DELETE /compliance_filter/{id}/", ids=ids, query=query))
        else:
            body = rule_body(sending.values)
            read_answer(
                self.desk.panel.write("POST /compliance_filter/{id}/", ids=ids, query=query, body=body)
            )
        return Applied()


def rule(row: Row) -> Resource:
    """A rule of the compliance filter in words (5.5)."""
    key = str(number_of(row, "id") or "")
    values: dict[str, Json] = {
        "id": key,
        "info": text_of(row, "info"),
        "direction": _word(DIRECTIONS, row, "direction"),
        "action": _word(ACTIONS, row, "action"),
        "details": text_of(row, "action_details"),
        "priority": number_of(row, "priority"),
        "active": flag_of(row, "active"),
        "criterion": _word(CRITERIA, row, "criterion"),
        "operation": text_of(row, "operation", 10) or "AND",
        **{name: text_of(row, name) for name, _, _ in _PATTERNS},
        "size": row.get("size") if isinstance(row.get("size"), int | float) else None,
        "recipients_amount": number_of(row, "recipients_amount"),
    }
    return Resource(key, values, label=values["info"] or key)


def _word(codes: Mapping[str, int], row: Row, key: str) -> str:
    code = number_of(row, key)
    return next((word for word, known in codes.items() if known == code), text_of(row, key, 40))


def rule_body(values: Mapping[str, Json]) -> dict[str, Json]:
    """Fields of a rule as the panel takes them; an emptied one is null."""
    codes: Mapping[str, Mapping[str, int]] = {
        "direction": DIRECTIONS,
        "action": ACTIONS,
        "criterion": CRITERIA,
    }
    body: dict[str, Json] = {}
    for name, value in values.items():
        if name in codes:
            if value not in codes[name]:
                raise Conflict(msg("The panel shows a value that is not known here. Nothing was sent."))
            body[name] = codes[name][value]
        elif name == "details":
            body["action_details"] = value or None
        else:
            body[name] = None if value in ("", None) else value
    return body
