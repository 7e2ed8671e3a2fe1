"""The imitated Control Panel API as the sandbox serves it: both generations on one port, over one state."""

from __future__ import annotations

import html as markup
from collections import deque
from time import monotonic
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from app.sandbox.hornetsecurity import calls, demo
from app.sandbox.hornetsecurity.answers import html, json_answer, no_content
from app.sandbox.hornetsecurity.audit import record_change
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.routing import BASE, Router
from app.sandbox.hornetsecurity.session import is_manual, sign_in
from app.sandbox.hornetsecurity.site import Site
from app.sandbox.state import State
from app.sandbox.upstream import Upstream

_DOCS = (f"{BASE}/docs/", "/api/docs/")


class Hornetsecurity(Upstream):
    """The Hornetsecurity Control Panel API, after its contract sheet, API manual and OpenAPI document v0."""

    slug: ClassVar[str] = "hornetsecurity"
    defaults: ClassVar[dict[str, Any]] = {
        "generation": "auto",  # or "manual" / "current" for every request
        "version_form": "object",  # or "string": the bare JSON string of the current generation
        "app_id_required": True,  # with login tokens
        "login_token_seconds": 86_400,  # how long an unused login token lives
        "token_epoch": 0,  # another number kills every login token handed out before
        "lock_after": 5,  # failed logins
        "lock_seconds": 60,
        "requests_per_second": 0,  # above it: 429 in the error envelope; 0: no limit
    }
    choices: ClassVar[dict[str, tuple[Any, ...]]] = {
        "generation": ("auto", "manual", "current"),
        "version_form": ("object", "string"),
    }

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._site = Site(state)
        self._router = Router()
        self._arrivals: deque[float] = deque()

    def handle(self, request: Request) -> Response:
        """Answer one request; refusals come in the error envelope of the request's generation."""
        with self.lock:
            manual = is_manual(request, self.profile)
            self._site.profile = self.profile
            self._site.refresh()
            try:
                return self._answer(request, manual)
            except Problem as problem:
                return refusal(problem, manual)

    def _answer(self, request: Request, manual: bool) -> Response:
        self._throttle()
        if request.path in _DOCS and request.method == "GET":
            return html(_docs())
        found, ids = self._router.match(request)
        call = Call(self._site, request, manual, found.forms)
        sign_in(call, found)
        answer = found.handler(call, **ids)
        response = answer if isinstance(answer, Response) else json_answer(answer)
        record_change(call, found)
        return response

    def _throttle(self) -> None:
        """Refuse what exceeds the switch's number of requests in the last second."""
        limit, now = self.profile["requests_per_second"], monotonic()
        while self._arrivals and self._arrivals[0] <= now - 1:
            self._arrivals.popleft()
        if limit and len(self._arrivals) >= limit:
            raise Problem(429)
        self._arrivals.append(now)

    def call_name(self, request: Request) -> str:
        """Return method and documented path, such as ``DELETE /domains/{domain_id}/``."""
        return self._router.name(request)

    def seed(self, domains: int | None = None) -> None:
        """Fill the empty state with the demo company, or with that many generated customers."""
        with self.lock, self.state.batch():
            demo.fill(self._site, self.smtp_port, domains)
            self._site.revision.bump()
            self._site.load()

    def credentials(self) -> dict[str, str]:
        """Return the demo sign-in.

        ``account`` is the partner's object id; ``limited_token`` sees one customer only.
        """
        return dict(demo.CREDENTIALS)


def refusal(problem: Problem, manual: bool) -> Response:
    """Return the answer that a refusal becomes."""
    status, envelope = problem.envelope(manual)
    response = no_content(status) if problem.bare else json_answer(envelope, status)
    if status == 429:
        response.headers["Retry-After"] = "1"
    return response


def _docs() -> str:
    """Return a page that lists every call."""
    rows = "".join(f"<li><code>{markup.escape(name)}</code></li>" for name in calls.names())
    return f"<!doctype html><title>Hornetsecurity API</title><h1>Hornetsecurity API</h1><ul>{rows}</ul>"
