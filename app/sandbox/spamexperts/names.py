"""Domain names, destinations and addresses: what is accepted, and how they are printed (contract sheet 4.1, 2.6)."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import fail, invalid

DEFAULT = "default"
"""The pseudo-domain of the settings that all domains inherit."""

NODES = ("node1.filtering.example", "node2.filtering.example")
"""The cluster's servers, for queues, logs and status. None of them can be a destination."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LOCAL_PART = re.compile(r"[^\s@,\x00]{1,64}")
_MAX_NAME = 253

Destination = tuple[str, int]


def domain_name(argument: str, text: str) -> str:
    """Return a domain name in lower case and punycode; EV when it is not one."""
    name = _ascii(argument, text.strip().lower())
    if "." not in name or not _is_host(name):
        raise invalid(argument, text)
    return name


def alias_name(text: str) -> str:
    """Return an alias domain; a colon in it is an error of its own (contract sheet 4.2)."""
    if ":" in text:
        raise invalid("alias", text)
    return domain_name("alias", text)


def destinations(argument: str, text: str) -> list[Destination]:
    """Return the routes of a comma list of ``host``, ``host:port``, ``[IPv6]:port``."""
    items = [item.strip() for item in text.split(",")]
    return [destination(argument, item) for item in items]


def destination(argument: str, text: str) -> Destination:
    """Return host and port of one route. An exported ``host::port`` is not input, and is refused."""
    try:
        return host_name(argument, str(ipaddress.ip_address(text))), wording.DEFAULT_PORT
    except ValueError:
        pass
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in address:
            raise invalid(argument, text)
        host, port = address, rest.removeprefix(":") if rest else ""
    else:
        host, _, port = text.partition(":")
    return host_name(argument, host), port_number(argument, port) if port else wording.DEFAULT_PORT


def host_name(argument: str, text: str) -> str:
    """Return a host name or address that can be a destination."""
    host = _ascii(argument, text.strip().lower())
    try:
        host = str(ipaddress.ip_address(host))
    except ValueError:
        if not _is_host(host):
            raise invalid(argument, text) from None
    if host in NODES:
        raise fail(wording.NOT_A_DESTINATION, host=host)
    return host


def port_number(argument: str, value: Any) -> int:
    """Return a port, from a number or from text; EV outside 1 to 65535."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or not 0 < int(text[:6]) <= 65_535:
        raise invalid(argument, value)
    return int(text)


def exported(route: Destination | list[Any]) -> str:
    """Return a route as every output prints it: two colons before the port."""
    return f"{route[0]}::{route[1]}"


def sender(text: str) -> str:
    """Return an entry of a sender list: a full address, a domain, ``*.domain`` or ``*``; EV for anything else."""
    entry = text.strip().lower()
    local, at, name = entry.rpartition("@")
    if entry == "*":
        return entry
    if at and not _LOCAL_PART.fullmatch(local):
        raise invalid("sender", text)
    if at and local == "*":
        raise invalid("sender", text)
    name = _ascii("sender", name)
    if not _is_host(name if at else name.removeprefix("*.")):
        raise invalid("sender", text)
    return f"{local}@{name}" if at else name


def local_part(argument: str, text: str) -> str:
    """Return a local part in lower case; EV with NUL, comma, blanks or ``@`` in it."""
    if not _LOCAL_PART.fullmatch(text):
        raise invalid(argument, text)
    return text.lower()


def address_range(argument: str, text: str) -> str:
    """Return an IP address or range in its canonical form; EV when it is none."""
    try:
        if "/" in text:
            return str(ipaddress.ip_network(text, strict=False))
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise invalid(argument, text) from error


def unicode_name(name: str) -> str:
    """Return an IDN in Unicode, as the Control Panel prints it; other names unchanged."""
    if "xn--" not in name:
        return name
    try:
        return name.encode().decode("idna")
    except UnicodeError:
        return name


def _ascii(argument: str, text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("idna").decode()
    except UnicodeError as error:
        raise invalid(argument, text) from error


def _is_host(name: str) -> bool:
    return len(name) <= _MAX_NAME and all(_LABEL.fullmatch(label) for label in name.split("."))
