"""SPF, DKIM and DMARC: what is checked on incoming mail, and what the DNS says.

Hornetsecurity contract sheet, 5.5.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import dns_facts, fields
from app.sandbox.hornetsecurity.answers import no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

_THREE = (0, 1, 2)
SETTINGS: dict[str, dict[str, tuple[tuple[int, ...], int]]] = {
    "spf": {"status": (_THREE, 1), "fail": (_THREE, 0), "softfail": (_THREE, 2), "analysis": (_THREE, 0)},
    "dmarc": {"status": ((0, 1, 2, 3, 4, 5), 3)},
    "dkim/validation": {"status": (_THREE, 0)},
    "dkim/signature": {"status": ((0, 1), 0)},
}
"""Call to its keys, each with the values it takes and the one it starts with."""


def _key(call: Call) -> str:
    """Return the key under which the settings of the customer, or of one of its domains, are kept."""
    customer = call.customer(bare=True)
    domain_id = call.query({"domain_id": fields.integer()}).get("domain_id")
    if domain_id is None:
        return str(customer["id"])
    return f"{customer['id']}/{_domain(call, customer, domain_id)['id']}"


def _domain(call: Call, customer: Row, domain_id: int) -> Row:
    row = call.site.directory.domain(domain_id)
    if row is None or row["customer"] != customer["id"]:
        raise Problem(5006)
    return row


def _shown(call: Call, name: str) -> dict[str, int]:
    """Return the domain's own settings over the customer's over the defaults."""
    key, table = _key(call), call.site.table(name)
    defaults = {each: start for each, (_, start) in SETTINGS[name].items()}
    return {**defaults, **table.get(key.partition("/")[0], {}), **table.get(key, {})}


def _change(call: Call, name: str) -> dict[str, int]:
    """Change settings: at least one key, and ``status`` where there is no other."""
    key, table = _key(call), call.site.table(name)
    sole = len(SETTINGS[name]) == 1
    sent = call.body(
        {each: fields.integer(choices=values, required=sole) for each, (values, _) in SETTINGS[name].items()}
    )
    if not sent:
        raise invalid("status", fields.REQUIRED)
    table[key] = {**table.get(key, {}), **sent}
    return _shown(call, name)


@route("GET", "/email_authentication/spf/")
def spf(call: Call) -> dict[str, int]:
    """Show how SPF results are treated."""
    return _shown(call, "spf")


@route("POST", "/email_authentication/spf/", entity="spf")
def change_spf(call: Call) -> dict[str, int]:
    """Change how SPF results are treated."""
    return _change(call, "spf")


@route("GET", "/email_authentication/dmarc/")
def dmarc(call: Call) -> dict[str, int]:
    """Show how DMARC results are treated."""
    return _shown(call, "dmarc")


@route("POST", "/email_authentication/dmarc/", entity="dmarc")
def change_dmarc(call: Call) -> dict[str, int]:
    """Change how DMARC results are treated."""
    return _change(call, "dmarc")


@route("GET", "/email_authentication/dkim/validation/")
def dkim_validation(call: Call) -> dict[str, int]:
    """Show how DKIM results are treated."""
    return _shown(call, "dkim/validation")


@route("POST", "/email_authentication/dkim/validation/", entity="dkim_validation")
def change_dkim_validation(call: Call) -> dict[str, int]:
    """Change how DKIM results are treated."""
    return _change(call, "dkim/validation")


@route("GET", "/email_authentication/dkim/signature/")
def dkim_signature(call: Call) -> dict[str, int]:
    """Tell whether outgoing mail is signed."""
    return _shown(call, "dkim/signature")


@route("POST", "/email_authentication/dkim/signature/", entity="dkim_signature")
def change_dkim_signature(call: Call) -> dict[str, int]:
    """Let outgoing mail be signed or not."""
    return _change(call, "dkim/signature")


@route("GET", "/email_authentication/dns_check/")
def dns_check(call: Call) -> dict[str, Any]:
    """Show, for each domain of the customer, what the DNS says about SPF, DKIM and DMARC."""
    customer = call.customer(bare=True)
    return {
        "domains": [
            {
                "domain_id": row["id"],
                "domain": row["domain"],
                **dns_facts.authentication(row["domain"]),
                "spam_filter_activated": True,
            }
            for row in call.site.directory.domains_of(customer["id"])
        ],
        "dns_checks_skipped": False,
    }


_EXCEPTIONS = ("spf_status", "dkim_validation_status", "dkim_signature_status", "dmarc_status")


def _exceptions(call: Call, customer: Row) -> dict[str, Any]:
    kept: dict[str, Any] = call.site.table("authentication_exceptions").get(str(customer["id"]), {})
    return kept


@route("GET", "/email_authentication/exceptions/")
def exceptions(call: Call) -> dict[str, Any]:
    """List the domains that do not follow the customer's settings."""
    return {"domains": list(_exceptions(call, call.customer(bare=True)).values())}


@route("POST", "/email_authentication/exceptions/", entity="authentication_exception")
def add_exception(call: Call) -> dict[str, Any]:
    """Let one domain differ from the customer's settings (0 off, 1 as the customer)."""
    customer = call.customer(bare=True)
    domain = _domain(call, customer, call.query({"domain_id": fields.integer(required=True)})["domain_id"])
    sent = call.body({each: fields.integer(nullable=True, choices=(0, 1)) for each in _EXCEPTIONS})
    row = {"domain_id": domain["id"], "domain": domain["domain"], **dict.fromkeys(_EXCEPTIONS), **sent}
    kept = {**_exceptions(call, customer), str(domain["id"]): row}
    call.site.table("authentication_exceptions")[str(customer["id"])] = kept
    return row


@route("DELETE", "/email_authentication/exceptions/", entity="authentication_exception")
def delete_exception(call: Call) -> Response:
    """Let one domain follow the customer's settings again."""
    customer = call.customer(bare=True)
    domain = _domain(call, customer, call.query({"domain_id": fields.integer(required=True)})["domain_id"])
    kept = {key: row for key, row in _exceptions(call, customer).items() if key != str(domain["id"])}
    call.site.table("authentication_exceptions")[str(customer["id"])] = kept
    return no_content()
