"""Domain names, host names, addresses and ports: checked and normalised here and nowhere else.

Names are kept as lower-case ASCII (punycode); `display` gives the form that people read.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Annotated

import idna
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator

from app.core.text import Message, msg

_LABEL = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)$")
_NUMERIC_LABEL = re.compile(r"^(?:[0-9]+|0x[0-9a-f]*)$")


class NameProblem(ValueError):
    """A name that cannot be used. `message` says why, for a person."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def _clean(text: str) -> str:
    """Trimmed text without control or format characters (which no name may hold)."""
    text = text.strip()
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text):
        raise NameProblem(msg("This contains an invisible or control character."))
    return text


def _to_ascii(text: str) -> str:
    """`text` as lower-case ASCII labels; Unicode is turned into punycode by IDNA 2008 with UTS 46 mapping."""
    if text.isascii():
        for label in text.lower().split("."):
            if label.startswith("xn--"):
                _check_punycode(label)
        return text.lower()
    try:
        return idna.encode(text, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError as error:
        raise NameProblem(
            msg("“{text}” is not a valid international name: {why}", text=text[:80], why=str(error)[:200])
        ) from error


def _check_punycode(label: str) -> None:
    try:
        idna.decode(label)
    except (idna.IDNAError, UnicodeError) as error:
        raise NameProblem(msg("“{label}” is not valid punycode.", label=label[:80])) from error


def domain_name(text: str) -> str:
    """`text` as a normalised domain name ("Bücher.example." -> "xn--bcher-kva.example").

    Raises NameProblem with the reason: empty, no dot, a label that is empty, too long or badly formed, more than
    253 characters, an IP address.
    """
    name = _clean(text).rstrip(".")
    if not name:
        raise NameProblem(msg("A domain name is needed, for example example.org."))
    if "@" in name:
        raise NameProblem(
            msg("“{text}” is an address; only the part after the @ is a domain.", text=name[:80])
        )
    if "://" in name or "/" in name:
        raise NameProblem(msg("“{text}” is a web address; give the bare domain name.", text=name[:80]))
    if _is_ip(name):
        raise NameProblem(msg("“{text}” is an IP address, not a domain name.", text=name))
    ascii_name = _checked_labels(name)
    if "." not in ascii_name:
        raise NameProblem(msg("“{text}” has no dot: give the full domain name.", text=name[:80]))
    return ascii_name


def host_name(text: str) -> str:
    """`text` as a normalised host: a host name, an IPv4 address, or an IPv6 address (brackets are taken off).

    Raises NameProblem with the reason.
    """
    host = _clean(text)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host:
        raise NameProblem(msg("A host name or IP address is needed."))
    if _is_ip(host):
        return str(ipaddress.ip_address(host))
    if ":" in host:
        raise NameProblem(msg("“{text}” is not a valid IPv6 address.", text=host[:80]))
    name = _checked_labels(host.rstrip("."))
    if _NUMERIC_LABEL.match(name.rsplit(".", 1)[-1]):
        raise NameProblem(msg("“{text}” is not a valid IPv4 address.", text=host[:80]))
    return name


def _checked_labels(name: str) -> str:
    """`name` as ASCII with every label checked, 253 characters at most."""
    parts = re.split(r"[.\u3002\uff0e\uff61]", name)
    if any(not part for part in parts):
        raise NameProblem(msg("“{text}” has an empty part between two dots.", text=name[:80]))
    for part in parts:
        if len(part) > 63:
            raise NameProblem(msg("“{label}…” is longer than 63 characters.", label=part[:20]))
    ascii_name = _to_ascii(name)
    if len(ascii_name) > 253:
        raise NameProblem(msg("The name is longer than 253 characters."))
    for label in ascii_name.split("."):
        if not _LABEL.match(label):
            raise NameProblem(
                msg(
                    "“{label}” may hold letters, digits and hyphens only, no hyphen at its ends.",
                    label=label[:80],
                )
            )
    return ascii_name


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def port_number(value: int | str) -> int:
    """A TCP port from 1 to 65535. Raises NameProblem otherwise."""
    try:
        port = int(str(value).strip())
    except ValueError:
        port = 0
    if not 1 <= port <= 65535 or not str(value).strip().isascii():
        raise NameProblem(
            msg("“{value}” is not a port: a whole number from 1 to 65535.", value=str(value)[:40])
        )
    return port


def mail_address(text: str) -> str:
    """`text` as a normalised mail address; the domain part in punycode. Raises NameProblem."""
    try:
        found = validate_email(_clean(text), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise NameProblem(
            msg("“{text}” is not a mail address: {why}", text=text[:80], why=str(error)[:200])
        ) from error
    return f"{found.local_part}@{found.ascii_domain}"


def display(name: str) -> str:
    """The form people read: punycode labels as Unicode where they decode, everything else unchanged."""
    if "xn--" not in name:
        return name
    return ".".join(_decoded(label) for label in name.split("."))


def _decoded(label: str) -> str:
    try:
        return idna.decode(label) if label.startswith("xn--") else label
    except (idna.IDNAError, UnicodeError):
        return label


def plain_text(text: str) -> str:
    """One line of text without control characters (line breaks and tabs become spaces). Raises NameProblem for NUL."""
    return exact_text(re.sub(r"\s*[\t\r\n]\s*", " ", text).strip())


def exact_text(text: str) -> str:
    """The text as it is, blanks at its ends too. Raises NameProblem for control characters in it."""
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise NameProblem(msg("This contains a control character."))
    return text


DomainName = Annotated[str, AfterValidator(domain_name)]
HostName = Annotated[str, AfterValidator(host_name)]
MailAddress = Annotated[str, AfterValidator(mail_address)]
Port = Annotated[int, BeforeValidator(port_number)]
PlainText = Annotated[str, AfterValidator(plain_text)]
