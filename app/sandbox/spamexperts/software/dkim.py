"""DKIM of outgoing mail (SpamExperts contract sheet, section 6.4).

A row of the table ``dkim`` holds, per domain, the selectors by outgoing user (empty: the domain's) and the public key.
The private key is not kept: nothing here signs.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox import zones
from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import Answer, Empty, Setting, fail, invalid
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import INFERRED, VENDOR, software

_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_KEY_SIZES = (1024, 2048)


@software(
    "api_set_dkim_certificate",
    *("domain", "certificate", "selector"),
    tag=VENDOR,
)
def set_dkim_certificate(cluster: Cluster, arguments: Arguments) -> Answer:
    """Sets the private key (PEM, RSA, 1024 or 2048 bits) and the selector."""
    domain, selector = arguments.domain(), _selector(arguments)
    cluster.require(domain)
    public = _public_key(arguments.text("certificate"))
    return _save(cluster, domain, {"selectors": {"": selector}, "public_key": public}, selector)


@software(
    "api_set_dkim_selector",
    *("domain", "selector", "username="),
    tag=VENDOR,
)
def set_dkim_selector(cluster: Cluster, arguments: Arguments) -> Answer:
    """Sets the selector of a domain or of one outgoing user."""
    domain, username = _user(cluster, arguments)
    selector = _selector(arguments)
    row = _row(cluster, domain)
    return _save(cluster, domain, {**row, "selectors": {**row["selectors"], username: selector}}, selector)


@software(
    "api_get_dkim_certificate",
    *("domain", "username="),
    tag=INFERRED,
    returns="value",
)
def get_dkim_certificate(cluster: Cluster, arguments: Arguments) -> Answer:
    """Shows the public key; the private key is never shown."""
    domain, _ = _user(cluster, arguments)
    key = _row(cluster, domain)["public_key"]
    return Setting(domain, f"k=rsa; p={key}" if key else "", "", own=bool(key))


@software(
    "api_get_dkim_selector",
    *("domain", "username="),
    tag=INFERRED,
    returns="value",
)
def get_dkim_selector(cluster: Cluster, arguments: Arguments) -> Answer:
    """Shows the selector of a domain or of one outgoing user."""
    domain, username = _user(cluster, arguments)
    selectors = _row(cluster, domain)["selectors"]
    default = selectors.get("", "") if username else ""
    return Setting(domain, selectors.get(username, default), default, own=username in selectors)


def _row(cluster: Cluster, domain: str) -> dict[str, Any]:
    row: dict[str, Any] = cluster.state.table("dkim").get(domain, {"selectors": {}, "public_key": ""})
    return row


def _save(cluster: Cluster, domain: str, row: dict[str, Any], selector: str) -> Answer:
    """Store the row, and warn when the DNS does not publish this key under this selector."""
    cluster.state.table("dkim")[domain] = row
    name = f"{selector}._domainkey.{domain}"
    if row["public_key"] and row["public_key"] in "".join(zones.texts(name)).replace(" ", ""):
        return Empty()
    return Empty((wording.warning(wording.DKIM_RECORD_MISSING, record=name),))


def _user(cluster: Cluster, arguments: Arguments) -> tuple[str, str]:
    domain, username = arguments.domain(), arguments.text("username")
    cluster.require(domain)
    if username and username not in cluster.state.table("outgoing_users").get(domain, {}):
        raise fail(wording.NO_SUCH, thing="outgoing user", item=username)
    return domain, username


def _selector(arguments: Arguments) -> str:
    selector = arguments.text("selector")
    if not _SELECTOR.fullmatch(selector):
        raise invalid("selector", selector)
    return selector


def _public_key(pem: str) -> str:
    """Return the public half of a private RSA key in base64; EV for anything else, without repeating the key."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise invalid("certificate", "not a private key in PEM") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size not in _KEY_SIZES:
        raise invalid("certificate", "not an RSA key of 1024 or 2048 bits")
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()
