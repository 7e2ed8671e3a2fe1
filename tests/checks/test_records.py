"""MX, SPF and DMARC of a domain: of the sandbox's name server, and of servers that do what they should not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from app.checks.asking import MOST_QUESTIONS
from app.checks.checker import Checks
from app.checks.resolver import Resolver
from app.checks.smtp import RouteTester
from app.core.deadline import deadline_in
from app.core.health import WantedHosts
from app.core.model import Connection, Reading, Route, Verdict
from app.core.text import msg
from app.sandbox.company import FILTER_HOSTS
from app.sandbox.server import Sandbox

DOMAIN = "records.example"
HOSTS = WantedHosts(FILTER_HOSTS["spamexperts"], msg("the filter says so"))


def connection(port: int) -> Connection:
    return Connection("a", "spamexperts", "A", "https://127.0.0.1", resolvers=(f"127.0.0.1:{port}",))


@pytest.fixture
def checks() -> Checks:
    return Checks(lambda: datetime.now(UTC))


@pytest.fixture
def demo(sandbox: Sandbox) -> Connection:
    """A connection with the sandbox's name server."""
    return connection(sandbox.dns_port)


Zone = Callable[[str, str], list[str] | None]
"""(name, type) -> its records; None: the server fails."""


@contextmanager
def name_server(zone: Zone) -> Iterator[tuple[Connection, list[str]]]:
    """A name server on a free port, over UDP and TCP; the names that it was asked for."""
    asked: list[str] = []

    def respond(packet: bytes) -> dns.message.Message:
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        asked.append(f"{kind} {name}")
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        records = zone(name, kind)
        if records is None:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        return response

    def udp() -> None:
        while True:
            try:
                packet, peer = datagrams.recvfrom(4096)
            except OSError:
                return
            response = respond(packet)
            wire = response.to_wire(max_size=65535)
            if len(wire) > 512:
                short = dns.message.make_response(dns.message.from_wire(packet))
                short.flags |= dns.flags.TC
                wire = short.to_wire()
            datagrams.sendto(wire, peer)

    def tcp() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                size = int.from_bytes(peer.recv(2), "big")
                wire = respond(peer.recv(size)).to_wire(max_size=65535)
                peer.sendall(len(wire).to_bytes(2, "big") + wire)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        datagrams.bind(listener.getsockname())
        threads = [threading.Thread(target=work, daemon=True) for work in (udp, tcp)]
        for thread in threads:
            thread.start()
        yield connection(listener.getsockname()[1]), asked
        listener.shutdown(socket.SHUT_RDWR)


def txt(*texts: str) -> Zone:
    """A zone in which the domain has these TXT records, and no name anything else."""
    quoted = [" ".join(f'"{text[i : i + 250]}"' for i in range(0, len(text), 250)) for text in texts]
    return lambda name, kind: quoted if (name, kind) == (DOMAIN, "TXT") else []


# --- the demo's own gaps ---


@pytest.mark.parametrize(
    ("domain", "verdict"),
    [
        ("nordwind.example", "pass"),
        ("hotelduphare.example", "fail"),
        ("lofotenfisk.example", "fail"),
        ("no-such-name.nordwind.example", "fail"),
        ("not-in-the-demo.invalid", "unknown"),
    ],
)
def test_mx(checks: Checks, demo: Connection, domain: str, verdict: str) -> None:
    reading = checks.mx_records(demo, domain, HOSTS)
    assert (reading.check, reading.source, reading.verdict) == ("mx", "DNS", verdict)
    if verdict == "fail":
        assert f"{domain}. IN MX 10 mx1.filtering.example." in reading.record


def test_mx_records_of_which_some_lead_elsewhere_are_a_warning(checks: Checks, demo: Connection) -> None:
    wanted = WantedHosts(FILTER_HOSTS["cleanmail"], msg("the filter says so"))
    reading = checks.mx_records(demo, "talleribanez.example", wanted)
    assert reading.verdict is Verdict.WARN and "mail.relay.example" in str(reading.advice)


