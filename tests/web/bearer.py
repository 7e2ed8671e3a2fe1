"""Bearer tokens for tests, and a client that sends one."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from app.core.actor import Actor, system_actor
from app.features.people.service import PeopleService
from app.features.people.tokens import TokenService
from app.web.feedback import CollectFeedback
from tests.conftest import add_person


def owner_of(app: Any, email: str) -> Actor:
    """A stored person as the one who acts on pages."""
    with app.app_context():
        people = app.extensions["gatehouse"].factories[PeopleService](CollectFeedback())
        return people.find(system_actor(), email).as_actor("web")  # type: ignore[no-any-return]


def tokens(app: Any) -> TokenService:
    """The service around tokens."""
    return app.extensions["gatehouse"].factories[TokenService](CollectFeedback())  # type: ignore[no-any-return]


def new_token(app: Any, role: str = "admin", rights: tuple[str, ...] = (), **details: Any) -> str:
    """The value of a token of a new person; takes `add_person`'s arguments, too."""
    owner = owner_of(app, add_person(app, role, **details))
    return tokens(app).make(owner, "test", "7", list(rights)).value.reveal()


class Caller:
    """Calls the REST API with a token, or without one where it is empty."""

    def __init__(self, app: Any, token: str, address: str = "127.0.0.1") -> None:
        self._client = app.test_client(use_cookies=False)
        self._environ = {"REMOTE_ADDR": address}
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, headers: Any = None, **sent: Any) -> TestResponse:
        """One call below /api/v1; `sent` as Werkzeug's client takes it (json, data, content_type)."""
        return self._client.open(  # type: ignore[no-any-return]
            f"/api/v1{path}",
            method=method,
            headers={**self.headers, **(headers or {})},
            environ_overrides=self._environ,
            **sent,
        )
