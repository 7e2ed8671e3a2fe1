"""Mail folders, search, reading and release (Cleanmail REST API manual, 5.7; Cleanmail notes, 12)."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Sequence
from urllib.parse import quote

from werkzeug.wrappers import Response

from app.sandbox.cleanmail import lists, mime, times
from app.sandbox.cleanmail.call import Call, answer, nothing
from app.sandbox.cleanmail.problems import Problem, invalid, missing
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import QUARANTINE

CONTENT_FIELDS = ("HEADERS", "BODY", "ATTACHMENTS", "SOURCE")

_SHOWN = (
    "seen",
    "answered",
    "recent",
    "deleted",
    "important",
    "date",
    "subject",
    "from",
    "to",
    "cc",
    "bcc",
    "size",
)


def add_folder(records: Records, user_id: str, path: str) -> None:
    """Add a folder to a mailbox, if it has none of that path."""
    folders = records.table("folders")
    present = folders.get(user_id, [])
    if path not in present:
        folders[user_id] = [*present, path]


def add_message(records: Records, user_id: str, path: str, raw: bytes, fuglu_id: str, **flags: bool) -> Row:
    """Put a message into a folder of a mailbox."""
    add_folder(records, user_id, path)
    off = dict.fromkeys(("seen", "answered", "recent", "deleted", "important", "infected"), False)
    received = times.now()
    row = {
        **mime.summary(raw, received),
        **off,
        **flags,
        "fugluId": fuglu_id,
        "source": base64.b64encode(raw).decode(),
    }
    return records.add("messages", row, f"{user_id}/{path}")


def _available(call: Call) -> None:
    if call.profile["mail_store_down"]:
        raise Problem(500, "Something went wrong. Possibly unable to connect to Imap.")


def _folder(call: Call, user: Row, path: str) -> list[Row]:
    """Return the messages of a folder; raise 404."""
    if path not in call.records.table("folders").get(user["id"], ()):
        raise missing("The user or the folder does not exist.")
    return call.records.owned("messages", f"{user['id']}/{path}")


def _message(call: Call, user: Row, slot: str) -> Row:
    """Return a message by ``X-Fuglu-Id`` or ``Message-ID``; raise 404."""
    wanted = call.args[slot]
    for row in _folder(call, user, call.args["folderPath"]):
        if wanted in (row["fugluId"], row["messageId"]):
            return dict(row)
    raise missing("The user or the mail does not exist.")


def _source(row: Row) -> bytes:
    return base64.b64decode(row["source"])


# Folders


def _folder_view(call: Call, user: Row, path: str, *, stats: bool) -> Row:
    messages = call.records.owned("messages", f"{user['id']}/{path}") if stats else []
    base = ("users", user["email"], "emails")
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "unreadMessageCount": sum(not row["seen"] for row in messages) if stats else None,
        "messageCount": len(messages) if stats else None,
        "messagesUri": call.uri(*base, path),
        "childrenUri": call.uri(*base, "folders", path),
    }


def _folders(call: Call, parent: str | None) -> Response:
    user = call.user_or_email(QUARANTINE, own=True)
    _available(call)
    paths = call.records.table("folders").get(user["id"], [])
    if parent is not None and parent not in paths:
        raise missing("The folder does not exist.")
    stats = "STATS" in _asked_fields(call, ("STATS",))
    found = [path for path in paths if (path.rpartition("/")[0] or None) == parent]
    return answer([_folder_view(call, user, path, stats=stats) for path in found])


def _asked_fields(call: Call, known: Sequence[str]) -> set[str]:
    asked = {name.strip().upper() for name in (call.query("fields") or "").split(",") if name.strip()}
    if asked - set(known):
        raise invalid(f"'fields' can hold {', '.join(known)}.")
    return asked


def get_folders(call: Call) -> Response:
    """5.7.6: the top folders of a mailbox; counts with ``fields=STATS`` only."""
    return _folders(call, None)


def get_subfolders(call: Call) -> Response:
    """5.7.7: the folders below one."""
    return _folders(call, call.args["path"])


# Listing and search


def _view(call: Call, user: Row, row: Row) -> Row:
    """Return a message as listings show it. ``contentUri`` has one segment more than the manual's path."""
    path = row["of"].partition("/")[2]
    here = ("users", user["email"], "emails", path, row["fugluId"], row["id"])
    return {
        "headers": row["headers"],
        "attachments": _attachments(call, user, row, path),
        "id": row["fugluId"],
        "contentUri": call.uri(*here),
        "hasAttachment": bool(row["parts"]),
        **{name: row[name] for name in _SHOWN},
    }


def _attachments(call: Call, user: Row, row: Row, path: str) -> Row:
    base = call.uri("users", user["id"], "emails", path, row["fugluId"], "attachments")
    parts = [
        {**part, "downloadUri": f"{base}/{part['partId']}?dl=True", "displayUri": f"{base}/{part['partId']}"}
        for part in row["parts"]
    ]
    return {"parts": parts, "zipUri": f"{base}?dl=True", "count": len(parts)}


_SORTS: dict[str, lists.Value] = {
    "sentDate": lists.column("date"),
    **{name: lists.column(name) for name in ("date", "subject", "from", "size")},
}

Criterion = Callable[[Row, str], bool]


def _inside(*names: str) -> Criterion:
    def test(row: Row, wanted: str) -> bool:
        return any(wanted.lower() in str(row[name]).lower() for name in names)

    return test


