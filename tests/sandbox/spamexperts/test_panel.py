"""The Control Panel API (contract sheet, section 7)."""

import re
import socket

import pytest
import requests

DOMAIN = "nordwind.example"


@pytest.fixture
def plain(panel):
    def ask(path):
        answer = panel.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        return answer.text

    return ask


@pytest.mark.parametrize(
    "path",
    [
        "/api/version/get/format/json",
        "/api/version/get/format/json/",
        "/api//version/get//format/json/",
        "//api/version/get/format/json//",
        "/api/Version/GET/unknown/key/format/JSON",
        "/api/version/get/format/json/unknown/x",
    ],
)
def test_paths_are_read_generously(panel, path):
    answer = panel.get(path)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["messages"] == []
    assert re.fullmatch(r"\d+\.\d+", answer.json()["result"])


def test_the_plain_format_is_the_bare_value(plain, sandbox):
    assert re.fullmatch(r"\d+\.\d+", plain("/api/version/get"))
    assert plain("/api/version/get/format/plain/") == plain("/api/version/get")
    assert plain(f"/api/domain/getroute/domain/{DOMAIN}").startswith('["mail.nordwind.example::')
    assert plain(f"/api/domain/exists/domain/{DOMAIN}") == '{"present": 1}'
    assert plain(f"/api/domain/getvalidrecipientcount/domain/{DOMAIN}") == "4"
    assert (
        plain("/api/domain/remove/domain/nordwind-werft.example")
        == "SUCCESS: Domain 'nordwind-werft.example' removed\n"
    )
    assert plain("/api/domain/remove/domain/nordwind-werft.example") == (
        "ERROR: You are not the owner of 'nordwind-werft.example'.\n"
        "ERROR: Failed to remove domain 'nordwind-werft.example'\n"
    )


def test_post_is_accepted(panel):
    answer = panel.session.post(f"{panel.base}/api/version/get", timeout=5)
    assert answer.status_code == 200


