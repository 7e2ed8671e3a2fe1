"""Upstream administrators, API tokens and accesses over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, Field

from app.core.access import UpstreamAdmin, UpstreamToken
from app.core.actor import Actor, Right
from app.core.capabilities import Capability, require
from app.core.commands import (
    AddUpstreamAdmin,
    AddUpstreamToken,
    EditUpstreamAdmin,
    RemoveUpstreamAdmin,
    RemoveUpstreamToken,
    RevokeAccess,
    SetAccess,
    SetUsersAccess,
    SwitchOffFactor,
    parse,
)
from app.core.errors import Unreachable
from app.core.text import msg
from app.features.upstream_access.service import AccessService
from app.operations.executor import Execution
from app.web.api import (
    Body,
    Paged,
    Query,
    ReportOut,
    api_right,
    blueprint,
    report_out,
    request_key,
    text_out,
    written,
)
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("upstream_access", "Upstream access")

_OURS = Field(
    default=False,
    description="Go on although it may be what the connection itself signs in with and nobody can tell.",
)


class GrantOut(BaseModel):
    """What an account may do with one object, in the upstream's words."""

    kind: str
    name: str
    permissions: list[str]


class AdminOut(BaseModel):
    """An account at an upstream; null: the upstream does not say. `ours`: the connection itself signs in with it."""

    login: str
    name: str
    email: str
    language: str
    enabled: bool | None
    everything: bool | None
    second_factor: bool | None
    grants: list[GrantOut]
    last_seen: datetime | None
    created_at: datetime | None
    ours: bool | None


class AdminsOut(BaseModel):
    """One page of accounts. `next` is the value of `page` for the next one, null at the end."""

    items: list[AdminOut]
    total: int | None
    page: int
    size: int
    next: int | None
    problem: str | None = None


class UpstreamTokenOut(BaseModel):
    """An API token without its value."""

    id: str
    name: str
    created_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None
    ours: bool | None


class AdminDetailOut(AdminOut):
    """One account with its tokens; null where they cannot be read, `tokens_problem` says why."""

    tokens: list[UpstreamTokenOut] | None
    tokens_problem: str | None = None


class AdminsQuery(Paged):
    """Which accounts."""

    q: str = Field(default="", max_length=200, description="Part of a login, name or address.")


class AdminEditIn(Body):
    """What to change; what is left out stays. `expected`: the fields that you saw; refused (409) when one that would change
    is no longer so."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = None
    enabled: bool | None = None
    language: str | None = None
    expected: dict[str, str | bool | None] | None = None
    may_be_ours: bool = _OURS


class OursQuery(Query):
    """What a removal needs besides its address."""

    may_be_ours: bool = _OURS


class UpstreamTokenIn(Body):
    """A token to make. `expires`: its last day, YYYY-MM-DD."""

    name: str = Field(max_length=100)
    expires: str | None = None


class ReportOutWithValue(ReportOut):
    """The report, with the token's value: it is told this once. Null when the same request was sent before."""

    value: str | None


class DomainAdminOut(BaseModel):
    """An account and what it may do with the domain."""

    login: str
    name: str
    permissions: list[str]
    ours: bool | None


class UsersPermissionOut(BaseModel):
    """One thing that the users of a domain may, or may not, do."""

    name: str
    on: bool


class AccessOut(BaseModel):
    """Who may manage a domain, what its users may do, and the permissions that can be given."""

    admins: list[DomainAdminOut]
    users: list[UsersPermissionOut] | None
    offered: list[str]
    problem: str | None = None


class AccessIn(Body):
    """Exactly these permissions. `expected`: what you saw; refused (409) when it is no longer so."""

    permissions: list[str]
    expected: list[str] | None = None
    may_be_ours: bool = _OURS


class UsersIn(Body):
    """What the users of the domain may do: exactly this. `expected`: what you saw; refused (409) when it is no longer so."""

    permissions: list[str]
    expected: list[str] | None = None


class NewAdminIn(Body):
    """An account to add for a domain."""

    login: str
    name: str
    email: str
    password: str = Field(min_length=1, max_length=200)
    language: str = "EN"
    permissions: list[str]


def _service() -> tuple[AccessService, CollectFeedback]:
    feedback = CollectFeedback()
    return service_with(AccessService, feedback), feedback


