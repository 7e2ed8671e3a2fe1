"""Prefixes, tokens, error bodies, media types and paths."""

from __future__ import annotations

import io

import openpyxl
import pytest
import requests

from app.sandbox.cleanmail import times
from tests.sandbox.cleanmail.conftest import Api

SIX_SHEETS = (
    "/domains/{domain}/filters/attachments",
    "/domains/{domain}/filters/uris",
    "/domains/{domain}/wblist",
    "/users/{user}/wblist",
    "/domains/{domain}/users",
    "/domains/{domain}/groups",
)
EXCEL = "application/vnd.ms-excel"


def test_both_prefixes_share_the_state_and_addresses_keep_prefix_and_host(api: Api) -> None:
    root = Api(api.sandbox, api.upstream.credentials()["token"], "")
    answer = root.send("POST", f"/domains/{root.domain()['id']}/aliases", json=["new.example"])
    assert (
        answer.headers["Location"] == f"{api.sandbox.http('cleanmail')}/domains/{root.domain()['id']}/aliases"
    )
    assert "new.example" in [alias["name"] for alias in api.domain()["domainAliases"]]
    user = api.user()
    folders = api.get(f"/users/{user['id']}/emails/folders")
    assert folders[0]["messagesUri"].startswith(f"{api.sandbox.http('cleanmail')}/api/v3/users/")


def test_over_https_addresses_say_https(api: Api) -> None:
    url = f"{api.sandbox.https('cleanmail')}/api/v3/domains/{api.domain()['id']}/aliases"
    answer = api.session.post(url, json=["new.example"], verify=str(api.sandbox.ca_path), timeout=10)
    assert answer.headers["Location"] == url


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer nonsense"}]
)
def test_a_bad_token_is_401_with_a_challenge_even_for_unknown_paths(api: Api, header: dict[str, str]) -> None:
    for path in ("/domains", "/nowhere"):
        answer = requests.get(f"{api.sandbox.http('cleanmail')}{path}", headers=header, timeout=10)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_and_one_of_a_disabled_account_are_401(api: Api) -> None:
    me = next(row for row in api.get("/security/admins") if row["login"] == "audit")
    path = f"/admins/{me['id']}/tokens"
    old = api.post(path, {"name": "old", "expiration": times.now() - 1000})
    api.with_token(old["value"]).get("/domains", 401)
    good = api.with_token(api.post(path, {"name": "good", "expiration": times.now() + times.HOUR})["value"])
    good.get("/domains")
    api.patch(f"/security/admins/{me['id']}", {"enabled": False}, 200)
    good.get("/domains", 401)


def test_an_error_has_the_body_of_the_notes(api: Api) -> None:
    answer = api.send("GET", "/domains/zzzzz?x=1")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    shown = answer.json()
    assert shown.pop("message")
    assert shown == {"status": 404, "error": "Not Found", "path": "/api/v3/domains/zzzzz"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/platforms", 404), ("PUT", "/domains", 405), ("GET", "/tasks", 405)],
)
def test_what_is_no_call_is_404_and_a_wrong_method_405(api: Api, method: str, path: str, status: int) -> None:
    assert api.send(method, path).json()["status"] == status


def test_the_list_of_options_is_served_without_being_documented(api: Api) -> None:
    found = api.get("/options")
    assert {"name", "type", "restricted", "domainScope"} <= set(found[0])


def test_bodies_are_checked_as_json(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}"
    json_type = {"Content-Type": "application/json"}
    assert api.send("PATCH", path, data="{", headers=json_type).status_code == 400
    assert api.send("PATCH", path, headers=json_type).status_code == 400
    assert api.send("PATCH", path, data="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    twice = {"Content-Type": "application/json,application/json"}
    assert api.send("PATCH", path, data='{"defaultLanguage":"ES"}', headers=twice).status_code == 204
    api.patch(path, ["not", "an", "object"], 400)
    api.patch(path, {"unknown": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"description": 5},
        {"senderVerifyOn": "true"},
        {"defaultLanguage": "IT"},
        {"status": "GONE"},
        {"outgoingSubnets": ["192.0.2.1"]},
        {"outgoingSubnets": "192.0.2.0/24"},
        {"name": "no domain"},
        {"customerId": 7},
    ],
)
def test_a_field_of_the_wrong_form_is_400(api: Api, change: dict[str, object]) -> None:
    api.patch(f"/domains/{api.domain()['id']}", change, 400)


def test_a_language_is_read_in_any_case_and_answered_in_upper_case(api: Api) -> None:
    domain = api.domain()
    api.patch(f"/domains/{domain['id']}", {"defaultLanguage": "da"})
    assert api.domain()["defaultLanguage"] == "DA"


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*;q=0.5", "text/html, */*;q=0.1"])
def test_json_is_acceptable_in_many_ways(api: Api, accept: str) -> None:
    assert (
        api.send("GET", "/domains", headers={"Accept": accept}).headers["Content-Type"] == "application/json"
    )


@pytest.mark.parametrize("accept", ["text/html", "application/xml", EXCEL])
def test_anything_else_is_406_also_sheets_of_lists_that_offer_none(api: Api, accept: str) -> None:
    for path in ("/domains", "/users", "/health"):
        assert api.send("GET", path, headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize("path", SIX_SHEETS)
def test_six_lists_come_as_a_sheet_of_all_rows(api: Api, path: str) -> None:
    name = "atelier-lumiere.example"
    path = path.format(domain=api.domain(name)["id"], user=api.user(name)["id"])
    answer = api.send("GET", f"{path}?pageSize=1", headers={"Accept": EXCEL})
    assert answer.headers["Content-Type"] == EXCEL
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    items = api.get(path)
    assert items
    assert list(rows[0]) == list(items[0])
    assert [row[0] for row in rows[1:]] == [item[rows[0][0]] for item in items]


def test_a_sheet_holds_texts_not_formulas(api: Api) -> None:
    user = api.user()
    api.patch(f"/users/{user['id']}", {"lastname": "=1+1"})
    answer = api.send("GET", f"/domains/{user['domainId']}/users", headers={"Accept": EXCEL})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [cell for row in sheet.rows for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_unknown_query_parameters_are_ignored_with_a_warning(api: Api) -> None:
    answer = api.send("GET", "/users", params={"name": "*lannister.net", "x": "1"})
    assert answer.headers["X-Total-Count"] == api.send("GET", "/users").headers["X-Total-Count"]
    assert answer.headers["Warning"] == '299 - "ignored query parameter: name, x"'
    assert "Warning" not in api.send("GET", "/users", params={"email": "*"}).headers


def test_ids_are_texts_of_five_characters_and_reused_across_types(api: Api) -> None:
    domain = api.domain()
    ids = {domain["id"], domain["policy"]["id"], domain["customer"]["id"], domain["platforms"][0]["id"]}
    assert len(ids) == 1
    assert len(domain["id"]) == 5
    assert not domain["id"].isdigit()
    swapped = domain["id"].swapcase()
    api.get(f"/domains/{swapped}", 404)
