"""Fields of policies for people: their values in words, their choices, and the headings they stand under."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from app.core.model import PolicyField
from app.web.render import translated


def shown(value: Any, field: PolicyField) -> str:
    """A value for people, with its unit."""
    if value is None:
        return str(_("not known"))
    if isinstance(value, bool):
        return str(_("on") if value else _("off"))
    choice = dict(field.choices).get(str(value))
    if choice is not None:
        return str(translated(choice))
    text = value if isinstance(value, str) else json.dumps(value)
    return f"{text or '—'} {translated(field.unit)}" if field.unit and text else text or "—"


def field_choices(field: PolicyField) -> list[tuple[str, str]]:
    """The choices of a field for a select box."""
    return [(value, str(translated(label))) for value, label in field.choices]


def grouped(fields: Iterable[PolicyField]) -> list[tuple[str, Sequence[PolicyField]]]:
    """The fields by heading, in their order; "" where they have none."""
    parts = groupby(fields, key=lambda field: str(translated(field.group)) if field.group else "")
    return [(heading, list(part)) for heading, part in parts]
