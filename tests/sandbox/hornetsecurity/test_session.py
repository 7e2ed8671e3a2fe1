"""Sign-in, tokens, their end, and the headers of both generations (contract sheet, 2 and 5.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.hornetsecurity.conftest import OLD_HEADERS, Panel, refused


def login(panel: Panel, **changes: str) -> dict[str, str]:
    body = {"username": panel.credentials["username"], "password": panel.credentials["password"], **changes}
    response = panel.call("POST", "/auth/login/", body, headers={"App-ID": panel.credentials["app_id"]})
    assert response.status_code == 200, response.text
    return {"token": response.json()["token"], "cookie": response.cookies["auth_token"]}


def with_login(panel: Panel, token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}", "App-ID": panel.credentials["app_id"]}


def test_a_login_token_opens_calls_and_names_its_user(panel: Panel) -> None:
    headers = with_login(panel, login(panel)["token"])
    session = panel.call("GET", "/auth/check/session/", headers=headers).json()
    assert session["username"] == panel.credentials["username"]
    assert panel.call("GET", "/user/", headers=headers).json()["id"] == session["object_id"]


def test_the_cookie_opens_calls_too_and_the_header_wins(panel: Panel) -> None:
    found = login(panel)
    cookie = {"Cookie": f"auth_token={found['cookie']}", "App-ID": panel.credentials["app_id"]}
    assert panel.call("GET", "/user/", headers=cookie).status_code == 200
    refused(panel.call("GET", "/user/", headers={**cookie, "Authorization": "Token dead"}), 401, 1002)


def test_wrong_credentials(panel: Panel) -> None:
    body = {"username": panel.credentials["username"], "password": "wrong"}
    response = panel.call("POST", "/auth/login/", body, headers={"App-ID": "1"})
    assert refused(response, 400, 2001)["error_data"] == {"username": body["username"]}


def test_a_missing_field_of_the_login_is_named(panel: Panel) -> None:
    response = panel.call("POST", "/auth/login/", {"username": "x"}, headers={"App-ID": "1"})
    assert refused(response, 400, 2009)["error_data"] == {"password": ["This field is required."]}


def test_five_failures_lock_the_name_even_for_the_right_password(panel: Panel) -> None:
    wrong = {"username": panel.credentials["username"], "password": "wrong"}
    right = {**wrong, "password": panel.credentials["password"]}
    for _ in range(5):
        refused(panel.call("POST", "/auth/login/", wrong, headers={"App-ID": "1"}), 400, 2001)
    told = refused(panel.call("POST", "/auth/login/", right, headers={"App-ID": "1"}), 403, 2010)
    again = refused(panel.call("POST", "/auth/login/", right, headers={"App-ID": "1"}), 403, 2010)
    assert told["error_data"]["first_locked"] is True
    assert again["error_data"]["first_locked"] is False
    assert 0 < again["error_data"]["remaining_time"] <= 60


def test_a_lock_ends(panel: Panel) -> None:
    panel.profile["lock_seconds"] = 0
    wrong = {"username": panel.credentials["username"], "password": "wrong"}
    for _ in range(5):
        panel.call("POST", "/auth/login/", wrong, headers={"App-ID": "1"})
    assert login(panel)["token"]


def test_users_of_m365_and_ldap_cannot_sign_in_by_password(panel: Panel) -> None:
    synced = next(
        row["name"] for row in panel.post("/mailboxes/", {"type": [4]})["mailboxes"] if row["type"] == 4
    )
    body = {"username": synced, "password": panel.credentials["password"]}
    refused(panel.call("POST", "/auth/login/", body, headers={"App-ID": "1"}), 400, 2001)


def test_logout_ends_a_login_token_and_spares_an_api_token(panel: Panel) -> None:
    headers = with_login(panel, login(panel)["token"])
    gone = panel.call("POST", "/auth/logout/", headers=headers)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(panel.call("GET", "/user/", headers=headers), 401, 1002)
    assert panel.call("POST", "/auth/logout/").status_code == 204
    assert panel.call("GET", "/user/").status_code == 200


@pytest.mark.parametrize("switch", [{"token_epoch": 1}, {"login_token_seconds": 0}])
def test_switches_end_login_tokens_but_not_api_tokens(panel: Panel, switch: dict[str, int]) -> None:
    headers = with_login(panel, login(panel)["token"])
    assert panel.call("GET", "/user/", headers=headers).status_code == 200
    panel.profile.update(switch)
    refused(panel.call("GET", "/user/", headers=headers), 401, 1002)
    assert panel.call("GET", "/user/").status_code == 200


def test_after_the_kill_switch_a_new_login_works(panel: Panel) -> None:
    login(panel)
    panel.profile["token_epoch"] = 1
    assert panel.call("GET", "/user/", headers=with_login(panel, login(panel)["token"])).status_code == 200


def test_no_token_and_an_unknown_token(panel: Panel) -> None:
    refused(panel.call("GET", "/user/", token=""), 401, 1002)
    refused(panel.call("GET", "/user/", token="0" * 40), 401, 1002)


@pytest.mark.parametrize("header", ["Bearer {}", "Basic {}", "token {}", "Token ", "Token"])
def test_another_scheme_than_token_looks_like_a_header_problem(panel: Panel, header: str) -> None:
    headers = {"Authorization": header.format(panel.credentials["api_token"])}
    refused(panel.call("GET", "/user/", headers=headers), 400, 1004)


def test_app_id_is_needed_with_login_tokens_only(panel: Panel) -> None:
    token = login(panel)["token"]
    refused(panel.call("GET", "/user/", headers={"Authorization": f"Token {token}"}), 400, 1004)
    refused(panel.call("POST", "/auth/login/", {"username": "x", "password": "x"}, headers={}), 400, 1004)
    assert panel.call("GET", "/user/").status_code == 200
    assert panel.call("GET", "/version/", token="").status_code == 200
    panel.profile["app_id_required"] = False
    assert panel.call("GET", "/user/", headers={"Authorization": f"Token {token}"}).status_code == 200


def test_the_old_generation_needs_app_id_beside_its_two_headers(panel: Panel) -> None:
    headers = {key: value for key, value in OLD_HEADERS.items() if key != "app-id"}
    refused(panel.call("GET", "/version/", headers=headers), 400, 1004)
    refused(panel.call("GET", "/user/", headers={**panel.headers(), **headers}), 400, 1004)


@pytest.mark.parametrize("missing", ["app-version", "cp-token"])
def test_one_of_the_two_headers_alone_makes_no_old_request(panel: Panel, missing: str) -> None:
    headers = {key: value for key, value in OLD_HEADERS.items() if key != missing}
    assert panel.call("GET", "/version/", headers=headers).json() == {"version": "6.40.0.0"}


def test_a_switch_forces_one_generation(panel: Panel) -> None:
    panel.profile["generation"] = "manual"
    assert panel.call("GET", "/version/").text == "6.17.0.0"
    panel.profile["generation"] = "current"
    assert panel.call("GET", "/version/", manual=True).json() == {"version": "6.40.0.0"}
    panel.profile["version_form"] = "string"
    assert panel.call("GET", "/version/").json() == "6.40.0.0"


def test_header_names_are_case_insensitive(panel: Panel) -> None:
    headers = {key.upper(): value for key, value in panel.headers(manual=True).items()}
    assert panel.call("GET", "/version/", headers=headers).text == "6.17.0.0"


def test_access_tokens_are_made_shown_once_used_and_revoked(panel: Panel) -> None:
    made = panel.call("POST", "/auth/access_token/", {"name": "Report"})
    assert made.status_code == 201
    token = made.json()
    assert set(token) == {"id", "name", "token", "creation_date", "expiration_date"}
    assert len(token["token"]) == 40
    assert panel.call("GET", "/user/", token=token["token"]).status_code == 200
    listed = next(row for row in panel.get("/auth/access_token/") if row["id"] == token["id"])
    assert set(listed) == {"id", "name", "creation_date", "expiration_date", "last_used"}
    assert listed["last_used"] is not None
    assert panel.call("DELETE", f"/auth/access_token/{token['id']}/").status_code == 200
    assert panel.call("DELETE", f"/auth/access_token/{token['id']}/").status_code == 404
    refused(panel.call("GET", "/user/", token=token["token"]), 401, 1002)


def test_an_access_token_expires_and_cannot_be_made_in_the_past(panel: Panel) -> None:
    past = {"name": "Old", "expiration_date": "2020-01-01T00:00:00Z"}
    assert (
        "expiration_date" in refused(panel.call("POST", "/auth/access_token/", past), 400, 2009)["error_data"]
    )
    soon = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = panel.call("POST", "/auth/access_token/", {"name": "Soon", "expiration_date": soon}).json()
    assert made["expiration_date"] == soon


def test_tokens_of_others_are_neither_listed_nor_revoked(panel: Panel) -> None:
    own = {row["id"] for row in panel.get("/auth/access_token/")}
    limited = panel.credentials["limited_token"]
    others = {row["id"] for row in panel.call("GET", "/auth/access_token/", token=limited).json()}
    assert own and others and not own & others
    assert panel.call("DELETE", f"/auth/access_token/{min(own)}/", token=limited).status_code == 404


def test_permission_check(panel: Panel, first: int) -> None:
    limited = panel.credentials["limited_token"]
    assert (
        panel.call("GET", "/auth/check/permission/", object_id=first, permission="change").status_code == 204
    )
    refused(panel.call("GET", "/auth/check/permission/", object_id=first, permission="fly"), 403, 1003)
    outside = panel.call(
        "GET", "/auth/check/permission/", token=limited, object_id=1111111, permission="read"
    )
    refused(outside, 403, 1003)


def test_blanks_belong_to_a_password(panel: Panel) -> None:
    box = panel.mailbox(panel.credentials["username"])
    panel.call("POST", "/mailboxes/password/", {"password": " with blanks "}, mailbox_id=box["id"])
    assert login(panel, password=" with blanks ")["token"]
    body = {"username": panel.credentials["username"], "password": "with blanks"}
    refused(panel.call("POST", "/auth/login/", body, headers={"App-ID": "1"}), 400, 2001)


def test_texts_that_cannot_be_stored_are_refused(panel: Panel, first: int) -> None:
    for text in ("a\0b", "\ud800"):
        body = {"telephone": text, "email": None}
        response = panel.call("PUT", "/support/", body, object_id=first)
        assert refused(response, 400, 2009)["error_data"] == {"telephone": ["Not a valid string."]}


def test_a_one_way_token_is_refused(panel: Panel) -> None:
    response = panel.call("POST", "/auth/nologin/", {"token": "abc"}, headers={"App-ID": "1"})
    refused(response, 400, 2001)
