"""The pages of connections."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.capabilities import Card
from app.core.connections import key_from_name
from app.core.errors import GatehouseError, Invalid
from app.core.model import Connection, FieldKind, Tls
from app.core.ports import ProbeResult
from app.features.connections.forms import ConnectionForm, connection_form
from app.features.connections.service import ConnectionService, ConnectionView
from app.web.confirm import ConfirmForm
from app.web.errors import show_problem, tried
from app.web.feedback import register_link
from app.web.forms import apply_problems
from app.web.permissions import right
from app.web.render import age, translated
from app.web.services import service

bp = Blueprint("connections", __name__, url_prefix="/connections")

register_link("connection.test", lambda params: {"post": url_for("connections.test", key=params["key"])})


@bp.get("/")
@right(Right.VIEW_CONNECTIONS)
def index(actor: Actor) -> str:
    """All connections with the state of their last test."""
    connections = service(ConnectionService)
    return render_template(
        "connections/index.html", views=connections.visible(actor), state_words=state_words()
    )


def state_words() -> dict[str, str]:
    """A connection's states for people."""
    return {
        "up": _("up"),
        "strained": _("strained"),
        "slow": _("slow"),
        "down": _("down"),
        "unknown": _("never tested"),
        "off": _("switched off"),
    }


@bp.post("/test")
@right(Right.VIEW_CONNECTIONS)
def test_all(actor: Actor) -> ResponseReturnValue:
    """Test every connection at once."""
    service(ConnectionService).test_all(actor)
    return redirect(url_for("connections.index"), 303)


@bp.route("/new", methods=["GET", "POST"])
@right(Right.MANAGE_CONNECTIONS)
def new(actor: Actor) -> Any:
    """Add a connection; the provider is chosen first, since its card makes the form."""
    connections = service(ConnectionService)
    kind = request.values.get("kind", "")
    if kind not in connections.cards():
        return render_template("connections/choose.html", cards=connections.cards())
    card = connections.cards()[kind]
    form = connection_form(card, stored=None)()
    if request.method == "GET":
        form.base_url.data = card.default_url
    status, tried = 200, None
    if request.method == "POST":
        key = (form.key.data or "").strip() or key_from_name(form.name.data or "")
        data = form.data_for(kind, card, key)
        status, tried, saved = _submitted(form, actor, "", lambda: connections.add(actor, data), data)
        if saved is not None:
            return redirect(url_for("connections.show", key=saved.key), 303)
    return _form_page(form, card, None, tried), status


@bp.route("/<key>/edit", methods=["GET", "POST"])
@right(Right.MANAGE_CONNECTIONS)
def edit(actor: Actor, key: str) -> Any:
    """Change a connection that is kept in the database."""
    connections = service(ConnectionService)
    view = connections.stored(actor, key)
    card = connections.cards()[view.connection.kind]
    form = connection_form(card, stored=view.connection)()
    status, tried = 200, None
    if request.method == "GET":
        form.show(view.connection, card)
    else:
        data = form.data_for(view.connection.kind, card, key)
        version = form.version.data or ""
        status, tried, saved = _submitted(
            form, actor, key, lambda: connections.edit(actor, key, data, version), data
        )
        if saved is not None:
            return redirect(url_for("connections.show", key=key), 303)
    return _form_page(form, card, view.connection, tried), status


def _submitted(
    form: ConnectionForm, actor: Actor, key: str, save: Any, data: dict[str, Any]
) -> tuple[int, ProbeResult | None, Connection | None]:
    """Saves the form, or tries it out when that button was pressed: (status, result of the trial, what was saved)."""
    if not form.validate():
        return 422, None, None
    try:
        if "try" in request.form:
            return 200, service(ConnectionService).try_out(actor, data, key), None
        return 303, None, save()
    except Invalid as error:
        apply_problems(form, error, names=_field_name)
        return 422, None, None
    except GatehouseError as error:
        return show_problem(form, error), None, None


def _field_name(path: str) -> str:
    """The form's name of a field of the command: "values.token" is "value_token"."""
    return path.replace("values.", "value_", 1) if path.startswith("values.") else path.split(".")[0]


def _form_page(
    form: ConnectionForm, card: Card, connection: Connection | None, tried: ProbeResult | None
) -> str:
    return render_template(
        "connections/form.html",
        form=form,
        card=card,
        connection=connection,
        tried=tried,
        value_fields=[form[f"value_{s.name}"] for s in card.settings],
    )


