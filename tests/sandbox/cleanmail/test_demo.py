"""What the sandbox holds at the start, and how it behaves as one of the sandbox's upstreams."""

from __future__ import annotations

import concurrent.futures

import pytest
import requests

from app.sandbox import company
from app.sandbox.cleanmail import ids
from app.sandbox.cleanmail.demo import firms
from tests.sandbox.cleanmail.conftest import Api


def test_the_company_has_domains_in_all_states_and_several_customers(api: Api) -> None:
    rows = api.get("/domains", params={"sort": "id"})
    assert [row["name"] for row in rows[:-1]] == [firm.domain for firm in company.firms_of("cleanmail")]
    assert {row["status"] for row in rows} == {"ENABLED", "DISABLED", "PENDING", "DELETED"}
    assert len({row["customer"]["id"] for row in rows}) == 4
    assert set(firms.PLANS) == {firm.domain for firm in company.firms_of("cleanmail")}
    for row, firm in zip(rows, company.firms_of("cleanmail"), strict=False):
        assert {alias["name"] for alias in row["domainAliases"]} == set(firm.aliases)
        route = row["platforms"][0]
        hosts = [route["transportDest"], route["fallbackTransportDest"]]
        assert tuple(host for host in hosts if host) == firm.routes
        assert route["transportPort"] == api.sandbox.smtp_port


def test_all_demo_names_are_reserved_for_examples(api: Api) -> None:
    reserved = (".example", ".test", ".example.com", ".example.net", ".example.org")
    for row in api.get("/users", params={"pageSize": 500}):
        assert row["email"].endswith(reserved)
    for row in api.get("/domains"):
        assert row["name"].endswith(reserved)


def test_generated_domains_are_as_many_as_asked_and_the_tokens_work(api: Api, limited: Api) -> None:
    api.sandbox.seed(5000, ["cleanmail"])
    answer = api.send("GET", "/domains", params={"sort": "id", "offset": 4990, "pageSize": 500})
    assert answer.headers["X-Total-Count"] == "5000"
    assert answer.json()[-1]["name"] == "customer-05000.example"
    assert limited.send("GET", "/domains").headers["X-Total-Count"] == "200"
    user = api.user("customer-00001.example")
    assert api.get(f"/users/{user['id']}/emails/Spam")
    assert {row["type"] for row in api.get("/health")} == {"DOMAIN"}


def test_a_reset_brings_the_demo_back(api: Api) -> None:
    before = api.get("/domains", params={"sort": "id"})
    api.patch(f"/domains/{before[0]['id']}", {"description": "changed"})
    api.delete(f"/domains/{before[1]['id']}")
    requests.post(f"{api.sandbox.control_url}/reset", timeout=10).raise_for_status()
    assert api.get("/domains", params={"sort": "id"}) == before


def test_faults_are_aimed_by_the_name_of_the_operation(api: Api) -> None:
    url = f"{api.sandbox.control_url}/faults/cleanmail"
    requests.put(
        url, json={"fault": "5xx", "calls": "listDomains", "count": 1}, timeout=10
    ).raise_for_status()
    api.get("/users")
    assert api.send("GET", "/domains").status_code == 503
    api.get("/domains")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/domains", "listDomains"),
        ("GET", "/users/a@b.example/emails/folders", "getFolders"),
        ("GET", "/users/a@b.example/emails/folders/Spam", "getSubfolders"),
        ("GET", "/users/a@b.example/emails/Spam", "getFolderContent"),
        ("GET", "/users/a@b.example/emails/send", "getFolderContent"),
        ("POST", "/users/a@b.example/emails/send", "sendEmail"),
        ("GET", "/users/a@b.example/emails/Spam/1/2", "getEmail"),
        ("GET", "/nowhere", "GET /api/v3/nowhere"),
    ],
)
def test_calls_are_named_by_their_operation_literal_segments_first(
    api: Api, method: str, path: str, name: str
) -> None:
    api.sandbox.calls["cleanmail"].clear()
    api.send(method, path)
    assert api.sandbox.calls["cleanmail"].names() == [name]


def test_many_clients_at_once_lose_nothing(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}/wblist"

    def add(number: int) -> int:
        client = Api(api.sandbox, api.upstream.credentials()["token"])
        rule = {"value": f"sender-{number}.example.com", "type": "BLOCK"}
        return client.send("POST", path, json=[rule]).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(40))) == {201}
    found = api.get(path, params={"value": "sender-*", "pageSize": 500})
    assert len({rule["id"] for rule in found}) == 40


def test_ids_never_repeat_and_never_read_as_numbers() -> None:
    made = [ids.encode(number) for number in range(1, 50_000)]
    assert len(set(made)) == len(made)
    assert all(len(text) == 5 and not text.isdigit() for text in made)
