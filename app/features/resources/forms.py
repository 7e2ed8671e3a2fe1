"""Forms made from the fields of an action, and what was entered in the form that commands take."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)

from app.core.model import FieldKind
from app.core.resources import Action, Field
from app.web.forms import BaseForm, RequestKeyField
from app.web.render import translated

PREFIX = "value_"
AS_IT_IS = "-"
"""The choice of a switch whose state nobody knows: it stays as it is."""


class ActionForm(BaseForm):
    """What every action's form has; `value_<name>` fields come from the action. `expected`: what the person saw, as JSON."""

    expected = HiddenField()
    confirm = StringField(_l("Confirmation"))
    request_key = RequestKeyField()


def action_form(action: Action, now: Mapping[str, Any] | None = None) -> type[ActionForm]:
    """The form of an action. `now`: the values that are there, for an edit."""
    editing = action.name == "edit"
    fields = {PREFIX + f.name: _field(f, editing, (now or {}).get(f.name)) for f in action.fields}
    return type("FormOfAction", (ActionForm,), fields)


def _field(field: Field, editing: bool, now: Any) -> Any:
    label = str(translated(field.label))
    if field.unit:
        label = f"{label} ({translated(field.unit)})"
    keywords: dict[str, Any] = {"description": _help(field, editing), "default": field.default}
    attributes: dict[str, Any] = {"autocomplete": "off"}
    if field.placeholder:
        attributes["placeholder"] = field.placeholder
    if field.required and not (editing and not field.readable):
        attributes["aria-required"] = "true"
        label = f"{label} *"
    if field.kind is FieldKind.SWITCH:
        if editing and now is None:
            unknown = [(AS_IT_IS, _("as it is (not known)")), ("yes", _("yes")), ("no", _("no"))]
            return SelectField(label, choices=unknown, default=AS_IT_IS, description=keywords["description"])
        return BooleanField(label, **{**keywords, "default": bool(field.default)})
    if field.kind is FieldKind.CHOICE:
        choices = [(value, str(translated(text))) for value, text in field.choices]
        if not field.required or (editing and now in (None, "")):
            choices = [("", "—"), *choices]
        return SelectField(label, choices=choices, validate_choice=False, **keywords)
    if field.kind is FieldKind.SECRET:
        attributes["autocomplete"] = "new-password"
        return PasswordField(label, description=keywords["description"], render_kw=attributes)
    if field.kind is FieldKind.FILE:
        accept = {"accept": ",".join(field.media_types)} if field.media_types else {}
        return FileField(label, description=keywords["description"], render_kw=accept)
    if field.kind in (FieldKind.LONG_TEXT, FieldKind.LINES, FieldKind.HOSTS):
        attributes["rows"] = 8 if field.kind is FieldKind.LONG_TEXT else 4
        return TextAreaField(label, render_kw=attributes, **keywords)
    if field.kind is FieldKind.NUMBER:
        attributes["inputmode"] = "numeric"
    return StringField(label, render_kw=attributes, **keywords)


def _help(field: Field, editing: bool) -> str:
    parts = [str(translated(field.help))] if field.help else []
    if field.kind in (FieldKind.LINES, FieldKind.HOSTS):
        parts.append(_("One per line."))
    if field.kind is FieldKind.COLOUR:
        parts.append(_("A colour such as #1a73e8."))
    if field.kind is FieldKind.NUMBER and field.least is not None and field.most is not None:
        parts.append(_("%(least)s to %(most)s.", least=field.least, most=field.most))
    if editing and not field.readable:
        parts.append(_("Left empty: it stays as it is."))
    return " ".join(parts)


def show(form: ActionForm, action: Action, values: Mapping[str, Any]) -> None:
    """Fills the form of an edit with what is there, and keeps what the person sees."""
    seen: dict[str, Any] = {}
    for field in action.fields:
        value = values.get(field.name)
        if not field.readable or value is None:
            continue
        seen[field.name] = value
        form[PREFIX + field.name].data = "\n".join(map(str, value)) if isinstance(value, list) else value
    form.expected.data = json.dumps(seen, ensure_ascii=False)


def entered(form: ActionForm, action: Action) -> dict[str, Any]:
    """The values by field; what is empty stays out, unless that empties a field of what is edited."""
    values: dict[str, Any] = {}
    seen = expected_of(form) or {}
    for field in action.fields:
        value = _entered(form, field)
        if value is None or (field.kind is FieldKind.SWITCH and value == AS_IT_IS):
            continue
        if value == "" and not _empties(action, field, seen):
            continue
        values[field.name] = value
    return values


def _empties(action: Action, field: Field, seen: Mapping[str, Any]) -> bool:
    """Whether "" means something: a required field that is missing, or one that shall be emptied."""
    emptied = field.readable and seen.get(field.name) not in (None, "", [])
    return emptied if action.name == "edit" else field.required or (action.sets and emptied)


def _entered(form: ActionForm, field: Field) -> Any:
    value = form[PREFIX + field.name].data
    if field.kind is FieldKind.FILE:
        if value is None or not getattr(value, "filename", ""):
            return ""
        data = base64.b64encode(value.read()).decode("ascii")
        return {"name": value.filename, "base64": data, "media_type": value.mimetype}
    return value


def expected_of(form: ActionForm) -> dict[str, Any] | None:
    """What the person saw; None where the form does not say (or was tampered with: then nothing is compared)."""
    try:
        seen = json.loads(form.expected.data or "null")
    except ValueError:
        return None
    return seen if isinstance(seen, dict) else None
