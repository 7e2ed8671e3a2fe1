"""Our own look at DNS and SMTP, through sockets to the sandbox's name server and mail hosts."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from app.checks.checker import Checks
from app.checks.resolver import LookupFailed, Resolver
from app.core.errors import NotFound, Unreachable
from app.core.model import Connection, Reading, Route, Tls, Verdict
from app.sandbox.server import Sandbox

DOMAIN = "nordwind.example"


@pytest.fixture
def connection(sandbox: Sandbox) -> Connection:
    return Connection(
        key="a",
        kind="spamexperts",
        name="A",
        base_url="https://127.0.0.1",
        tls=Tls.CA_FILE,
        ca_file=str(sandbox.ca_path),
        resolvers=(f"127.0.0.1:{sandbox.dns_port}",),
    )


@pytest.fixture
def checks() -> Checks:
    return Checks(lambda: datetime.now(UTC))


def by_name(readings: list[Reading]) -> dict[str, Reading]:
    return {reading.check: reading for reading in readings}


def test_mx_records_come_by_preference(checks: Checks, connection: Connection) -> None:
    assert checks.mx_hosts(connection, DOMAIN)[0].endswith(".example")


def test_no_such_domain_is_not_found(checks: Checks, connection: Connection) -> None:
    with pytest.raises(NotFound):
        checks.mx_hosts(connection, "no-such-name.nordwind.example")


def test_a_silent_name_server_is_unreachable(checks: Checks, connection: Connection) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = Resolver([f"127.0.0.1:{silent.getsockname()[1]}"], seconds=0.3)
        with pytest.raises(LookupFailed) as failure:
            resolver.mx(DOMAIN)
    assert not failure.value.absent


def test_a_name_server_that_refuses_is_unreachable(checks: Checks, connection: Connection) -> None:
    with pytest.raises(Unreachable):
        checks.mx_hosts(connection, "not-a-demo-domain.invalid")


def test_a_good_route_passes_every_step(checks: Checks, connection: Connection, sandbox: Sandbox) -> None:
    readings = by_name(
        checks.test_route(connection, Route("mail.nordwind.example", sandbox.smtp_port), DOMAIN)
    )
    assert {name: r.verdict for name, r in readings.items()} == dict.fromkeys(
        ("resolve", "connect", "banner", "starttls", "certificate", "recipient"), Verdict.PASS
    )
    assert all(reading.seen_at is not None and reading.source == "SMTP" for reading in readings.values())


@pytest.mark.parametrize(
    ("host", "check", "verdict"),
    [
        ("mail.gone.example", "resolve", Verdict.FAIL),
        ("mail.closed.example", "banner", Verdict.FAIL),
        ("mail.strict.example", "recipient", Verdict.FAIL),
        ("mail.oldcert.example", "certificate", Verdict.WARN),
        ("mail.moved.example", "certificate", Verdict.WARN),
        ("mail.relay.example", "relay", Verdict.WARN),
        ("mail.plain.example", "starttls", Verdict.WARN),
    ],
)
def test_what_is_wrong_is_found_and_advice_is_given(
    checks: Checks, connection: Connection, sandbox: Sandbox, host: str, check: str, verdict: Verdict
) -> None:
    reading = by_name(checks.test_route(connection, Route(host, sandbox.smtp_port), DOMAIN))[check]
    assert reading.verdict is verdict
    assert str(reading.found)
    assert reading.advice is not None
    assert str(reading.advice)


def test_a_bad_certificate_does_not_end_the_test(
    checks: Checks, connection: Connection, sandbox: Sandbox
) -> None:
    readings = by_name(
        checks.test_route(connection, Route("mail.oldcert.example", sandbox.smtp_port), DOMAIN)
    )
    assert "expired" in str(readings["certificate"].found)
    assert readings["recipient"].verdict is Verdict.PASS


def test_nobody_listens(checks: Checks, connection: Connection) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.11", 0))
        port = free.getsockname()[1]
    readings = by_name(checks.test_route(connection, Route("mail.nordwind.example", port), DOMAIN))
    assert readings["connect"].verdict is Verdict.FAIL
    assert "recipient" not in readings


def test_nothing_is_sent(checks: Checks, connection: Connection, sandbox: Sandbox) -> None:
    checks.test_route(connection, Route("mail.nordwind.example", sandbox.smtp_port), DOMAIN)
    assert not sum(sandbox.sink.accepted.values())
