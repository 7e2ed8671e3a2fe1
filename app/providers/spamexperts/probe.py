"""The connection test: is it a SpamExperts server, do the credentials hold, which calls are open? Reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from app.core.capabilities import Capability, Found
from app.core.errors import BadCredentials, Rejected, UpstreamError
from app.core.model import ServerState, Verdict
from app.core.text import Message, msg
from app.providers.spamexperts import app_rest
from app.providers.spamexperts.app_rest import AppRest
from app.providers.spamexperts.card import APP_SERVES, PANEL, SOFTWARE
from app.providers.spamexperts.control_panel import API, ControlPanelApi
from app.providers.spamexperts.fields import FIELDS
from app.providers.spamexperts.servers import judged_server, read_servers
from app.providers.spamexperts.software_api import SoftwareApi, contract
from app.providers.spamexperts.wire import read_help, read_version
from app.providers.spamexperts.wire_panel import read_panel_version, read_panel_word

_NEEDS: Mapping[Capability, tuple[str, ...]] = {
    Capability.DOMAINS_READ: ("api_list_domains",),
    Capability.ROUTES_READ: ("api_list_domains",),
    Capability.ALIASES_READ: ("api_list_domains",),
    Capability.DOMAIN_ADD: ("api_add_incoming_domain", "api_add_delivery_domain"),
    Capability.DOMAIN_REMOVE: ("api_remove_domain",),
    Capability.ROUTES_WRITE: ("api_set_destination",),
    Capability.ALIASES_WRITE: ("api_add_domain_alias", "api_remove_domain_alias"),
    Capability.DKIM_READ: ("api_get_dkim_selector", "api_get_dkim_certificate"),
    Capability.DKIM_WRITE: ("api_set_dkim_certificate",),
    Capability.RULES_READ: ("api_get_sender_whitelist", "api_get_sender_blacklist"),
    Capability.RULES_WRITE: (
        "api_get_sender_whitelist",
        "api_get_sender_blacklist",
        "api_whitelist_sender",
        "api_blacklist_sender",
        "api_unwhitelist_sender",
        "api_unblacklist_sender",
    ),
    Capability.QUARANTINE_READ: ("api_find_messages",),
    Capability.LOGS_READ: ("api_find_messages",),
    Capability.QUEUE_READ: ("api_get_delivery_queue",),
    Capability.MAIL_HEADERS: ("api_find_messages",),
    Capability.MAIL_READ: ("api_get_quarantined_message",),
    Capability.MAIL_RELEASE: ("api_find_messages", "api_release_message"),
    Capability.MAIL_DELETE: ("api_find_messages", "api_remove_quarantined_message"),
    Capability.QUEUE_RETRY: ("api_get_delivery_queue", "api_deliver_queued_message"),
    Capability.STATISTICS_READ: ("api_count_messages", "api_find_messages"),
    Capability.QUEUE_REMOVE: ("api_get_delivery_queue", "api_delete_queued_message_incoming"),
}
"""The calls that each capability cannot do without."""


SERVER_STATUS = "api_get_json_server_status"

_BY_PANEL_TOO = (Capability.RULES_READ, Capability.RULES_WRITE)
"""What goes through the panel where the Software API of the server lacks the calls."""


def probe(api: SoftwareApi, panel: ControlPanelApi, app: AppRest) -> Found:
    """Version, open calls and what is missing without the others, of each API whose credentials there are.

    Raises BadCredentials, Malformed (this is no SpamExperts), Unreachable.
    """
    if not api.has_credentials:
        return _with_app(_panel_alone(panel), app, APP_SERVES)
    found = _software(api)
    found = replace(found, servers=_servers(api) if SERVER_STATUS not in found.calls else ())
    if panel.has_credentials:
        found = _with_panel(found, panel)
        if found.facts[API] == "open":
            found = _with_app(found, app, APP_SERVES - SOFTWARE.serves)
        return found
    return replace(found, calls={**found.calls, **_closed(API, PANEL.closed)})


def _servers(api: SoftwareApi) -> tuple[ServerState, ...]:
    """How the servers of the cluster are; a status that cannot be read says so, and closes nothing."""
    try:
        found = read_servers(api.read(SERVER_STATUS))
    except (UpstreamError, BadCredentials) as error:
        text = msg("The status of the servers cannot be read: {problem}", problem=error.message)
        return (ServerState("", Verdict.UNKNOWN, text),)
    return tuple(judged_server(host, figures) for host, figures in found.items())


def _panel_alone(panel: ControlPanelApi) -> Found:
    """Here the panel's refusal is the connection's."""
    version = read_panel_version(panel.answer("version/get", {}))
    role = read_panel_word(panel.answer("auth/getrole", {}))
    return Found(version, facts={API: "open", "role": role}, calls=_closed("", SOFTWARE.closed))


def _with_panel(found: Found, panel: ControlPanelApi) -> Found:
    """Beside the Software API the panel's refusal closes only what needs it."""
    try:
        role = read_panel_word(panel.answer("auth/getrole", {}))
    except UpstreamError as error:
        note = msg("The Control Panel API cannot be used: {problem}", problem=error.message)
        return replace(
            found,
            missing={**dict.fromkeys(PANEL.serves - SOFTWARE.serves, note), **found.missing},
            facts={**found.facts, API: "not open"},
            notes=(*found.notes, note),
            calls={**found.calls, **_closed(API, note)},
        )
    found = replace(found, facts={**found.facts, API: "open", "role": role})
    if not any(capability in found.missing for capability in _BY_PANEL_TOO):
        return found
    note = msg("Sender and recipient lists of domains go through the Control Panel API.")
    rest = {name: why for name, why in found.missing.items() if name not in _BY_PANEL_TOO}
    return replace(found, missing=rest, notes=(*found.notes, note))


