"""The demo data, and many domains."""

from __future__ import annotations

import re

from app.sandbox.company import firms_of


def test_the_demo_has_the_firms_of_this_panel(admin):
    accounts = admin.rows("accounts/listaccounts")
    assert [row["domain"] for row in accounts] == [firm.domain for firm in firms_of("spanel")]
    for row, firm in zip(accounts, firms_of("spanel"), strict=True):
        boxes = admin.data("email/listemailaccounts", accountuser=row["user"])
        assert [box["email"] for box in boxes] == list(firm.addresses)
        domains = admin.data("domain/listdomains", accountuser=row["user"])
        assert [domain["domain"] for domain in domains] == [firm.domain, *firm.aliases]


def test_tokens_look_like_the_documents_samples(known):
    assert set(known) == {"token", "admin_token", "plain_token", "client_token", "account"}
    tokens = [text for name, text in known.items() if name != "account"]
    assert len(set(tokens)) == 3
    assert all(re.fullmatch("[0-9a-f]{40}", token) for token in tokens)


def test_a_few_domains_are_as_many_accounts(sandbox, admin, client):
    sandbox.seed(3, ["spanel"])
    assert [row["numaddons"] for row in admin.rows("accounts/listaccounts")] == ["0"] * 3
    assert len(client.data("domain/listdomains")) == 1


def test_many_domains_share_500_accounts(sandbox, admin, client):
    sandbox.seed(20_000, ["spanel"])
    accounts = admin.rows("accounts/listaccounts")
    assert len(accounts) == 500
    assert sum(1 + int(row["numaddons"]) for row in accounts) == 20_000
    assert len(client.data("domain/listdomains")) == 40
    assert client.data("domain/adddomain", domain="got.example", path="x")["msg"]
