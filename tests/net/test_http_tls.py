"""Certificates: the connection's setting decides, and a refusal says why."""

import logging

import pytest

from app.core.errors import Unreachable
from app.core.model import Tls
from tests.net.servers import Certificate, Peer, answering, serve


@pytest.fixture
def authority(tmp_path):
    return Certificate(tmp_path, "authority")


def test_a_certificate_of_the_own_ca_is_accepted(bench, tmp_path, authority):
    context = Certificate(tmp_path, "server", issuer=authority).server_context()
    with serve(answering(b"safe"), context) as server:
        made = bench(server.url, tls=Tls.CA_FILE, ca_file=str(authority.file))
        assert made.http.read("x", "GET", "/").body == b"safe"
        assert made.http.write("x", "GET", "/").body == b"safe"
    assert f"--cacert {authority.file}" in made.records[0].curl


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        ({}, "issuer is not trusted"),
        ({"days": -1}, "has expired"),
        ({"host": "192.0.2.1"}, "not made for this IP address"),
    ],
)
def test_a_refused_certificate_says_why_and_nothing_was_sent(bench, tmp_path, authority, certificate, reason):
    trusted = Certificate(tmp_path, "other") if reason.startswith("issuer") else authority
    context = Certificate(tmp_path, "server", issuer=authority, **certificate).server_context()
    with serve(answering(), context) as server:
        made = bench(server.url, tls=Tls.CA_FILE, ca_file=str(trusted.file))
        for send in (made.http.read, made.http.write):
            with pytest.raises(
                Unreachable, match=f"certificate of 127.0.0.1 .*{reason}.*Nothing was changed"
            ):
                send("x", "GET", "/")
    assert server.requests == [] and len(made.records) == 2


def test_a_wrong_host_name(bench, tmp_path, authority):
    context = Certificate(tmp_path, "server", issuer=authority, host="mail.example.org").server_context()
    with serve(answering(), context) as server:
        made = bench(
            server.url.replace("127.0.0.1", "localhost"), tls=Tls.CA_FILE, ca_file=str(authority.file)
        )
        with pytest.raises(Unreachable, match="made for another host name"):
            made.http.read("x", "GET", "/")


def test_a_self_signed_certificate_is_refused_by_default(bench, tmp_path):
    with serve(answering(), Certificate(tmp_path, "own").server_context()) as server:
        with pytest.raises(Unreachable, match="it is self-signed"):
            bench(server.url).http.read("x", "GET", "/")


def test_certificates_are_not_checked_where_somebody_chose_that(bench, tmp_path, recwarn):
    with serve(answering(b"any"), Certificate(tmp_path, "own", days=-1).server_context()) as server:
        made = bench(server.url, tls=Tls.OFF)
        assert made.http.read("x", "GET", "/").body == b"any"
    assert " -k " in made.records[0].curl and not recwarn.list


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_ca_bundles_of_the_environment_are_ignored(bench, tmp_path, monkeypatch, variable):
    own = Certificate(tmp_path, "own")
    monkeypatch.setenv(variable, str(own.file))
    with serve(answering(b"any"), own.server_context()) as server:
        with pytest.raises(Unreachable, match="self-signed"):
            bench(server.url).http.read("x", "GET", "/")
        monkeypatch.setenv(variable, str(tmp_path / "missing"))
        assert bench(server.url, tls=Tls.OFF).http.read("x", "GET", "/").body == b"any"
        made = bench(server.url, tls=Tls.CA_FILE, ca_file=str(own.file))
        assert made.http.read("x", "GET", "/").body == b"any"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_cannot_be_read(bench, tmp_path, content):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Unreachable, match="CA file of the connection cannot be read"):
        bench("https://127.0.0.1:1", tls=Tls.CA_FILE, ca_file=str(file)).http.read("x", "GET", "/")


def test_https_to_a_port_that_speaks_http(bench):
    def handler(peer: Peer) -> None:
        peer.sock.recv(1)
        peer.answer(status="400 Bad Request")

    with serve(handler) as server:
        with pytest.raises(Unreachable, match="could not agree on a secure connection"):
            bench(server.url.replace("http:", "https:")).http.write("x", "POST", "/")


def test_a_server_that_hangs_up_in_the_handshake(bench):
    def handler(peer: Peer) -> None:
        peer.sock.recv(10)

    with serve(handler) as server:
        with pytest.raises(Unreachable, match=r"could not agree|closed the connection"):
            bench(server.url.replace("http:", "https:")).http.write("x", "POST", "/")


def test_a_server_that_is_silent_in_the_handshake(bench):
    with serve(lambda peer: server.over.wait() and None) as server:
        made = bench(server.url.replace("http:", "https:"), connect_timeout=0.05)
        with pytest.raises(Unreachable, match="was silent on port"):
            made.http.write("x", "POST", "/")


def test_nothing_is_logged_by_the_libraries(bench, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    own = Certificate(tmp_path, "own", host="192.0.2.1")
    with serve(answering(), own.server_context()) as server:
        with pytest.raises(Unreachable):
            bench(server.url).http.read("x", "GET", "/")
        bench(server.url, tls=Tls.OFF).http.read("x", "GET", "/")
    assert {record.name for record in caplog.records} == {"gatehouse.net"}
