"""Programs of others that speak the two APIs, rebuilt as they send: over HTTP and HTTPS, with errors that come with 200 and
with a status of their own (contract sheet, 11).

se-lib (bash and curl), the Python client of Sensson, the Node SDK, the Go client, WHMCS and Upmind (PHP), clients that wait
for the challenge (.NET, PowerShell), and the vendor's app.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from app.sandbox.server import Sandbox

DOMAIN = "nordwind.example"
STATUSES = {"errors with 200": 200, "errors with a status": 400}


@dataclass(frozen=True)
class Address:
    """Where the server is found, who signs in to which API, and the status that its errors have."""

    url: str
    ca: Any
    software: tuple[str, str]
    panel: tuple[str, str]
    error_status: int

    def signed(self, who: tuple[str, str]) -> str:
        """The address with the credentials in it, as many scripts write it."""
        return self.url.replace("://", f"://{who[0]}:{who[1]}@")


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    """With and without TLS."""
    return str(request.param)


@pytest.fixture(params=STATUSES)
def server(request: pytest.FixtureRequest, sandbox: Sandbox, scheme: str, credentials: Any) -> Address:
    """The server in both profiles."""
    status = STATUSES[request.param]
    profile = sandbox.upstreams["spamexperts"].profile
    profile.update(error_http_status=status, panel_error_http_status=status)
    url = sandbox.http("spamexperts") if scheme == "http" else sandbox.https("spamexperts")
    return Address(
        url,
        sandbox.ca_path,
        (credentials["username"], credentials["password"]),
        (credentials["panel_username"], credentials["panel_password"]),
        status,
    )


# --- se-lib: bash, curl -k, credentials in the address -------------------------------------------------------------------


@pytest.fixture
def shell(server: Address) -> Any:
    """`curl -k -s "https://user:password@host/cgi-bin/api?…"` in a shell, with what follows the pipe."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("no curl")

    def run(query: str, pipe: str = "") -> str:
        command = f'curl -k -s "{server.signed(server.software)}/cgi-bin/api?{query}"{pipe}'
        return subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=20, check=True
        ).stdout

    return run


def test_se_lib_starts_when_the_version_begins_with_six_digits(shell: Any) -> None:
    assert re.match(r"^([0-9]{6})", shell("call=api_version&"))


def test_se_lib_switches_the_list_of_recipients_and_adds_to_it(shell: Any) -> None:
    status = "call=api_get_use_local_recipient_list&domain=oldquay.example"
    word = " | egrep ^oldquay.example | awk {'print $2'}"
    assert shell(status, word) == "False\n"
    assert shell("call=api_set_use_local_recipient_list&domain=oldquay.example&enabled=true") == ""
    assert shell(status, word) == "True\n"
    assert shell("call=api_add_local_recipient&domain=oldquay.example&local_part=se-lib") == ""
    assert "already" in shell("call=api_add_local_recipient&domain=oldquay.example&local_part=se-lib")


def test_se_lib_fetches_recipients_out_of_the_log(shell: Any) -> None:
    week, now = int(time.time()) - 7 * 86_400, int(time.time())
    query = (
        f"call=api_find_messages&domain={DOMAIN}&from_date={week}&to_date={now}&&predicate=and&partial=False"
        "&sort_field=datestamp&classification=&include_in_progress=False&columns=recipient&status=delivered"
    )
    lines = shell(query, " | sort | uniq").split()
    assert lines and all(line.endswith(f"@{DOMAIN}") for line in lines) and lines == sorted(set(lines))


def test_se_lib_deletes_from_the_queue_on_every_server_some_of_them_twice(
    shell: Any, sandbox: Sandbox
) -> None:
    ids = shell("call=api_get_delivery_queue&time_queued=0-9999999&domain=", " | cut -d, -f3").split()
    assert ids and all(len(one) == 16 for one in ids)
    wanted = ",".join([ids[0], ids[0], "1ZPhsl-0004Im-99", ""])
    query = f"call=api_delete_queued_message_incoming&host=node[1-2].filtering.example&message_id={wanted}&method=remove"
    sandbox.calls["spamexperts"].clear()
    assert shell(query.rstrip(",")) == ""
    assert len(sandbox.calls["spamexperts"].names()) == 2, "curl expands the pattern of hosts"
    assert ids[0] not in shell("call=api_get_delivery_queue&time_queued=0-9999999&domain=")


