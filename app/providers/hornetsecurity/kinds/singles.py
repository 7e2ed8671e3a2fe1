"""What a customer has one of: quarantine report, permissions of users, infomail, support contact, formats, ATP, services.

Source: contract sheet, 5.2, 5.5, 5.12, 5.13. Each is one object that is read, written whole and, where it is the customer's own,
dropped again so that what is inherited applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotThere, Rejected
from app.core.model import FieldKind
from app.core.plan import Applied
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values
from app.providers.hornetsecurity.kinds.mailboxes import MAILBOXES, find_mailbox
from app.providers.hornetsecurity.kinds.values import (
    Row,
    flag_of,
    number_of,
    part_of,
    read_object,
    text_of,
    texts_of,
)
from app.providers.hornetsecurity.wire import NoPermission, alone, boolean, read_answer

Json = Any

_OWN = Column(
    "own",
    msg("Set here"),
    Show.YES_NO,
    help=msg("No: inherited from above, or what the panel does by itself."),
)


def _reset(label: Message, done: Message, right: Right, call: str) -> Action:
    return Action(
        "reset", label, done, right, call, risk=True, wants={"own": True}, effect={"own": False}, undo="edit"
    )


# --- Quarantine report (5.13) -----------------------------------------------------------------------------------------

REPORT, MAILBOX_REPORT = "quarantine_report", "mailbox_quarantine_report"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CLASSES = {1: "spam", 2: "clean", 3: "rejected", 5: "threat", 8: "content", 11: "info", 12: "advthreat"}

_REPORT_SWITCHES: tuple[tuple[str, Message], ...] = (
    ("allow_edit", msg("Users may change it")),
    ("hide_blacklisted_senders", msg("Without mail of denied senders")),
    ("hide_htmlcp_link", msg("Without a link to the Control Panel")),
    ("use_cp_qr", msg("Links lead to the Control Panel")),
)
_REPORT_COLUMNS = (
    Column("times", msg("Sent at"), Show.LIST, help=msg("Full hours.")),
    Column("days", msg("Sent on"), Show.LIST),
    Column("display_types", msg("Shows mail that is"), Show.LIST),
    Column("report_address", msg("Sent to instead"), Show.CODE),
    Column("template", msg("Template")),
    *(Column(name, label, Show.YES_NO) for name, label in _REPORT_SWITCHES),
    Column("last_report", msg("Last sent"), Show.TIME),
    _OWN,
)
_REPORT_FIELDS = (
    Field(
        "times",
        msg("Sent at"),
        FieldKind.LINES,
        empties=True,
        help=msg("Full hours from 0 to 23, one per line; none: no report."),
    ),
    Field("days", msg("Sent on"), FieldKind.LINES, empties=True, help=msg("Monday to Sunday, one per line.")),
    Field(
        "display_types",
        msg("Shows mail that is"),
        FieldKind.LINES,
        empties=True,
        help=msg("spam, info, content, threat, advthreat, rejected or clean, one per line."),
    ),
    Field("report_address", msg("Sent to instead"), most=320, empties=True),
    *(Field(name, label, FieldKind.SWITCH) for name, label in _REPORT_SWITCHES),
)
_REPORT_ACTIONS = (
    Action(
        "edit",
        msg("Edit"),
        msg("The quarantine report was changed."),
        Right.CHANGE_POLICIES,
        "POST /quarantinereport/",
        fields=_REPORT_FIELDS,
    ),
    _reset(
        msg("Drop the own settings"),
        msg("What is inherited applies to the quarantine report again."),
        Right.CHANGE_POLICIES,
        "DELETE /quarantinereport/",
    ),
)


def _report_kind(name: str, parent: str) -> ResourceKind:
    return ResourceKind(
        name=name,
        label=msg("Quarantine report"),
        one=msg("Quarantine report"),
        area=Area.MAILBOXES,
        parent=parent,
        right=Right.VIEW_POLICIES,
        single=True,
        icon="mail-pause",
        calls=("GET /quarantinereport/", "GET /quarantinereport/last_report/"),
        columns=_REPORT_COLUMNS,
        actions=_REPORT_ACTIONS,
    )


class QuarantineReports(Keeper):
    """When and how the mail that was held is reported: to all users of a customer, or to one mailbox."""

    kinds = (_report_kind(REPORT, DOMAIN), _report_kind(MAILBOX_REPORT, MAILBOXES))

    def _whose(self, kind: str, at: ResourceAt) -> dict[str, int]:
        """Either of the two keys of the query, never both (5.13)."""
        if kind == REPORT:
            return {"object_id": self.desk.customer(at)}
        return {"mailbox_id": int(find_mailbox(self, at, at.parent or "").ref["mailbox_id"])}

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """The settings that apply; empty ones where no report is sent."""
        whose = self._whose(kind, at)
        row, last = self.desk.together(
            lambda: read_object(self.desk.panel.read("GET /quarantinereport/", query=whose)),
            lambda: self._last(whose),
        )
        return Resource("", {**report_values(row or {}), "last_report": last}, ref={"there": row is not None})

    def _last(self, whose: dict[str, int]) -> str | None:
        try:
            row = read_object(self.desk.panel.read("GET /quarantinereport/last_report/", query=whose))
        except (Rejected, NoPermission):
            return None
        return text_of(row, "last_report", 40) or None if row else None

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses hours, days and classes that there are not."""
        if action == "edit":
            report_body(values)

    def send(self, sending: Sending) -> Applied:
        """Writes the whole report with the changes in it, or drops it."""
        now = self.fresh(sending)
        with nothing_sent():
            whose = self._whose(sending.kind, sending.at)
        if sending.action == "reset":
            read_answer(self.desk.panel.write("DELETE /quarantinereport/", query=whose))
            return Applied()
        names = [field.name for field in _REPORT_FIELDS]
        body = report_body({name: now.values[name] for name in names} | dict(sending.values))
        body["template"] = now.values["template"] or None
        call = "POST /quarantinereport/" if now.values["own"] else "PUT /quarantinereport/"
        sent = {name: value for name, value in body.items() if value is not None or name == "report_address"}
        read_answer(self.desk.panel.write(call, query=whose, body=sent))
        return Applied()


