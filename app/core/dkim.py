"""DKIM keys: the DNS record that a key needs, cut for a zone file, and private keys that people bring along (RFC 6376)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.core.names import NameProblem
from app.core.secret import Secret
from app.core.text import msg

PIECE = 255
"""A character string of a TXT record holds at most so many bytes (RFC 1035, 3.3)."""

_KEY_SIZES = (
    1024,
    4096,
)  # smaller ones are not accepted by receivers (RFC 8301, 3.2), larger ones not by DNS


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """The TXT record that one domain name must publish for the key of a selector. `value`: its text, in one piece."""

    selector: str
    domain: str
    value: str

    @property
    def host(self) -> str:
        """The name of the record."""
        return record_host(self.selector, self.domain)

    @property
    def public_key(self) -> str:
        """The public key in Base64, "" where the record holds none."""
        return public_key_in(self.value)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text in pieces that a character string of a TXT record can hold."""
        data = self.value.encode()
        cuts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]
        return tuple(cut.decode("utf-8", "replace") for cut in cuts)

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file (RFC 1035, 5.1)."""
        quoted = " ".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in self.pieces)
        return (
            f"{self.host}. IN TXT ( {quoted} )" if len(self.pieces) > 1 else f"{self.host}. IN TXT {quoted}"
        )


def record_host(selector: str, domain: str) -> str:
    """The name under which a selector's key is published (RFC 6376, 3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def tags(text: str) -> Mapping[str, str]:
    """The tags of a key record by name, blanks taken out of their values (RFC 6376, 3.2); the first of a name counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip(), "".join(value.split()))
    return found


def public_key_in(text: str) -> str:
    """The public key of a key record in Base64, "" where it has none."""
    return tags(text).get("p", "")


def private_key(text: str) -> rsa.RSAPrivateKey:
    """A private RSA key of 1024 to 4096 bits, as PEM or as its bare Base64. Raises NameProblem, never with the key in it."""
    try:
        key = serialization.load_der_private_key(base64.b64decode(_bare(text), validate=True), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise NameProblem(msg("This is not a private RSA key without a password, in PEM."))
    least, most = _KEY_SIZES
    if not least <= key.key_size <= most:
        raise NameProblem(
            msg(
                "The key has {size} bits; {least} to {most} are accepted.",
                size=key.key_size,
                least=least,
                most=most,
            )
        )
    return key


def _bare(text: str) -> str:
    """The Base64 of a key, without the lines around it and the breaks inside."""
    return "".join(line.strip() for line in text.splitlines() if not line.startswith("-----"))


def new_private_key() -> Secret:
    """A fresh RSA key of 2048 bits, in PEM."""
    return as_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def as_pem(key: rsa.RSAPrivateKey) -> Secret:
    """The key in PEM (PKCS #8, without a password)."""
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Secret(data.decode("ascii"))


def as_base64(key: rsa.RSAPrivateKey) -> Secret:
    """The key as Base64 of DER (PKCS #8), in one line."""
    data = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Secret(base64.b64encode(data).decode("ascii"))


def public_half(key: rsa.RSAPrivateKey) -> str:
    """The public half in Base64, as `p=` of the record has it."""
    data = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(data).decode("ascii")
