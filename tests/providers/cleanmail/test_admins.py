"""Administrators, tokens and accesses: the documented answers, and those that make no sense."""

import pytest

from app.core.access import Grant
from app.core.errors import Malformed, NotFound
from tests.providers.cleanmail.exchanges import answered

ADMIN = {"id": "a1", "login": "anna", "email": "anna@example.org", "sysAdmin": False, "totp": True}


def of(lists, tokens=(), one=None):
    """A server with these administrators and tokens."""

    def answer(told):
        if told.path.endswith("/tokens"):
            return 200, list(tokens), {}
        if told.path == "/security/admins":
            return 200, lists, {"X-Total-Count": str(len(lists))}
        if told.path.startswith("/security/admins/"):
            return 200, one or ADMIN, {}
        return answered("listDomains")

    return answer


def test_the_search_finds_more_than_the_login_and_is_sorted_out(answering):
    others = [{"id": "b", "login": "anna-maria"}, {"id": "c", "login": "x", "displayName": "anna"}]
    bench, asked = answering(of([*others, ADMIN]))
    assert bench.driver.read_admin("Anna").email == "anna@example.org"
    assert [told.path for told in asked] == ["/security/admins", "/security/admins/a1"]
    assert asked[0].query["search"] == "Anna"
    with pytest.raises(NotFound):
        bench.driver.read_admin("ann")


def test_the_documented_tokens_have_no_values(answering):
    def answer(told):
        return answered("listOfUserTokens") if told.path.endswith("/tokens") else of([ADMIN])(told)

    bench, _ = answering(answer)
    tokens = bench.driver.list_tokens("anna")
    assert tokens and all(token.id and token.name and token.created_at for token in tokens)


def test_what_is_missing_or_odd_is_left_open(answering):
    odd = {
        "id": "a1",
        "login": "anna",
        "enabled": "yes",
        "totp": 1,
        "createdAt": "soon",
        "authorities": "all",
    }
    rows = [
        {"id": "", "name": "no id"},
        {"id": "t", "name": None, "expiration": {}, "value": "secret"},
        {"name": "none"},
    ]
    bench, _ = answering(of([odd], rows, odd))
    admin = bench.driver.read_admin("anna")
    assert (admin.enabled, admin.second_factor, admin.created_at, admin.grants) == (None, None, None, ())
    [token] = bench.driver.list_tokens("anna")
    assert (token.id, token.name, token.expires_at) == ("t", "", None) and "secret" not in str(token)


def test_grants_of_all_kinds(answering):
    authorities = [
        {"objectType": "DOMAIN", "objectId": "d", "objectName": "a.example", "permissions": ["READ", 7]},
        {"objectType": "CUSTOMER", "objectId": "c", "permissions": None},
        {},
    ]
    bench, _ = answering(of([ADMIN], (), {**ADMIN, "authorities": authorities}))
    assert bench.driver.read_admin("anna").grants == (
        Grant("domain", "a.example", ("READ",)),
        Grant("customer", "c", ()),
        Grant("", "", ()),
    )


@pytest.mark.parametrize("rows", ["text", [7], [{"id": "a"}], [{"login": "x"}], {"a": 1}, [None]])
def test_a_list_that_is_none(answering, rows):
    bench, _ = answering(lambda told: (200, rows, {}))
    with pytest.raises(Malformed):
        bench.driver.list_admins()


def test_all_administrators_of_a_domain_come_page_by_page(answering):
    many = [{"id": f"i{n}", "login": f"admin{n}", "authorities": []} for n in range(450)]

    def answer(told):
        if told.path.endswith("/admins"):
            start, size = int(told.query.get("offset", 0)), int(told.query["pageSize"])
            return 200, many[start : start + size], {"X-Total-Count": str(len(many))}
        if told.path.endswith(("/access", "/permissions")):
            return 200, [{"name": "READ", "enabled": True, "editable": True}, {"name": ""}, {"x": 1}], {}
        return answered("listDomains")

    bench, _ = answering(answer)
    access = bench.driver.read_access("stark.net")
    assert len(access.admins) == 450 and access.offered == ("READ",)
    assert [(p.name, p.on) for p in access.users] == [("READ", True)]