def report_values(row: Row) -> dict[str, Json]:
    """A quarantine report in words."""
    days = [int(day) for day in texts_of(row, "days", 7) if day.isdecimal() and int(day) < len(_DAYS)]
    classes = [int(one) for one in texts_of(row, "display_types", 20) if one.isdecimal()]
    return {
        "times": texts_of(row, "times", 24),
        "days": [_DAYS[day] for day in sorted(days)],
        "display_types": [_CLASSES.get(one, str(one)) for one in sorted(classes)],
        "report_address": text_of(row, "report_address", 320),
        "template": text_of(row, "template", 100),
        **{name: bool(flag_of(row, name)) for name, _ in _REPORT_SWITCHES},
        "own": bool(row) and not boolean(row.get("inherited")),
    }


def report_body(values: Mapping[str, Json]) -> dict[str, Json]:
    """The same as the panel takes it. Raises Invalid for an hour, a day or a class that there is not."""
    body = dict(values)
    if "times" in body:
        body["times"] = [_hour(one) for one in body["times"]]
    if "days" in body:
        names = [day.lower() for day in _DAYS]
        body["days"] = [_numbered(one, "days", dict(enumerate(names))) for one in body["days"]]
    if "display_types" in body:
        body["display_types"] = [_numbered(one, "display_types", _CLASSES) for one in body["display_types"]]
    if "report_address" in body:
        body["report_address"] = body["report_address"] or None
    return body


def _hour(text: str) -> int:
    if not str(text).isdecimal() or int(text) > 23:
        raise Invalid({"times": msg("“{text}” is no full hour from 0 to 23.", text=str(text)[:40])})
    return int(text)


def _numbered(text: str, field: str, words: Mapping[int, str]) -> int:
    wanted = str(text).strip().lower()
    found = next((number for number, word in words.items() if wanted in (word, str(number))), None)
    if found is None:
        raise Invalid({field: msg("Choose one of {choices}.", choices=", ".join(words.values()))})
    return found


# --- What users may do with held mail (5.5) -----------------------------------------------------------------------------

PERMISSIONS = "release_permissions"
_RELEASED: tuple[tuple[str, Message], ...] = (
    ("spam", msg("Spam")),
    ("info", msg("Infomail")),
    ("content", msg("Content")),
    ("threat", msg("Threats")),
    ("advthreat", msg("Advanced threats")),
    ("clean", msg("Clean mail")),
)

