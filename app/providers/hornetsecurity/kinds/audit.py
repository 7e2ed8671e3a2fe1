"""The auditing log: who changed what in the panel, newest first (contract sheet, 5.13)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.actor import Right
from app.core.errors import NotFound
from app.core.resources import (
    DOMAIN,
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
from app.providers.hornetsecurity.kinds.base import Keeper, only
from app.providers.hornetsecurity.kinds.values import Row, read_list, text_of

Json = Any

AUDITING, CUSTOMER_AUDITING = "auditing", "customer_auditing"
SEARCH = "POST /auditing/_search/"
MOST = 10_000
_DAYS = 30
_SHOWN: tuple[tuple[str, Message], ...] = (
    ("user", msg("User")),
    ("entity", msg("Thing")),
    ("action", msg("Action")),
    ("target", msg("Target")),
)
_FURTHER: tuple[tuple[str, Message], ...] = (
    ("target_path", msg("Path of the target")),
    ("ip", msg("From address")),
    ("url", msg("Call")),
    ("status", msg("Status")),
    ("product", msg("Product")),
)
_CUT = msg(
    "The panel shows {most} entries of a search at most. Choose a shorter time to see the rest.", most=MOST
)


def _kind(name: str, label: Message, parent: str) -> ResourceKind:
    return ResourceKind(
        name=name,
        label=label,
        one=msg("Entry of the auditing log"),
        area=Area.ACCESS,
        parent=parent,
        right=Right.VIEW_CHANGES,
        paged=True,
        search=True,
        icon="history",
        calls=(SEARCH,),
        filters=(
            Field(
                "from", msg("From"), placeholder="2026-01-31", help=msg("The last 30 days where it is empty.")
            ),
            Field("to", msg("Until"), placeholder="2026-02-28"),
            *(Field(field, title) for field, title in (*_SHOWN, _FURTHER[1])),
        ),
        columns=(
            Column("date", msg("Time"), Show.TIME),
            *(Column(field, title) for field, title in _SHOWN),
            *(Column(field, title, listed=False) for field, title in _FURTHER),
            Column("old_values", msg("Before"), Show.CODE, listed=False),
            Column("new_values", msg("After"), Show.CODE, listed=False),
        ),
    )


class Auditing(Keeper):
    """The entries about the partner and all below it, or about one customer and its users. They have no ids of their own:
    the key is their time and a short name of their content."""

    kinds = (
        _kind(AUDITING, msg("Auditing log"), ""),
        _kind(CUSTOMER_AUDITING, msg("Auditing log"), DOMAIN),
    )

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page of the window; the panel gives 10,000 entries of a search at most (section 1, style A)."""
        offset = (query.page - 1) * query.size
        if offset + query.size > MOST:
            return ResourcePage((), None, cut=_CUT)
        start, end = window(query.filters)
        body: dict[str, Json] = {
            "date_from": _stamp(start),
            "date_to": _stamp(end),
            "offset": offset,
            "limit": query.size,
        }
        for name in (*(field for field, _ in _SHOWN), "ip"):
            if query.filters.get(name):
                body[name] = query.filters[name]
        if query.text:
            body["query"] = query.text
        found = read_list(
            self.desk.panel.read(SEARCH, query={"object_id": self.desk.scope(at)}, body=body), "auditings"
        )
        cut = _CUT if (found.total or 0) > MOST else None
        return ResourcePage([entry(row) for row in found.rows], found.total, found.more, cut)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One entry, looked for in its second."""
        moment = _moment(key.partition("~")[0])
        if moment is None:
            raise NotFound(msg("There is no entry “{key}”.", key=key))
        body = {
            "date_from": _stamp(moment - timedelta(seconds=1)),
            "date_to": _stamp(moment + timedelta(seconds=1)),
            "offset": 0,
            "limit": 2000,
        }
        found = read_list(
            self.desk.panel.read(SEARCH, query={"object_id": self.desk.scope(at)}, body=body), "auditings"
        )
        return only([entry(row) for row in found.rows], key)


def entry(row: Row) -> Resource:
    """One entry; what changed comes as JSON text (5.13)."""
    values: dict[str, Json] = {"date": text_of(row, "date", 40)}
    values |= {name: text_of(row, name) for name, _ in (*_SHOWN, *_FURTHER)}
    values |= {name: text_of(row, name, 8000) for name in ("old_values", "new_values")}
    short = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
    title = " ".join(filter(None, (values["entity"], values["action"], values["target"])))
    return Resource(f"{values['date']}~{short}", values, label=title)


def window(filters: Mapping[str, str]) -> tuple[datetime, datetime]:
    """The time that is asked for: whole days, and the last 30 of them where nothing (or nonsense) is said."""
    now = datetime.now(UTC).replace(microsecond=0)
    last = _moment(filters.get("to", ""))
    end = now if last is None else last + timedelta(days=1) if len(filters["to"]) <= 10 else last
    start = _moment(filters.get("from", "")) or end - timedelta(days=_DAYS)
    return (start, end) if start < end else (end - timedelta(days=1), end)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