@api.get("/connections/<connection>/admins")
@api_right(Right.MANAGE_ACCESS)
@api.input(AdminsQuery, location="query")
@api.output(AdminsOut)
def list_upstream_admins(actor: Actor, connection: str, query_data: AdminsQuery) -> AdminsOut:
    """List the administrators of an upstream, read live."""
    query = query_data
    page = _service()[0].admins(actor, connection, query.q, query.page, query.size)
    rows = page.found.rows if page.found else ()
    total = page.found.total if page.found else None
    more = len(rows) == query.size and (total is None or total > query.page * query.size)
    return AdminsOut(
        items=[AdminOut(**_fields(row)) for row in rows],
        total=total,
        page=query.page,
        size=query.size,
        next=query.page + 1 if more else None,
        problem=text_out(page.problem),
    )


@api.get("/connections/<connection>/admins/<login>")
@api_right(Right.MANAGE_ACCESS)
@api.output(AdminDetailOut)
def get_upstream_admin(actor: Actor, connection: str, login: str) -> AdminDetailOut:
    """Read one administrator with permissions and tokens."""
    detail = _service()[0].admin(actor, connection, login)
    return AdminDetailOut(
        **_fields(detail.admin),
        tokens=None if detail.tokens is None else [token_out(token) for token in detail.tokens],
        tokens_problem=text_out(detail.tokens_problem),
    )


@api.patch("/connections/<connection>/admins/<login>")
@api_right(Right.MANAGE_ACCESS)
@api.input(AdminEditIn, location="json")
@api.output(ReportOut)
def edit_upstream_admin(actor: Actor, connection: str, login: str, json_data: AdminEditIn) -> Response:
    """Change an account."""
    data = {"connection": connection, "login": login, **json_data.model_dump(exclude_none=True)}
    access, feedback = _service()
    return _written(feedback, access.edit(actor, parse(EditUpstreamAdmin, data), request_key()))


@api.delete("/connections/<connection>/admins/<login>/second-factor")
@api_right(Right.MANAGE_ACCESS)
@api.output(ReportOut)
def switch_off_second_factor(actor: Actor, connection: str, login: str) -> Response:
    """Switch off a second factor that its owner has lost; only the owner can switch it on again."""
    access, feedback = _service()
    command = parse(SwitchOffFactor, {"connection": connection, "login": login})
    return _written(feedback, access.switch_off_factor(actor, command, request_key(), typed=login))


@api.delete("/connections/<connection>/admins/<login>")
@api_right(Right.MANAGE_ACCESS)
@api.input(OursQuery, location="query")
@api.output(ReportOut)
def remove_upstream_admin(actor: Actor, connection: str, login: str, query_data: OursQuery) -> Response:
    """Remove an account with its permissions and tokens; never the one that the connection itself uses."""
    access, feedback = _service()
    data = {"connection": connection, "login": login, "may_be_ours": query_data.may_be_ours}
    return _written(
        feedback, access.remove(actor, parse(RemoveUpstreamAdmin, data), request_key(), typed=login)
    )


@api.post("/connections/<connection>/admins/<login>/tokens")
@api_right(Right.MANAGE_ACCESS)
@api.input(UpstreamTokenIn, location="json")
@api.output(ReportOutWithValue, status_code=201)
def add_upstream_token(actor: Actor, connection: str, login: str, json_data: UpstreamTokenIn) -> Response:
    """Make an API token of an account. Its value is in this answer, once, and is kept nowhere."""
    access, feedback = _service()
    data = {"connection": connection, "login": login, **json_data.model_dump()}
    made = access.add_token(actor, parse(AddUpstreamToken, data), request_key())
    out = report_out(feedback.reports, made.execution.outcomes)
    value = made.value.reveal() if made.value else None
    response = jsonify(ReportOutWithValue(**out.model_dump(), value=value).model_dump())
    response.status_code = 201
    return response


@api.delete("/connections/<connection>/admins/<login>/tokens/<token>")
@api_right(Right.MANAGE_ACCESS)
@api.input(OursQuery, location="query")
@api.output(ReportOut)
def remove_upstream_token(
    actor: Actor, connection: str, login: str, token: str, query_data: OursQuery
) -> Response:
    """Remove an API token, named by its id."""
    access, feedback = _service()
    whose = {"connection": connection, "login": login}
    command = parse(RemoveUpstreamToken, {**whose, "token": token, "may_be_ours": query_data.may_be_ours})
    execution = access.remove_token(actor, command, request_key(), typed=token, name=token)
    return _written(feedback, execution)


