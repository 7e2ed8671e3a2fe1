"""Programs of others that speak SPanel's API, rebuilt as they send it: over HTTP and HTTPS, with admin and client tokens.

The vendor's PHP example, `curl -d` of the shell, the class of the WHMCS module, Upmind's, and hosting-crm (sheet, 1 and 6).
"""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import pytest
import requests

from app.sandbox.server import Sandbox
from tests.sandbox.spanel.conftest import ACCOUNT, DOMAIN

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Server:
    """Where the panel is found, and the certificate authority that vouches for it."""

    url: str
    ca: Path

    @property
    def endpoint(self) -> str:
        """The one address of the API."""
        return f"{self.url}/spanel/api.php"

    @property
    def trust(self) -> ssl.SSLContext:
        """Trusts that authority alone."""
        return ssl.create_default_context(cafile=str(self.ca))


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, sandbox: Sandbox) -> Server:
    """The panel with and without TLS."""
    url = sandbox.http("spanel") if request.param == "http" else sandbox.https("spanel")
    return Server(url, sandbox.ca_path)


def http_build_query(data: Any, name: str = "") -> str:
    """PHP's function: brackets are encoded, true is 1, false is 0, null is left out."""
    if data is None:
        return ""
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        parts = (http_build_query(item, f"{name}[{key}]" if name else str(key)) for key, item in items)
        return "&".join(filter(None, parts))
    text = str(int(data)) if isinstance(data, bool) else str(data)
    return f"{quote_plus(name)}={quote_plus(text)}"


# --- the vendor's example ---------------------------------------------------------------------------------------------


def as_the_vendor_does(server: Server, token: str, action: str, account: str = "", **data: Any) -> Any:
    """`curl_setopt( $ch, CURLOPT_POSTFIELDS, http_build_query($postData))`."""
    post = {"token": token, "accountuser": account or None, "action": action, **data}
    request = urllib.request.Request(server.endpoint, http_build_query(post).encode(), {"Content-Type": FORM})
    trust = server.trust if server.url.startswith("https") else None
    with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
        assert answer.status == 200
        return json.load(answer)


def test_the_vendors_example(server: Server, known: dict[str, str]) -> None:
    """The basics page itself sends `accountuser` to a function that is the administrator's."""
    found = as_the_vendor_does(server, known["admin_token"], "accounts/listaccounts", ACCOUNT)
    assert [row["user"] for row in found["data"]] == [ACCOUNT] and "result" not in found


def test_lists_and_nested_arrays_as_php_writes_them(server: Server, known: dict[str, str]) -> None:
    token = known["admin_token"]
    assert as_the_vendor_does(server, token, "accounts/suspendaccount", username=[ACCOUNT, "tidewater"])[
        "msg"
    ]
    pages = {"email": ["accounts", "forwarders"], "domain": ["domains"]}
    assert as_the_vendor_does(server, token, "accounts/editprivileges", username=ACCOUNT, permissions=pages)[
        "data"
    ]
    own = as_the_vendor_does(server, known["client_token"], "user/listuserpermissions", ACCOUNT)["data"]
    assert {category: row["pages"] for category, row in own.items()} == pages
    assert as_the_vendor_does(server, token, "accounts/grantSSH", username=ACCOUNT, status=False) == {
        "result": "success"
    }


@pytest.mark.parametrize("kind", ["admin_token", "client_token"])
def test_a_zone_with_either_token(server: Server, known: dict[str, str], kind: str) -> None:
    """The example of editdnszone: the whole record, and `changes`, without which it would be removed."""
    record = {"name": f"www.{DOMAIN}", "ttl": 86400, "type": "A", "priority": 0, "value": "127.0.0.13"}
    edit = {"domain": DOMAIN, "record": record}
    act = "domain/editdnszone"
    changed = as_the_vendor_does(server, known[kind], act, ACCOUNT, **edit, changes={"value": "192.0.2.7"})
    assert "192.0.2.7" in changed["data"]["msg"]
    gone = as_the_vendor_does(
        server, known[kind], act, ACCOUNT, domain=DOMAIN, record=record | {"value": "192.0.2.7"}
    )
    assert "removed" in gone["data"]["msg"]
    zone = as_the_vendor_does(server, known[kind], "domain/listdnszone", ACCOUNT, domain=DOMAIN)["data"]
    assert all(row["name"] != f"www.{DOMAIN}" for row in zone)


# --- the shell --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
@pytest.mark.parametrize("kind", ["admin_token", "client_token"])
def test_curl_of_the_shell(server: Server, known: dict[str, str], kind: str) -> None:
    def curl(action: str, *more: str) -> Any:
        always = ("-d", f"token={known[kind]}", "-d", f"accountuser={ACCOUNT}", "-d", f"action={action}")
        command = ["curl", "-sS", "--cacert", str(server.ca), *always, *more, server.endpoint]
        return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=20).stdout)

    box = (
        "-d",
        "email=shell",
        "-d",
        f"domain={DOMAIN}",
        "--data-urlencode",
        "password=a long & odd password",
    )
    assert curl("email/createemailaccount", *box, "-d", "quota=200")["data"]["createddata"]
    assert curl("email/removeemailaccount", "-d", f"email[]=shell@{DOMAIN}")["result"] == "success"
    route = (
        "-d",
        "exchanger=remoteexchanger",
        "-d",
        "mailserver[]=mx1.example",
        "-d",
        "mailserver[]=mx2.example",
    )
    curl("email/setmailroute", "-d", f"domain={DOMAIN}", *route, "-d", "priority[]=10", "-d", "priority[]=20")
    told = curl("email/getmailroute", "-d", f"domain={DOMAIN}")["data"]
    assert told["mailserver"] == ["mx1.example", "mx2.example"] and told["priority"] == ["10", "20"]


