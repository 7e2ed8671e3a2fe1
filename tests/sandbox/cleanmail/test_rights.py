"""Whose token may do what; administrators, permissions and tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.sandbox.cleanmail import times
from tests.sandbox.cleanmail.conftest import Api

OWN = "nordwind.example"
FOREIGN = "nordwind-immobilien.example"


def admin(api: Api, login: str) -> dict[str, Any]:
    return next(row for row in api.get("/security/admins") if row["login"] == login)


def refusals(api: Api) -> dict[str, tuple[str, str, Any]]:
    """The calls that need the sysadmin role (Cleanmail notes, 16), on a domain of the limited account."""
    domain = api.domain(OWN)
    path = f"/domains/{domain['id']}"
    policy = {"name": "n", "quarantine": True, "retention": True, "incoming": True}
    new = {
        "name": "n.example",
        "status": "ENABLED",
        "defaultLanguage": "EN",
        **dict.fromkeys(("quarantine", "retention", "archive"), True),
    }
    tokens = f"/admins/{admin(api, 'audit')['id']}/tokens"
    return {
        "newPolicy": ("POST", f"{path}/policies", policy),
        "editPolicy": ("PATCH", f"/policies/{domain['policy']['id']}", {"name": "x"}),
        "deletePolicy": ("DELETE", f"/policies/{domain['policy']['id']}", None),
        "createDomain": ("POST", "/domains", new),
        "deleteDomain": ("DELETE", path, None),
        "addDkim": ("POST", f"{path}/dkim", None),
        "updateDomainDkim": ("PUT", f"{path}/dkim", None),
        "deleteDomainDkim": ("DELETE", f"{path}/dkim", None),
        "restricted option": ("POST", f"{path}/options", {"name": "APP_URL", "value": "a.example"}),
        "restricted option deleted": ("DELETE", f"{path}/options/APP_URL", None),
        "tokens of another": ("GET", tokens, None),
        "token for another": ("POST", tokens, {"name": "x"}),
        "token of another": ("DELETE", f"{tokens}/bXxrk", None),
        "impersonation": ("GET", f"/token?username={api.user(OWN)['email']}", None),
    }


CALLS = (
    "newPolicy",
    "editPolicy",
    "deletePolicy",
    "createDomain",
    "deleteDomain",
    "addDkim",
    "updateDomainDkim",
    "deleteDomainDkim",
    "restricted option",
    "restricted option deleted",
    "tokens of another",
    "token for another",
    "token of another",
    "impersonation",
)


@pytest.mark.parametrize("name", CALLS)
def test_the_limited_token_is_refused_where_a_sysadmin_is_needed(api: Api, limited: Api, name: str) -> None:
    method, path, body = refusals(api)[name]
    before = api.domain(OWN)
    shown = limited.call(method, path, body, 403)
    assert shown["error"] == "Forbidden"
    assert api.domain(OWN) == before


def test_every_refusal_of_the_table_is_tried(api: Api) -> None:
    assert tuple(refusals(api)) == CALLS


ALLOWED: dict[str, Callable[[Api, str], Any]] = {
    "read": lambda limited, path: limited.get(path),
    "edit": lambda limited, path: limited.patch(path, {"description": "x"}),
    "alias": lambda limited, path: limited.post(f"{path}/aliases", ["x.example"]),
    "rule": lambda limited, path: limited.post(f"{path}/wblist", [{"value": "x.example", "type": "BLOCK"}]),
    "option": lambda limited, path: limited.post(f"{path}/options", {"name": "GREETING", "value": "x"}),
    "dkim": lambda limited, path: limited.get(f"{path}/dkim"),
    "policies": lambda limited, path: limited.get(f"{path}/policies"),
    "health": lambda limited, path: limited.post(f"{path}/health"),
    "admins": lambda limited, path: limited.get(f"{path}/admins"),
    "access": lambda limited, path: limited.put(f"{path}/access", []),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_the_limited_token_works_on_its_own_domains(limited: Api, name: str) -> None:
    ALLOWED[name](limited, f"/domains/{limited.domain(OWN)['id']}")


@pytest.mark.parametrize(
    ("method", "below"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("GET", "/users"),
        ("GET", "/wblist"),
        ("POST", "/wblist"),
        ("GET", "/admins"),
        ("PUT", "/access"),
        ("GET", "/health"),
        ("GET", "/dkim"),
    ],
)
def test_a_foreign_domain_is_403(api: Api, limited: Api, method: str, below: str) -> None:
    body = [] if method in ("POST", "PUT") else {} if method == "PATCH" else None
    limited.call(method, f"/domains/{api.domain(FOREIGN)['id']}{below}", body, 403)


def test_what_is_below_a_foreign_domain_is_403_as_well(api: Api, limited: Api) -> None:
    domain, user = api.domain(FOREIGN), api.user(FOREIGN)
    group = api.get(f"/domains/{domain['id']}/groups")[0]
    limited.get(f"/policies/{domain['policy']['id']}", 403)
    limited.get(f"/platforms/{domain['platforms'][0]['id']}/health", 403)
    limited.get(f"/users/{user['id']}", 403)
    limited.get(f"/users/{user['email']}/emails/folders", 403)
    limited.delete(f"/groups/{group['id']}", 403)
    limited.post("/wblist", [{"value": "x.example", "type": "BLOCK", "owner": FOREIGN}], 403)
    params = {"recipient": user["email"]}
    limited.post("/tasks", {"command": "send_welcome_mail", "params": params}, 403)
    limited.post("/users", {"email": f"x@{FOREIGN}", "status": "ENABLED", "domainId": domain["id"]}, 403)


def test_lists_leave_out_what_the_limited_account_cannot_see(api: Api, limited: Api) -> None:
    domains = [row["name"] for row in limited.get("/domains", params={"sort": "id"})]
    every = [row["name"] for row in api.get("/domains", params={"sort": "id"})]
    assert domains == every[:-1][::3]
    assert limited.send("GET", "/domains").headers["X-Total-Count"] == str(len(domains))
    assert {row["email"].partition("@")[2] for row in limited.get("/users")} == set(domains)
    assert limited.get("/domains", params={"name": FOREIGN}) == []
    failing = {row["id"] for row in limited.get("/health") if row["type"] == "DOMAIN"}
    assert failing < {row["id"] for row in api.get("/health") if row["type"] == "DOMAIN"}


def test_a_right_on_a_customer_covers_its_domains(api: Api) -> None:
    made = api.post(f"/admins/{admin(api, 'petersen')['id']}/tokens", {"name": "x"})
    petersen = api.with_token(made["value"])
    assert {row["customer"]["name"] for row in petersen.get("/domains")} == {"Nordwind Gruppe"}
    petersen.get(f"/domains/{api.domain(FOREIGN)['id']}/admins", 403)


# Administrators


def test_administrators_are_listed_where_the_caller_may_grant(api: Api, limited: Api) -> None:
    logins = {row["login"] for row in limited.get("/security/admins")}
    assert logins == {"helpdesk@nordwind.example", "audit", "moreau"}
    assert len(api.get("/security/admins")) == 6
    limited.get(f"/security/admins/{admin(api, 'former.colleague')['id']}", 403)
    limited.get(f"/security/admins/{admin(api, 'audit')['id']}")
    audit = api.with_token(api.post(f"/admins/{admin(api, 'audit')['id']}/tokens", {"name": "x"})["value"])
    assert audit.get("/security/admins") == []


def test_permissions_are_listed_within_the_callers_own(api: Api, limited: Api) -> None:
    def names(caller: Api, scope: str, object_id: str) -> list[str]:
        found = caller.get("/security/permissions", params={"scope": scope, "id": object_id})
        return [row["name"] for row in found]

    domain = api.domain(OWN)
    assert names(api, "DOMAIN", domain["id"]) == ["READ", "WRITE", "QUARANTINE", "GRANT", "IMPERSONATE"]
    assert names(limited, "DOMAIN", domain["id"]) == ["READ", "WRITE", "QUARANTINE", "GRANT"]
    assert names(limited, "DOMAIN", api.domain(FOREIGN)["id"]) == []
    assert names(limited, "CUSTOMER", domain["customer"]["id"]) == []
    assert len(names(api, "BROKER", domain["customer"]["brokerId"])) == 5
    for query in ({}, {"scope": "DOMAIN"}, {"id": domain["id"]}, {"scope": "PLANET", "id": domain["id"]}):
        api.get("/security/permissions", 400, params=query)
    api.get("/security/permissions", 404, params={"scope": "DOMAIN", "id": "zzzzz"})


def test_an_access_is_given_to_a_new_account_and_to_an_existing_one(api: Api, limited: Api) -> None:
    path = f"/domains/{api.domain(OWN)['id']}/admins"
    new = {
        "login": "new",
        "displayName": "New",
        "email": "n@cleanmail.example",
        "password": "p",
        "enabled": True,
        "language": "fr",
    }
    made = limited.post(path, {**new, "permissions": ["READ", "WRITE"]}, 200)
    assert made["language"] == "FR"
    assert [(one["objectName"], one["permissions"]) for one in made["authorities"]] == [
        (OWN, ["READ", "WRITE"])
    ]
    assert "password" not in made
    api.post(path, {**new, "permissions": ["READ"]}, 409)
    other = f"/domains/{api.domain(FOREIGN)['id']}/admins"
    again = api.post(other, {"id": made["id"], "permissions": ["READ"]}, 200)
    assert again["authoritiesCount"] == 2
    api.post(other, {"id": "zzzzz", "permissions": ["READ"]}, 404)


@pytest.mark.parametrize(
    "field", ["login", "displayName", "email", "password", "enabled", "language", "permissions"]
)
def test_a_new_account_needs_everything(api: Api, field: str) -> None:
    new = {
        "login": "new",
        "displayName": "New",
        "email": "n@cleanmail.example",
        "password": "p",
        "enabled": True,
        "language": "EN",
        "permissions": ["READ"],
    }
    del new[field]
    api.post(f"/domains/{api.domain(OWN)['id']}/admins", new, 400)


def test_nobody_gives_what_they_do_not_have(api: Api, limited: Api) -> None:
    path = f"/domains/{api.domain(OWN)['id']}/admins/{admin(api, 'audit')['id']}"
    limited.put(f"{path}/authorities", ["READ", "IMPERSONATE"], 403)
    limited.put(f"{path}/authorities", ["FLY"], 400)
    limited.put(f"{path}/authorities", [], 400)
    limited.put(f"{path}/authorities", ["READ", "WRITE"])
    assert limited.get(path)["authorities"][0]["permissions"] == ["READ", "WRITE"]


def test_the_last_access_takes_the_account_with_it(api: Api) -> None:
    audit, moreau = admin(api, "audit"), admin(api, "moreau")
    path = f"/domains/{api.domain(OWN)['id']}/admins"
    api.delete(f"{path}/{moreau['id']}", 200)
    assert admin(api, "moreau")["authoritiesCount"] == 1
    api.delete(f"{path}/{moreau['id']}", 404)
    api.delete(f"{path}/{audit['id']}", 200)
    api.get(f"/security/admins/{audit['id']}", 404)


def test_the_second_factor_of_an_administrator_can_be_switched_off_only(api: Api) -> None:
    path = f"/security/admins/{admin(api, 'moreau')['id']}"
    api.patch(path, {"totp": True}, 422)
    assert api.patch(path, {"totp": False}, 200)["totp"] is False
    assert api.patch(path, {"displayName": "Bastien", "password": "x"}, 200)["displayName"] == "Bastien"


def test_the_limited_account_governs_those_below_it_only(api: Api, limited: Api) -> None:
    limited.patch(f"/security/admins/{admin(api, 'audit')['id']}", {"displayName": "New"}, 200)
    limited.patch(
        f"/security/admins/{admin(api, 'helpdesk@nordwind.example')['id']}", {"language": "EN"}, 200
    )
    for login in ("operations@cleanmail.example", "moreau", "petersen"):
        limited.patch(f"/security/admins/{admin(api, login)['id']}", {"enabled": False}, 403)
        limited.delete(f"/security/admins/{admin(api, login)['id']}", 403)
    limited.delete(f"/security/admins/{admin(api, 'audit')['id']}", 200)


def test_no_account_deletes_itself_and_a_deleted_one_is_shut_out(api: Api, limited: Api) -> None:
    api.delete(f"/security/admins/{admin(api, 'operations@cleanmail.example')['id']}", 400)
    api.delete(f"/security/admins/{admin(api, 'helpdesk@nordwind.example')['id']}", 200)
    limited.get("/domains", 401)


# Tokens


def test_a_tokens_value_is_shown_once(api: Api, limited: Api) -> None:
    path = f"/admins/{admin(api, 'helpdesk@nordwind.example')['id']}/tokens"
    made = limited.post(path, {"name": "mine"})
    assert len(made["value"]) == 32
    assert "expiration" not in made
    listed = limited.get(path)
    assert all("value" not in row and "lastUse" not in row for row in listed)
    assert ["expiration" in row for row in listed] == [False, True, False]
    own = api.with_token(made["value"])
    own.get("/domains")
    own.delete(f"{path}/{made['id']}")
    own.get("/domains", 401)
    api.post("/admins/zzzzz/tokens", {"name": "x"}, 404)
    limited.post(path, {}, 400)


def test_a_token_is_deleted_below_its_own_account_only(api: Api) -> None:
    mine = api.get(f"/admins/{admin(api, 'operations@cleanmail.example')['id']}/tokens")[0]
    api.delete(f"/admins/{admin(api, 'audit')['id']}/tokens/{mine['id']}", 404)


def test_a_sign_in_token_acts_as_the_mailbox_itself(api: Api) -> None:
    user = api.user()
    made = api.get("/token", 202, params={"username": user["email"].upper(), "validity": 2})
    assert abs(made["expireAt"] - times.now() - 2 * times.HOUR) < times.HOUR
    assert made["token"] in made["url"]
    mailbox = api.with_token(made["token"])
    assert mailbox.get("/domains") == []
    assert mailbox.get("/users") == []
    mailbox.get(f"/users/{user['id']}")
    mailbox.get(f"/users/{user['id']}/wblist")
    mailbox.get("/token", 202)
    mailbox.get("/token", 403, params={"username": api.user(place=1)["email"]})
    mailbox.get(f"/users/{api.user(place=1)['id']}", 403)
    mailbox.patch(f"/users/{user['id']}", {"lastname": "x"}, 403)
    mailbox.get(f"/domains/{user['domainId']}", 403)
    for path in ("/health", "/options"):
        mailbox.get(path, 403)
    mailbox.post("/health/try-relay", {}, 403)
    api.patch(f"/users/{user['id']}", {"status": "DISABLED"})
    mailbox.get(f"/users/{user['id']}", 401)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"username": "nobody@nordwind.example"}, 404),
        ({"username": "info@nordwind.example"}, 404),
        ({"username": "USER", "validity": "0"}, 400),
        ({"username": "USER", "validity": "soon"}, 400),
    ],
)
def test_sign_in_tokens_that_cannot_be(api: Api, query: dict[str, str], status: int) -> None:
    if query.get("username") == "USER":
        query = {**query, "username": api.user()["email"]}
    api.get("/token", status, params=query)


# What end users may do


def test_permissions_of_end_users_are_set_as_a_list(api: Api) -> None:
    path = f"/domains/{api.domain(OWN)['id']}/access"
    before = {row["name"]: row["enabled"] for row in api.get(path)}
    assert True in before.values()
    assert False in before.values()
    changed = api.put(path, ["OWN_SEND"])
    assert changed["username"]
    assert [row["name"] for row in changed["permissions"] if row["enabled"]] == ["OWN_SEND"]
    assert api.get(path) == changed["permissions"]
    api.put(path, ["FLY"], 400)
