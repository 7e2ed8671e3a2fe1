"""The sandbox as a whole: ports, HTTP as real clients speak it, TLS, seeds, reset, restart."""

import http.client
import json
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app.sandbox.listening import listen
from app.sandbox.server import SLUGS, Sandbox

VERSION = "/cgi-bin/api?call=api_version"


@pytest.fixture
def header(sandbox):
    given = sandbox.upstreams["spamexperts"].credentials()
    return {"Authorization": requests.auth._basic_auth_str(given["username"], given["password"])}


@pytest.fixture
def port(sandbox):
    return sandbox.base_port + 1


def raw(port, data, *, more=()):
    """Send bytes, and then more after each answer, and return all that comes back until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        answers = []
        for following in more:
            answers.append(connection.recv(65_536))
            connection.sendall(following)
        while piece := connection.recv(65_536):
            answers.append(piece)
    return b"".join(answers)


def test_every_upstream_has_its_two_ports(sandbox):
    assert sandbox.http("spamexperts") == f"http://127.0.0.1:{sandbox.base_port + 1}"
    assert sandbox.https("spanel") == f"https://127.0.0.1:{sandbox.base_port + 15}"
    for slug in sandbox.upstreams:
        assert requests.get(sandbox.http(slug), timeout=5).status_code < 500
        assert requests.get(sandbox.https(slug), verify=sandbox.ca_path, timeout=5).status_code < 500


def test_it_listens_on_loopback_only(sandbox):
    with socket.socket() as probe:
        probe.settimeout(2)
        probe.connect(("127.0.0.1", sandbox.base_port))
    own = socket.gethostbyname(socket.gethostname())
    if not own.startswith("127."):
        with socket.socket() as probe:
            probe.settimeout(2)
            with pytest.raises(OSError):
                probe.connect((own, sandbox.base_port))


def test_a_connection_serves_many_requests(port, header):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", VERSION, headers=header)
        assert connection.getresponse().read() == b"106752\n"
        assert connection.sock is first
    connection.close()


def test_requests_sent_in_one_piece_are_answered_in_order(port, header):
    one = f"GET {VERSION} HTTP/1.1\r\nHost: x\r\nAuthorization: {header['Authorization']}\r\n\r\n".encode()
    last = one.replace(b"Host: x", b"Host: x\r\nConnection: close")
    assert raw(port, one + last).count(b"106752") == 2


def test_http_1_0_ends_with_the_connection(port, header):
    text = f"GET {VERSION} HTTP/1.0\r\nAuthorization: {header['Authorization']}\r\n\r\n"
    answer = raw(port, text.encode())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in answer


def test_a_head_request_gets_no_body(port, header):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("HEAD", VERSION, headers=header)
    assert connection.getresponse().read() == b""
    connection.request("GET", VERSION, headers=header)
    assert connection.getresponse().read() == b"106752\n"
    connection.close()


def test_long_request_lines_and_raw_json_with_spaces_arrive(port, header):
    names = ", ".join(f'"customer-{number:05d}.example"' for number in range(4000))
    target = f"/api/nothing/here/names/[{names}]"
    assert len(target) > 100_000
    text = f"GET {target} HTTP/1.1\r\nAuthorization: x\r\nConnection: close\r\n\r\n"
    assert b"Supplied credential is invalid" in raw(port, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "NOT HTTP\r\n\r\n",
        "GET / HTTP/1.1\r\nbroken\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_gets_400(port, text):
    assert raw(port, text.encode()).startswith(b"HTTP/1.1 400 ")


def test_bodies_are_read_whole_whatever_the_answer_is(port, header):
    """An unread body would be taken for the next request."""
    basic = f"Authorization: {header['Authorization']}\r\n"
    post = f"POST {VERSION} HTTP/1.1\r\n{basic}Content-Length: 11\r\n\r\nhello there"
    chunked = f"POST {VERSION} HTTP/1.1\r\n{basic}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    get = f"GET {VERSION} HTTP/1.1\r\n{basic}Connection: close\r\n\r\n"
    answer = raw(port, (post + chunked + get).encode())
    assert answer.count(b"HTTP/1.1 405 ") == 2
    assert answer.count(b"HTTP/1.1 200 ") == 1


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(port):
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    assert raw(port, head, more=[b"ok"]).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")


def test_https_is_trusted_with_the_ca_and_only_with_it(sandbox):
    url = sandbox.https("spamexperts") + VERSION
    assert requests.get(url, verify=sandbox.ca_path, timeout=5).status_code == 401
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=5)
    strict = ssl.create_default_context(cadata=requests.get(sandbox.control_url, timeout=5).json()["ca"])
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_connection(("127.0.0.1", sandbox.base_port + 11)) as plain:
        strict.wrap_socket(plain, server_hostname="127.0.0.1").close()


def test_a_client_that_never_starts_tls_holds_up_nobody(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.base_port + 11)):
        url = sandbox.https("spamexperts") + VERSION
        assert requests.get(url, verify=sandbox.ca_path, timeout=5).status_code == 401


def test_calls_are_counted_when_they_arrive(sandbox, port, header):
    for _ in range(2):
        requests.get(f"http://127.0.0.1:{port}{VERSION}", headers=header, timeout=5)
    requests.get(f"http://127.0.0.1:{port}/api/version/get", timeout=5)
    log = sandbox.calls["spamexperts"]
    assert log.count("api_version") == 2
    assert log.count() == 3
    assert log.names() == ["api_version", "api_version", "version/get"]
    last = log.entries()[-1]
    assert (last["method"], last["path"], last["status"]) == ("GET", "/api/version/get", 401)


def test_reset_brings_back_state_profile_faults_and_calls(sandbox, port, header):
    upstream = sandbox.upstreams["spamexperts"]
    before = dict(upstream.state.table("domains"))
    requests.get(
        f"http://127.0.0.1:{port}/cgi-bin/api?call=api_remove_domain&domain=nordwind.example",
        headers=header,
        timeout=5,
    )
    assert len(upstream.state.table("domains")) == len(before) - 1
    requests.put(f"{sandbox.control_url}/profile/spamexperts", json={"version": "999999"}, timeout=5)
    requests.put(f"{sandbox.control_url}/faults/spamexperts", json={"fault": "html"}, timeout=5)
    requests.post(f"{sandbox.control_url}/reset", timeout=5)
    assert dict(upstream.state.table("domains")) == before
    assert upstream.profile["version"] == "106752"
    assert sandbox.faults["spamexperts"].listed() == []
    assert sandbox.calls["spamexperts"].count() == 0


def test_many_clients_at_once_lose_nothing(port, header):
    def work(number):
        with requests.Session() as session:
            for index in range(10):
                target = (
                    f"call=api_add_incoming_domain&domain=w{number}-{index}.example&destination=m.example.net"
                )
                assert (
                    session.get(
                        f"http://127.0.0.1:{port}/cgi-bin/api?{target}", headers=header, timeout=10
                    ).text
                    == ""
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    listed = requests.get(
        f"http://127.0.0.1:{port}/cgi-bin/api?call=api_list_domains", headers=header, timeout=5
    )
    assert sum(line.startswith("w") for line in listed.text.splitlines()) == 80


def test_twenty_thousand_domains_list_quickly(sandbox, port, header):
    answer = requests.post(f"{sandbox.control_url}/seed?domains=20000&upstream=spamexperts", timeout=30)
    assert answer.json() == {"seeded": ["spamexperts"], "domains": 20_000}
    url = f"http://127.0.0.1:{port}/cgi-bin/api?call=api_list_domains&format=json"
    found = requests.get(url, headers=header, timeout=5).json()
    assert len(found) == 20_000
    assert found[9]["domain"] == "customer-00010.example"
    assert found[9]["aliases"] == ["customer-00010.test"]
    assert [item.split("::")[0] for item in found[9]["destinations"]] == [
        "mail.hosting.example",
        "backup.nordwind.example",
    ]


def test_a_restart_keeps_state_and_ca(tmp_path):
    path = tmp_path / "state.sqlite3"
    first = Sandbox(0, path, slugs=["spamexperts"])
    first.start()
    first.upstreams["spamexperts"].state.table("domains")["kept.example"] = {"destinations": []}
    ca = first.ca_path.read_text()
    first.stop()
    second = Sandbox(0, path, slugs=["spamexperts"])
    second.start()
    try:
        assert "kept.example" in second.upstreams["spamexperts"].state.table("domains")
        assert second.ca_path.read_text() == ca
        second.reset()
        assert "kept.example" not in second.upstreams["spamexperts"].state.table("domains")
        assert "nordwind.example" in second.upstreams["spamexperts"].state.table("domains")
    finally:
        second.stop()


def test_the_keys_of_the_ca_are_for_its_owner_only(tmp_path):
    sandbox = Sandbox(0, tmp_path / "state.sqlite3", slugs=[])
    assert (tmp_path / "sandbox-ca.key").stat().st_mode & 0o077 == 0
    assert sandbox.ca_path == tmp_path / "sandbox-ca.pem"
    sandbox.stop()


def test_a_taken_port_is_named(sandbox):
    with pytest.raises(OSError, match=f"port {sandbox.base_port} "):
        Sandbox(sandbox.base_port, slugs=[]).start()


def test_a_stopped_sandbox_frees_its_ports():
    sandbox = Sandbox(slugs=["spamexperts"])
    sandbox.start()
    held = socket.create_connection(("127.0.0.1", sandbox.base_port + 1))
    sandbox.stop()
    held.settimeout(5)
    assert held.recv(1) == b""
    held.close()
    listen(sandbox.base_port + 1).close()


def test_the_program_starts_says_where_it_is_and_stops_on_a_signal(tmp_path):
    command = [sys.executable, "-m", "app.sandbox", "--port", "0", "--state", str(tmp_path / "s.sqlite3")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        control = process.stdout.readline().split()[-1]
        known = requests.get(control, timeout=10).json()
        process.terminate()
        assert process.wait(10) == 0
    assert set(SLUGS) <= set(known)


def test_credentials_use_the_agreed_keys(sandbox):
    allowed = {
        *("username", "password", "panel_username", "panel_password", "admin_username", "admin_password"),
        *(
            "token",
            "limited_token",
            "api_token",
            "app_id",
            "admin_token",
            "plain_token",
            "client_token",
            "account",
        ),
    }
    known = requests.get(sandbox.control_url, timeout=5).json()
    for slug in sandbox.upstreams:
        assert set(known[slug]) == {"http", "https", "credentials"}
        assert set(known[slug]["credentials"]) <= allowed
    assert json.dumps(known["dns"]).strip('"') == f"127.0.0.1:{sandbox.dns_port}"
    assert known["smtp"] == sandbox.smtp_port
