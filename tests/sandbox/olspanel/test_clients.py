"""Programs of others that speak OLSPanel's API, rebuilt as they send it: over HTTP and HTTPS, in both profiles.

The seed's PHP example (cURL and a form), `curl -d` of the shell, and the FOSSBilling module, which makes accounts through the
admin API (sheet, 1, 6 and 8).
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from app.sandbox.server import Sandbox

ACCOUNT, PASSWORD = "exampleuser", "demo-password"


@dataclass(frozen=True)
class Address:
    """Where the panel is found, and the certificate authority that vouches for it."""

    url: str
    ca: Path


@pytest.fixture(params=["http", "https"])
def panel(request: pytest.FixtureRequest, sandbox: Sandbox, profile: str) -> Address:
    """The panel in both profiles, with and without TLS."""
    url = sandbox.http("olspanel") if request.param == "http" else sandbox.https("olspanel")
    return Address(url, sandbox.ca_path)


# --- the seed's own example -------------------------------------------------------------------------------------------


def as_the_seed_does(panel: Address, call: str, fields: dict[str, str], **headers: str) -> Any:
    """`curl_setopt($ch, CURLOPT_POSTFIELDS, http_build_query($post_data))` with the three headers of the example."""
    signed_in = {"username": ACCOUNT, "password": PASSWORD} | headers
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(f"{panel.url}/api/{call}", urlencode(fields).encode(), signed_in | form)
    trust = ssl.create_default_context(cafile=str(panel.ca)) if panel.url.startswith("https") else None
    with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


def test_the_seeds_example(panel: Address) -> None:
    wish = {"domain": "example.net", "php_version": "8.2", "path": "public_html"}
    added = as_the_seed_does(panel, "add_domain/", wish)
    assert added["message"] == "Domain 'example.net' added successfully!" and added["domain_id"] > 0
    assert as_the_seed_does(panel, "add_domain/", wish)["success"] is False
    names = [row["domain"] for row in as_the_seed_does(panel, "domain_list/", {"username": ACCOUNT})]
    assert names == ["example.com", "sub.example.com", "example.net"]
    usage = as_the_seed_does(panel, "", {"username": ACCOUNT})
    assert len(usage) == 18 and usage["domain_used"] in (2, 3)


def test_the_other_calls_of_the_seed(panel: Address) -> None:
    assert as_the_seed_does(panel, "domain_issue_ssl/", {"domain": "example.com"})["success"] is True
    user = {"dbuser": "shop", "dbpass": "a long password", "dbpassc": "a long password"}
    both = {"db": "shop", "dbname": "shop"}
    assert as_the_seed_does(panel, "db_make/", both | user)["success"] is True
    job = dict(zip(("minute", "hour", "day", "month", "weekday"), "0****", strict=True)) | {
        "comm": "/bin/true"
    }
    assert as_the_seed_does(panel, "cronjob_add/", job) == {
        "success": True,
        "message": "Cron job added successfully.",
    }
    assert as_the_seed_does(panel, "cronjob_add/", job)["error"] == "Cron job already exists."


def test_a_wrong_password_is_status_200_all_the_same(panel: Address) -> None:
    refused = as_the_seed_does(panel, "domain_list/", {"username": ACCOUNT}, password="wrong")
    assert refused == {"error": "Invalid credentials"}


# --- the shell --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_of_the_shell(panel: Address) -> None:
    def curl(*arguments: str) -> str:
        command = [
            "curl",
            "-sS",
            "--cacert",
            str(panel.ca),
            "-H",
            f"username: {ACCOUNT}",
            "-H",
            f"password: {PASSWORD}",
        ]
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=True, timeout=20
        ).stdout

    added = curl("-d", "domain=example.net", "-d", "php_version=8.2", f"{panel.url}/api/add_domain/")
    assert json.loads(added)["success"] is True
    assert json.loads(curl("-X", "POST", f"{panel.url}/api/domain_list/"))[-1]["domain"] == "example.net"
    multipart = curl("-F", "domain=example.org", "-F", "php_version=8.2", f"{panel.url}/api/add_domain/")
    assert json.loads(multipart)["success"] is True
    without_slash = curl(
        "-d", "domain=example.biz", "-w", "%{http_code} %{redirect_url}", f"{panel.url}/api/add_domain"
    )
    assert without_slash == f"301 {panel.url}/api/add_domain/"


# --- FOSSBilling ------------------------------------------------------------------------------------------------------


class FossBilling:
    """One request for each act, to the admin API; an error where `error` says anything or `success` is exactly false."""

    def __init__(self, panel: Address) -> None:
        self.panel = panel

    def request(self, endpoint: str, **payload: Any) -> Any:
        answer = requests.post(
            f"{self.panel.url}/admin_api/{endpoint}/",
            data=payload,
            headers={"username": "admin", "password": "demo-admin-password"},
            verify=str(self.panel.ca),
            timeout=30,
        )
        answer.raise_for_status()
        data = answer.json()
        if data.get("error"):
            raise RuntimeError(data["error"])
        if data.get("success") is False:
            raise RuntimeError(data["message"])
        return data


def test_fossbilling_from_the_test_of_a_connection_to_the_end_of_an_account(panel: Address) -> None:
    billing = FossBilling(panel)
    package = billing.request("packages_list")["packages"][0]["id"]
    person = {
        "first_name": "Ann Lee",
        "last_name": " ",
        "email": "ann@customer.example",
        "password": "a long password",
    }
    billing.request(
        "add_user",
        username="customer",
        **person,
        domain="customer.example",
        pkg_id=package,
        php_version="8.2",
    )
    with pytest.raises(RuntimeError, match="already exists"):
        billing.request(
            "add_user", username="customer", **person, domain="x.example", pkg_id=package, php_version="8.2"
        )
    assert billing.request("update_user", username="customer", pkg_id=package + 1)["success"] is True
    link = billing.request("sso_login", username="customer")["url"]
    assert "signed in as customer" in requests.get(link, verify=str(panel.ca), timeout=10).text
    with pytest.raises(RuntimeError, match="must be suspended before deletion"):
        billing.request("suspend_user", username="customer", state="DELETE")
    for state in ("SUSPEND", "UNSUSPEND", "SUSPEND", "DELETE"):
        assert billing.request("suspend_user", username="customer", state=state)["success"] is True
    with pytest.raises(RuntimeError, match="not found"):
        billing.request("sso_login", username="customer")
