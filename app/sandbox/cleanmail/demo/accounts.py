"""The demo's customers, outgoing providers, options, administrators and tokens."""

from __future__ import annotations

from app.sandbox.cleanmail import admins, options, tokens
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.rights import GRANT, QUARANTINE, READ, WRITE, holder
from app.sandbox.cleanmail.times import DAY

TOKEN = "5d1f0a3c7be2496881c4e0d29ab6f371"  # demo value; the sandbox listens on loopback only
LIMITED_TOKEN = "a86e42d90c1b4f57b3720f9d5e6c18a4"
ACCOUNT = "operations@cleanmail.example"

CUSTOMERS = ("Nordwind Gruppe", "Maisons de la Côte", "Sol y Viento", "Nordlys")

_BROKER = "Kontor Mail Services"

_PROVIDERS = (
    ("Microsoft 365", "spf.protection.office.example", True),
    ("Workspace", "_spf.workspace.example", True),
    ("Newsletter house", "spf.newsletter.example", False),
)

LIMITED_PERMISSIONS = [READ, WRITE, QUARANTINE, GRANT]


def add_platform_data(records: Records, now: int) -> None:
    """Add what stands above domains: customers of one broker, outgoing providers, option definitions."""
    broker = records.new_id("brokers")
    for name in CUSTOMERS:
        row = {"id": None, "brokerId": broker, "name": name, "description": None, "externalId": None}
        records.add("customers", {**row, "description": f"by {_BROKER}", "createdAt": now - 900 * DAY})
    for name, spf, active in _PROVIDERS:
        records.add("providers", {"id": None, "name": name, "spfProvider": spf, "active": active})
    _define_options(records)


def _define_options(records: Records) -> None:
    options.define(
        records, "APP_URL", "HOST", "mail.cleanmail.example", "customer", "domain", restricted=True
    )
    options.define(records, "DOMAIN_ADMIN", "EMAIL", "support@cleanmail.example", "domain")
    options.define(records, "SUPPORT_URL", "URL", "https://help.cleanmail.example/", "customer", "domain")
    options.define(records, "BRAND_COLOR", "COLOR", "#1e6fbf", "customer", "domain")
    options.define(
        records,
        "REPORT_FREQUENCY",
        "LIST",
        "daily",
        "customer",
        "domain",
        "user",
        values=["never", "daily", "weekly"],
        description="How often a mailbox gets the list of its quarantine",
    )
    options.define(records, "REPORT_EMPTY", "BOOL", "0", "domain", "user")
    options.define(records, "TIME_ZONE", "TIMEZONE", "Europe/Paris", "customer", "domain", "user")
    options.define(records, "DISCLAIMER", "TEXT", None, "domain", group="sending")
    options.define(records, "SMTP_LOGIN", "CREDENTIALS", None, "domain", restricted=True, group="sending")
    options.define(records, "GREETING", "STRING", "Welcome", "domain", "user")
    values = records.table("options")
    first = next(iter(records.table("customers")))
    values[f"customer:{first}"] = {"BRAND_COLOR": "#0b3d5c", "TIME_ZONE": "Europe/Berlin"}


def add_admins(records: Records, now: int, domains: list[Row]) -> None:
    """Add administrators: the two of the demo's tokens, and some to look at.

    The limited one has every third of these domains, with GRANT but without the right to impersonate.
    """
    start = {"createdAt": now - 700 * DAY, "lastConnectionDate": now - DAY}
    chief = {"login": ACCOUNT, "displayName": "Operations", "email": ACCOUNT, "sysAdmin": True, "totp": True}
    _with_token(records, admins.make(records, {**start, **chief}), TOKEN, now)
    name = "helpdesk@nordwind.example"
    grants = [_grant(domain, LIMITED_PERMISSIONS) for domain in domains[::3][:200]]
    limited = {"login": name, "displayName": "Helpdesk Hamburg", "email": name, "language": "DE"}
    _with_token(records, admins.make(records, {**start, **limited, "grants": grants}), LIMITED_TOKEN, now)
    _add_others(records, start, domains)


def _add_others(records: Records, start: Row, domains: list[Row]) -> None:
    customer = next(iter(records.table("customers")))
    on_customer = {"type": "CUSTOMER", "id": customer, "permissions": [READ, WRITE]}
    people: list[Row] = [
        {
            "login": "audit",
            "displayName": "Audit",
            "grants": [_grant(domain, [READ]) for domain in domains[:1]],
        },
        {"login": "petersen", "displayName": "Anke Petersen", "language": "DE", "grants": [on_customer]},
        {
            "login": "former.colleague",
            "displayName": "Former colleague",
            "enabled": False,
            "grants": [_grant(domain, [READ, QUARANTINE]) for domain in domains[-1:]],
        },
        {
            "login": "moreau",
            "displayName": "Bastien Moreau",
            "language": "FR",
            "totp": True,
            "lastConnectionDate": None,
            "grants": [_grant(domain, [READ, QUARANTINE]) for domain in domains[:2]],
        },
    ]
    for person in people:
        email = f"{person['login']}@cleanmail.example"
        admins.make(records, {**start, "email": email, **person})


def _grant(domain: Row, permissions: list[str]) -> Row:
    return {"type": "DOMAIN", "id": domain["id"], "permissions": permissions}


def _with_token(records: Records, admin: Row, value: str, now: int) -> None:
    owner = holder("admin", admin["id"])
    given = {"name": "dashboard", "value": value, "createdAt": now - 90 * DAY}
    tokens.make(records, owner, given)
    expired = {"name": "old script", "createdAt": now - 600 * DAY, "expiration": now - 235 * DAY}
    tokens.make(records, owner, expired)
