"""Before every view: switch, method, credentials; and what is no JSON at all (sheet, section 2)."""

from __future__ import annotations

import base64
import http.client

import pytest
import requests

SIX_CALLS = ("", "add_domain/", "domain_list/", "domain_issue_ssl/", "db_make/", "cronjob_add/")
LIVE_CALLS = (
    "database_list/",
    "database_userlist/",
    "check_db_user/",
    "database_exists/",
    "cronjob_list/",
    "cronjob_delete/1/",
    "db_user_make/x/",
    "fix_user_permission/",
)
ADMIN_CALLS = (
    "",
    "add_user/",
    "suspend_user/",
    "update_user/",
    "packages_list/",
    "new_package/",
    "issue_ssl/",
    "add_domain/",
    "database_add/",
    "sso_login/",
)


def key(password: str) -> str:
    return "abcde" + base64.b64encode(password.encode()).decode()


@pytest.mark.parametrize("call", SIX_CALLS + LIVE_CALLS)
def test_live_gate_stops_every_user_call(live, example, call):
    path = f"/api/{call}"
    assert example.raw(path, "GET").json() == {"error": "POST method required"}
    missing = {"error": "Username and API key or password required"}
    assert example.raw(path, headers={}).json() == missing
    assert example.raw(path, headers={"username": "exampleuser"}).json() == missing
    assert example.raw(path, headers={"password": "demo-password"}, username="exampleuser").json() == missing
    bad_key = example.raw(path, headers={"username": "exampleuser", "apikey": "abcdeA"})
    assert bad_key.json() == {"error": "Invalid API key format"}
    wrong = {"error": "Invalid credentials"}
    for headers in (
        {"username": "nobody", "password": "demo-password"},
        {"username": "exampleuser", "password": "wrong"},
        {"username": "exampleuser", "apikey": key("wrong")},
        {"username": "oldquay", "password": "demo-password"},
    ):
        assert example.raw(path, headers=headers).json() == wrong


def test_a_key_wins_over_the_password_and_is_the_password(live, example):
    headers = {"username": "exampleuser", "apikey": key("demo-password"), "password": "wrong"}
    assert len(example.raw("/api/domain_list/", headers=headers).json()) == 2


@pytest.mark.parametrize("profile_name", ["seed", "live"])
def test_disabled_comes_before_everything(sandbox, example, admin, profile_name):
    switches = sandbox.upstreams["olspanel"].profile
    switches.update(profile=profile_name, api_status=0)
    disabled = {"error": "API is currently disabled"}
    for call in SIX_CALLS:
        assert example.raw(f"/api/{call}", "GET", headers={}).json() == disabled
    assert admin.post("/admin_api/packages_list/")["success"] is True
    switches.update(api_status=1, admin_api=2)
    assert admin.raw("/admin_api/packages_list/", "GET", headers={}).json() == disabled
    assert len(example.post("/api/domain_list/")) == 2


SEED_METHOD = {
    "": {"error": "POST method required"},
    "add_domain/": {"error": "POST method required"},
    "domain_list/": {"error": "POST method required"},
    "domain_issue_ssl/": {"success": False, "message": "POST method required"},
    "db_make/": {"success": False, "error": "POST method required"},
    "cronjob_add/": {"success": False, "error": "Invalid request method."},
}