# --- the module of WHMCS ----------------------------------------------------------------------------------------------


class Whmcs:
    """HTTP/1.1, a header with its version, no privileges for a new account, `packages` for a package, false for no address."""

    def __init__(self, server: Server, token: str) -> None:
        self.server, self.token = server, token
        self.said = ""

    def api(self, action: str, **data: Any) -> Any:
        parts = urlsplit(self.server.endpoint)
        plain = parts.scheme == "http"
        connection: Any = (
            http.client.HTTPConnection(parts.netloc, timeout=10)
            if plain
            else http.client.HTTPSConnection(parts.netloc, timeout=10, context=self.server.trust)
        )
        body = http_build_query({**data, "action": action, "token": self.token})
        headers = {"Content-Type": FORM, "spanelserverversion": "20250305", "Accept": "*/*"}
        connection.request("POST", parts.path, body, headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        refused = answer.get("result") == "error"
        self.said = ", ".join(answer["message"].values()) if refused else "success"
        return answer


def test_the_module_of_whmcs(server: Server, known: dict[str, str]) -> None:
    module = Whmcs(server, known["admin_token"])
    module.api("toolbox/apicheck")
    assert module.said == "success"
    packages = [row["packagename"] for row in module.api("accounts/listpackages")["data"]]
    new = {"domain": "billed.example", "username": "billed", "password": "a long password"}
    for action, data in (
        ("accounts/wwwacct", {**new, "package": packages[0]}),
        ("accounts/suspendaccount", {"username": "billed", "reason": "unpaid"}),
        ("accounts/unsuspendaccount", {"username": "billed"}),
        ("accounts/changequota", {"username": "billed", "packages": packages[1]}),
        ("accounts/changeuserpassword", {"username": "billed", "password": "another password"}),
    ):
        module.api(action, **data)
        assert module.said == "success", action
    [account] = module.api("accounts/listaccounts", accountuser="billed")["data"]
    assert (account["package"], account["suspended"]) == (packages[1], "0")
    for page in (None, "email/accounts", "domain/dnseditor", "ajax/mysql/getphpmyadmin/get"):
        link = module.api("base/sso", username="billed", role="user", ip=False, redirect=page)
        assert module.said == "success" and link["data"]["url"].startswith(server.url), page
    module.api("base/sso", username="billed", role="user", ip="192.0.2.1", redirect="email/nothing")
    assert module.said == "Unknown page or category"
    assert module.api("admin/listadminusers")["data"][0]["user"]
    module.api("accounts/terminateaccount", username="billed")
    assert module.said == "success"
    module.api("accounts/terminateaccount", username="billed")
    assert module.said == "billed does not exist"


# --- Upmind and hosting-crm -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("errors", ["map", "list", "text"])
def test_upmind(server: Server, known: dict[str, str], profile: dict[str, Any], errors: str) -> None:
    """Guzzle's form_params: no redirect, an error is a text or an array, `result` may be missing."""
    profile["errors"] = errors

    def request(action: str, **data: Any) -> Any:
        form = http_build_query({"action": action, **data, "token": known["admin_token"]})
        headers = {"Accept": "application/json", "Content-Type": FORM}
        answer = requests.post(
            server.endpoint, form, headers=headers, verify=str(server.ca), allow_redirects=False, timeout=10
        )
        answer.raise_for_status()
        found = answer.json()
        if found.get("result") == "error":
            words = found["message"]
            items = words.values() if isinstance(words, dict) else words
            raise RuntimeError(words if isinstance(words, str) else ", ".join(items))
        return found

    request(
        "accounts/wwwacct", username="up", password="a long password", domain="up.example", permissions="all"
    )
    [row] = request("accounts/listaccounts", accountuser="up")["data"]
    assert (row["disklimit"], row["suspended"], row["package"]) == ("Unlimited", "0", "Custom")
    request("accounts/suspendaccount", username="up", reason=None)
    request("accounts/terminateaccount", username="up")
    with pytest.raises(RuntimeError, match=r"^up does not exist$"):
        request("accounts/terminateaccount", username="up")


@pytest.mark.parametrize("kind", ["admin_token", "client_token"])
def test_hosting_crm(server: Server, known: dict[str, str], kind: str) -> None:
    """URLSearchParams of axios: everything is a text, 200 to 299 alone is an answer, an error has `errors`."""
    session = requests.Session()

    def request(action: str, **more: str) -> Any:
        form = urlencode([("token", known[kind]), ("action", action), *more.items()])
        answer = session.post(
            server.endpoint,
            form,
            headers={"Content-Type": FORM},
            allow_redirects=False,
            verify=str(server.ca),
            timeout=15,
        )
        assert 200 <= answer.status_code < 300
        assert answer.json() and "errors" not in answer.json()
        return answer.json()

    domains = request("domain/listdomains", accountuser=ACCOUNT)["data"]
    main = [row["domain"] for row in domains if row["maindomain"] == "1"]
    assert main == [DOMAIN] and all(row["documentroot"] for row in domains)
    accounts = request("accounts/listaccounts")
    assert isinstance(accounts.get("data"), list) is (kind == "admin_token")
