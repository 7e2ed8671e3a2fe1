"""A bare Flask view that renders the domains page's own template from rows held in memory: no sign-in, no database."""

from __future__ import annotations

import os

from app import create_app
from app.core.actor import system_actor
from config import Config


def _nothing(**_values: object) -> str:
    """Stands at every address that the template links to."""
    return ""


def make() -> object:
    """The application of the dashboard with one more address, /bare, that skips everything but the template."""
    app = create_app(Config.from_env(os.environ))
    from flask import Flask, render_template
    from flask_babel import Babel, gettext

    from app.core.ports import DomainQuery
    from app.features.domains import present
    from app.features.domains.service import DomainService
    from app.web import navigation
    from app.web.feedback import CollectFeedback
    from app.web.frame import ConnectionCounts, Entry
    from app.web.paging import Pager, Sort
    from app.web.services import service_with

    actor = system_actor()
    with app.test_request_context("/domains/"):
        menu = [
            Entry(
                item.label.render(gettext), "/domains/", item.icon, item.endpoint == "domains.index", None, ""
            )
            for item in app.extensions["gatehouse_menu"]
        ]
        found = service_with(DomainService, CollectFeedback()).list_page(actor, DomainQuery())
    bare = Flask("bare", template_folder=app.template_folder, static_folder=app.static_folder)
    bare.secret_key = "bare"
    bare.jinja_env.globals.update(app.jinja_env.globals)
    bare.jinja_env.filters.update(app.jinja_env.filters)
    bare.jinja_env.finalize = app.jinja_env.finalize
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            bare.add_url_rule(rule.rule, rule.endpoint, _nothing, methods=["GET", "POST"])
    navigation.register(bare)
    bare.jinja_env.globals.update(csrf_token=lambda: "x", may=lambda _right: True)
    frame = {
        "user": {"name": "a", "email": "a", "role_label": "a", "initials": "A"},
        "menu": menu,
        "menu_admin": [],
        "connections": ConnectionCounts(up=1),
    }

    Babel(bare)
    with bare.test_request_context("/bare"):
        values = {
            "found": found,
            "query": found.page.query,
            "connection_choices": present.connection_choices(found.completeness),
            "health_choices": present.health_choices(),
            "status_choices": present.status_choices(),
            "shown_query": "",
            "bulk_actions": present.bulk_actions(actor),
            "row_actions": present.row_actions(actor),
            "pager": Pager.of(1, 50, found.page.total, found.page.total_capped),
            "sort": Sort("name", False),
        }

    @bare.get("/bare")
    def view() -> str:
        return render_template("domains/index.html", frame=frame, rows=present.rows_of(found), **values)

    return bare


APP = make()
