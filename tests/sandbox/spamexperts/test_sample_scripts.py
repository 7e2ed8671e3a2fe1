"""The vendor's two sample domain managers, rebuilt, and a client that waits for the challenge (Software API page)."""

import json
import urllib.request

import pytest
import requests


class PhpSample:
    """Reads the plain list as the sample PHP does: first colon, commas, ``*`` for an alias, ``::`` into ``:``."""

    def __init__(self, base, username, password):
        self.url = base.replace("://", f"://{username}:{password}@") + "/cgi-bin/api"

    def call(self, query):
        return requests.get(f"{self.url}?{query}", timeout=5).text

    def domains(self):
        found, last = {}, None
        for line in filter(None, self.call("call=api_list_domains").split("\n")):
            domain, routes = line.split(":", 1)
            if domain.endswith("*"):
                found[last]["aliases"].append(domain.rstrip("*"))
                continue
            last = domain
            routes = [route.replace("::", ":") for route in filter(None, routes.split(","))]
            found[domain] = {"aliases": [], "routes": routes}
        return found


class PythonSample:
    """Adds with ``data=`` unquoted and trusts ``response.ok``, as the sample Python does."""

    def __init__(self, base, username, password):
        self.auth = (username, password)
        self.base = f"{base}/cgi-bin/api?call="

    def add(self, domain, text):
        destinations = []
        for destination in text.split(","):
            destinations.append(destination.split(":") if ":" in destination else (destination, 25))
        data = json.dumps({domain: {"destinations": destinations}})
        return requests.get(f"{self.base}api_add_delivery_domain&data={data}", auth=self.auth, timeout=5).ok

    def remove(self, domain):
        return requests.get(f"{self.base}api_remove_domain&domain={domain}", auth=self.auth, timeout=5).ok

    def domains(self):
        return requests.get(f"{self.base}api_list_domains&format=json", auth=self.auth, timeout=5).json()


@pytest.fixture
def php(sandbox, credentials):
    return PhpSample(sandbox.http("spamexperts"), credentials["username"], credentials["password"])


@pytest.fixture
def python(sandbox, credentials):
    return PythonSample(sandbox.http("spamexperts"), credentials["username"], credentials["password"])


def test_php_lists_adds_and_removes(php, sandbox):
    port = sandbox.smtp_port
    assert php.domains()["nordwind.example"] == {
        "aliases": ["nordwind.test", "nordwind-group.example"],
        "routes": [f"mail.nordwind.example:{port}", f"backup.nordwind.example:{port}"],
    }
    assert php.call("call=api_add_incoming_domain&domain=php.example&destination=mail.php.example") == ""
    assert php.domains()["php.example"] == {"aliases": [], "routes": ["mail.php.example:25"]}
    assert php.call("call=api_remove_domain&domain=php.example") == ""
    assert "php.example" not in php.domains()


def test_python_lists_adds_and_removes(python):
    assert python.add("python.example", "mail.python.example,backup.python.example:2525")
    [info] = [info for info in python.domains() if info["domain"] == "python.example"]
    assert ", ".join(info["destinations"]) == "mail.python.example::25, backup.python.example::2525"
    assert python.remove("python.example")
    assert "python.example" not in [info["domain"] for info in python.domains()]


@pytest.mark.parametrize(("status", "ok"), [(200, True), (400, False)])
def test_python_believes_the_status(python, switch, status, ok):
    switch(error_http_status=status)
    assert python.add("nordwind.example", "mail.python.example") is ok


def test_a_client_may_wait_for_the_challenge(sandbox, credentials):
    """Like libcurl with any scheme allowed: the first request has no credentials, the second has."""
    url = f"{sandbox.http('spamexperts')}/cgi-bin/api?call=api_get_json_server_status"
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, credentials["username"], credentials["password"])
    handler = urllib.request.HTTPBasicAuthHandler(passwords)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
    with opener.open(url, timeout=5) as answer:
        assert set(json.load(answer)) == {"node1.filtering.example", "node2.filtering.example"}
    assert [entry["status"] for entry in sandbox.calls["spamexperts"].entries()] == [401, 200]


def test_a_shell_script_cuts_what_it_needs(api):
    """The forms that public scripts pipe through cut, grep and awk."""
    assert api.raw("call=api_version&").text[:6].isdigit()
    line = next(
        one
        for one in api.lines("api_get_use_local_recipient_list", domain="oldquay.example")
        if one.startswith("oldquay.example")
    )
    assert line.split()[1] == "False"
    query = (
        "call=api_find_messages&domain=oldquay.example&from_date=946684800&to_date=4102444800&&predicate=and"
    )
    recipients = set(
        api.raw(
            f"{query}&partial=False&sort_field=datestamp&classification=&columns=recipient&status=delivered"
        ).text.split()
    )
    assert recipients
    assert all(address.endswith("@oldquay.example") for address in recipients)
    ids = [
        row.split(",")[2]
        for row in api.raw("call=api_get_delivery_queue&time_queued=0-9999999&domain=").text.splitlines()
    ]
    assert all(len(message_id) == 16 for message_id in ids)
