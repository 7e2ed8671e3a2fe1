"""A client of the imitated Control Panel API, and the ids of the demo company."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from app.sandbox.server import Sandbox

BASE = "/api/v0"
OLD_HEADERS = {"app-id": "0123456789", "app-version": "1.0.0", "cp-token": "m31nCpT0k3n"}

PARTNER = 1_111_111
FIRST = "kontor-hansen.example"
SECOND = "praxis-am-deich.example"
M365 = "lighthouse-legal.example"
UNBOOKED = "archiv.nordwind.example"


class Panel:
    """Sends requests to the imitated API, with the demo's API access token unless told otherwise."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.http("hornetsecurity")
        self.credentials = sandbox.upstreams["hornetsecurity"].credentials()
        self.profile = sandbox.upstreams["hornetsecurity"].profile
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def headers(self, token: str | None = None, manual: bool = False) -> dict[str, str]:
        token = self.credentials["api_token"] if token is None else token
        found = {"Authorization": f"Token {token}"} if token else {}
        return {**found, **OLD_HEADERS} if manual else found

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        manual: bool = False,
        headers: dict[str, str] | None = None,
        data: Any = None,
        **query: Any,
    ) -> requests.Response:
        """Send one request without following redirects. A ``token`` of ``""`` sends none."""
        self._session.cookies.clear()
        return self._session.request(
            method,
            f"{self.url}{BASE}{path}",
            params=query,
            json=body,
            data=data,
            headers=self.headers(token, manual) if headers is None else headers,
            allow_redirects=False,
            timeout=20,
        )

    def get(self, path: str, **query: Any) -> Any:
        """Read something that is there."""
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text[:300]
        return response.json()

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Post something that is accepted."""
        response = self.call("POST", path, {} if body is None else body, **query)
        assert response.status_code == 200, response.text[:300]
        return response.json()

    def object_id(self, name: str) -> int:
        return int(self.get("/object/", name=name)["object_id"])

    def domain_id(self, customer: str, name: str | None = None) -> int:
        rows = self.get("/domains/", object_id=self.object_id(customer))["domains"]
        return next(int(row["id"]) for row in rows if row["domain"] == (name or customer))

    def mailbox(self, address: str) -> dict[str, Any]:
        rows = self.post("/mailboxes/", {"name": address, "include_alias_matches": False})["mailboxes"]
        return next(row for row in rows if row["name"] == address)

    def mails(self, scope: str, **filters: Any) -> list[dict[str, Any]]:
        """Return mails of an object, newest first, out of the whole log."""
        answer = self.post(
            "/emails/_search/", {**ALWAYS, "limit": 5000, **filters}, object_id=self.object_id(scope)
        )
        return list(answer["emails"])


ALWAYS = {"date_from": "2020-01-01T00:00:00Z", "date_to": "2099-01-01T00:00:00Z"}


@pytest.fixture
def panel(sandbox: Sandbox) -> Any:
    """A client of the imitated API as fresh as at its start."""
    client = Panel(sandbox)
    yield client
    client.close()


@pytest.fixture
def first(panel: Panel) -> int:
    """The object id of the customer with the most set up."""
    return panel.object_id(FIRST)


def refused(response: requests.Response, status: int, error_id: int) -> dict[str, Any]:
    """Assert that a response is a refusal in the error envelope, and return the envelope."""
    assert response.status_code == status, response.text[:300]
    envelope = response.json()
    assert envelope["status_code"] == status
    assert envelope["error_id"] == error_id
    assert set(envelope) == {"status_code", "error_id", "error_message", "error_data"}
    return dict(envelope)
