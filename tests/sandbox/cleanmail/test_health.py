"""Health tests, relay tests and DKIM keys."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox import company
from tests.sandbox.cleanmail.conftest import Api

RELAY: dict[str, Any] = {
    "transportDest": "mail.nordwind.example",
    "transportPort": 25,
    "authType": "local",
    "apiType": None,
}


def results(health: dict[str, Any]) -> dict[str, str]:
    return {entry["type"]: entry["result"] for entry in health["report"]["entries"]}


@pytest.mark.parametrize(
    ("name", "mx", "dkim", "status"),
    [
        ("solskin.example", "OK", "OK", True),
        ("bodegadelsol.example", "OK", "ERROR_DKIM_INVALID_COUPLE", True),
        ("lofotenfisk.example", "ERROR_MX_MISSING_ENTRY", "ERROR_DKIM_INVALID_COUPLE", False),
        ("hotelduphare.example", "ERROR_MX_INVALID_ENTRY", "OK", False),
        ("nordwind.example", "ERROR_MX_INVALID_ENTRY", "ERROR_DKIM_MISSING_ENTRY", False),
    ],
)
def test_domains_fail_as_the_demos_dns_has_it_and_the_mx_decides(
    api: Api, name: str, mx: str, dkim: str, status: bool
) -> None:
    path = f"/domains/{api.domain(name)['id']}/health"
    health = api.get(path)
    assert results(health) == {"MX": mx, "DKIM": dkim}
    assert health["report"]["status"] is status
    assert api.post(path)["report"] == health["report"]


def test_a_test_is_dated_an_hour_ahead_unless_the_switch_is_off(api: Api) -> None:
    path = f"/domains/{api.domain()['id']}/health"
    made = api.post(path)
    assert 3500 < made["performedAt"] - time.time() < 3700
    assert api.get(path) == made
    api.upstream.profile["health_clock_skew"] = False
    assert abs(api.post(path)["performedAt"] - time.time()) < 100


def test_all_failures_are_listed_domains_and_platforms(api: Api) -> None:
    found = api.get("/health")
    failing = {(row["type"], row["name"]) for row in found}
    assert ("DOMAIN", "nordwind.example") in failing
    assert ("DOMAIN", "bodegadelsol.example") in failing
    assert ("DOMAIN", "solskin.example") not in failing
    assert ("DOMAIN", "altstadtkontor.example") not in failing
    hosts = {row["health"]["report"]["entries"][0]["output"][0] for row in found if row["type"] == "PLATFORM"}
    port = api.domain()["platforms"][0]["transportPort"]
    assert hosts == {f"Connect to {company.MISSING_HOST}:{port}", f"Connect to mail.moved.example:{port}"}


def test_a_new_domain_fails_until_its_dns_is_there(api: Api) -> None:
    new = {"name": "n.example", "status": "ENABLED", "defaultLanguage": "EN"}
    made = api.post("/domains", {**new, **dict.fromkeys(("quarantine", "retention", "archive"), False)})
    assert results(api.get(f"/domains/{made['id']}/health")) == {
        "MX": "ERROR_MX_MISSING_ENTRY",
        "DKIM": "ERROR_DKIM_MISSING_ENTRY",
    }


@pytest.mark.parametrize(
    ("host", "result"),
    [
        ("mail.nordwind.example", "OK"),
        ("127.0.0.11", "OK"),
        ("mail.slowpost.example", "OK"),
        ("mail.oldcert.example", "OK"),
        ("mail.plain.example", "OK"),
        ("mail.relay.example", "OK"),
        ("mail.closed.example", "ERROR"),
        ("mail.strict.example", "ERROR"),
        (company.MISSING_HOST, "ERROR"),
        ("1.2.3.4", "ERROR"),
    ],
)
def test_a_relay_is_judged_by_its_host(api: Api, host: str, result: str) -> None:
    record = api.post("/health/try-relay", {**RELAY, "transportDest": host}, 200)
    assert record["status"] is (result == "OK")
    assert [(entry["type"], entry["result"]) for entry in record["entries"]] == [("SMTP", result)]
    with_fallback = {**RELAY, "fallbackTransportDest": host, "fallbackTransportPort": 26}
    again = api.post("/health/try-relay", with_fallback, 200)
    assert [entry["result"] for entry in again["entries"]] == ["OK", result]
    assert f"{host}:26" in again["entries"][1]["output"][0]


def test_a_known_relay_lends_its_secrets_and_an_unknown_one_is_404(api: Api) -> None:
    platform = api.domain("nordwind-energie.example")["platforms"][0]
    wish = {**RELAY, "authType": "entra", "apiType": "O365"}
    without = api.post("/health/try-relay", wish, 200)
    assert [entry["result"] for entry in without["entries"]] == ["OK", "ERROR", "ERROR"]
    stored = api.post("/health/try-relay", {**wish, "id": platform["id"]}, 200)
    assert [entry["result"] for entry in stored["entries"]] == ["OK", "OK", "OK"]
    given = {**wish, "authData": {"tenantId": "x"}, "apiData": {"tenantId": "x"}}
    assert api.post("/health/try-relay", given, 200)["status"] is True
    api.post("/health/try-relay", {**wish, "id": "zzzzz"}, 404)
    assert api.domain("nordwind-energie.example")["platforms"][0] == platform


@pytest.mark.parametrize("field", ["transportDest", "transportPort", "authType"])
def test_a_relay_to_try_needs_host_port_and_kind_of_sign_in(api: Api, field: str) -> None:
    api.post("/health/try-relay", {name: value for name, value in RELAY.items() if name != field}, 400)


def test_where_encryption_is_a_must_a_bad_certificate_fails(api: Api) -> None:
    platform = api.domain("librairie.example.org")["platforms"][0]
    path = f"/platforms/{platform['id']}/health"
    assert results(api.get(path)) == {"SMTP": "ERROR"}
    changed = {**platform, "transportType": "SMTPS_MAY"}
    api.patch(f"/domains/{api.domain('librairie.example.org')['id']}", {"platforms": [changed]})
    assert results(api.post(path)) == {"SMTP": "OK"}
    assert results(api.get(path)) == {"SMTP": "OK"}


# DKIM


def dkim(api: Api, name: str = "nordwind.example") -> str:
    return f"/domains/{api.domain(name)['id']}/dkim"


def test_there_is_one_record_for_each_name_of_the_domain(api: Api) -> None:
    found = api.get(dkim(api))
    names = ["nordwind.example", "nordwind-group.example", "nordwind.test"]
    wanted = [f"protect._domainkey.{name} TXT v=DKIM1; p={company.DKIM_PUBLIC_KEY}" for name in names]
    assert found == wanted


def test_keys_are_made_replaced_and_deleted(api: Api) -> None:
    path = dkim(api, "lofotenfisk.example")
    api.get(path, 404)
    made = api.post(path)
    assert made[0].startswith("protect._domainkey.lofotenfisk.example TXT v=DKIM1; p=MII")
    api.post(path, None, 400)
    replaced = api.put(path, {"selector": "s1"})
    assert replaced != made
    assert replaced[0].startswith("s1._domainkey.")
    assert api.get(path) == replaced
    api.delete(path)
    api.delete(path)
    api.get(path, 404)


def test_a_given_key_must_be_a_pair(api: Api) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    records = api.put(dkim(api), {"privateKey": private, "publicKey": public})
    assert "".join(public.splitlines()[1:-1]) in records[0]
    assert api.put(dkim(api), {"privateKey": private}) == records
    for wrong in (
        {"publicKey": public},
        {"privateKey": "nonsense"},
        {"privateKey": private, "publicKey": "MIIB"},
    ):
        api.put(dkim(api), wrong, 400)


def test_a_replaced_key_no_longer_matches_the_dns(api: Api) -> None:
    api.put(dkim(api, "solskin.example"))
    health = api.post(f"/domains/{api.domain('solskin.example')['id']}/health")
    assert results(health)["DKIM"] == "ERROR_DKIM_INVALID_COUPLE"