_PERMISSION = ResourceKind(
    name=PERMISSIONS,
    label=msg("What users may release"),
    one=msg("What users may release"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_POLICIES,
    single=True,
    icon="user-check",
    calls=("GET /permissions/email_actions/",),
    note=msg("Without settings of its own a customer lets users deliver every class of mail to themselves."),
    columns=(*(Column(name, label, Show.YES_NO) for name, label in _RELEASED), _OWN),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("What users may release was changed."),
            Right.CHANGE_POLICIES,
            "POST /permissions/email_actions/",
            fields=tuple(Field(name, label, FieldKind.SWITCH) for name, label in _RELEASED),
        ),
        _reset(
            msg("Allow everything"),
            msg("Users may release every class of mail."),
            Right.CHANGE_POLICIES,
            "DELETE /permissions/email_actions/",
        ),
    ),
)


class ReleasePermissions(Keeper):
    """Which classes of held mail users may deliver to themselves."""

    kinds = (_PERMISSION,)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """The classes with yes or no; all of them without own settings. Raises NotBooked."""
        query = {"object_id": self.desk.customer(at)}
        rules = permissions(
            alone(read_answer(self.desk.panel.read("GET /permissions/email_actions/", query=query)))
        )
        may = {name: bool(rules[name]["send"]) if name in rules else True for name, _ in _RELEASED}
        return Resource("", {**may, "own": bool(rules)}, ref={"rules": rules})

    def send(self, sending: Sending) -> Applied:
        """Writes all classes with the changes in them, or drops the list."""
        now = self.fresh(sending)
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        if sending.action == "reset":
            read_answer(self.desk.panel.write("DELETE /permissions/email_actions/", query=query))
            return Applied()
        rules = now.ref["rules"]
        actions = [
            {**rules.get(name, {}), "type": name, "send": bool(sending.values.get(name, now.values[name]))}
            for name, _ in _RELEASED
        ]
        call = ("POST" if rules else "PUT") + " /permissions/email_actions/"
        read_answer(self.desk.panel.write(call, query=query, body={"user_actions": actions}))
        return Applied()


def permissions(value: Json) -> dict[str, dict[str, Json]]:
    """By class what users may do with it, from the schema's list or from the example's object (5.5: accept both)."""
    if isinstance(value, dict) and isinstance(value.get("user_actions"), list):
        rows = {str(row.get("type")): row for row in value["user_actions"] if isinstance(row, dict)}
    else:
        rows = (
            {name: row for name, row in value.items() if isinstance(row, dict)}
            if isinstance(value, dict)
            else {}
        )
    known = dict(_RELEASED)
    return {
        name: {
            "send": boolean(row.get("send")),
            **({"whitelist": boolean(row["whitelist"])} if "whitelist" in row else {}),
        }
        for name, row in rows.items()
        if name in known
    }


# --- Infomail (5.5) -----------------------------------------------------------------------------------------------------

INFOMAIL, MAILBOX_INFOMAIL = "infomail_filter", "mailbox_infomail_filter"


def _infomail_kind(name: str, parent: str, *fields: Field) -> ResourceKind:
    return ResourceKind(
        name=name,
        label=msg("Infomail filter"),
        one=msg("Infomail filter"),
        area=Area.MAILBOXES,
        parent=parent,
        right=Right.VIEW_POLICIES,
        single=True,
        icon="news",
        calls=("GET /filtering/info_mail/",),
        columns=(
            Column("infomail_enabled", msg("Infomail is filtered"), Show.YES_NO),
            Column("allow_edit", msg("Users may change it"), Show.YES_NO),
        ),
        actions=(
            Action(
                "edit",
                msg("Edit"),
                msg("The infomail filter was changed."),
                Right.CHANGE_POLICIES,
                "POST /filtering/info_mail/",
                fields=fields,
                warning=msg(
                    "For a customer it is set for all its users; what they had chosen themselves is dropped."
                )
                if parent == DOMAIN
                else None,
            ),
        ),
    )


_ENABLED = Field("infomail_enabled", msg("Infomail is filtered"), FieldKind.SWITCH)


class InfomailFilters(Keeper):
    """Whether newsletters and the like are filtered, for a customer or for one mailbox."""

    kinds = (
        _infomail_kind(
            INFOMAIL, DOMAIN, _ENABLED, Field("allow_edit", msg("Users may change it"), FieldKind.SWITCH)
        ),
        _infomail_kind(MAILBOX_INFOMAIL, MAILBOXES, _ENABLED),
    )

    def _whose(self, kind: str, at: ResourceAt) -> dict[str, int]:
        if kind == INFOMAIL:
            return {"object_id": self.desk.customer(at)}
        return {"mailbox_id": int(find_mailbox(self, at, at.parent or "").ref["mailbox_id"])}

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """What applies now."""
        answer = self.desk.panel.read("GET /filtering/info_mail/", query=self._whose(kind, at))
        row = read_object(answer) or {}
        return Resource("", {name: flag_of(row, name) for name in ("infomail_enabled", "allow_edit")})

    def send(self, sending: Sending) -> Applied:
        """Writes both values."""
        now = self.fresh(sending)
        with nothing_sent():
            whose = self._whose(sending.kind, sending.at)
        body = {name: value for name, value in {**now.values, **sending.values}.items() if value is not None}
        if sending.kind == MAILBOX_INFOMAIL:
            body.pop("allow_edit", None)
        read_answer(self.desk.panel.write("POST /filtering/info_mail/", query=whose, body=body))
        return Applied()


