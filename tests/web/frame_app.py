"""A small application around the shared templates: the frame with made-up values, no sign-in, no database."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, render_template_string, request
from flask_babel import Babel
from flask_wtf import CSRFProtect

from app.web import render
from tests.web.test_static_assets import ROOT

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def entry(label: str, icon: str, badge: int | None = None) -> SimpleNamespace:
    url = f"/{label.lower()}"
    return SimpleNamespace(
        label=label, url=url, icon=icon, active=request.path == url, badge=badge, badge_kind="red"
    )


def made_up_frame(**changes: Any) -> SimpleNamespace:
    values: dict[str, Any] = {
        "menu": [entry("Domains", "world"), entry("Health", "heartbeat", 7)],
        "menu_admin": [entry("Connections", "plug-connected")],
        "user": SimpleNamespace(
            name="Arya", email="arya@example.org", role_label="Administrator", initials="A"
        ),
        "connections": SimpleNamespace(up=4, slow=1, down=0, unknown=0, worst="Hornetsecurity"),
        "theme": "light",
        "language": "en",
        "search_query": "",
        "insecure_connections": [],
        "version": "1.0",
        "demo": False,
        "search_url": "/search",
        "theme_url": "/theme",
        "logout_url": "/logout",
        "account_links": [{"label": "Your account", "url": "/account"}],
    }
    return SimpleNamespace(**{**values, **changes})


def make_app() -> Flask:
    """GET and POST on any path draw the template in `app.config["PAGES"][path]`; POSTs are kept in `app.posted`."""
    app = Flask(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.config.update(SECRET_KEY="only for this test", PAGES={}, FRAME={}, POSTED=[], VALUES={})
    Babel(app)
    CSRFProtect(app)
    render.register(app)

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {"frame": made_up_frame(**app.config["FRAME"]), **app.config["VALUES"]}

    @app.route("/<path:path>", methods=["GET", "POST"])
    def page(path: str) -> str:
        if request.method == "POST":
            app.config["POSTED"].append((path, request.form.to_dict(flat=False)))
        return render_template_string(app.config["PAGES"][path])

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app