def test_mx_without_anybody_who_says_where_they_should_lead_is_unknown(
    checks: Checks, demo: Connection
) -> None:
    reading = checks.mx_records(demo, "nordwind.example", WantedHosts(reason=msg("Nobody says.")))
    assert reading.verdict is Verdict.UNKNOWN and str(reading.advice) == "Nobody says."
    assert reading.value == "mx1.filtering.example mx2.filtering.example"


def test_a_null_mx_takes_no_mail(checks: Checks) -> None:
    with name_server(lambda _name, kind: ["0 ."] if kind == "MX" else []) as (here, _):
        assert checks.mx_records(here, DOMAIN, HOSTS).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("domain", "verdict"),
    [
        ("nordwind.example", "pass"),
        ("skagenfisk.example", "fail"),
        ("librairie.example.org", "fail"),
        ("solskin.example", "fail"),
        ("not-in-the-demo.invalid", "unknown"),
    ],
)
def test_spf(checks: Checks, demo: Connection, domain: str, verdict: str) -> None:
    assert checks.spf_record(demo, domain, ()).verdict == verdict


def test_the_proposed_spf_record_names_the_known_senders(checks: Checks, demo: Connection) -> None:
    reading = checks.spf_record(demo, "skagenfisk.example", ["mail.a.example", "mail.a.example"])
    assert reading.record == 'skagenfisk.example. IN TXT "v=spf1 mx a:mail.a.example ~all"'


@pytest.mark.parametrize(
    ("domain", "verdict"),
    [
        ("nordwind.example", "pass"),
        ("hafencafe.example", "warn"),
        ("oldquay.example", "fail"),
        ("not-in-the-demo.invalid", "unknown"),
    ],
)
def test_dmarc(checks: Checks, demo: Connection, domain: str, verdict: str) -> None:
    reading = checks.dmarc_record(demo, domain)
    assert reading.verdict == verdict
    assert bool(reading.record) is (verdict in ("warn", "fail"))
    assert "p=quarantine" in reading.record or verdict != "warn"


# --- records that are not as they should be ---


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "pass"),
        ("v=spf1 ip4:192.0.2.1 ?all", "warn"),
        ("v=spf1 ip4:192.0.2.1", "warn"),
        ("v=spf1 ip4:not-an-address -all", "fail"),
        ("v=spf1 nonsense:{x} -all", "fail"),
        ("v=spf1 include:" + DOMAIN + " -all", "fail"),
        ("v=spf1 " + "ip4:192.0.2.1 " * 600 + "-all", "fail"),
        ("v=spf1", "warn"),
    ],
)
def test_spf_texts(checks: Checks, text: str, verdict: str) -> None:
    with name_server(txt("something else", text)) as (here, _):
        reading = checks.spf_record(here, DOMAIN, ())
    assert reading.verdict == verdict, (reading.found, reading.advice)
    assert len(str(reading.found)) < 1000 and len(str(reading.advice)) < 1000


def test_an_spf_record_with_too_many_look_ups(checks: Checks) -> None:
    includes = " ".join(f'"include:i{n}.{DOMAIN} "' for n in range(11))

    def zone(name: str, kind: str) -> list[str]:
        if (name, kind) == (DOMAIN, "TXT"):
            return [f'"v=spf1 "{includes}"-all"']
        return ['"v=spf1 ip4:192.0.2.1 -all"'] if kind == "TXT" else []

    with name_server(zone) as (here, _):
        reading = checks.spf_record(here, DOMAIN, ())
    assert reading.verdict is Verdict.FAIL and "11 DNS look-ups" in str(reading.advice)


def test_an_spf_record_that_branches_without_end_is_given_up(checks: Checks) -> None:
    def zone(name: str, kind: str) -> list[str]:
        return [f'"v=spf1 include:a.{name} include:b.{name} -all"'] if kind == "TXT" else []

    with name_server(zone) as (here, asked), deadline_in(20):
        reading = checks.spf_record(here, DOMAIN, ())
    assert reading.verdict is Verdict.FAIL
    assert len(asked) <= 2 * (MOST_QUESTIONS + 2)  # UDP, and TCP where the answer was too long


