"""A client that talks to the imitated OLSPanel over a socket, as the documents say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from app.sandbox.server import Sandbox


class Client:
    """Signs in with headers, sends forms, follows no redirect."""

    def __init__(self, sandbox: Sandbox, username: str, password: str) -> None:
        self.base = sandbox.http("olspanel")
        self.headers = {"username": username, "password": password}
        self.upstream = sandbox.upstreams["olspanel"]

    def raw(
        self, path: str, /, method: str = "POST", headers: dict[str, str] | None = None, **body: Any
    ) -> requests.Response:
        headers = self.headers if headers is None else headers
        return requests.request(
            method, self.base + path, data=body, headers=headers, allow_redirects=False, timeout=10
        )

    def post(self, path: str, /, **body: Any) -> Any:
        """The JSON of an answer, which must have status 200 whatever it says."""
        answer = self.raw(path, **body)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """A sandbox with this upstream alone."""
    sandbox = Sandbox(slugs=["olspanel"])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def live(sandbox: Sandbox) -> Sandbox:
    """The same with the live code's behaviour."""
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    return sandbox


@pytest.fixture(params=["seed", "live"])
def profile(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """For what must be the same in both profiles."""
    sandbox.upstreams["olspanel"].profile["profile"] = request.param
    return request.param


@pytest.fixture
def example(sandbox: Sandbox) -> Client:
    """The account of the documents' samples."""
    return Client(sandbox, "exampleuser", "demo-password")


@pytest.fixture
def agency(sandbox: Sandbox) -> Client:
    """The account of the credentials."""
    known = sandbox.upstreams["olspanel"].credentials()
    return Client(sandbox, known["username"], known["password"])


@pytest.fixture
def admin(sandbox: Sandbox) -> Client:
    known = sandbox.upstreams["olspanel"].credentials()
    return Client(sandbox, known["admin_username"], known["admin_password"])
