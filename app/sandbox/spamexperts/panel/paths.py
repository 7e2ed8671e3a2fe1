"""Requests of the Control Panel API: ``/api/<controller>/<action>/<key>/<value>/...`` (contract sheet, 7.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import unquote

from app.sandbox.spamexperts.panel.outcome import PanelError
from app.sandbox.spamexperts.wording import Panel


@dataclass(frozen=True)
class Asked:
    """One request: ``controller/action``, the pairs behind it, and whether JSON is wanted."""

    action: str
    values: dict[str, str]
    json: bool

    def text(self, key: str) -> str:
        """Return a value that must be there."""
        if not self.values.get(key):
            raise PanelError(Panel.MISSING_KEY.format(action=self.action, key=key))
        return self.values[key]

    def listed(self, key: str) -> list[str]:
        """Return the texts of a JSON array; none when the key is missing."""
        if not self.values.get(key):
            return []
        try:
            items = json.loads(self.values[key])
        except ValueError:
            items = None
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise PanelError(Panel.BAD_LIST.format(key=key))
        return items


def parse(target: str) -> Asked:
    """Read the raw request target. Repeated slashes collapse; values are decoded after splitting."""
    path = target.partition("?")[0]
    parts = [_decoded(part) for part in path.split("/") if part][1:]
    controller, action, *rest = [*parts, "", ""]
    values = dict(zip(rest[::2], rest[1::2], strict=False))
    as_json = values.pop("format", "").lower() == "json"
    return Asked(f"{controller.lower()}/{action.lower()}", values, as_json)


def _decoded(part: str) -> str:
    return unquote(part.encode("latin-1").decode("utf-8", "replace"))
