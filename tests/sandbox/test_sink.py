"""The SMTP hosts of the demo, each contacted at its own address on the one port."""

import smtplib
import ssl
import time

import pytest

from app.sandbox.company import HOSTS, firms_of

BY_BEHAVIOUR = {host.behaviour: host for host in HOSTS}
WITH_TLS = ("good", "rejecting", "open-relay")


@pytest.fixture
def connect(sandbox):
    opened = []

    def to(behaviour):
        host = BY_BEHAVIOUR[behaviour]
        client = smtplib.SMTP(host.address, sandbox.smtp_port, timeout=5)
        client._host = host.name  # the name that a certificate is checked against
        opened.append(client)
        return client

    yield to
    for client in opened:
        client.close()


@pytest.fixture
def trust(sandbox):
    return ssl.create_default_context(cafile=sandbox.ca_path)


@pytest.fixture(autouse=True)
def _hurry(sandbox):
    sandbox.sink.slow_seconds = 0.05


def test_there_is_a_host_for_every_behaviour():
    assert set(BY_BEHAVIOUR) == {
        *("good", "slow", "refusing", "rejecting", "expired", "wrong-name", "open-relay", "no-starttls"),
    }
    assert len({host.address for host in HOSTS}) == len(HOSTS)


@pytest.mark.parametrize("behaviour", WITH_TLS)
def test_starttls_with_a_certificate_for_the_host(connect, trust, behaviour):
    client = connect(behaviour)
    client.ehlo()
    assert client.has_extn("starttls")
    assert client.starttls(context=trust)[0] == 220
    client.ehlo()
    assert not client.has_extn("starttls")


def test_the_filter_hosts_are_in_the_certificate_too(connect, trust):
    client = connect("good")
    client._host = (
        "mx1.filtering.example" if client.sock.getpeername()[0].endswith(".11") else "mail.hosting.example"
    )
    assert client.starttls(context=trust)[0] == 220


@pytest.mark.parametrize(
    ("behaviour", "reason"), [("expired", "certificate has expired"), ("wrong-name", "mismatch")]
)
def test_bad_certificates(connect, trust, behaviour, reason):
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        connect(behaviour).starttls(context=trust)


def test_without_starttls(connect):
    client = connect("no-starttls")
    client.ehlo()
    assert not client.has_extn("starttls")
    assert client.docmd("STARTTLS")[0] == 502
    client.mail("")
    assert client.rcpt("postmaster@nordwind.example")[0] == 250


def test_refusing_says_so_instead_of_a_greeting(sandbox):
    host = BY_BEHAVIOUR["refusing"]
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.SMTP(host.address, sandbox.smtp_port, timeout=5)
    assert refused.value.smtp_code == 554


def test_rejecting_takes_no_recipient(connect):
    client = connect("rejecting")
    client.ehlo()
    client.mail("probe@example.org")
    assert client.rcpt("postmaster@ostergaard.example")[0] == 550


def test_a_good_host_takes_postmaster_and_its_people_only(connect):
    client = connect("good")
    client.ehlo()
    client.mail("probe@example.org")
    firm = firms_of("spamexperts")[0]
    assert client.rcpt("postmaster@brand-new.example")[0] == 250
    assert client.rcpt(firm.addresses[0].upper())[0] == 250
    assert client.rcpt(f"nobody.of.that.name@{firm.domain}")[0] == 550
    assert client.rcpt("somebody@elsewhere.example.org")[0] == 554


def test_an_open_relay_takes_everybody(connect):
    client = connect("open-relay")
    client.ehlo()
    client.mail("probe@example.org")
    assert client.rcpt("somebody@elsewhere.example.org")[0] == 250


def test_a_slow_host_takes_its_time(connect, sandbox):
    sandbox.sink.slow_seconds = 0.2
    start = time.monotonic()
    client = connect("slow")
    assert time.monotonic() - start >= 0.2
    assert client.ehlo()[0] == 250
    assert time.monotonic() - start >= 0.4


def test_a_message_is_taken_and_thrown_away(connect, sandbox):
    before = sandbox.sink.accepted["mail.relay.example"]
    client = connect("open-relay")
    client.sendmail("a@example.org", ["b@example.net"], "Subject: x\r\n\r\n.leading dot\r\n" + "y" * 100_000)
    assert sandbox.sink.accepted["mail.relay.example"] == before + 1
    assert client.docmd("DATA")[0] == 503


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (["RCPT TO:<a@b.example>"], 503),
        (["MAIL FROM:nobody"], 501),
        (["MAIL FROM:<>", "MAIL FROM:<>"], 503),
        (["MAIL FROM:<>", "RCPT TO:<nobody>"], 501),
        (["MAIL FROM:<>", "DATA"], 503),
        (["MAIL FROM:<>", "RSET", "RCPT TO:<postmaster@b.example>"], 503),
        (["NOOP"], 250),
        (["VRFY a"], 252),
        (["AUTH LOGIN"], 502),
        (["x" * 3000], 500),
        (["QUIT"], 221),
    ],
)
def test_the_order_of_commands(connect, commands, code):
    client = connect("good")
    client.ehlo()
    replies = [client.docmd(command)[0] for command in commands]
    assert replies[-1] == code


def test_helo_alone_is_good_enough(connect):
    client = connect("good")
    assert client.helo()[0] == 250