# --- Control Panel API ----------------------------------------------------------------------------------------------------


class Sensson:
    """`{url}/api/{controller}/{action}/format/json/{key}/{value}/…/`; the mere key `error` is a failure."""

    def __init__(self, server: Address) -> None:
        self.server = server

    def get(self, controller: str, action: str, **params: str) -> Any:
        pairs = "/".join(f"{key}/{value}" for key, value in params.items())
        url = f"{self.server.url}/api/{controller}/{action}/format/json/{pairs}/"
        data = json.loads(requests.get(url, auth=self.server.panel, verify=self.server.ca, timeout=10).text)
        if "error" in data["messages"]:
            raise LookupError(" ".join(data["messages"]["error"]))
        return data["messages"]["success"] if "success" in data["messages"] else data["result"]


def test_the_python_client_moves_a_domain_with_what_belongs_to_it(server: Address) -> None:
    client = Sensson(server)
    added = client.get(
        "domain", "add", domain="moved.example", destinations='["mail.moved.example","10.0.0.2:2525"]'
    )
    assert added[-1] == "Domain 'moved.example' added"
    assert "moved.example" in client.get("domainslist", "get")
    assert client.get("domain", "getroute", domain="moved.example") == [
        "mail.moved.example::25",
        "10.0.0.2::2525",
    ]
    client.get("domain", "edit", domain="moved.example", destinations='["mx.moved.example"]')
    for kind, entry in (("sender", "bad@x.example"), ("recipient", "info")):
        client.get("domain", f"blacklist{kind}", domain="moved.example", **{kind: entry})
        assert entry in str(client.get("domain", f"{kind}blacklist", domain="moved.example"))
        client.get("domain", f"unblacklist{kind}", domain="moved.example", **{kind: entry})
    client.get("domainalias", "add", domain="moved.example", alias="moved.test")
    assert client.get("domainalias", "list", domain="moved.example") == ["moved.test"]
    client.get("emailusers", "add", username="Bob", password="x", domain="moved.example")
    [user] = client.get("user", "list", role="email", domain="moved.example")
    assert user["username"] == "bob@moved.example"
    with pytest.raises(LookupError, match=r"Domain already exists\."):
        client.get("domain", "add", domain="moved.example")
    with pytest.raises(LookupError, match="not allowed to manage"):
        client.get("domain", "getroute", domain="missing.example")


def test_the_node_sdk_reads_and_sets_products(server: Address) -> None:
    """`got` with `responseType: "json"`; a base address that ends in /api, numbers for yes and no, no slash at the end."""

    def api(path: str) -> Any:
        body = requests.get(
            f"{server.url}/api/{path}", auth=server.panel, verify=server.ca, timeout=10
        ).json()
        if not isinstance(body["messages"], list) and body["messages"].get("error"):
            raise LookupError("\n".join(body["messages"]["error"]))
        return body["result"]

    assert DOMAIN in api("domainslist/get/format/json/")
    assert api(f"domain/setproducts/format/json/domain/{DOMAIN}/incoming/1/outgoing/1/archiving/0") is None
    assert api(f"domain/getproducts/format/json/domain/{DOMAIN}") == {
        "incoming": 1,
        "outgoing": 1,
        "archiving": 0,
    }
    assert api(f"domain/exists/format/json/domain/{DOMAIN}") == {"present": 1}
    added = api(
        'domain/add/format/json/domain/node.example/destinations/["a.example.net"]/aliases/["node.test"]'
    )
    assert added is None and "node.test" in api("domainalias/list/format/json/domain/node.example")
    with pytest.raises(LookupError):
        api("domain/remove/format/json/domain/missing.example")


