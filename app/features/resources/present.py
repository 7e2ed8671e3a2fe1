"""Values of resources as people read them: on a page, in a table of the shell, in a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.core.model import FieldKind
from app.core.resources import Column, Resource, ResourceKind, Show
from app.core.text import Message

_TONES = {"ok": "green", "warn": "orange", "bad": "red", "muted": "grey"}
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bar:
    """How much of a limit is used, as the `meter` draws it. `most` None: no limit."""

    used: float
    most: float | None
    text: str


def tone(column: Column, value: Any) -> str:
    """The colour of a state's word."""
    return _TONES.get(column.tones.get(str(value), ""), "grey")


def word(column: Column, value: Any) -> Message | str:
    """A state's word for people; the upstream's own where the driver has none for it."""
    return column.words.get(str(value), str(value))


def moment(value: Any) -> datetime | None:
    """A time as the driver gives it (ISO 8601 with its zone); None for what is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def size(number: Any) -> str:
    """A number of bytes for people ("1.5 GB")."""
    try:
        left = float(number)
    except (TypeError, ValueError):
        return str(number)
    for unit in ("bytes", "KB", "MB", "GB"):
        if abs(left) < 1024:
            return f"{left:.0f} {unit}" if unit == "bytes" or left == int(left) else f"{left:.1f} {unit}"
        left /= 1024
    return f"{left:.1f} TB"


def bar(value: Any) -> Bar | None:
    """A bar; None for a value that is none."""
    if not isinstance(value, dict) or not isinstance(value.get("used"), int | float):
        return None
    used, most, unit = value["used"], value.get("limit"), value.get("unit", "")
    if not isinstance(most, int | float) or most <= 0:
        most = None
    text = _amount(used, unit) if most is None else f"{_amount(used, unit)} / {_amount(most, unit)}"
    return Bar(used, most, text)


def _amount(number: float, unit: str) -> str:
    if unit == "bytes":
        return size(number)
    if unit == "MB":
        return size(number * _MEGABYTE)
    return f"{number:g} {unit}".strip()


def as_text(column: Column, value: Any) -> str:
    """A value in one line of plain text."""
    if value is None or value == "":
        return ""
    if column.show is Show.YES_NO or isinstance(value, bool):
        return "yes" if value else "no"
    if column.show is Show.BYTES:
        return size(value)
    if column.show is Show.BAR:
        found = bar(value)
        return found.text if found else ""
    if column.show is Show.IMAGE or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def listed(kind: ResourceKind) -> list[Column]:
    """The columns of the list."""
    return [column for column in kind.columns if column.listed]


def row_as_text(kind: ResourceKind, row: Resource) -> dict[str, str]:
    """A row for a table of the shell: the key and the columns of the list."""
    return {"key": row.key, **{c.name: as_text(c, row.values.get(c.name)) for c in listed(kind)}}


def details(kind: ResourceKind, resource: Resource) -> list[tuple[Column, Any]]:
    """All values with their columns; what is a field only comes as text, or yes and no, unless the page tells it anyway."""
    columns = {column.name: column for column in kind.columns}
    for field in (field for action in kind.actions for field in action.fields):
        if field.name in kind.covered or resource.values.get(field.name) == resource.key:
            continue
        show = Show.YES_NO if field.kind is FieldKind.SWITCH else Show.TEXT
        columns.setdefault(field.name, Column(field.name, field.label, show))
    return [(c, resource.values[name]) for name, c in columns.items() if name in resource.values]
