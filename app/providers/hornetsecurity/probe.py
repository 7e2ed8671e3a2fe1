"""The connection test: is it a Control Panel, who signs in, what does that user reach? Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.capabilities import Capability, Found
from app.core.errors import Malformed, NotThere, Rejected
from app.core.text import Message, msg
from app.providers.hornetsecurity.calls import contract
from app.providers.hornetsecurity.card import NO_PARTNER
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.hierarchy import Hierarchy
from app.providers.hornetsecurity.wire import (
    NoPermission,
    no_panel,
    read_answer,
    read_caller,
    read_version,
)
from app.providers.hornetsecurity.wire_tree import CUSTOMER, PARTNER, Node

Json = Any

CUSTOMERS = "Customers"  # the group of their calls in the contract

_NO_ROLE = msg(
    "The connection's user has no role on a partner or customer, so it sees no domains. Roles are given in the "
    "Control Panel."
)
_LOOKS_OLD = msg(
    "This panel answers like the old generation of the API. If calls are refused, fill in the app version, App-ID, user "
    "name, password and API token."
)


def probe(panel: ControlPanel, hierarchy: Hierarchy) -> Found:
    """Version, user, scope, and what is missing without a role on a partner.

    Raises BadCredentials, Unreachable, NotFound (the setting `account`), Malformed (this is no Control Panel).
    """
    version, says_old = _version(panel)
    user = _caller(panel)
    roots = hierarchy.roots()
    facts: dict[str, Json] = {
        "user": user,
        "sign-in": "user name and password" if panel.login.by_password else "API token",
        "API generation": "old" if says_old else "current",
        "scope": ", ".join(f"{node.name} ({node.kind})" for node in roots[:10]),
    }
    counts = [node.children_count for node in roots if node.kind == PARTNER]
    if counts and None not in counts:
        facts["below it"] = sum(count or 0 for count in counts)
    notes = (_LOOKS_OLD,) if says_old and not panel.login.old else ()
    missing = _missing(panel, roots)
    return Found(version, missing, facts, notes, _closed(missing))


def _closed(missing: Mapping[Capability, Message]) -> dict[str, Message]:
    """The calls about customers, where the service dashboard is closed to the user."""
    reason = missing.get(Capability.DOMAIN_ADD)
    calls = contract().calls if reason is not None else ()
    return {call.name: reason for call in calls if call.group == CUSTOMERS and reason is not None}


def _version(panel: ControlPanel) -> tuple[str, bool]:
    answer = panel.read_open("GET /version/")
    try:
        return read_version(answer)
    except NotThere as error:
        raise Malformed(no_panel(answer.status), status=answer.status) from error


def _caller(panel: ControlPanel) -> str:
    """Who signs in. A panel without `/user/` may have the session check."""
    try:
        return read_caller(panel.read("GET /user/"))
    except (Rejected, Malformed):
        return read_caller(panel.read("GET /auth/check/session/"))


def _missing(panel: ControlPanel, roots: Sequence[Node]) -> dict[Capability, Message]:
    partners = [node for node in roots if node.kind == PARTNER]
    if not partners and not any(node.kind == CUSTOMER for node in roots):
        return dict.fromkeys(Capability, _NO_ROLE)
    reason = _no_customers(panel, partners)
    return {} if reason is None else {Capability.DOMAIN_ADD: reason, Capability.DOMAIN_REMOVE: reason}


def _no_customers(panel: ControlPanel, partners: Sequence[Node]) -> Message | None:
    """Why customers can neither be added nor removed, None where the service dashboard lets the user in."""
    if not partners:
        return NO_PARTNER
    try:
        query, body = {"object_id": partners[0].id}, {"page": 0, "limit": 1}
        read_answer(panel.read("POST /service_dashboard/_search/", query=query, body=body))
    except (Rejected, NoPermission, Malformed) as error:
        if isinstance(error, Malformed) and (error.status is None or error.status < 400):
            raise  # rubbish is no refusal
        return msg(
            "Customers are added and removed through the service dashboard, which is closed to the connection's user: "
            "{reason} Alias domains can be added.",
            reason=error.message,
        )
    return None
