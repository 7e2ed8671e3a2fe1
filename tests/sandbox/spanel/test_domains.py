"""Domains, subdomains, redirects and DNS (sheet, section 5.1)."""

from __future__ import annotations

import pytest

from tests.sandbox.spanel.conftest import ACCOUNT, DOMAIN


def names(client, kind: str = "domain") -> list[str]:
    return [row[kind] for row in client.data(f"domain/list{kind}s")]


def test_list_domains(client):
    assert client.data("domain/listdomains")[0] == {
        "domain": DOMAIN,
        "documentroot": f"/home/{ACCOUNT}/public_html",
        "maindomain": "1",
        "modsecurity": "enabled",
    }


def test_add_change_and_remove_a_domain(client):
    assert client.data("domain/adddomain", domain="Got.example", path="/sites/got/")["msg"]
    row = client.data("domain/listdomains")[-1]
    assert (row["domain"], row["documentroot"], row["maindomain"]) == (
        "got.example",
        f"/home/{ACCOUNT}/sites/got",
        "0",
    )
    client.data("domain/changedomainpath", domain="got.example", path=f"/home/{ACCOUNT}/other")
    client.data("domain/changemodsecurity", domain="got.example", status="disable")
    row = client.data("domain/listdomains")[-1]
    assert (row["documentroot"], row["modsecurity"]) == (f"/home/{ACCOUNT}/other", "disabled")
    assert client.data("domain/removedomain", domain="got.example")["d"] == ["got.example"]
    assert "got.example" not in names(client)


def test_remove_several_domains(client):
    for name in ("one.example", "two.example"):
        client.data("domain/adddomain", domain=name, path="x")
    assert set(client.errors("domain/removedomain", domain=["one.example", "nowhere.example"])) == {"domain"}
    assert client.data("domain/removedomain", domain=["one.example", "two.example"])["d"] == [
        "one.example",
        "two.example",
    ]


def test_a_removed_domain_takes_its_mail_along(client):
    client.data("domain/adddomain", domain="got.example", path="x")
    client.data(
        "email/createemailaccount", email="a", domain="got.example", password="long-enough", quota=100
    )
    client.data("domain/addsubdomain", domain="got.example", subdomain="www2", path="x")
    client.data("email/setmailroute", domain="got.example", exchanger="localexchanger")
    client.data("domain/removedomain", domain="got.example")
    assert "www2.got.example" not in names(client, "subdomain")
    assert "a@got.example" not in [row["email"] for row in client.data("email/listemailaccounts")]
    assert set(client.errors("email/getmailroute", domain="got.example")) == {"domain"}


@pytest.mark.parametrize(
    ("action", "params", "wrong"),
    [
        ("domain/adddomain", {"domain": "nodots", "path": "x"}, "domain"),
        ("domain/adddomain", {"domain": "-a.example", "path": "x"}, "domain"),
        ("domain/adddomain", {"domain": ["got.example"], "path": "x"}, "domain"),
        ("domain/adddomain", {"domain": "got.example", "path": "../other"}, "path"),
        ("domain/adddomain", {"domain": DOMAIN, "path": "x"}, "domain"),
        ("domain/adddomain", {"domain": "tidewater.example.com", "path": "x"}, "domain"),
        ("domain/adddomain", {"domain": f"shop.{DOMAIN}", "path": "x"}, "domain"),
        ("domain/changedomainpath", {"domain": "nowhere.example", "path": "x"}, "domain"),
        ("domain/changemodsecurity", {"domain": DOMAIN, "status": "on"}, "status"),
        ("domain/removedomain", {"domain": DOMAIN}, "domain"),
        ("domain/removedomain", {"domain": "tidewater.example.com"}, "domain"),
    ],
)
def test_domain_refusals(client, action, params, wrong):
    assert set(client.errors(action, **params)) == {wrong}


def test_the_limit_of_domains(client):
    for number in range(9):
        client.data("domain/adddomain", domain=f"d{number}.example", path="x")
    assert set(client.errors("domain/adddomain", domain="last.example", path="x")) == {"limit"}


def test_a_subdomain_is_added_by_label_and_changed_by_full_name(client):
    client.data("domain/addsubdomain", domain=DOMAIN, subdomain="Blog", path="blog")
    full = f"blog.{DOMAIN}"
    row = {"subdomain": full, "domain": DOMAIN, "documentroot": f"/home/{ACCOUNT}/blog"}
    assert row in client.data("domain/listsubdomains")
    assert set(client.errors("domain/addsubdomain", domain=DOMAIN, subdomain="blog", path="x")) == {
        "subdomain"
    }
    assert set(client.errors("domain/addsubdomain", domain=DOMAIN, subdomain=full, path="x")) == {"subdomain"}
    assert set(
        client.errors("domain/addsubdomain", domain="nowhere.example", subdomain="blog", path="x")
    ) == {"domain"}
    assert set(client.errors("domain/changesubdomainpath", subdomain="blog", path="x")) == {"subdomain"}
    client.data("domain/changesubdomainpath", subdomain=full, path="x")
    assert row | {"documentroot": f"/home/{ACCOUNT}/x"} in client.data("domain/listsubdomains")
    assert set(client.errors("domain/removesubdomain", subdomain="blog")) == {"subdomain"}
    client.data("domain/removesubdomain", subdomain=[full, f"shop.{DOMAIN}"])
    assert client.data("domain/listsubdomains") == []


