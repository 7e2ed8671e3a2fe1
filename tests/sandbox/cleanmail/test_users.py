"""Users, signatures, tasks, e-mail aliases and options."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox.cleanmail.conftest import Api


def new_user(api: Api, expected: int = 201, **more: Any) -> Any:
    start = {"email": "new@nordwind.example", "status": "ENABLED", "domainId": api.domain()["id"]}
    return api.post("/users", {**start, **more}, expected)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("below", ["", "/wblist", "/options", "/sign"])
def test_an_address_is_no_user_id(api: Api, method: str, below: str) -> None:
    if below and method == "PATCH":
        method = {"/wblist": "PUT", "/options": "POST", "/sign": "PUT"}[below]
    elif below and method == "DELETE":
        below = {"/wblist": "/wblist/bXxrk", "/options": "/options/GREETING", "/sign": "/sign"}[below]
    body = {"json": {}} if method in ("PATCH", "PUT", "POST") else {}
    answer = api.send(method, f"/users/{api.user()['email']}{below}", **body)
    assert answer.status_code == 404


def test_a_new_user_takes_over_what_the_domain_has(api: Api) -> None:
    domain = api.domain()
    made = new_user(api, firstname="New")
    assert made["language"] == "DE"
    assert made["policy"] == domain["policy"]
    assert made["platform"] == domain["platforms"][0]
    assert (made["domainPolicyId"], made["domainPlatformId"]) == (
        domain["policy"]["id"],
        domain["platforms"][0]["id"],
    )
    assert made["senderVerifyOn"] is True
    assert "password" not in made


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": "no address"}, 400),
        ({"email": "new@nowhere.example"}, 400),
        ({"email": "new@solskin.example"}, 400),
        ({"domainId": None}, 400),
        ({"status": "PENDING"}, 422),
        ({"status": "DELETED"}, 400),
        ({"policyId": "zzzzz"}, 422),
        ({"platformId": "zzzzz"}, 422),
        ({"sign": "<b>"}, 400),
        ({"email": "info@nordwind.example"}, 409),
    ],
)
def test_a_new_user_that_cannot_be(api: Api, change: dict[str, Any], status: int) -> None:
    new_user(api, status, **change)


def test_a_user_exists_once(api: Api) -> None:
    new_user(api, email="New@Nordwind.example")
    new_user(api, 409)


def test_a_welcome_mail_is_recorded_when_it_is_asked_for(api: Api) -> None:
    new_user(api, sendNotification=True)
    found = [row["params"] for row in api.records.every("tasks")]
    assert found == [{"recipient": "new@nordwind.example"}]


def test_a_user_is_changed_partly(api: Api) -> None:
    user = api.user(place=1)
    before = api.get(f"/users/{user['id']}")
    assert api.patch(f"/users/{user['id']}", {"lastname": "New", "language": "es"}) is None
    assert api.get(f"/users/{user['id']}") == {**before, "lastname": "New", "language": "ES"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": "no address"}, 400),
        ({"email": "info@nordwind.example"}, 400),
        ({"email": "me@solskin.example"}, 400),
        ({"status": "PENDING"}, 422),
        ({"domainId": "zzzzz"}, 422),
        ({"mfaType": "TOTP"}, 422),
        ({"mfaType": "SMS"}, 400),
    ],
)
def test_changes_of_a_user_that_cannot_be(api: Api, change: dict[str, Any], status: int) -> None:
    api.patch(f"/users/{api.user()['id']}", change, status)


def test_the_second_factor_can_be_switched_off_only(api: Api) -> None:
    user = api.user(place=2)
    assert api.get(f"/users/{user['id']}")["mfaType"] == "TOTP"
    api.patch(f"/users/{user['id']}", {"mfaType": "NONE"})
    assert api.get(f"/users/{user['id']}")["mfaType"] is None


def test_a_renamed_user_is_found_by_the_new_address(api: Api) -> None:
    user = api.user()
    api.patch(f"/users/{user['id']}", {"email": "renamed@nordwind.test"})
    api.get(f"/users/{user['email']}/emails/folders", 404)
    assert api.get("/users/renamed@nordwind.test/emails/folders")


def test_a_deleted_user_is_gone_and_the_address_free(api: Api) -> None:
    user = api.user()
    mailbox = api.mailbox(user)
    mailbox.get(f"/users/{user['id']}")
    api.delete(f"/users/{user['id']}")
    api.get(f"/users/{user['id']}", 404)
    mailbox.get(f"/users/{user['id']}", 401)
    new_user(api, email=user["email"])


# Signatures


def test_a_signature_is_base64_of_html(api: Api) -> None:
    path = f"/users/{api.user()['id']}/sign"
    html = base64.b64encode(b"<b>Grete</b>").decode()
    assert api.put(path, {"sign": html}) == {"sign": html}
    assert api.get(path) == {"sign": html}
    for wrong in ("<b>Grete</b>", "abc", "äöü"):
        api.put(path, {"sign": wrong}, 400)
    api.put(path, {}, 400)
    api.delete(path)
    assert api.get(path) == {"sign": None}


def test_without_any_service_there_is_no_signature_and_no_sign_in(api: Api) -> None:
    user = api.user("bodegadelsol.example")
    path = f"/users/{user['id']}/sign"
    api.get(path, 400)
    api.put(path, {"sign": "YQ=="}, 400)
    api.delete(path, 400)
    api.get("/token", 400, params={"username": user["email"]})


# Tasks


@pytest.mark.parametrize(
    ("command", "params", "status"),
    [
        ("send_welcome_mail", {"recipient": "USER"}, 202),
        ("send_token_mail", {"recipient": "USER", "validity": 24}, 202),
        ("send_password_reset_mail", {"recipient": "USER", "validity": 6}, 202),
        ("send_password_reset_mail", {"recipient": "USER", "validity": 0}, 400),
        ("send_welcome_mail", {}, 400),
        ("send_welcome_mail", {"recipient": "nobody@nowhere.example"}, 422),
        ("send_spamfight_spam_mail", {}, 422),
        ("send_spamfight_clean_mail", {}, 422),
        ("remediate_message", {}, 422),
        ("dance", {}, 400),
        ("send_welcome_mail", "USER", 400),
    ],
)
def test_tasks(api: Api, command: str, params: Any, status: int) -> None:
    email = api.user()["email"]
    if isinstance(params, dict):
        params = {name: email if value == "USER" else value for name, value in params.items()}
    assert (api.post("/tasks", {"command": command, "params": params}, status) is None) == (status == 202)
    assert len(api.records.every("tasks")) == (status == 202)


# E-mail aliases


def groups(api: Api) -> str:
    return f"/domains/{api.domain()['id']}/groups"


def test_recipients_have_types_and_names_of_accounts_of_the_domain(api: Api) -> None:
    user = api.user()
    outside = ["info@nordwind.example", "someone@elsewhere.example.com", api.user("solskin.example")["email"]]
    made = api.post(groups(api), {"email": "all@nordwind.example", "recipients": [user["email"], *outside]})
    shown = [(one["type"], one["firstname"], one["lastname"]) for one in made["recipients"]]
    assert shown == [
        ("USER", user["firstname"], user["lastname"]),
        ("ALIAS", None, None),
        ("EXTERNAL_ADDRESS", None, None),
        ("EXTERNAL_ADDRESS", None, None),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "info@nordwind.example"}, 409),
        ({"email": "USER"}, 409),
        ({"email": "all@solskin.example"}, 400),
        ({"email": "no address"}, 400),
        ({"recipients": []}, 400),
        ({"email": "all@nordwind.example", "recipients": ["no address"]}, 400),
        ({"email": "all@nordwind.example", "recipients": ["all@nordwind.example"]}, 400),
        ({"email": "all@nordwind.test"}, 201),
    ],
)
def test_new_email_aliases(api: Api, body: dict[str, Any], status: int) -> None:
    if body.get("email") == "USER":
        body = {"email": api.user()["email"]}
    api.post(groups(api), body, status)


def test_adding_recipients_answers_the_whole_alias(api: Api) -> None:
    made = api.post(groups(api), {"email": "all@nordwind.example", "recipients": ["a@b.example"]})
    path = f"{groups(api)}/{made['id']}"
    more = api.post(f"{path}/addresses", ["c@d.example", "a@b.example"])
    assert [one["email"] for one in more["recipients"]] == ["a@b.example", "c@d.example"]
    assert more["recipients"][0] == made["recipients"][0]
    api.post(f"{path}/addresses", ["all@nordwind.example"], 400)
    api.delete(f"{path}/addresses/a@b.example", 404)
    api.delete(f"{path}/addresses/{made['recipients'][0]['id']}")
    assert api.get(path)["recipients"] == more["recipients"][1:]


def test_editing_an_alias_replaces_address_and_recipients(api: Api) -> None:
    made = api.post(groups(api), {"email": "all@nordwind.example", "recipients": ["a@b.example"]})
    path = f"{groups(api)}/{made['id']}"
    api.patch(path, {"email": "every@nordwind.example"})
    assert api.get(path)["recipients"] == made["recipients"]
    api.patch(path, {"recipients": ["c@d.example"]})
    assert [one["email"] for one in api.get(path)["recipients"]] == ["c@d.example"]
    for wrong in ("info@nordwind.example", "all@solskin.example"):
        api.patch(path, {"email": wrong}, 400)
    api.post(groups(api), {"email": "all@nordwind.example"})


def test_an_alias_is_read_below_its_domain_and_deleted_by_its_id_alone(api: Api) -> None:
    group = api.get(groups(api))[0]
    api.get(f"/domains/{api.domain('solskin.example')['id']}/groups/{group['id']}", 404)
    api.delete(f"/groups/{group['id']}")
    api.get(f"{groups(api)}/{group['id']}", 404)


# Options


def option(api: Api, path: str, name: str) -> dict[str, Any]:
    return next(row for row in api.get(f"{path}/options") if row["option"]["name"] == name)


def test_values_are_inherited_down_the_scopes(api: Api) -> None:
    domain, user = f"/domains/{api.domain()['id']}", f"/users/{api.user()['id']}"
    assert option(api, domain, "BRAND_COLOR") == {
        "value": None,
        "parentValue": "#0b3d5c",
        "option": option(api, domain, "BRAND_COLOR")["option"],
    }
    assert option(api, user, "TIME_ZONE")["parentValue"] == "Europe/Berlin"
    made = api.post(f"{domain}/options", {"name": "TIME_ZONE", "value": "Europe/Oslo"})
    assert (made["value"], made["parentValue"]) == ("Europe/Oslo", "Europe/Berlin")
    assert option(api, user, "TIME_ZONE")["parentValue"] == "Europe/Oslo"
    api.delete(f"{domain}/options/TIME_ZONE")
    api.delete(f"{domain}/options/TIME_ZONE")
    assert option(api, user, "TIME_ZONE")["parentValue"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("DOMAIN_ADMIN", "no address", 400),
        ("BRAND_COLOR", "blue", 400),
        ("BRAND_COLOR", "#fff", 201),
        ("SUPPORT_URL", "javascript:alert(1)", 400),
        ("REPORT_FREQUENCY", "hourly", 400),
        ("REPORT_FREQUENCY", "weekly", 201),
        ("REPORT_EMPTY", "yes", 400),
        ("DISCLAIMER", "any text", 201),
        ("APP_URL", "mail.nordwind.example", 201),
        ("UNKNOWN", "x", 400),
    ],
)
def test_values_fit_their_type(api: Api, name: str, value: str, status: int) -> None:
    api.post(f"/domains/{api.domain()['id']}/options", {"name": name, "value": value}, status)


def test_an_option_is_known_in_its_scopes_only(api: Api) -> None:
    user = f"/users/{api.user()['id']}/options"
    assert "DOMAIN_ADMIN" not in [row["option"]["name"] for row in api.get(user)]
    api.post(user, {"name": "DOMAIN_ADMIN", "value": "a@b.example"}, 400)
    api.delete(f"{user}/DOMAIN_ADMIN", 400)
