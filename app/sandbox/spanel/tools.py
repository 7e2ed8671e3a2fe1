"""tool/: cron jobs and certificate requests (SPanel contract sheet, section 5.3)."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call

CRON_FIELDS = ("minute", "hour", "day", "month", "weekday", "command")


def list_crons(call: Call) -> Answer:
    """tool/listcrons: name and keys are [inferred]."""
    return found(call.rows("crons"))


def create_cron(call: Call) -> Answer:
    """tool/createcron."""
    crons, row = call.rows("crons"), {field: call.text(field) for field in CRON_FIELDS}
    if row in crons:
        raise Refused(command="This cron job already exists")
    call.keep("crons", [*crons, row])
    return done("Cron job created successfully")


def edit_cron(call: Call) -> Answer:
    """tool/editcron: every field is the old and the new value."""
    crons = call.rows("crons")
    old, new = ({field: call.texts(field)[which] for field in CRON_FIELDS} for which in (0, 1))
    crons[_position(crons, old)] = new
    call.keep("crons", crons)
    return done("Cron job updated successfully")


def remove_cron(call: Call) -> Answer:
    """tool/removecron: name and parameters are [inferred]."""
    crons = call.rows("crons")
    del crons[_position(crons, {field: call.text(field) for field in CRON_FIELDS})]
    call.keep("crons", crons)
    return done("Cron job removed successfully")


def _position(crons: list[dict[str, str]], row: dict[str, str]) -> int:
    if row not in crons:
        raise Refused(command="There is no such cron job")
    return crons.index(row)


def generate_csr(call: Call) -> Answer:
    """tool/generatecsr. The sample's text speaks of a self-signed certificate; the key ``csr`` is [inferred]."""
    named = {
        NameOID.COMMON_NAME: call.own(),
        NameOID.COUNTRY_NAME: call.text("country").upper(),
        NameOID.STATE_OR_PROVINCE_NAME: call.text("stateorprovince"),
        NameOID.LOCALITY_NAME: call.text("city"),
        NameOID.ORGANIZATION_NAME: call.text("organization"),
        NameOID.EMAIL_ADDRESS: call.text("email"),
    }
    try:
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in named.items()])
    except ValueError as error:
        raise Refused(domain=str(error)) from error
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    return done("The self-signed certificate was generated successfully", csr=pem)
