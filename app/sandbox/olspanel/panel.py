"""The imitated OLSPanel: paths, profiles, and answers that are nearly always 200 (OLSPanel contract sheet, 2)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from app.sandbox.olspanel import accounts, cron, databases, demo, domains, gate, permissions, usage
from app.sandbox.olspanel.call import Answer, Answered, Call, Crashed
from app.sandbox.upstream import Upstream

View = Callable[[Call], Answer]

VIEWS: dict[str, View] = {
    "/api/": usage.home,
    "/api/add_domain/": domains.add,
    "/api/domain_list/": domains.listing,
    "/api/domain_issue_ssl/": domains.issue_ssl,
    "/api/db_make/": databases.make,
    "/api/cronjob_add/": cron.add,
    "/admin_api/": usage.admin_home,
    "/admin_api/add_user/": accounts.add,
    "/admin_api/suspend_user/": accounts.suspend,
    "/admin_api/update_user/": accounts.update,
    "/admin_api/packages_list/": accounts.packages,
    "/admin_api/new_package/": accounts.new_package,
    "/admin_api/issue_ssl/": domains.admin_issue_ssl,
    "/admin_api/add_domain/": domains.admin_add,
    "/admin_api/database_add/": databases.admin_make,
    "/admin_api/sso_login/": accounts.sign_in_link,
}
"""The calls of both profiles."""

LIVE_VIEWS: dict[str, View] = {
    "/api/database_list/": databases.listing,
    "/api/database_userlist/": databases.user_listing,
    "/api/check_db_user/": databases.user_exists,
    "/api/database_exists/": databases.database_exists,
    "/api/db_user_make/([^/]+)/": databases.make_user,
    "/api/cronjob_list/": cron.find,
    "/api/cronjob_delete/([0-9]{1,18})/": cron.delete,
    "/api/fix_user_permission/": permissions.fix,
}
"""Calls beyond the seed, which only the profile ``live`` has; patterns of paths."""


class OlsPanel(Upstream):
    """OLSPanel over its state."""

    slug = "olspanel"
    defaults: ClassVar[dict[str, Any]] = {
        "profile": "seed",
        "api_status": 1,
        "admin_api": 1,
        "blocked": False,
        "db_user_make": "broken",
    }
    """``profile``: the seed's fields and texts, or the live code's. ``api_status`` and ``admin_api``: the panel's own
    switches, off unless 1. ``blocked``: the fork's firewall refuses the caller. ``db_user_make``: whether that call is as
    broken as in the real panel."""
    choices: ClassVar[dict[str, tuple[Any, ...]]] = {
        "profile": ("seed", "live"),
        "db_user_make": ("broken", "works"),
    }

    def seed(self, domains: int | None = None) -> None:
        """Fill the state: the demo company, or N generated domains in the account of the credentials."""
        demo.seed(self.state, domains)

    def credentials(self) -> dict[str, str]:
        """Return an account's and the administrator's name and password."""
        return demo.credentials()

    def call_name(self, request: Request) -> str:
        """Return method and path, such as ``POST /api/add_domain/``."""
        return f"{request.method} {request.path}"

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        if self.profile["blocked"]:
            return _page("Your address has been blocked.", 403)
        view, argument = self._resolve(request.path)
        if view is not None:
            with self.lock:
                return self._answer(request, view, argument)
        if request.path == "/login/":
            return self._login(request.args.get("token", "").replace(" ", "+"))
        if self._resolve(f"{request.path}/")[0] is not None:
            return _redirect(request)
        return _page("Page not found", 404)

    def _resolve(self, path: str) -> tuple[View | None, str]:
        if path in VIEWS:
            return VIEWS[path], ""
        for pattern, view in LIVE_VIEWS.items() if self.profile["profile"] == "live" else ():
            found = re.fullmatch(pattern, path)
            if found:
                return view, found[1] if found.groups() else ""
        return None, ""

    def _answer(self, request: Request, view: View, argument: str) -> Response:
        try:
            answer = view(self._call(request, argument))
        except Answered as answered:
            answer = answered.answer
        except Crashed:
            return _page("Server error", 500)
        indent = 2 if view is accounts.packages else None
        return Response(json.dumps(answer, indent=indent), mimetype="application/json")

    def _call(self, request: Request, argument: str) -> Call:
        """Let the request through the gate; raises ``Answered`` when it stops there.

        Only form bodies are read: of a JSON body every field looks missing, and the query does not count.
        """
        live, admin = self.profile["profile"] == "live", request.path.startswith("/admin_api/")
        fields = {name: values[-1] for name, values in request.form.lists()}
        if self.profile["admin_api" if admin else "api_status"] != 1:
            raise Answered(**gate.DISABLED)
        if admin:
            user = gate.admin(self.state, request)
        elif live:
            user = gate.user_live(self.state, request)
        else:
            user = gate.user_seed(self.state, request, fields)
        return Call(self.state, live, fields, request.host_url.rstrip("/"), user, argument, self.profile)

    def _login(self, token: str) -> Response:
        """Answer the browser that follows a sign-in link."""
        account = accounts.opens(self.state, token)
        return _page(f"OLSPanel: signed in as {account}", 200) if account else _page("Please sign in", 200)


def _redirect(request: Request) -> Response:
    """Add the missing final slash: 301, on which most clients lose method and body."""
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return Response("", 301, {"Location": f"{quote(request.path)}/{query}"}, mimetype="text/html")


def _page(text: str, status: int) -> Response:
    safe = html.escape(text)
    return Response(f"<!doctype html><title>{safe}</title><h1>{safe}</h1>", status, mimetype="text/html")
