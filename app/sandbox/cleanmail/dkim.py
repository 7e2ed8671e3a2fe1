"""DKIM keys (Cleanmail REST API manual, 5.6): answers are lists of one-line DNS records, one per domain name."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.wrappers import Response

from app.sandbox.cleanmail import fields
from app.sandbox.cleanmail.call import Call, answer, nothing
from app.sandbox.cleanmail.domains import aliases_of
from app.sandbox.cleanmail.fields import optional
from app.sandbox.cleanmail.problems import invalid, missing
from app.sandbox.cleanmail.records import Records, Row

DEFAULT_SELECTOR = "protect"

DKIM: fields.Model = {
    "privateKey": optional(fields.filled),
    "publicKey": optional(fields.filled),
    "selector": optional(fields.host),
}


def make(records: Records, domain_id: str, selector: str, public: str, private: str) -> None:
    """Store a domain's key pair; both halves as Base64 of DER."""
    pair = {"selector": selector, "publicKey": public, "privateKey": private}
    records.table("dkim")[domain_id] = pair


def generate() -> tuple[str, str]:
    """Return a new pair: the public and the private half as Base64 of DER."""
    return _halves(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _halves(key: rsa.RSAPrivateKey) -> tuple[str, str]:
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return base64.b64encode(public).decode(), base64.b64encode(private).decode()


def _given_pair(given: Row) -> tuple[str, str]:
    """Return the pair of a body: generated when absent; raise 400 for a public half alone or of another key."""
    if "privateKey" not in given:
        if "publicKey" in given:
            raise invalid("'privateKey' is required with 'publicKey'.")
        return generate()
    public, private = _halves(_private_key(given["privateKey"]))
    if "publicKey" in given and _bare(given["publicKey"]) != public:
        raise invalid("'publicKey' does not belong to 'privateKey'.")
    return public, private


def _private_key(text: str) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_der_private_key(base64.b64decode(_bare(text), validate=True), None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as error:
        raise invalid("'privateKey' is no RSA key.") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise invalid("'privateKey' is no RSA key.")
    return key


def _bare(text: str) -> str:
    """Return the Base64 of a key, without the lines around it and the breaks inside."""
    return "".join(line.strip() for line in text.splitlines() if not line.startswith("-----"))


def records_of(records: Records, domain: Row) -> list[str]:
    """Return the DNS records to publish, for the domain and each of its aliases."""
    pair = records.table("dkim")[domain["id"]]
    names = [domain["name"], *(alias["name"] for alias in aliases_of(records, domain["id"]))]
    value = f"v=DKIM1; p={pair['publicKey']}"
    return [f"{pair['selector']}._domainkey.{name} TXT {value}" for name in names]


def _write(call: Call, domain: Row) -> list[str]:
    body = call.json(needed=False)
    given = fields.read(DKIM, body) if body is not None else {}
    public, private = _given_pair(given)
    make(call.records, domain["id"], given.get("selector", DEFAULT_SELECTOR), public, private)
    return records_of(call.records, domain)


def add_dkim(call: Call) -> Response:
    """5.6.1: create the entry; sysadmin only. One that is there already is a 400."""
    domain = call.domain()
    call.caller.require_sysadmin()
    if domain["id"] in call.records.table("dkim"):
        raise invalid("The domain has DKIM values already.")
    return answer(_write(call, domain), 201)


def get_dkim(call: Call) -> Response:
    """5.6.3: the records to publish; 404 where there is no key."""
    domain = call.domain()
    if domain["id"] not in call.records.table("dkim"):
        raise missing("No DKIM values found.")
    return answer(records_of(call.records, domain))


def update_domain_dkim(call: Call) -> Response:
    """5.6.4: replace the key, or create it; sysadmin only."""
    domain = call.domain()
    call.caller.require_sysadmin()
    return answer(_write(call, domain))


def delete_domain_dkim(call: Call) -> Response:
    """5.6.2: delete the key; no error where there was none. Sysadmin only."""
    domain = call.domain()
    call.caller.require_sysadmin()
    call.records.table("dkim").pop(domain["id"], None)
    return nothing()
