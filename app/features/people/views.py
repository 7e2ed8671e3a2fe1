"""The pages of people, and of one's own account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_security import auth_required

from app.core.actor import EVERYWHERE, Actor, Right, Role, ScopeKind
from app.features.people.forms import AccountForm, AddPersonForm, ScopesForm, TokenForm
from app.features.people.service import MadePassword, PeopleService, scope_lines
from app.features.people.sign_in import FRESH_FOR
from app.features.people.tokens import MadeToken, TokenService
from app.web.errors import tried
from app.web.permissions import right
from app.web.services import service

bp = Blueprint("people", __name__)


@bp.get("/people/")
@right(Right.MANAGE_PEOPLE)
def index(actor: Actor) -> str:
    """Everybody who can sign in."""
    people = service(PeopleService)
    everybody = people.list_all(actor)
    return render_template(
        "people/index.html",
        people=everybody,
        manageable={person.id for person in everybody if people.may_manage(actor, person)},
        roles=people.roles_to_give(actor),
        own_id=actor.user_id,
    )


@bp.route("/people/new", methods=["GET", "POST"])
@right(Right.MANAGE_PEOPLE)
def new(actor: Actor) -> Any:
    """Add somebody; their made password is shown on the page that answers, and nowhere else."""
    people = service(PeopleService)
    form = AddPersonForm()
    form.offer(people.roles_to_give(actor))
    status: int | None = 200
    if request.method == "GET":
        form.role.data = Role.SUPPORT.value
    else:
        made: list[MadePassword] = []

        def add() -> None:
            made.append(people.add(actor, form.email.data or "", form.name.data or "", form.role.data or ""))

        status = tried(form, add)
        if status is None:
            return _password_page(made[0])
    return render_template("people/new.html", form=form), status


def _password_page(made: MadePassword) -> str:
    return render_template("people/password.html", person=made.person, password=made.password.reveal())


@bp.post("/people/<int(max=2147483647):person_id>/switch")
@right(Right.MANAGE_PEOPLE)
def switch(actor: Actor, person_id: int) -> Response:
    """Let somebody in, or keep them out."""
    service(PeopleService).set_active(actor, person_id, request.form.get("on") == "1")
    return _to_list()


@bp.post("/people/<int(max=2147483647):person_id>/role")
@right(Right.MANAGE_PEOPLE)
def role(actor: Actor, person_id: int) -> Response:
    """Give another role."""
    service(PeopleService).set_role(actor, person_id, request.form.get("role", ""))
    return _to_list()


@bp.route("/people/<int(max=2147483647):person_id>/scopes", methods=["GET", "POST"])
@right(Right.MANAGE_PEOPLE)
def scopes(actor: Actor, person_id: int) -> Any:
    """Say on which connections and domains somebody acts."""
    people = service(PeopleService)
    person = people.managed(actor, person_id)
    offered = people.connections_to_give(actor)
    form = ScopesForm()
    form.offer(offered)
    status: int | None = 200
    if request.method == "GET":
        form.everywhere.data = person.scopes == EVERYWHERE
        form.connections.data = [s.name for s in person.scopes if s.kind is ScopeKind.CONNECTION]
        form.domains.data = scope_lines(person.scopes)
    else:
        status = tried(form, lambda: people.set_scopes(actor, person_id, form.scopes()))
        if status is None:
            return _to_list()
    return render_template("people/scopes.html", form=form, person=person), status


@bp.post("/people/<int(max=2147483647):person_id>/password")
@right(Right.MANAGE_PEOPLE)
def password(actor: Actor, person_id: int) -> str:
    """Give a made password, shown once."""
    return _password_page(service(PeopleService).reset_password(actor, person_id))


@bp.post("/people/<int(max=2147483647):person_id>/second-factor")
@right(Right.MANAGE_PEOPLE)
def second_factor(actor: Actor, person_id: int) -> Response:
    """Take away a second factor that was lost."""
    service(PeopleService).reset_two_factor(actor, person_id)
    return _to_list()


def _to_list() -> Response:
    return redirect(url_for("people.index"), 303)  # type: ignore[return-value]


@bp.route("/account", methods=["GET", "POST"])
@right(Right.OWN_ACCOUNT)
def account(actor: Actor) -> Any:
    """One's own name, language, time zone, and the way to password and second factor."""
    people = service(PeopleService)
    person = people.own(actor)
    form = AccountForm(obj=person)
    form.offer()
    status: int | None = 200
    if request.method == "POST":
        status = tried(
            form,
            lambda: people.edit_own(actor, form.name.data or "", form.language.data, form.timezone.data),
        )
        if status is None:
            return redirect(url_for("people.account"), 303)
    return render_template("people/account.html", form=form, person=person), status


@bp.route("/account/tokens", methods=["GET", "POST"])
@right(Right.OWN_ACCOUNT)
@auth_required("session", within=lambda: FRESH_FOR)  # a token outlives the session that somebody left open
def tokens(actor: Actor) -> Any:
    """One's own bearer tokens; a new one's value is shown on the page that answers, and nowhere else."""
    own = service(TokenService)
    form = TokenForm()
    form.offer(own.rights_to_give(actor))
    status: int | None = 200
    made: list[MadeToken] = []
    if request.method == "POST":

        def make() -> None:
            made.append(own.make(actor, form.name.data or "", form.days.data or "", form.rights.data or []))

        status = tried(form, make)
        if status is None:
            form = _fresh_token_form(own, actor)
    shown = made[0] if made else None
    return render_template("people/tokens.html", form=form, tokens=own.own(actor), made=shown), status or 200


def _fresh_token_form(own: TokenService, actor: Actor) -> TokenForm:
    form = TokenForm(formdata=None)
    form.offer(own.rights_to_give(actor))
    return form


@bp.post("/account/tokens/<int(max=2147483647):token_id>/remove")
@right(Right.OWN_ACCOUNT)
def remove_token(actor: Actor, token_id: int) -> Any:
    """Take a token away."""
    service(TokenService).remove(actor, token_id)
    return redirect(url_for("people.tokens"), 303)
