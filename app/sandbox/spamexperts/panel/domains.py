"""Domains, aliases and contacts through the Control Panel API (contract sheet, 7.4)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spamexperts import names
from app.sandbox.spamexperts.answers import ApiError
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.panel.outcome import Outcome, changes, done, reads, refuse
from app.sandbox.spamexperts.panel.paths import Asked
from app.sandbox.spamexperts.policy import POLICIES
from app.sandbox.spamexperts.software import recipients, settings
from app.sandbox.spamexperts.wording import Panel

_PRODUCTS = ("incoming", "outgoing", "archiving")
_LICENSED = [*_PRODUCTS, "whitelabel"]
_CONTACTS = {
    policy.name: policy for policy in POLICIES if policy.name in ("contact", "administrator_contact")
}


def domain_of(asked: Asked, key: str = "domain") -> str:
    """Return a well-formed domain name."""
    text = asked.text(key)
    try:
        return names.domain_name(key, text)
    except ApiError as error:
        raise refuse(Panel.BAD_DOMAIN, domain=text) from error


def known(cluster: Cluster, asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return name and row of a domain that is there."""
    domain = domain_of(asked)
    row = cluster.domains.get(domain)
    if row is None:
        raise refuse(Panel.NOT_ALLOWED, domain=domain)
    return domain, row


def _routes(asked: Asked) -> list[names.Destination]:
    try:
        return [names.destination("destinations", text) for text in asked.listed("destinations")]
    except ApiError as error:
        raise refuse(*(line.removeprefix("ERROR: ") for line in error.lines)) from error


@reads("productslist/get")
def products(_cluster: Cluster, _asked: Asked) -> Outcome:
    """List the products of the licence."""
    return Outcome(result=list(_LICENSED))


@reads("domainslist/get")
def domains(cluster: Cluster, asked: Asked) -> Outcome:
    """``withservices``: an object of products by name, which no public source shows [inferred]."""
    if asked.values.get("withservices", "") in ("1", "true"):
        return Outcome(result={name: row["products"] for name, row in cluster.domains.items()})
    return Outcome(result=list(cluster.domains))


@changes("domain/add")
def add(cluster: Cluster, asked: Asked) -> Outcome:
    """Without destinations the domain gets none; aliases that are taken refuse the whole call."""
    domain, routes = domain_of(asked), _routes(asked)
    aliases = [names.alias_name(text) for text in asked.listed("aliases")]
    if any(cluster.taken(name) for name in (domain, *aliases)):
        raise refuse(*Panel.DOMAIN_EXISTS, domain=domain)
    cluster.add_domain(domain, routes, aliases)
    return done(*Panel.DOMAIN_ADDED, domain=names.unicode_name(domain))


@changes("domain/edit")
def edit(cluster: Cluster, asked: Asked) -> Outcome:
    """Replace all destinations of a domain."""
    domain, _ = known(cluster, asked)
    asked.text("destinations")
    cluster.change_domain(domain, destinations=[list(route) for route in _routes(asked)])
    return done(Panel.DOMAIN_EDITED, domain=domain)


@changes("domain/remove")
def remove(cluster: Cluster, asked: Asked) -> Outcome:
    """Remove a domain with everything that belongs to it."""
    domain = domain_of(asked)
    if domain not in cluster.domains:
        raise refuse(*Panel.DOMAIN_NOT_REMOVED, domain=domain)
    cluster.remove_domain(domain)
    return done(Panel.DOMAIN_REMOVED, domain=domain)


@reads("domain/exists")
def exists(cluster: Cluster, asked: Asked) -> Outcome:
    """A missing domain is an answer or an error: both were seen, the switch ``missing_domain`` decides."""
    domain = domain_of(asked)
    present = domain in cluster.domains
    if not present and cluster.profile["missing_domain"] == "error":
        raise refuse(Panel.NOT_OURS, domain=domain)
    return Outcome(result={"present": int(present)})


@reads("domain/getroute")
def get_route(cluster: Cluster, asked: Asked) -> Outcome:
    """List the destinations, two colons before the port."""
    return Outcome(result=[names.exported(route) for route in known(cluster, asked)[1]["destinations"]])


