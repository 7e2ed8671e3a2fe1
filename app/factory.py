"""Joins doors, sign-in and commands into the application: what `app.create_app` calls."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from apiflask import APIFlask
from flask import request
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, features, wiring
from app.features.people.sign_in import init_sign_in
from app.web import (
    calls,
    errors,
    frame,
    headers,
    language,
    logs,
    metrics,
    navigation,
    openapi,
    pages,
    permissions,
    render,
)
from app.web.forms import csrf_token
from app.web.menu import MenuItem

if TYPE_CHECKING:
    from config import Config

_ROOT = Path(__file__).resolve().parent.parent
_LARGEST_FORM = 16 * 1024 * 1024


def build_app(config: Config, version: str) -> APIFlask:
    """The whole application: doors, sign-in and commands on what `wiring` joined. Touches no upstream, no table."""
    logs.configure(config.log_format, config.log_level)
    for sentence in config.unknown:
        logs.log.warning(sentence)
    wired = wiring.build(config, metrics.observe_call, version)
    app = _bare_app(config, version)
    app.extensions["gatehouse"] = wired
    # The order counts: what answers to every request stands before the parts that may refuse one.
    headers.register(app, config.https)
    logs.register(app)
    metrics.register(app, config.metrics_dir)
    errors.register(app)
    language.register(app, config.timezone)
    render.register(app)
    navigation.register(app)
    permissions.register(app)
    calls.register(app, wired.collect_calls)
    csrf = CSRFProtect(app)
    app.context_processor(lambda: {"csrf_token": csrf_token})
    Compress(app)
    limiter = _limiter(app, config, headers=True)
    limiter.request_filter(
        lambda: request.method != "POST"
    )  # tries are posted; other pages need not be looked at
    init_sign_in(app, wired.database.sessions, wired.sign_in_guard, limiter, config)
    pages.register(app, lambda: _ping(wired.database))
    cli.register(app)
    frame.register(app, _register_features(app), wired.frame_source, version)
    token_limiter = _limiter(app, config, headers=False)
    token_limiter.request_filter(lambda: not request.path.startswith("/api/"))
    openapi.register(app, csrf, token_limiter)
    return app


def _bare_app(config: Config, version: str) -> APIFlask:
    """The application object with its settings."""
    app = APIFlask(
        "app",
        template_folder=str(_ROOT / "templates"),
        static_folder=str(_ROOT / "static"),
        title="Gatehouse",
        version=version,
        docs_path=None,
        spec_path="/api/v1/openapi.json",
        json_errors=False,
    )
    app.config.update(_flask_settings(config))
    openapi.configure(app)
    _trust_proxies(app, config.trusted_proxies)
    return app


def _flask_settings(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        "SESSION_COOKIE_NAME": "gatehouse",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": config.https,
        "MAX_CONTENT_LENGTH": _LARGEST_FORM,
        "MAX_FORM_PARTS": 5000,
        # A token lives as long as the session: a form left open over lunch can still be sent.
        "WTF_CSRF_TIME_LIMIT": None,
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _trust_proxies(app: APIFlask, hops: int) -> None:
    """Believes the X-Forwarded headers of so many proxies in front, and of nobody else."""
    if hops:
        fixed = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)
        app.wsgi_app = fixed  # type: ignore[method-assign]


def _limiter(app: APIFlask, config: Config, *, headers: bool) -> Limiter:
    """Limits per network address, counted in this process or in Redis. `headers`: answers say how many tries are left."""
    storage = config.redis_url or "memory://"
    return Limiter(
        get_remote_address,
        app=app,
        headers_enabled=headers,
        storage_uri=storage,
        in_memory_fallback_enabled=bool(config.redis_url),
        swallow_errors=not headers,  # what is counted after the answer must not spoil it
    )


def _ping(database: Any) -> None:
    with database.session() as session:
        session.execute(text("SELECT 1"))


def _register_features(app: APIFlask) -> list[MenuItem]:
    """Registers what each folder of `app/features` brings, and returns its entries of the menu.

    `bp` of views.py, `api` of api.py, `cli` (or several: `groups`) of cli.py, `MENU` of the folder itself (an entry, or a list of them).
    """
    menu: list[MenuItem] = []
    for name in sorted(module.name for module in pkgutil.iter_modules(features.__path__)):
        package = importlib.import_module(f"{features.__name__}.{name}")
        if hasattr(package, "MENU"):
            menu += package.MENU if isinstance(package.MENU, list) else [package.MENU]
        for door in _doors(package.__name__):
            for blueprint in ("bp", "api"):
                if hasattr(door, blueprint):
                    app.register_blueprint(getattr(door, blueprint))
            for group in getattr(door, "groups", [door.cli] if hasattr(door, "cli") else []):
                app.cli.add_command(group)
    return menu


def _doors(package: str) -> Iterator[ModuleType]:
    """The modules of a feature that open it to somebody."""
    for door in ("views", "api", "cli"):
        if find_spec(f"{package}.{door}"):
            yield importlib.import_module(f"{package}.{door}")
