"""The demo data, and many domains."""

from __future__ import annotations

from app.sandbox.company import firms_of


def test_the_demo_hosts_the_firms_of_this_panel(agency):
    names = [row["domain"] for row in agency.post("/api/domain_list/")]
    assert names[0] == agency.post("/api/")["main_domain"] == "piernine.example"
    for firm in firms_of("olspanel"):
        assert {firm.domain, *firm.aliases} <= set(names)


def test_credentials_are_of_the_fixed_list(sandbox):
    known = sandbox.upstreams["olspanel"].credentials()
    assert set(known) == {"username", "password", "account", "admin_username", "admin_password"}


def test_many_domains(sandbox, agency):
    sandbox.seed(20_000, ["olspanel"])
    rows = agency.post("/api/domain_list/")
    assert len(rows) == len({row["domain"] for row in rows}) == 20_000
    assert agency.post("/api/")["domain_used"] == 20_000
    assert agency.post("/api/add_domain/", domain="got.example", php_version="8.2")["success"] is True