@reads("domain/getproducts")
def get_products(cluster: Cluster, asked: Asked) -> Outcome:
    """Tell which products a domain has, as 0 and 1."""
    row = cluster.domains.get(domain_of(asked))
    if row is None:
        raise refuse(Panel.NO_PRODUCTS, domain=asked.text("domain"))
    return Outcome(result=row["products"])


@changes("domain/setproducts")
def set_products(cluster: Cluster, asked: Asked) -> Outcome:
    """The values are 0 and 1; the word false is not understood."""
    domain, row = known(cluster, asked)
    wishes = {key: asked.values[key] for key in _PRODUCTS if key in asked.values}
    for key, value in wishes.items():
        if value not in ("0", "1"):
            raise refuse(Panel.BAD_VALUE, key=key, value=value)
    cluster.change_domain(
        domain, products={**row["products"], **{key: int(value) for key, value in wishes.items()}}
    )
    return done(Panel.PRODUCTS_SET, domain=domain)


@reads("domain/getvalidrecipientcount")
def count_recipients(cluster: Cluster, asked: Asked) -> Outcome:
    """Count the local recipients."""
    domain, _ = known(cluster, asked)
    return Outcome(result=len(cluster.state.table(recipients.TABLE).get(domain, [])))


@changes("domain/addlocalrecipient")
def add_local_recipient(cluster: Cluster, asked: Asked) -> Outcome:
    """Add a local recipient; the key ``localpart`` is [inferred]."""
    domain, _ = known(cluster, asked)
    recipients.add(cluster, domain, asked.text("localpart"))
    return done(Panel.RECIPIENT_ADDED, item=asked.text("localpart"))


@changes("domainalias/add")
def add_alias(cluster: Cluster, asked: Asked) -> Outcome:
    """Add an alias domain."""
    domain, _ = known(cluster, asked)
    alias = domain_of(asked, "alias")
    if cluster.taken(alias):
        raise refuse(Panel.ALIAS_EXISTS)
    cluster.add_alias(domain, alias)
    return done(Panel.ALIAS_ADDED, item=alias)


@changes("domainalias/remove")
def remove_alias(cluster: Cluster, asked: Asked) -> Outcome:
    """Remove an alias domain."""
    domain, row = known(cluster, asked)
    alias = domain_of(asked, "alias")
    if alias not in row["aliases"]:
        raise refuse(Panel.ALIAS_MISSING, item=alias)
    cluster.remove_alias(domain, alias)
    return done(Panel.ALIAS_REMOVED, item=alias)


@reads("domainalias/list")
def list_aliases(cluster: Cluster, asked: Asked) -> Outcome:
    """List the alias domains, without the main one."""
    return Outcome(result=known(cluster, asked)[1]["aliases"])


@reads("domaincontact/get")
def get_contact(cluster: Cluster, asked: Asked) -> Outcome:
    """Show the domain's contact."""
    return _contact(cluster, asked, "contact")


@reads("domainadmincontact/get")
def get_admin_contact(cluster: Cluster, asked: Asked) -> Outcome:
    """Show the administrator's contact."""
    return _contact(cluster, asked, "administrator_contact")


@changes("domaincontact/set")
def set_contact(cluster: Cluster, asked: Asked) -> Outcome:
    """Set the domain's contact."""
    domain, _ = known(cluster, asked)
    settings.assign(cluster, _CONTACTS["contact"], domain, _CONTACTS["contact"].read(asked.text("email")))
    return done(Panel.CONTACT_SET, domain=domain, item=asked.text("email"))


@changes("domainadmincontact/set")
def set_admin_contact(cluster: Cluster, asked: Asked) -> Outcome:
    """Set the administrator's contact."""
    domain, _ = known(cluster, asked)
    policy = _CONTACTS["administrator_contact"]
    settings.assign(cluster, policy, domain, policy.read(asked.text("email")))
    return done(Panel.ADMIN_CONTACT_SET, domain=domain, item=asked.text("email"))


def _contact(cluster: Cluster, asked: Asked, name: str) -> Outcome:
    domain, _ = known(cluster, asked)
    return Outcome(result=settings.setting(cluster, _CONTACTS[name], domain).setting)