def test_the_go_client_reads_plain_text(server: Address) -> None:
    """Credentials in the address, `/format/plain` appended behind a slash, JSON arrays with a blank after the comma."""

    def query(path: str) -> str:
        url = f"{server.signed(server.panel)}{path}/format/plain"
        return requests.get(url, verify=server.ca, timeout=10).text

    assert DOMAIN in json.loads(query("/api/domainslist/get/"))
    added = query('/api/domain/add/domain/go.example/destinations/["a.example.net", "b.example.net:26"]')
    assert added.splitlines()[-1] == "SUCCESS: Domain 'go.example' added"
    assert query("/api/domain/getroute/domain/go.example") == '["a.example.net::25", "b.example.net::26"]'
    assert re.fullmatch(r"[0-9a-f]{40}", query(f"/api/authticket/create/username/{DOMAIN}"))
    assert query("/api/domain/getroute/domain/missing.example").startswith("ERROR: ")


def test_whmcs_and_upmind_double_slashes_and_post_without_a_body(server: Address) -> None:
    send = lambda method, path: requests.request(  # noqa: E731
        method, f"{server.url}{path}", auth=server.panel, verify=server.ca, timeout=10
    )
    assert send("GET", "/api//version/get//format/json/").json()["messages"] == []
    added = send("POST", f"/api/domain/whitelistrecipient/domain/{DOMAIN}/recipient/%2A/")
    assert added.text.startswith("SUCCESS: ")
    assert send("GET", f"/api/domain/recipientwhitelist/domain/{DOMAIN}//format/json/").json()["result"] == [
        "*"
    ]
    assert send("POST", f"/api/domain/unwhitelistrecipient/domain/{DOMAIN}/recipient/*").ok
    said = send("POST", f"/api/domain/whitelistsender/domain/{DOMAIN}/sender/a%2Fb")
    assert said.status_code in (200, server.error_status)
    refused = send("POST", "/api/domain/remove/domain/missing.example/")
    assert refused.status_code == server.error_status and refused.text.startswith(
        "ERROR: You are not the owner"
    )


def test_a_client_that_sends_credentials_when_it_is_asked(server: Address) -> None:
    url = f"{server.url}/api/domainslist/get/format/json/"
    first = requests.get(url, verify=server.ca, timeout=10)
    assert first.status_code == 401 and first.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert requests.get(url, auth=server.panel, verify=server.ca, timeout=10).json()["messages"] == []


def test_the_seeds_client_believes_the_status(server: Address) -> None:
    data = json.dumps({DOMAIN: {"destinations": [["mail.example.net", 25]]}})
    url = f"{server.url}/cgi-bin/api?call=api_add_delivery_domain&data={data}"
    answer = requests.get(url, auth=server.software, verify=server.ca, timeout=10)
    assert answer.ok is (server.error_status == 200) and answer.text.startswith("ERROR: ")


def test_the_app_signs_in_searches_reads_and_settles(server: Address) -> None:
    """AngularJS: parameters of a GET in the query, a PUT with a list, a DELETE with `0={…}` in the query."""
    session = requests.Session()
    session.trust_env = False  # or an authority of the machine would take the place of this one
    session.verify = str(server.ca)
    rest = f"{server.url}/rest"
    token = session.get(f"{rest}/auth/token", auth=server.panel, timeout=10).json()["token"]
    session.headers["Authorization"] = f"Bearer {token}"
    asks = {
        "since": "2020-01-01 00:00",
        "until": "2099-01-01 00:00",
        "domain": DOMAIN,
        "length": 3,
        "refresh": "false",
    }
    body = session.get(f"{rest}/log/search/delivery", params=asks, timeout=10).json()["body"]
    first, second, third = body["entries"]
    assert body["last_count"] > 3
    seen = session.get(f"{rest}/log/view/raw/delivery", params=first, timeout=10).json()["body"]["mail"]
    assert "Received:" in seen["details"]
    assert session.put(f"{rest}/log/releaseandtrain/delivery", json=[first], timeout=10).json()["success"]
    query = {"0": json.dumps(second), "1": json.dumps(third)}
    assert session.delete(f"{rest}/log/remove/delivery", params=query, timeout=10).json()["success"]
    left = session.get(f"{rest}/log/search/delivery", params=asks, timeout=10).json()["body"]
    assert left["last_count"] == body["last_count"] - 3
    session.close()
