"""Platforms, the routes of a domain: they ride in the domain's body as a whole list (Cleanmail notes, 9 and 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.sandbox.cleanmail import fields
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import unmet
from app.sandbox.cleanmail.records import Records, Row

_TRANSPORTS = fields.one_of("SMTP", "SMTPS_ENCRYPT", "SMTPS_MAY")
_PORT = fields.whole(1, 65535)

AUTH_SETTINGS: fields.Model = {
    "host": optional(fields.text),
    "port": optional(_PORT),
    "bind_user": optional(fields.text),
    "bind_password": optional(fields.text),
    "use_ssl": optional(fields.flag),
    "base_dn": optional(fields.text),
    "mail_attribute": optional(fields.text),
    "cert_pem": optional(fields.text),
    "username_format": optional(fields.text),
    "issuerUri": optional(fields.text),
    "clientId": optional(fields.text),
    "clientSecret": optional(fields.text),
    "nameAttr": optional(fields.text),
    "scope": optional(fields.text),
    "tenantId": optional(fields.text),
}

API_SETTINGS: fields.Model = {
    "host": optional(fields.text),
    "login": optional(fields.text),
    "password": optional(fields.text),
    "testAccount": optional(fields.text),
    "port": optional(_PORT),
    "useSsl": optional(fields.flag),
    "clientId": optional(fields.text),
    "tenantId": optional(fields.text),
    "clientSecret": optional(fields.text),
}


def auth_settings(value: Any, name: str) -> dict[str, Any] | None:
    """Sign-in settings; the manual's own example sends an empty text for none."""
    return None if value == "" else fields.read(AUTH_SETTINGS, value, name)


def api_settings(value: Any, name: str) -> dict[str, Any] | None:
    """Remediation settings."""
    return None if value == "" else fields.read(API_SETTINGS, value, name)


auth_type = fields.one_of("local", "imap", "ldap", "oidc", "entra")
api_type = fields.one_of("IMAP", "EXCHANGE", "O365")

PLATFORM: fields.Model = {
    "id": optional(fields.text),
    "name": required(fields.filled),
    "transportDest": required(fields.host),
    "transportType": required(_TRANSPORTS),
    "transportPort": required(_PORT),
    "fallbackTransportDest": optional(fields.host),
    "fallbackTransportType": optional(_TRANSPORTS),
    "fallbackTransportPort": optional(_PORT),
    "apiType": optional(api_type),
    "apiData": optional(api_settings),
    "authType": optional(auth_type),
    "authData": optional(auth_settings),
    "default": optional(fields.flag),
}

SECRETS = ("authData", "apiData")

_BLANK: Row = {**dict.fromkeys(PLATFORM), "authType": "local", "default": False}
del _BLANK["id"]


def view(row: Row) -> Row:
    """Return a platform as the API shows it: its secrets never."""
    shown = {name: row[name] for name in PLATFORM}
    return {**shown, **dict.fromkeys(SECRETS)}


def make(records: Records, domain_id: str, given: Row) -> Row:
    """Add a platform to a domain; what is not given is empty, the sign-in is local."""
    return records.add("platforms", {**_BLANK, **given}, domain_id)


def route(name: str, hosts: Sequence[str], port: int) -> Row:
    """Return a default platform that delivers to these hosts: the first, and the second as its fallback."""
    row: Row = {"name": name, "transportDest": hosts[0], "transportType": "SMTP", "transportPort": port}
    if len(hosts) > 1:
        row |= {f"fallback{key[0].upper()}{key[1:]}": row[key] for key in ("transportType", "transportPort")}
        row["fallbackTransportDest"] = hosts[1]
    return {**row, "default": True}


def default_of(records: Records, domain_id: str) -> Row | None:
    """Return the platform that serves recipients without one of their own; the first of several."""
    return next((row for row in records.owned("platforms", domain_id) if row["default"]), None)


def check(wishes: list[Row], known: list[Row]) -> None:
    """Raise 422 unless a list to be written has one default and only ids of the domain's own platforms."""
    if wishes and sum(wish.get("default", False) for wish in wishes) != 1:
        raise unmet("Exactly one platform must be the default one.")
    ids = [wish["id"] for wish in wishes if "id" in wish]
    strangers = set(ids) - {row["id"] for row in known}
    if strangers:
        raise unmet(f"Platform {sorted(strangers)[0]} does not belong to the domain.")
    if len(set(ids)) != len(ids):
        raise unmet("A platform is named twice.")


def replace(records: Records, domain_id: str, wishes: list[Row]) -> None:
    """Make the list the domain's platforms: known ids change, others are new, what is left out goes. Raises 422.

    Secrets that are absent on a known id are kept.
    """
    known = {row["id"]: row for row in records.owned("platforms", domain_id)}
    check(wishes, list(known.values()))
    kept = {wish["id"] for wish in wishes if "id" in wish}
    gone = [row for row_id, row in known.items() if row_id not in kept]
    used = {user["platformId"] for user in records.owned("users", domain_id)}
    for row in gone:
        if row["id"] in used:
            raise unmet(f"Platform {row['name']} is assigned to accounts.")
    for row in gone:
        records.remove("platforms", row)
        records.table("health").pop(f"platform:{row['id']}", None)
    for wish in wishes:
        _write(records, domain_id, wish, known.get(wish.get("id", "")))


def _write(records: Records, domain_id: str, wish: Row, before: Row | None) -> None:
    if before is None:
        make(records, domain_id, wish)
        return
    secrets = {name: before[name] for name in SECRETS if wish.get(name) is None}
    records.put("platforms", {**_BLANK, **wish, **secrets, "of": domain_id})
