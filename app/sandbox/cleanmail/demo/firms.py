"""The demo company's domains as this service has them, with everything below a domain."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from app.sandbox import company
from app.sandbox.cleanmail import aliases, dkim, domains, filters, groups, platforms, policies, senders, users
from app.sandbox.cleanmail.demo import messages
from app.sandbox.cleanmail.demo.accounts import CUSTOMERS
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.times import DAY

_ALL = ("quarantine", "retention", "archive")
_NORDWIND, _COTE, _SOL, _NORDLYS = CUSTOMERS


@dataclass(frozen=True)
class Plan:
    """How one domain of the demo differs from a plain one."""

    customer: str
    services: tuple[str, ...] = ("quarantine",)
    status: str = "ENABLED"
    platform: Row = field(default_factory=dict)
    settings: Row = field(default_factory=dict)
    dkim: str = "published"
    """``published``: our key is what the DNS has; ``other``: it is another one; ``none``: no key."""


_ENTRA: Row = {
    "name": "Office tenant",
    "transportType": "SMTPS_MAY",
    "authType": "entra",
    "authData": {"tenantId": "11111111-2222-3333-4444-555555555555"},
    "apiType": "O365",
    "apiData": {
        "tenantId": "11111111-2222-3333-4444-555555555555",
        "clientId": "demo",
        "clientSecret": "demo-secret",
    },
}
_LDAP: Row = {
    "authType": "ldap",
    "authData": {
        "host": "ldap.hotelduphare.example",
        "port": 636,
        "bind_user": "cn=mail",
        "bind_password": "demo-secret",
        "use_ssl": True,
        "base_dn": "dc=hotelduphare",
        "mail_attribute": "mail",
    },
}

PLANS: dict[str, Plan] = {
    "nordwind.example": Plan(
        _NORDWIND, _ALL, settings={"externalId": "NW-001", "outgoingSubnets": ["192.0.2.0/28"]}
    ),
    "nordwind-immobilien.example": Plan(_NORDWIND, ("quarantine", "retention")),
    "nordwind-energie.example": Plan(_NORDWIND, _ALL, platform=_ENTRA, settings={"externalId": "NW-014"}),
    "atelier-lumiere.example": Plan(_COTE, settings={"description": "Vitrail et restauration"}),
    "hotelduphare.example": Plan(_COTE, ("quarantine", "archive"), platform=_LDAP),
    "librairie.example.org": Plan(_COTE, platform={"transportType": "SMTPS_ENCRYPT"}),
    "bodegadelsol.example": Plan(_SOL, (), dkim="other"),
    "talleribanez.example": Plan(_SOL, status="DISABLED"),
    "solskin.example": Plan(_NORDLYS, _ALL, settings={"wblistPriority": "DOMAIN"}),
    "lofotenfisk.example": Plan(_NORDLYS, settings={"autoProvisioningOn": True}, dkim="none"),
    "nordwind-nl.example.net": Plan(_NORDWIND, status="PENDING", settings={"senderVerifyOn": False}),
}

DELETED = company.Firm("Altstadtkontor", "altstadtkontor.example", "Lübeck", "DE", "de", (), ("mail.hosting.example",), ())  # fmt: skip
"""A domain that was deleted six days ago and waits to be purged. The DNS does not know it any more."""

OTHER_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyyQ8O6vizHPx7Zc3gS5c4GosTBPI6Y6Q1QHLJtlzcAnrwWg/vFm/"
    "kl3BVs1NB/9h7OV0eeUHDXq1UTwrgKnXCiS0ma0rrtGooyvhg3mlIgxNWC0VVWM2qRd7caAMDGF8lPvq5fhUsxw6WB9qxyaD"
    "5BoQZ0NhvekFszNsQCl4PbIhBSfbLMtmCBotUkpt+7JE7a8sGxIRdHk0PscYhgwHrtcYc+QvzHLNigMTlNaqHuSTnwj1RbmD"
    "jyFm9hIC6tV2vbLUCkhOJERRtqPi4nHSrhrCYw+1AigbgQMA12Fs0EKBLkPKy5YLZW2VTMGykbwXQcJ9TWHRmJLl1IXr5AUV"
    "rQIDAQAB"
)
"""A public key that is not the published one."""


def add_company(records: Records, smtp_port: int, now: int) -> list[Row]:
    """Add the company's domains and return them, in the order of the company's list."""
    made = []
    for number, firm in enumerate(company.firms_of("cleanmail")):
        row = _add_domain(records, smtp_port, now - (400 - 17 * number) * DAY, firm, PLANS[firm.domain])
        _add_rules(records, row, now, number)
        made.append(row)
    gone = _add_domain(records, smtp_port, now - 800 * DAY, DELETED, Plan(_NORDWIND, dkim="none"))
    domains.mark_deleted(records, gone, now - 6 * DAY, 30)
    _refine_main_domain(records, made[0], smtp_port)
    for row in made[:8]:
        for user in records.owned("users", row["id"])[:2]:
            messages.fill(records, user, now)
    return made


def _customer(records: Records, name: str) -> str:
    return next(str(row["id"]) for row in records.every("customers") if row["name"] == name)


def dns_of(domain: str, upstreams: tuple[str, ...]) -> Row:
    """Return what the demo's DNS holds for a domain, as this service's tests see it."""
    gap = company.DNS_GAPS.get(domain, "")
    filtered_here = next((slug for slug in upstreams if slug in company.FILTER_HOSTS), "") == "cleanmail"
    mx = (
        "missing"
        if gap == "mx-missing"
        else "invalid"
        if gap.startswith("mx-") or not filtered_here
        else "ok"
    )
    return {"mx": mx, "dkim": company.DKIM_PUBLIC_KEY if filtered_here else None}


def _add_domain(records: Records, smtp_port: int, created: int, firm: company.Firm, plan: Plan) -> Row:
    start = {
        "name": firm.domain,
        "customerId": _customer(records, plan.customer),
        "status": plan.status,
        "defaultLanguage": firm.language.upper(),
        "creationDate": created,
        "dns": dns_of(firm.domain, firm.upstreams),
        **plan.settings,
    }
    row = domains.make(records, start, {service: service in plan.services for service in _ALL})
    for name in firm.aliases:
        aliases.make(records, row["id"], name)
    platforms.make(records, row["id"], platforms.route("Main", firm.routes, smtp_port) | plan.platform)
    if plan.dkim != "none":
        key = company.DKIM_PUBLIC_KEY if plan.dkim == "published" else OTHER_KEY
        dkim.make(records, row["id"], company.DKIM_SELECTORS["cleanmail"], key, "")
    _add_people(records, row, firm)
    return row


def _add_people(records: Records, row: Row, firm: company.Firm) -> None:
    """Add the firm's people; the third has a second factor, the fourth is switched off."""
    for number, (person, address) in enumerate(zip(firm.people, firm.addresses, strict=True)):
        users.make(
            records,
            {
                "email": address,
                "firstname": person.first,
                "lastname": person.last,
                "language": person.language.upper(),
                "status": "DISABLED" if number == 3 else "ENABLED",
                "mfaType": "TOTP" if number == 2 else None,
                "sign": _sign(person, firm) if number == 0 else None,
                "creationDate": row["creationDate"] + number * DAY,
                "lastConnectionDate": row["creationDate"] + 90 * DAY if number < 2 else None,
            },
            row,
        )
    group = groups.make(records, row["id"], f"info@{firm.domain}", list(firm.addresses[:2]))
    outside = [group["email"], f"bookkeeping@{company.FIRMS[0].domain}", "tax.office@adviser.example.com"]
    groups.make(records, row["id"], f"invoices@{firm.domain}", outside)


