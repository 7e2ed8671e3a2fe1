"""What the imitated cluster holds at the start."""

from __future__ import annotations

from app.sandbox import seed
from app.sandbox.company import DKIM_PUBLIC_KEY, DKIM_SELECTORS, Firm, firms_of
from app.sandbox.spamexperts import lists, mails, policy, traffic
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.names import DEFAULT
from app.sandbox.spamexperts.panel.admins import new_admin
from app.sandbox.spamexperts.panel.listing import EMAIL_ALIASES
from app.sandbox.spamexperts.panel.users import DOMAIN_USERS, EMAIL_USERS, WEB_ADMINS, new_user
from app.sandbox.spamexperts.software import recipients, settings, users

_POLICIES = {one.name: one for one in policy.POLICIES}

_OWN_SETTINGS: dict[str, dict[str, object]] = {
    DEFAULT: {"quarantine_threshold": 0.8, "block_hidden_executables": True},
    "nordwind.example": {
        "quarantine_threshold": 0.65,
        "block_hidden_executables": True,
        "quarantine_days": 28,
    },
    "nordwind-logistik.example": {"quarantine_threshold": 0.8, "maximum_message_size": 104_857_600},
    "nordwind-werft.example": {"blocked_extensions": f"{policy.FACTORY_EXTENSIONS}:iso:img"},
    "hafencafe.example": {"quarantine_enabled": False},
    "harbourbikes.example": {"use_local_recipient_list": True, "contact": "niamh.doyle@harbourbikes.example"},
    "tidewater.example.com": {"predata_reject": "temporary", "blocked_tld": "zip:top"},
    "oldquay.example": {"filter_status": False},
}
"""Settings that differ, one of them equal to the default on purpose (a domain's own value all the same)."""

_SENDING = ("nordwind.example", "harbourbikes.example")
"""Domains that send through the filter, too."""

_WITHOUT_USER = "oldquay.example"

_SENDERS = {
    DEFAULT: (
        ("bank.example.org", "*.partner.example.net"),
        ("lottery.example.net", "promo@shop.example.org"),
    ),
    "nordwind.example": (
        ("auditors.example.org", "rechnung@energie.example.net"),
        ("newsletter@deals.example.org",),
    ),
    "harbourbikes.example": (
        ("orders@spokes.example.net",),
        ("*.cheapbikes.example.org", "win@prize.example.net"),
    ),
    "skagenfisk.example": ((), ("fangst@auktion.example.net",)),
}


def company(cluster: Cluster, smtp_port: int) -> None:
    """Fill an empty cluster with the demo company's domains."""
    for admin in ("nordwind", "reseller-north"):
        cluster.state.table("admins")[admin] = {"admin_id": cluster.state.counter("admin"), "parent": ""}
    firms = firms_of("spamexperts")
    for firm in firms:
        routes = [(host, smtp_port) for host in firm.routes]
        cluster.add_domain(firm.domain, routes, firm.aliases, "nordwind" if "nordwind" in firm.domain else "")
        _add_recipients(cluster, firm)
        _add_mail(cluster, firm, smtp_port)
        _add_users(cluster, firm)
    _add_web_admin(cluster)
    for domain, values in _OWN_SETTINGS.items():
        for name, value in values.items():
            settings.assign(cluster, _POLICIES[name], domain, value)
    for domain, (allowed, blocked) in _SENDERS.items():
        lists.replace(cluster, domain, lists.SENDERS_ALLOWED, [lists.sender_entry(text) for text in allowed])
        lists.replace(cluster, domain, lists.SENDERS_BLOCKED, [lists.sender_entry(text) for text in blocked])
    raffle = {"address": "raffle@harbourbikes.example", "username": "*"}
    lists.add(cluster, "harbourbikes.example", lists.OUTGOING_BLOCKED, raffle)
    cluster.state.table(users.LOCKS)["harbourbikes.example"] = [["*", "scanner@harbourbikes.example"]]
    cluster.state.table("ip_whitelist")["192.0.2.25"] = {
        "ip": "192.0.2.25",
        "skip_concurrent_connection_limit": True,
    }
    lists.add(cluster, "fjordbakeriet.example", lists.RECIPIENTS_BLOCKED, "gammel.post")
    lists.add(cluster, "oldquay.example", lists.RECIPIENTS_ALLOWED, "*")

    for domain in ("harbourbikes.example", "nordwind.example"):
        cluster.state.table("dkim")[domain] = {
            "selectors": {"": DKIM_SELECTORS["spamexperts"]},
            "public_key": DKIM_PUBLIC_KEY,
        }


def generated(cluster: Cluster, count: int, smtp_port: int) -> None:
    """Fill an empty cluster with that many generated domains."""
    for domain in seed.generated(count):
        cluster.add_domain(domain.name, [(host, smtp_port) for host in domain.routes], domain.aliases)


def _add_recipients(cluster: Cluster, firm: Firm) -> None:
    for person in firm.people:
        recipients.add(cluster, firm.domain, person.local_part)


def _add_mail(cluster: Cluster, firm: Firm, smtp_port: int) -> None:
    rows = traffic.messages_for(firm, smtp_port)
    if firm.domain in _SENDING:
        username = f"smtp-{firm.domain.partition('.')[0]}"
        users.save_outgoing_user(cluster, firm.domain, username)
        rows += traffic.sent_by(firm, username)
    if firm.domain == "harbourbikes.example":
        rows += traffic.hostile_for(firm, mails.HOSTILE)
    cluster.state.table("messages").update({row["id"]: row for row in rows})


def _add_users(cluster: Cluster, firm: Firm) -> None:
    """Give a firm its panel users: one for the domain, one for the first person, and an e-mail alias."""
    first = firm.addresses[0]
    table = cluster.state.table(DOMAIN_USERS)
    if firm.domain != _WITHOUT_USER:
        table[firm.domain] = new_user(cluster, firm.domain, f"postmaster@{firm.domain}", "domain")
    local_part = first.partition("@")[0]
    user = new_user(cluster, first, first, "email")
    cluster.state.table(EMAIL_USERS)[firm.domain] = {local_part: user}
    alias = {"email": first, "alias": f"info@{firm.domain}"}
    cluster.state.table(EMAIL_ALIASES)[firm.domain] = [alias]


def _add_web_admin(cluster: Cluster) -> None:
    """Bind the holding's domains to a web administrator."""
    username = "nordwind-it"
    cluster.state.table(WEB_ADMINS)[username] = new_admin(
        cluster, username, "it@nordwind.example", limit="50"
    )
    for domain in list(cluster.domains):
        if domain.startswith("nordwind"):
            cluster.change_domain(domain, owner=username)
