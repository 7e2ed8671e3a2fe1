"""The form of a policy: its fields are those that the driver describes, so they are read from the request by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import StringField

from app.core.model import FieldKind, PolicyField
from app.core.names import NameProblem
from app.core.policies import checked, same
from app.web.forms import BaseForm, RequestKeyField

VALUE, WAS = "v.", "was."
"""How the controls of a field are named: its new value, and the one that the person saw."""


class PolicyForm(BaseForm):
    """A policy, new or changed. `connection` and `domain`: where a copy goes."""

    name = StringField(_l("Name"))
    connection = StringField()
    domain = StringField(_l("Domain"))
    request_key = RequestKeyField()


def entered(fields: Sequence[PolicyField], posted: MultiDict[str, str]) -> dict[str, str]:
    """What the form holds, by field. A switch that is off is not posted at all."""
    found: dict[str, str] = {}
    for field in fields:
        text = posted.get(VALUE + field.name)
        if field.kind is FieldKind.SWITCH:
            found[field.name] = "false" if text is None else "true"
        elif text is not None:
            found[field.name] = text
    return found


def counting(fields: Sequence[PolicyField], values: Mapping[str, str]) -> dict[str, str]:
    """The values without those of services that the same form leaves off: they count for nothing."""
    needs = {field.name: field.needs for field in fields}
    return {n: v for n, v in values.items() if not needs.get(n) or values.get(needs[n]) == "true"}


def seen(fields: Sequence[PolicyField], posted: MultiDict[str, str]) -> dict[str, Any]:
    """What the person saw when the form was drawn, by field; fields that the form says nothing of are left out."""
    found: dict[str, Any] = {}
    for field in fields:
        try:
            found[field.name] = json.loads(posted[WAS + field.name])
        except (KeyError, ValueError, RecursionError):
            continue
    return {
        name: value for name, value in found.items() if value is None or isinstance(value, str | int | float)
    }


def changes(
    fields: Sequence[PolicyField], values: Mapping[str, str], before: Mapping[str, Any]
) -> dict[str, str]:
    """The values that differ from what the person saw; what cannot be a value counts as different, to be refused."""
    by_name = {field.name: field for field in fields}
    return {
        name: text
        for name, text in values.items()
        if name not in before or _differs(by_name[name], text, before[name])
    }


def _differs(field: PolicyField, text: str, before: Any) -> bool:
    try:
        return not same(checked(field, text), before)
    except NameProblem:
        return True
