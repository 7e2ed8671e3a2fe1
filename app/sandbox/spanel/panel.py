"""The imitated SPanel: one endpoint, tokens, and the order of checks (SPanel contract sheet, sections 2 and 3)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from app.sandbox.spanel import demo, sso
from app.sandbox.spanel.actions import ACTIONS, GUESSED_NAMES, Action, works_on_account
from app.sandbox.spanel.answers import Answer, Refused, refusal
from app.sandbox.spanel.call import Call
from app.sandbox.spanel.php import Value, nest, parse_form
from app.sandbox.upstream import Upstream


class SPanel(Upstream):
    """SPanel over its state. Status 200 for every answer of the API, 404 elsewhere, 405 without POST: [inferred]."""

    slug = "spanel"
    defaults: ClassVar[dict[str, Any]] = {
        "folder": "spanel",
        "errors": "map",
        "unknown_account": "empty",
        "extra_rows": False,
        "guessed_names": True,
    }
    """``folder``: the branded name of the URL's folder. ``errors``: how ``message`` looks. ``unknown_account`` and
    ``extra_rows``: what accounts/listaccounts does with ``accountuser``. ``guessed_names``: whether actions exist
    whose names the documents do not give."""
    choices: ClassVar[dict[str, tuple[Any, ...]]] = {
        "errors": ("map", "list", "text"),
        "unknown_account": ("empty", "error"),
    }

    def seed(self, domains: int | None = None) -> None:
        """Fill the state: the demo company, or N generated domains in up to 500 accounts."""
        demo.seed(self.state, domains)

    def credentials(self) -> dict[str, str]:
        """Return the demo's tokens; ``token`` is an admin token that may also create sign-in links."""
        return demo.credentials()

    def call_name(self, request: Request) -> str:
        """Return the action, such as ``domain/adddomain``."""
        if request.path == self._endpoint and request.method == "POST":
            return _text(read_form(request), "action") or "no action"
        return f"{request.method} {'sso' if request.path.startswith(self._sign_in) else request.path}"

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        with self.lock:
            if request.path.startswith(self._sign_in) and request.method == "GET":
                return sso.open_link(self.state, request.path.removeprefix(self._sign_in))
            if request.path != self._endpoint:
                return Response("<h1>404 Not Found</h1>", 404, mimetype="text/html")
            if request.method != "POST":
                return Response(
                    "<h1>405 Method Not Allowed</h1>", 405, {"Allow": "POST"}, mimetype="text/html"
                )
            return self._api(request)

    @property
    def _endpoint(self) -> str:
        return f"/{self.profile['folder']}/api.php"

    @property
    def _sign_in(self) -> str:
        return f"/{self.profile['folder']}/sso/"

    def _api(self, request: Request) -> Response:
        try:
            answer = self._answer(read_form(request), request.host_url.rstrip("/"))
        except Refused as refused:
            answer = refusal(refused.entries, self.profile["errors"])
        return Response(json.dumps(answer, separators=(",", ":")), mimetype="application/json")

    def _answer(self, params: dict[str, Value], origin: str) -> Answer:
        """Check in the sheet's order: token, action, kind of token, account, required fields, values, object."""
        token = self._token(params)
        name = _text(params, "action")
        action = self._action(name)
        _check_kind(token, name)
        account = self._account(token, params) if works_on_account(name) else ""
        params = action.normalised(params)
        call = Call(self.state, self.profile, account, params, origin, token["admin"])
        action.check(call)
        return action.run(call)

    def _token(self, params: dict[str, Value]) -> dict[str, Any]:
        token = self.state.table("tokens").get(_text(params, "token"))
        if token is None or token["revoked"]:
            raise Refused(token="Invalid or missing token")
        return dict(token)

    def _action(self, name: str) -> Action:
        if name not in ACTIONS or (name in GUESSED_NAMES and not self.profile["guessed_names"]):
            raise Refused(action="Unknown action")
        return ACTIONS[name]

    def _account(self, token: dict[str, Any], params: dict[str, Value]) -> str:
        account = _text(params, "accountuser")
        if not account:
            raise Refused(accountuser="The accountuser field is required")
        if token["account"] not in ("", account):
            raise Refused(accountuser="The account does not belong to this token")
        if account not in self.state.table("accounts"):
            raise Refused(accountuser=f"The account {account} does not exist")
        return account


def _check_kind(token: dict[str, Any], name: str) -> None:
    """Raise ``Refused`` for an admin function with a client token, and for base/sso without the token's option."""
    if token["account"] and not works_on_account(name):
        raise Refused(action="Not allowed for this token")
    if name == "base/sso" and not token["sso"]:
        raise Refused(token="SSO not enabled")


def read_form(request: Request) -> dict[str, Value]:
    """Read the body as PHP does: by its content type, and no other kind of body at all."""
    body = request.get_data(cache=True)
    if request.mimetype == "multipart/form-data":
        return nest(request.form.items(multi=True))
    return parse_form(body) if request.mimetype == "application/x-www-form-urlencoded" else {}


def _text(params: dict[str, Value], name: str) -> str:
    value = params.get(name)
    return value if isinstance(value, str) else ""
