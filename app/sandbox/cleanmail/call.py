"""One request on its way through a handler, and the answers a handler gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from app.sandbox.cleanmail import fields
from app.sandbox.cleanmail.problems import Problem, denied, invalid, missing
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, Caller


@dataclass
class Call:
    """What a handler needs: the request, who calls, the ids of the path, and the state."""

    request: Request
    records: Records
    caller: Caller
    args: Mapping[str, str]
    """The slots of the path, decoded."""
    base: str
    """Scheme, host and prefix that the request used, without a slash at the end."""
    profile: Mapping[str, Any]
    excel: bool = False
    """The client asked for a sheet, and this list offers one."""

    def json(self, *, needed: bool = True) -> Any:
        """Return the body as JSON, or None when there is none and none is needed."""
        raw = self.request.get_data()
        if not raw and not needed:
            return None
        if raw and not _is_json(self.request.content_type):
            raise Problem(415, "The body must be sent as application/json.")
        try:
            return json.loads(raw)
        except ValueError as error:
            raise invalid("The body is not valid JSON.") from error

    def body(self, model: fields.Model, *, partial: bool = False) -> dict[str, Any]:
        """Return the body's known fields, checked."""
        return fields.read(model, self.json(), partial=partial)

    def body_list(self, reader: fields.Reader) -> list[Any]:
        """Return the body as a list of checked items."""
        found: list[Any] = fields.list_of(reader)(self.json(), "The body")
        return found

    def query(self, name: str) -> str | None:
        """Return a query parameter; an empty one counts as absent."""
        return self.request.args.get(name) or None

    def header(self, name: str) -> bool:
        """Tell whether a header is present, whatever its value."""
        return name in self.request.headers

    def domain(self, permission: str = READ) -> Row:
        """Return the domain of the path; raise 404, or 403 without that permission on it."""
        return self.domain_by_id(self.args["domainId"], permission)

    def domain_by_id(self, domain_id: str, permission: str = READ) -> Row:
        """Return a domain; raise 404, or 403 without that permission on it."""
        row = self.records.find("domains", domain_id)
        if row is None:
            raise missing("Domain not found with given id.")
        if not self.caller.may(permission, row):
            raise denied()
        return row

    def user(self, permission: str = READ, *, own: bool = False) -> Row:
        """Return the account of the ``userId`` slot, which takes nothing but an id (Cleanmail notes, 4).

        ``own``: a token of that mailbox itself is enough. Raises 404 or 403.
        """
        return self.permitted(self.records.find("users", self.args["userId"]), permission, own=own)

    def user_or_email(self, permission: str = READ, *, own: bool = False) -> Row:
        """Return the account of the ``userIdOrEmail`` slot, by id or address. Raises 404 or 403."""
        slot = self.args["userIdOrEmail"]
        found = self.records.table("emails").get(slot.lower())
        by_email = found["id"] if found is not None and found["kind"] == "USER" else None
        return self.permitted(self.records.find("users", by_email or slot), permission, own=own)

    def permitted(self, user: Row | None, permission: str, *, own: bool = False) -> Row:
        """Return the account if the caller may act on it; raise 404 or 403."""
        if user is None:
            raise missing("User not found with given id.")
        if own and self.caller.is_mailbox(user):
            return user
        self.domain_by_id(user["of"], permission)
        return user

    def uri(self, *segments: str) -> str:
        """Return an absolute address below the base, every segment encoded fully."""
        return "/".join([self.base, *(quote(segment, safe="") for segment in segments)])


def _is_json(content_type: str | None) -> bool:
    """Accept what real clients send, also the type twice, as all of the manual's examples do."""
    first = (content_type or "").split(",")[0].partition(";")[0].strip().lower()
    return first == "application/json"


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    """Return a JSON answer; an underscore in a header's name stands for a hyphen."""
    response = Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")
    for name, content in headers.items():
        response.headers[name.replace("_", "-")] = content
    return response


def created(value: Any, location: str | None = None) -> Response:
    """Return 201 with a body, and the address of what was made where the API gives one."""
    if location is None:
        return answer(value, 201)
    return answer(value, 201, Location=location, Access_Control_Expose_Headers="Content-Location")


def nothing(status: int = 204) -> Response:
    """Return an answer without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response
