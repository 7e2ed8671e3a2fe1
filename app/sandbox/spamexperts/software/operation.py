"""Calls about the cluster itself: the log of API calls, syslog, host names, trusted relays (contract sheet, 3, 5.1, 6)."""

from __future__ import annotations

import time
from typing import Any

from app.sandbox.spamexperts import messages, names, wording
from app.sandbox.spamexperts.answers import Answer, Empty, Listing, Number, Records, Text, invalid, misuse
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.messages import OUTGOING
from app.sandbox.spamexperts.query import Arguments, boolean, integer
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, software
from app.sandbox.spamexperts.software.domains import page

_CLUSTER = "cluster"
_PAGING = (f"{wording.LIMIT}=", f"{wording.OFFSET}=")
_LOG_FILTERS = ("search_client_username=", "search_client_ip=", "from_date=", "to_date=")
_LOG_COLUMNS = ("date", "client_username", "client_ip", "call")
_SYSLOG: dict[str, Any] = {
    "host": "",
    "port": 514,
    "facility": "mail",
    "socket_type": "udp",
    "message_template": "",
    "enabled": False,
    "level": "info",
    "status_template": "",
}


def _logged(cluster: Cluster, arguments: Arguments) -> list[tuple[str, ...]]:
    start = messages.instant("from_date", arguments.text("from_date", str(messages.YEAR_2000)))
    end = messages.instant("to_date", arguments.text("to_date", str(int(time.time()) + 1)))
    wanted = [arguments.text("search_client_username"), arguments.text("search_client_ip")]
    return [
        (messages.in_words(when), *who, call)
        for when, *who, call in cluster.call_log
        if start <= when <= end and all(wish in ("", own) for wish, own in zip(wanted, who, strict=True))
    ]


@software(
    "api_find_call_logs",
    *_LOG_FILTERS,
    *_PAGING,
    tag=INFERRED,
    returns="csv",
)
def find_call_logs(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists past calls of this API."""
    return Records(_LOG_COLUMNS, page(_logged(cluster, arguments), arguments))


@software("api_count_call_logs", *_LOG_FILTERS, tag=INFERRED, returns="number")
def count_call_logs(cluster: Cluster, arguments: Arguments) -> Answer:
    """Counts past calls."""
    return Number(len(_logged(cluster, arguments)))


@software("api_get_remote_syslog_server", tag=VENDOR, returns="text")
def get_remote_syslog_server(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Shows where logs are sent."""
    row = cluster.state.table(_CLUSTER).get("remote_syslog_server", _SYSLOG)
    return Text("".join(f"{key} {value}\n" for key, value in row.items()), row)


@software(
    "api_set_remote_syslog_server",
    *(f"{key}=" for key in _SYSLOG),
    tag=VENDOR,
)
def set_remote_syslog_server(cluster: Cluster, arguments: Arguments) -> Answer:
    """Sets where logs are sent; what is left out stays."""
    given: dict[str, Any] = {key: arguments.text(key) for key in _SYSLOG if arguments.given(key)}
    if not given:
        raise misuse(wording.ONE_SETTING_AT_LEAST, call=arguments.call)
    if "port" in given:
        given["port"] = integer("port", given["port"], 65_535)
    if "enabled" in given:
        given["enabled"] = boolean("enabled", given["enabled"])
    table = cluster.state.table(_CLUSTER)
    table["remote_syslog_server"] = {**table.get("remote_syslog_server", _SYSLOG), **given}
    return Empty()


def _declare_ehlo(direction: str) -> None:
    key = f"{direction}_ehlo"

    @software(
        f"api_get_{key}", about=f"Lists the host names of {direction} addresses.", tag=INFERRED, returns="csv"
    )
    def get(cluster: Cluster, _arguments: Arguments) -> Answer:
        return Records(("ip", "ehlo"), list(cluster.state.table(_CLUSTER).get(key, {}).items()))

    @software(
        f"api_set_{key}", "ip", "ehlo", about=f"Sets the host name of an {direction} address.", tag=VENDOR
    )
    def change(cluster: Cluster, arguments: Arguments) -> Answer:
        address = names.address_range("ip", arguments.text("ip"))
        table = cluster.state.table(_CLUSTER)
        table[key] = {**table.get(key, {}), address: names.domain_name("ehlo", arguments.text("ehlo"))}
        return Empty()


_declare_ehlo("incoming")
_declare_ehlo("outgoing")


@software("api_get_trusted_xclient_list", tag=INFERRED, returns="[ip]")
def get_trusted_xclient_list(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Lists relays that may use XCLIENT."""
    return Listing(cluster.state.table(_CLUSTER).get("trusted_xclient_list", []))


@software("api_set_trusted_xclient_list", "ips=", tag=INFERRED)
def set_trusted_xclient_list(cluster: Cluster, arguments: Arguments) -> Answer:
    """Replaces them (comma list)."""
    addresses = [names.address_range("ips", word) for word in arguments.words("ips")]
    cluster.state.table(_CLUSTER)["trusted_xclient_list"] = addresses
    return Empty()


def _declare_unnamed(key: str, about: str) -> None:
    """Settings of which only the calls are public, and no value: nothing to show, and nothing that could be set."""

    @software(f"api_get_{key}", about=f"Shows {about}.", tag=INFERRED, returns="text")
    def get(_cluster: Cluster, _arguments: Arguments) -> Answer:
        return Text("", {})

    @software(f"api_set_{key}", about=f"Changes {about}.", tag=INFERRED)
    def change(_cluster: Cluster, arguments: Arguments) -> Answer:
        raise misuse(wording.ONE_SETTING_AT_LEAST, call=arguments.call)


_declare_unnamed("load_settings", "the cluster's load settings")
_declare_unnamed("backup_settings", "the cluster's backup settings")


@software("api_list_lock_notification_templates", tag=VENDOR, returns="[template]")
def list_lock_notification_templates(_cluster: Cluster, _arguments: Arguments) -> Answer:
    """Lists the templates."""
    return Listing(["default"])


@software(
    "api_set_locked_identity_response_code",
    "code",
    tag=INFERRED,
)
def set_locked_identity_response_code(cluster: Cluster, arguments: Arguments) -> Answer:
    """What a locked identity is told: a code from 400 to 599, or blackhole."""
    code = arguments.text("code").lower()
    if code != "blackhole" and integer("code", code, 599) < 400:
        raise invalid("code", code)
    cluster.state.table(_CLUSTER)["locked_identity_response_code"] = code
    return Empty()


@software(
    "api_retry_time_outgoing",
    "message_id",
    tag=INFERRED,
    returns="csv",
)
def retry_time_outgoing(cluster: Cluster, arguments: Arguments) -> Answer:
    """Says when queued messages are tried again."""
    wanted = arguments.words("message_id")
    rows = [row for row in messages.queue(cluster, OUTGOING) if row["id"] in wanted]
    return Records(("message_id", "retry_time"), [(row["id"], messages.retry_time(row)) for row in rows])
