"""A client that talks to the imitated Cleanmail over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from app.sandbox.cleanmail.records import Records
from app.sandbox.cleanmail.upstream import Cleanmail
from app.sandbox.server import Sandbox


class Api:
    """One account at one prefix. ``send`` returns the answer, the other methods check its status as well."""

    def __init__(self, sandbox: Sandbox, token: str | None, prefix: str = "/api/v3") -> None:
        upstream = sandbox.upstreams["cleanmail"]
        assert isinstance(upstream, Cleanmail)
        self.upstream = upstream
        self.sandbox = sandbox
        self.prefix = prefix
        self.session = requests.Session()
        self.session.trust_env = False
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def records(self) -> Records:
        return self.upstream.records

    def with_token(self, token: str | None) -> Api:
        """The same place with another account."""
        return Api(self.sandbox, token, self.prefix)

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        url = self.sandbox.http("cleanmail") + self.prefix + path
        return self.session.request(method, url, allow_redirects=False, timeout=10, **more)

    def call(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        """The answer's JSON (None without a body) after a check of its status."""
        if body is not None:
            more["json"] = body
        answer = self.send(method, path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self.call("GET", path, status=status, **more)

    def post(self, path: str, body: Any = None, status: int = 201, **more: Any) -> Any:
        return self.call("POST", path, body, status, **more)

    def put(self, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        return self.call("PUT", path, body, status, **more)

    def patch(self, path: str, body: Any, status: int = 204, **more: Any) -> Any:
        return self.call("PATCH", path, body, status, **more)

    def delete(self, path: str, status: int = 204, **more: Any) -> Any:
        return self.call("DELETE", path, status=status, **more)

    def domain(self, name: str = "nordwind.example") -> dict[str, Any]:
        """A domain of the demo company."""
        found = self.get("/domains", params={"name": name})
        assert len(found) == 1
        return found[0]

    def user(self, domain: str = "nordwind.example", place: int = 0) -> dict[str, Any]:
        """A mailbox of a domain, by its place in the list."""
        return self.get(f"/domains/{self.domain(domain)['id']}/users", params={"sort": "id"})[place]

    def mailbox(self, user: dict[str, Any]) -> Api:
        """The same place with a token of that mailbox itself."""
        made = self.get("/token", 202, params={"username": user["email"]})
        return self.with_token(made["token"])


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """A sandbox with this upstream alone."""
    sandbox = Sandbox(slugs=["cleanmail"])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    """The system administrator."""
    return Api(sandbox, sandbox.upstreams["cleanmail"].credentials()["token"])


@pytest.fixture
def limited(sandbox: Sandbox) -> Api:
    """The administrator of some of the domains."""
    return Api(sandbox, sandbox.upstreams["cleanmail"].credentials()["limited_token"])
