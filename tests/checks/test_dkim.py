"""Is a DKIM key published? Asked of the sandbox's name server."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from app.checks.checker import Checks
from app.core.dkim import DkimRecord, public_key_in
from app.core.model import Connection, Verdict
from app.sandbox import company
from app.sandbox.server import Sandbox

KEY = company.DKIM_PUBLIC_KEY


def connection(port: int) -> Connection:
    return Connection("a", "cleanmail", "A", "https://127.0.0.1", resolvers=(f"127.0.0.1:{port}",))


def record(domain: str, key: str = KEY, selector: str = "") -> DkimRecord:
    return DkimRecord(selector or company.DKIM_SELECTORS["cleanmail"], domain, f"v=DKIM1; p={key}")


@pytest.fixture
def checks() -> Checks:
    return Checks(lambda: datetime.now(UTC))


@pytest.mark.parametrize(
    ("wanted", "verdict", "words"),
    [
        (record("hotelduphare.example"), Verdict.PASS, "This key is published."),
        (record("hotelduphare.example", "AAAA"), Verdict.FAIL, "Another key is published"),
        (record("nordwind.example", selector="none"), Verdict.FAIL, "none._domainkey.nordwind.example"),
        (record("no-such-name.nordwind.example"), Verdict.FAIL, "does not exist in DNS"),
    ],
)
def test_verdicts(checks: Checks, sandbox: Sandbox, wanted: DkimRecord, verdict: Verdict, words: str) -> None:
    reading = checks.dkim_record(connection(sandbox.dns_port), wanted)
    assert reading.verdict is verdict and words in str(reading.found)
    assert reading.source == "DNS" and str(reading.expected) == wanted.value


def test_a_revoked_key_is_told(checks: Checks, sandbox: Sandbox) -> None:
    revoked = next(name for name, gap in company.DNS_GAPS.items() if gap == "dkim-revoked")
    selectors = company.DKIM_SELECTORS.values()
    readings = [
        checks.dkim_record(connection(sandbox.dns_port), record(revoked, selector=one)) for one in selectors
    ]
    assert any("revoked" in str(reading.found) for reading in readings)
    assert all(reading.verdict is Verdict.FAIL for reading in readings)


def test_a_silent_name_server_is_unknown(checks: Checks) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        reading = checks.dkim_record(connection(silent.getsockname()[1]), record("nordwind.example"))
    assert reading.verdict is Verdict.UNKNOWN and "in time" in str(reading.found)


def test_blanks_and_order_of_tags_make_no_difference() -> None:
    assert public_key_in("k=rsa; p= AB CD ; v=DKIM1") == public_key_in("v=DKIM1;p=ABCD") == "ABCD"
    assert public_key_in("nothing") == public_key_in("v=DKIM1; p=") == ""


def test_long_texts_are_cut_and_quoted() -> None:
    long = DkimRecord("s", "a.example", 'v=DKIM1; n="\\"; p=' + "A" * 600)
    assert "".join(long.pieces) == long.value and [len(p) for p in long.pieces][:2] == [255, 255]
    assert long.zone_line.startswith('s._domainkey.a.example. IN TXT ( "v=DKIM1; n=\\"\\\\\\"; p=')
