"""What the domain templates show, as finished values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import format_number

from app.core.actor import Actor, Right
from app.core.health import check_label
from app.core.model import DomainStatus, RouteKind, Verdict
from app.core.names import display
from app.core.ports import DomainRow
from app.features.domains.details import DeletedDomains
from app.features.domains.service import Completeness, DomainDetail, DomainList
from app.operations.executor import Plan
from app.operations.live import LiveDomain
from app.web.language import gettext as _
from app.web.language import locale_code
from app.web.render import age, translated

STATUS_WORDS = {
    DomainStatus.ACTIVE: "Active",
    DomainStatus.DISABLED: "Disabled",
    DomainStatus.PENDING: "Pending",
    DomainStatus.DELETED: "Deleted upstream",
    DomainStatus.MISSING: "Missing upstream",
}


HEALTH_WORDS = {
    Verdict.FAIL: "Failing",
    Verdict.WARN: "Warning",
    Verdict.UNKNOWN: "Not certain",
    Verdict.PASS: "Healthy",
}


def status_choices() -> list[tuple[str, str]]:
    """The choices of the status filter."""
    return [("", _("Any status")), *((s.value, _(STATUS_WORDS[s])) for s in DomainStatus)]


def health_choices() -> list[tuple[str, str]]:
    """The choices of the filter for the worst verdict."""
    return [("", _("Any health")), *((v.value, _(HEALTH_WORDS[v])) for v in HEALTH_WORDS)]


def connection_choices(whole: Completeness) -> list[tuple[str, str]]:
    """The choices of the connection filter."""
    return [("", _("All connections")), *((c.key, c.name) for c in whole.connections)]


def bulk_actions(actor: Actor) -> list[tuple[str, str]]:
    """What can be done with the chosen rows."""
    every = [
        ("refresh", _("Read again"), Right.SYNC),
        ("check_health", _("Check health"), Right.RUN_HEALTH),
        ("add_route", _("Add a route"), Right.CHANGE_DOMAINS),
        ("replace_host", _("Replace a route host"), Right.CHANGE_DOMAINS),
        ("set_routes", _("Replace all routes"), Right.CHANGE_DOMAINS),
        ("add_alias", _("Add an alias"), Right.CHANGE_DOMAINS),
        ("set_setting", _("Set a setting"), Right.CHANGE_POLICIES),
        ("reset_setting", _("Reset a setting"), Right.CHANGE_POLICIES),
        ("enable", _("Enable"), Right.CHANGE_DOMAINS),
        ("disable", _("Disable"), Right.CHANGE_DOMAINS),
        ("restore", _("Restore"), Right.CHANGE_DOMAINS),
        ("remove", _("Remove…"), Right.REMOVE_DOMAINS),
    ]
    return [(value, text) for value, text, needed in every if actor.may(needed)]


TONES = {
    DomainStatus.ACTIVE: "green",
    DomainStatus.DISABLED: "grey",
    DomainStatus.PENDING: "blue",
    DomainStatus.DELETED: "grey",
    DomainStatus.MISSING: "orange",
}
SHOWN = 3  # aliases and routes of a row that are named; the rest is counted


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list. A list has many of them, so that each is made of finished texts and costs no macro."""

    value: str
    url: str
    display: str
    connection: str
    aliases: str
    more_aliases: str
    all_aliases: str
    routes: str
    more_routes: str
    status: str
    tone: str
    stale: bool
    health: str
    health_word: str
    troubles: str
    mailboxes: str
    changed_at: str
    changed: str


def rows_of(found: DomainList) -> list[Row]:
    """The rows of the page."""
    base = url_for("domains.index")
    words = {status: _(word) for status, word in STATUS_WORDS.items()}
    locale = locale_code()
    return [_row(row, base, words, found.names, locale) for row in found.page.rows]


