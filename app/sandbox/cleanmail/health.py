"""Health tests (Cleanmail REST API manual, 5.11). Nothing is looked up or connected to.

What a domain's DNS holds stands in its row, and how a mail host behaves in the demo company's list; a host that the
company does not have cannot be found.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox import company
from app.sandbox.cleanmail import fields, platforms, times
from app.sandbox.cleanmail.call import Call, answer, created
from app.sandbox.cleanmail.dkim import DEFAULT_SELECTOR
from app.sandbox.cleanmail.fields import optional, required
from app.sandbox.cleanmail.problems import denied, missing
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import READ, WRITE

RELAY: fields.Model = {
    "id": optional(fields.text),
    "transportDest": required(fields.host),
    "transportPort": required(fields.whole(1, 65535)),
    "fallbackTransportDest": optional(fields.host),
    "fallbackTransportPort": optional(fields.whole(1, 65535)),
    "authType": required(platforms.auth_type),
    "authData": optional(platforms.auth_settings),
    "apiType": optional(platforms.api_type),
    "apiData": optional(platforms.api_settings),
}

SKEW = 3600
"""Seconds by which ``performedAt`` is ahead in every example of the manual (Cleanmail notes, 5)."""

_HOSTS = {name: host for host in company.HOSTS for name in (host.name, host.address)}

_BROKEN: dict[str, str] = {
    "refusing": "Fail: Connection refused",
    "rejecting": "Fail: 550 5.1.1 Recipient address rejected",
}
"""Hosts that fail in any case."""

_BROKEN_TLS: dict[str, str] = {
    "expired": "certificate has expired",
    "wrong-name": "certificate is for another host",
    "no-starttls": "STARTTLS is not offered",
}
"""Hosts that fail where encryption is a must, and are only remarked on elsewhere."""

_REQUIRED_SETTING = {"imap": "host", "ldap": "host", "oidc": "issuerUri", "entra": "tenantId"}
_REQUIRED_API_SETTING = {"IMAP": "host", "EXCHANGE": "host", "O365": "tenantId"}


def _result(kind: str, result: str, *output: str) -> Row:
    return {"type": kind, "result": result, "output": list(output)}


def _record(entries: list[Row], *decisive: str) -> Row:
    """Return a record; its status follows the decisive tests alone, as in the manual's examples."""
    return {
        "status": all(entry["result"] == "OK" for entry in entries if entry["type"] in decisive),
        "entries": entries,
    }


def examine_domain(records: Records, domain: Row) -> Row:
    """Return the record of a domain's tests: MX, which decides, and DKIM."""
    return _record([_examine_mx(domain), _examine_dkim(records, domain)], "MX")


def _examine_mx(domain: Row) -> Row:
    lookup = f"Lookup for MX entry in DNS for {domain['name']}"
    match domain["dns"]["mx"]:
        case "ok":
            return _result("MX", "OK", "Passed")
        case "invalid":
            wanted = ", ".join(company.FILTER_HOSTS["cleanmail"])
            return _result("MX", "ERROR_MX_INVALID_ENTRY", lookup, f"Required: {wanted}", "Fail")
        case _:
            return _result("MX", "ERROR_MX_MISSING_ENTRY", lookup, "Fail: No MX entry found")


def _examine_dkim(records: Records, domain: Row) -> Row:
    name, published = domain["name"], domain["dns"]["dkim"]
    pair = records.table("dkim").get(domain["id"], {})
    lookup = f"Lookup for dkim entry in DNS for {name}"
    if published is None:
        selector = pair.get("selector", DEFAULT_SELECTOR)
        text = f'Fail: DKIM DNS entry not found for domain "{name}" and selector "{selector}"'
        return _result("DKIM", "ERROR_DKIM_MISSING_ENTRY", lookup, text)
    if published != pair.get("publicKey"):
        text = "Fail: DKIM key defined in DNS does not match with private part"
        return _result("DKIM", "ERROR_DKIM_INVALID_COUPLE", lookup, text)
    return _result("DKIM", "OK", "Passed")


def examine_relay(relay: Row) -> Row:
    """Return the record of a platform's tests: each host, sign-in, remediation."""
    encrypted = relay.get("transportType") == "SMTPS_ENCRYPT"
    entries = [_examine_host(relay["transportDest"], relay["transportPort"], encrypted=encrypted)]
    if relay.get("fallbackTransportDest"):
        encrypted = relay.get("fallbackTransportType") == "SMTPS_ENCRYPT"
        port = relay.get("fallbackTransportPort") or relay["transportPort"]
        entries.append(_examine_host(relay["fallbackTransportDest"], port, encrypted=encrypted))
    if relay.get("authType") in _REQUIRED_SETTING:
        entries.append(_examine_settings("AUTH", _REQUIRED_SETTING[relay["authType"]], relay.get("authData")))
    if relay.get("apiType"):
        entries.append(
            _examine_settings("API", _REQUIRED_API_SETTING[relay["apiType"]], relay.get("apiData"))
        )
    return _record(entries, "SMTP", "AUTH", "API")


