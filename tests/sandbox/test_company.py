"""The demo company: believable, and nowhere near a real name or address."""

import ipaddress

import pytest

from app.sandbox.company import (
    DNS_GAPS,
    FILTER_HOSTS,
    FIRMS,
    HOSTS,
    MISSING_HOST,
    ascii_letters,
    firm_of,
    firms_of,
)
from app.sandbox.seed import GENERATED, generated
from app.sandbox.server import SLUGS

RESERVED = (".example", ".test", ".example.com", ".example.net", ".example.org")


def names():
    yield from (name for firm in FIRMS for name in (firm.domain, *firm.aliases, *firm.routes))
    yield from (host.name for host in HOSTS)
    yield from (host for hosts in FILTER_HOSTS.values() for host in hosts)
    yield from (domain.name for domain in generated(12))
    yield from (alias for domain in generated(12) for alias in domain.aliases)


def test_all_names_are_reserved_ones():
    assert [name for name in names() if not name.endswith(RESERVED)] == []


def test_all_hosts_are_loopback():
    assert all(ipaddress.ip_address(host.address).is_loopback for host in HOSTS)


def test_every_route_is_a_known_host_or_the_missing_one():
    known = {host.name for host in HOSTS} | {MISSING_HOST}
    assert {route for firm in FIRMS for route in firm.routes} <= known


def test_no_name_belongs_to_two_firms():
    owned = [name for firm in FIRMS for name in (firm.domain, *firm.aliases)]
    assert len(owned) == len(set(owned))
    assert firm_of("NORDWIND.test") is firm_of("nordwind.example")
    assert firm_of("unknown.example") is None


@pytest.mark.parametrize("slug", SLUGS)
def test_every_upstream_knows_some_firms(slug):
    assert len(firms_of(slug)) >= 4


def test_people_are_the_same_at_each_start_and_have_plain_addresses():
    for firm in FIRMS:
        assert 3 <= len(firm.people) <= 6
        assert len(set(firm.addresses)) == len(firm.addresses)
        assert all(address.isascii() and " " not in address for address in firm.addresses)
    assert FIRMS[0].addresses[0] == "bjorn.yildiz@nordwind.example"


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Østergaard", "ostergaard"), ("Voß", "voss"), ("O'Connor", "oconnor"), ("Næss", "naess")],
)
def test_names_become_ascii(name, plain):
    assert ascii_letters(name) == plain


def test_gaps_are_of_known_domains():
    assert set(DNS_GAPS) <= {firm.domain for firm in FIRMS}


def test_generated_names_are_recognised():
    assert all(GENERATED.fullmatch(domain.name) for domain in generated(3))
    assert not GENERATED.fullmatch("customer-1.example")