def _row(
    row: DomainRow, base: str, words: Mapping[DomainStatus, str], names: Mapping[str, str], locale: str
) -> Row:
    aliases = [display(alias) for alias in row.aliases or ()]
    routes = [_("hosted here") if r.kind is RouteKind.LOCAL else str(r) for r in row.routes or ()]
    return Row(
        value=f"{row.connection}/{row.name}",
        url=f"{base}{row.connection}/{row.name}",
        display=row.display,
        connection=names.get(row.connection, row.connection),
        aliases=", ".join(aliases[:SHOWN]) or ("—" if row.aliases is not None else _("not readable here")),
        more_aliases=_more(aliases),
        all_aliases=", ".join(aliases)[:1000],
        routes=" → ".join(routes[:SHOWN]) or (_("none") if row.routes is not None else _("not read")),
        more_routes=_more(routes),
        status="" if row.status is DomainStatus.ACTIVE else words[row.status],
        tone=TONES[row.status],
        stale=row.stale,
        health=(row.health or Verdict.UNKNOWN).value,
        health_word=_(HEALTH_WORDS[row.health]) if row.health else _("Not checked"),
        troubles=_troubles(row),
        mailboxes="—" if row.mailboxes is None else format_number(row.mailboxes),
        changed_at=row.changed_at.isoformat(timespec="seconds"),
        changed=age(row.changed_at, locale),
    )


def _troubles(row: DomainRow) -> str:
    """The checks that are at fault, the first two by name."""
    names = [translated(check_label(check)) for check in row.troubles]
    return ", ".join(names[:2]) + (f" +{len(names) - 2}" if len(names) > 2 else "")


def _more(names: Sequence[str]) -> str:
    return _("and %(count)s more", count=len(names) - SHOWN) if len(names) > SHOWN else ""


def row_actions(actor: Actor) -> list[dict[str, str]]:
    """What the menu of a row offers; `path` is added to the row's address."""
    every = [
        ("", _("Open"), "eye", Right.VIEW_DOMAINS),
        ("/details", _("Edit details"), "pencil", Right.CHANGE_DOMAINS),
        ("/routes", _("Edit routes"), "route", Right.CHANGE_DOMAINS),
        ("/aliases", _("Edit aliases"), "at", Right.CHANGE_DOMAINS),
        ("/remove", _("Remove…"), "trash", Right.REMOVE_DOMAINS),
    ]
    return [
        {"path": p, "label": label, "icon": icon} for p, label, icon, needed in every if actor.may(needed)
    ]


def flow_of(detail: DomainDetail) -> list[dict[str, Any]]:
    """How mail reaches the domain, as boxes from left to right."""
    domain, connection = detail.found.domain, detail.found.connection
    aliases = [display(alias) for alias in domain.aliases or ()]
    return [
        _mx_box(detail),
        {
            "label": _("Aliases joined"),
            "value": (aliases[0] if aliases else _("none"))
            if domain.aliases is not None
            else _("not readable"),
            "detail": ", ".join(aliases[1:3]) + (" …" if len(aliases) > 3 else ""),
        },
        {"label": _("Filtered by"), "value": connection.name, "detail": detail.found.card.label},
        _route_box(detail),
    ]


def _mx_box(detail: DomainDetail) -> dict[str, Any]:
    """Where DNS sends mail for the domain; it should be the filter."""
    if detail.mx_hosts:
        then = ", ".join(detail.mx_hosts[1:3])
        value = detail.mx_hosts[0]
        return {
            "label": _("MX in DNS"),
            "value": value,
            "detail": _("then %(hosts)s", hosts=then) if then else "",
        }
    problem = translated(detail.mx_problem) if detail.mx_problem else ""
    return {"label": _("MX in DNS"), "value": _("not found"), "detail": problem, "tone": "orange"}