def _examine_host(name: str, port: int, *, encrypted: bool) -> Row:
    output = [f"Connect to {name}:{port}"]
    host = _HOSTS.get(name)
    if host is None:
        return _result("SMTP", "ERROR", *output, "Fail: Host not found")
    if host.behaviour in _BROKEN:
        return _result("SMTP", "ERROR", *output, _BROKEN[host.behaviour])
    remark = _BROKEN_TLS.get(host.behaviour)
    if remark and encrypted:
        return _result("SMTP", "ERROR", *output, f"Fail: {remark}")
    return _result("SMTP", "OK", *output, *([f"Warning: {remark}"] if remark else []), "Passed")


def _examine_settings(kind: str, key: str, settings: Row | None) -> Row:
    if not (settings or {}).get(key):
        return _result(kind, "ERROR", f"Fail: '{key}' is missing in the settings")
    return _result(kind, "OK", "Passed")


def health_of(records: Records, key: str, created_at: int, record: Row) -> Row:
    """Return the stored result, or that of the test which ran when the object was made."""
    stored: Row | None = records.table("health").get(key)
    return stored or {"performedAt": created_at // 1000, "report": record}


def _perform(call: Call, key: str, record: Row) -> Row:
    skew = SKEW if call.profile["health_clock_skew"] else 0
    result = {"performedAt": times.now() // 1000 + skew, "report": record}
    call.records.table("health")[key] = result
    return result


def domain_health(records: Records, domain: Row) -> Row:
    """Return the result of a domain's last test."""
    return health_of(
        records, f"domain:{domain['id']}", domain["creationDate"], examine_domain(records, domain)
    )


def _platform_health(records: Records, platform: Row) -> Row:
    created_at = records.table("domains")[platform["of"]]["creationDate"]
    return health_of(records, f"platform:{platform['id']}", created_at, examine_relay(platform))


def _platform(call: Call, platform_id: str, permission: str) -> Row:
    row = call.records.find("platforms", platform_id)
    if row is None:
        raise missing("Platform does not exist.")
    call.domain_by_id(row["of"], permission)
    return row


def run_domain_diagnostic(call: Call) -> Response:
    """5.11.1: test a domain now."""
    domain = call.domain()
    return created(_perform(call, f"domain:{domain['id']}", examine_domain(call.records, domain)))


def get_domain_health(call: Call) -> Response:
    """5.11.3: the result of a domain's last test."""
    return answer(domain_health(call.records, call.domain()))


def run_diagnostic_on_existing_relay(call: Call) -> Response:
    """5.11.2: test a platform now. 201, as for a domain."""
    platform = _platform(call, call.args["platformId"], READ)
    return created(_perform(call, f"platform:{platform['id']}", examine_relay(platform)))


def get_diagnostic_of_existing_relay(call: Call) -> Response:
    """5.11.5: the result of a platform's last test."""
    return answer(_platform_health(call.records, _platform(call, call.args["platformId"], READ)))


def get_health_errors(call: Call) -> Response:
    """5.11.4: everything the caller may see of which a test has failed; without a total."""
    if call.caller.kind != "admin":
        raise denied()
    found: list[Any] = []
    for domain in call.records.every("domains"):
        if domain["status"] != "DELETED" and call.caller.may(READ, domain):
            found += _failures(call.records, domain)
    return answer(found)


def _failures(records: Records, domain: Row) -> list[Row]:
    tested = [(domain, "DOMAIN", domain_health(records, domain))]
    for platform in records.owned("platforms", domain["id"]):
        tested.append((platform, "PLATFORM", _platform_health(records, platform)))
    return [
        {"id": row["id"], "name": row["name"], "type": kind, "health": health}
        for row, kind, health in tested
        if any(entry["result"] != "OK" for entry in health["report"]["entries"])
    ]


def try_relay_configuration(call: Call) -> Response:
    """5.11.6: test settings without storing them. A known id lends the secrets that are not given; 404 for others."""
    if not call.caller.anywhere(WRITE):
        raise denied()
    given = call.body(RELAY)
    if "id" in given:
        stored = _platform(call, given["id"], WRITE)
        for name in platforms.SECRETS:
            given[name] = given.get(name) or stored[name]
    return answer(examine_relay(given))