def test_no_credentials_are_challenged_and_wrong_ones_get_200(sandbox):
    url = f"{sandbox.http('spamexperts')}/api/version/get"
    answer = requests.get(url, timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    answer = requests.get(url, auth=("a", "b"), timeout=5)
    assert (answer.status_code, answer.text) == (200, "ERROR: Supplied credential is invalid.\n")
    answer = requests.get(f"{url}/format/json", auth=("a", "b"), timeout=5)
    assert answer.json() == {"messages": {"error": ["Supplied credential is invalid."]}, "result": None}


def test_unknown_actions_and_missing_keys(panel):
    assert "Incorrect usage of API" in panel.refused("nothing/here")
    assert "Incorrect usage of API" in panel.refused("domain/add")
    assert "Incorrect usage of API" in panel.refused("domain/add", domain="a.example", destinations="[3]")
    assert "Incorrect usage of API" in panel.refused("domain/add", domain="a.example", destinations="x")


def test_reads_without_keys(panel):
    assert panel.result("auth/getrole") == "admin"
    assert panel.result("productslist/get") == ["incoming", "outgoing", "archiving", "whitelabel"]
    assert panel.result("domainslist/get")[0] == DOMAIN
    assert panel.result("domainslist/get", withservices=1)[DOMAIN]["incoming"] == 1
    assert panel.result("archive/accounts") == []


def test_a_domain_from_add_to_remove(panel, api):
    lists = {"destinations": '["mail.example.com", "10.0.0.2:2525"]', "aliases": '["new.test"]'}
    assert panel.done("domain/add", domain="new.example", **lists)[-1] == "Domain 'new.example' added"
    assert "new.example:mail.example.com::25,10.0.0.2::2525" in api.lines("api_list_domains")
    assert "Domain already exists." in panel.refused("domain/add", domain="new.test")
    assert panel.result("domain/getroute", domain="new.example") == ["mail.example.com::25", "10.0.0.2::2525"]
    panel.done("domain/edit", domain="new.example", destinations='["[2001:db8::1]:26"]')
    assert panel.result("domain/getroute", domain="new.example") == ["2001:db8::1::26"]
    assert panel.result("domain/getproducts", domain="new.example") == {
        "incoming": 1,
        "outgoing": 0,
        "archiving": 0,
    }
    panel.done("domain/setproducts", domain="new.example", outgoing=1)
    assert panel.result("domain/getproducts", domain="new.example")["outgoing"] == 1
    assert panel.refused("domain/setproducts", domain="new.example", outgoing="false")
    panel.done("domain/remove", domain="new.example")
    assert panel.result("domain/exists", domain="new.example") == {"present": 0}


def test_raw_json_with_spaces_in_the_path(panel, sandbox, credentials):
    """Go's client sends the array as it is; a library that cleans URLs would hide that."""
    header = requests.auth._basic_auth_str(credentials["panel_username"], credentials["panel_password"])
    target = '/api/domain/add/domain/raw.example/destinations/["a.example.net", "b.example.net:26"]/'
    text = f"GET {target} HTTP/1.1\r\nAuthorization: {header}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sandbox.base_port + 1), timeout=5) as connection:
        connection.sendall(text.encode())
        assert b"SUCCESS: Domain 'raw.example' added" in connection.makefile("rb").read()
    assert panel.result("domain/getroute", domain="raw.example") == ["a.example.net::25", "b.example.net::26"]


def test_an_idn_is_shown_in_unicode(panel):
    assert panel.done("domain/add", domain="bücher.example")[-1] == "Domain 'bücher.example' added"
    assert "xn--bcher-kva.example" in panel.result("domainslist/get")


def test_a_value_with_a_slash_arrives_whole(panel):
    panel.done("domainuser/remove", username=DOMAIN)
    panel.done("domainuser/add", domain=DOMAIN, password="a/b//c", email="x@y.example")
    assert panel.result("user/get", username=DOMAIN)["email"] == "x@y.example"


@pytest.mark.parametrize("domain", ["-x.example", "x", "a..example"])
def test_bad_domain_names(panel, domain):
    assert "is incorrect" in panel.refused("domain/add", domain=domain)


def test_refusals_that_clients_know(panel, switch):
    assert "You are not allowed to manage the domain" in panel.refused(
        "domain/getroute", domain="missing.example"
    )
    assert "doesn't exist" in panel.refused("domain/getproducts", domain="missing.example")
    assert "You are not the owner of" in panel.refused("domain/remove", domain="missing.example")
    assert "is not registered on" in panel.refused("authticket/create", username="missing.example")
    assert "cannot be a destination" in panel.refused(
        "domain/add", domain="new.example", destinations='["node1.filtering.example"]'
    )
    switch(missing_domain="error")
    assert "does not belong to the admin" in panel.refused("domain/exists", domain="missing.example")


def test_aliases(panel):
    assert panel.done("domainalias/add", domain=DOMAIN, alias="more.example") == [
        "Alias 'more.example' has been added"
    ]
    assert panel.refused("domainalias/add", domain=DOMAIN, alias="more.example") == "Alias already exists"
    assert "more.example" in panel.result("domainalias/list", domain=DOMAIN)
    assert "has been removed" in panel.done("domainalias/remove", domain=DOMAIN, alias="more.example")[0]
    assert "Unable to find" in panel.refused("domainalias/remove", domain=DOMAIN, alias="more.example")


@pytest.mark.parametrize("colour", ["whitelist", "blacklist"])
def test_lists(panel, api, colour):
    sender = {"domain": DOMAIN, "sender": "new@sender.example"}
    panel.done(f"domain/{colour}sender", **sender)
    assert "already exists" in panel.refused(f"domain/{colour}sender", **sender)
    assert {"address": "new@sender.example"} in panel.result(f"domain/sender{colour}", domain=DOMAIN)
    assert "new@sender.example" in api.lines(f"api_get_sender_{colour}", domain=DOMAIN)
    panel.done(f"domain/un{colour}sender", **sender)
    assert "Unable to find" in panel.refused(f"domain/un{colour}sender", **sender)
    recipient = {"domain": DOMAIN, "recipient": "*"}
    panel.done(f"domain/{colour}recipient", **recipient)
    assert panel(f"domain/{colour}recipient", **recipient) == {"messages": [], "result": None}
    assert panel.result(f"domain/recipient{colour}", domain=DOMAIN) == ["*"]
    panel.done(f"domain/un{colour}recipient", **recipient)
    assert panel.result(f"domain/recipient{colour}", domain=DOMAIN) == []


def test_the_whitelist_contains_the_clusters_entries(panel):
    assert {"address": "bank.example.org"} in panel.result(
        "domain/senderwhitelist", domain="hafencafe.example"
    )
    assert panel.result("domain/senderblacklist", domain="hafencafe.example") == []


def test_contacts(panel):
    assert (
        panel.result("domaincontact/get", domain="harbourbikes.example") == "niamh.doyle@harbourbikes.example"
    )
    assert "changed to" in panel.done("domaincontact/set", domain=DOMAIN, email="a@b.example")[0]
    said = panel.done("domainadmincontact/set", domain=DOMAIN, email="c@d.example")[0]
    assert said == f"Administrator's contact email for the domain '{DOMAIN}' is changed to 'c@d.example'"
    assert panel.result("domainadmincontact/get", domain=DOMAIN) == "c@d.example"
    assert panel.refused("domaincontact/set", domain=DOMAIN, email="nobody")


def test_domain_users(panel):
    assert "already" in panel.refused("domainuser/add", domain=DOMAIN, password="x", email="a@b.example")
    assert panel.result("domainuser/status", username=DOMAIN) == "active"
    panel.done("domainuser/setpassword", username=DOMAIN, password="x")
    assert "deleted" in panel.done("domainuser/remove", username=DOMAIN)[0]
    assert "unable" in panel.refused("domainuser/remove", username=DOMAIN)
    assert "saved" in panel.done("domainuser/add", domain=DOMAIN, password="x", email="a@b.example")[0]
    assert [user["username"] for user in panel.result("user/list", domain=DOMAIN, role="domain")] == [DOMAIN]


def test_email_users(panel):
    panel.done("domain/add", domain="new.example")
    assert "no valid user" in panel.refused("user/list", domain="new.example", role="email")
    assert "saved" in panel.done("emailusers/add", domain="new.example", username="Bob", password="x")[0]
    assert "already" in panel.refused("emailusers/add", domain="new.example", username="bob", password="x")
    assert panel.refused("emailusers/add", domain="new.example", username="x" * 65, password="x")
    [user] = panel.result("user/list", domain="new.example", role="email")
    assert user["username"] == "bob@new.example"
    assert panel.result("user/get", id=user["id"]) == user
    assert panel.result("user/get", username="nobody") is None
    panel.done("emailusers/setpassword", username="bob@new.example", password="y")
    panel.done("emailusers/remove", username="bob@new.example")
    assert "unable" in panel.refused("emailusers/remove", username="bob@new.example")


def test_email_aliases(panel):
    before = panel.result("emailalias/list", domain=DOMAIN)
    alias = {"domain": DOMAIN, "localpart": "bjorn.yildiz", "alias": "sales"}
    panel.done("emailalias/add", **alias)
    assert panel.refused("emailalias/add", **alias) == "Alias already exists"
    assert panel.result("emailalias/list", domain=DOMAIN) == [
        *before,
        {"email": f"bjorn.yildiz@{DOMAIN}", "alias": f"sales@{DOMAIN}"},
    ]
    panel.done("emailalias/remove", **{**alias, "alias": f"sales@{DOMAIN}"})
    assert "Unable to find" in panel.refused("emailalias/remove", **alias)


def test_tickets_sign_in_once(panel, sandbox):
    ticket = panel.result("authticket/create", username=DOMAIN)
    assert re.fullmatch(r"[0-9a-f]{40}", ticket)
    url = f"{sandbox.http('spamexperts')}/?authticket={ticket}"
    assert DOMAIN in requests.get(url, timeout=5).text
    assert requests.get(url, timeout=5).status_code == 403


@pytest.mark.parametrize("kind", ["reseller", "admin"])
def test_administrators(panel, plain, kind):
    new = {"username": "acme", "password": "x", "email": "a@acme.example", "domainslimit": 2, "api_usage": 1}
    assert "success" in panel.done(f"{kind}/add", **new)[0]
    assert "already" in panel.refused(f"{kind}/add", **new)
    assert panel.refused(f"{kind}/add", **{**new, "username": "b", "domainslimit": "many"})
    [listed] = panel.result(f"{kind}/list", username="acme")
    assert (listed[0]["domainslimit"], listed[0]["domains"]) == ("2", [])
    domains = '["oldquay.example", "skagenfisk.example"]'
    panel.done(f"{kind}/binddomains", username="acme", domains=domains)
    assert "reached the allowed limit" in panel.refused(
        f"{kind}/binddomains", username="acme", domains="hafencafe.example"
    )
    assert panel.result("domain/getowner", domain="oldquay.example") == {"username": "acme"}
    assert panel.result("domain/getowner", domain="hafencafe.example") is None
    move = {"destination_username": "acme", "destination_password": "x"}
    assert panel.result("domain/getfreelimit", **move) == {"freelimit": 0}
    assert panel.result("domain/move", domain=DOMAIN, **move)["rejected"] == [DOMAIN]
    assert panel.result(f"{kind}/domainswithproduct", username="acme", product="incoming") == 2
    assert panel.result(f"{kind}/getvalidrecipientcount", username="acme") > 3
    assert panel.result(f"{kind}/getoutgoingusercount", username="acme") == 0
    assert plain(f"/api/{kind}/getbandwidthusage/reseller_id/{listed[0]['id']}").startswith(
        "oldquay.example,"
    )
    panel.done(f"{kind}/update", id=listed[0]["id"], username="acme2", domainslimit=0)
    assert panel.result("domain/getfreelimit", **{**move, "destination_username": "acme2"}) == {
        "freelimit": "unlimit"
    }
    assert panel.result("domain/move", domain=DOMAIN, **{**move, "destination_username": "acme2"})[
        "moved"
    ] == [DOMAIN]
    panel.done(f"{kind}/setproducts", username="acme2", outgoing=0)
    panel.done(f"{kind}/unbinddomains", username="acme2", domains='["oldquay.example"]')
    assert "does not belong" in panel.refused(
        f"{kind}/unbinddomains", username="acme2", domains='["oldquay.example"]'
    )
    assert plain(f"/api/{kind}/remove/username/acme2") == ""
    assert panel.result("domain/getowner", domain="skagenfisk.example") is None
    assert "Unable to find" in panel.refused(f"{kind}/wipe", username='["acme2"]')


def test_transfer_of_domains(panel):
    panel.done("admin/transferdomains", username="nordwind-it", domains='["oldquay.example"]')
    assert panel.result("domain/getowner", domain="oldquay.example") == {"username": "nordwind-it"}


def test_outgoing_users(panel, api):
    panel.done("outgoingusers/add", domain="oldquay.example", password="x")
    panel.done("outgoingusers/addip", domain="oldquay.example", ip="192.0.2.0", mask=24)
    assert api.lines("api_list_outgoing_users", domain="oldquay.example") == [
        "oldquay.example",
        "192.0.2.0/24",
    ]
    assert "already" in panel.refused("outgoingusers/add", domain="oldquay.example", password="x")
    panel.done("outgoingusers/remove", domain="oldquay.example")
    assert api.text("api_list_outgoing_users", domain="oldquay.example") == ""


def test_local_recipients(panel, api):
    panel.done("domain/addlocalrecipient", domain=DOMAIN, localpart="new")
    assert "new" in api.lines("api_get_local_recipients", domain=DOMAIN)
    assert "already" in panel.refused("domain/addlocalrecipient", domain=DOMAIN, localpart="new")


def test_changes_of_the_software_api_may_show_late(panel, api, switch):
    switch(panel_cache_seconds=60)
    before = panel.result("domainslist/get")
    api.done("api_add_incoming_domain", domain="late.example", destination="mail.late.example")
    assert panel.result("domainslist/get") == before
    panel.done("domain/add", domain="at-once.example")
    assert panel.result("domainslist/get") == [*before, "late.example", "at-once.example"]
    switch(panel_cache_seconds=0)
    api.done("api_remove_domain", domain="late.example")
    assert "late.example" not in panel.result("domainslist/get")
