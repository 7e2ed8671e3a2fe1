"""The form of a connection, made from the fields that its provider's card asks for."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField, TextAreaField

from app.core.capabilities import Card, Setting
from app.core.model import Connection, FieldKind, Tls
from app.web.forms import BaseForm, RequestKeyField

NUMBERS = ("connect_timeout", "read_timeout", "write_timeout", "parallel", "per_second")
MEGABYTE = 1024 * 1024


class ConnectionForm(BaseForm):
    """What every connection has; `value_<name>` fields come from the card."""

    name = StringField(_l("Name"), description=_l("How people call it, for example “Cleanmail · prod”."))
    key = StringField(
        _l("Key"), description=_l("Short name for addresses and commands. Made from the name if left empty.")
    )
    base_url = StringField(_l("Address"))
    tls = SelectField(
        _l("Certificate check"),
        choices=[
            (Tls.SYSTEM.value, _l("Verify with the system's certificate authorities")),
            (Tls.CA_FILE.value, _l("Verify with a certificate authority of your own")),
            (Tls.OFF.value, _l("Do not verify (anybody in between can read along)")),
        ],
    )
    ca_file = StringField(
        _l("CA file"), description=_l("Path of a PEM file on the machine that Gatehouse runs on.")
    )
    connect_timeout = StringField(_l("Time-out to connect"), description=_l("seconds"))
    read_timeout = StringField(_l("Time-out of a read"), description=_l("seconds"))
    write_timeout = StringField(_l("Time-out of a write"), description=_l("seconds"))
    parallel = StringField(_l("Calls at once"))
    per_second = StringField(_l("Calls a second"))
    body_cap = StringField(_l("Largest answer"), description=_l("megabytes"))
    resolvers = TextAreaField(
        _l("Name servers"),
        description=_l(
            "For checks of this connection's domains; empty = the system's. One IP or IP:port per line."
        ),
    )
    enabled = BooleanField(_l("Switched on"), default=True)
    version = HiddenField()
    request_key = RequestKeyField()

    def show(self, connection: Connection, card: Card) -> None:
        """Fills the form; secrets stay empty."""
        for name in ("name", "key", "base_url", "ca_file", "enabled", "version"):
            self[name].data = getattr(connection, name)
        self.tls.data = connection.tls.value
        for name in NUMBERS:
            self[name].data = f"{getattr(connection, name):g}"
        self.body_cap.data = f"{connection.body_cap / MEGABYTE:g}"
        self.resolvers.data = "\n".join(connection.resolvers)
        for setting in card.settings:
            if setting.kind is not FieldKind.SECRET:
                self[f"value_{setting.name}"].data = connection.value(setting.name)

    def data_for(self, kind: str, card: Card, key: str) -> dict[str, Any]:
        """What `ConnectionInput` reads."""
        data: dict[str, Any] = {
            "kind": kind,
            "key": key,
            "name": self.name.data or "",
            "base_url": self.base_url.data or "",
            "tls": self.tls.data or Tls.SYSTEM.value,
            "ca_file": self.ca_file.data or "",
            "enabled": bool(self.enabled.data),
            "resolvers": [line for line in re.split(r"[,\s]+", self.resolvers.data or "") if line],
            "values": {s.name: self[f"value_{s.name}"].data or "" for s in card.settings},
        }
        for name in NUMBERS:
            if (self[name].data or "").strip():
                data[name] = self[name].data.strip()
        if (self.body_cap.data or "").strip():
            data["body_cap"] = _bytes(self.body_cap.data)
        return data


def _bytes(text: str) -> int | str:
    """Megabytes as bytes; what is no number goes on as it is and is refused with the other fields."""
    try:
        return int(float(text.replace(",", ".")) * MEGABYTE)
    except (ValueError, OverflowError):
        return text


def connection_form(card: Card, *, stored: Connection | None) -> type[ConnectionForm]:
    """The form for connections of this provider."""
    fields = {f"value_{s.name}": _value_field(s, stored) for s in card.settings}
    return type("ConnectionFormOfProvider", (ConnectionForm,), fields)


def _value_field(setting: Setting, stored: Connection | None) -> Any:
    help_text = str(setting.help or "")
    if setting.kind is FieldKind.SECRET:
        is_set = stored is not None and bool(stored.values.get(setting.name))
        if is_set:
            help_text = f"{help_text} {_l('Set. Leave empty to keep it; it is never shown.')}".strip()
        return PasswordField(
            str(setting.label), description=help_text, render_kw={"autocomplete": "new-password"}
        )
    if setting.kind is FieldKind.CHOICE:
        choices = [(value, str(label)) for value, label in setting.choices]
        return SelectField(
            str(setting.label), choices=choices, default=setting.default, validate_choice=False
        )
    return StringField(
        str(setting.label),
        description=help_text,
        default=setting.default,
        render_kw={"placeholder": setting.placeholder, "autocomplete": "off"},
    )