def test_an_include_that_is_not_answered_leaves_it_open(checks: Checks) -> None:
    def zone(name: str, kind: str) -> list[str] | None:
        return None if name.startswith("gone.") else txt(f"v=spf1 include:gone.{DOMAIN} -all")(name, kind)

    with name_server(zone) as (here, _):
        reading = checks.spf_record(here, DOMAIN, ())
    assert reading.verdict is Verdict.UNKNOWN and f"gone.{DOMAIN}" in str(reading.advice)


def test_huge_txt_answers_are_read_and_cut(checks: Checks) -> None:
    with name_server(txt(*(f"{n}" + "x" * 250 for n in range(150)), "v=spf1 -all")) as (here, _):
        assert checks.spf_record(here, DOMAIN, ()).verdict is Verdict.PASS


@pytest.mark.parametrize("text", ["v=DMARC1; p=", "v=DMARC1; p=wrong", "v=DMARC1; p=reject; rua=nonsense"])
def test_dmarc_texts_that_are_wrong_fail(checks: Checks, text: str) -> None:
    zone: Zone = lambda name, kind: [f'"{text}"'] if (name, kind) == (f"_dmarc.{DOMAIN}", "TXT") else []  # noqa: E731
    with name_server(zone) as (here, _):
        assert checks.dmarc_record(here, DOMAIN).verdict is Verdict.FAIL


@pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1; p=none", "v=DMARC1;p = none; pct=50"])
def test_a_policy_of_none_is_a_warning_with_the_stricter_record(checks: Checks, text: str) -> None:
    zone: Zone = lambda name, kind: [f'"{text}"'] if (name, kind) == (f"_dmarc.{DOMAIN}", "TXT") else []  # noqa: E731
    with name_server(zone) as (here, _):
        reading = checks.dmarc_record(here, DOMAIN)
    assert reading.verdict is Verdict.WARN
    assert reading.record.startswith(f'_dmarc.{DOMAIN}. IN TXT "v=DMARC1; p=quarantine')


# --- servers that do what they should not ---


def every(checks: Checks, here: Connection) -> list[Reading]:
    return [
        checks.mx_records(here, DOMAIN, HOSTS),
        checks.spf_record(here, DOMAIN, ()),
        checks.dmarc_record(here, DOMAIN),
    ]


def test_a_server_that_fails_makes_everything_unknown(checks: Checks) -> None:
    with name_server(lambda _name, _kind: None) as (here, _):
        assert {reading.verdict for reading in every(checks, here)} == {Verdict.UNKNOWN}


def test_a_silent_server_makes_everything_unknown_within_the_deadline(checks: Checks) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        started = time.monotonic()
        with deadline_in(1):
            readings = every(checks, connection(silent.getsockname()[1]))
    assert {reading.verdict for reading in readings} == {Verdict.UNKNOWN}
    assert time.monotonic() - started < 5


def test_one_connection_never_gets_the_answers_of_anothers_server(checks: Checks) -> None:
    with name_server(txt("v=spf1 ip4:192.0.2.1 -all")) as (one, _), name_server(txt()) as (other, _):
        assert checks.spf_record(one, DOMAIN, ()).verdict is Verdict.PASS
        assert checks.spf_record(other, DOMAIN, ()).verdict is Verdict.FAIL
        assert checks.spf_record(one, DOMAIN, ()).verdict is Verdict.PASS


@contextmanager
def tarpit() -> Iterator[int]:
    """A mail host that sends its banner one byte at a time, for ever."""

    def dribble(peer: socket.socket) -> None:
        with peer:
            while True:
                try:
                    peer.sendall(b"2")
                except OSError:
                    return
                time.sleep(0.05)

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=dribble, args=(peer,), daemon=True).start()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_a_tarpit_is_left_after_a_while() -> None:
    with tarpit() as port:
        started = time.monotonic()
        tester = RouteTester(Resolver(["127.0.0.1:1"]), lambda: datetime.now(UTC), seconds=1, longest=0.5)
        readings = tester.test(Route("127.0.0.1", port), DOMAIN)
    assert time.monotonic() - started < 3
    assert readings[-1].verdict is Verdict.FAIL and "no answer in time" in str(readings[-1].found)
