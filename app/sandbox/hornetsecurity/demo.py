"""The state that the sandbox starts with: a partner and its customers out of the demo company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from app.sandbox.company import FILTER_HOSTS, Firm, firms_of
from app.sandbox.hornetsecurity.account import DEFAULT_SETTINGS
from app.sandbox.hornetsecurity.branding import new_branding
from app.sandbox.hornetsecurity.compliance import new_rule
from app.sandbox.hornetsecurity.directory import ALIAS, CUSTOMER, PARTNER, PRIMARY, USER, mailbox_row
from app.sandbox.hornetsecurity.enums import (
    ALLOW,
    CP_ADMIN,
    DENY,
    INTERNAL_FORWARD,
    INTERNAL_USER,
    LDAP_USER,
    O365_POSTBOX,
    O365_SHARED,
)
from app.sandbox.hornetsecurity.environments import BY_HOST, HORNET_EMAIL, HORNET_EMAIL_HOST
from app.sandbox.hornetsecurity.lists import FLAGS, kind_of
from app.sandbox.hornetsecurity.quarantine_report import DEFAULTS as REPORT
from app.sandbox.hornetsecurity.site import Site, stamp
from app.sandbox.hornetsecurity.store import Row
from app.sandbox.seed import GeneratedDomain, generated

PARTNER_ID = 1_111_111
ADMIN_ID = 133_456

CREDENTIALS = {
    "username": "it@nordwind.example",
    "password": "hornet-demo-2026",
    "api_token": "5d0c7a41e9b3f26880c1d4e7a95b3f60c2d81e4a",
    "app_id": "7824315218",
    "account": str(PARTNER_ID),
    "limited_token": "a7f13c90d25e4b68f1a0c3975d2e86b4409c17fe",
}
"""Fixed demo credentials. ``limited_token`` is an API access token of the first customer's administrator."""

UNBOOKED = "archiv.nordwind.example"
"""A customer that archives its mail here but has not booked the spam filter."""

API_MODE = "lighthouse-legal.example"
"""A customer on M365, filtered through the API: synced mailboxes, action mode, deletion of delivered mail."""

NOT_ARCHIVED = "ostergaard.example"
"""A customer whose clean mail cannot be delivered again, because it is not archived."""

OWN_LOOK = "clinicasoler.example"
"""A customer with branding, support contact, formats and networks to sign in from of its own."""

_LDAP = "praxis-am-deich.example"
_MAILS_A_DAY = 335
_LOADED_CUSTOMERS = 40
_CREATED = "2024-03-01T09:00:00Z"


def fill(site: Site, smtp_port: int, domains: int | None) -> None:
    """Write the demo company, or that many generated customers, into the empty tables.

    Indexes are not built here.
    """
    builder = _Builder(site, smtp_port)
    builder.frame()
    if domains is None:
        for firm in firms_of("hornetsecurity"):
            builder.firm(firm)
        builder.customer(UNBOOKED, (), "", products=["archiving"])
        builder.extras()
    else:
        for each in generated(domains):
            builder.generated(each, with_mail=each.number <= _LOADED_CUSTOMERS)
    builder.traffic()


