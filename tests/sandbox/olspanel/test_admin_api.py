"""The admin API (sheet, section 6)."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.olspanel.test_user_api import KEYS, USER, error, failed

NEW = {
    "username": "fresh",
    "first_name": "Fresh",
    "last_name": " ",
    "email": "fresh@example.org",
    "password": "long-enough",
    "pkg_id": "1",
    "domain": "fresh.example",
    "php_version": "8.2",
}


def test_usage_of_any_account(sandbox, admin):
    assert list(admin.post("/admin_api/", username="exampleuser")) == KEYS
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    usage = admin.post("/admin_api/", username="piernine")
    assert set(usage) == {*KEYS, "bandwidth", "bandwidth_use"}
    assert (usage["bandwidth"], usage["bandwidth_use"]) == (512000, "40.04 GB")


def test_usage_errors(profile, admin):
    assert admin.post("/admin_api/") == {"error": "Username is required"}
    assert admin.post("/admin_api/", username="nobody") == {"error": "User not found"}
    assert admin.post("/admin_api/", username="newcomer") == {"error": "Package not found"}


@pytest.mark.parametrize(("profile_name", "word"), [("seed", "Username"), ("live", "User")])
def test_add_an_account(sandbox, admin, profile_name, word):
    sandbox.upstreams["olspanel"].profile["profile"] = profile_name
    answer = admin.post("/admin_api/add_user/", **NEW)
    number = answer.pop("user_id")
    assert answer == {"success": True, "message": f"{word} fresh created successfully"}
    usage = admin.post("/admin_api/", username="fresh")
    assert (usage["user_id"], usage["main_domain"], usage["ftp_used"]) == (number, "fresh.example", 1)
    headers = {"username": "fresh", "password": "long-enough"}
    assert len(admin.raw("/api/domain_list/", headers=headers).json()) == 1


@pytest.mark.parametrize("name", list(NEW))
def test_a_new_account_needs_all_fields(profile, admin, name):
    assert admin.post("/admin_api/add_user/", **{**NEW, name: ""}) == failed("All fields are required")


def test_a_new_account_can_fail_half_way(profile, admin):
    """The account's row is there already when package or domain turn out to be wrong."""
    exists = failed("A username with the same name already exists")
    assert admin.post("/admin_api/add_user/", **{**NEW, "username": "exampleuser"}) == exists
    assert admin.post("/admin_api/add_user/", **{**NEW, "pkg_id": "99"}) == failed("Invalid package ID")
    assert admin.post("/admin_api/add_user/", **NEW) == exists
    taken = {**NEW, "username": "other", "domain": "example.com"}
    assert admin.post("/admin_api/add_user/", **taken) == failed("The domain 'example.com' already exists.")
    assert admin.post("/admin_api/", username="other")["domain_used"] == 0


def test_suspend_unsuspend_delete(profile, admin, example):
    def set_state(state: str) -> dict[str, object]:
        return admin.post("/admin_api/suspend_user/", username="exampleuser", state=state)

    assert set_state("DELETE") == failed("User 'exampleuser' must be suspended before deletion.")
    assert set_state("Suspend")["success"] is True
    assert example.post("/api/domain_list/") == {"error": "Invalid credentials"}
    assert set_state("unsuspend")["success"] is True
    assert len(example.post("/api/domain_list/")) == 2
    assert set_state("suspend")["success"] and set_state("delete")["success"]
    assert admin.post("/admin_api/", username="exampleuser") == {"error": "User not found"}
    again = admin.post("/admin_api/add_domain/", username="piernine", domain="example.com", php_version="8.2")
    assert again["success"] is True


def test_suspend_errors(profile, admin):
    required = failed("Username and state are required")
    assert admin.post("/admin_api/suspend_user/", username="exampleuser") == required
    assert admin.post("/admin_api/suspend_user/", state="SUSPEND") == required
    unknown = failed("User 'nobody' does not exist.")
    assert admin.post("/admin_api/suspend_user/", username="nobody", state="nonsense") == unknown
    state = failed("Unknown state 'SLEEP'. Use SUSPEND, UNSUSPEND or DELETE.")
    assert admin.post("/admin_api/suspend_user/", username="exampleuser", state="sleep") == state


def test_update_an_account(profile, admin):
    answer = admin.post(
        "/admin_api/update_user/",
        username="exampleuser",
        first_name="Jane",
        last_name="",
        password="new-password",
        pkg_id="2",
    )
    assert answer["success"] is True
    usage = admin.post("/admin_api/", username="exampleuser")
    assert (usage["full_name"], usage["package_name"], usage["user_id"]) == (
        "Jane Doe",
        "Agency",
        answer["user_id"],
    )
    headers = {"username": "exampleuser", "password": "new-password"}
    assert len(admin.raw("/api/domain_list/", headers=headers).json()) == 2
    assert admin.post("/admin_api/update_user/") == failed("Username is required")
    assert admin.post("/admin_api/update_user/", username="nobody") == failed(
        "User with username 'nobody' not found."
    )