# --- Support contact (5.12) ---------------------------------------------------------------------------------------------

SUPPORT, PARTNER_SUPPORT = "support_contact", "partner_support_contact"


def _support_kind(name: str, label: Message, parent: str) -> ResourceKind:
    return ResourceKind(
        name=name,
        label=label,
        one=label,
        area=Area.BRANDING,
        parent=parent,
        single=True,
        icon="lifebuoy",
        calls=("GET /support/", "GET /support/show/"),
        columns=(
            Column("telephone", msg("Telephone")),
            Column("email", msg("E-mail"), Show.CODE),
            _OWN,
        ),
        actions=(
            Action(
                "edit",
                msg("Edit"),
                msg("The support contact was changed."),
                Right.CHANGE_DOMAINS,
                "POST /support/",
                fields=(
                    Field("telephone", msg("Telephone"), most=255, empties=True),
                    Field("email", msg("E-mail"), most=320, empties=True),
                ),
            ),
            _reset(
                msg("Drop the own contact"),
                msg("The support contact of what stands above applies again."),
                Right.CHANGE_DOMAINS,
                "DELETE /support/",
            ),
        ),
    )


class SupportContacts(Keeper):
    """Whom users are sent to for help: of a customer, or of the partner."""

    kinds = (
        _support_kind(SUPPORT, msg("Support contact"), DOMAIN),
        _support_kind(PARTNER_SUPPORT, msg("Partner's support contact"), ""),
    )

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """The own contact, else the one that applies from above; empty where there is none at all."""
        query = {"object_id": self.desk.scope(at)}
        row, own = self._first(query)
        values = {
            "telephone": text_of(row, "telephone", 255),
            "email": text_of(row, "email", 320),
            "own": own,
        }
        return Resource("", values)

    def _first(self, query: dict[str, int]) -> tuple[Row, bool]:
        for call, own in (("GET /support/", True), ("GET /support/show/", False)):
            try:
                return read_object(self.desk.panel.read(call, query=query)) or {}, own
            except NotThere:
                continue
        return {}, False

    def send(self, sending: Sending) -> Applied:
        """Writes the contact, or drops it."""
        now = self.fresh(sending)
        with nothing_sent():
            query = {"object_id": self.desk.scope(sending.at)}
        if sending.action == "reset":
            read_answer(self.desk.panel.write("DELETE /support/", query=query))
            return Applied()
        body = {name: {**now.values, **sending.values}[name] or None for name in ("telephone", "email")}
        call = "POST /support/" if now.values["own"] else "PUT /support/"
        read_answer(self.desk.panel.write(call, query=query, body=body))
        return Applied()


# --- Formats of users (5.2) ---------------------------------------------------------------------------------------------

FORMATS = "user_formats"
_LANGUAGES = (("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français"), ("ja", "日本語"))
_FORMAT_PARTS: tuple[tuple[str, Message, str], ...] = (
    ("timezone", msg("Time zone"), "name"),
    ("dateformat", msg("Date"), "short"),
    ("timeformat", msg("Time"), "short"),
    ("numberformat", msg("Numbers"), "name"),
)

_FORMAT = ResourceKind(
    name=FORMATS,
    label=msg("Language and formats"),
    one=msg("Language and formats"),
    area=Area.CUSTOMERS,
    parent=DOMAIN,
    single=True,
    icon="language",
    calls=("GET /user/settings/", "GET /user/format/"),
    columns=(
        Column("language", msg("Language")),
        *(Column(name, label) for name, label, _ in _FORMAT_PARTS),
        Column("decimal", msg("Decimal sign"), Show.CODE),
        Column("thousand", msg("Thousands sign"), Show.CODE),
        _OWN,
    ),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("Language and formats were changed."),
            Right.CHANGE_DOMAINS,
            "POST /user/settings/",
            fields=(
                Field(
                    "language",
                    msg("Language"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=tuple((short, msg(long)) for short, long in _LANGUAGES),
                ),
                *(
                    Field(name, label, required=True, most=100, help=msg("As the Control Panel names it."))
                    for name, label, _ in _FORMAT_PARTS
                ),
            ),
        ),
        _reset(
            msg("Drop the own settings"),
            msg("What is inherited applies to language and formats again."),
            Right.CHANGE_DOMAINS,
            "DELETE /user/settings/",
        ),
    ),
)


