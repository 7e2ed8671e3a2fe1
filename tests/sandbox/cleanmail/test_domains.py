"""Domains: defaults, soft deletion, platforms, aliases, policies."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.cleanmail import times
from tests.sandbox.cleanmail.conftest import Api

NEW: dict[str, Any] = {
    "name": "new.example",
    "status": "ENABLED",
    "defaultLanguage": "EN",
    "quarantine": True,
    "retention": True,
    "archive": True,
}
ROUTE: dict[str, Any] = {
    "name": "Main",
    "transportDest": "mail.nordwind.example",
    "transportType": "SMTP",
    "transportPort": 25,
    "default": True,
}


def create(api: Api, expected: int = 201, **more: Any) -> dict[str, Any]:
    return api.post("/domains", {**NEW, **more}, expected)


def test_a_new_domain_has_the_documented_defaults(api: Api) -> None:
    policy = create(api)["policy"]
    assert policy["name"] == "Politique-new.example"
    assert (policy["mailSizeLimit"], policy["spamScore"]) == (21, 5.0)
    durations = [policy[f"{name}Props"]["duration"] for name in ("quarantine", "retention", "archive")]
    assert durations == [31, 5, 48]
    assert policy["relayProps"]["relaySpam"] is False
    assert policy["relayProps"]["spamScoreLimit"] == 5.0


def test_without_services_settings_are_null_and_everything_is_relayed(api: Api) -> None:
    policy = create(api, quarantine=False, retention=False, archive=False)["policy"]
    assert [policy[f"{name}Props"] for name in ("quarantine", "retention", "archive")] == [None, None, None]
    relay = policy["relayProps"]
    assert relay["spamScoreLimit"] == 10.0
    assert all(value is True for name, value in relay.items() if name.startswith("relay"))


@pytest.mark.parametrize(
    "name", ["nordwind.example", "NORDWIND.example", "nordwind.test", "altstadtkontor.example"]
)
def test_a_name_in_use_is_409_also_as_an_alias_or_deleted(api: Api, name: str) -> None:
    create(api, 409, name=name)


@pytest.mark.parametrize("field", NEW)
def test_required_fields_of_a_new_domain(api: Api, field: str) -> None:
    api.post("/domains", {name: value for name, value in NEW.items() if name != field}, 400)


@pytest.mark.parametrize(
    ("status", "answer"), [("DISABLED", 201), ("PENDING", 422), ("DELETED", 422), ("x", 400)]
)
def test_states_that_can_be_created(api: Api, status: str, answer: int) -> None:
    create(api, answer, status=status)


@pytest.mark.parametrize(
    ("status", "answer"), [("DISABLED", 204), ("PENDING", 204), ("DELETED", 422), ("x", 400)]
)
def test_states_that_can_be_written(api: Api, status: str, answer: int) -> None:
    domain = api.domain()
    api.patch(f"/domains/{domain['id']}", {"status": status}, answer)
    assert api.domain()["status"] == (status if answer == 204 else "ENABLED")


def test_the_external_id_is_kept_and_found(api: Api) -> None:
    made = create(api, externalId="HBO-2019")
    assert made["externalId"] == "HBO-2019"
    assert [row["id"] for row in api.get("/domains", params={"externalId": "HBO-2019"})] == [made["id"]]


def test_what_is_absent_or_null_stays_as_it_is(api: Api) -> None:
    before = api.domain()
    api.patch(f"/domains/{before['id']}", {"description": "new", "externalId": None})
    assert api.domain() == {**before, "description": "new"}


@pytest.mark.parametrize(
    "change",
    [
        {"customerId": "zzzzz"},
        {"policyId": "zzzzz"},
        {"outgoingProvidersIds": ["zzzzz"]},
        {"name": "solskin.example"},
    ],
)
def test_references_that_lead_nowhere_are_422(api: Api, change: dict[str, Any]) -> None:
    before = api.domain()
    api.patch(f"/domains/{before['id']}", change, 422)
    assert api.domain() == before


def test_a_domain_can_be_renamed_and_its_old_name_is_free(api: Api) -> None:
    domain = api.domain()
    api.patch(f"/domains/{domain['id']}", {"name": "renamed.example"})
    assert {rule["owner"] for rule in api.get(f"/domains/{domain['id']}/wblist")} == {"renamed.example"}
    assert api.get(f"/domains/{domain['id']}")["name"] == "renamed.example"
    create(api, name="nordwind.example")


def test_services_of_a_domain_are_switches_of_its_default_policy(api: Api) -> None:
    domain = api.domain("bodegadelsol.example")
    assert domain["quarantine"] is False
    api.patch(f"/domains/{domain['id']}", {"quarantine": True})
    changed = api.domain("bodegadelsol.example")
    assert changed["quarantine"] is True
    assert changed["policy"]["quarantineProps"]["duration"] == 31
    api.patch(f"/domains/{domain['id']}", {"quarantine": False})
    assert api.domain("bodegadelsol.example")["policy"]["quarantineProps"] is None


def test_the_limit_of_domains_stops_the_sysadmin_too(api: Api) -> None:
    api.upstream.profile["domain_limit"] = 12
    create(api, 403)
    api.upstream.profile["domain_limit"] = 13
    create(api)


# Deletion


def test_a_deleted_domain_stays_listed_with_its_dates_and_its_users(api: Api) -> None:
    domain = api.domain()
    api.delete(f"/domains/{domain['id']}")
    gone = api.get(f"/domains/{domain['id']}")
    assert gone["status"] == "DELETED"
    assert gone["purgeDate"] - gone["deletionDate"] == 30 * times.DAY
    assert domain["name"] in [row["name"] for row in api.get("/domains", params={"status": "DELETED"})]
    user = api.user()
    assert (user["status"], user["domainStatus"]) == ("ENABLED", "DELETED")
    api.delete(f"/domains/{domain['id']}", 422)


def test_enabling_a_deleted_domain_brings_it_back(api: Api) -> None:
    domain = api.domain()
    api.delete(f"/domains/{domain['id']}")
    api.patch(f"/domains/{domain['id']}", {"description": "x"}, 422)
    api.patch(f"/domains/{domain['id']}", {"status": "DISABLED"}, 422)
    api.patch(f"/domains/{domain['id']}", {"status": "ENABLED"})
    assert api.domain() == domain
    api.upstream.profile["purge_days"] = 0
    assert api.domain() == domain


def test_after_the_delay_a_domain_is_gone_with_everything_below_it(api: Api) -> None:
    domain, user = api.domain(), api.user()
    group = api.get(f"/domains/{domain['id']}/groups")[0]
    api.upstream.profile["purge_days"] = 0
    api.delete(f"/domains/{domain['id']}")
    api.get(f"/domains/{domain['id']}", 404)
    api.get(f"/users/{user['id']}", 404)
    api.get(f"/policies/{domain['policy']['id']}", 404)
    api.delete(f"/groups/{group['id']}", 404)
    api.get(f"/users/{user['email']}/emails/folders", 404)
    authorities = [one for row in api.get("/security/admins") for one in row["authorities"]]
    assert domain["name"] not in [one["objectName"] for one in authorities]
    for kind in ("aliases", "policies", "platforms", "users", "groups", "attachment_filters", "uri_filters"):
        assert api.records.owned(kind, domain["id"]) == []
    for owner in (f"domain:{domain['id']}", f"user:{user['id']}"):
        assert api.records.owned("rules", owner) == []
    assert api.records.owned("messages", f"{user['id']}/INBOX") == []
    for table, key in (("names", "nordwind.test"), ("emails", user["email"]), ("dkim", domain["id"])):
        assert key not in api.records.table(table)
    create(api, name=domain["name"])


def test_the_mx_rule_is_off_by_default_and_a_header_skips_it(api: Api) -> None:
    pointing, elsewhere = api.domain("solskin.example")["id"], api.domain("nordwind.example")["id"]
    api.patch(f"/domains/{elsewhere}", {"description": "x"})
    api.upstream.profile["mx_check"] = True
    api.patch(f"/domains/{elsewhere}", {"description": "y"}, 422)
    api.patch(f"/domains/{elsewhere}", {"description": "y"}, headers={"X-Ignore-MX": "whatever"})
    api.patch(f"/domains/{pointing}", {"description": "y"})
    api.delete(f"/domains/{pointing}", 422)
    api.delete(f"/domains/{pointing}", headers={"X-Ignore-MX": "true"})
    api.delete(f"/domains/{elsewhere}")


# Platforms


def platforms_of(api: Api, name: str) -> list[dict[str, Any]]:
    return api.domain(name)["platforms"]


def test_platforms_are_written_as_a_whole_list(api: Api) -> None:
    domain = api.domain("solskin.example")
    old = domain["platforms"][0]
    second = {**ROUTE, "name": "Second", "default": False}
    api.patch(f"/domains/{domain['id']}", {"platforms": [{**old, "transportPort": 2525}, second]})
    changed = platforms_of(api, "solskin.example")
    assert changed[0] == {**old, "transportPort": 2525}
    assert changed[1]["name"] == "Second"
    assert changed[1]["id"] != old["id"]
    api.patch(f"/domains/{domain['id']}", {"platforms": [{**changed[1], "default": True}]})
    assert [row["name"] for row in platforms_of(api, "solskin.example")] == ["Second"]
    api.patch(f"/domains/{domain['id']}", {"platforms": []})
    assert platforms_of(api, "solskin.example") == []


def test_secrets_are_never_shown_and_kept_when_they_are_left_out(api: Api) -> None:
    domain = api.domain("nordwind-energie.example")
    platform = domain["platforms"][0]
    assert (platform["authType"], platform["apiType"]) == ("entra", "O365")
    assert (platform["authData"], platform["apiData"]) == (None, None)
    stored = api.records.find("platforms", platform["id"])
    api.patch(f"/domains/{domain['id']}", {"platforms": [{**platform, "transportPort": 26}]})
    kept = api.records.find("platforms", platform["id"])
    assert kept == {**stored, "transportPort": 26}
    new = {**platform, "apiData": {"clientSecret": "new"}}
    api.patch(f"/domains/{domain['id']}", {"platforms": [new]})
    assert api.records.find("platforms", platform["id"])["apiData"] == {"clientSecret": "new"}
    assert platforms_of(api, "nordwind-energie.example")[0]["apiData"] is None


@pytest.mark.parametrize(
    "wishes",
    [
        [{**ROUTE, "default": False}],
        [{name: value for name, value in ROUTE.items() if name != "default"}],
        [ROUTE, {**ROUTE, "name": "Other"}],
        [{**ROUTE, "id": "zzzzz"}],
    ],
)
def test_one_default_and_own_ids_or_422(api: Api, wishes: list[dict[str, Any]]) -> None:
    domain = api.domain("solskin.example")
    api.patch(f"/domains/{domain['id']}", {"platforms": wishes}, 422)
    assert api.domain("solskin.example") == domain
    create(api, 422, platforms=wishes)
    assert api.get("/domains", params={"name": "new.example"}) == []


def test_a_platform_that_mailboxes_use_cannot_be_removed(api: Api) -> None:
    domain = api.domain()
    api.patch(f"/domains/{domain['id']}", {"platforms": domain["platforms"][:1]}, 422)
    assert len(platforms_of(api, "nordwind.example")) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"transportPort": 0},
        {"transportPort": "25"},
        {"transportDest": "no host"},
        {"transportType": "smtp"},
        {"authType": "LOCAL"},
    ],
)
def test_a_platform_of_the_wrong_form_is_400(api: Api, change: dict[str, Any]) -> None:
    create(api, 400, platforms=[{**ROUTE, **change}])


def test_an_empty_text_for_secrets_is_none(api: Api) -> None:
    made = create(api, platforms=[{**ROUTE, "authData": "", "authType": "local"}])
    assert made["platforms"][0]["authData"] is None
    assert api.records.find("platforms", made["platforms"][0]["id"])["authData"] is None


# Aliases


def test_aliases_are_names_that_nobody_else_has(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}/aliases"
    api.post(path, ["nordwind.example"], 409)
    api.post(path, ["fresh.example", "bodega-del-sol.example"], 409)
    api.post(path, ["fresh.example", "fresh.example"], 409)
    api.post(path, ["no name"], 400)
    api.post(path, {"name": "fresh.example"}, 400)
    assert "fresh.example" not in [alias["name"] for alias in api.get(path)]
    api.post(path, ["Fresh.Example"])
    create(api, 409, name="fresh.example")


def test_replacing_aliases_keeps_the_ids_of_those_that_stay(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}/aliases"
    before = {alias["name"]: alias["id"] for alias in api.get(path)}
    assert api.put(path, ["nordwind.test", "fresh.example"], 204) is None
    after = {alias["name"]: alias["id"] for alias in api.get(path)}
    assert set(after) == {"nordwind.test", "fresh.example"}
    assert after["nordwind.test"] == before["nordwind.test"]
    create(api, name="nordwind-group.example")
    other = api.domain("solskin.example")["id"]
    api.delete(f"/domains/{other}/aliases/{after['nordwind.test']}", 404)


# Policies


def policy(api: Api, name: str) -> dict[str, Any]:
    return next(row for row in api.get(f"/domains/{api.domain()['id']}/policies") if row["name"] == name)


def test_a_policy_is_changed_deeply_and_partly(api: Api) -> None:
    before = policy(api, "Management")
    path = f"/policies/{before['id']}"
    api.patch(path, {"relayProps": {"relaySpam": True}, "quarantineProps": {"duration": 10}})
    after = api.get(path)
    assert after["relayProps"] == {**before["relayProps"], "relaySpam": True}
    assert after["quarantineProps"] == {**before["quarantineProps"], "duration": 10}
    api.patch(path, {"archive": True, "retention": False})
    assert api.get(path)["archiveProps"]["duration"] == 48
    assert api.get(path)["retentionProps"] is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "SALES"}, 422),
        ({"domainId": "zzzzz"}, 422),
        ({"spamScore": "high"}, 400),
        ({"quarantineProps": {"duration": 0}}, 400),
        ({"name": " "}, 400),
    ],
)
def test_changes_of_a_policy_that_cannot_be(api: Api, change: dict[str, Any], status: int) -> None:
    api.patch(f"/policies/{policy(api, 'Management')['id']}", change, status)


def test_a_policy_in_use_is_400_and_a_free_one_goes(api: Api) -> None:
    for name in ("Politique-nordwind.example", "Management"):
        api.delete(f"/policies/{policy(api, name)['id']}", 400)
    spare = policy(api, "Sales")
    api.delete(f"/policies/{spare['id']}")
    api.get(f"/policies/{spare['id']}", 404)


def test_names_of_policies_are_unique_in_a_domain(api: Api) -> None:
    wish = {"name": "sales", "quarantine": False, "retention": False, "incoming": True}
    api.post(f"/domains/{api.domain()['id']}/policies", wish, 409)
    made = api.post(f"/domains/{api.domain('solskin.example')['id']}/policies", wish)
    assert made["relayProps"]["relayAdvert"] is True
