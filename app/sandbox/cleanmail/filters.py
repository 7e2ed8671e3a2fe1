"""Filters on attachments and on URIs (Cleanmail REST API manual, 5.8 and 5.10): the same calls over two kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields, lists, times
from app.sandbox.cleanmail.call import Call, created, nothing
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import invalid, missing, taken
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import WRITE


def _upper(text: str) -> str:
    """Return the stored spelling: the manual's models write lower case and hyphens, its examples neither."""
    return text.upper().replace("-", "_")


def _expression(value: Any, name: str) -> str:
    found = fields.filled(value, name)
    try:
        re.compile(found)
    except re.error as error:
        raise invalid(f"'{name}' is no regular expression: {error}.") from error
    return found


ATTACHMENT: fields.Model = {
    "action": required(fields.one_of("DENY", "ALLOW", spelling=_upper)),
    "checkType": required(
        fields.one_of("FILENAME", "CONTENTTYPE", "ARCHIVE_CONTENTTYPE", "ARCHIVE_FILENAME", spelling=_upper)
    ),
    "filter": required(_expression),
    "description": optional(fields.text),
}

URI: fields.Model = {
    "action": required(
        fields.one_of("URIDNSBL_SKIP_DOMAIN", "WHITELIST_URI_HOST", "BLACKLIST_URI_HOST", spelling=_upper)
    ),
    "filter": required(_expression),
    "description": optional(fields.text),
}


@dataclass(frozen=True)
class Kind:
    """One of the two kinds: its table, the body it takes, what makes a filter the same as another, and its path."""

    table: str
    model: fields.Model
    identity: tuple[str, ...]
    segment: str
    slot: str
    shown: tuple[str, ...]


ATTACHMENTS = Kind(
    "attachment_filters",
    ATTACHMENT,
    ("action", "checkType", "filter"),
    "attachments",
    "attachmentId",
    ("id", "action", "checkType", "filter", "scope", "priority", "description", "createdDate"),
)

URIS = Kind(
    "uri_filters",
    URI,
    ("action", "filter"),
    "uris",
    "uriId",
    ("id", "scope", "action", "filter", "priority", "description", "createdDate"),
)

LISTING = lists.Listing(
    ("action", "filter", "description", "scope", "priority", "createdDate"),
    {"action": lambda _, wanted: lambda row: row["action"] == _upper(wanted)},
    {"scope": lists.column("of")},
)


def make(records: Records, kind: Kind, domain: Row, given: Row) -> Row:
    """Add a filter to a domain; priorities count up from 1."""
    others = records.owned(kind.table, domain["id"])
    start = {
        "priority": 1 + max((row["priority"] for row in others), default=0),
        "description": None,
        "createdDate": times.now(),
    }
    return records.add(kind.table, {**start, **given}, domain["id"])


def _view(kind: Kind, domain: Row, row: Row) -> Row:
    """Return a filter as the API shows it; its scope is the domain's name of today."""
    return {name: domain["name"] if name == "scope" else row[name] for name in kind.shown}


def _add(call: Call, kind: Kind) -> Response:
    domain = call.domain(WRITE)
    given = call.body(kind.model)
    same = [given[name] for name in kind.identity]
    others = call.records.owned(kind.table, domain["id"])
    if any([row[name] for name in kind.identity] == same for row in others):
        raise taken("This item may already exist with the same rules.")
    row = make(call.records, kind, domain, given)
    return created(_view(kind, domain, row), call.uri("domains", domain["id"], "filters", kind.segment))


def _list(call: Call, kind: Kind) -> Response:
    domain = call.domain()
    rows = call.records.owned(kind.table, domain["id"])
    return lists.respond(call, rows, LISTING, lambda row: _view(kind, domain, row))


def _filter(call: Call, kind: Kind) -> Row:
    row = call.records.find(kind.table, call.args[kind.slot])
    if row is None:
        raise missing("No filter found with given id.")
    call.domain_by_id(row["of"], WRITE)
    return row


def _edit(call: Call, kind: Kind) -> Response:
    row = _filter(call, kind)
    call.records.put(kind.table, {**row, **call.body(kind.model, partial=True)})
    return nothing()


def _delete(call: Call, kind: Kind) -> Response:
    call.records.remove(kind.table, _filter(call, kind))
    return nothing()


def add_attachment_filter_to_domain(call: Call) -> Response:
    """5.8.1: add a filter on attachments."""
    return _add(call, ATTACHMENTS)


def get_domain_attachment_filters(call: Call) -> Response:
    """5.8.3: the filters on attachments of a domain."""
    return _list(call, ATTACHMENTS)


def edit_attachment_filter(call: Call) -> Response:
    """5.8.4: change what is given."""
    return _edit(call, ATTACHMENTS)


def delete_attachment_filter(call: Call) -> Response:
    """5.8.2: delete a filter on attachments by its id alone."""
    return _delete(call, ATTACHMENTS)


def add_uri_bl_filter_to_domain(call: Call) -> Response:
    """5.10.1: add a filter on URIs."""
    return _add(call, URIS)


def get_domain_uri_bl_filters(call: Call) -> Response:
    """5.10.3: the filters on URIs of a domain."""
    return _list(call, URIS)


def edit_uri_bl_filter(call: Call) -> Response:
    """5.10.4: change what is given."""
    return _edit(call, URIS)


def delete_uri_bl_filter(call: Call) -> Response:
    """5.10.2: delete a filter on URIs by its id alone."""
    return _delete(call, URIS)
