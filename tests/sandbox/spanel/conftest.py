"""A client that talks to the imitated SPanel over a socket, with forms as PHP's ``http_build_query`` makes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from app.sandbox.server import Sandbox

ACCOUNT, DOMAIN = "hafencafe", "hafencafe.example"


def flatten(params: dict[str, Any]) -> list[tuple[str, str]]:
    """PHP's rules: true is 1, false is 0, null is not sent, arrays become ``name[key]``."""
    return [pair for name, value in params.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if value is None:
        return []
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [pair for key, item in items for pair in _pairs(f"{name}[{key}]", item)]
    return [(name, str(int(value)) if isinstance(value, bool) else str(value))]


class Client:
    """Calls actions with one token."""

    def __init__(self, sandbox: Sandbox, token: str, **always: str) -> None:
        self.url = sandbox.http("spanel") + "/spanel/api.php"
        self.always = {"token": token, **always}

    def call(self, action: str, /, **params: Any) -> dict[str, Any]:
        """The JSON of an answer, which must have status 200 whatever it says."""
        form = flatten({**self.always, "action": action, **params})
        answer = requests.post(self.url, data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    def data(self, action: str, /, **params: Any) -> Any:
        """What an answer of shape A or C brings."""
        answer = self.call(action, **params)
        assert answer["result"] == "success", answer
        assert set(answer) == {"result", "data"}
        return answer["data"]

    def rows(self, action: str, /, **params: Any) -> list[dict[str, Any]]:
        """The list of an answer of shape D."""
        answer = self.call(action, **params)
        assert set(answer) == {"data"}, answer
        return answer["data"]

    def errors(self, action: str, /, **params: Any) -> dict[str, str]:
        """The entries of a refusal."""
        answer = self.call(action, **params)
        assert (answer["result"], set(answer)) == ("error", {"result", "message"}), answer
        assert all(isinstance(text, str) and text for text in answer["message"].values())
        return answer["message"]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """A sandbox with this upstream alone."""
    sandbox = Sandbox(slugs=["spanel"])
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def known(sandbox: Sandbox) -> dict[str, str]:
    """The credentials."""
    return sandbox.upstreams["spanel"].credentials()


@pytest.fixture
def profile(sandbox: Sandbox) -> dict[str, Any]:
    """The switches."""
    return sandbox.upstreams["spanel"].profile


@pytest.fixture
def admin(sandbox: Sandbox, known: dict[str, str]) -> Client:
    """An admin token, with the right to create sign-in links."""
    return Client(sandbox, known["token"])


@pytest.fixture
def client(sandbox: Sandbox, known: dict[str, str]) -> Client:
    """The client token, which always sends its account."""
    return Client(sandbox, known["client_token"], accountuser=known["account"])