def test_packages(profile, admin):
    answer = admin.raw("/admin_api/packages_list/")
    assert answer.json()["success"] is True
    assert answer.json()["packages"][0] == {"id": 1, "name": "Basic Plan", "disk_space": 10240}
    assert b'\n  "packages": [\n' in answer.content
    made = admin.post("/admin_api/new_package/", name="Tiny", disk_space="100", allowed_domains="1")
    assert (made["success"], made["package_id"]) == (True, 4)
    assert admin.post("/admin_api/packages_list/")["packages"][3] == {
        "id": 4,
        "name": "Tiny",
        "disk_space": 100,
    }
    assert admin.post("/admin_api/new_package/") == failed("Package name is required")
    assert admin.post("/admin_api/new_package/", name="Tiny") == failed(
        "A package with the same name already exists."
    )
    assert admin.raw("/admin_api/new_package/", name="Odd", disk_space="much").status_code == 500


def test_issue_ssl_for_any_account(profile, admin):
    good = {"success": True, "message": "SSL issued successfully for 'example.com'."}
    assert admin.post("/admin_api/issue_ssl/", domain="example.com") == good
    assert admin.post("/admin_api/issue_ssl/") == failed("Domain name is required.")
    assert admin.post("/admin_api/issue_ssl/", domain="nowhere.example") == failed(
        "Domain 'nowhere.example' not found."
    )
    admin.post("/admin_api/add_domain/", username="piernine", domain="fail-ssl.example", php_version="8.2")
    failure = failed("Failed to issue SSL for 'fail-ssl.example'.")
    assert admin.post("/admin_api/issue_ssl/", domain="fail-ssl.example") == failure


def test_add_a_domain_to_any_account(profile, admin):
    def add(name: str, user: str = "exampleuser") -> dict[str, object]:
        return admin.post("/admin_api/add_domain/", username=user, domain=name, php_version="8.2", path="/x")

    assert add("got.example")["message"] == "Domain 'got.example' added successfully!"
    assert add("two.example.com") == failed("Domain add limit exceeded.")
    assert add("nodots") == failed("Invalid domain format.")
    assert add("got.example") == failed("The domain 'got.example' already exists.")
    assert add("more.example", "nobody") == failed("User 'nobody' not found.")
    assert add("") == failed("Username, domain, and php_version are required.")
    assert add("fail-vhost.example", "piernine") == failed(
        "Failed to add virtual host for 'fail-vhost.example'."
    )
    crash = admin.raw("/admin_api/add_domain/", username="newcomer", domain="more.example", php_version="8.2")
    assert crash.status_code == 500


@pytest.mark.parametrize(("profile_name", "what"), [("seed", "Database user"), ("live", "Database and user")])
def test_add_a_database(sandbox, admin, profile_name, what):
    sandbox.upstreams["olspanel"].profile["profile"] = profile_name
    body = {"username": "exampleuser", "db": "shop", **USER}
    good = {"success": True, "message": f"{what} created successfully for exampleuser."}
    assert admin.post("/admin_api/database_add/", **body) == good
    assert admin.post("/admin_api/database_add/", **body) == error("User already exists.")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"username": ""}, "All fields are required."),
        ({"db": ""}, "All fields are required."),
        ({"username": "nobody"}, "Username 'nobody' does not exist."),
        ({"dbuser": "w"}, "Database username must be at least 2 characters long."),
        ({"dbpass": "short"}, "Password must be at least 8 characters long."),
        ({"dbpassc": "different"}, "Passwords do not match."),
    ],
)
def test_database_errors(profile, admin, change, text):
    body = {"username": "exampleuser", "db": "shop", **USER, **change}
    assert admin.post("/admin_api/database_add/", **body) == error(text)


def test_sign_in_link(profile, admin):
    answer = admin.post("/admin_api/sso_login/", username="exampleuser")
    assert answer["url"].startswith(f"{admin.base}/login/?token=")
    assert "signed in as exampleuser" in requests.get(answer["url"]).text
    newer = admin.post("/admin_api/sso_login/", username="exampleuser")["url"]
    assert "signed in" in requests.get(newer).text
    assert "signed in" not in requests.get(f"{admin.base}/login/?token=wrong").text
    assert admin.post("/admin_api/sso_login/") == failed("Username is required")
    assert admin.post("/admin_api/sso_login/", username="nobody") == failed(
        "User with username 'nobody' not found."
    )


def test_a_sign_in_link_ends(sandbox, admin):
    url = admin.post("/admin_api/sso_login/", username="exampleuser")["url"]
    links = sandbox.upstreams["olspanel"].state.table("sso")
    links["exampleuser"] |= {"until": 0}
    assert "signed in" not in requests.get(url).text
