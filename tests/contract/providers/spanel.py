"""SPanel: domains of accounts, with routes of hosts alone; by an admin token, or by a client token for one account."""

from tests.contract.description import Description
from tests.contract.resources import Acts

_DOMAIN, _MAIN, _ADDRESS = "cafe-am-hafen.example", "hafencafe.example", "127.0.0.13"

DESCRIPTIONS = {
    "spanel": Description(
        domain=_DOMAIN,
        wrong={"admin_token": "wrong", "client_token": "wrong"},
        options={"account": "hafencafe"},
        admin="support@hosting.example",
        own_admin="admin@hosting.example",
        other_options={"path": "elsewhere"},
    ),
    "spanel-client-token": Description(
        domain=_DOMAIN,
        values={"admin_token": ""},
        wrong={"client_token": "wrong"},
        other_options={"path": "elsewhere"},
        sees_all=False,
    ),
}

_PASSWORD = "a-long-password"
_ACCOUNT = "hafencafe"
_LISTED = {"access": "listed", "pages": ["email/accounts", "email/forwarders"]}
_SIGN_IN = {"page": "", "ip": "192.0.2.10"}

RESOURCES = {
    "accounts": Acts(
        {
            "add": {
                "user": "fresh",
                "domain": "fresh.example",
                "password": _PASSWORD,
                "package": "starter",
                **_LISTED,
            },
            "edit": {"quota": 2048, "databases": 0},
            "set_package": {"package": "starter"},
            "privileges": _LISTED,
            "suspend": {"reason": "unpaid"},
            "unsuspend": {},
            "change_domain": {"domain": "fresh.example"},
            "contact": {"email": "anna@fresh.example"},
            "password": {"password": _PASSWORD},
            "ssh": {"status": "on"},
            "sign_in": {"page": "email/accounts", "ip": "192.0.2.10"},
            "remove": {},
        }
    ),
    "packages": Acts(
        {
            "add": {"name": "small", "quota": 500, "emails": 5, "access": "all"},
            "edit": {"quota": 4096, **_LISTED},
            "remove": {},
        }
    ),
    "web_site": Acts(
        {
            "edit": {"folder": "elsewhere"},
            "modsecurity": {"modsecurity": "disabled"},
            "certificate_request": {
                "country": "DE",
                "stateorprovince": "Hamburg",
                "city": "Hamburg",
                "organization": "Hafencafé",
                "email": f"anna@{_DOMAIN}",
            },
        },
        domain=_DOMAIN,
    ),
    "subdomains": Acts(
        {
            "add": {"name": "blog", "folder": "blog"},
            "edit": {"folder": "elsewhere"},
            "remove": {},
        },
        domain=_MAIN,
    ),
    "redirects": Acts(
        {
            "add": {"path": "/old", "destination": "https://example.org/", "type": "301"},
            "remove": {},
        },
        domain=_MAIN,
    ),
    "dns_records": Acts(
        {
            "add": {"name": "www2", "type": "CNAME", "value": "www.example.org"},
            "edit": {"value": "192.0.2.77", "ttl": 300},
            "remove": {},
        },
        domain=_MAIN,
        keys={"edit": f"www.{_MAIN} A {_ADDRESS}"},
    ),
    "databases": Acts({"add": {"name": "blog"}, "remove": {}}, parent=_ACCOUNT),
    "database_access": Acts(
        {"add": {"database": "shop", "username": "reader"}, "remove": {}},
        parent=_ACCOUNT,
    ),
    "database_users": Acts(
        {
            "add": {"name": "writer", "password": _PASSWORD},
            "password": {"password": _PASSWORD},
            "remove": {},
        },
        parent=_ACCOUNT,
        keys={"": f"{_ACCOUNT}_shop"},
    ),
    "ftp_accounts": Acts(
        {
            "add": {"name": "photos", "password": _PASSWORD, "folder": "photos"},
            "password": {"password": _PASSWORD},
            "remove": {},
        },
        parent=_ACCOUNT,
    ),
    "backups": Acts({"add": {}}, parent=_ACCOUNT),
    "cron_jobs": Acts(
        {
            "add": {
                "minute": "0",
                "hour": "3",
                "day": "*",
                "month": "*",
                "weekday": "1-5",
                "command": "backup",
            },
            "edit": {"minute": "*/5"},
            "remove": {},
        },
        parent=_ACCOUNT,
    ),
    "mailboxes": Acts(
        {
            "add": {"name": "new", "password": _PASSWORD, "quota": 500},
            "edit": {"quota": 4096},
            "password": {"password": _PASSWORD},
            "remove": {},
        },
        domain=_MAIN,
    ),
    "forwarders": Acts({"add": {"name": "sales", "to": "anna@example.org"}, "remove": {}}, domain=_MAIN),
    "autoresponders": Acts(
        {
            "add": {"name": "sales", "message": "Away.\nBack on Monday."},
            "edit": {"message": "Back."},
            "remove": {},
        },
        domain=_MAIN,
    ),
    "default_address": Acts({"edit": {"type": "forward", "email": "anna@example.org"}}, domain=_MAIN),
    "mail_filters": Acts(
        {
            "add": {"name": "pills", "field": "subject", "check": "contains", "value": "pills"},
            "remove": {},
        },
        domain=_MAIN,
    ),
    "spam_filter": Acts({"switch": {"status": "disable"}, "score": {"score": "3"}}, parent=_ACCOUNT),
    "subusers": Acts(
        {
            "add": {"name": "kaja", "password": _PASSWORD, **_LISTED},
            "edit": {"access": "all"},
            "password": {"password": _PASSWORD},
            "remove": {},
        },
        parent=_ACCOUNT,
    ),
    "admin_users": Acts(
        {
            "add": {"email": "new@hosting.example", "password": _PASSWORD, "access": "all"},
            "edit": {"access": "listed", "pages": ["server/status"]},
            "sign_in": _SIGN_IN,
        },
        keys={"edit": "support@hosting.example"},
    ),
    "privileges": Acts(),
}