def _sign(person: company.Person, firm: company.Firm) -> str:
    """A signature as people paste it together: with a remote image, and a script that nobody may run."""
    html = (
        f"<p>{person.first} {person.last}<br>{firm.name}, {firm.city}</p>"
        f'<img src="https://www.{firm.domain}/logo.png" alt="{firm.name}">'
        "<script>document.title = 'taken over'</script>"
    )
    return base64.b64encode(html.encode()).decode("ascii")


def _add_rules(records: Records, row: Row, now: int, number: int) -> None:
    owner = senders.owner_of_domain(row)
    created = row["creationDate"] + 30 * DAY
    rules: list[Row] = [
        {"value": "newsletter.example.net", "type": "BLOCK", "description": "asked twice to be taken off"},
        {"value": "orders@supplier.example.com", "type": "ALLOW", "spfOn": True},
        {"value": "tax-office.example.org", "type": "ALLOW", "spfOn": False, "description": "has no SPF"},
        {"value": "prize.example.net", "type": "BLOCK", "expireAt": now + 20 * DAY},
        {"value": "fair@exhibition.example.com", "type": "ALLOW", "spfOn": True, "expireAt": now - 12 * DAY},
        {"value": "ceo@nordwind.example", "type": "PROTECTED", "description": "set by the operator"},
    ]
    chosen = rules[: 3 + number % 4]
    if not number:  # the main domain has every kind of rule, one that another makes idle, and one for a while
        idle = {
            "value": "offers@newsletter.example.net",
            "type": "BLOCK",
            "description": "before the domain was",
        }
        chosen = [*rules, idle]
    for rule in chosen:
        senders.make(records, owner, {"createdDate": created, **rule})
    user = records.owned("users", row["id"])[0]
    conflicting: Row = {
        "value": "newsletter.example.net",
        "type": "ALLOW",
        "spfOn": True,
        "createdDate": created,
    }
    senders.make(records, senders.owner_of_user(user), conflicting)
    _add_filters(records, row, created, number)