def _moment(text: str, name: str) -> int:
    found = times.parse(text)
    if found is None:
        raise invalid(f"'{name}' must be a date: milliseconds since 1970, or ISO 8601.")
    return found


_CRITERIA: dict[str, Criterion] = {
    "receivedAfter": lambda row, text: row["date"] >= _moment(text, "receivedAfter"),
    "receivedBefore": lambda row, text: row["date"] <= _moment(text, "receivedBefore"),
    "from": _inside("from"),
    "to": _inside("to"),
    "cc": _inside("cc"),
    "subject": _inside("subject"),
    "body": _inside("text"),
    "id": lambda row, text: text in (row["fugluId"], row["messageId"]),
}

SEARCH_PARAMETERS = ("sort", "offset", "pageSize", *_CRITERIA, "operator")


def _search(call: Call, rows: list[Row]) -> list[Row]:
    operator = (call.query("operator") or "AND").upper()
    criteria = {name: text for name in _CRITERIA if (text := call.query(name)) is not None}
    for name in ("receivedAfter", "receivedBefore"):
        _moment(criteria.get(name, "0"), name)
    if operator not in ("AND", "OR", "NOT") or (operator == "NOT" and len(criteria) != 1):
        raise invalid("'operator' must be AND, OR, or NOT with a single criterion.")
    if not criteria:
        return rows
    combine = all if operator == "AND" else any

    def test(row: Row) -> bool:
        found = combine(_CRITERIA[name](row, text) for name, text in criteria.items())
        return found != (operator == "NOT")

    return [row for row in rows if test(row)]


def get_folder_content(call: Call) -> Response:
    """5.7.8: the messages of a folder, newest first, searched by up to eight criteria. ``sort=id`` is no key here."""
    user = call.user_or_email(QUARANTINE, own=True)
    _available(call)
    rows = _folder(call, user, call.args["folderPath"])
    offset, size = lists.window(call)
    sort = call.query("sort") or "-sentDate"
    value = _SORTS.get(sort.removeprefix("-"))
    if value is None:
        raise invalid(f"'{sort.removeprefix('-')}' is no field to sort by.")
    found = sorted(
        _search(call, rows),
        key=lambda row: lists.order(value(call.records, row)),
        reverse=sort.startswith("-"),
    )
    return lists.counted([_view(call, user, row) for row in found[offset : offset + size]], len(found))


# One message


def get_email(call: Call) -> Response:
    """5.7.5: one message. Body and source are for a token of that mailbox itself; others get null."""
    user = call.user_or_email(QUARANTINE, own=True)
    _available(call)
    row = _message(call, user, "fugluIdOrMailId")
    fields = _asked_fields(call, CONTENT_FIELDS) or {"HEADERS"}
    shown = _view(call, user, row)
    own, raw = call.caller.is_mailbox(user), _source(row)
    if "HEADERS" not in fields:
        shown["headers"] = None
    if "ATTACHMENTS" not in fields:
        shown["attachments"] = None
    return answer(
        {
            **shown,
            "body": _encoded(mime.body(raw)) if own and "BODY" in fields else None,
            "source": raw.decode("utf-8", "replace") if own and "SOURCE" in fields else None,
        }
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


def release_email(call: Call) -> Response:
    """5.7.9: deliver a message; it leaves its folder for the inbox.

    412 in two opposite cases: infected without ``X-Virus-Lover``, or that header for a message that is not infected.
    """
    user = call.user_or_email(QUARANTINE, own=True)
    if call.profile["mail_store_down"]:
        raise invalid("An internal problem occured.")
    row = _message(call, user, "fugluId")
    path = call.args["folderPath"]
    infected = row["infected"] or path.rpartition("/")[2].lower() == "virus"
    if infected != call.header("X-Virus-Lover"):
        raise Problem(412, "Release not allowed: the message is infected, or the header is not needed.")
    call.records.add(
        "deliveries", {"email": user["email"], "fugluId": row["fugluId"], "createdAt": times.now()}
    )
    if path != "INBOX":
        call.records.remove("messages", row)
        add_folder(call.records, user["id"], "INBOX")
        call.records.add("messages", {**row, "infected": infected}, f"{user['id']}/INBOX")
    return nothing()


# Attachments of a message


def get_all_email_attachments(call: Call) -> Response:
    """5.7.2: every attachment in one archive."""
    row = _message(call, call.user(QUARANTINE, own=True), "messageId")
    if not row["parts"]:
        raise missing("File not found.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in row["parts"]:
            found = mime.attachment(_source(row), part["partId"])
            if found is not None:
                archive.writestr(f"{part['partId']}-{found[0].replace('/', '_')}", found[2])
    return download(call, "attachments.zip", "application/zip", buffer.getvalue())


def download_email_attachment_part(call: Call) -> Response:
    """5.7.3: one attachment."""
    row = _message(call, call.user(QUARANTINE, own=True), "emailId")
    found = mime.attachment(_source(row), call.args["partId"])
    if found is None:
        raise missing("File not found.")
    return download(call, *found)


def download(call: Call, name: str, content_type: str, content: bytes) -> Response:
    """Return a file, to be saved with ``dl`` in the query and to be shown without."""
    kind = "attachment" if "dl" in call.request.args else "inline"
    disposition = f"{kind}; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, 200, {"Content-Disposition": disposition}, content_type=content_type)
