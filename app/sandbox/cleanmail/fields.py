"""Request bodies: one reader per kind of value. What does not fit is a 400, as for a typed server.

A reader takes the JSON value and the name to call it by in the message, and returns the value to store. ``read``
takes a whole object: unknown keys are ignored, and ``null`` counts as absent (Cleanmail notes, 6).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.sandbox.cleanmail import times
from app.sandbox.cleanmail.problems import invalid

Reader = Callable[[Any, str], Any]

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_LOCAL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")


@dataclass(frozen=True)
class Field:
    """One field of a body: how it is read, and whether it must be there."""

    reader: Reader
    required: bool = False


Model = Mapping[str, Field]


def optional(reader: Reader) -> Field:
    """Return a field that may be left out."""
    return Field(reader)


def required(reader: Reader) -> Field:
    """Return a field that must be there."""
    return Field(reader, required=True)


def read(model: Model, value: Any, where: str = "", *, partial: bool = False) -> dict[str, Any]:
    """Return the fields of an object that are there and not null; ``partial`` lets required ones be absent."""
    if not isinstance(value, dict):
        raise invalid(f"{where or 'The body'} must be an object.")
    found = {}
    for name, field in model.items():
        label = f"{where}.{name}" if where else name
        if value.get(name) is not None:
            found[name] = field.reader(value[name], label)
        elif field.required and not partial:
            raise invalid(f"'{label}' is required.")
    return found


def text(value: Any, name: str) -> str:
    """A text."""
    if not isinstance(value, str):
        raise invalid(f"'{name}' must be a text.")
    return value


def filled(value: Any, name: str) -> str:
    """A text that is not blank."""
    if not text(value, name).strip():
        raise invalid(f"'{name}' must not be empty.")
    return str(value)


def matching(expression: str, description: str) -> Reader:
    """A text that a regular expression describes."""
    compiled = re.compile(expression)

    def reader(value: Any, name: str) -> str:
        if not compiled.fullmatch(text(value, name)):
            raise invalid(f"'{name}' must be {description}.")
        return str(value)

    return reader


def flag(value: Any, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(f"'{name}' must be true or false.")
    return value


def whole(least: int, most: int = 2**31 - 1) -> Reader:
    """A whole number in bounds."""

    def reader(value: Any, name: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise invalid(f"'{name}' must be a whole number from {least} to {most}.")
        return value

    return reader


def number(value: Any, name: str) -> float:
    """A number, as a float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise invalid(f"'{name}' must be a number.")
    return float(value)


def one_of(*choices: str, spelling: Callable[[str], str] = str) -> Reader:
    """One of a few texts, after ``spelling`` made its letter case the stored one."""

    def reader(value: Any, name: str) -> str:
        spelled = spelling(text(value, name))
        if spelled not in choices:
            raise invalid(f"'{name}' must be one of {', '.join(choices)}.")
        return spelled

    return reader


def list_of(reader: Reader) -> Reader:
    """A list."""

    def read_list(value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise invalid(f"'{name}' must be a list.")
        return [reader(item, f"{name}[{place}]") for place, item in enumerate(value)]

    return read_list


def record(model: Model, *, partial: bool = False) -> Reader:
    """An object inside another one."""

    def reader(value: Any, name: str) -> dict[str, Any]:
        return read(model, value, name, partial=partial)

    return reader


def mapping(value: Any, name: str) -> dict[str, Any]:
    """An object as it is."""
    if not isinstance(value, dict):
        raise invalid(f"'{name}' must be an object.")
    return value


def moment(value: Any, name: str) -> int:
    """A time, in milliseconds."""
    found = times.parse(value)
    if found is None:
        raise invalid(f"'{name}' must be a date: milliseconds since 1970, or ISO 8601.")
    return found


def domain(value: Any, name: str = "name") -> str:
    """A domain name of two labels or more, in lower case. Letters beyond ASCII come as ``xn--``."""
    found = text(value, name).strip().lower()
    if not _DOMAIN.fullmatch(found):
        raise invalid(f"'{name}' does not match the format of a domain name.")
    return found


def address(value: Any, name: str = "email") -> str:
    """An e-mail address, in lower case."""
    local, at, host = text(value, name).strip().lower().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(host):
        raise invalid(f"'{name}' does not match the format of an e-mail address.")
    return f"{local}@{host}"


def sender(value: Any, name: str) -> str:
    """What a sender rule names: an address or a domain."""
    return address(value, name) if "@" in text(value, name) else domain(value, name)


def host(value: Any, name: str) -> str:
    """A host name or an IP address."""
    found = text(value, name).strip().lower()
    if not _HOST.fullmatch(found) and not _is_address(found):
        raise invalid(f"'{name}' must be a host name or an IP address.")
    return found


def subnet(value: Any, name: str) -> str:
    """An IPv4 network, ``a.b.c.d/y``."""
    found = text(value, name)
    try:
        ipaddress.IPv4Network(found, strict=False)
    except ValueError as error:
        raise invalid(f"'{name}' must have the format a.b.c.d/y.") from error
    if "/" not in found:
        raise invalid(f"'{name}' must have the format a.b.c.d/y.")
    return found


def base64_text(value: Any, name: str) -> str:
    """A text in Base64."""
    try:
        base64.b64decode(text(value, name), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"'{name}' must be encoded in Base64.") from error
    return str(value)


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


_LANGUAGES = ("FR", "EN", "DE", "ES", "DA", "NB")

language = one_of(*_LANGUAGES, spelling=str.upper)
"""A language, read in any letter case and stored in upper case."""
