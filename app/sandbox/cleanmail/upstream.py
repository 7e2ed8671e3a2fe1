"""The imitated Cleanmail REST API: one request in, one answer out."""

from __future__ import annotations

from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from app.sandbox.cleanmail import demo, domains, lists, routes
from app.sandbox.cleanmail.call import Call
from app.sandbox.cleanmail.problems import Problem
from app.sandbox.cleanmail.records import Records
from app.sandbox.cleanmail.rights import caller_of
from app.sandbox.cleanmail.routes import Operation
from app.sandbox.state import State
from app.sandbox.upstream import Upstream

_JSON = "application/json"


class Cleanmail(Upstream):
    """Answers all 93 operations, at the root and below ``/api/v3``, over one state."""

    slug: ClassVar[str] = "cleanmail"
    defaults: ClassVar[dict[str, Any]] = {
        "mx_check": False,
        "health_clock_skew": True,
        "domain_limit": 0,
        "purge_days": 30,
        "mail_store_down": False,
    }
    """``mx_check``: editing and deleting a domain look at its MX unless ``X-Ignore-MX`` is sent.
    ``health_clock_skew``: ``performedAt`` is an hour ahead, as in the manual's examples.
    ``domain_limit``: with that many domains, creating one more is refused with 403; 0 is no limit.
    ``purge_days``: after how many days a deleted domain is gone.
    ``mail_store_down``: reading mail answers 500.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.records = Records(state)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            with request, self.lock:
                return self._answer(request)
        except Problem as problem:
            return problem.response(request.path)

    def call_name(self, request: Request) -> str:
        """Return the operation's name, such as ``listDomains``, or method and path of an unknown call."""
        try:
            return routes.match(request.method, routes.split(_target(request))[1])[0].name
        except Problem:
            return f"{request.method} {request.path}"

    def seed(self, domains: int | None = None) -> None:
        """Fill the empty state with the demo company, or with that many generated domains."""
        demo.seed(self.records, self.smtp_port, domains)

    def credentials(self) -> dict[str, str]:
        """Return the demo tokens: of a system administrator, and of an administrator of some domains."""
        return {
            "token": demo.TOKEN,
            "limited_token": demo.LIMITED_TOKEN,
            "account": demo.ACCOUNT,
        }

    def _answer(self, request: Request) -> Response:
        caller = caller_of(self.records, request.headers.get("Authorization"))
        prefix, path = routes.split(_target(request))
        operation, args = routes.match(request.method, path)
        domains.purge(self.records)
        call = Call(
            request=request,
            records=self.records,
            caller=caller,
            args=args,
            base=request.host_url.rstrip("/") + prefix,
            profile=self.profile,
            excel=_wants_excel(request, operation),
        )
        response = operation.handler(call)
        _warn(response, request, operation)
        return response


def _target(request: Request) -> str:
    return str(request.environ.get("RAW_URI") or request.full_path)


def _wants_excel(request: Request, operation: Operation) -> bool:
    """Tell whether a sheet is wanted; raise 406 when nothing that is offered will do."""
    if operation.any_type or "Accept" not in request.headers:
        return False
    offers = [_JSON, lists.EXCEL] if operation.excel else [_JSON]
    best = request.accept_mimetypes.best_match(offers)
    if best is None:
        raise Problem(406, f"This call offers {' and '.join(offers)}.")
    return bool(best == lists.EXCEL)


def _warn(response: Response, request: Request, operation: Operation) -> None:
    """Say which query parameters were ignored, as the real service does silently."""
    ignored = sorted(set(request.args) - set(operation.query))
    if ignored:
        names = ", ".join(ascii(name)[1:-1].replace('"', "'") for name in ignored)
        response.headers["Warning"] = f'299 - "ignored query parameter: {names}"'