def _route_box(detail: DomainDetail) -> dict[str, Any]:
    routes = detail.found.domain.routes
    if routes is None:
        return {"label": _("Route"), "value": _("not readable here")}
    if not routes:
        return {"label": _("Route"), "value": _("none"), "tone": "orange"}
    first = _("hosted here") if routes[0].kind is RouteKind.LOCAL else str(routes[0])
    then = ", ".join(str(route) for route in routes[1:3])
    return {
        "label": _("Route"),
        "value": first,
        "mono": True,
        "detail": _("then %(routes)s", routes=then) if then else "",
    }


def facts_of(detail: DomainDetail) -> list[dict[str, Any]]:
    """The facts beside a domain."""
    found = detail.found
    domain, row = found.domain, found.row
    facts: list[dict[str, Any]] = [
        {"label": _("Connection"), "value": found.connection.name},
        {"label": _("Status"), "value": _(STATUS_WORDS[domain.status])},
    ]
    if domain.account:
        facts.append({"label": _("Account"), "value": domain.account})
    if domain.mailboxes is not None:
        facts.append({"label": _("Mailboxes"), "value": domain.mailboxes})
    if domain.name != display(domain.name):
        facts.append({"label": _("In DNS"), "value": domain.name, "mono": True})
    if row is not None:
        read = _("just now") if found.live else age(row.seen_at)
        facts.append({"label": _("Read"), "value": read})
    facts.extend(_fact(name, value) for name, value in domain.extra.items())
    return facts


def _fact(name: str, value: Any) -> dict[str, Any]:
    """A fact that an upstream tells, under a word of ours where there is one."""
    return {"label": _(_FACTS[name]) if name in _FACTS else name, "value": str(value)}


def kept_facts(found: LiveDomain) -> list[dict[str, Any]]:
    """What is told of a domain before it is enabled, disabled or restored."""
    domain = found.domain
    facts: list[dict[str, Any]] = [
        {"label": _("Domain"), "value": display(domain.name)},
        {"label": _("Connection"), "value": found.connection.name},
        {"label": _("Status"), "value": _(STATUS_WORDS[domain.status])},
    ]
    dates = ("deletionDate", "purgeDate")
    return facts + [_fact(name, domain.extra[name]) for name in dates if domain.extra.get(name)]


def deleted_rows(found: DeletedDomains) -> list[dict[str, Any]]:
    """The rows of the deleted domains, each with the days of its deletion and of its purge where they are known."""
    names = {c.key: c.name for c in found.connections}
    return [
        {
            "key": row.connection,
            "name": row.name,
            "display": row.display,
            "connection": names.get(row.connection, row.connection),
            "deleted": str(row.extra.get("deletionDate") or _("unknown")),
            "purged": str(row.extra.get("purgeDate") or _("unknown")),
            "restorable": row.connection in found.restorable,
            "seen_at": row.seen_at,
        }
        for row in found.page.rows
    ]


def goes_with(plan: Plan) -> list[dict[str, Any]]:
    """What a removal takes with it, by field, as the upstream says now."""
    before = plan.steps[0].before or {}
    rows = [{"label": _("Domain"), "value": display(plan.steps[0].domain or "")}]
    for name, value in before.items():
        rows.append({"label": _FIELDS.get(name, name), "value": _as_text(value)})
    return rows


_FACTS = {
    "description": "Description",
    "externalId": "Own reference",
    "customer": "Customer",
    "defaultLanguage": "Language",
    "services": "Services",
    "creationDate": "Added",
    "deletionDate": "Deleted on",
    "purgeDate": "Gone for good on",
    "other platforms": "Other platforms",
    "warnings": "Warnings",
}

_FIELDS = {"routes": "Routes", "aliases": "Aliases", "settings": "Own settings"}


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value) or _("none")
    if isinstance(value, dict) and value.get("kind") == RouteKind.LOCAL:
        return str(_("hosted here"))
    if isinstance(value, dict) and "host" in value:
        return f"{value['host']}:{value['port']}" if value.get("port") else str(value["host"])
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_as_text(item)}" for name, item in value.items()) or _("none")
    return display(str(value))
