"""The forms of the domain pages. They only collect text; `core.commands` decides what is valid."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField, StringField, TextAreaField

from app.core.capabilities import Card, Setting
from app.core.model import Connection, FieldKind, PolicyField, Route, Transport
from app.core.names import NameProblem
from app.core.platforms import Platform
from app.core.routes import parse_routes
from app.web.confirm import ConfirmForm
from app.web.forms import BaseForm, RequestKeyField, RowForm
from app.web.render import translated
from app.web.texts import words

BLANK_ROWS = 2
MAX_ROWS = 50


class RouteRow(RowForm):
    """One row of the route editor."""

    host = StringField(_l("Host or IP address"))
    port = StringField(_l("Port"))


class RouteEditor(BaseForm):
    """Rows of routes that can be added, moved and removed without script, and a field to paste a list into."""

    # One row more than accepted: the rest of a longer list would be dropped without a word.
    routes = FieldList(FormField(RouteRow), max_entries=MAX_ROWS + 1)
    pasted = TextAreaField(
        _l("Or paste routes"),
        description=_l("host:port, separated by commas or lines; port 25 where none is given."),
    )

    def act(self, pressed: Mapping[str, str]) -> bool:
        """Carries out the row button that was pressed without script; False if none was.

        `pressed` is the posted form: `add_row`, `remove_row` or `move_row` (one up), the row as "routes-<index>".
        """
        rows = [row.data for row in self.routes]
        if "add_row" in pressed:
            self.show_rows([*rows, {"host": "", "port": ""}])
            return True
        if "paste" in pressed:
            return True
        for button in ("remove_row", "move_row"):
            number = pressed.get(button, "").rpartition("-")[2]
            if not (number.isascii() and number.isdigit()) or int(number) >= len(rows):
                continue
            index = int(number)
            if button == "remove_row":
                del rows[index]
            elif index > 0:
                rows[index - 1], rows[index] = rows[index], rows[index - 1]
            self.show_rows(rows)
            return True
        return False

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        """Puts these rows into the editor."""
        while self.routes.entries:
            self.routes.pop_entry()
        for row in rows[: MAX_ROWS + 1]:
            self.routes.append_entry({"host": row.get("host", ""), "port": row.get("port", "")})

    def show_routes(self, routes: tuple[Route, ...] | None) -> None:
        """Fills the editor with routes and a blank row."""
        rows = [{"host": r.host, "port": str(r.port or "")} for r in routes or ()]
        self.show_rows([*rows, {"host": "", "port": ""}])

    def take_pasted(self) -> bool:
        """Moves what was pasted into the rows. False, with an error on the field, when it cannot be read."""
        if not (self.pasted.data or "").strip():
            return True
        try:
            routes = parse_routes(self.pasted.data or "")
        except NameProblem as problem:
            self.pasted.errors = [translated(problem.message)]
            return False
        rows = [row.data for row in self.routes if (row.data.get("host") or "").strip()]
        if len(rows) + len(routes) > MAX_ROWS:
            self.pasted.errors = [gettext("At most %(most)s routes are accepted.", most=MAX_ROWS)]
            return False
        self.show_rows([*rows, *({"host": r.host, "port": str(r.port or "")} for r in routes)])
        self.pasted.data = ""
        return True

    def route_inputs(self) -> list[dict[str, Any]]:
        """The rows that are not blank, as the input of a command; a host may hold its port ("host:2525")."""
        inputs = []
        for row in self.filled_rows():
            host, port = (row.data.get("host") or "").strip(), (row.data.get("port") or "").strip()
            split = re.fullmatch(r"(\[[^\[\]]+\]|[^:\[\]]+):(\d+)", host, re.ASCII)
            if split and not port:
                host, port = split.group(1), split.group(2)
            inputs.append({"host": host, "port": port or 25})
        return inputs

    def filled_rows(self) -> list[Any]:
        """The row fields that hold something, in order: `routes.N` of a command is the N-th of these."""
        return [
            row
            for row in self.routes
            if (row.data.get("host") or "").strip() or (row.data.get("port") or "").strip()
        ]


class AddDomainForm(RouteEditor):
    """Add a domain. `option_<name>` fields come from the provider's card."""

    connection = SelectField(_l("Connection"), validate_choice=False)
    domain = StringField(
        _l("Domain"),
        description=_l("International names may be typed as they are, for example bücher.example."),
    )
    aliases = TextAreaField(
        _l("Aliases"), description=_l("Other domains whose mail is treated like this one's; one per line.")
    )
    request_key = RequestKeyField()

    def command_data(self, options: Mapping[str, str]) -> dict[str, Any]:
        """What `AddDomain` reads."""
        return {
            "connection": self.connection.data or "",
            "domain": self.domain.data or "",
            "routes": self.route_inputs(),
            "aliases": words(self.aliases.data),
            "options": dict(options),
        }