def _with_app(found: Found, app: AppRest, serves: Collection[Capability]) -> Found:
    """What goes through the interface for the panel's app is missing where that does not let us in."""
    try:
        app.token()
    except UpstreamError as error:
        note = msg("The panel's interface for its app cannot be used: {problem}", problem=error.message)
        return replace(
            found,
            missing={**dict.fromkeys(serves, note), **found.missing},
            notes=(*found.notes, note),
            calls={**found.calls, **dict.fromkeys(app_rest.CALLS, note)},
        )
    return found


def _closed(api: str, why: Message) -> dict[str, Message]:
    """All calls of an API, with the reason why they are closed."""
    return {call.name: why for call in contract().calls if call.api == api}


def _software(api: SoftwareApi) -> Found:
    version = read_version(api.read("api_version"))
    try:
        calls = read_help(api.read("api_help"))
    except (Rejected, BadCredentials) as error:
        note = msg(
            "api_help is not open to these credentials ({reason}), so all documented calls are taken as open.",
            reason=error.message,
        )
        return Found(version=version, notes=(note,))
    if not calls:
        note = msg("api_help lists no calls, so all documented calls are taken as open.")
        return Found(version=version, notes=(note,))
    mine = (call.name for call in contract().calls if call.api != API)
    closed = {name: _reason([name]) for name in mine if name not in calls}
    return Found(version, _missing(calls), {"calls": len(calls)}, _notes(calls), closed)


def _missing(calls: Collection[str]) -> dict[Capability, Message]:
    missing = {
        capability: _reason(names)
        for capability, needed in _NEEDS.items()
        if (names := [name for name in needed if name not in calls])
    }
    if not any(field.getter in calls for field in FIELDS):
        missing[Capability.SETTINGS_READ] = _reason(["api_get_…"])
    if not any(field.setter in calls for field in FIELDS):
        missing[Capability.SETTINGS_WRITE] = _reason(["api_set_…"])
    return missing


def _reason(names: Collection[str]) -> Message:
    return msg(
        "These credentials may not use {calls}: the server's api_help does not list it.",
        calls=", ".join(names),
    )


def _notes(calls: Collection[str]) -> tuple[Message, ...]:
    unknown = [field.name for field in FIELDS if field.readable and field.getter not in calls]
    if not unknown or len(unknown) == len(FIELDS):
        return ()
    return (msg("Settings that this server has no call for: {names}.", names=", ".join(unknown)),)
