"""Filters, sorting and paging."""

from __future__ import annotations

import pytest

from tests.sandbox.cleanmail.conftest import Api


def names(api: Api, **query: object) -> list[str]:
    return [row["name"] for row in api.get("/domains", params=query)]


def test_pages_cut_the_list_and_the_total_stays(api: Api) -> None:
    everything = names(api, sort="id")
    answer = api.send("GET", "/domains", params={"sort": "id", "offset": 3, "pageSize": 4})
    assert [row["name"] for row in answer.json()] == everything[3:7]
    assert answer.headers["X-Total-Count"] == str(len(everything))
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Total-Count"
    assert names(api, offset=500) == []


def test_a_page_has_forty_rows_by_default_and_five_hundred_at_most(api: Api) -> None:
    api.sandbox.seed(600, ["cleanmail"])
    assert len(names(api)) == 40
    assert len(names(api, pageSize=9999)) == 500
    assert api.send("GET", "/domains").headers["X-Total-Count"] == "600"


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=-1", "pageSize=ten", "offset=-1", "offset=1.5"])
@pytest.mark.parametrize("path", ["/domains", "/users", "/security/admins"])
def test_a_page_that_cannot_be_is_400(api: Api, path: str, query: str) -> None:
    api.get(f"{path}?{query}", 400)


def paged(api: Api) -> list[str]:
    domain, user = api.domain()["id"], api.user()["id"]
    below = (
        "aliases",
        "policies",
        "admins",
        "wblist",
        "users",
        "groups",
        "filters/attachments",
        "filters/uris",
    )
    lists = [f"/domains/{domain}/{name}" for name in below]
    return ["/domains", "/users", "/security/admins", f"/users/{user}/wblist", *lists]


def test_every_paged_list_sorts_by_id_which_is_creation_and_sends_a_total(api: Api) -> None:
    for path in paged(api):
        answer = api.send("GET", path, params={"sort": "id", "pageSize": 500})
        backwards = api.get(path, params={"sort": "-id", "pageSize": 500})
        assert answer.json() == backwards[::-1], path
        assert answer.headers["X-Total-Count"] == str(len(answer.json())), path
        api.get(path, 400, params={"sort": "shoeSize"})


def test_by_id_is_the_order_of_creation_and_not_of_the_text(api: Api) -> None:
    ids = [row["id"] for row in api.get("/users", params={"sort": "id", "pageSize": 500})]
    assert ids != sorted(ids)
    made = api.post(
        "/users", {"email": "aaa@nordwind.example", "status": "ENABLED", "domainId": api.domain()["id"]}
    )
    again = [row["id"] for row in api.get("/users", params={"sort": "id", "pageSize": 500})]
    assert again == [*ids, made["id"]]


def test_letter_case_does_not_count_in_a_sort(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}/policies"
    for name in ("Zulu", "alpha", "Bravo"):
        api.post(path, {"name": name, "quarantine": False, "retention": False, "incoming": True})
    found = [row["name"] for row in api.get(path)]
    assert found == sorted(found, key=str.lower)
    assert [row["name"] for row in api.get(path, params={"sort": "-name"})] == found[::-1]


def test_each_list_has_the_default_order_of_the_manual(api: Api) -> None:
    assert names(api) == sorted(names(api))
    logins = [row["login"] for row in api.get("/security/admins")]
    assert logins == sorted(logins)
    domain = api.domain("atelier-lumiere.example")["id"]
    actions = [row["action"] for row in api.get(f"/domains/{domain}/filters/uris")]
    assert actions == sorted(actions)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ("nordwind.example", 1),
        ("NORDWIND.Example", 1),
        ("nordwind", 0),
        ("nordwind*", 4),
        ("*.example", 10),
        ("*wind*", 4),
        ("*", 12),
        ("nord*example", 0),
    ],
)
def test_a_star_counts_at_the_ends_only_and_letter_case_nowhere(api: Api, wanted: str, count: int) -> None:
    assert len(names(api, name=wanted)) == count


def test_wildcards_work_on_names_and_addresses_only(api: Api) -> None:
    domain = api.domain()
    assert names(api, status="ENAB*") == []
    assert names(api, platformName="War*") == []
    assert names(api, platformName="warehouse") == ["nordwind.example"]
    assert names(api, platformId=domain["platforms"][1]["id"]) == ["nordwind.example"]
    assert names(api, externalId="NW-001") == ["nordwind.example"]
    assert names(api, externalId="NW-*") == []
    assert names(api, status="PENDING") == ["nordwind-nl.example.net"]
    assert len(names(api, customerId=domain["customer"]["id"])) == 5
    assert len(api.get("/users", params={"email": "*@nordwind.example"})) == len(
        api.get(f"/domains/{domain['id']}/users")
    )
    warehouse = api.get(f"/domains/{domain['id']}/users", params={"platformName": "Warehouse"})
    assert [row["platform"]["name"] for row in warehouse] == ["Warehouse"]


def test_two_filters_are_400(api: Api) -> None:
    api.get("/domains", 400, params={"name": "*", "status": "ENABLED"})
    api.get("/users", 400, params={"email": "*", "platformName": "Main"})
    assert names(api, name="nordwind.example", status="") == ["nordwind.example"]


def test_groups_take_address_for_recipient(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}/groups"
    wanted = api.user()["email"]
    by_recipient = api.send("GET", path, params={"recipient": wanted})
    by_address = api.send("GET", path, params={"address": wanted})
    assert by_recipient.json() == by_address.json()
    assert by_address.headers["X-Total-Count"] == "1"
    assert "Warning" not in by_address.headers


def test_lists_of_users_leave_two_keys_out_and_single_reads_have_them(api: Api) -> None:
    user = api.user(place=2)
    assert {"mfaType", "lastConnectionDate"}.isdisjoint(user)
    single = api.get(f"/users/{user['id']}")
    assert single == {**user, "mfaType": "TOTP", "lastConnectionDate": None}


def test_some_lists_have_no_total(api: Api) -> None:
    me = api.get("/security/admins")[0]["id"]
    domain = api.domain()["id"]
    for path in (f"/admins/{me}/tokens", f"/domains/{domain}/dkim", "/health", f"/domains/{domain}/access"):
        assert "X-Total-Count" not in api.send("GET", path).headers
    for path in (f"/domains/{domain}/options", f"/users/{api.user()['id']}/options"):
        answer = api.send("GET", path)
        assert answer.headers["X-Total-Count"] == str(len(answer.json()))


def test_administrators_are_searched_in_three_fields(api: Api) -> None:
    def search(text: str) -> list[str]:
        return [row["login"] for row in api.get("/security/admins", params={"search": text})]

    assert search("ANKE") == ["petersen"]
    assert search("former") == ["former.colleague"]
    assert search("helpdesk@nordwind") == ["helpdesk@nordwind.example"]
    assert search("nobody at all") == []