class RoutesForm(RouteEditor):
    """Edit the routes of a domain. `expected` is what the person saw, so that two tabs cannot overwrite each other."""

    expected = HiddenField()
    request_key = RequestKeyField()


_TRANSPORTS = (
    (Transport.TLS_IF_OFFERED.value, _l("TLS if offered")),
    (Transport.TLS_ALWAYS.value, _l("TLS always")),
    (Transport.PLAIN.value, _l("without TLS")),
)


class PlatformRow(RowForm):
    """One platform: its main host and its fallback. `id` is that of one that is there, "" for a new one."""

    id = HiddenField()
    name = StringField(_l("Name"))
    default = BooleanField(_l("Default: serves everybody without a platform of their own"))
    host = StringField(_l("Host or IP address"))
    port = StringField(_l("Port"), default="25")
    transport = SelectField(_l("Encryption"), choices=_TRANSPORTS, validate_choice=False)
    fallback_host = StringField(_l("Fallback host"), description=_l("May stay empty."))
    fallback_port = StringField(_l("Fallback port"), default="25")
    fallback_transport = SelectField(_l("Fallback encryption"), choices=_TRANSPORTS, validate_choice=False)


class PlatformsForm(BaseForm):
    """All platforms of a domain. `expected`, as JSON, is what the person saw."""

    platforms = FieldList(FormField(PlatformRow), max_entries=MAX_ROWS + 1)
    expected = HiddenField()
    request_key = RequestKeyField()

    def show(self, platforms: Sequence[Platform]) -> None:
        """Fills the form with what is there."""
        self.show_rows([_platform_row(one) for one in platforms])
        self.expected.data = json.dumps(self.inputs())

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        """Puts these platforms into the editor."""
        while self.platforms.entries:
            self.platforms.pop_entry()
        for row in rows[: MAX_ROWS + 1]:
            self.platforms.append_entry(row)

    def act(self, pressed: Mapping[str, str]) -> bool:
        """Carries out the button that adds a platform, or takes the one away that it names; False if none was pressed."""
        rows = [row.data for row in self.platforms]
        if "add_row" in pressed:
            self.show_rows([*rows, {}])
            return True
        number = pressed.get("remove_row", "").rpartition("-")[2]
        if not (number.isascii() and number.isdigit()) or int(number) >= len(rows):
            return False
        del rows[int(number)]
        self.show_rows(rows)
        return True

    def inputs(self) -> list[dict[str, Any]]:
        """The platforms as the input of a command."""
        return [_platform_input(row.data) for row in self.platforms]


def _platform_row(one: Platform) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.id, "name": one.name, "default": one.default}
    for prefix, route in zip(("", "fallback_"), one.routes, strict=False):
        row |= {
            f"{prefix}host": route.host,
            f"{prefix}port": str(route.port or 25),
            f"{prefix}transport": route.transport.value,
        }
    return row


