"""Domains in the list and one by one, in both generations, with the number of calls that this costs."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from app.core.capabilities import DomainReader, SettingsReader
from app.core.errors import BadCredentials, Malformed, NotFound, Unreachable
from app.core.model import DomainStatus, Route
from app.net.calls import collect
from app.providers.hornetsecurity import hierarchy
from app.providers.hornetsecurity.wire import NoPermission
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import (
    ENVIRONMENT,
    FIND,
    FIRST,
    PARTNER,
    PARTNER_ID,
    SECOND,
    UNBOOKED,
    Connect,
    site,
)
from tests.providers.hornetsecurity.panels import panel


def names(bench: Bench) -> list[str]:
    return [domain.name for batch in bench.driver.list_domains() for domain in batch]


# --- all ---


def test_it_reads_domains_and_settings(bench: Bench) -> None:
    assert isinstance(bench.driver, DomainReader) and isinstance(bench.driver, SettingsReader)


def test_the_list(either: Bench) -> None:
    found = {domain.name: domain for batch in either.driver.list_domains() for domain in batch}
    first = found[FIRST]
    assert (first.connection, first.account, first.status) == ("prod", PARTNER, DomainStatus.ACTIVE)
    assert first.aliases == ("hansen-kontor.example",)
    assert first.routes is None
    assert first.mailboxes == 9
    assert first.ref == {"object_id": 2_222_222, "domain_id": 432}
    assert first.extra == {"MX lead here": True}
    assert found[UNBOOKED].mailboxes == 0 and found[UNBOOKED].extra == {"MX lead here": False}
    assert json.loads(json.dumps(first.ref)) == first.ref


def test_the_list_costs_one_call_for_each_customer(either: Bench) -> None:
    found = names(either)
    called = Counter(call for call in either.called() if call != "POST /auth/login/")
    assert called == {"GET /hierarchy/": 1, "GET /domains/": len(found)}
    assert len(found) == len(set(found)) == 9


def test_a_long_list_comes_in_batches(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.seed(450, ["hornetsecurity"])
    bench = connect()
    batches = [len(batch) for batch in bench.driver.list_domains()]
    assert sum(batches) == 450 and max(batches) <= 500
    # the roots, with the first page; then all three pages of the one partner
    assert Counter(bench.called()) == {"GET /hierarchy/": 4, "GET /domains/": 450}


def test_the_list_comes_as_it_is_read(sandbox: Sandbox, connect: Connect) -> None:
    sandbox.seed(450, ["hornetsecurity"])
    bench = connect()
    next(bench.driver.list_domains())
    assert Counter(bench.called())["GET /domains/"] <= hierarchy.PAGE


def test_calls_of_the_list_belong_to_who_asked(bench: Bench) -> None:
    with collect() as calls:
        names(bench)
    assert len(calls) == len(bench.records) == 10


def test_the_list_of_a_customer_s_administrator(connect: Connect, sandbox: Sandbox) -> None:
    token = sandbox.upstreams["hornetsecurity"].credentials()["limited_token"]
    bench = connect(api_token=token)
    [[domain]] = bench.driver.list_domains()
    assert (domain.name, domain.account) == (FIRST, PARTNER)
    assert bench.called() == ["GET /hierarchy/", "GET /domains/"]


@pytest.mark.parametrize("account", [str(PARTNER_ID), PARTNER, FIRST])
@pytest.mark.parametrize("old", [False, True])
def test_the_list_below_an_account(connect: Connect, account: str, old: bool) -> None:
    bench = connect(old=old, account=account)
    assert names(bench) == ([FIRST] if account == FIRST else names(connect()))


def test_an_account_that_is_not_there(connect: Connect) -> None:
    with pytest.raises(NotFound, match="no “nobody”, which the connection names as its account"):
        names(connect(account="nobody"))


@pytest.mark.parametrize("old", [False, True])
def test_partners_below_partners(connect: Connect, sandbox: Sandbox, old: bool) -> None:
    directory = site(sandbox).directory
    below = directory.add_object("reseller.example", "partner", PARTNER_ID)
    deeper = directory.add_object("Branch", "partner", below["id"])
    customer = directory.add_object("deep.example", "customer", deeper["id"], products=["spam"], mode="mx")
    directory.add_domain("deep.example", "primary", customer["id"])
    bench = connect(old=old)
    found = {domain.name: domain for batch in bench.driver.list_domains() for domain in batch}
    assert found["deep.example"].account == "Branch"
    assert "reseller.example" not in found and len(found) == 10
    assert bench.driver.read_domain("deep.example").account == "Branch"


def test_a_customer_whose_domains_are_closed_to_us() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /hierarchy/":
            children = [
                {"id": number, "name": name, "type": "customer", "children_count": 3}
                for number, name in enumerate(
                    ("open.example", "closed.example", "gone.example", "No Domain"), 2
                )
            ]
            root = {"id": 1, "name": "P", "type": "partner", "children_count": 4, "children": children}
            return 200, {"hierarchy": [root]}
        if query["object_id"] == "3":
            return 403, {"error_id": 1003, "error_message": "Permission denied."}
        if query["object_id"] == "4":
            return 400, {"error_id": 3080, "error_message": "Object could not be found."}
        rows = [{"id": 9, "domain": "open.example", "type": "primary", "verified": True}]
        return 200, {"domains": rows if query["object_id"] == "2" else [], "has_more_elements": False}

    with panel(answers) as (bench, _):
        [[opened, closed]] = bench.driver.list_domains()
    assert (opened.name, opened.aliases) == ("open.example", ())
    assert (closed.name, closed.aliases, closed.mailboxes) == ("closed.example", None, 3)
    assert closed.ref == {"object_id": 3, "domain_id": None}


def test_a_list_that_breaks_in_the_middle_is_no_list(bench: Bench, fault: Any) -> None:
    fault("5xx", "GET /domains/", status=502)
    with pytest.raises(Unreachable):
        names(bench)


def test_a_dead_token_is_no_closed_customer(connect: Connect) -> None:
    with pytest.raises(BadCredentials):
        names(connect(api_token="0" * 40))


class Tree:
    """A partner with customers, whose panel gives pages in a way of its own."""

    def __init__(self, customers: int, page: Any, count: int | None = None) -> None:
        self.nodes = [
            {"id": 100 + n, "name": f"c{n}.example", "type": "customer", "children_count": 0}
            for n in range(customers)
        ]
        self.page = page
        self.count = customers if count is None else count

    def __call__(self, call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /domains/":
            return 200, {"domains": [], "has_more_elements": False}
        if "object_id" not in query:
            return 200, {
                "hierarchy": [{"id": 1, "name": "P", "type": "partner", "children_count": self.count}]
            }
        start, stop = self.page(int(query["offset"]), int(query["size"]))
        return 200, {"hierarchy": self.nodes[start:stop]}


@pytest.mark.parametrize(
    ("page", "count"),
    [
        (lambda offset, size: (offset, offset + 50), None),  # fewer than asked for
        (lambda offset, size: (offset, offset + size), 7),  # a count that is too low
        (lambda offset, size: (offset, offset + size), 900),  # a count that is too high
    ],
)
def test_the_tree_is_read_to_its_end_whatever_the_pages(page: Any, count: int | None) -> None:
    with panel(Tree(230, page, count), parallel=8) as (bench, _):
        assert len(set(names(bench))) == 230


def test_a_panel_that_ignores_the_offset_is_no_endless_tree() -> None:
    with panel(Tree(60, lambda offset, size: (0, 60), 900), parallel=8) as (bench, _):
        assert len(names(bench)) == 60
        assert bench.called().count("GET /hierarchy/") == 3


def test_many_roots() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /domains/":
            return 200, {"domains": [], "has_more_elements": False}
        start = int(query["offset"])
        nodes = [
            {"id": n, "name": f"c{n}.example", "type": "customer"} for n in range(start, min(start + 50, 120))
        ]
        return 200, {"hierarchy": nodes}

    with panel(answers, parallel=8) as (bench, _):
        assert len(set(names(bench))) == 120


def test_many_alias_domains() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /hierarchy/":
            return 200, {"hierarchy": [{"id": 2, "name": "big.example", "type": "customer"}]}
        start = int(query["page"]) * 100  # fewer than asked for
        rows = [
            {"id": n, "domain": f"a{n}.example" if n else "big.example", "type": "alias" if n else "primary"}
            for n in range(start, min(start + 100, 250))
        ]
        return 200, {"domains": rows, "has_more_elements": "true" if start < 200 else "false"}

    with panel(answers) as (bench, _):
        [[domain]] = bench.driver.list_domains()
        assert domain.name == "big.example" and len(domain.aliases) == len(set(domain.aliases)) == 249


# --- one ---


def test_one(either: Bench, sandbox: Sandbox) -> None:
    domain = either.driver.read_domain(FIRST)
    port = sandbox.smtp_port
    assert (domain.name, domain.account, domain.mailboxes) == (FIRST, PARTNER, 9)
    assert domain.aliases == ("hansen-kontor.example",)
    assert domain.routes == (
        Route("mail.nordwind.example", port, 10),
        Route("backup.nordwind.example", port, 20),
    )
    assert domain.ref == {"object_id": 2_222_222, "domain_id": 432}
    assert domain.extra["Spam and Malware Protection"] is True
    assert "delivery" not in domain.extra


def test_one_is_what_the_list_says(either: Bench) -> None:
    for batch in either.driver.list_domains():
        for listed in batch:
            live = either.driver.read_domain(listed.name, listed.ref)
            assert (live.name, live.aliases, live.account, live.mailboxes, live.ref) == (
                *(listed.name, listed.aliases, listed.account, listed.mailboxes, listed.ref),
            )


def test_one_without_the_filter(bench: Bench) -> None:
    domain = bench.driver.read_domain(UNBOOKED)
    assert domain.routes == () and domain.extra["Spam and Malware Protection"] is False


def test_one_costs_three_rounds_without_a_hint_and_one_with_it(bench: Bench) -> None:
    domain = bench.driver.read_domain(FIRST)
    assert bench.called()[0] == "GET /object/" and bench.called()[-1] == ENVIRONMENT
    assert sorted(bench.called()) == sorted([*FIND, "POST /mailboxes/", ENVIRONMENT])
    bench.records.clear()
    assert bench.driver.read_domain(FIRST, domain.ref) == domain
    assert sorted(bench.called()) == sorted([*FIND, "POST /mailboxes/", ENVIRONMENT])


def test_one_of_an_old_panel_is_searched(connect: Connect) -> None:
    bench = connect(old=True)
    domain = bench.driver.read_domain(FIRST)
    wanted = ["POST /auth/login/", "POST /hierarchy/_search/", "GET /domains/", ENVIRONMENT]
    assert bench.called() == wanted
    assert bench.driver.read_domain(FIRST, domain.ref) == domain
    assert bench.called() == wanted + wanted[1:]


@pytest.mark.parametrize(
    "ref",
    [
        {"object_id": 2_222_223, "domain_id": 434},  # another customer's
        {"object_id": 2_222_222, "domain_id": 434},  # another customer's domain
        {"object_id": 9, "domain_id": 432},
        {"object_id": 2_222_222, "domain_id": 9},
        {"object_id": PARTNER_ID, "domain_id": 432},
        {"object_id": 2_222_222, "domain_id": None},
        {"object_id": "x"},
        {},
        [],
        "2222222",
        7,
    ],
)
def test_a_hint_that_leads_elsewhere_does_no_harm(bench: Bench, ref: Any) -> None:
    assert bench.driver.read_domain(FIRST, ref) == bench.driver.read_domain(FIRST)


def test_one_that_is_not_there(either: Bench) -> None:
    with pytest.raises(NotFound, match=r"no customer nowhere\.example"):
        either.driver.read_domain("nowhere.example")
    with pytest.raises(NotFound):
        either.driver.read_domain("nowhere.example", {"object_id": 2_222_222, "domain_id": 432})


def test_an_alias_is_no_domain_of_its_own(either: Bench) -> None:
    with pytest.raises(NotFound):
        either.driver.read_domain("hansen-kontor.example")


def test_a_partner_is_no_domain(bench: Bench, sandbox: Sandbox) -> None:
    site(sandbox).directory.add_object("reseller.example", "partner", PARTNER_ID)
    with pytest.raises(NotFound):
        bench.driver.read_domain("reseller.example")


@pytest.mark.parametrize("error_id", [3702, 3080])
def test_an_object_that_turns_out_to_be_no_customer(error_id: int) -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /object/":
            return 200, {"object_id": 7, "name": "a.example"}
        return 400, {"error_id": error_id, "error_message": "No."}

    with panel(answers) as (bench, _), pytest.raises(NotFound, match=r"no customer a\.example"):
        bench.driver.read_domain("a.example")


@pytest.mark.parametrize(("name", "found"), [("c.example", ["c.example"]), ("Partner", [])])
def test_an_account_whose_type_nobody_says(name: str, found: list[str]) -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /object/":
            return 200, {"object_id": 7, "name": name}
        if call == "GET /hierarchy/":
            return 200, {"hierarchy": []}
        return 200, {"domains": [], "has_more_elements": False}

    with panel(answers, api_token="5d0c7a41e9b3", account="7") as (bench, _):
        assert names(bench) == found


def test_one_outside_the_scope_is_not_called_missing(connect: Connect, sandbox: Sandbox) -> None:
    token = sandbox.upstreams["hornetsecurity"].credentials()["limited_token"]
    bench = connect(api_token=token)
    for ref in (None, {"object_id": 2_222_223, "domain_id": 434}):
        with pytest.raises(NoPermission, match="outside the user's scope"):
            bench.driver.read_domain(SECOND, ref)


def test_a_name_that_is_part_of_others_is_found_by_search() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "POST /auth/login/":
            return 200, {"token": "b332ec9e19b8"}
        if call == "POST /hierarchy/_search/":
            assert body["filter"] == "customer" and body["search_string"] == "c1.example"
            found = [
                {"id": n, "name": f"c{'1' * n}c1.example", "is_user": False, "children_count": 1}
                for n in range(1, 75)
            ]
            found.append({"id": 99, "name": "C1.Example", "is_user": False, "children_count": 4})
            page = found[body["offset"] : body["offset"] + 50]
            tree = {"id": 1000, "name": "P", "is_user": False, "children_count": 75, "children": page}
            return 200, [tree] if page else []
        if call == "GET /domains/":
            assert query["object_id"] == "99"
            return 200, {"domains": [], "has_more_elements": False}
        raise AssertionError(call)

    with panel(answers, username="u@example.com", password="secret", app_version="1.0.0") as (bench, _):
        domain = bench.driver.read_domain("c1.example")
        assert (domain.account, domain.mailboxes, domain.routes) == ("P", 4, None)
        assert bench.called().count("POST /hierarchy/_search/") == 2


def test_what_is_closed_to_us_is_not_known() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /object/":
            return 200, {"object_id": 7, "name": "a.example"}
        if call == "GET /domains/":
            return 200, {"domains": [{"id": 8, "domain": "a.example", "type": "primary", "verified": False}]}
        return 403, None

    with panel(answers) as (bench, _):
        domain = bench.driver.read_domain("a.example")
        assert (domain.routes, domain.mailboxes, domain.aliases) == (None, None, ())
        assert bench.driver.read_domain("a.example", domain.ref) == domain


def test_routes_that_cannot_be_read_are_shown_as_they_are() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /object/":
            return 200, {
                "object_id": 7,
                "name": "a.example",
                "type": "customer",
                "parent": {"id": 1, "name": "P"},
            }
        if call == "GET /domains/":
            return 200, {"domains": [{"id": 8, "domain": "a.example", "type": "primary", "verified": True}]}
        if call == "POST /mailboxes/":
            return 200, {"num_found_items": 3}
        return 200, {"enabled": True, "destination_server": "mx.example:smtp"}

    with panel(answers) as (bench, _):
        domain = bench.driver.read_domain("a.example")
    assert domain.routes is None and domain.mailboxes == 3
    assert domain.extra["routes that cannot be read"] == "mx.example:smtp"


@pytest.mark.parametrize("kind", ["html", "malformed", "truncated"])
def test_an_answer_that_is_none(bench: Bench, fault: Any, kind: str) -> None:
    fault(kind, "GET /domains/")
    with pytest.raises(Malformed):
        bench.driver.read_domain(FIRST)