class UserFormats(Keeper):
    """Language and formats of a customer's users."""

    kinds = (_FORMAT,)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """What applies now, with the signs of numbers."""
        query = {"object_id": self.desk.customer(at)}
        settings, formats = self.desk.together(
            lambda: read_object(self.desk.panel.read("GET /user/settings/", query=query)) or {},
            lambda: self._formats(query),
        )
        return Resource("", {**format_values(settings), **formats})

    def _formats(self, query: dict[str, int]) -> dict[str, Json]:
        try:
            row = read_object(self.desk.panel.read("GET /user/format/", query=query)) or {}
        except (Rejected, NoPermission):
            row = {}
        return {name: text_of(part_of(row, "format_number"), name, 5) for name in ("decimal", "thousand")}

    def send(self, sending: Sending) -> Applied:
        """Writes what changes, or drops all."""
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        if sending.action == "reset":
            read_answer(self.desk.panel.write("DELETE /user/settings/", query=query))
        else:
            read_answer(self.desk.panel.write("POST /user/settings/", query=query, body=dict(sending.values)))
        return Applied()


def format_values(row: Row) -> dict[str, Json]:
    """The settings of a user or customer (5.2)."""
    return {
        "language": text_of(part_of(row, "language"), "short", 10),
        **{name: text_of(part_of(row, name), key, 100) for name, _, key in _FORMAT_PARTS},
        "own": bool(row) and not boolean(row.get("is_inherited")),
    }


# --- Services, and who is told of threats (5.5, 5.13) ---------------------------------------------------------------------

SERVICES = "services"

_SERVICES = ResourceKind(
    name=SERVICES,
    label=msg("Booked services"),
    one=msg("Booked services"),
    area=Area.CUSTOMERS,
    parent=DOMAIN,
    single=True,
    icon="list-check",
    calls=("GET /dashboard/", "GET /atp/subscriptions/"),
    note=msg("Gatehouse does not book services: they cost money. They are booked in the Control Panel."),
    columns=(
        Column("booked", msg("Booked"), Show.LIST),
        Column("open", msg("Not booked"), Show.LIST),
        Column("users", msg("Users"), Show.NUMBER),
        Column("atp", msg("Advanced Threat Protection"), Show.YES_NO),
        Column("alerts", msg("Threat alerts go to"), Show.LIST),
    ),
)


class Services(Keeper):
    """Which products a customer has; shown only."""

    kinds = (_SERVICES,)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """The products of the dashboard, and the threat protection."""
        query = {"object_id": self.desk.customer(at)}
        board, atp = self.desk.together(
            lambda: read_object(self.desk.panel.read("GET /dashboard/", query=query)) or {},
            lambda: self._atp(query),
        )
        return Resource("", {**service_values(board), **atp})

    def _atp(self, query: dict[str, int]) -> dict[str, Json]:
        try:
            row = read_object(self.desk.panel.read("GET /atp/subscriptions/", query=query)) or {}
        except (Rejected, NoPermission):
            return {"atp": None, "alerts": []}
        alerts = row.get("real_time_alert_emails")
        rows = [one for one in alerts if isinstance(one, dict)] if isinstance(alerts, list) else []
        enabled = row.get("enabled", row.get("enable"))
        return {"atp": boolean(enabled), "alerts": [text_of(one, "email", 320) for one in rows]}


def service_values(board: Row) -> dict[str, Json]:
    """The services of `/dashboard/` by whether they are booked."""
    services = board.get("services")
    rows = [row for row in services if isinstance(row, dict)] if isinstance(services, list) else []
    names = {text_of(row, "name", 100).replace("_", " ").capitalize(): row for row in rows}
    users = [count for row in rows if (count := number_of(row, "num_of_users")) is not None]
    return {
        "booked": [name for name, row in names.items() if boolean(row.get("enabled", row.get("enable")))],
        "open": [name for name, row in names.items() if not boolean(row.get("enabled", row.get("enable")))],
        "users": max(users, default=None),
    }
