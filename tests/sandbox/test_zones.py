"""The demo's DNS over UDP and TCP."""

import socket
import struct

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import pytest

from app.sandbox.company import DKIM_PUBLIC_KEY, DNS_GAPS, FILTER_HOSTS, FIRMS, HOSTS, MISSING_HOST, firms_of


@pytest.fixture
def ask(sandbox):
    def query(name, kind, *, tcp=False, message=None):
        message = message or dns.message.make_query(name, kind, use_edns=True, payload=4096)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(message, "127.0.0.1", port=sandbox.dns_port, timeout=5)

    return query


@pytest.fixture
def texts(ask):
    """Return the values of one kind of records, sorted."""

    def values(name, kind):
        answer = ask(name, kind)
        found = [rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.from_text(kind)]
        if kind == "TXT":
            return sorted(b"".join(item.strings).decode() for rrset in found for item in rrset)
        return sorted(item.to_text() for rrset in found for item in rrset)

    return values


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_route_hosts_have_their_loopback_addresses(texts, host):
    assert texts(host.name, "A") == [host.address]
    number = host.address.rpartition(".")[2]
    assert texts(f"{number}.0.0.127.in-addr.arpa", "PTR") == [f"{host.name}."]


def test_the_mx_of_a_filtered_domain_names_its_filter(texts):
    for slug, hosts in FILTER_HOSTS.items():
        for firm in firms_of(slug):
            if firm.domain in DNS_GAPS or firm.upstreams[0] != slug:
                continue
            expected = [f"{10 * number} {host}." for number, host in enumerate(hosts, start=1)]
            assert texts(firm.domain, "MX") == expected
            for host in hosts:
                assert texts(host, "A")[0].startswith("127.0.0.")


def test_the_gaps_are_really_in_the_dns(texts):
    assert texts("lofotenfisk.example", "MX") == []
    assert "mail.slowpost.example." in texts("hotelduphare.example", "MX")[0]
    assert texts("skagenfisk.example", "TXT") == []
    assert len(texts("solskin.example", "TXT")) == 2
    assert "+all" in texts("librairie.example.org", "TXT")[0]
    assert texts("_dmarc.oldquay.example", "TXT") == []
    assert "p=none" in texts("_dmarc.hafencafe.example", "TXT")[0]
    assert texts("mail2026._domainkey.tidewater.example.com", "TXT") == []
    assert texts("mail2026._domainkey.fjordbakeriet.example", "TXT") == ["v=DKIM1; k=rsa; p="]


def test_a_good_domain_publishes_spf_dkim_and_dmarc(texts):
    assert texts("nordwind-werft.example", "TXT") == ["v=spf1 mx include:_spf.filtering.example -all"]
    assert texts("_spf.filtering.example", "TXT")[0].startswith("v=spf1 ip4:")
    assert texts("_dmarc.nordwind.example", "TXT")[0].startswith("v=DMARC1; p=reject")
    assert texts("mail2026._domainkey.nordwind.example", "TXT") == [f"v=DKIM1; k=rsa; p={DKIM_PUBLIC_KEY}"]


def test_every_domain_and_alias_is_a_zone(texts):
    for firm in FIRMS:
        for name in (firm.domain, *firm.aliases):
            assert texts(name, "SOA"), name
            assert len(texts(name, "NS")) == 2, name


def test_an_alias_name_is_followed(ask, texts):
    answer = ask("www.nordwind.example", "A")
    assert [rrset.rdtype.name for rrset in answer.answer] == ["CNAME", "A"]
    assert texts("www.nordwind.example", "CNAME") == ["nordwind.example."]


def test_names_are_found_in_any_case(texts):
    assert texts("MAIL.Nordwind.EXAMPLE", "A") == ["127.0.0.11"]


def test_generated_domains_have_zones_of_their_own(texts, ask):
    assert texts("customer-20000.example", "MX") == ["10 mx1.filtering.example.", "20 mx2.filtering.example."]
    assert texts("customer-00010.test", "TXT")
    assert texts("_dmarc.customer-00011.example", "TXT")
    assert ask("nothing.customer-00011.example", "A").rcode() == dns.rcode.NXDOMAIN


def test_a_missing_name_is_nxdomain_with_the_zones_soa(ask):
    answer = ask(MISSING_HOST, "A")
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert answer.authority[0].name.to_text() == "gone.example."
    assert answer.authority[0].rdtype.name == "SOA"


@pytest.mark.parametrize(
    ("name", "kind"), [("nordwind.example", "CAA"), ("_domainkey.nordwind.example", "A")]
)
def test_a_name_without_such_records_exists_all_the_same(ask, name, kind):
    answer = ask(name, kind)
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.answer == []
    assert answer.authority[0].rdtype.name == "SOA"


@pytest.mark.parametrize("name", ["example.com", "example", ".", "gatehouse.invalid", "customer-1.example"])
def test_other_zones_are_refused(ask, name):
    answer = ask(name, "A")
    assert answer.rcode() == dns.rcode.REFUSED
    assert not answer.flags & dns.flags.AA


def test_answers_are_authoritative_and_echo_the_question(ask):
    answer = ask("nordwind.example", "MX")
    assert answer.flags & dns.flags.AA
    assert answer.question[0].name.to_text() == "nordwind.example."


def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp(ask, texts):
    query = dns.message.make_query("nordwind.example", "TXT")
    cut = ask("", "", message=query)
    assert cut.flags & dns.flags.TC
    assert cut.answer == []
    whole = ask("", "", message=query, tcp=True)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 5
    assert "v=spf1 mx include:_spf.filtering.example -all" in texts("nordwind.example", "TXT")


def test_several_questions_over_one_tcp_connection(sandbox):
    query = dns.message.make_query("mail.nordwind.example", "A").to_wire()
    with socket.create_connection(("127.0.0.1", sandbox.dns_port), timeout=5) as connection:
        reader = connection.makefile("rb")
        for _ in range(2):
            connection.sendall(struct.pack("!H", len(query)) + query)
            answer = dns.message.from_wire(reader.read(struct.unpack("!H", reader.read(2))[0]))
            assert answer.answer[0][0].to_text() == "127.0.0.11"
        reader.close()


def test_rubbish_is_not_answered_and_does_no_harm(ask, sandbox):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        probe.connect(("127.0.0.1", sandbox.dns_port))
        for packet in (b"", b"x", b"\xff" * 40, ask("nordwind.example", "A").to_wire()):
            probe.send(packet)
        with pytest.raises(TimeoutError):
            probe.recv(512)
    assert ask("nordwind.example", "A").answer


def test_other_opcodes_are_not_implemented(ask):
    query = dns.message.make_query("nordwind.example", "SOA")
    query.set_opcode(dns.opcode.NOTIFY)
    assert ask("", "", message=query).rcode() == dns.rcode.NOTIMP