def test_redirects(client):
    new = {"domain": DOMAIN, "path": "/shop", "destination": "https://shop.example/", "type": "302"}
    client.data("domain/createredirect", **new)
    assert new in client.data("domain/listredirects")
    assert set(client.errors("domain/createredirect", **{**new, "path": "shop/"})) == {"path"}
    assert set(client.errors("domain/createredirect", **{**new, "type": "307"})) == {"type"}
    client.data("domain/removeredirect", domain=DOMAIN, path="/shop")
    assert new not in client.data("domain/listredirects")
    assert set(client.errors("domain/removeredirect", domain=DOMAIN, path="/shop")) == {"path"}
    client.data("domain/createredirect", domain=DOMAIN, destination="https://shop.example/", type="301")
    client.data("domain/removeredirect", domain=DOMAIN)


RECORD = {"name": DOMAIN, "ttl": 86400, "type": "NS", "priority": 0, "value": "ns1.hosting.example."}


def test_the_zone_names_the_filter_of_the_mail(client, admin):
    zone = client.data("domain/listdnszone", domain=DOMAIN)
    assert RECORD in zone
    assert [set(row) for row in zone] == [set(RECORD)] * len(zone)
    assert [row["value"] for row in zone if row["type"] == "MX"] == [
        "mx1.filtering.example.",
        "mx2.filtering.example.",
    ]
    own = admin.data("domain/listdnszone", accountuser="quaisud", domain="quaisud.example")
    assert [row["value"] for row in own if row["type"] == "MX"] == ["mail.quaisud.example."]


def test_add_a_record(client):
    client.data("domain/adddnsrecord", domain=DOMAIN, name="_dmarc", type="TXT", value="v=DMARC1; p=none")
    row = {
        "name": f"_dmarc.{DOMAIN}",
        "ttl": 86400,
        "type": "TXT",
        "priority": 0,
        "value": "v=DMARC1; p=none",
    }
    assert row in client.data("domain/listdnszone", domain=DOMAIN)
    client.data(
        "domain/adddnsrecord", domain=DOMAIN, name="@", type="MX", value="mx.example.", ttl=300, priority=5
    )
    assert client.data("domain/listdnszone", domain=DOMAIN)[-1] == {
        "name": DOMAIN,
        "ttl": 300,
        "type": "MX",
        "priority": 5,
        "value": "mx.example.",
    }


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"type": "NAPTR"}, "type"),
        ({"value": "ns9.example"}, "value"),
        ({"ttl": "long"}, "ttl"),
        ({"domain": "nowhere.example"}, "domain"),
        ({"value": "ns1.hosting.example."}, "name"),
    ],
)
def test_record_refusals(client, change, wrong):
    new = {"domain": DOMAIN, "name": DOMAIN, "type": "NS", "value": "ns9.example.", **change}
    assert set(client.errors("domain/adddnsrecord", **new)) == {wrong}


def test_editdnszone_with_changes_alters(client):
    answer = client.data(
        "domain/editdnszone", domain=DOMAIN, record=RECORD, changes={"ttl": 300, "value": "ns3.example."}
    )
    assert f"{DOMAIN}. 300 IN NS ns3.example." in answer["msg"]
    zone = client.data("domain/listdnszone", domain=DOMAIN)
    assert zone[0] == RECORD | {"ttl": 300, "value": "ns3.example."}
    assert RECORD not in zone


def test_editdnszone_without_changes_deletes(client):
    before = client.data("domain/listdnszone", domain=DOMAIN)
    answer = client.data("domain/editdnszone", domain=DOMAIN, record=RECORD, changes={})
    assert f"{DOMAIN}. 86400 IN NS ns1.hosting.example." in answer["msg"]
    assert client.data("domain/listdnszone", domain=DOMAIN) == [row for row in before if row != RECORD]


def test_an_emptied_zone_stays_empty(client):
    for record in client.data("domain/listdnszone", domain=DOMAIN):
        client.data("domain/editdnszone", domain=DOMAIN, record=record)
    assert client.data("domain/listdnszone", domain=DOMAIN) == []


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({"record": {**RECORD, "ttl": None}}, "record"),
        ({"record": {**RECORD, "ttl": 60}}, "record"),
        ({"record": {**RECORD, "value": "ns1.hosting.example"}}, "record"),
        ({"record": "all"}, "record"),
        ({"record": RECORD, "changes": {"colour": "red"}}, "changes"),
        ({"record": RECORD, "changes": {"ttl": "long"}}, "changes"),
        ({"record": RECORD, "changes": {"type": "NAPTR"}}, "changes"),
        ({"record": RECORD, "changes": {"value": ["ns9.example."]}}, "changes"),
        ({"record": RECORD, "changes": {"value": "ns9.example"}}, "value"),
    ],
)
def test_editdnszone_refusals(client, params, wrong):
    before = client.data("domain/listdnszone", domain=DOMAIN)
    assert set(client.errors("domain/editdnszone", domain=DOMAIN, **params)) == {wrong}
    assert client.data("domain/listdnszone", domain=DOMAIN) == before
