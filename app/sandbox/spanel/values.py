"""What a parameter's value may be. A check returns None, or the text that goes under the parameter's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address

from app.sandbox.spanel.permissions import ADMIN_PAGES, USER_PAGES, Pages
from app.sandbox.spanel.php import Value, texts

Check = Callable[[Value], str | None]

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_RECORD_KEYS = ("name", "ttl", "type", "priority", "value")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,-]+")
_WEEKDAY = re.compile(r"(?:\*|[1-7](?:-[1-7])?)(?:/[0-9]+)?(?:,[1-7](?:-[1-7])?)*")


def matching(pattern: str | re.Pattern[str], problem: str) -> Check:
    """A text that the pattern matches as a whole."""
    compiled = re.compile(pattern)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else problem


def each(check: Check) -> Check:
    """A text or an array of texts, each of which passes the check."""

    def checked(value: Value) -> str | None:
        problems = [check(text) for text in texts(value)] or ["The value must be a text or a list of texts"]
        return next((problem for problem in problems if problem), None)

    return checked


def one_of(*allowed: str) -> Check:
    """One of the listed texts."""
    problem = f"The value must be one of: {', '.join(allowed)}"
    return lambda value: None if value in allowed else problem


def at_least(minimum: int, unit: str = "") -> Check:
    """A whole number not below the minimum."""

    def checked(value: Value) -> str | None:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value) and int(value) >= minimum:
            return None
        return f"The value must be a number of at least {minimum}{unit}"

    return checked


def longer_than(length: int) -> Check:
    """A text of so many characters or more."""
    problem = f"The value must be at least {length} characters long"
    return lambda value: None if isinstance(value, str) and len(value) >= length else problem


def address(value: Value) -> str | None:
    """A full e-mail address."""
    local, at, domain = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    valid = at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
    return None if valid else "Please provide a valid email address"


def sender(value: Value) -> str | None:
    """A domain, or an address, for the SpamAssassin lists."""
    if isinstance(value, str) and _DOMAIN.fullmatch(value):
        return None
    return "Please provide a valid sender" if address(value) else None


def ipv4(value: Value) -> str | None:
    """An IPv4 address, or PHP's false for none, which arrives as 0: the WHMCS module sends that (client code)."""
    if value == "0":
        return None
    try:
        IPv4Address(value if isinstance(value, str) else "")
    except AddressValueError:
        return "Please provide a valid IPv4 address"
    return None


def date(value: Value) -> str | None:
    """A day as DD.MM.YYYY."""
    try:
        datetime.strptime(value if isinstance(value, str) else "", "%d.%m.%Y").replace(tzinfo=UTC)
    except ValueError:
        return "Please provide a date as DD.MM.YYYY"
    return None


def dns_record(value: Value) -> str | None:
    """All five keys of a record: the zone has no other way to name one."""
    if isinstance(value, dict) and all(isinstance(value.get(key), str) for key in _RECORD_KEYS):
        return None
    return f"The record must have: {', '.join(_RECORD_KEYS)}"


def record_changes(value: Value) -> str | None:
    """The keys of a record to alter, with their new values."""
    if isinstance(value, dict) and all(
        key in _RECORD_KEYS and isinstance(new, str) for key, new in value.items()
    ):
        return None
    return "Only the keys of a record can be changed"


def array_of(check: Check) -> Check:
    """An array, never a single text, of which each element passes the check."""

    def checked(value: Value) -> str | None:
        if not isinstance(value, list):
            return "The value must be a list"
        return next((problem for problem in map(check, value) if problem), None)

    return checked


def pair(check: Check) -> Check:
    """The array ``[old, new]`` of tool/editcron."""

    def checked(value: Value) -> str | None:
        if not isinstance(value, list) or len(value) != 2:
            return "The value must be a list of the old and the new value"
        return check(value[0]) or check(value[1])

    return checked


def _permissions(pages: Pages) -> Check:
    def checked(value: Value) -> str | None:
        if value == "all":
            return None
        if not isinstance(value, dict):
            return 'Permissions must be "all" or a list of pages per category'
        for category, wanted in value.items():
            if category not in pages or not set(texts(wanted)) <= set(pages[category]):
                return f"Unknown page or category: {category}"
        return None

    return checked


user_permissions = _permissions(USER_PAGES)
admin_permissions = _permissions(ADMIN_PAGES)
domain = matching(_DOMAIN, "Please provide a valid domain name")
host = matching(_DOMAIN, "Please provide the name of a mail server")
local_part = matching(_LOCAL, "Please provide the part of the address before the @")
label = matching(_LABEL, "Please provide the subdomain without its domain")
account = matching("[A-Za-z0-9]{1,30}", "The name must have 1 to 30 letters or digits")
name = matching("[A-Za-z0-9_]{1,64}", "The name may have letters, digits and underscores")
path = matching(r"(?!.*\.\.)[^\x00-\x1f]+", "Please provide a valid path")
text = matching(r"(?s).+", "The value must be a text")
no_blanks = matching(r"\S+", "The value must not contain blanks")
password = longer_than(8)
on_off = one_of("enable", "disable")
boolean = one_of("1", "0", "true", "false")
cron_field = matching(_CRON_FIELD, "Please provide a valid cron field")
weekday = matching(_WEEKDAY, "The weekday must be 1 to 7, Monday is 1")