@pytest.mark.parametrize("call", SIX_CALLS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_seed_refuses_other_methods_in_its_own_words(example, call, method):
    answer = example.raw(f"/api/{call}", method, headers={})
    assert (answer.status_code, answer.json()) == (200, SEED_METHOD[call])


UNAUTHENTICATED = {"success": False, "message": "Authentication required."}
BOTH = {"error": "Username and password required"}
INVALID = {"error": "Invalid credentials"}
SEED_GATE = {
    "": (BOTH, INVALID, INVALID),
    "add_domain/": (
        UNAUTHENTICATED,
        {"success": False, "message": "User 'nobody' not found."},
        UNAUTHENTICATED,
    ),
    "domain_list/": (BOTH, INVALID, INVALID),
    "domain_issue_ssl/": (BOTH, INVALID, INVALID),
    "db_make/": (BOTH, {"success": False, "error": "Username 'nobody' does not exist."}, INVALID),
    "cronjob_add/": (BOTH, INVALID, INVALID),
}


@pytest.mark.parametrize("call", SIX_CALLS)
def test_seed_gate(example, call):
    path, (missing, unknown, wrong) = f"/api/{call}", SEED_GATE[call]
    assert example.raw(path, headers={"username": "exampleuser"}).json() == missing
    assert example.raw(path, headers={"username": "nobody", "password": "x"}).json() == unknown
    for headers in (
        {"username": "exampleuser", "password": "wrong"},
        {"username": "exampleuser", "apikey": "abcdeA"},
        {"username": "oldquay", "password": "demo-password"},
    ):
        assert example.raw(path, headers=headers).json() == wrong


def test_seed_takes_a_key_too(example):
    headers = {"username": "exampleuser", "apikey": key("demo-password")}
    assert len(example.raw("/api/domain_list/", headers=headers).json()) == 2


@pytest.mark.parametrize("call", ADMIN_CALLS)
def test_admin_gate(profile, example, admin, call):
    path = f"/admin_api/{call}"
    assert admin.raw(path, "GET").json() == {"error": "POST method required"}
    assert admin.raw(path, headers={}).json() == BOTH
    assert admin.raw(path, headers={"username": "admin", "apikey": key("demo-admin-password")}).json() == BOTH
    assert admin.raw(path, headers={"username": "admin", "password": "wrong"}).json() == INVALID
    assert example.raw(path).json() == INVALID


@pytest.mark.parametrize("path", ["/api", "/api/add_domain", "/admin_api", "/admin_api/packages_list"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_final_slash_redirects(example, path, method):
    answer = example.raw(f"{path}?a=1", method)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{path}/?a=1")


def test_a_client_that_follows_the_redirect_loses_its_body(sandbox, example):
    answer = requests.post(
        example.base + "/api/add_domain",
        data={"domain": "new.example", "php_version": "8.2"},
        headers=example.headers,
    )
    assert (answer.status_code, answer.json()) == (200, {"error": "POST method required"})


@pytest.mark.parametrize(
    "path", ["/", "/api/nothing/", "/api/nothing", "/api/add_domain/x/", "/admin_api/x/"]
)
def test_unknown_paths_are_html_404(example, path):
    answer = example.raw(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("call", LIVE_CALLS)
def test_calls_beyond_the_seed_exist_in_live_only(example, call):
    assert example.raw(f"/api/{call}").status_code == 404


def test_a_blocked_caller_gets_an_html_403(sandbox, example):
    sandbox.upstreams["olspanel"].profile["blocked"] = True
    answer = example.raw("/api/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")


def test_only_forms_are_read(live, example):
    url, body = example.base + "/api/add_domain/", {"domain": "json.example", "php_version": "8.2"}
    missing = {"success": False, "message": "Domain and PHP version are required."}
    assert requests.post(url, json=body, headers=example.headers).json() == missing
    assert requests.post(url, params=body, headers=example.headers).json() == missing
    as_json = {**example.headers, "Content-Type": "application/json"}
    assert requests.post(url, data=body, headers=as_json).json() == missing
    multipart = requests.post(
        url, files={name: (None, value) for name, value in body.items()}, headers=example.headers
    )
    assert multipart.json()["success"] is True


def test_the_last_of_two_equal_fields_counts(live, example):
    body = "domain=first.example&domain=second.example&php_version=8.2"
    headers = {**example.headers, "Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(example.base + "/api/add_domain/", data=body, headers=headers).json()
    assert answer["message"] == "Domain 'second.example' added successfully!"


def test_utf_8_in_a_header_is_not_the_password(live, sandbox):
    accounts = sandbox.upstreams["olspanel"].state.table("accounts")
    accounts["exampleuser"] |= {"password": "pässword"}
    host = sandbox.http("olspanel").removeprefix("http://")

    def login(password: bytes) -> bytes:
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request(
            "POST", "/api/domain_list/", headers={"username": "exampleuser", "password": password}
        )
        body = connection.getresponse().read()
        connection.close()
        return body

    assert b"Invalid credentials" in login("pässword".encode())
    assert b"example.com" in login("pässword".encode("latin-1"))


def test_non_ascii_is_escaped(live, admin):
    answer = admin.raw("/admin_api/", username="admin")
    assert b'"\\u221e"' in answer.content


def test_calls_have_names(sandbox, example):
    example.post("/api/domain_list/")
    assert sandbox.calls["olspanel"].names() == ["POST /api/domain_list/"]