def _add_filters(records: Records, row: Row, created: int, number: int) -> None:
    attachments = (
        {"action": "DENY", "checkType": "FILENAME", "filter": r"\.(exe|js|scr)$", "description": "programs"},
        {"action": "DENY", "checkType": "ARCHIVE_FILENAME", "filter": r"\.(exe|js)$", "description": None},
        {"action": "ALLOW", "checkType": "CONTENTTYPE", "filter": "application/pdf", "description": None},
    )
    uris = (
        {"action": "BLACKLIST_URI_HOST", "filter": "win.prize.example.net", "description": "phishing"},
        {"action": "WHITELIST_URI_HOST", "filter": "intranet.nordwind.example", "description": None},
        {"action": "URIDNSBL_SKIP_DOMAIN", "filter": "shop.example.com", "description": "our own shop"},
    )
    for kind, wishes in ((filters.ATTACHMENTS, attachments), (filters.URIS, uris)):
        for wish in wishes[: number % 4]:
            filters.make(records, kind, row, {**wish, "createdDate": created})


def _refine_main_domain(records: Records, row: Row, smtp_port: int) -> None:
    """Give the main domain a second platform and two more policies, each with a mailbox that uses it."""
    branch = platforms.route("Warehouse", ("mail.hosting.example",), smtp_port) | {"default": False}
    platform = platforms.make(records, row["id"], branch)
    strict = {
        "name": "Management",
        "spamScore": 4.0,
        "quarantine": True,
        "retention": True,
        "incoming": True,
        "quarantineProps": {
            "duration": 60,
            "storeVirus": True,
            "storeAdvert": True,
            "storeBlacklisted": True,
        },
    }
    policy = policies.make(records, row["id"], strict)
    first = records.owned("users", row["id"])[0]
    records.table("options")[f"user:{first['id']}"] = {"REPORT_FREQUENCY": "never"}
    open_policy = {
        "name": "Sales",
        "spamScore": 7.5,
        "quarantine": False,
        "retention": False,
        "incoming": True,
    }
    policies.make(records, row["id"], {**open_policy, "relayProps": {"prefixSpam": "[SPAM]"}})
    people = records.owned("users", row["id"])
    records.put("users", {**people[0], "policyId": policy["id"], "sign": "PGI+Tm9yZHdpbmQgSG9sZGluZzwvYj4="})
    records.put("users", {**people[1], "platformId": platform["id"]})
    records.put("domains", {**row, "outgoingProvidersIds": list(records.table("providers"))[:1]})
