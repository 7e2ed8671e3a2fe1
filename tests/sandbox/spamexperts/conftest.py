"""Small clients of the two APIs, over real sockets."""

import pytest
import requests


class Software:
    """Calls of the Software API; arguments as keywords, or a raw query with ``raw``."""

    def __init__(self, base, credentials):
        self.url = f"{base}/cgi-bin/api"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (credentials["username"], credentials["password"])

    def __call__(self, call, **arguments):
        return self.session.get(self.url, params={"call": call, **arguments}, timeout=10)

    def raw(self, query):
        """Send a query as it is, unquoted."""
        request = self.session.prepare_request(requests.Request("GET", self.url))
        request.url = f"{self.url}?{query}"
        return self.session.send(request, timeout=10)

    def text(self, call, **arguments):
        answer = self(call, **arguments)
        assert answer.status_code == 200
        return answer.text

    def lines(self, call, **arguments):
        return self.text(call, **arguments).splitlines()

    def json(self, call, **arguments):
        answer = self(call, format="json", **arguments)
        assert answer.headers["Content-Type"] == "application/json", answer.text
        return answer.json()

    def done(self, call, **arguments):
        """A change that succeeds: an empty body."""
        assert self.text(call, **arguments) == ""

    def refused(self, call, **arguments):
        """A call that fails; returns the first line without its mark."""
        line = self.lines(call, **arguments)[0]
        assert line.startswith("ERROR: "), line
        return line.removeprefix("ERROR: ")


class Panel:
    """Calls of the Control Panel API."""

    def __init__(self, base, credentials):
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (credentials["panel_username"], credentials["panel_password"])

    def get(self, path):
        return self.session.get(f"{self.base}{path}", timeout=10)

    def __call__(self, action, **values):
        pairs = "".join(
            f"/{key}/{requests.utils.quote(str(value), safe='')}" for key, value in values.items()
        )
        return self.get(f"/api/{action}{pairs}/format/json").json()

    def result(self, action, **values):
        answer = self(action, **values)
        assert answer["messages"] == []
        return answer["result"]

    def done(self, action, **values):
        answer = self(action, **values)
        assert answer["result"] is None
        assert set(answer["messages"]) == {"success"}
        return answer["messages"]["success"]

    def refused(self, action, **values):
        answer = self(action, **values)
        assert set(answer["messages"]) == {"error"}
        return " ".join(answer["messages"]["error"])


@pytest.fixture
def credentials(sandbox):
    return sandbox.upstreams["spamexperts"].credentials()


@pytest.fixture
def api(sandbox, credentials):
    client = Software(sandbox.http("spamexperts"), credentials)
    yield client
    client.session.close()


@pytest.fixture
def panel(sandbox, credentials):
    client = Panel(sandbox.http("spamexperts"), credentials)
    yield client
    client.session.close()


@pytest.fixture
def switch(sandbox):
    """Turn switches of the profile."""

    def put(**switches):
        answer = requests.put(f"{sandbox.control_url}/profile/spamexperts", json=switches, timeout=5)
        assert answer.status_code == 200, answer.text

    return put