class _Builder:
    """Writes rows with ids in a fixed order."""

    def __init__(self, site: Site, smtp_port: int) -> None:
        self._site, self._port = site, smtp_port
        self._ids = {"customer": 2_222_221, "user": 3_000_000, "domain": 431, "mailbox": 6_213_000}
        self._customers: dict[str, Row] = {}
        self._sources: list[dict[str, Any]] = []

    def _next(self, kind: str) -> int:
        self._ids[kind] += 1
        return self._ids[kind]

    def _object(self, object_id: int, name: str, kind: str, parent: int | None, **values: Any) -> Row:
        row = {"id": object_id, "name": name, "type": kind, "parent": parent, **values}
        return self._site.directory.objects.put(row)

    def frame(self) -> None:
        """Write the partner, its administrator with role and token, and what belongs to the installation."""
        site = self._site
        settings = site.table("settings")
        settings["password"] = CREDENTIALS["password"]
        settings["mx_hosts"] = list(FILTER_HOSTS["hornetsecurity"])
        settings["relay_hosts"] = ["relay-eu01.hornet.example", "relay-fallback.hornet.example"]
        self._object(PARTNER_ID, "Nordwind IT", PARTNER, None, region="eu", created=_CREATED)
        admin = self._object(ADMIN_ID, CREDENTIALS["username"], USER, PARTNER_ID)
        self._mailbox(admin, None, CP_ADMIN, personal={"forename": "Katrin", "surname": "Voß"})
        site.roles.put({"id": 1, "user": ADMIN_ID, "target": PARTNER_ID, "role": "admin"})
        self._token(2, ADMIN_ID, "Gatehouse", CREDENTIALS["api_token"])
        site.table("user_settings")[str(PARTNER_ID)] = DEFAULT_SETTINGS
        site.table("support")[str(PARTNER_ID)] = {
            "id": 12_345,
            "telephone": "+49 40 555 0100",
            "email": "support@nordwind.example",
            "is_custom": True,
        }
        site.branding.put(
            {"id": 542, **new_branding(PARTNER_ID, "#15358B", "cp.nordwind.example", "Nordwind Mail")}
        )
        site.table("statistics_receivers")[str(PARTNER_ID)] = {
            "receivers": [CREDENTIALS["username"]],
            "frequency": "weekly",
        }
        self._first_entries(admin)

    def _first_entries(self, admin: Row) -> None:
        """Write a few old entries of the auditing log."""
        now = self._site.now()
        for number, (entity, action) in enumerate(
            (("login", "success"), ("domain", "created"), ("support", "updated"))
        ):
            self._site.auditing.put(
                {
                    "id": number + 1,
                    "date": stamp(now - timedelta(days=9 - 3 * number)),
                    "user": admin["name"],
                    "entity": entity,
                    "action": action,
                    "target": admin["name"],
                    "target_path": f"Nordwind IT/{admin['name']}",
                    "target_id": admin["id"],
                    "ip": "192.0.2.5",
                    "url": "https://cp.nordwind.example/api/v0/",
                    "old_values": None,
                    "new_values": '{"note": "seeded"}',
                    "status": None,
                    "product": "control_panel",
                }
            )

    def _token(self, token_id: int, user: int, name: str, value: str) -> None:
        self._site.access_tokens.put(
            {
                "id": token_id,
                "user": user,
                "name": name,
                "token": value,
                "creation_date": _CREATED,
                "expiration_date": None,
                "last_used": None,
            }
        )

    def customer(self, name: str, aliases: tuple[str, ...], route: str, **values: Any) -> Row:
        """Write a customer with its primary domain and its alias domains.

        ``route`` is where its mail goes.
        """
        row = self._object(
            self._next("customer"),
            name,
            CUSTOMER,
            PARTNER_ID,
            **{"region": "eu", "created": _CREATED, "products": ["spam", "atp"], "mode": "mx", **values},
        )
        self._customers[name] = row
        booked = "spam" in row["products"]
        self._domain(name, PRIMARY, row, verified=booked, route=route or None)
        for number, alias in enumerate(aliases):
            self._domain(alias, ALIAS, row, verified=number == 0, route=None)
        return row

    def _domain(self, name: str, kind: str, customer: Row, **values: Any) -> None:
        self._site.directory.domains.put(
            {"id": self._next("domain"), "domain": name, "type": kind, "customer": customer["id"], **values}
        )

    def _route(self, hosts: tuple[str, ...]) -> str:
        """Return a route as the panel writes it: hosts with port and, of several, with priority."""
        if len(hosts) == 1:
            return f"{hosts[0]}:{self._port}"
        return ";".join(f"{host}:{self._port}#{10 * number}" for number, host in enumerate(hosts, start=1))

    def _mailbox(self, user: Row, customer: Row | None, kind: int, **values: Any) -> Row:
        row = mailbox_row(user, customer["id"] if customer else None, kind, **values)
        return self._site.directory.mailboxes.put({"id": self._next("mailbox"), **row})

    def _user(self, customer: Row, address: str, kind: int, **values: Any) -> Row:
        user = self._object(self._next("user"), address, USER, customer["id"])
        return self._mailbox(user, customer, kind, **values)

    def firm(self, firm: Firm) -> None:
        """Write one firm of the demo company: domains, people, a shared address and a forward, a group."""
        customer = self.customer(
            firm.domain,
            firm.aliases,
            self._route(firm.routes),
            mode="api" if firm.domain == API_MODE else "mx",
            products=["spam", "atp"] if firm.domain == NOT_ARCHIVED else ["spam", "atp", "archiving"],
        )
        boxes = [self._user(customer, **person) for person in self._people(firm)]
        addresses = [box["name"] for box in boxes]
        shared = self._user(
            customer, f"info@{firm.domain}", O365_SHARED if customer["mode"] == "api" else INTERNAL_USER
        )
        self._user(customer, f"team@{firm.domain}", INTERNAL_FORWARD, forward=addresses[:2])
        self._site.groups.put(
            {
                "id": 432 + len(self._customers),
                "customer": customer["id"],
                "name": "Management",
                "description": f"Management of {firm.name}",
                "members": [box["id"] for box in boxes[:2]],
                "synced": customer["mode"] == "api",
            }
        )
        self._sources.append(
            {
                "customer": customer["id"],
                "owners": [*addresses, shared["name"]],
                "archiving": "archiving" in customer["products"],
            }
        )

    def _people(self, firm: Firm) -> Iterator[dict[str, Any]]:
        """Yield the mailboxes of a firm's people; the first has an alias address in every alias domain."""
        kinds = {API_MODE: O365_POSTBOX, _LDAP: LDAP_USER}
        for number, person in enumerate(firm.people):
            aliases = [f"{person.local_part}@{alias}" for alias in firm.aliases] if number == 0 else []
            if number == 1:
                aliases = [f"{person.local_part.partition('.')[0]}@{firm.domain}"]
            yield {
                "address": f"{person.local_part}@{firm.domain}",
                "kind": kinds.get(firm.domain, INTERNAL_USER),
                "aliases": aliases,
                "mfa_enabled": number == 2,
                "personal": {
                    "forename": person.first,
                    "surname": person.last,
                    "displayname": person.name,
                    "city": firm.city,
                    "department": person.title,
                },
            }

    def generated(self, domain: GeneratedDomain, with_mail: bool) -> None:
        """Write one customer of a load test; only the first of them have a mailbox and mail."""
        customer = self.customer(domain.name, domain.aliases, self._route(domain.routes))
        if with_mail:
            box = self._user(customer, f"post@{domain.name}", INTERNAL_USER)
            self._sources.append({"customer": customer["id"], "owners": [box["name"]], "archiving": False})

    def traffic(self) -> None:
        """Share the mails of a day out among the customers that have any."""
        for source in self._sources:
            per_day = _MAILS_A_DAY // len(self._sources)
            self._site.table("traffic")[str(source["customer"])] = {**source, "per_day": per_day}

    def extras(self) -> None:
        """Write what some customers of the demo have set up beyond the defaults."""
        first, second, *_ = self._customers.values()
        operator = self._user(first, f"postmaster@{first['name']}", CP_ADMIN)
        self._site.roles.put({"id": 2, "user": operator["object"], "target": first["id"], "role": "admin"})
        self._token(3, operator["object"], "Customer report", CREDENTIALS["limited_token"])
        self._site.contacts.put(
            {"id": 1, "target": first["id"], "user": operator["object"], "type": "send_email_to_admin"}
        )
        self._site.table("quarantine_report")[str(first["id"])] = REPORT
        self._site.table("atp_alerts")[str(first["id"])] = [operator["name"]]
        self._site.table("email_actions")[str(second["id"])] = [
            {"type": "spam", "send": True},
            {"type": "info", "send": True},
            {"type": "content", "send": False},
            {"type": "threat", "send": False},
            {"type": "advthreat", "send": False},
        ]
        self._lists(first)
        self._environments(first)
        self._rules(first)
        self._own_look(self._customers[OWN_LOOK])

    def _own_look(self, customer: Row) -> None:
        """Write a customer with everything of its own: branding, support, formats, rules to sign in, deputies, reports."""
        site, key = self._site, str(customer["id"])
        site.branding.put({"id": 543, **new_branding(customer["id"], "#2E7D6B", None, "Correo Soler")})
        site.table("support")[key] = {
            "id": 12_346,
            "telephone": "+34 91 555 0100",
            "email": f"soporte@{customer['name']}",
            "is_custom": True,
        }
        site.table("user_settings")[key] = {**DEFAULT_SETTINGS, "language": "es", "timezone": "Europe/Madrid"}
        site.ip_restrictions.put({"id": 1, "object": customer["id"], "ip": "198.51.100.0/24"})
        boxes = site.directory.mailboxes
        own = [row for row in boxes.all() if row["customer"] == customer["id"]]
        boxes.change(own[0], deputies=[own[1]["name"]], deputy_state=True)
        site.roles.put({"id": 3, "user": own[1]["object"], "target": customer["id"], "role": "support"})
        path = f"Nordwind IT/{customer['name']}"
        entry = {
            "entity": "whitelabeling",
            "action": "created",
            "target": customer["name"],
            "target_path": path,
        }
        last = site.auditing.get(3) or {}
        site.auditing.put({**last, "id": 4, **entry, "target_id": customer["id"]})
        site.table("quarantine_report")[str(own[0]["object"])] = {**REPORT, "times": [7]}
        site.table("password_length")[key] = 14
        site.table("statistics_receivers")[key] = {"receivers": [own[0]["name"]], "frequency": "monthly"}
        domain = next(row for row in site.directory.domains.all() if row["customer"] == customer["id"])
        exception = {"domain_id": domain["id"], "domain": domain["domain"], "spf_status": 0}
        unset = dict.fromkeys(("dkim_validation_status", "dkim_signature_status", "dmarc_status"))
        site.table("authentication_exceptions")[key] = {str(domain["id"]): {**exception, **unset}}

    def _lists(self, customer: Row) -> None:
        """Write entries of every kind: a customer's and a user's, allowed and denied."""
        user = self._site.directory.objects.get(3_000_001)
        owners = [customer] * 6 + [user or customer] * 2
        values = (
            (ALLOW, "orders@nordwind-supply.example", "Supplier, quarantined by mistake in spring"),
            (ALLOW, "brightline-audit.example", None),
            (ALLOW, "192.0.2.66", "Fjordfrakt's relay"),
            (ALLOW, "https://shop.nordwind-supply.example/catalogue", "Linked in every order"),
            (DENY, "seo-rank-first.example", None),
            (DENY, "invest@coin-rocket.example", "Reported twice"),
            (ALLOW, "newsletter@shop-and-save.example", None),
            (DENY, "203.0.113.90", None),
        )
        for number, ((kind, value, description), owner) in enumerate(zip(values, owners, strict=True)):
            self._site.lists.put(
                {
                    "id": 107_953_389 + number,
                    "type": kind,
                    "owner": owner["id"],
                    "value": value,
                    "description": description,
                    "entry_type": kind_of(value),
                    "flags": FLAGS,
                    "related_user": None,
                }
            )

    def _environments(self, customer: Row) -> None:
        rows = (
            ("Branch office", f"backup.nordwind.example:{self._port}", BY_HOST, None),
            ("Hosted mailboxes", HORNET_EMAIL_HOST, HORNET_EMAIL, 2048),
        )
        for number, (name, host, routing_type, size) in enumerate(rows):
            self._site.environments.put(
                {
                    "id": 98 + number,
                    "customer": customer["id"],
                    "name": name,
                    "ip_hostname": host,
                    "routing_type": routing_type,
                    "mailbox_size": size,
                }
            )

    def _rules(self, customer: Row) -> None:
        rules: tuple[dict[str, Any], ...] = (
            {
                "direction": 1,
                "action": 6,
                "criterion": 1,
                "info": "Macros from outside",
                "attachment_contains": ".xlsm",
                "priority": 10,
            },
            {
                "direction": 2,
                "action": 4,
                "criterion": 2,
                "info": "Copy of every contract",
                "subject_contains": "contract",
                "action_details": f"archive@{customer['name']}",
                "priority": 20,
                "active": False,
            },
        )
        for number, rule in enumerate(rules):
            self._site.compliance.put({"id": 21_001 + number, **new_rule(rule, customer["id"])})