@api.get("/domains/<connection>/<domain>/access")
@api_right(Right.MANAGE_ACCESS)
@api.output(AccessOut)
def get_access(actor: Actor, connection: str, domain: str) -> AccessOut:
    """Read who may manage a domain, and what its users may do."""
    page = _service()[0].access(actor, connection, name_from_address(domain))
    access = page.access
    if access is None:
        return AccessOut(admins=[], users=None, offered=[], problem=text_out(page.problem))
    return AccessOut(
        admins=[
            DomainAdminOut(login=one.login, name=one.name, permissions=list(held), ours=one.ours)
            for one, held in access.admins
        ],
        users=None
        if access.users is None
        else [UsersPermissionOut(name=permission.name, on=permission.on) for permission in access.users],
        offered=list(access.offered),
    )


@api.post("/domains/<connection>/<domain>/access")
@api_right(Right.MANAGE_ACCESS)
@api.input(NewAdminIn, location="json")
@api.output(ReportOut, status_code=201)
def add_upstream_admin(actor: Actor, connection: str, domain: str, json_data: NewAdminIn) -> Response:
    """Add an account that may manage the domain."""
    access, feedback = _service()
    command = parse(AddUpstreamAdmin, {**_whose(connection, domain), **json_data.model_dump()})
    return _written(feedback, access.set_access(actor, command, request_key()), 201)


@api.get("/domains/<connection>/<domain>/access/<login>")
@api_right(Right.MANAGE_ACCESS)
@api.output(DomainAdminOut)
def get_access_of(actor: Actor, connection: str, domain: str, login: str) -> DomainAdminOut:
    """Read what one account may do with the domain."""
    page = _service()[0].access_of(actor, connection, name_from_address(domain), login)
    require(page.found.card, Capability.ACCESS_READ)
    if page.access is None:
        raise Unreachable(page.problem or msg("The access could not be read."))
    [(one, held)] = page.access.admins
    return DomainAdminOut(login=one.login, name=one.name, permissions=list(held), ours=one.ours)


@api.put("/domains/<connection>/<domain>/access/<login>")
@api_right(Right.MANAGE_ACCESS)
@api.input(AccessIn, location="json")
@api.output(ReportOut)
def set_access(actor: Actor, connection: str, domain: str, login: str, json_data: AccessIn) -> Response:
    """Let an account that is there manage the domain, with exactly these permissions."""
    access, feedback = _service()
    command = parse(SetAccess, {**_whose(connection, domain), "login": login, **json_data.model_dump()})
    return _written(feedback, access.set_access(actor, command, request_key()))


@api.delete("/domains/<connection>/<domain>/access/<login>")
@api_right(Right.MANAGE_ACCESS)
@api.input(OursQuery, location="query")
@api.output(ReportOut)
def revoke_access(actor: Actor, connection: str, domain: str, login: str, query_data: OursQuery) -> Response:
    """Take the access to the domain away from an account; one without any other access may go with it."""
    access, feedback = _service()
    data = {**_whose(connection, domain), "login": login, "may_be_ours": query_data.may_be_ours}
    return _written(feedback, access.revoke(actor, parse(RevokeAccess, data), request_key(), typed=login))


@api.put("/domains/<connection>/<domain>/users-access")
@api_right(Right.MANAGE_ACCESS)
@api.input(UsersIn, location="json")
@api.output(ReportOut)
def set_users_access(actor: Actor, connection: str, domain: str, json_data: UsersIn) -> Response:
    """Let the users of a domain do exactly this."""
    access, feedback = _service()
    command = parse(SetUsersAccess, {**_whose(connection, domain), **json_data.model_dump()})
    return _written(feedback, access.set_users(actor, command, request_key()))


def _whose(connection: str, domain: str) -> dict[str, str]:
    return {"connection": connection, "domain": name_from_address(domain)}


def _written(feedback: CollectFeedback, execution: Execution, status: int = 200) -> Response:
    return written(feedback.reports, execution.outcomes, status)


def _fields(admin: UpstreamAdmin) -> dict[str, Any]:
    """An account as JSON."""
    grants = [GrantOut(kind=g.kind, name=g.name, permissions=list(g.permissions)) for g in admin.grants]
    names = (
        *("login", "name", "email", "language", "enabled", "everything", "second_factor"),
        *("last_seen", "created_at", "ours"),
    )
    return {**{name: getattr(admin, name) for name in names}, "grants": grants}


def token_out(token: UpstreamToken) -> UpstreamTokenOut:
    """A token as JSON."""
    return UpstreamTokenOut(
        id=token.id,
        name=token.name,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        ours=token.ours,
    )