def _platform_input(row: Mapping[str, Any]) -> dict[str, Any]:
    routes = []
    for prefix in ("", "fallback_"):
        host = (row.get(f"{prefix}host") or "").strip()
        if host or not prefix:
            routes.append(
                {
                    "host": host,
                    "port": (row.get(f"{prefix}port") or "").strip() or 25,
                    "transport": row.get(f"{prefix}transport") or Transport.TLS_IF_OFFERED.value,
                }
            )
    return {
        "id": row.get("id") or "",
        "name": row.get("name") or "",
        "default": bool(row.get("default")),
        "routes": routes,
    }


class SwitchForm(BaseForm):
    """Enable, disable or restore a domain."""

    skip_mx_check = BooleanField(_l("Skip the upstream's check of the MX records"))
    request_key = RequestKeyField()


class RemoveForm(ConfirmForm):
    """Remove a domain after its name was typed."""

    skip_mx_check = BooleanField(_l("Skip the upstream's check of the MX records"))


class RenameForm(ConfirmForm):
    """Another name for a domain, after the present one was typed."""

    new_name = StringField(_l("New name"))
    skip_mx_check = BooleanField(_l("Skip the upstream's check of the MX records"))


class DetailsForm(BaseForm):
    """The fields of a domain: `field_<name>` as they are entered, `seen_<name>` as the person saw them."""

    skip_mx_check = BooleanField(_l("Skip the upstream's check of the MX records"))
    request_key = RequestKeyField()

    def entries(self) -> list[Any]:
        """The fields that are entered."""
        return [field for field in self if field.short_name.startswith("field_")]

    def changed(self) -> tuple[dict[str, str], dict[str, str]]:
        """(what was entered otherwise than it was seen, everything that was seen), by name."""
        names = [field.short_name.removeprefix("field_") for field in self.entries()]
        seen = {name: self[f"seen_{name}"].data or "" for name in names}
        entered = {name: self[f"field_{name}"].data or "" for name in names}
        return {name: text for name, text in entered.items() if text != seen[name]}, seen


def details_form(fields: Sequence[PolicyField], card: Card) -> type[DetailsForm]:
    """The form for these fields, filled with their values."""
    made: dict[str, Any] = {}
    for field in fields:
        made[f"field_{field.name}"] = _detail_field(field)
        made[f"seen_{field.name}"] = HiddenField(default=field.value)
    if not card.mx_check:
        made["skip_mx_check"] = None
    return type("DetailsFormOfDomain", (DetailsForm,), made)


def _detail_field(field: PolicyField) -> Any:
    label, help_text = translated(field.label), translated(field.help) if field.help else ""
    off = {} if field.writable else {"disabled": True}
    if not field.choices:
        return StringField(label, description=help_text, default=field.value, render_kw=off)
    choices = [(value, translated(text)) for value, text in field.choices]
    if field.value not in dict(choices):
        choices.insert(0, (field.value, field.value or "—"))
    return SelectField(
        label,
        description=help_text,
        choices=choices,
        default=field.value,
        validate_choice=False,
        render_kw=off,
    )


def add_domain_form(card: Card | None) -> type[AddDomainForm]:
    """The form for a connection: with a field for everything its card asks of a new domain."""
    fields = {f"option_{s.name}": _option_field(s) for s in (card.domain_fields if card else ())}
    return type("AddDomainFormOfConnection", (AddDomainForm,), fields)


def _option_field(setting: Setting) -> Any:
    if setting.kind is FieldKind.CHOICE:
        choices = [("", "—"), *((value, str(label)) for value, label in setting.choices)]
        return SelectField(
            str(setting.label), choices=choices, default=setting.default, validate_choice=False
        )
    return StringField(
        str(setting.label),
        description=str(setting.help or ""),
        default=setting.default,
        render_kw={"placeholder": setting.placeholder},
    )


def options_of(form: AddDomainForm, card: Card) -> dict[str, str]:
    """The filled-in option fields by their name on the card."""
    found = {s.name: (form[f"option_{s.name}"].data or "").strip() for s in card.domain_fields}
    return {name: value for name, value in found.items() if value}


def connection_choices(connections: list[tuple[Connection, Card]]) -> list[tuple[str, str]]:
    """The choices of the connection field."""
    return [(c.key, f"{c.name}") for c, _ in connections]
