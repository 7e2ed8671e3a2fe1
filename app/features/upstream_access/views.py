"""The pages of upstream administrators, and the access tab of a domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
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
from app.core.errors import NotFound
from app.core.text import msg
from app.features.upstream_access.forms import (
    AccessForm,
    AdminForm,
    NewAdminForm,
    OneAccessForm,
    RemovalForm,
    TokenForm,
    UsersForm,
)
from app.features.upstream_access.service import AccessService, AdminDetail, MadeToken
from app.web.errors import tried
from app.web.forms import BaseForm
from app.web.paging import Pager, page_number
from app.web.permissions import right
from app.web.services import service
from app.web.texts import name_from_address

bp = Blueprint("upstream_access", __name__)

SIZE = 50


@bp.get("/access/")
@right(Right.MANAGE_ACCESS)
def index(actor: Actor) -> str:
    """The connections, and why the administrators of some cannot be listed."""
    return render_template("upstream_access/index.html", connections=service(AccessService).overview(actor))


@bp.get("/access/<key>/")
@right(Right.MANAGE_ACCESS)
def admins(actor: Actor, key: str) -> str:
    """The administrators of a connection, read live."""
    text, number = request.args.get("q", "").replace("\x00", "")[:200].strip(), page_number()
    page = service(AccessService).admins(actor, key, text, number, SIZE)
    total = page.found.total if page.found else 0
    if total is None:  # the upstream does not count: a full page may have a next one
        rows = len(page.found.rows) if page.found else 0
        pager = Pager.of(number, SIZE, (number - 1) * SIZE + rows, rows == SIZE)
    else:
        pager = Pager.of(number, SIZE, total)
    return render_template("upstream_access/admins.html", page=page, text=text, pager=pager)


# --- one administrator ---


@bp.get("/access/<key>/admins/<login>")
@right(Right.MANAGE_ACCESS)
def admin(actor: Actor, key: str, login: str) -> Any:
    """One administrator: the account, the permissions, the tokens."""
    return _admin_page(service(AccessService).admin(actor, key, login))


@bp.post("/access/<key>/admins/<login>")
@right(Right.MANAGE_ACCESS)
def edit(actor: Actor, key: str, login: str) -> Any:
    """Change the account."""
    form = AdminForm()
    data = {"connection": key, "login": login, "may_be_ours": bool(form.may_be_ours.data), **form.wish()}
    status = tried(
        form,
        lambda: service(AccessService).edit(actor, parse(EditUpstreamAdmin, data), form.request_key.data),
    )
    if status is None:
        return redirect(url_for("upstream_access.admin", key=key, login=login), 303)
    return _admin_page(service(AccessService).admin(actor, key, login), form=form), status


@bp.post("/access/<key>/admins/<login>/tokens")
@right(Right.MANAGE_ACCESS)
def add_token(actor: Actor, key: str, login: str) -> Any:
    """Make a token: its value is shown on the page that answers, and nowhere else."""
    access, form = service(AccessService), TokenForm()
    made: list[MadeToken] = []

    def make() -> None:
        data = {"connection": key, "login": login, "name": form.name.data or "", "expires": form.expires.data}
        made.append(access.add_token(actor, parse(AddUpstreamToken, data), form.request_key.data))

    status = tried(form, make)
    if status is None:
        return _admin_page(access.admin(actor, key, login), made=made[0], name=form.name.data or "")
    return _admin_page(access.admin(actor, key, login), token_form=form), status


def _admin_page(
    detail: AdminDetail,
    *,
    form: AdminForm | None = None,
    token_form: TokenForm | None = None,
    made: MadeToken | None = None,
    name: str = "",
) -> str:
    if form is None:
        form = AdminForm(formdata=None, obj=detail.admin)
        form.show(detail.admin)
    return render_template(
        "upstream_access/admin.html",
        detail=detail,
        admin=detail.admin,
        gaps=detail.gaps(),
        form=form,
        token_form=token_form or TokenForm(formdata=None),
        made=made,
        made_name=name,
    )


@bp.route("/access/<key>/admins/<login>/second-factor", methods=["GET", "POST"])
@right(Right.MANAGE_ACCESS)
def second_factor(actor: Actor, key: str, login: str) -> Any:
    """Switch off a second factor that its owner has lost."""
    access, form = service(AccessService), RemovalForm()

    def send() -> None:
        command = parse(SwitchOffFactor, {"connection": key, "login": login})
        access.switch_off_factor(actor, command, form.request_key.data, typed=form.confirm.data or "")

    back = url_for("upstream_access.admin", key=key, login=login)
    return _confirmed(form, send, back, lambda: _of_admin(actor, key, login, "factor"))


@bp.route("/access/<key>/admins/<login>/remove", methods=["GET", "POST"])
@right(Right.MANAGE_ACCESS)
def remove(actor: Actor, key: str, login: str) -> Any:
    """The page that names what goes with an account, then the removal."""
    access, form = service(AccessService), RemovalForm()

    def send() -> None:
        data = {"connection": key, "login": login, "may_be_ours": bool(form.may_be_ours.data)}
        command = parse(RemoveUpstreamAdmin, data)
        access.remove(actor, command, form.request_key.data, typed=form.confirm.data or "")

    back = url_for("upstream_access.admins", key=key)
    return _confirmed(form, send, back, lambda: _of_admin(actor, key, login, "account"))


@bp.route("/access/<key>/admins/<login>/tokens/<token>/remove", methods=["GET", "POST"])
@right(Right.MANAGE_ACCESS)
def remove_token(actor: Actor, key: str, login: str, token: str) -> Any:
    """The page that names a token, then its removal."""
    access, form = service(AccessService), RemovalForm()

    def find() -> Any:
        detail = access.admin(actor, key, login)
        found = next((one for one in detail.tokens or () if one.id == token), None)
        if found is None:
            raise NotFound(msg("{login} has no such token (any more).", login=login))
        return detail, found

    def send() -> None:
        data = {"connection": key, "login": login, "token": token, "may_be_ours": bool(form.may_be_ours.data)}
        command = parse(RemoveUpstreamToken, data)
        name = find()[1].name
        access.remove_token(actor, command, form.request_key.data, typed=form.confirm.data or "", name=name)

    def page() -> dict[str, Any]:
        detail, found = find()
        return {"what": "token", "detail": detail, "token": found, "expected": found.name}

    return _confirmed(form, send, url_for("upstream_access.admin", key=key, login=login), page)


def _of_admin(actor: Actor, key: str, login: str, what: str) -> dict[str, Any]:
    detail = service(AccessService).admin(actor, key, login)
    return {"what": what, "detail": detail, "expected": detail.admin.login}


# --- the access tab of a domain ---


@bp.get("/domains/<key>/<name>/access")
@right(Right.MANAGE_ACCESS)
def access(actor: Actor, key: str, name: str) -> Any:
    """Who may manage a domain, and what its users may do."""
    return _access_page(actor, key, name_from_address(name))


@bp.post("/domains/<key>/<name>/access")
@right(Right.MANAGE_ACCESS)
def set_access(actor: Actor, key: str, name: str) -> Any:
    """Let an account that is there manage the domain."""
    form = AccessForm()

    def send(base: dict[str, Any]) -> None:
        data = {"login": form.login.data or "", "may_be_ours": bool(form.may_be_ours.data)}
        command = parse(SetAccess, {**base, **data, "permissions": form.permissions.data or []})
        service(AccessService).set_access(actor, command, form.request_key.data)

    return _changed(actor, key, name, form, send)


@bp.post("/domains/<key>/<name>/access/new")
@right(Right.MANAGE_ACCESS)
def add_admin(actor: Actor, key: str, name: str) -> Any:
    """Add an account for the domain."""
    form = NewAdminForm()

    def send(base: dict[str, Any]) -> None:
        data = {field: form[field].data or "" for field in ("login", "name", "email", "password")}
        command = parse(AddUpstreamAdmin, {**base, **data, "permissions": form.permissions.data or []})
        service(AccessService).set_access(actor, command, form.request_key.data)

    return _changed(actor, key, name, form, send)


@bp.post("/domains/<key>/<name>/access/users")
@right(Right.MANAGE_ACCESS)
def set_users(actor: Actor, key: str, name: str) -> Any:
    """Let the users of the domain do what is ticked."""
    form = UsersForm()

    def send(base: dict[str, Any]) -> None:
        command = parse(SetUsersAccess, {**base, **form.wish()})
        service(AccessService).set_users(actor, command, form.request_key.data)

    return _changed(actor, key, name, form, send)


@bp.route("/domains/<key>/<name>/access/<login>/edit", methods=["GET", "POST"])
@right(Right.MANAGE_ACCESS)
def edit_access(actor: Actor, key: str, name: str, login: str) -> Any:
    """What one account may do with a domain, ticked as it is now; changed unless somebody else did meanwhile."""
    name, form, accesses = name_from_address(name), OneAccessForm(), service(AccessService)
    status: int | None = 200

    def send() -> None:
        whose = {"connection": key, "domain": name, "login": login}
        command = parse(SetAccess, {**whose, **form.wish(), "may_be_ours": bool(form.may_be_ours.data)})
        accesses.set_access(actor, command, form.request_key.data)

    if request.method == "POST":
        status = tried(form, send)
        if status is None:
            return redirect(url_for("upstream_access.access", key=key, name=name), 303)
    page = accesses.access_of(actor, key, name, login)
    admin, held = page.access.admins[0] if page.access is not None else (None, ())
    if page.access is not None:
        if request.method == "GET":
            form.show(held)
        form.permissions.offer(page.access.offered)
    gaps = page.found.gaps()
    shown = {"page": page, "found": page.found, "gaps": gaps, "form": form, "admin": admin, "login": login}
    return render_template("upstream_access/one.html", **shown), status


@bp.route("/domains/<key>/<name>/access/<login>/revoke", methods=["GET", "POST"])
@right(Right.MANAGE_ACCESS)
def revoke(actor: Actor, key: str, name: str, login: str) -> Any:
    """The page that names an access, then its end."""
    name = name_from_address(name)
    form, accesses = RemovalForm(), service(AccessService)

    def send() -> None:
        data = {"connection": key, "domain": name, "login": login, "may_be_ours": bool(form.may_be_ours.data)}
        command = parse(RevokeAccess, data)
        accesses.revoke(actor, command, form.request_key.data, typed=form.confirm.data or "")

    def page() -> dict[str, Any]:
        detail = accesses.admin(actor, key, login)
        return {"what": "access", "detail": detail, "expected": detail.admin.login, "domain": name}

    return _confirmed(form, send, url_for("upstream_access.access", key=key, name=name), page)


def _changed(
    actor: Actor, key: str, name: str, form: BaseForm, send: Callable[[dict[str, Any]], None]
) -> ResponseReturnValue | Any:
    name = name_from_address(name)
    status = tried(form, lambda: send({"connection": key, "domain": name}))
    if status is None:
        return redirect(url_for("upstream_access.access", key=key, name=name), 303)
    return _access_page(actor, key, name, form), status


def _access_page(actor: Actor, key: str, name: str, tried: BaseForm | None = None) -> str:
    page = service(AccessService).access(actor, key, name)
    forms: dict[str, Any] = {"form": AccessForm, "new_form": NewAdminForm, "users_form": UsersForm}
    drawn = {n: tried if isinstance(tried, cls) else cls(formdata=None) for n, cls in forms.items()}
    if page.access is not None:
        for each in ("form", "new_form"):
            drawn[each].permissions.offer(page.access.offered)
        users = page.access.users or ()
        if drawn["users_form"] is not tried:
            drawn["users_form"].show([permission.name for permission in users if permission.on])
        drawn["users_form"].permissions.offer([permission.name for permission in users])
    gaps = page.found.gaps()
    return render_template(
        "upstream_access/domain.html",
        page=page,
        found=page.found,
        gaps=gaps,
        writable=Capability.ACCESS_WRITE in page.found.card.can,
        **drawn,
    )


# --- what the pages share ---


def _confirmed(
    form: RemovalForm, send: Callable[[], None], back: str, page: Callable[[], dict[str, Any]]
) -> ResponseReturnValue | Any:
    """A page that names what goes, and what follows when it was typed."""
    status: int | None = 200
    if request.method == "POST":
        status = tried(form, send)
        if status is None:
            return redirect(back, 303)
    return render_template("upstream_access/confirm.html", form=form, back=back, **page()), status