@bp.get("/<key>")
@right(Right.VIEW_CONNECTIONS)
def show(actor: Actor, key: str) -> str:
    """One connection: its settings, what it can do and why it cannot do the rest."""
    view = service(ConnectionService).get(actor, key)
    return render_template(
        "connections/show.html",
        view=view,
        state_words=state_words(),
        settings=_settings(view),
        facts=_facts(view),
    )


def _settings(view: ConnectionView) -> list[dict[str, Any]]:
    """A connection's settings; secrets only as set or not set."""
    connection = view.connection
    rows: list[dict[str, Any]] = [
        {"label": _("Provider"), "value": view.card.label},
        {"label": _("Key"), "value": connection.key, "mono": True},
        {"label": _("Address"), "value": connection.base_url, "mono": True},
    ]
    for setting in view.card.settings:
        value = connection.values.get(setting.name)
        shown = (
            (_("set") if value else _("not set")) if setting.kind is FieldKind.SECRET else str(value or "")
        )
        rows.append({"label": translated(setting.label), "value": shown})
    tls = {Tls.SYSTEM: _("verified"), Tls.CA_FILE: _("verified with your own CA"), Tls.OFF: _("not verified")}
    rows += [
        {"label": _("Certificate"), "value": tls[connection.tls], "help": connection.ca_file},
        {
            "label": _("Time-outs"),
            "value": _(
                "connect %(connect)s s, read %(read)s s, write %(write)s s",
                connect=f"{connection.connect_timeout:g}",
                read=f"{connection.read_timeout:g}",
                write=f"{connection.write_timeout:g}",
            ),
        },
        {
            "label": _("Limits"),
            "value": _(
                "%(parallel)s calls at once, %(rate)s a second",
                parallel=connection.parallel,
                rate=f"{connection.per_second:g}",
            ),
        },
        {"label": _("Name servers"), "value": ", ".join(connection.resolvers) or _("the system's")},
    ]
    return rows


def _facts(view: ConnectionView) -> list[dict[str, Any]]:
    """What the last test and the last sync found."""
    probe, sync = view.probe, view.sync
    rows: list[dict[str, Any]] = [
        {"label": _("Tested"), "value": age(probe.at) if probe else _("never")},
        {"label": _("Version"), "value": probe.found.version if probe and probe.found else ""},
    ]
    if probe:
        rows.append({"label": _("Answered in"), "value": _("%(ms)s ms", ms=round(probe.ms))})
    if sync:
        rows.append({"label": _("Domains"), "value": sync.domains})
        rows.append(
            {"label": _("Last complete list"), "value": age(sync.last_ok_at) if sync.last_ok_at else "—"}
        )
        if sync.problem:
            rows.append({"label": _("Last problem"), "value": translated(sync.problem)})
    facts = probe.found.facts if probe and probe.found else {}
    rows.extend({"label": name.replace("_", " "), "value": str(value)} for name, value in facts.items())
    return rows


@bp.post("/<key>/test")
@right(Right.VIEW_CONNECTIONS)
def test(actor: Actor, key: str) -> ResponseReturnValue:
    """Test one connection and store what it can do."""
    service(ConnectionService).test(actor, key)
    return redirect(url_for("connections.show", key=key), 303)


@bp.post("/<key>/sync")
@right(Right.SYNC)
def sync(actor: Actor, key: str) -> ResponseReturnValue:
    """Read all domains of the connection again."""
    job_id = service(ConnectionService).sync(actor, key)
    if job_id is None:
        return redirect(url_for("connections.show", key=key), 303)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@bp.post("/<key>/switch")
@right(Right.MANAGE_CONNECTIONS)
def switch(actor: Actor, key: str) -> ResponseReturnValue:
    """Switch a connection on or off."""
    service(ConnectionService).set_enabled(actor, key, request.form.get("on") == "1")
    return redirect(url_for("connections.show", key=key), 303)


@bp.route("/<key>/remove", methods=["GET", "POST"])
@right(Right.MANAGE_CONNECTIONS)
def remove(actor: Actor, key: str) -> Any:
    """The page that names what goes, then the removal."""
    connections = service(ConnectionService)
    view = connections.stored(actor, key)
    form = ConfirmForm()
    status: int | None = 200
    if request.method == "POST":
        status = tried(form, lambda: connections.remove(actor, key, form.confirm.data or ""))
        if status is None:
            return redirect(url_for("connections.index"), 303)
    return render_template("connections/remove.html", form=form, view=view), status
